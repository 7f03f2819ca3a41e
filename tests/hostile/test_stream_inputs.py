"""Any packet order and any feedback into the stream states: nothing breaks, every bound holds (a sanitizer build sees more)."""

import random

import pytest

from native.testing import stream

CLOCKS = [0, 1, 2**31, 2**32, 2**45, 2**61]


@pytest.mark.parametrize("seed", range(5))
def test_random_sequence_numbers_keep_the_receiver_consistent(seed: int) -> None:
    rng = random.Random(seed)
    recv, seq, highest = stream.Recv(clock_rate=rng.choice([0, 1, 8000, 90000, 2**32 - 1])), 0, 0
    for _ in range(5000):
        seq = rng.choice([seq + 1, seq + rng.randrange(-1200, 3500), rng.getrandbits(16)]) & 0xFFFF
        now_us = rng.choice(CLOCKS) + rng.randrange(1000)
        number = recv.note(seq, rng.getrandbits(32), rng.randrange(1500), now_us)
        assert number == 0 or number & 0xFFFF == seq
        state = recv.state()
        assert state["highest"] >= highest and state["first"] <= state["highest"]
        highest = state["highest"]
        if rng.random() < 0.05:
            recv.sender_report(rng.getrandbits(64), 0, rng.choice(CLOCKS))
            report = recv.report(now_us)
            assert 0 <= report["fraction_lost"] <= 255 and -(2**23) <= report["lost"] < 2**23


@pytest.mark.parametrize("seed", range(5))
def test_random_arrivals_keep_the_missing_list_sorted_bounded_and_ending(seed: int) -> None:
    rng = random.Random(seed)
    nack, number, now_us = stream.Nack(), 1 << 16, 0
    for _ in range(5000):
        number = max(1, number + rng.choice([1, 1, 1, 2, 5, 300, rng.randrange(-1500, 1500), rng.choice([-(1 << 33), 1 << 33, 0])]))
        now_us += rng.choice([0, 100, 30_000])
        nack.note(number, now_us, rng.random() < 0.005)
        assert 0 <= nack.missing() <= 1000
        if rng.random() < 0.3:
            room = rng.choice([0, 1, 10, 1000])
            due = nack.due(now_us, rng.choice([-5, 0, 1, 50_000, 2**62]), room)
            assert len(due) <= room and len(set(due)) == len(due)
    for _ in range(12):
        now_us += 2_000_000
        nack.due(now_us)
    assert nack.missing() == 0 and nack.next_us() == 2**63 - 1


@pytest.mark.parametrize("seed", range(5))
def test_random_arrivals_are_always_drained_by_a_bounded_number_of_reports(seed: int) -> None:
    rng = random.Random(seed)
    recorder, seq = stream.Recorder(), 0
    for _ in range(60):
        for _ in range(rng.randrange(200)):
            seq = rng.choice([seq + 1, seq + rng.randrange(-1100, 1100), rng.getrandbits(16)]) & 0xFFFF
            recorder.note(seq, rng.choice(CLOCKS) + rng.randrange(10**6))
        assert 0 <= recorder.pending() <= 1024
        reports = 0
        room = rng.choice([64, 100, 1200, 65536])
        while data := recorder.feedback(room):
            reports += 1
            assert len(data) <= room and reports <= 1024
        assert recorder.pending() == 0


@pytest.mark.parametrize("seed", range(5))
def test_random_and_mutated_feedback_never_acknowledges_more_than_was_sent(seed: int) -> None:
    rng = random.Random(seed)
    sender, recorder, sent, acknowledged, lost = stream.Sender(), stream.Recorder(), 0, 0, 0
    for index in range(400):
        for _ in range(rng.randrange(8)):
            number = sender.sent(rng.randrange(100_000), index * 1000)
            sent += 1
            if rng.random() < 0.9:
                recorder.note(number, index * 1000)
        data = bytearray(recorder.feedback() or b"\x8f\xcd\x00\x08" + rng.randbytes(32))
        for _ in range(rng.choice([0, 1, 5])):
            data[rng.randrange(4, len(data))] = rng.getrandbits(8)
        summary = sender.acknowledge(bytes(data), index * 1000 + 500)
        if summary is not None:
            acknowledged += summary["acknowledged"]
            lost += summary["lost"]
            assert summary["rtt_us"] >= 0 and bool(summary["rtt_us"]) == bool(summary["acknowledged"])
            assert summary["acknowledged_bytes"] <= 65535 * summary["acknowledged"]
    assert 0 < acknowledged <= sent and lost <= sent
