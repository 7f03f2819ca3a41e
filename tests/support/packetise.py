"""Frames to RTP payloads, from the payload formats' texts: what publishers do, for tests of what takes it apart again."""

ROOM_BYTES = 300  # small, so that everything is in several pieces


def split(data: bytes, room: int) -> list[bytes]:
    return [data[at : at + room] for at in range(0, len(data), room)]


def vp8(frame: bytes, *, picture_id: int | None = None, room: int = ROOM_BYTES) -> list[bytes]:
    """RFC 7741 section 4.2."""
    extension = b"" if picture_id is None else bytes([0xC0, 0x80 | picture_id >> 8 & 0x7F, picture_id & 0xFF, 7])
    mark = 0x80 if extension else 0
    return [bytes([mark | (0x10 if index == 0 else 0)]) + extension + piece for index, piece in enumerate(split(frame, room))]


def vp9(layers: list[bytes], *, keyframe: bool, flexible: bool = False, room: int = ROOM_BYTES) -> list[bytes]:
    """RFC 9628 section 4.2; one frame per spatial layer, with a scalability structure in front of a key frame."""
    payloads = []
    for layer, frame in enumerate(layers):
        pieces = split(frame, room)
        for index, piece in enumerate(pieces):
            first, last = index == 0, index == len(pieces) - 1
            structured = keyframe and layer == 0 and first
            inter = not keyframe
            head = 0x80 | (0x40 if inter else 0) | 0x20 | (0x10 if flexible else 0)
            head |= (0x08 if first else 0) | (0x04 if last else 0) | (0x02 if structured else 0)
            descriptor = bytes([head, 0x81, 0x23, layer << 1 | (1 if layer else 0)])
            if flexible:
                descriptor += bytes([0x02 | 1, 0x04]) if inter else b""
            else:
                descriptor += bytes([9])
            if structured:
                descriptor += bytes([(len(layers) - 1) << 5 | 0x18]) + b"\x01\x40\x00\xf0" * len(layers) + bytes([1, 0x04, 1])
            payloads.append(descriptor + piece)
    return payloads


def nal_units(annexb: bytes) -> list[bytes]:
    units = annexb.replace(b"\x00\x00\x00\x01", b"\x00\x00\x01").split(b"\x00\x00\x01")
    return [unit for unit in units if unit]


def h264(frame: bytes, *, room: int = ROOM_BYTES) -> list[bytes]:
    """RFC 6184: small units together in a STAP-A, large ones in FU-As."""
    payloads: list[bytes] = []
    small: list[bytes] = []

    def leave() -> None:
        if len(small) == 1:
            payloads.append(small[0])
        elif small:
            payloads.append(bytes([24 | small[0][0] & 0x60]) + b"".join(len(unit).to_bytes(2, "big") + unit for unit in small))
        small.clear()

    for unit in nal_units(frame):
        if len(unit) <= room // 3:
            small.append(unit)
            continue
        leave()
        if len(unit) <= room:
            payloads.append(unit)
            continue
        pieces = split(unit[1:], room)
        for index, piece in enumerate(pieces):
            mark = (0x80 if index == 0 else 0) | (0x40 if index == len(pieces) - 1 else 0)
            payloads.append(bytes([unit[0] & 0xE0 | 28, mark | unit[0] & 0x1F]) + piece)
    leave()
    return payloads


def leb128(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def obus(unit: bytes) -> list[bytes]:
    """The OBUs of a temporal unit in the low-overhead format, without their size fields."""
    found, at = [], 0
    while at < len(unit):
        head = 2 if unit[at] & 4 else 1
        size = shift = 0
        end = at + head
        while True:
            size |= (unit[end] & 127) << shift
            shift += 7
            end += 1
            if not unit[end - 1] & 128:
                break
        found.append(bytes([unit[at] & ~2]) + unit[at + 1 : at + head] + unit[end : end + size])
        at = end + size
    return found


def av1(unit: bytes, *, keyframe: bool, counted: bool = False, room: int = ROOM_BYTES) -> list[bytes]:
    """AV1 RTP specification section 4.4: elements with their sizes (W = 0), or one a packet without (`counted`)."""
    payloads: list[bytes] = []
    packet, goes_on = b"", False

    def leave(continues_next: bool) -> None:
        nonlocal packet, goes_on
        if packet:
            head = (0x80 if goes_on else 0) | (0x40 if continues_next else 0) | (0x10 if counted else 0)
            payloads.append(bytes([head | (0x08 if keyframe and not payloads else 0)]) + packet)
        packet, goes_on = b"", continues_next

    for obu in [obu for obu in obus(unit) if obu[0] >> 3 & 15 != 2]:
        pieces = split(obu, room)
        for index, piece in enumerate(pieces):
            if packet and (counted or len(packet) + len(piece) > room):
                leave(index > 0)
            packet += piece if counted else leb128(len(piece)) + piece
            if index < len(pieces) - 1:
                leave(True)
    leave(False)
    return payloads
