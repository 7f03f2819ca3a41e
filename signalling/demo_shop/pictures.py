"""The goods' pictures: flat drawings, one for every variant, made of an article's drawing and the variant's colour.

`picture("GOOK-COP")` is SVG without script and style. Served at the `image_url`s of the catalogue to pages of any origin: the shop's, the
widget's in it, the console's.
"""

import functools

from aiohttp import web

from mediaserver.errors import NotFound
from signalling.demo_shop import drawings_counter as counter
from signalling.demo_shop import drawings_home as home
from signalling.demo_shop import drawings_outside as outside
from signalling.demo_shop.brush import light

KITCHEN, TABLE, HOME, BATH, BAGS, OUTDOOR, GARDEN, FOOD = (
    "#f1e2cf", "#efe7da", "#f3ddd0", "#dde8e6", "#e9e2d0", "#dfe6d8", "#e3ead3", "#f4e6c8",
)  # fmt: skip
# Article -> ground, drawing, colour where the variant says none.
ARTICLES = {
    "GOOK": (KITCHEN, counter.kettle, "#b9c0c4"), "POUD": (KITCHEN, counter.dripper, "#f4f1ea"),
    "HANG": (KITCHEN, counter.grinder, "#6b4630"),
    "FREP": (KITCHEN, counter.press, "#c3c9cc"), "CHEK": (KITCHEN, counter.knife, "#6b4630"), "CUTB": (KITCHEN, counter.board, "#b98a56"),
    "CASP": (KITCHEN, counter.pan, "#33363a"), "STOJ": (KITCHEN, counter.jars, "#dcebea"), "LINA": (KITCHEN, counter.apron, "#d9c6a5"),
    "STOM": (TABLE, counter.mug, "#d8c3a0"), "DINP": (TABLE, counter.plate, "#d8c3a0"), "CARC": (TABLE, counter.carafe, "#cfe3e6"),
    "CUTS": (TABLE, counter.cutlery, "#a9b1b6"), "TABR": (TABLE, counter.runner, "#d9c6a5"),
    "WOOB": (HOME, home.blanket, "#b8bcc0"), "LINC": (HOME, home.cushion, "#d9c6a5"), "TABL": (HOME, home.lamp, "#fbe9c4"),
    "WALC": (HOME, home.clock, "#f7f3ea"), "SOYC": (HOME, home.candle, "#efe0c0"), "OAKS": (HOME, home.stool, "#b98a56"),
    "LAUB": (HOME, home.basket, "#c08f55"),
    "WAFT": (BATH, home.towel, "#f3ece0"), "SOAB": (BATH, home.soap, "#ead98a"), "BATM": (BATH, home.mat, "#c69a63"),
    "DAYB": (BAGS, home.backpack, "#6f7248"), "TOTB": (BAGS, home.tote, "#e3d3b3"), "TRAP": (BAGS, home.pouch, "#5f7f86"),
    "BIKP": (BAGS, home.pannier, "#7c858b"), "CARW": (BAGS, home.wallet, "#b98150"),
    "ENAC": (OUTDOOR, outside.enamel, "#f0e4c8"), "INSB": (OUTDOOR, outside.bottle, "#3f6f6a"), "CAMS": (OUTDOOR, outside.stove, "#d0673a"),
    "PICB": (OUTDOOR, outside.picnic, "#b4552f"), "HEAT": (OUTDOOR, outside.torch, "#3d5166"),
    "WATC": (GARDEN, outside.can, "#3c5c48"), "SECS": (GARDEN, outside.secateurs, "#c04a32"), "TERP": (GARDEN, outside.pot, "#c4714c"),
    "SEEB": (GARDEN, outside.seeds, "#b98a56"),
    "ESPB": (FOOD, outside.espresso, "#5b3a2a"), "OLIO": (FOOD, outside.oil, "#5f6f33"), "WILH": (FOOD, outside.honey, "#e0a02f"),
    "HERT": (FOOD, outside.tea, "#6f7f8a"),
}  # fmt: skip
# Variants that have a colour, by the end of their number.
COLOURS = {
    "BLK": "#34363a", "STL": "#b9c0c4", "COP": "#bd7746", "WHT": "#f7f3ea", "SLT": "#5f6b75", "WAL": "#6b4630", "OAK": "#4f4034",
    "NAT": "#d9c6a5", "IND": "#46568a", "MOS": "#7c864f", "SND": "#d8c3a0", "SEA": "#6b9fa9", "INK": "#37435a", "CLR": "#cfe3e6",
    "SMK": "#9aa2a6", "BRU": "#a9b1b6", "RST": "#b96038", "FOG": "#b8bcc0", "PIN": "#4a6b57", "EMB": "#b9523a", "NGT": "#333c52",
    "FIG": "#8a6f8f", "CED": "#a9765a", "UNS": "#efe0c0", "OIL": "#b98a56", "LEM": "#efd574", "ROS": "#a9bd93", "OLV": "#7b7e52",
    "NVY": "#37496b", "GRY": "#7c858b", "MUS": "#d6a63c", "TAN": "#b98150", "CRM": "#f3e8cf", "GRN": "#5a8766", "CHK": "#b4552f",
    "PLN": "#6f8a6a", "FOR": "#436650", "CLY": "#c4775a", "EVE": "#5f6a8c", "MOR": "#d39a52", "050": "#4b7d78", "075": "#37496b",
}  # fmt: skip
# Variants of a size are drawn in their article's own proportions, smaller or larger.
SIZES = {
    "S": 0.86,
    "L": 1.04,
    "T": 1.06,
    "24": 0.88,
    "28": 1.0,
    "14": 0.84,
    "22": 1.04,
    "035": 0.86,
    "100": 1.02,
    "025": 0.84,
    "H": 0.8,
    "B": 1.0,
}


@functools.lru_cache(maxsize=256)
def picture(sku: str) -> str | None:
    """The picture of a variant; None where there is no such article."""
    article, _, kind = sku.partition("-")
    if article not in ARTICLES:
        return None
    ground, draw, own = ARTICLES[article]
    size = SIZES.get(kind, 1.0)
    body = draw(COLOURS.get(kind, own) if own != "#e0a02f" else own)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="400" height="400">'
        f'<rect width="400" height="400" fill="{ground}"/><circle cx="200" cy="200" r="168" fill="{light(ground, 0.42)}"/>'
        f'<g transform="translate(200 206) scale({0.92 * size:.3f}) translate(-200 -200)">{body}</g></svg>'
    )


def mount(application: web.Application) -> None:
    """Adds `/shop/images/{sku}.svg`."""

    async def image(request: web.Request) -> web.StreamResponse:
        drawn = picture(request.match_info["sku"])
        if drawn is None:
            raise NotFound("There is no such picture.")
        headers = {
            "Content-Type": "image/svg+xml",
            "Cache-Control": "public, max-age=86400",
            "Content-Security-Policy": "default-src 'none'",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Access-Control-Allow-Origin": "*",
            "X-Content-Type-Options": "nosniff",
        }
        return web.Response(body=drawn.encode(), headers=headers)

    application.router.add_get(r"/shop/images/{sku:[A-Z0-9]{4}-[A-Z0-9]{1,4}}.svg", image)
