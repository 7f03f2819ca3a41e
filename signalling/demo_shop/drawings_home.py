"""Pictures of what belongs in the living room, the bath and into a bag's place in the hall."""

from signalling.demo_shop.brush import dark, disc, floor, light, line, oval, path, rect, turned

WOOD, STEEL, LEATHER = "#b98a56", "#b9c0c4", "#9a6437"


def blanket(c: str) -> str:
    """Folded wool blankets with a fringe."""
    fold = "".join(
        rect(86, y, 228, 52, shade, 26) + line(f"M112 {y + 26} L288 {y + 26}", light(shade, 0.22), 5, 'stroke-dasharray="16 12"')
        for y, shade in ((150, light(c, 0.12)), (204, c), (258, dark(c, 0.12)))
    )
    return floor(136, 320) + fold + "".join(line(f"M{x} 306 L{x} 328", dark(c, 0.05), 5) for x in range(112, 300, 15))


def cushion(c: str) -> str:
    """Linen cushion."""
    return (
        floor(120, 324)
        + path("M96 106 Q200 134 304 106 Q322 204 310 312 Q200 288 90 312 Q78 204 96 106 Z", c)
        + path("M304 106 Q322 204 310 312 Q256 298 236 300 Q286 210 304 106 Z", dark(c, 0.12))
        + line("M200 196 L168 168 M200 196 L238 174 M200 196 L176 240 M200 196 L234 232", dark(c, 0.22), 5)
        + disc(200, 197, 11, dark(c, 0.3))
        + "".join(disc(x, y, 10, light(c, 0.25)) for x, y in ((96, 108), (304, 108), (90, 310), (310, 310)))
    )


def lamp(c: str) -> str:
    """Paper table lamp, lit."""
    pleats = "".join(line(f"M{200 + at * 12} 84 L{200 + at * 19} 216", "#e6c88c", 3) for at in range(-4, 5))
    return (
        disc(200, 160, 150, "#ffe9b0", 'opacity="0.35"')
        + floor(74, 326)
        + rect(192, 214, 16, 96, WOOD, 5)
        + path("M144 306 L256 306 Q262 328 244 328 L156 328 Q138 328 144 306 Z", dark(WOOD, 0.15))
        + path("M144 84 L256 84 L290 216 L110 216 Z", "#fbe9c4")
        + pleats
        + line("M144 84 L256 84 M110 216 L290 216", "#dcb978", 6)
    )


def clock(c: str) -> str:
    """Wall clock at ten past ten."""
    mark = light(c, 0.75) if c < "#7" else dark(c, 0.75)
    ticks = "".join(turned(30 * at, rect(197, 96, 6, 18 if at % 3 == 0 else 9, mark, 3)) for at in range(12))
    return (
        disc(206, 212, 132, "#3a2a1c", 'opacity="0.14"')
        + disc(200, 200, 132, WOOD)
        + disc(200, 200, 114, c)
        + ticks
        + line("M200 200 L152 158", mark, 10)
        + line("M200 200 L266 144", mark, 7)
        + line("M200 216 L200 108", "#cf5a36", 3)
        + disc(200, 200, 9, "#cf5a36")
    )


def candle(c: str) -> str:
    """Candle in a glass."""
    return (
        disc(200, 120, 96, "#ffe3a0", 'opacity="0.4"')
        + floor(80)
        + rect(130, 168, 140, 150, "#e9efe9", 18, 'opacity="0.9"')
        + rect(138, 208, 124, 102, c, 14)
        + oval(200, 208, 62, 13, light(c, 0.4))
        + line("M200 208 L200 176", "#3b2f28", 5)
        + path("M200 106 Q232 146 200 180 Q168 146 200 106 Z", "#f0a534")
        + path("M200 138 Q214 158 200 176 Q186 158 200 138 Z", "#fff1bf")
        + rect(160, 238, 80, 46, "#fbf7ee", 5)
        + line("M174 254 L226 254 M182 268 L218 268", dark(c, 0.5), 4)
    )


def stool(c: str) -> str:
    """Three-legged stool."""
    return (
        floor(110, 336)
        + line("M150 172 L112 330", dark(c, 0.2), 20)
        + line("M250 172 L288 330", dark(c, 0.2), 20)
        + line("M200 176 L200 334", dark(c, 0.35), 20)
        + line("M128 262 L272 262", dark(c, 0.28), 12)
        + oval(200, 164, 116, 30, dark(c, 0.2))
        + oval(200, 150, 116, 30, c)
        + line("M124 148 Q200 128 276 148 M146 160 Q200 146 254 160", light(c, 0.3), 4)
    )


def basket(c: str) -> str:
    """Willow laundry basket."""
    weave = "".join(
        rect(118 + 28 * column - row * 0.0, 178 + 24 * row, 24, 18, light(c, 0.16) if (row + column) % 2 else dark(c, 0.12), 6)
        for row in range(6)
        for column in range(6)
    )
    return (
        floor(112, 330)
        + path("M112 148 Q150 104 200 118 Q250 100 288 148 Z", "#f6f1e6")
        + path("M104 154 L296 154 L284 314 Q282 330 264 330 L136 330 Q118 330 116 314 Z", c)
        + weave
        + rect(96, 144, 208, 24, dark(c, 0.18), 12)
        + line("M96 190 q-22 20 4 42 M304 190 q22 20 -4 42", dark(c, 0.3), 9)
    )


def towel(c: str) -> str:
    """Waffle towel on a rail."""
    squares = "".join(rect(134 + 23 * x, 138 + 23 * y, 15, 15, dark(c, 0.08), 3) for x in range(6) for y in range(8))
    return (
        rect(66, 92, 268, 15, dark(WOOD, 0.1), 7)
        + disc(66, 99, 15, dark(WOOD, 0.3))
        + disc(334, 99, 15, dark(WOOD, 0.3))
        + rect(122, 90, 156, 250, c, 10)
        + squares
        + rect(122, 90, 156, 30, light(c, 0.4), 10)
        + line("M122 326 L278 326", dark(c, 0.25), 4, 'stroke-dasharray="5 6"')
    )


def soap(c: str) -> str:
    """Bar of soap with bubbles."""
    return (
        floor(120, 300)
        + rect(88, 262, 224, 30, WOOD, 12)
        + rect(100, 170, 200, 100, dark(c, 0.16), 34)
        + rect(100, 160, 200, 96, c, 34)
        + rect(132, 186, 136, 44, "none", 20, f'stroke="{dark(c, 0.22)}" stroke-width="5"')
        + line("M158 208 L242 208", dark(c, 0.22), 7)
        + "".join(
            disc(x, y, r, "#ffffff", 'opacity="0.75"') + disc(x - r / 3, y - r / 3, r / 4, "#ffffff")
            for x, y, r in ((284, 140, 24), (318, 104, 13), (252, 112, 11), (110, 132, 15))
        )
    )


def mat(c: str) -> str:
    """Cork bath mat with wet footprints."""
    cork = "#c69a63"
    specks = "".join(disc(86 + (37 * at) % 232, 168 + (53 * at) % 118, 3 + at % 3, dark(cork, 0.25)) for at in range(34))
    foot = oval(0, 0, 19, 38, dark(cork, 0.22)) + "".join(
        disc(-15 + 10 * at, -46 + abs(at - 1) * 3, 6, dark(cork, 0.22)) for at in range(4)
    )
    return (
        rect(68, 156, 272, 152, "#3a2a1c", 26, 'opacity="0.14"')
        + rect(62, 146, 272, 152, cork, 26)
        + specks
        + f'<g transform="translate(162 230) rotate(-8)">{foot}</g><g transform="translate(236 226) rotate(8)">{foot}</g>'
    )


def backpack(c: str) -> str:
    """Day backpack."""
    return (
        floor(112, 334)
        + line("M164 108 C164 56 236 56 236 108", dark(c, 0.3), 13)
        + path("M112 176 Q112 96 200 96 Q288 96 288 176 L292 300 Q292 334 258 334 L142 334 Q108 334 108 300 Z", c)
        + path("M246 104 Q288 118 288 176 L292 300 Q292 334 258 334 L250 334 Z", dark(c, 0.14))
        + path("M112 178 Q200 224 288 178 L288 150 Q270 96 200 96 Q130 96 112 150 Z", dark(c, 0.1))
        + rect(138, 232, 124, 82, light(c, 0.12), 14)
        + line("M150 254 L250 254", dark(c, 0.3), 5)
        + rect(190, 192, 20, 42, LEATHER, 5)
        + disc(200, 222, 5, STEEL)
    )


def tote(c: str) -> str:
    """Market tote with a loaf and leaves."""
    return (
        floor(108, 334)
        + path("M236 160 Q232 84 262 66 Q282 100 270 160 Z", "#c58a4a")
        + line("M244 104 L262 96 M244 126 L266 118", dark("#c58a4a"), 5)
        + path("M142 160 Q118 106 140 84 Q158 110 160 160 Z M166 160 Q160 96 184 78 Q196 112 186 160 Z", "#6f8a4a")
        + path("M96 156 L304 156 L288 316 Q286 334 268 334 L132 334 Q114 334 112 316 Z", c)
        + path("M262 156 L304 156 L288 316 Q286 334 268 334 L250 334 Z", dark(c, 0.12))
        + line("M148 158 C148 84 190 84 194 158", dark(c, 0.3), 11)
        + line("M212 158 C212 226 250 226 254 158", dark(c, 0.22), 11)
        + disc(186, 258, 30, "none", f'stroke="{dark(c, 0.35) if c > "#8" else light(c, 0.5)}" stroke-width="6"')
    )


def pouch(c: str) -> str:
    """Travel pouch with a zip."""
    return (
        floor(130, 306)
        + rect(78, 140, 244, 160, c, 34)
        + rect(250, 140, 72, 160, dark(c, 0.12), 34)
        + rect(92, 158, 216, 14, dark(c, 0.4), 7)
        + line("M100 165 L296 165", "#e6d9b8", 3, 'stroke-dasharray="5 5"')
        + line("M284 166 L298 204", LEATHER, 11)
        + rect(110, 216, 92, 46, LEATHER, 8)
        + line("M126 239 L186 239", light(LEATHER, 0.4), 4)
    )


def pannier(c: str) -> str:
    """Roll-top bike pannier."""
    return (
        floor(102, 334)
        + line("M146 92 q-16 -34 12 -34 M254 92 q16 -34 -12 -34", "#3b3f44", 11)
        + rect(110, 92, 180, 54, dark(c, 0.16), 14)
        + path("M108 128 L292 128 L284 312 Q282 332 262 332 L138 332 Q118 332 116 312 Z", c)
        + path("M244 128 L292 128 L284 312 Q282 332 262 332 L236 332 Z", dark(c, 0.12))
        + rect(190, 88, 20, 118, "#3b3f44", 4)
        + rect(180, 186, 40, 26, "#22252a", 6)
        + rect(138, 258, 124, 18, "#f1f1ea", 9, 'opacity="0.9"')
        + disc(270, 300, 9, "#d0402e")
    )


def wallet(c: str) -> str:
    """Card wallet with cards in it."""
    return turned(
        -9,
        oval(204, 316, 124, 10, "#3a2a1c", 'opacity="0.13"')
        + rect(104, 112, 186, 110, "#3f6f8a", 12)
        + rect(104, 138, 186, 110, "#d9923e", 12)
        + rect(122, 152, 34, 24, "#f3d9a0", 5)
        + rect(84, 174, 232, 136, c, 20)
        + path("M84 194 Q84 174 104 174 L166 174 Q200 220 234 174 L296 174 Q316 174 316 194 L316 212 L84 212 Z", dark(c, 0.14))
        + rect(96, 186, 208, 112, "none", 14, f'stroke="{light(c, 0.35)}" stroke-width="3" stroke-dasharray="7 7"'),
    )
