"""Pictures of what belongs on a kitchen counter or a table: one function for each article, in its variant's colour."""

from signalling.demo_shop.brush import dark, disc, floor, light, line, mix, oval, path, rect, turned

WOOD, STEEL, GLASS, COFFEE = "#b98a56", "#b9c0c4", "#dcebea", "#4a2f22"


def kettle(c: str) -> str:
    """Gooseneck kettle."""
    return (
        floor(110)
        + line("M136 268 C84 262 104 190 70 150", c, 15)
        + line("M262 176 C352 150 352 280 268 284", dark(c, 0.45), 18)
        + path("M142 168 L258 168 L284 304 Q200 324 116 304 Z", c)
        + path("M224 168 L258 168 L284 304 Q262 311 236 314 Z", dark(c))
        + path("M146 168 Q200 136 254 168 Z", dark(c, 0.3))
        + disc(200, 140, 13, WOOD)
        + path("M152 184 L168 184 L152 296 L136 292 Z", light(c), 'opacity="0.5"')
    )


def dripper(c: str) -> str:
    """Pour-over dripper on its glass."""
    return (
        floor(92)
        + path("M146 232 L254 232 L268 300 Q264 320 240 320 L160 320 Q136 320 132 300 Z", GLASS)
        + path("M137 276 L263 276 L268 300 Q264 320 240 320 L160 320 Q136 320 132 300 Z", COFFEE)
        + path("M112 108 L288 108 L232 214 L168 214 Z", c)
        + path("M238 108 L288 108 L232 214 L208 214 Z", dark(c, 0.14))
        + line("M160 124 L182 198 M200 124 L200 198 M240 124 L218 198", dark(c, 0.2), 4)
        + oval(200, 108, 88, 15, light(c))
        + oval(200, 109, 74, 10, COFFEE)
        + rect(130, 212, 140, 18, c, 9)
        + line("M284 124 C334 126 326 190 258 178", c, 13)
    )


def grinder(c: str) -> str:
    """Hand coffee grinder."""
    return (
        floor(70)
        + rect(154, 140, 92, 176, STEEL, 14)
        + rect(216, 140, 30, 176, dark(STEEL, 0.18), 14)
        + rect(150, 214, 100, 30, dark(c, 0.4), 6)
        + path("M160 140 Q160 108 200 108 Q240 108 240 140 Z", dark(STEEL, 0.3))
        + line("M200 108 L200 88 L292 76", dark(STEEL, 0.5), 10)
        + rect(278, 46, 30, 34, WOOD, 12)
        + rect(164, 152, 12, 56, "#ffffff", 6, 'opacity="0.5"')
    )


def press(c: str) -> str:
    """French press."""
    return (
        floor(88)
        + line("M258 158 C330 152 330 272 258 268", dark(c, 0.5), 16)
        + rect(136, 132, 126, 184, c, 16)
        + rect(224, 132, 38, 184, dark(c, 0.18), 16)
        + path("M136 140 L110 126 L136 170 Z", c)
        + rect(128, 118, 142, 24, dark(c, 0.35), 12)
        + line("M199 118 L199 76", dark(STEEL, 0.4), 8)
        + disc(199, 70, 16, COFFEE)
        + rect(152, 158, 14, 128, "#ffffff", 7, 'opacity="0.45"')
    )


def knife(c: str) -> str:
    """Chef's knife."""
    blade = path("M58 226 L256 176 L256 226 Z M58 226 Q150 234 256 226 Z", STEEL) + path(
        "M66 226 Q160 232 256 226 L256 214 Z", light(STEEL, 0.6)
    )
    handle = rect(256, 174, 100, 40, c, 12) + rect(256, 196, 100, 18, dark(c), 9)
    return oval(206, 262, 140, 10, "#3a2a1c", 'opacity="0.12"') + turned(
        -14, blade + handle + "".join(disc(x, 194, 5, light(STEEL)) for x in (278, 306, 334))
    )


def board(c: str) -> str:
    """End-grain cutting board with something to cut."""
    blocks = "".join(
        rect(92 + 54 * column, 134 + 45 * row, 54, 45, mix(WOOD, "#8a5f38", ((column * 3 + row * 5) % 4) * 0.16))
        for row in range(3)
        for column in range(4)
    )
    return (
        floor(140, 300)
        + rect(76, 118, 248, 176, dark(WOOD, 0.25), 22)
        + rect(76, 112, 248, 172, WOOD, 22)
        + blocks
        + rect(86, 122, 228, 152, "none", 16, f'stroke="{dark(WOOD, 0.3)}" stroke-width="5"')
        + disc(168, 200, 30, "#cf4b34")
        + path("M168 172 q10 -14 24 -10 q-8 12 -24 10", "#5d7d43")
        + oval(244, 214, 34, 17, "#7d9a55")
        + oval(250, 210, 18, 7, light("#7d9a55"))
    )


def pan(c: str) -> str:
    """Cast-iron pan with a fried egg."""
    iron = "#33363a"
    return turned(
        -28,
        oval(190, 250, 118, 20, "#3a2a1c", 'opacity="0.14"')
        + rect(280, 182, 108, 30, iron, 15)
        + disc(372, 197, 7, "#efe4d2")
        + disc(186, 196, 112, iron)
        + disc(186, 196, 96, light(iron, 0.1))
        + path("M132 190 C128 150 196 140 214 164 C250 168 246 226 212 232 C190 256 136 244 132 190 Z", "#fdf8ec")
        + disc(186, 198, 26, "#eeb13c")
        + disc(178, 190, 8, "#f7d488"),
    )


def jars(c: str) -> str:
    """Four storage jars."""
    filled = [(76, 176, "#d8b173"), (146, 140, "#8a5a3b"), (216, 176, "#e8ddc4"), (282, 210, "#a0522d")]
    return floor(150) + "".join(
        rect(x, y, 62, 316 - y, GLASS, 12)
        + rect(x + 6, y + (316 - y) * 0.36, 50, (316 - y) * 0.64 - 6, content, 9)
        + rect(x + 2, y - 18, 58, 22, WOOD, 7)
        + rect(x + 10, y + 14, 7, 50, "#ffffff", 4, 'opacity="0.7"')
        for x, y, content in filled
    )


def apron(c: str) -> str:
    """Linen apron on a hook."""
    return (
        disc(200, 70, 9, dark(WOOD))
        + line("M158 142 C158 84 242 84 242 142", dark(c), 8)
        + path("M152 138 L248 138 Q252 190 296 206 L286 336 Q200 350 114 336 L104 206 Q148 190 152 138 Z", c)
        + path("M240 138 L248 138 Q252 190 296 206 L286 336 L252 341 Z", dark(c, 0.12))
        + rect(136, 238, 58, 56, dark(c, 0.1), 6, f'stroke="{dark(c, 0.3)}" stroke-width="3"')
        + rect(206, 238, 58, 56, dark(c, 0.1), 6, f'stroke="{dark(c, 0.3)}" stroke-width="3"')
        + line("M104 208 L66 246 M296 208 L334 246", dark(c), 7)
        + line("M166 152 L234 152", dark(c, 0.3), 3, 'stroke-dasharray="6 7"')
    )


def mug(c: str) -> str:
    """Stoneware mug, steaming."""
    return (
        floor(100)
        + line("M176 118 q-12 -18 0 -34 q12 -18 0 -34 M216 118 q-12 -18 0 -34 q12 -18 0 -34", "#ffffff", 8, 'opacity="0.75"')
        + line("M262 186 C344 172 340 286 256 278", c, 24)
        + path("M118 152 L276 152 L266 288 Q262 318 232 318 L162 318 Q132 318 128 288 Z", c)
        + path("M232 152 L276 152 L266 288 Q262 318 232 318 L208 318 Q232 260 232 152 Z", dark(c, 0.14))
        + oval(197, 152, 79, 18, light(c))
        + oval(197, 155, 66, 12, COFFEE)
        + path("M124 246 Q196 270 270 246 L266 288 Q262 318 232 318 L162 318 Q132 318 128 288 Z", dark(c, 0.3), 'opacity="0.45"')
    )


def plate(c: str) -> str:
    """Dinner plate from above."""
    return (
        disc(204, 210, 132, "#3a2a1c", 'opacity="0.12"')
        + disc(200, 200, 132, c)
        + disc(200, 200, 132, "none", f'stroke="{dark(c, 0.25)}" stroke-width="6"')
        + disc(200, 200, 94, light(c, 0.18))
        + disc(200, 200, 94, "none", f'stroke="{dark(c, 0.14)}" stroke-width="3"')
        + line("M138 168 Q160 128 206 124", "#ffffff", 9, 'opacity="0.45"')
    )


def carafe(c: str) -> str:
    """Glass carafe with a cork ball."""
    return (
        floor(88)
        + path("M172 96 L228 96 L226 168 C282 194 290 314 262 318 L138 318 C110 314 118 194 174 168 Z", c, 'opacity="0.85"')
        + path("M124 240 Q200 256 276 240 C284 290 274 316 262 318 L138 318 C126 316 116 290 124 240 Z", mix(c, "#6fa9b8", 0.5))
        + disc(200, 82, 30, "#c69a63")
        + disc(192, 76, 5, dark("#c69a63"))
        + disc(210, 88, 4, dark("#c69a63"))
        + line("M150 224 Q140 262 150 296", "#ffffff", 9, 'opacity="0.7"')
    )


def cutlery(c: str) -> str:
    """Knife, fork and spoon."""
    return (
        oval(200, 338, 104, 9, "#3a2a1c", 'opacity="0.1"')
        + line("M130 190 L130 326", c, 16)
        + line("M106 74 L106 132 Q106 170 130 178 Q154 170 154 132 L154 74 M130 74 L130 150", c, 11)
        + path("M190 330 L190 80 Q190 64 202 72 Q224 128 214 208 L208 214 L208 330 Q199 338 190 330 Z", c)
        + path("M200 74 Q224 128 214 208 L206 212 Z", light(c, 0.5))
        + line("M272 190 L272 326", c, 16)
        + oval(272, 128, 32, 58, c)
        + oval(266, 120, 15, 36, light(c, 0.4))
    )


def runner(c: str) -> str:
    """Table runner on a table, with a bowl."""
    return (
        path("M40 176 L360 176 L388 268 L12 268 Z", WOOD)
        + path("M12 268 L388 268 L388 290 L12 290 Z", dark(WOOD))
        + path("M138 176 L262 176 L284 268 L284 342 L116 342 L116 268 Z", c)
        + path("M116 268 L284 268 L284 342 L116 342 Z", dark(c, 0.12))
        + line("M150 176 L132 268 L132 342 M250 176 L268 268 L268 342", light(c, 0.5), 5)
        + "".join(line(f"M{x} 342 L{x} 358", dark(c, 0.2), 4) for x in range(122, 284, 12))
        + path("M140 168 L260 168 Q252 222 200 222 Q148 222 140 168 Z", "#f2ede2")
        + oval(200, 168, 60, 12, "#d9cdb8")
        + disc(180, 160, 18, "#c9772f")
        + disc(212, 158, 20, "#d9923e")
    )
