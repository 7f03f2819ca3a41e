"""VP9 from RTP (RFC 9628 section 4.2): the payload descriptor off, the layers of a picture joined into a superframe.

A picture of several spatial layers is several frames to a decoder; what tells them apart in a file is the superframe's index (VP9 bitstream
specification, annex B), which is not sent and is written here.
"""

from mediaserver.recorder.bits import Bits
from mediaserver.recorder.frame import Frame, Piece

__all__ = ["frame", "piece"]

HAS_PICTURE_ID, INTER, HAS_LAYERS, FLEXIBLE, BEGIN, END, HAS_SCALABILITY = 0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02
REFERENCES_MOST = 3
LAYERS_MOST = 8
SYNC_CODE = 0x498342
SRGB = 7


def _scalability_bytes(payload: bytes, at: int) -> int:
    """Where the scalability structure that starts at `at` ends; beyond the payload where it is cut off."""
    beyond = len(payload) + 1
    if at >= len(payload):
        return beyond
    head = payload[at]
    at += 1
    if head & 0x10:
        at += 4 * ((head >> 5) + 1)
    if head & 0x08:
        if at >= len(payload):
            return beyond
        pictures = payload[at]
        at += 1
        for _ in range(pictures):
            if at >= len(payload):
                return beyond
            at += 1 + ((payload[at] >> 2) & 3)
    return at


def piece(payload: bytes) -> Piece | None:
    """None where the descriptor does not fit or nothing stands behind it."""
    if not payload:
        return None
    first, at, layer, depends = payload[0], 1, 0, False
    if first & HAS_PICTURE_ID:
        if at >= len(payload):
            return None
        at += 2 if payload[at] & 0x80 else 1
    if first & HAS_LAYERS:
        if at >= len(payload):
            return None
        layer, depends = (payload[at] >> 1) & 7, bool(payload[at] & 1)
        at += 1 if first & FLEXIBLE else 2
    if first & FLEXIBLE and first & INTER:
        for index in range(REFERENCES_MOST + 1):
            if at >= len(payload) or index == REFERENCES_MOST:
                return None
            at += 1
            if not payload[at - 1] & 1:
                break
    if first & HAS_SCALABILITY:
        at = _scalability_bytes(payload, at)
    if at >= len(payload):
        return None
    begins = bool(first & BEGIN)
    # A picture starts with its lowest layer, which no other layer of the same picture comes before.
    starts = begins and not depends
    return Piece(starts, (("begin" if begins else "more", payload[at:]),), keyframe=starts and not first & INTER and layer == 0)


def frame(pieces: list[Piece]) -> Frame | None:
    """None where the first piece is not a picture's beginning."""
    layers: list[bytearray] = []
    for each in pieces:
        for how, part in each.parts:
            if how == "begin":
                layers.append(bytearray())
            if not layers:
                return None
            layers[-1] += part
    if not pieces[0].begins or len(layers) > LAYERS_MOST:
        return None
    width, height = _size(bytes(layers[0][:32]))
    keyframe = pieces[0].keyframe and width > 0
    data = bytes(layers[0]) if len(layers) == 1 else _superframe(layers)
    return Frame(data, keyframe, width=width if keyframe else 0, height=height if keyframe else 0)


def _superframe(layers: list[bytearray]) -> bytes:
    largest = max(len(layer) for layer in layers)
    size_bytes = max(1, (largest.bit_length() + 7) // 8)
    mark = bytes([0xC0 | (size_bytes - 1) << 3 | (len(layers) - 1)])
    sizes = b"".join(len(layer).to_bytes(size_bytes, "little") for layer in layers)
    return b"".join(bytes(layer) for layer in layers) + mark + sizes + mark


def _size(head: bytes) -> tuple[int, int]:
    """Width and height from the uncompressed header (VP9 bitstream specification section 6.2); (0, 0) for anything but a key frame."""
    bits = Bits(head)
    if bits.take(2) != 2:
        return 0, 0
    profile = bits.take(1) | bits.take(1) << 1
    if profile == 3:
        bits.take(1)
    if bits.take(1) or bits.take(1):  # an existing frame is shown again; not a key frame
        return 0, 0
    bits.take(2)
    if bits.take(24) != SYNC_CODE:
        return 0, 0
    if profile >= 2:
        bits.take(1)
    if bits.take(3) != SRGB:
        bits.take(1)
        if profile in (1, 3):
            bits.take(3)
    elif profile in (1, 3):
        bits.take(1)
    width, height = bits.take(16) + 1, bits.take(16) + 1
    return (0, 0) if bits.exhausted else (width, height)
