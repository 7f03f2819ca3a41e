"""An encoder's packets said over and over, and a sink that keeps what comes: the sound of `bench mixer`."""

import struct

import pytest

from bench.mixer.speech import Packet, pack, unpack_capture
from tests.engine_peers import AUDIO, KIND_AUDIO, START_US, Core, connected, publish, read_rtp, rtp, subscribe

LEVEL_ID = 4
LOOP = (Packet(b"one", 20, 30, marker=True), Packet(b"two two", 40, 0x80 | 20, marker=False), Packet(b"3", 400, 127, marker=False))


def said(packets: bytes, until_ms: int, seed: int = 1) -> list[tuple[int, bytes, int, bool, int, int]]:
    """(ms since the first, payload, level, marker, number, timestamp) of what a subscriber gets of this loop."""
    core = Core()
    peer = connected(core, 1, extensions={"audio-level": LEVEL_ID})
    core.loop_open(1, packets, seed=seed)
    subscribe(peer, 5, 1, 77, kind=KIND_AUDIO)
    out = []
    for at in range(until_ms + 20):
        for plain in peer.mine(core.advance(START_US + 1000 * at)):
            if plain[1] & 0x7F != 111:
                continue
            packet = read_rtp(plain)
            out.append((at, packet.payload, packet.extensions[LEVEL_ID][0], packet.marker, packet.seq, packet.timestamp))
    first = out[0]
    return [(at - first[0], payload, level, marker, (seq - first[4]) & 0xFFFF, (stamp - first[5]) & 0xFFFFFFFF)
            for at, payload, level, marker, seq, stamp in out if at - first[0] < until_ms]  # fmt: skip


def test_a_loop_is_said_at_its_own_pace_from_the_first_packet_again() -> None:
    got = said(pack(LOOP), 950, seed=0)
    assert [(at, payload) for at, payload, *_ in got] == [
        (0, b"one"), (20, b"two two"), (60, b"3"), (460, b"one"), (480, b"two two"), (520, b"3"), (920, b"one"), (940, b"two two"),
    ]  # fmt: skip
    assert [number for *_, number, _ in got] == list(range(8))
    assert [stamp for *_, stamp in got] == [at * 48 for at, *_ in got]
    assert [(level, marker) for _, _, level, marker, *_ in got[:3]] == [(30, True), (0x80 | 20, False), (127, False)]


def test_the_seed_chooses_where_it_begins_and_when() -> None:
    begun = {said(pack(LOOP), 20, seed)[0][1] for seed in range(12)}
    assert begun == {packet.payload for packet in LOOP}


@pytest.mark.parametrize(
    "packets",
    [
        b"",
        pack(LOOP)[:-1],
        pack(LOOP) + b"\0",
        pack([Packet(b"", 20, 0, marker=False)]),
        pack([Packet(b"never due again", 0, 0, marker=False)]),
        struct.pack("!HHBB", 1276, 20, 0, 0) + bytes(1276),
        struct.pack("!HHBB", 65535, 20, 0, 0),
    ],
    ids=["nothing", "cut short", "a byte too many", "empty packet", "no time between", "larger than Opus", "longer than the loop"],
)
def test_a_loop_that_could_not_be_said_is_refused(packets: bytes) -> None:
    core = Core()
    core.loop_open(1, packets)
    core.advance(START_US)
    assert (core.counters()["commands_stale"], core.counters()["producers"]) == (1, 0)


def captured(room: bytearray, count: int) -> list[tuple[int, bytes]]:
    core = Core()
    peer = connected(core, 1)
    publish(peer, 10, 5, kind=KIND_AUDIO, codecs=AUDIO)
    core.capture_open(10, room)
    core.advance(START_US)
    for number in range(count):
        peer.send(rtp(100 + number, 960 * number, 5, bytes([number]) * (number + 1), payload_type=111), START_US + 20_000 * number)
    return unpack_capture(room)


def test_a_sink_keeps_payloads_with_their_timestamps() -> None:
    assert captured(bytearray(4096), 20) == [(960 * number, bytes([number]) * (number + 1)) for number in range(20)]


def test_what_does_not_fit_is_left_out() -> None:
    # 8 bytes of count, then 6 + 1, 6 + 2, 6 + 3: the third has one byte too few.
    assert [payload for _, payload in captured(bytearray(8 + 7 + 8 + 8), 3)] == [b"\0", b"\1\1"]


def test_memory_too_small_for_the_count_is_refused() -> None:
    core = Core()
    peer = connected(core, 1)
    publish(peer, 10, 5, kind=KIND_AUDIO, codecs=AUDIO)
    core.capture_open(10, bytearray(7))
    core.advance(START_US)
    assert core.counters()["commands_stale"] == 1


def test_lent_memory_cannot_be_moved_while_the_worker_may_write() -> None:
    core = Core()
    room = bytearray(64)
    core.capture_open(10, room)
    with pytest.raises(BufferError):
        room.extend(b"more")
