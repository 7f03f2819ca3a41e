"""Telephone keys (RFC 4733): bytes, keys out of events, events out of keys. `events_of` is a plain reading of the standard."""

import random
import struct

import pytest

from native.testing import dtmf

MS = 1000
NEVER = 2**63 - 1


def event(code: int, duration: int, *, end: bool = False) -> bytes:
    return struct.pack("!BBH", code, (0x80 if end else 0) | 10, duration)


def test_an_event_is_four_bytes() -> None:
    assert dtmf.parse(bytes.fromhex("0b8a0640")) == (11, True, 10, 1600)
    assert dtmf.parse(bytes.fromhex("0b4a0640") + b"more") == (11, False, 10, 1600)  # the reserved bit is ignored
    assert dtmf.parse(b"\x0b\x8a\x06") is None and dtmf.parse(b"") is None


def test_what_is_written_reads_back() -> None:
    rng = random.Random(1)
    for _ in range(500):
        given = (rng.randrange(256), rng.random() < 0.5, rng.randrange(64), rng.randrange(65536))
        assert dtmf.parse(dtmf.write(*given)) == given


def test_event_codes_are_the_standards() -> None:
    assert "".join(dtmf.key(code) for code in range(16)) == "0123456789*#ABCD"
    assert dtmf.key(16) == dtmf.key(255) == ""


def test_a_key_is_told_once_at_its_first_end_packet() -> None:
    receiver = dtmf.Receiver()
    assert receiver.note(event(5, 960), 1000, 0) == [] and receiver.due_us() == 250 * MS
    assert receiver.note(event(5, 3360), 1000, 50 * MS) == []
    assert receiver.note(event(5, 4800, end=True), 1000, 100 * MS) == [(5, 4800)]
    for _ in range(2):
        assert receiver.note(event(5, 4800, end=True), 1000, 110 * MS) == []
    assert receiver.note(event(5, 960), 1000, 120 * MS) == [], "late, of the same key"
    assert receiver.due_us() == NEVER and receiver.expired(10**9) is None


@pytest.mark.parametrize("lost", range(6))
def test_any_packet_but_one_may_be_lost(lost: int) -> None:
    packets = [event(9, 960), event(9, 3360), event(9, 4800), *[event(9, 4800, end=True)] * 3]
    receiver = dtmf.Receiver()
    found = []
    for at, packet in enumerate(packets):
        if at != lost:
            found += receiver.note(packet, 77, at * 50 * MS)
    assert found == [(9, 4800)]


def test_a_lost_end_is_made_up_for_by_silence() -> None:
    receiver = dtmf.Receiver()
    receiver.note(event(1, 960), 0, 0)
    receiver.note(event(1, 3360), 0, 50 * MS)
    assert receiver.expired(299 * MS) is None
    assert receiver.expired(300 * MS) == (1, 3360) and receiver.expired(301 * MS) is None
    assert receiver.note(event(1, 4800, end=True), 0, 310 * MS) == [], "its end, far too late"


def test_a_lost_end_is_made_up_for_by_the_next_key() -> None:
    receiver = dtmf.Receiver()
    receiver.note(event(1, 4000), 0, 0)
    assert receiver.note(event(1, 4800, end=True), 9600, 170 * MS) == [(1, 4000), (1, 4800)]


def test_a_long_key_comes_in_segments_and_is_one() -> None:
    receiver = dtmf.Receiver()
    assert receiver.note(event(3, 65535), 100, 0) == []
    assert receiver.note(event(3, 2000), 100 + 65535, 50 * MS) == []
    assert receiver.note(event(3, 7000, end=True), 100 + 65535, 100 * MS) == [(3, 65535 + 7000)]


def test_other_events_than_keys_and_old_packets_are_no_keys() -> None:
    receiver = dtmf.Receiver()
    assert receiver.note(event(32, 100, end=True), 5, 0) == [] and receiver.due_us() == NEVER
    assert receiver.note(event(2, 4800, end=True), 20000, 0) == [(2, 4800)]
    assert receiver.note(event(7, 4800, end=True), 10000, 0) == [], "older than the newest"
    assert receiver.note(event(7, 4800, end=True), (20000 - 10**6) % 2**32, 0) == [(7, 4800)], "another clock"


def test_timestamps_wrap() -> None:
    receiver = dtmf.Receiver()
    assert receiver.note(event(2, 1, end=True), 2**32 - 10, 0) == [(2, 1)]
    assert receiver.note(event(2, 1, end=True), 5000, 0) == [(2, 1)]


def played(sender: dtmf.Sender, until_us: int, **rates: int) -> list[tuple]:
    """All packets: (ms, event, end, duration, timestamp, marker); RTP time runs with the clock."""
    found = []
    while sender.due_us() <= until_us:
        now_us = sender.due_us()
        packet = sender.next(now_us, now_us * rates.get("clock_rate", 48000) // 10**6, **rates)
        if packet:
            found.append((now_us // MS, *packet))
    return found


def test_a_key_is_sent_as_the_standard_says() -> None:
    sender = dtmf.Sender()
    assert sender.add([5], 100, 70, 0) == 1
    assert played(sender, 10**7) == [
        (0, 5, False, 960, 0, True),
        (50, 5, False, 3360, 0, False),
        (80, 5, True, 4800, 0, False),
        (100, 5, True, 4800, 0, False),
        (120, 5, True, 4800, 0, False),
    ]


def test_keys_follow_each_other_after_the_gap() -> None:
    sender = dtmf.Sender()
    sender.add([1, 2, 1], 100, 70, 0)
    packets = played(sender, 10**7)
    starts = [(ms, key, timestamp) for ms, key, _, _, timestamp, marker in packets if marker]
    assert starts == [(0, 1, 0), (170, 2, 8160), (340, 1, 16320)]
    assert sum(end for _, _, end, _, _, _ in packets) == 9
    sender.add([4], 100, 70, 400 * MS)
    assert next(ms for ms, *_ in played(sender, 10**7)) == 510, "the gap holds for what is added later"


@pytest.mark.parametrize(("duration_ms", "gap_ms"), [(40, 30), (100, 70), (1000, 30), (6000, 6000)])
@pytest.mark.parametrize("event_rate", [8000, 48000])
def test_what_is_sent_is_received(duration_ms: int, gap_ms: int, event_rate: int) -> None:
    sender, receiver = dtmf.Sender(), dtmf.Receiver()
    keys = [0, 15, 11, 11, 7]
    sender.add(keys, duration_ms, gap_ms, 0)
    heard = []
    # At 8 kHz a segment is 65535 * 6 ticks of the stream's clock: no key that can be asked for is that long.
    for ms, key, end, duration, timestamp, _ in played(sender, 10**8, event_rate=event_rate):
        heard += receiver.note(event(key, duration, end=end), timestamp, ms * MS)
    assert heard == [(key, duration_ms * event_rate // 1000) for key in keys]


def test_the_queue_has_an_end() -> None:
    sender = dtmf.Sender()
    assert sender.add([1] * 60, 40, 30, 0) == 60
    assert sender.add([2] * 10, 40, 30, 0) == 4
    assert len({timestamp for *_, timestamp, _ in played(sender, 10**8)}) == 64
    assert sender.add([3], 40, 30, 10**8) == 1
