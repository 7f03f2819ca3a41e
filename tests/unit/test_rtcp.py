"""RTCP parsers and writers against bytes written out by hand from the RFCs."""

import pytest

from native.testing import rtcp

BLOCK = (0x01020304, 128, -2, 0x00021234, 77, 0xAABBCCDD, 65536)
BLOCK_BYTES = bytes.fromhex("01020304 80fffffe 00021234 0000004d aabbccdd 00010000")


def parse_one(data: bytes, room: int = 70000) -> dict:
    code, packets = rtcp.parse_compound(data, room)
    assert code == 0 and len(packets) == 1
    return packets[0]


def test_sender_report_is_written_and_read_as_rfc_3550_draws_it() -> None:
    data = rtcp.write("sr", ssrc=9, info=(0x83AA7E8012345678, 0xFFFFFFFF, 10, 11), reports=[BLOCK])
    assert data == bytes.fromhex("81c8000c 00000009 83aa7e80 12345678 ffffffff 0000000a 0000000b") + BLOCK_BYTES
    packet = parse_one(data)
    assert packet["sender_info"] == (9, 0x83AA7E8012345678, 0xFFFFFFFF, 10, 11)
    assert packet["reports"] == [BLOCK]


def test_receiver_report_is_written_and_read_as_rfc_3550_draws_it() -> None:
    data = rtcp.write("rr", ssrc=9, reports=[BLOCK, BLOCK])
    assert data == bytes.fromhex("82c9000d 00000009") + BLOCK_BYTES * 2
    packet = parse_one(data)
    assert packet["reports"] == [BLOCK, BLOCK] and packet["sender_ssrc"] == 9 and "sender_info" not in packet


@pytest.mark.parametrize(
    ("lost", "written"), [(0x7FFFFF, 0x7FFFFF), (0x800000, 0x7FFFFF), (-0x800000, -0x800000), (-0x800001, -0x800000), (-1, -1)]
)
def test_cumulative_loss_is_clamped_to_24_bits(lost: int, written: int) -> None:
    assert parse_one(rtcp.write("rr", reports=[(1, 0, lost, 0, 0, 0, 0)]))["reports"][0][2] == written


@pytest.mark.parametrize("cname", [b"", b"a", b"ab", b"abc", b"abcd", b"x" * 255])
def test_sdes_chunk_ends_in_one_to_four_nulls_on_a_word_boundary(cname: bytes) -> None:
    data = rtcp.write("sdes", ssrc=7, cname=cname)
    assert len(data) % 4 == 0
    assert data[8:10 + len(cname)] == bytes([1, len(cname)]) + cname
    tail = data[10 + len(cname):]
    assert 1 <= len(tail) <= 4 and not any(tail)


@pytest.mark.parametrize(
    ("seqs", "pairs"),
    [
        ([10], "000a0000"),
        ([10, 11, 26], "000a8001"),
        ([10, 27], "000a0000 001b0000"),
        ([65534, 65535, 0, 14], "fffe8003"),
        ([65535, 15], "ffff8000"),
        ([5, 5, 6], "00050001"),
        (list(range(100, 134)), "0064ffff 0075ffff"),
    ],
)
def test_nack_packs_numbers_into_pairs(seqs: list[int], pairs: str) -> None:
    data = rtcp.write("nack", ssrc=1, media_ssrc=2, seqs=seqs)
    fci = bytes.fromhex(pairs)
    assert data == bytes([0x81, 205, 0, 2 + len(fci) // 4, 0, 0, 0, 1, 0, 0, 0, 2]) + fci
    assert parse_one(data)["nack"] == (2, sorted(set(seqs), key=seqs.index))


def test_nack_reader_stops_at_its_room() -> None:
    data = rtcp.write("nack", seqs=list(range(100)))
    for room in (0, 1, 17, 18, 99, 100):
        assert parse_one(data, room)["nack"][1] == list(range(room))


def test_picture_loss_and_full_intra_requests_match_their_rfcs() -> None:
    assert rtcp.write("pli", ssrc=1, media_ssrc=2) == bytes.fromhex("81ce0002 00000001 00000002")
    fir = rtcp.write("fir", ssrc=1, media_ssrc=2, command_seq=7)
    assert fir == bytes.fromhex("84ce0004 00000001 00000000 00000002 07000000")
    assert parse_one(fir)["fir"] == [(2, 7)]
    assert rtcp.write("bye", ssrc=3) == bytes.fromhex("81cb0001 00000003")


@pytest.mark.parametrize(
    ("bitrate_bps", "read_bps"),
    [(0, 0), (1, 1), (0x3FFFF, 0x3FFFF), (0x40000, 0x40000), (0x7FFFF, 0x7FFFE), (2_500_000, 2_500_000), (2**64 - 1, 0x3FFFF << 46)],
)
def test_remb_keeps_18_significant_bits(bitrate_bps: int, read_bps: int) -> None:
    assert parse_one(rtcp.write("remb", bitrate_bps=bitrate_bps, ssrcs=[5, 6]))["remb"] == read_bps


@pytest.mark.parametrize(
    "fci",
    [
        "52454d42 01fc0001 00000005",  # exponent 63, mantissa 1: 2^63 still fits
        "52454d42 01fc0002 00000005",  # 2^64 does not
        "52454d42 02000001 00000005",  # two SSRCs promised, one there
        "52454d43 01000001 00000005",  # another application's message
        "52454d42",
    ],
)
def test_remb_that_does_not_add_up_is_refused(fci: str) -> None:
    body = bytes(8) + bytes.fromhex(fci)
    packet = parse_one(bytes([0x8F, 206, 0, len(body) // 4]) + body)
    assert packet.get("remb") == (1 << 63 if fci.startswith("52454d42 01fc0001") else None)


@pytest.mark.parametrize(
    ("kind", "arguments", "size"),
    [
        ("sr", {"reports": [BLOCK]}, 52),
        ("rr", {"reports": [BLOCK]}, 32),
        ("rr", {}, 8),
        ("sdes", {"cname": b"abc"}, 16),
        ("bye", {}, 8),
        ("nack", {"seqs": [1, 100, 200]}, 24),
        ("pli", {}, 12),
        ("fir", {}, 20),
        ("remb", {"ssrcs": [1]}, 24),
    ],
)
def test_writers_need_exactly_their_size(kind: str, arguments: dict, size: int) -> None:
    assert len(rtcp.write(kind, size, **arguments)) == size
    for room in range(size):
        assert rtcp.write(kind, room, **arguments) == b""


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("rr", {"reports": [BLOCK] * 32}),
        ("sr", {"reports": [BLOCK] * 32}),
        ("sdes", {"cname": b"x" * 256}),
        ("remb", {"ssrcs": [1] * 256}),
        ("nack", {"seqs": []}),
    ],
)
def test_writers_refuse_what_the_format_cannot_hold(kind: str, arguments: dict) -> None:
    assert rtcp.write(kind, **arguments) == b""


def test_a_compound_packet_is_walked_to_its_clean_end() -> None:
    data = rtcp.write("rr", reports=[BLOCK]) + rtcp.write("sdes", cname=b"me") + rtcp.write("nack", seqs=[4]) + rtcp.write("bye")
    code, packets = rtcp.parse_compound(data)
    assert code == 0 and [packet["type"] for packet in packets] == [201, 202, 205, 203]
    assert rtcp.parse_compound(b"") == (0, [])


@pytest.mark.parametrize(
    "tail",
    ["80", "80c900", "40c90001 00000001", "80c90002 00000001", "a0c90000", "a0c90001 00000000", "a0c90001 00000005"],
    ids=["one byte", "three bytes", "version 1", "length past the end", "padding, no body", "padding of 0", "padding past the body"],
)
def test_a_malformed_packet_ends_the_walk_and_keeps_what_came_before(tail: str) -> None:
    code, packets = rtcp.parse_compound(rtcp.write("bye") + bytes.fromhex(tail))
    assert code == -1 and [packet["type"] for packet in packets] == [203]


def test_padding_of_any_length_is_removed() -> None:
    for padding in (1, 2, 3, 4, 8):
        body = bytes(8) + b"x" * (16 - 8 - padding) + bytes(padding - 1) + bytes([padding])
        assert len(parse_one(bytes([0xAF, 205, 0, 4]) + body)["body"]) == 16 - padding


def transport_cc(count: int, rest: str, base: int = 0xFFFE) -> bytes:
    body = bytes(8) + base.to_bytes(2, "big") + count.to_bytes(2, "big") + bytes.fromhex("000102 07") + bytes.fromhex(rest)
    body += bytes(-len(body) % 4)
    return bytes([0x8F, 205, 0, len(body) // 4]) + body


def test_transport_cc_reads_runs_vectors_and_both_delta_sizes() -> None:
    # A run of two one-byte deltas; fourteen one-bit symbols, the first and last set; then two-bit ones: large, small, missing.
    packet = parse_one(transport_cc(19, "2002 a001 e400 01ff 0203 fffe 05"))
    reference, feedback_count, statuses = packet["transport_cc"]
    assert (reference, feedback_count) == (0x000102, 7)
    assert [seq for seq, _, _ in statuses] == [(0xFFFE + index) & 0xFFFF for index in range(19)]
    received = {index: delta for index, (_, got, delta) in enumerate(statuses) if got}
    assert received == {0: 1, 1: 255, 2: 2, 15: 3, 16: -2, 17: 5}


@pytest.mark.parametrize(
    ("count", "rest"),
    [
        (1, "6001 00"),  # reserved symbol in a run
        (1, "f000"),  # reserved symbol in a vector
        (15, "8000"),  # chunks cover 14
        (65535, "3fff"),  # a run of 8191 with no delta behind it
        (3, "2003 0101"),  # two deltas for three packets
        (2, "4002 0101 01"),  # one and a half large deltas, the alignment byte included
    ],
)
def test_transport_cc_that_promises_more_than_it_holds_is_refused(count: int, rest: str) -> None:
    fields = bytes.fromhex(rest)
    data = bytearray(transport_cc(count, rest))
    padding = -len(fields) % 4
    if padding:  # declared as RTCP padding, so that it cannot stand in for a delta
        data[0] |= 0x20
        data[-1] = padding
    assert "transport_cc" not in parse_one(bytes(data))


def test_transport_cc_of_65535_lost_packets_is_bounded_by_the_room() -> None:
    data = transport_cc(65535, "1fff" * 9)
    assert len(parse_one(data, 100)["transport_cc"][2]) == 100
    statuses = parse_one(data)["transport_cc"][2]
    assert len(statuses) == 65535 and not any(got for _, got, _ in statuses)
