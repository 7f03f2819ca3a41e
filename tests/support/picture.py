"""A moving test picture that says by itself which frame it is and whose: drawn here, recognised in `seeing`.

The background is the publisher's colour; in the upper part a block of the complementary colour moves to the right; the lowest
quarter holds the frame's number as eight black or white cells. Between them lies coloured noise, new in every frame, so that a
frame takes several packets. Standard library only: other interpreters draw it, too.
"""

import random

WIDTH, HEIGHT = 320, 240
CELLS = 8
NUMBERS = 1 << CELLS
STEPS = 64  # frames until the block is back
BLOCK_WIDTH, BLOCK_TOP, BLOCK_BOTTOM, NOISE_TOP, CODE_TOP = 0.125, 0.2, 0.5, 0.6, 0.75  # shares of width and height
NOISE_DOT = 8  # pixels: smaller ones cost bits that the rest of the picture needs

Colour = tuple[int, int, int]


def complement(colour: Colour) -> Colour:
    return 255 - colour[0], 255 - colour[1], 255 - colour[2]


def block_left(number: int) -> float:
    """Where the block begins, as a share of the width."""
    return (number % STEPS) / STEPS * (1 - BLOCK_WIDTH)


def draw(colour: Colour, number: int, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """Frame `number` as packed RGB rows."""
    plain = bytes(colour) * width
    left, size = round(block_left(number) * width), round(BLOCK_WIDTH * width)
    block = bytes(colour) * left + bytes(complement(colour)) * size + bytes(colour) * (width - left - size)
    cell = width // CELLS
    code = b"".join((b"\xff" if number >> bit & 1 else b"\x00") * 3 * cell for bit in range(CELLS))
    code += b"\x00" * (3 * width - len(code))
    dots = random.Random(number)
    lines = (b"".join(dots.randbytes(3) * NOISE_DOT for _ in range(0, width, NOISE_DOT))[: 3 * width] for _ in range(height))
    top, bottom, noisy, start = (round(share * height) for share in (BLOCK_TOP, BLOCK_BOTTOM, NOISE_TOP, CODE_TOP))
    noise = b"".join(next(lines) * NOISE_DOT for _ in range(noisy, start, NOISE_DOT))[: 3 * width * (start - noisy)]
    return plain * top + block * (bottom - top) + plain * (noisy - bottom) + noise + code * (height - start)
