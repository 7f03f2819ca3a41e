"""RTP header, padding and header extensions: what is taken, what is refused, where offsets point."""

import struct

import pytest

from native.testing import wire

MID, RID, REPAIRED_RID, ABS_SEND_TIME, TRANSPORT_CC, AUDIO_LEVEL, ORIENTATION, PLAYOUT_DELAY, CAPTURE_TIME, DEPENDENCY = range(10)


def packet(
    payload: bytes = b"", *, csrcs: int = 0, block: tuple[int, bytes] | None = None, padding: bool = False, version: int = 2
) -> bytes:
    first = version << 6 | padding << 5 | (block is not None) << 4 | csrcs
    data = struct.pack("!BBHII", first, 0x80 | 96, 0xFFFE, 0x01020304, 0xA0B0C0D0) + bytes(range(4 * csrcs))
    if block is not None:
        profile, elements = block
        elements += bytes(-len(elements) % 4)
        data += struct.pack("!HH", profile, len(elements) // 4) + elements
    return data + payload


def test_header_fields_are_read() -> None:
    assert wire.rtp_header(packet(b"payload", csrcs=2, block=(0xBEDE, b"\x10a"))) == {
        "payload_type": 96, "marker": 1, "has_padding": 0, "padding_bytes": 0, "seq16": 0xFFFE,
        "header_bytes": 12 + 8 + 4 + 4, "payload_bytes": 0, "extension_profile": 0xBEDE, "extension_offset": 24, "extension_bytes": 4,
        "timestamp": 0x01020304, "ssrc": 0xA0B0C0D0,
    }


def test_header_without_extension_has_no_block() -> None:
    header = wire.rtp_header(packet())
    assert (header["header_bytes"], header["extension_profile"], header["extension_offset"], header["extension_bytes"]) == (12, 0, 0, 0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        packet()[:11],
        packet(version=0),
        packet(version=1),
        packet(version=3),
        packet(csrcs=15)[:-1],
        packet(block=(0xBEDE, b"\x10a"))[:-1],
        packet(block=(0xBEDE, b""))[:-1],
        packet()[:1].replace(b"\x80", b"\x90") + packet()[1:] + b"\xbe\xde\xff\xff" + bytes(100),
        packet(bytes(65536)),
    ],
)
def test_malformed_header_is_refused(data: bytes) -> None:
    assert wire.rtp_header(data) is None


def test_header_parse_ignores_padding_that_is_still_encrypted() -> None:
    assert wire.rtp_header(packet(b"\xff", padding=True))["has_padding"] == 1


@pytest.mark.parametrize(
    ("payload", "padding", "expected"),
    [
        (b"", False, (0, 0)),
        (b"abc", False, (0, 3)),
        (b"abc\x00\x02", True, (2, 3)),
        (b"\x00\x00\x03", True, (3, 0)),
        (b"abc\x01", True, (1, 3)),
        (bytes(254) + b"\xff", True, (255, 0)),
        (b"", True, None),
        (b"abc\x00", True, None),
        (b"abc\x05", True, None),
        (b"\xff", True, None),
    ],
)
def test_padding(payload: bytes, padding: bool, expected: tuple[int, int] | None) -> None:
    assert wire.rtp_padding(packet(payload, padding=padding)) == expected
    assert wire.rtp_padding(packet(payload, padding=padding, csrcs=3, block=(0xBEDE, b"\x10a"))) == expected


IDS = {MID: 1, ABS_SEND_TIME: 2, TRANSPORT_CC: 3, AUDIO_LEVEL: 4, DEPENDENCY: 14, RID: 15, CAPTURE_TIME: 200}


@pytest.mark.parametrize(
    ("elements", "code", "expected"),
    [
        (b"", 0, {}),
        (b"\x10a", 0, {MID: b"a"}),
        (
            b"\x10a\x22\x01\x02\x03\x31\x00\x09\x40\x85",
            0,
            {MID: b"a", ABS_SEND_TIME: b"\x01\x02\x03", TRANSPORT_CC: b"\x00\x09", AUDIO_LEVEL: b"\x85"},
        ),
        (b"\x00\x00\x10a\x00\x40\x85", 0, {MID: b"a", AUDIO_LEVEL: b"\x85"}),  # padding before and between
        (b"\x1fabcdefghijklmnop", 0, {MID: b"abcdefghijklmnop"}),
        (b"\xe2\x80\x01\x02", 0, {DEPENDENCY: b"\x80\x01\x02"}),
        (b"\x10a\x50x\x40\x85", 0, {MID: b"a", AUDIO_LEVEL: b"\x85"}),  # id 5 was not negotiated
        (b"\x10a\xf0b\x40\x85", 0, {MID: b"a"}),  # id 15 ends the elements, negotiated or not
        (b"\xff", 0, {}),
        (b"\x10a\x01\xff\x40\x85", -1, {MID: b"a"}),  # id 0 with a length
        (b"\x10a\x4f\x85", -1, {MID: b"a"}),  # runs past the end of the block
        (b"\x10a\x10b", 0, {MID: b"b"}),  # the last one counts
        (b"\x21\x01\x02\x30\x09\x40\x85", 0, {AUDIO_LEVEL: b"\x85"}),  # send time and transport-cc too short for their readers
        (b"\x33\x00\x09\x00\x00", 0, {TRANSPORT_CC: b"\x00\x09\x00\x00"}),  # version 2
    ],
)
def test_one_byte_extensions(elements: bytes, code: int, expected: dict[int, bytes]) -> None:
    data = packet(b"\x10\xff" * 20, csrcs=1, block=(0xBEDE, elements))
    assert wire.rtp_extensions(data, IDS) == (code, expected)


@pytest.mark.parametrize("profile", [0x1000, 0x100F])
@pytest.mark.parametrize(
    ("elements", "code", "expected"),
    [
        (b"\x01\x01a", 0, {MID: b"a"}),
        (b"\x00\x01\x01a\x00\x00\x04\x01\x85", 0, {MID: b"a", AUDIO_LEVEL: b"\x85"}),
        (b"\x0f\x02hi", 0, {RID: b"hi"}),  # 15 is an id like any other here
        (b"\xc8\x08" + b"\x01" * 8, 0, {CAPTURE_TIME: b"\x01" * 8}),
        (b"\x01\xff" + b"m" * 255, 0, {MID: b"m" * 255}),
        (b"\x04\x00\x01\x01a", 0, {MID: b"a"}),  # empty audio level: nothing to read
        (b"\x05\x00\x01\x01a", 0, {MID: b"a"}),
        (b"\x01\x02ab\x04\x03\x85\x85", -1, {MID: b"ab"}),  # runs past the end of the block
        (b"\x01\x01a\x00\x01\x01b\x04", -1, {MID: b"b"}),  # no length byte left
        (b"\x01\x02ab\x00\x00\x04", 0, {MID: b"ab"}),  # its length byte is the block's fill: empty
    ],
)
def test_two_byte_extensions(profile: int, elements: bytes, code: int, expected: dict[int, bytes]) -> None:
    data = packet(b"\x01\x01" * 200, block=(profile, elements))
    assert wire.rtp_extensions(data, IDS) == (code, expected)


@pytest.mark.parametrize("profile", [0x0000, 0x0FFF, 0x1010, 0xBEDD, 0xFFFF])
def test_block_of_another_profile_is_passed_over(profile: int) -> None:
    data = packet(b"payload", block=(profile, b"\x10a"))
    assert wire.rtp_header(data)["header_bytes"] == 20
    assert wire.rtp_extensions(data, IDS) == (0, {})


@pytest.mark.parametrize(
    ("bindings", "codes", "ids"),
    [
        ([(MID, 1), (RID, 255)], [0, 0], {MID: 1, RID: 255}),
        ([(MID, 0), (MID, 256), (MID, -1), (-1, 1), (10, 1), (255, 1)], [-1] * 6, {}),
        ([(MID, 1), (MID, 2)], [0, 0], {MID: 2}),
        ([(MID, 1), (RID, 1)], [0, 0], {RID: 1}),
        ([(MID, 1), (RID, 2), (MID, 2)], [0, 0, 0], {MID: 2}),
        ([(MID, 1), (MID, 1)], [0, 0], {MID: 1}),
        ([(DEPENDENCY, 15)], [0], {DEPENDENCY: 15}),
    ],
)
def test_extension_map_keeps_one_id_per_kind(bindings: list[tuple[int, int]], codes: list[int], ids: dict[int, int]) -> None:
    assert wire.extension_map(bindings) == (codes, ids, {id: kind for kind, id in ids.items()})
