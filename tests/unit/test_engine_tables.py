"""The engine's containers against plain Python: ring, timer wheel, id and path tables, retransmission history."""

import random
from collections import deque

import pytest
from native.testing.tables import HistoryDoor, IdDoor, PathDoor, RingDoor, WheelDoor

SEEDS = range(4)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("capacity", [64, 256, 4096])
def test_ring_is_a_bounded_queue(seed: int, capacity: int) -> None:
    rng = random.Random(seed)
    ring, model = RingDoor(capacity), deque()
    refused = 0
    for _ in range(5000):
        if rng.random() < 0.55:
            record = rng.randbytes(rng.choice([0, 1, 7, 8, 9, rng.randrange(capacity)]))
            if ring.put(record):
                model.append(record)
            else:
                refused += 1
                # Refused only when it does not fit, or not in one piece before or behind what is there.
                assert 2 * (8 + len(record) + 7) > capacity - ring.used()
        else:
            assert ring.take() == (model.popleft() if model else None)
        assert ring.used() <= capacity
        assert ring.crowded() == (ring.used() * 2 > capacity)
    assert refused > 10
    while model:
        assert ring.take() == model.popleft()
    assert ring.take() is None


def test_ring_takes_no_record_that_can_never_fit() -> None:
    ring = RingDoor(64)
    assert not ring.put(bytes(57))
    assert ring.put(bytes(56)) and ring.take() == bytes(56)
    assert not ring.put(bytes(1000))


def test_ring_reserve_without_commit_shows_nothing() -> None:
    ring = RingDoor(64)
    assert ring.put(b"a" * 30)
    assert ring.take() == b"a" * 30
    assert ring.reserve(b"b" * 30) and ring.take() is None
    assert ring.put(b"c" * 30) and ring.take() == b"c" * 30


@pytest.mark.parametrize("seed", SEEDS)
def test_wheel_fires_each_timer_once_not_early_and_within_two_milliseconds(seed: int) -> None:
    rng = random.Random(seed)
    now_us = rng.choice([0, 999, 1_000_000_000, 123_456_789_012])
    wheel, due, armed_us = WheelDoor(200, now_us), {}, {}
    fired = 0
    for _ in range(6000):
        number = rng.randrange(200)
        what = rng.random()
        at_us = now_us + rng.choice(
            [-5000, 0, 1, 999, 1000, 1001, 20_000, 1_023_000, 1_024_000, 1_025_000, 5_000_000, rng.randrange(3_000_000)]
        )
        if what < 0.3:
            wheel.arm(number, at_us)
            due[number], armed_us[number] = at_us, now_us
        elif what < 0.4:
            wheel.arm_earlier(number, at_us)
            if at_us < due.get(number, at_us + 1):
                due[number], armed_us[number] = at_us, now_us
        elif what < 0.45:
            wheel.cancel(number)
            due.pop(number, None)
        else:
            step_us = rng.choice([0, 100, 1000, 1000, 3000, 50_000, 1_500_000 if rng.random() < 0.1 else 0])
            waits_ms = wheel.wait_ms(now_us, 100)
            assert 0 <= waits_ms <= 100
            # Whoever sleeps for as long as it says is not late.
            soonest = min((at for at in due.values()), default=None)
            if soonest is not None and waits_ms * 1000 < 100_000:
                assert soonest >= now_us + (waits_ms - 2) * 1000 or soonest <= now_us
            if soonest is not None:
                assert now_us + waits_ms * 1000 <= max(soonest, now_us) + 2000
            now_us += step_us
            for expired in wheel.expired(now_us):
                fired += 1
                assert due.pop(expired) <= now_us
            assert all(max(at, armed_us[number]) > now_us - 2000 for number, at in due.items())
    assert fired > 500


def test_wheel_after_a_long_sleep_finds_everything() -> None:
    wheel = WheelDoor(50, 5_000_000)
    for number in range(50):
        wheel.arm(number, 5_000_000 + number * 100_000)
    assert sorted(wheel.expired(500_000_000)) == list(range(50))
    assert wheel.expired(900_000_000) == []


def test_wheel_timer_armed_again_while_expiring_waits_for_the_next_millisecond() -> None:
    wheel = WheelDoor(1, 0)
    wheel.arm(0, 500)
    assert wheel.expired(10_000) == [0]
    wheel.arm(0, 10_000)
    assert wheel.expired(10_000) == []
    assert wheel.expired(11_000) == [0]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("spread", [40, 100_000, 1 << 64])
def test_id_table_is_a_dictionary(seed: int, spread: int) -> None:
    rng = random.Random(seed)
    table, model = IdDoor(), {}
    for step in range(1, 8000):
        number = rng.randrange(spread) if rng.random() < 0.8 or not model else rng.choice(list(model)[:50])
        if rng.random() < 0.55:
            assert table.put(number, step) == (-1 if number == 0 or number in model else 0)
            if number:
                model.setdefault(number, step)
        else:
            table.remove(number)
            model.pop(number, None)
        assert table.get(number) == model.get(number, 0)
        assert table.count() == len(model)
    assert all(table.get(number) == value for number, value in model.items())


@pytest.mark.parametrize("seed", SEEDS)
def test_path_table_is_a_dictionary_of_whole_paths(seed: int) -> None:
    rng = random.Random(seed)
    table, model = PathDoor(), {}
    for step in range(1, 6000):
        # Near neighbours: one field apart, as the peers behind one NAT are.
        key = (0, 0xFFFF << 32 | rng.randrange(6), 0, rng.randrange(2), rng.randrange(40))
        if rng.random() < 0.5:
            assert table.put(key, step) == 0
            model[key] = step
        else:
            table.remove(key)
            model.pop(key, None)
        probe = (0, 0xFFFF << 32 | rng.randrange(6), 0, rng.randrange(2), rng.randrange(40))
        assert table.get(key) == model.get(key, 0) and table.get(probe) == model.get(probe, 0)
        assert table.count() == len(model)
    assert all(table.get(key) == value for key, value in model.items())


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("entries", [128, 1024])
def test_history_gives_back_what_was_put_or_nothing(seed: int, entries: int) -> None:
    rng = random.Random(seed)
    history, model = HistoryDoor(entries), {}
    now_us, highest = 1_000_000_000, 1 << 16
    found = 0
    for _ in range(6000):
        now_us += rng.randrange(4000)
        highest += 1 if rng.random() < 0.9 else rng.randrange(5)
        number = highest if rng.random() < 0.9 else highest - rng.randrange(100)
        packet = rng.randbytes(rng.choice([12, 100, 1200, rng.randrange(12, 2048)]))
        commit = rng.random() < 0.95
        assert history.put(number, packet, now_us, commit)
        if commit:
            model[number] = (packet, now_us)
        if rng.random() < 0.1:
            history.expire(now_us)
        wanted = highest - rng.randrange(2 * entries)
        answer = history.get(wanted)
        if answer is not None:
            found += 1
            assert answer == model[wanted][0]
        # What is a second old or younger, and has not been pushed out of the index, is there.
        elif wanted in model and now_us - model[wanted][1] < 1_000_000:
            assert any(other != wanted and other % entries == wanted % entries for other in model)
        if len(model) > 4 * entries:
            for old in sorted(model)[:entries]:
                del model[old]
    assert found > 500
    history.expire(now_us + 10_000_000)
    held, free, total = history.chunks()
    assert held == 0 and free == total


def test_history_is_bounded_and_gives_its_memory_back() -> None:
    history = HistoryDoor(1024)
    stored = 0
    while stored < 20_000 and history.put(70_000 + stored, bytes(1200), 1_000_000):
        stored += 1
    held, _, total = history.chunks()
    assert held == total == 1024 and stored < 20_000
    history.clear()
    assert history.chunks() == (0, 64, 64)
    assert all(history.get(70_000 + at) is None for at in range(stored))
    assert history.put(1, bytes(100), 2_000_000) and history.get(1) == bytes(100)


def test_one_packet_is_answered_five_times_and_not_within_100_ms() -> None:
    history = HistoryDoor(128)
    now_us, answers = 1_000_000_000, 0
    for _ in range(1000):
        answers += history.allowed(7, now_us)
        now_us += 1000
    assert answers == 5
    assert history.allowed(8, now_us) and not history.allowed(8, now_us + 99_000) and history.allowed(8, now_us + 100_000)


def test_asking_for_many_numbers_in_turn_makes_nobody_forget_what_was_answered() -> None:
    # One NACK message can name eight thousand numbers: its answers must stay a bounded burst.
    history = HistoryDoor(1024)
    answers = sum(history.allowed(seq, 1_000_000_000) for _ in range(10) for seq in range(1000))
    assert answers == 256
    assert sum(history.allowed(seq, 1_000_100_000) for _ in range(10) for seq in range(1000, 1200)) == 200
