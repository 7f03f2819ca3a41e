"""VP8 from RTP (RFC 7741 section 4.2): the payload descriptor off, the partitions joined."""

from mediaserver.recorder.frame import Frame, Piece

__all__ = ["frame", "piece"]

EXTENDED, START = 0x80, 0x10
PARTITION_MASK = 0x07
HAS_PICTURE_ID, HAS_TL0, HAS_TID, HAS_KEY_INDEX = 0x80, 0x40, 0x20, 0x10
START_CODE = b"\x9d\x01\x2a"
KEYFRAME_HEADER_BYTES = 10


def piece(payload: bytes) -> Piece | None:
    """None where the descriptor does not fit or nothing stands behind it."""
    if not payload:
        return None
    at, first = 1, payload[0]
    if first & EXTENDED:
        if len(payload) < 2:
            return None
        present = payload[1]
        at = 2
        if present & HAS_PICTURE_ID:
            if len(payload) <= at:
                return None
            at += 2 if payload[at] & 0x80 else 1
        at += 1 if present & HAS_TL0 else 0
        at += 1 if present & (HAS_TID | HAS_KEY_INDEX) else 0
    if len(payload) <= at:
        return None
    begins = bool(first & START) and not first & PARTITION_MASK
    return Piece(begins, (("data", payload[at:]),), keyframe=begins and not payload[at] & 1)


def frame(pieces: list[Piece]) -> Frame | None:
    """None where the first piece is not a frame's beginning. Key frame header: RFC 6386 section 9.1."""
    data = b"".join(part for each in pieces for _, part in each.parts)
    if not pieces[0].begins:
        return None
    if data[0] & 1:
        return Frame(data, keyframe=False)
    if len(data) < KEYFRAME_HEADER_BYTES or data[3:6] != START_CODE:
        return None
    width, height = int.from_bytes(data[6:8], "little") & 0x3FFF, int.from_bytes(data[8:10], "little") & 0x3FFF
    return Frame(data, keyframe=True, width=width, height=height) if width and height else None
