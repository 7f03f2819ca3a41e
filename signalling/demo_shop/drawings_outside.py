"""Pictures of what goes outside or grows there, and of what is eaten and drunk."""

from signalling.demo_shop.brush import dark, disc, floor, light, line, oval, path, rect, turned

WOOD, STEEL, LEAF = "#b98a56", "#b9c0c4", "#6f8a4a"


def enamel(c: str) -> str:
    """Enamel cup with a dark rim."""
    return (
        floor(98)
        + line("M262 188 C336 180 332 276 256 270", c, 17)
        + path("M122 150 L272 150 L262 300 Q260 318 240 318 L154 318 Q134 318 132 300 Z", c)
        + path("M232 150 L272 150 L262 300 Q260 318 240 318 L216 318 Z", dark(c, 0.12))
        + "".join(disc(132 + (47 * at) % 118, 186 + (31 * at) % 112, 2.5, dark(c, 0.35)) for at in range(22))
        + oval(197, 150, 75, 16, "#2f4858")
        + oval(197, 151, 66, 11, light(c, 0.2))
    )


def bottle(c: str) -> str:
    """Insulated bottle."""
    return (
        floor(66, 340)
        + rect(172, 60, 56, 52, "#2e3236", 12)
        + line("M176 74 q24 -34 48 0", "#2e3236", 9)
        + path("M166 106 L234 106 Q262 124 262 156 L262 316 Q262 340 238 340 L162 340 Q138 340 138 316 L138 156 Q138 124 166 106 Z", c)
        + path("M226 106 L234 106 Q262 124 262 156 L262 316 Q262 340 238 340 L222 340 Z", dark(c, 0.16))
        + rect(152, 160, 14, 140, "#ffffff", 7, 'opacity="0.35"')
        + path("M184 262 L200 234 L208 248 L216 238 L230 262 Z", light(c, 0.6))
    )


def stove(c: str) -> str:
    """Camp stove, burning, with a pot."""
    return (
        floor(96, 338)
        + rect(142, 266, 116, 72, "#d0673a", 16)
        + rect(220, 266, 38, 72, dark("#d0673a", 0.15), 16)
        + rect(186, 226, 28, 44, STEEL, 4)
        + line("M200 238 L110 200 M200 238 L290 200", dark(STEEL, 0.35), 9)
        + path("M152 200 Q164 170 176 200 Q188 164 200 200 Q212 164 224 200 Q236 170 248 200 Q200 228 152 200 Z", "#4f8fc9")
        + rect(104, 88, 192, 104, STEEL, 14)
        + rect(244, 88, 52, 104, dark(STEEL, 0.16), 14)
        + rect(94, 78, 212, 18, dark(STEEL, 0.3), 9)
        + rect(186, 58, 28, 20, "#2e3236", 8)
    )


def picnic(c: str) -> str:
    """Picnic blanket, rolled into a leather strap."""
    stripes = "".join(rect(x, 142, 16, 136, light(c, 0.45), 0, 'opacity="0.7"') for x in (96, 142, 188, 234, 280))
    return (
        floor(138, 300)
        + rect(70, 142, 260, 136, c, 60)
        + stripes
        + rect(70, 200, 260, 16, light(c, 0.45), 0, 'opacity="0.5"')
        + oval(318, 210, 28, 68, dark(c, 0.15))
        + oval(318, 210, 18, 46, light(c, 0.2))
        + oval(318, 210, 8, 22, dark(c, 0.15))
        + rect(124, 134, 18, 152, "#9a6437", 6)
        + rect(238, 134, 18, 152, "#9a6437", 6)
        + line("M133 134 C133 70 247 70 247 134", "#9a6437", 15)
    )


def torch(c: str) -> str:
    """Head torch with its beam."""
    return (
        path("M216 176 L388 90 L388 300 L216 232 Z", "#fff0b8", 'opacity="0.65"')
        + line("M172 170 C60 110 30 250 84 282 C120 304 190 280 206 238", "#3d5166", 25)
        + line("M172 170 C60 110 30 250 84 282", "#56708c", 8, 'stroke-dasharray="12 10"')
        + rect(138, 154, 92, 98, "#2f3338", 22)
        + disc(206, 203, 40, "#454b52")
        + disc(210, 203, 27, "#ffe9a0")
        + disc(216, 197, 10, "#ffffff")
        + rect(158, 142, 34, 16, "#d0673a", 7)
    )


def can(c: str) -> str:
    """Watering can."""
    return (
        floor(112, 322)
        + line("M120 268 L52 156", c, 22)
        + path("M26 164 L76 130 L88 150 L40 184 Z", dark(c, 0.2))
        + line("M258 190 C352 160 362 296 268 296", c, 18)
        + path("M122 182 L270 182 L282 306 Q280 320 264 320 L130 320 Q112 320 112 306 Z", c)
        + path("M232 182 L270 182 L282 306 Q280 320 264 320 L240 320 Z", dark(c, 0.14))
        + oval(196, 182, 74, 18, dark(c, 0.3))
        + line("M136 178 C150 96 244 96 256 178", c, 14)
        + "".join(line(f"M{38 - 9 * at} {196 + 16 * at} l-4 18", "#7fb2c6", 5) for at in range(3))
    )


def secateurs(c: str) -> str:
    """Secateurs, open."""
    red = "#c04a32"
    return turned(
        38,
        path("M186 196 Q150 126 186 52 Q222 112 214 190 Z", STEEL)
        + path("M188 190 Q214 120 258 96 Q262 140 222 204 Z", dark(STEEL, 0.3))
        + line("M196 212 Q150 270 166 356", red, 28)
        + line("M208 212 Q262 262 252 352", dark(red, 0.14), 28)
        + line("M190 262 q18 16 34 0", dark(STEEL, 0.4), 7)
        + disc(202, 202, 17, "#3a3f45")
        + disc(202, 202, 6, STEEL),
    )


def pot(c: str) -> str:
    """Terracotta pot with a plant."""
    leaves = "".join(
        f'<g transform="rotate({angle} 200 200)">{path("M200 198 Q176 130 200 66 Q224 130 200 198 Z", shade)}</g>'
        for angle, shade in ((-58, dark(LEAF, 0.2)), (58, dark(LEAF, 0.2)), (-30, LEAF), (30, LEAF), (0, light(LEAF, 0.15)))
    )
    clay = "#c4714c"
    return (
        floor(94, 334)
        + leaves
        + path("M128 226 L272 226 L252 322 Q250 334 236 334 L164 334 Q150 334 148 322 Z", clay)
        + path("M232 226 L272 226 L252 322 Q250 334 236 334 L220 334 Z", dark(clay, 0.14))
        + rect(116, 192, 168, 42, light(clay, 0.1), 8)
        + rect(240, 192, 44, 42, dark(clay, 0.08), 8)
    )


def seeds(c: str) -> str:
    """Seed box with packets."""
    packets = "".join(
        rect(98 + 36 * at, 122 + (at % 2) * 12, 52, 120, shade, 5)
        + disc(124 + 36 * at, 160 + (at % 2) * 12, 13, "#fbf5e6")
        + path(f"M{124 + 36 * at} {150 + (at % 2) * 12} q12 8 0 22 q-12 -14 0 -22", LEAF)
        for at, shade in enumerate(("#d9a441", "#7d9a55", "#c76b4a", "#8a6fa0", "#5f95a0"))
    )
    return (
        floor(138, 316)
        + packets
        + rect(72, 208, 256, 106, WOOD, 10)
        + rect(72, 256, 256, 5, dark(WOOD, 0.2))
        + rect(160, 230, 80, 50, "#fbf5e6", 6)
        + line("M200 270 L200 248 M200 252 q-14 -2 -15 -14 M200 256 q14 -2 15 -14", LEAF, 5)
    )


def espresso(c: str) -> str:
    """Bag of espresso beans."""
    bag = "#5b3a2a"
    bean = oval(0, 0, 17, 12, "#3c241a") + line("M-13 -3 Q0 6 13 3", "#6b4630", 3)
    beans = "".join(
        f'<g transform="translate({x} {y}) rotate({angle})">{bean}</g>'
        for x, y, angle in ((92, 322, 10), (128, 332, -30), (300, 326, 24), (268, 334, 70))
    )
    return (
        floor(112, 338)
        + path("M124 112 L276 112 L288 316 Q286 330 272 330 L128 330 Q114 330 112 316 Z", bag)
        + path("M248 112 L276 112 L288 316 Q286 330 272 330 L252 330 Z", dark(bag, 0.2))
        + rect(120, 82, 160, 36, dark(bag, 0.3), 6)
        + line("M134 100 L266 100", "#d9a441", 5)
        + rect(142, 170, 116, 104, "#f3e3c4", 8)
        + f'<g transform="translate(200 208) scale(1.6)">{bean}</g>'
        + line("M164 248 L236 248 M176 262 L224 262", bag, 4)
        + beans
    )


def oil(c: str) -> str:
    """Bottle of olive oil."""
    glass = "#5f6f33"
    return (
        floor(70, 340)
        + rect(182, 54, 36, 34, "#c69a63", 6)
        + path(
            "M184 86 L216 86 L218 142 Q256 160 256 204 L256 322 Q256 340 238 340 L162 340 Q144 340 144 322 L144 204 Q144 160 182 142 Z",
            glass,
        )
        + path("M206 86 L216 86 L218 142 Q256 160 256 204 L256 322 Q256 340 238 340 L228 340 Q236 200 206 142 Z", dark(glass, 0.2))
        + rect(144, 214, 112, 92, "#f6edd6", 0)
        + line("M160 286 Q198 268 240 236", "#6f8a4a", 5)
        + "".join(oval(x, y, 13, 8, shade) for x, y, shade in ((182, 260, "#7d9a55"), (206, 276, "#4b5a2c"), (220, 244, "#7d9a55")))
    )


def honey(c: str) -> str:
    """Jar of honey with a dipper."""
    gold = "#e0a02f"
    return (
        floor(96)
        + turned(
            24, rect(244, 44, 12, 130, WOOD, 6) + "".join(rect(228, 172 + 13 * at, 44, 9, dark(WOOD, 0.15), 5) for at in range(4)), 250, 180
        )
        + rect(112, 168, 176, 150, gold, 34)
        + rect(238, 168, 50, 150, dark(gold, 0.12), 30)
        + rect(124, 136, 152, 40, "#f2ede2", 10)
        + rect(136, 214, 128, 66, "#fdf6e3", 8)
        + path("M200 226 l18 10 v20 l-18 10 l-18 -10 v-20 Z", gold)
        + rect(126, 186, 12, 78, "#ffffff", 6, 'opacity="0.45"')
    )


def tea(c: str) -> str:
    """Tin of herbal tea."""
    return (
        floor(84, 336)
        + rect(126, 104, 148, 230, c, 16)
        + rect(232, 104, 42, 230, dark(c, 0.14), 16)
        + rect(118, 82, 164, 44, dark(c, 0.25), 12)
        + rect(146, 164, 108, 124, "#fbf5e6", 54)
        + line("M200 266 L200 196", "#4f6b3a", 5)
        + "".join(path(f"M200 {y} q-34 -2 -36 -24 q28 -2 36 24 M200 {y} q34 -2 36 -24 q-28 -2 -36 24", LEAF) for y in (218, 242, 262))
    )
