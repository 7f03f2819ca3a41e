"""An estimate of the waiting time, or none: never one that there is no ground for."""

import pytest

from signalling.routing.eta import ETA_MOST_S, SAMPLES_LEAST, WINDOW_US, Pace

S = 1_000_000


def pace(*at_s: int) -> Pace:
    made = Pace()
    for at in at_s:
        made.note(at * S)
    return made


STEADY = [n * 30 for n in range(10)]  # one in half a minute, the last at 270 s


@pytest.mark.parametrize(
    ("at_s", "position", "now_s", "on_duty", "eta_s"),
    [
        (STEADY, 1, 270, 2, 30),
        (STEADY, 3, 270, 2, 90),
        (STEADY, 10, 270, 2, 300),
        (STEADY, 1, 1000, 2, 100),  # it stands still: 1000 s for ten
        (STEADY, 1, 270, 0, None),  # nobody is there
        (STEADY[: SAMPLES_LEAST - 1], 1, 120, 2, None),
        (STEADY[:SAMPLES_LEAST], 1, 120, 2, 30),
        (STEADY, 1, 271 + WINDOW_US // S, 2, None),  # that was long ago
        (STEADY, ETA_MOST_S, 270, 2, None),
        ([0, 1, 2, 3, 4], 1, 4, 2, 10),  # never nothing at all
        ([], 1, 0, 2, None),
    ],
)
def test_an_estimate_has_ground_or_is_none(at_s: list[int], position: int, now_s: int, on_duty: int, eta_s: int | None) -> None:
    assert pace(*at_s).eta_s(position, now_s * S, on_duty) == eta_s
