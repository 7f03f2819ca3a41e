"""H264 from RTP (RFC 6184, packetisation modes 0 and 1): single units, STAP-A and FU-A to Annex B."""

from mediaserver.recorder.bits import Bits
from mediaserver.recorder.frame import Frame, Piece

__all__ = ["configuration", "frame", "length_prefixed", "piece"]

SLICE, IDR, SPS, PPS, DELIMITER = 1, 5, 7, 8, 9
SINGLE_LAST, STAP_A, FU_A = 23, 24, 28
FU_START, FU_END = 0x80, 0x40
START_CODE = b"\x00\x00\x00\x01"
HIGH_PROFILES = (100, 110, 122, 244, 44, 83, 86, 118, 128)


def _begins(unit: bytes) -> bool:
    """Whether a picture begins with this unit: parameter sets and delimiters stand in front, or the slice is its first (its macroblock
    number 0 is a single 1 bit).
    """
    kind = unit[0] & 0x1F
    return kind in (SPS, DELIMITER) or (kind in (SLICE, IDR) and len(unit) > 1 and bool(unit[1] & 0x80))


def piece(payload: bytes) -> Piece | None:
    """None for what breaks the format and for the interleaved modes, which are never negotiated."""
    if len(payload) < 2:
        return None
    kind = payload[0] & 0x1F
    if 1 <= kind <= SINGLE_LAST:
        return Piece(_begins(payload), (("unit", payload),), keyframe=kind in (IDR, SPS))
    if kind == STAP_A:
        return _aggregate(payload)
    if kind != FU_A or len(payload) < 3:
        return None
    header = bytes([payload[0] & 0xE0 | payload[1] & 0x1F])
    if payload[1] & FU_START:
        unit = header + payload[2:]
        # Both bits at once are forbidden (section 5.8) and have one meaning all the same.
        how = "unit" if payload[1] & FU_END else "start"
        return Piece(_begins(unit), ((how, unit),), keyframe=unit[0] & 0x1F == IDR)
    return Piece(False, (("end" if payload[1] & FU_END else "more", payload[2:]),), keyframe=payload[1] & 0x1F == IDR)


def _aggregate(payload: bytes) -> Piece | None:
    at, units = 1, []
    while at < len(payload):
        size = int.from_bytes(payload[at : at + 2], "big")
        if size == 0 or at + 2 + size > len(payload):
            return None
        units.append(payload[at + 2 : at + 2 + size])
        at += 2 + size
    if not units:
        return None
    keyframe = any(unit[0] & 0x1F in (IDR, SPS) for unit in units)
    return Piece(_begins(units[0]), tuple(("unit", unit) for unit in units), keyframe=keyframe)


def frame(pieces: list[Piece]) -> Frame | None:
    """None where a fragment is without its beginning or end, or no picture is in it. `config`: SPS and PPS as they came, in Annex B."""
    units: list[bytes] = []
    open_unit: bytearray | None = None
    for each in pieces:
        for how, part in each.parts:
            if how == "unit" or how == "start":
                if open_unit is not None:
                    return None
                if how == "start":
                    open_unit = bytearray(part)
                else:
                    units.append(part)
                continue
            if open_unit is None:
                return None
            open_unit += part
            if how == "end":
                units.append(bytes(open_unit))
                open_unit = None
    kinds = [unit[0] & 0x1F for unit in units]
    if open_unit is not None or not any(SLICE <= kind <= IDR for kind in kinds):
        return None
    keyframe = IDR in kinds
    parameters = [unit for unit, kind in zip(units, kinds, strict=True) if kind in (SPS, PPS)]
    config = b"".join(START_CODE + unit for unit in parameters) if {SPS, PPS} <= set(kinds) else b""
    width, height = next((_size(unit) for unit, kind in zip(units, kinds, strict=True) if kind == SPS), (0, 0)) if keyframe else (0, 0)
    return Frame(b"".join(START_CODE + unit for unit in units), keyframe, config, width, height)


def _units(annexb: bytes) -> list[bytes]:
    return annexb.split(START_CODE)[1:]


def length_prefixed(annexb: bytes) -> bytes:
    """A frame as `frame` gives it, each unit behind its length in 4 bytes (ISO/IEC 14496-15 section 5.3.4.2) instead of a start code."""
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in _units(annexb))


def configuration(config: bytes) -> bytes:
    """The decoder configuration record (avcC, ISO/IEC 14496-15 section 5.3.3.1.2) of a frame's `config`."""
    units = _units(config)
    sets = [[unit for unit in units if unit[0] & 0x1F == kind] for kind in (SPS, PPS)]
    head = bytes([1]) + sets[0][0][1:4] + bytes([0xFF])
    parts = [b"".join(len(unit).to_bytes(2, "big") + unit for unit in each) for each in sets]
    return head + bytes([0xE0 | len(sets[0])]) + parts[0] + bytes([len(sets[1])]) + parts[1]


def _size(unit: bytes) -> tuple[int, int]:
    """Width and height of an SPS (H.264 section 7.3.2.1.1); (0, 0) where it is cut off."""
    bits = Bits(unit[1:].replace(b"\x00\x00\x03", b"\x00\x00"))
    profile = bits.take(8)
    bits.take(16)
    bits.unsigned()
    chroma = 1
    if profile in HIGH_PROFILES:
        chroma = bits.unsigned()
        if chroma == 3:
            bits.take(1)
        bits.unsigned()
        bits.unsigned()
        bits.take(1)
        if bits.take(1):
            for index in range(12 if chroma == 3 else 8):
                if bits.take(1):
                    _scaling_list(bits, 16 if index < 6 else 64)
    bits.unsigned()
    order = bits.unsigned()
    if order == 0:
        bits.unsigned()
    elif order == 1:
        bits.take(1)
        bits.signed()
        bits.signed()
        for _ in range(min(bits.unsigned(), 255)):
            bits.signed()
    bits.unsigned()
    bits.take(1)
    width, height = 16 * (bits.unsigned() + 1), 16 * (bits.unsigned() + 1)
    frames_only = bits.take(1)
    height *= 2 - frames_only
    if not frames_only:
        bits.take(1)
    bits.take(1)
    if bits.take(1):
        across, down = (1 if chroma in (0, 3) else 2), (2 if chroma == 1 else 1) * (2 - frames_only)
        width -= across * (bits.unsigned() + bits.unsigned())
        height -= down * (bits.unsigned() + bits.unsigned())
    return (width, height) if not bits.exhausted and 0 < width <= 16384 and 0 < height <= 16384 else (0, 0)


def _scaling_list(bits: Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last
