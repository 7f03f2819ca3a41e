"""The demo shop's catalogue and prices, as the API shows them: found, fresh, with source and time."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from signalling.app import SignallingCore
from signalling.commerce.shops.seed import seed
from tests.signalling.people import ADMIN, CUSTOMER, REP, TENANT, bearer

Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def shop(core: SignallingCore) -> SignallingCore:
    assert await core.store.write(seed, TENANT)
    assert not await core.store.write(seed, TENANT)
    return core


async def ask(core: SignallingCore, client: Client, path: str, status: int = 200, **query: str) -> dict:
    answer = await client.get(path, params=query, headers=bearer(core, CUSTOMER))
    body = await answer.json()
    assert answer.status == status, body
    return body


async def test_products_are_found_by_words_category_and_price(shop: SignallingCore, client: Client) -> None:
    everything = await ask(shop, client, "/v1/products", limit="100")
    assert len(everything["data"]) == 42 and not everything["has_more"]
    kettles = await ask(shop, client, "/v1/products", text="kettle goose")
    assert [product["id"] for product in kettles["data"]] == ["gooseneck-kettle"]
    assert (await ask(shop, client, "/v1/products", text="Kessel", locale="de-AT"))["data"][0]["title"] == "Schwanenhalskessel"
    assert (await ask(shop, client, "/v1/products", text="100%_\\"))["data"] == []
    cheap = await ask(shop, client, "/v1/products", category="pantry", price_most="1000", sort="price")
    amounts = [min(variant["price"]["money"]["amount"] for variant in product["variants"]) for product in cheap["data"]]
    assert amounts == sorted(amounts) and amounts and max(amounts) <= 1000


async def test_pages_neither_repeat_nor_leave_out(shop: SignallingCore, client: Client) -> None:
    seen, cursor = [], None
    while True:
        page = await ask(shop, client, "/v1/products", limit="10", **({"cursor": cursor} if cursor else {}))
        seen += [product["id"] for product in page["data"]]
        cursor = page["next_cursor"]
        if not page["has_more"]:
            break
    assert len(seen) == len(set(seen)) == 42
    assert (await ask(shop, client, "/v1/products", 422, cursor="bm8"))["code"] == "cursor"


async def test_a_product_tells_price_and_stock_with_source_and_time(shop: SignallingCore, client: Client) -> None:
    product = await ask(shop, client, "/v1/products/gooseneck-kettle", currency="BRL")
    variants = {variant["id"]: variant for variant in product["variants"]}
    copper = variants["GOOK-COP"]
    assert copper["price"]["money"] == {"amount": 35990, "currency": "BRL"}
    assert (copper["stock"]["status"], copper["stock"]["available"]) == ("low", 3)
    assert copper["stock"]["source"] == copper["price"]["source"] == "demo" and copper["stock"]["at"].endswith("Z")
    assert (await ask(shop, client, "/v1/products/gooseneck-kettle", 422, currency="JPY"))["code"] == "currency_unsupported"
    assert (await ask(shop, client, "/v1/products/nothing", 404))["code"] == "product_unknown"


async def test_delivery_is_quoted_by_country_postcode_and_weight(shop: SignallingCore, client: Client) -> None:
    async def options(variant: str, **query: str) -> dict[str, tuple[int, int]]:
        found = (await ask(shop, client, f"/v1/variants/{variant}/delivery", **query))["data"]
        return {option["id"]: (option["price"]["amount"], option["days_most"]) for option in found}

    assert await options("STOM-SND", country="DE", postcode="20457") == {"pickup": (0, 2), "standard": (390, 3), "express": (1290, 1)}
    assert (await options("STOM-SND", country="DE", postcode="25980"))["standard"] == (990, 5)
    assert (await options("STOM-SND", country="DE", quantity="9"))["standard"] == (0, 3)  # above the threshold
    assert await options("OAKS-OIL", country="AT") == {"europe": (0, 6)}
    assert await options("STOM-SND", country="BR", postcode="69010-000", currency="BRL") == {"brasil": (4490, 14)}
    assert await options("STOM-SND", country="JP") == {}
    assert (await ask(shop, client, "/v1/variants/nothing/delivery", 404, country="DE"))["code"] == "variant_unknown"


async def test_the_back_office_counts_the_stock(shop: SignallingCore, client: Client) -> None:
    path = "/v1/variants/GOOK-COP/stock"
    for caller, body, status in (
        (REP, {"available": 7}, 403),
        (ADMIN, {"available": 7, "expected": 4}, 409),
        (ADMIN, {"available": 7, "expected": 3}, 200),
        (ADMIN, {"available": -1}, 422),
    ):
        answer = await client.put(path, json=body, headers=bearer(shop, caller))
        assert answer.status == status, await answer.text()
    product = await ask(shop, client, "/v1/products/gooseneck-kettle")
    assert {variant["id"]: variant["stock"]["available"] for variant in product["variants"]}["GOOK-COP"] == 7
