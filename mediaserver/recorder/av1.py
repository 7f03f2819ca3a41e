"""AV1 from RTP (AOMedia's RTP specification, sections 4.4 and 4.5): OBUs joined over packets, each with its size again.

Temporal delimiters are left out, as containers want it (AV1 in Matroska, section 2.2; in ISO BMFF, section 2.4).
"""

from mediaserver.recorder.bits import Bits
from mediaserver.recorder.frame import Frame, Piece

__all__ = ["configuration", "frame", "piece"]

CONTINUES, GOES_ON, NEW_SEQUENCE = 0x80, 0x40, 0x08
HAS_EXTENSION, HAS_SIZE = 0x04, 0x02
SEQUENCE_HEADER, DELIMITER, TILE_LIST, PADDING = 1, 2, 8, 15
LEB128_BYTES_MOST = 8
EIGHT_BITS_420 = 0x0C  # what profile 0 is in practice; decoders read the sequence header itself


def _leb128_read(data: bytes, at: int) -> tuple[int, int]:
    """The number at `at` and where it ends; end 0 where it is cut off or too long."""
    value = 0
    for index in range(LEB128_BYTES_MOST):
        if at + index >= len(data):
            return 0, 0
        value |= (data[at + index] & 0x7F) << (7 * index)
        if not data[at + index] & 0x80:
            return value, at + index + 1
    return 0, 0


def _leb128(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def piece(payload: bytes) -> Piece | None:
    """None where the sizes do not fit."""
    if len(payload) < 2 or (payload[0] & CONTINUES and payload[0] & NEW_SEQUENCE):
        return None
    elements: list[bytes] = []
    expected, at = (payload[0] >> 4) & 3, 1
    while at < len(payload):
        size = len(payload) - at
        if len(elements) + 1 != expected:
            size, at = _leb128_read(payload, at)
            if at == 0 or size > len(payload) - at:
                return None
        elements.append(payload[at : at + size])
        at += size
    if not elements or (expected and len(elements) != expected):
        return None
    parts = []
    for index, element in enumerate(elements):
        begins = index > 0 or not payload[0] & CONTINUES
        ends = index < len(elements) - 1 or not payload[0] & GOES_ON
        parts.append((("unit" if ends else "start") if begins else ("end" if ends else "more"), element))
    return Piece(not payload[0] & CONTINUES, tuple(parts), keyframe=bool(payload[0] & NEW_SEQUENCE))


def frame(pieces: list[Piece]) -> Frame | None:
    """None where an OBU is without its beginning or end. `config`: the sequence header."""
    units: list[bytes] = []
    open_unit: bytearray | None = None
    for each in pieces:
        for how, part in each.parts:
            if (how in ("unit", "start")) != (open_unit is None):
                return None
            open_unit = bytearray(part) if open_unit is None else open_unit + part
            if how in ("unit", "end"):
                units.append(bytes(open_unit))
                open_unit = None
    if open_unit is not None:
        return None
    data, config, width, height = b"", b"", 0, 0
    for unit in units:
        if not unit:
            continue
        kind = (unit[0] >> 3) & 15
        if kind in (DELIMITER, TILE_LIST, PADDING):
            continue
        body = _body(unit)
        if body is None:
            return None
        sized = _sized(unit, body)
        if kind == SEQUENCE_HEADER:
            config = sized
            width, height = _size(body)
        data += sized
    # A sequence header comes with every key frame and with nothing else (section 5 of the RTP specification wants it there).
    return Frame(data, bool(config), config, width, height) if data else None


def _head_bytes(unit: bytes) -> int:
    return 2 if unit[0] & HAS_EXTENSION else 1


def _body(unit: bytes) -> bytes | None:
    """What is behind an OBU's header (and its size, where the sender left that in)."""
    at = _head_bytes(unit)
    if len(unit) < at:
        return None
    if not unit[0] & HAS_SIZE:
        return unit[at:]
    size, at = _leb128_read(unit, at)
    return unit[at : at + size] if at and at + size <= len(unit) else None


def _sized(unit: bytes, body: bytes) -> bytes:
    head = bytes([unit[0] | HAS_SIZE]) + unit[1 : _head_bytes(unit)]
    return head + _leb128(len(body)) + body


def configuration(config: bytes) -> bytes:
    """The configuration record (av1C, AV1 in ISO BMFF section 2.3.3) of a frame's `config`."""
    at = _leb128_read(config, _head_bytes(config))[1]
    bits = Bits(config[at : at + 64])
    profile = bits.take(3)
    bits.take(1)
    level = bits.take(5) if bits.take(1) else _operating_points(bits)
    return bytes([0x81, profile << 5 | max(level, 0), EIGHT_BITS_420, 0]) + config


def _size(body: bytes) -> tuple[int, int]:
    """Largest width and height of a sequence header (AV1 bitstream specification section 5.5.1); (0, 0) where it is cut off."""
    bits = Bits(body[:64])
    bits.take(4)
    if bits.take(1):  # reduced still picture header
        bits.take(5)
    else:
        if _operating_points(bits) < 0:
            return 0, 0
    across, down = bits.take(4) + 1, bits.take(4) + 1
    width, height = bits.take(across) + 1, bits.take(down) + 1
    return (0, 0) if bits.exhausted else (width, height)


def _operating_points(bits: Bits) -> int:
    """Reads over them; the first one's level, -1 where they are cut off."""
    model = delay_bits = first = 0
    if bits.take(1):  # timing info
        bits.take(64)
        if bits.take(1):
            bits.unsigned()
        model = bits.take(1)
        if model:
            delay_bits = bits.take(5) + 1
            bits.take(42)
    delays = bits.take(1)
    for index in range(bits.take(5) + 1):
        bits.take(12)
        level = bits.take(5)
        if level > 7:
            bits.take(1)
        if index == 0:
            first = level
        if model and bits.take(1):
            bits.take(2 * delay_bits + 1)
        if delays and bits.take(1):
            bits.take(4)
    return -1 if bits.exhausted else first
