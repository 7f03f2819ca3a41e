"""RTCP against aiortc's plain Python implementation, both ways."""

import random

import pytest
from aiortc.rtp import (
    RtcpByePacket,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSdesPacket,
    RtcpSenderInfo,
    RtcpSourceInfo,
    RtcpSrPacket,
    pack_remb_fci,
    unpack_remb_fci,
)

from native.testing import rtcp


def u32(rng: random.Random) -> int:
    return rng.choice([0, 1, 2**31, 2**32 - 1, rng.getrandbits(32)])


def random_block(rng: random.Random) -> tuple[int, ...]:
    lost = rng.choice([-(2**23), 2**23 - 1, rng.randrange(-(2**23), 2**23)])
    return (u32(rng), rng.randrange(256), lost, u32(rng), u32(rng), u32(rng), u32(rng))


@pytest.mark.parametrize("seed", range(200))
def test_reports_read_and_write_like_aiortc(seed: int) -> None:
    rng = random.Random(seed)
    ssrc, info = u32(rng), (rng.getrandbits(64), u32(rng), u32(rng), u32(rng))
    blocks = [random_block(rng) for _ in range(rng.randrange(32))]
    reports = [RtcpReceiverInfo(*block) for block in blocks]
    foreign = bytes(RtcpSrPacket(ssrc, RtcpSenderInfo(*info), reports)) + bytes(RtcpRrPacket(ssrc, reports))
    assert rtcp.write("sr", ssrc=ssrc, info=info, reports=blocks) + rtcp.write("rr", ssrc=ssrc, reports=blocks) == foreign
    code, packets = rtcp.parse_compound(foreign)
    assert code == 0
    assert packets[0]["sender_info"] == (ssrc, *info)
    assert [packet.get("reports", []) for packet in packets] == [blocks, blocks]


@pytest.mark.parametrize("seed", range(200))
def test_feedback_reads_and_writes_like_aiortc(seed: int) -> None:
    rng = random.Random(seed)
    ssrc, media_ssrc = u32(rng), u32(rng)
    # aiortc packs plain integers, so this comparison stays clear of the wrap (unit tests cover it)
    seqs = sorted(rng.sample(range(rng.choice([60, 1000, 60000])), rng.randrange(1, 50)))
    nack = bytes(RtcpRtpfbPacket(1, ssrc, media_ssrc, seqs))
    assert rtcp.write("nack", ssrc=ssrc, media_ssrc=media_ssrc, seqs=seqs) == nack
    assert rtcp.parse_compound(nack)[1][0]["nack"] == (media_ssrc, seqs)
    assert rtcp.write("pli", ssrc=ssrc, media_ssrc=media_ssrc) == bytes(RtcpPsfbPacket(1, ssrc, media_ssrc))
    bitrate, ssrcs = rng.getrandbits(rng.randrange(1, 64)), [u32(rng) for _ in range(rng.randrange(5))]
    remb = bytes(RtcpPsfbPacket(15, ssrc, 0, pack_remb_fci(bitrate, ssrcs)))
    assert rtcp.write("remb", ssrc=ssrc, bitrate_bps=bitrate, ssrcs=ssrcs) == remb
    assert rtcp.parse_compound(remb)[1][0]["remb"] == unpack_remb_fci(remb[12:])[0]


@pytest.mark.parametrize("length", [*range(1, 20), 255])
def test_description_and_goodbye_are_understood_by_aiortc(length: int) -> None:
    cname = bytes(range(97, 97 + 26)).ljust(255, b"z")[:length]
    data = rtcp.write("rr", ssrc=5) + rtcp.write("sdes", ssrc=5, cname=cname) + rtcp.write("bye", ssrc=5)
    assert RtcpPacket.parse(data) == [RtcpRrPacket(5, []), RtcpSdesPacket([RtcpSourceInfo(5, [(1, cname)])]), RtcpByePacket([5])]


@pytest.mark.parametrize("seed", range(20))
def test_a_compound_packet_is_accepted_or_refused_like_aiortc(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(300):
        body = rng.randbytes(4 * rng.randrange(8))
        data = bytearray([0x80 | rng.getrandbits(6) & 0x3F, 204, 0, len(body) // 4]) + body + rng.randbytes(rng.choice([0, 0, 1, 4]))
        if rng.random() < 0.3:
            data[rng.randrange(4)] = rng.getrandbits(8)
        data[1] = 204  # an APP packet: aiortc walks over it without looking inside
        try:
            RtcpPacket.parse(bytes(data))
            accepted = 0
        except ValueError:
            accepted = -1
        if len(data) > len(body) + 4:
            continue  # a random second packet may be of a type that aiortc looks into
        assert rtcp.parse_compound(bytes(data))[0] == accepted
