"""Payload formats: where key frames and frames begin, which layer a packet belongs to, and what a patch writes."""

import pytest

from native.testing import wire

NONE, OPUS, VP8, VP9, H264, AV1 = range(6)
ABSENT = {
    "keyframe": 0, "headless": 0, "frame_start": 0, "temporal_id": 0, "spatial_id": 0, "picture_id_bits": 0, "tl0_picture_index": 0,
    "picture_id": 0, "picture_id_offset": -1, "tl0_offset": -1,
}  # fmt: skip


def info(**known: int) -> dict[str, int]:
    return ABSENT | known


def payload(*parts: str) -> bytes:
    """Hexadecimal digits, or bits behind a 0b, one or more whole bytes each."""
    return b"".join(int(part, 2).to_bytes((len(part) - 2) // 8, "big") if part.startswith("0b") else bytes.fromhex(part) for part in parts)


KEY = info(keyframe=1, frame_start=1)
SLICE = KEY | {"headless": 1}
START = info(frame_start=1)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (payload("0b00010000", "50"), KEY),  # S, partition 0, P = 0
        (payload("0b00010000", "51"), START),  # P = 1
        (payload("0b00000000", "50"), ABSENT),  # in the middle of partition 0
        (payload("0b00010001", "50"), ABSENT),  # begins partition 1
        (payload("0b00011000", "50"), KEY),  # the reserved bit beside PID says nothing
        (payload("0b00110000", "50"), KEY),  # N, not used for reference
        (payload("0b10010000", "0b00000000", "50"), KEY),
        (payload("0b10010000", "0b10000000", "11", "50"), KEY | {"picture_id_bits": 7, "picture_id": 0x11, "picture_id_offset": 2}),
        (payload("0b10010000", "0b10000000", "9234", "51"), START | {"picture_id_bits": 15, "picture_id": 0x1234, "picture_id_offset": 2}),
        (payload("0b10010000", "0b01100000", "07", "0b10100000", "50"), KEY | {"tl0_picture_index": 7, "tl0_offset": 2, "temporal_id": 2}),
        (payload("0b10000000", "0b00100000", "0b11000000", "50"), info(temporal_id=3)),
        (payload("0b10000000", "0b00010000", "0b11000101", "50"), ABSENT),  # KEYIDX alone
        (
            payload("0b10010000", "0b11110000", "ffff", "ff", "0b01111111", "50"),
            KEY
            | {"picture_id_bits": 15, "picture_id": 0x7FFF, "picture_id_offset": 2}
            | {"tl0_picture_index": 255, "tl0_offset": 4, "temporal_id": 1},
        ),
    ],
)
def test_vp8(data: bytes, expected: dict[str, int]) -> None:
    assert wire.codec_info(VP8, data) == expected
    assert wire.codec_info(VP8, data + bytes(1200)) == expected


SCALABLE = {"temporal_id": 5, "spatial_id": 2}
NUMBERED = {"picture_id_bits": 7, "picture_id": 0x11, "picture_id_offset": 1}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (payload("0b00001000", "82"), KEY),  # B, P = 0
        (payload("0b01001000", "82"), START),  # P
        (payload("0b00000100", "82"), ABSENT),  # end of a frame
        (payload("0b10001000", "11", "82"), KEY | NUMBERED),
        (payload("0b10001000", "9234", "82"), KEY | {"picture_id_bits": 15, "picture_id": 0x1234, "picture_id_offset": 1}),
        # Layers, non-flexible: TL0PICIDX follows.
        (payload("0b00101000", "0b10100100", "09", "82"), START | SCALABLE | {"tl0_picture_index": 9, "tl0_offset": 2}),
        (payload("0b00101000", "0b00000000", "09", "82"), KEY | {"tl0_picture_index": 9, "tl0_offset": 2}),
        # Higher layer of a key picture: predicted from the lower one (D), no place to start.
        (payload("0b00101000", "0b00000011", "09", "82"), START | {"spatial_id": 1, "tl0_picture_index": 9, "tl0_offset": 2}),
        # Layers, flexible: no TL0PICIDX; up to three references with P.
        (payload("0b10111000", "11", "0b10100100", "82"), START | SCALABLE | NUMBERED),
        (payload("0b11011000", "11", "02", "82"), START | NUMBERED),
        (payload("0b11011000", "11", "030302", "82"), START | NUMBERED),
        # Scalability structure: one layer without sizes; two with; a group of two pictures with 1 and 3 references.
        (payload("0b00001010", "00", "82"), KEY),
        (payload("0b00001010", "0b00110000", "0140 00b4 0280 0168", "82"), KEY),
        (payload("0b00001010", "0b00001000", "02", "0b00000100", "01", "0b00101100", "010203", "82"), KEY),
        (payload("0b00001010", "0b00011000", "0140 00b4", "01", "00", "82"), KEY),
    ],
)
def test_vp9(data: bytes, expected: dict[str, int]) -> None:
    assert wire.codec_info(VP9, data) == expected
    assert wire.codec_info(VP9, data + bytes(1200)) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (payload("67 42001f"), KEY),  # sequence parameter set
        (payload("65 88"), SLICE),  # IDR slice that begins with macroblock 0
        (payload("65 40"), ABSENT),  # a later slice of an IDR picture
        (payload("41 9a"), START),
        (payload("41 40"), ABSENT),
        (payload("61 9a"), START),  # nal_ref_idc says nothing
        (payload("68 ce"), START),  # picture parameter set
        (payload("06 05"), START),  # SEI
        (payload("09 f0"), START),  # access unit delimiter
        (payload("0c ff"), ABSENT),  # filler
        (payload("67"), KEY),
        (payload("65"), ABSENT),
        # STAP-A
        (payload("78", "0002 67ff", "0002 68ff"), KEY),
        (payload("78", "0002 67ff", "0001 68", "0002 6588"), KEY),
        (payload("78", "0002 6588", "0002 67ff"), KEY),
        (payload("78", "0002 06ff", "0001 68", "0002 6588"), SLICE),
        (payload("78", "0002 09f0", "0002 419a"), START),
        (payload("78", "0002 4140"), ABSENT),
        # FU-A: start, middle, end; of an IDR slice and of another
        (payload("7c", "85", "88"), SLICE),
        (payload("7c", "05", "88"), ABSENT),
        (payload("7c", "45", "88"), ABSENT),
        (payload("7c", "85", "40"), ABSENT),
        (payload("7c", "81", "9a"), START),
        (payload("7c", "87", "42"), KEY),
    ],
)
def test_h264(data: bytes, expected: dict[str, int]) -> None:
    assert wire.codec_info(H264, data) == expected


SEQUENCE, DELIMITER, FRAME_HEADER, TILE_GROUP, FRAME, PADDING = "08", "10", "18", "20", "30", "78"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (payload("0b00011000", SEQUENCE, "00"), KEY),  # W = 1, N
        (payload("0b00010000", SEQUENCE, "00"), KEY),  # no N, yet a sequence header in front
        (payload("0b00001000", "02", FRAME, "00"), KEY),  # N alone
        (payload("0b00010000", FRAME, "00"), START),
        (payload("0b00010000", FRAME_HEADER, "00"), START),
        (payload("0b00010000", DELIMITER), START),
        (payload("0b00010000", TILE_GROUP, "00"), ABSENT),
        (payload("0b00010000", PADDING, "00"), ABSENT),
        (payload("0b10010000", SEQUENCE, "00"), ABSENT),  # Z: that is the rest of something
        (payload("0b01010000", FRAME), START),  # Y: cut off behind its first byte
        (payload("0b00100000", "02", SEQUENCE, "00", FRAME, "00"), KEY),  # W = 2
        (payload("0b00110000", "02", DELIMITER, "00", "8100", FRAME, FRAME, "00"), START),  # W = 3, a size in two bytes
        (payload("0b00000000", "01", FRAME, "02", TILE_GROUP, "00"), START),  # W = 0
        (payload("0b00010000", "34", "0b01101000", "00"), START | {"temporal_id": 3, "spatial_id": 1}),
        (payload("0b00010000", "34"), START),  # cut off in front of its layers
        (payload("0b00010000", "24", "0b11111000", "00"), info(temporal_id=7, spatial_id=3)),
    ],
)
def test_av1(data: bytes, expected: dict[str, int]) -> None:
    assert wire.codec_info(AV1, data) == expected


@pytest.mark.parametrize(
    ("codec", "data"),
    [
        (VP8, payload("10")),  # nothing behind the descriptor
        (VP8, payload("80")),
        (VP8, payload("9000")),
        (VP8, payload("9080")),
        (VP8, payload("908080")),
        (VP8, payload("90808011")[:3]),
        (VP8, payload("9040")),
        (VP8, payload("904007")),
        (VP8, payload("9020")),
        (VP8, payload("902040")),
        (VP9, payload("08")),
        (VP9, payload("88")),
        (VP9, payload("8892")),
        (VP9, payload("889234")),
        (VP9, payload("28")),
        (VP9, payload("2800")),
        (VP9, payload("280009")),
        (VP9, payload("0b00011000", "82")),  # flexible without a picture id
        (VP9, payload("0b11011000", "11", "03")),
        (VP9, payload("0b11011000", "11", "03030302", "82")),  # four references
        (VP9, payload("0b00001010")),
        (VP9, payload("0b00001010", "0b00010000", "014000")),
        (VP9, payload("0b00001010", "0b00010000", "014000b4")),
        (VP9, payload("0b00001010", "0b00001000")),
        (VP9, payload("0b00001010", "0b00001000", "02", "00")),
        (VP9, payload("0b00001010", "0b00001000", "01", "0b00001100", "0102")),
        (H264, payload("00")),
        (H264, payload("78")),
        (H264, payload("78", "0001")),
        (H264, payload("78", "0000", "0001 67")),
        (H264, payload("78", "0003 67ff")),
        (H264, payload("78", "0001 67", "00")),
        (H264, payload("79", "0001", "0001 67")),  # STAP-B
        (H264, payload("7c")),
        (H264, payload("7c 85")),
        (H264, payload("7d 8500")),  # FU-B
        (H264, payload("7e 00")),
        (AV1, payload("10")),
        (AV1, payload("0b10001000", "01", FRAME)),  # a new sequence cannot continue an OBU
        (AV1, payload("00", "02", FRAME)),  # longer than what is there
        (AV1, payload("00", "81")),  # size cut off
        (AV1, payload("00", "80808080808080808000", FRAME)),  # size of more than eight bytes
        (AV1, payload("00", "ffffffffffffff7f", FRAME)),
        (AV1, payload("0b00100000", "01", FRAME)),  # second element missing
        (AV1, payload("0b00010000", "b0")),  # forbidden bit
        (AV1, payload("00", "00")),  # an OBU of no byte
        *((codec, b"") for codec in (VP8, VP9, H264, AV1)),
    ],
)
def test_malformed_payload_is_refused(codec: int, data: bytes) -> None:
    assert wire.codec_info(codec, data) is None
    # What a refused payload leaves behind asks for no patch.
    assert wire.codec_patched(codec, data, 0x7FFF, 0xFF) == data


def test_opus_can_begin_anywhere() -> None:
    assert wire.codec_info(OPUS, b"") == KEY
    assert wire.codec_info(OPUS, b"\xfc\xff\xfe") == KEY


@pytest.mark.parametrize("codec", [NONE, 6, 255])
def test_unknown_codec_says_nothing(codec: int) -> None:
    assert wire.codec_info(codec, b"\x10\x00") == ABSENT


@pytest.mark.parametrize(
    ("codec", "before", "after"),
    [
        (VP8, "90 80 11 50", "90 80 34 50"),  # 7 bits stay 7
        (VP8, "90 80 8001 50", "90 80 9234 50"),
        (VP8, "90 e0 8001 07 40 50", "90 e0 9234 fe 40 50"),
        (VP8, "90 60 07 40 50", "90 60 fe 40 50"),
        (VP8, "10 50", "10 50"),
        (VP9, "a8 11 00 07 82", "a8 34 00 fe 82"),
        (VP9, "a8 8001 00 07 82", "a8 9234 00 fe 82"),
        (VP9, "b8 8001 00 82", "b8 9234 00 82"),
        (H264, "65 88", "65 88"),
        (AV1, "10 30 00", "10 30 00"),
    ],
)
def test_patch_keeps_widths(codec: int, before: str, after: str) -> None:
    # 0x9234 has one bit too many for either width.
    assert wire.codec_patched(codec, bytes.fromhex(before), 0x9234, 0xFE) == bytes.fromhex(after)
