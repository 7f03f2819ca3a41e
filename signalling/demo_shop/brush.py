"""What the shop's pictures are drawn with: shapes as SVG text, colours mixed from one. For `drawings_*`. No styles, no scripts."""


def mix(colour: str, other: str, share: float) -> str:
    """`share` of the other colour in the one."""
    a, b = (tuple(int(each[index : index + 2], 16) for index in (1, 3, 5)) for each in (colour, other))
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in zip(a, b, strict=True))


def dark(colour: str, share: float = 0.22) -> str:
    """As it looks in the shade."""
    return mix(colour, "#1c1512", share)


def light(colour: str, share: float = 0.3) -> str:
    """As it looks in the light."""
    return mix(colour, "#fffaf0", share)


def path(d: str, fill: str, more: str = "") -> str:
    """A filled shape."""
    return f'<path d="{d}" fill="{fill}" {more}/>'


def line(d: str, stroke: str, width: float, more: str = "") -> str:
    """A stroke with round ends."""
    return f'<path d="{d}" fill="none" stroke="{stroke}" stroke-width="{width}" stroke-linecap="round" stroke-linejoin="round" {more}/>'


def rect(x: float, y: float, w: float, h: float, fill: str, r: float = 0, more: str = "") -> str:
    """A rectangle with round corners."""
    return f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{r}" fill="{fill}" {more}/>'


def oval(x: float, y: float, rx: float, ry: float, fill: str, more: str = "") -> str:
    """An ellipse around a point."""
    return f'<ellipse cx="{x}" cy="{y}" rx="{rx}" ry="{ry}" fill="{fill}" {more}/>'


def disc(x: float, y: float, r: float, fill: str, more: str = "") -> str:
    """A circle around a point."""
    return oval(x, y, r, r, fill, more)


def turned(angle: float, body: str, x: float = 200, y: float = 200) -> str:
    """A group, turned around a point."""
    return f'<g transform="rotate({angle} {x} {y})">{body}</g>'


def floor(width: float = 120, y: float = 318) -> str:
    """The shadow that something standing throws."""
    return oval(200, y, width, 12, "#3a2a1c", 'opacity="0.14"')
