"""Complexity follows the load: down soon, up late, and it does not swing."""

import pytest
from native.testing.mixing import Load

TICK_US = 20_000
# Relative cost of encoding at complexity 10, 9, 8 ... 1.
COST = {10: 1.0, 9: 0.85, 8: 0.7, 7: 0.65, 6: 0.55, 5: 0.47, 4: 0.42, 3: 0.38, 2: 0.34, 1: 0.3}


def run(load: Load, full_us: float, ticks: int) -> list[int]:
    """Complexities over time of a mixer that would take `full_us` at complexity 10."""
    found = []
    for _ in range(ticks):
        load.note(int(full_us * COST[load.complexity()]))
        found.append(load.complexity())
    return found


def test_nothing_happens_below_the_limit() -> None:
    assert set(run(Load(), 0.55 * TICK_US, 3000)) == {10}


def test_it_falls_within_a_second_and_no_further_than_it_must() -> None:
    found = run(Load(), 0.8 * TICK_US, 500)
    assert found[50] <= 8 and found[-1] == 8
    assert COST[found[-1]] * 0.8 <= 0.6


def test_it_stays_within_opus_range_whatever_the_load() -> None:
    found = run(Load(), 10 * TICK_US, 1000)
    assert found[-1] == 1 and min(found) == 1


def test_late_ticks_count_as_full_ones() -> None:
    load = Load()
    for _ in range(100):
        load.note(100, True)
    assert load.complexity() < 6


def test_it_comes_back_when_there_is_room() -> None:
    load = Load()
    run(load, 3 * TICK_US, 200)
    low = load.complexity()
    found = run(load, 0.3 * TICK_US, 150 * 12)
    assert low < 5 and found[140] <= low and found[-1] == 10


@pytest.mark.parametrize("share", [0.5, 0.61, 0.65, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5, 1.9])
def test_a_steady_load_does_not_make_it_swing(share: float) -> None:
    load = Load()
    run(load, share * TICK_US, 500)
    assert len(set(run(load, share * TICK_US, 5000))) == 1


def test_a_short_peak_changes_nothing() -> None:
    load = Load()
    for _ in range(20):
        run(load, 1.5 * TICK_US, 3)
        run(load, 0.2 * TICK_US, 40)
    assert load.complexity() == 10
