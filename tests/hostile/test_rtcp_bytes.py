"""Any bytes into every RTCP parser: no crash, no read past the end (a sanitizer build sees it), no work out of proportion."""

import random

import pytest

from native.testing import rtcp

BLOCK = (1, 2, -3, 4, 5, 6, 7)
SEEDS = [
    rtcp.write("sr", info=(1 << 60, 2, 3, 4), reports=[BLOCK] * 3),
    rtcp.write("rr", reports=[BLOCK] * 31),
    rtcp.write("sdes", cname=b"somebody@example"),
    rtcp.write("nack", seqs=[1, 2, 3, 60, 61, 30000]),
    rtcp.write("fir", command_seq=9),
    rtcp.write("remb", bitrate_bps=1_000_000, ssrcs=[1, 2, 3]),
    bytes.fromhex("8fcd0007 00000001 00000002 00050008 00010203 2002c550 01020304 05060000"),
]


def check(data: bytes) -> int:
    code, packets = rtcp.parse_compound(data, 2000)
    assert code in (0, -1)
    assert sum(4 + len(packet["body"]) for packet in packets) <= len(data)
    for packet in packets:
        assert len(packet.get("nack", (0, []))[1]) <= min(2000, len(packet["body"]) // 4 * 17)
        assert len(packet.get("transport_cc", (0, 0, []))[2]) <= 2000
    return len(packets)


@pytest.mark.parametrize("seed", range(4))
def test_random_bytes(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(500):
        check(rng.randbytes(rng.randrange(200)))
        body = rng.randbytes(rng.randrange(60) * 4)
        check(bytes([0x80 | rng.getrandbits(6), rng.randrange(200, 208), 0, len(body) // 4]) + body)
        check(bytes([0x8F | rng.getrandbits(1) << 5, 205, 0, len(body) // 4]) + body)


@pytest.mark.parametrize("seed", range(4))
def test_mutated_compound_packets(seed: int) -> None:
    rng = random.Random(seed)
    walked = 0
    for _ in range(1500):
        data = bytearray(b"".join(rng.choices(SEEDS, k=rng.randrange(1, 4))))
        for _ in range(rng.randrange(4)):
            data[rng.randrange(len(data))] = rng.choice([0, 0xFF, 0x80, rng.getrandbits(8)])
        if rng.random() < 0.3:
            del data[rng.randrange(len(data)):]
        walked += check(bytes(data))
    assert walked > 1000


@pytest.mark.parametrize("data", SEEDS, ids=range(len(SEEDS)))
def test_every_truncation(data: bytes) -> None:
    assert check(data) == 1
    for size in range(len(data)):
        assert check(data[:size]) == 0
        if size >= 4 and size % 4 == 0:  # with the length field telling the truth
            assert check(data[:2] + (size // 4 - 1).to_bytes(2, "big") + data[4:size]) == 1
