"""Transport-cc feedback against a plain reader, writer and recorder in Python.

aiortc has no transport-cc; bytes made by another implementation (werift) are in tests/vectors/twcc.json.
"""

import json
import random
from pathlib import Path

import pytest

from native.testing import rtcp, stream
from tests.oracle import plain_twcc

WINDOW = 1024


def native_read(data: bytes) -> tuple[int, int, list[plain_twcc.Status]] | None:
    code, packets = rtcp.parse_compound(data)
    if code != 0 or "transport_cc" not in packets[0]:
        return None
    reference, count, statuses = packets[0]["transport_cc"]
    return reference, count, [(number, delta if received else None) for number, received, delta in statuses]


@pytest.mark.parametrize("seed", range(300))
def test_any_chunking_is_read_like_the_plain_reader(seed: int) -> None:
    rng = random.Random(seed)
    loss, large = rng.choice([0, 0.1, 0.5, 0.95]), rng.choice([0, 0.1, 0.5])
    deltas = [
        None if rng.random() < loss else rng.randrange(-32768, 32768) if rng.random() < large else rng.randrange(256)
        for _ in range(rng.choice([1, 5, 50, 500]))
    ]
    base, reference, count = rng.randrange(65536), rng.getrandbits(24), rng.randrange(256)
    data = plain_twcc.write(rng, base, reference, count, deltas, rng.random() < 0.5)
    expected = (reference, count, [((base + index) % 65536, delta) for index, delta in enumerate(deltas)])
    assert plain_twcc.read(data) == expected
    assert native_read(data) == expected


@pytest.mark.parametrize("seed", range(20))
def test_damaged_feedback_is_refused_or_read_like_the_plain_reader(seed: int) -> None:
    rng = random.Random(seed)
    refused = 0
    for _ in range(100):
        deltas = [None if rng.random() < 0.3 else rng.randrange(-300, 300) for _ in range(rng.randrange(1, 40))]
        data = bytearray(plain_twcc.write(rng, rng.randrange(65536), 1, 2, deltas, False))
        data[rng.choice([14, 15, 20, 21, 22, 23])] = rng.getrandbits(8)
        if rng.random() < 0.3:
            data = data[:20 + 4 * rng.randrange((len(data) - 20) // 4 + 1)]
            data[2:4] = (len(data) // 4 - 1).to_bytes(2, "big")
        try:
            expected = plain_twcc.read(bytes(data))
        except plain_twcc.Malformed:
            expected = None
            refused += 1
        assert native_read(bytes(data)) == expected
    assert 0 < refused < 100


def arrivals(rng: random.Random) -> list[tuple[int, int]]:
    """(number, arrival) in arrival order: loss, bursts of loss, reordering far and near, duplicates, pauses, wraps."""
    number, now_us, out = 65536 + rng.randrange(65536), rng.randrange(2**45), []
    loss, reorder, far = rng.choice([0, 0.02, 0.3]), rng.choice([0, 0.05, 0.5]), rng.choice([2000, 50_000, 300_000])
    # Two neighbours from behind the window are a restart to the recorder (unit tests), which the plain one knows nothing of.
    gaps = [20, 200, 500] if reorder else [20, 200, 1000, 1500]
    for _ in range(2500):
        number += 1 if rng.random() > 0.002 else rng.choice(gaps)
        now_us += rng.choice([0, 100, 1000, 3000]) if rng.random() > 0.003 else rng.choice([70_000, 500_000, 9_000_000])
        if rng.random() >= loss:
            for _ in range(2 if rng.random() < 0.02 else 1):
                out.append((number, now_us + (rng.randrange(far) if rng.random() < reorder else 0)))
    return sorted(out, key=lambda arrival: arrival[1])


@pytest.mark.parametrize("seed", range(25))
def test_the_recorder_reports_exactly_what_the_plain_one_does(seed: int) -> None:
    rng = random.Random(seed)
    recorder, plain = stream.Recorder(), plain_twcc.PlainRecorder(WINDOW)
    every = rng.choice([1, 10, 60, 700])
    count = 0
    for index, (number, arrived_us) in enumerate(arrivals(rng)):
        recorder.note(number & 0xFFFF, arrived_us)
        plain.note(number, arrived_us)
        if index % every == 0:
            assert recorder.pending() == len(plain.pending())
            while data := recorder.feedback(65536):
                reference, feedback_count, statuses = plain_twcc.read(data)
                assert feedback_count == count % 256
                count += 1
                tick, told = reference << 8, []
                for wire_number, delta in statuses:
                    tick += delta or 0
                    told.append((wire_number, None if delta is None else tick % 2**32))
                expected = plain.feedback()
                assert expected is not None
                assert told == [(known % 65536, None if known_tick is None else known_tick % 2**32) for known, known_tick in expected]
            assert plain.feedback() is None and recorder.pending() == 0
    assert count > 0


@pytest.mark.parametrize("seed", range(15))
def test_reports_cut_to_small_rooms_tell_each_arrival_once_and_no_lie(seed: int) -> None:
    rng = random.Random(1000 + seed)
    recorder = stream.Recorder()
    arrived: dict[int, int] = {}
    told: set[int] = set()
    for number, arrived_us in arrivals(rng)[:2000]:
        if max(arrived, default=0) - number < WINDOW:
            arrived.setdefault(number, arrived_us)
        recorder.note(number & 0xFFFF, arrived_us)
        if recorder.pending() < rng.choice([1, 30, 200]):
            continue
        highest = max(arrived)
        while data := recorder.feedback(rng.choice([64, 80, 200, 1200])):
            reference, _, statuses = plain_twcc.read(data)
            tick = reference << 8
            for wire_number, delta in statuses:
                full = highest - (highest - wire_number) % 65536
                if delta is None:
                    assert full not in arrived
                else:
                    tick += delta
                    assert full not in told and tick % 2**32 == arrived[full] // 250 % 2**32
                    told.add(full)
    assert len(told) > 500


VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "twcc.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_bytes_of_another_implementation_are_read_as_it_meant_them(vector: dict) -> None:
    reference, count, statuses = native_read(bytes.fromhex(vector["packet"])) or (0, 0, [])
    assert (reference, count) == (vector["reference_time_64ms"], vector["feedback_count"])
    assert statuses == [tuple(status) for status in vector["statuses"]]
