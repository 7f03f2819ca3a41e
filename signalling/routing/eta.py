"""How long somebody still waits, or None: no number is better than a wrong one.

    eta = position * (time between the last assignments of this queue)

The mean over the last SAMPLES_MOST assignments within WINDOW, extended to now: (now - first) / count once that is longer than the mean
between them, so that a queue that stands still is not promised its old pace. None with fewer than SAMPLES_LEAST assignments in the
window, with nobody on duty, or beyond ETA_MOST, where it would comfort nobody. Rounded up: to 10 s below two minutes, to a minute above.

For `floor` (feeds it) and `place` (asks it). Pure.
"""

from collections import deque

# Of fewer, chance is larger than what they tell.
SAMPLES_LEAST = 5
# Of more, the morning would speak for the afternoon.
SAMPLES_MOST = 30
WINDOW_US = 30 * 60 * 1_000_000
ETA_MOST_S = 2 * 3600


class Pace:
    """One queue's last assignments."""

    __slots__ = ("_asked_us", "_at", "_between")

    def __init__(self) -> None:
        self._at: deque[int] = deque(maxlen=SAMPLES_MOST)
        self._asked_us = -1
        self._between: float | None = None

    def note(self, now_us: int) -> None:
        """Somebody who waited here was assigned."""
        self._at.append(now_us)
        self._asked_us = -1

    def eta_s(self, position: int, now_us: int, on_duty: int) -> int | None:
        """Seconds until who is at `position` (1: next) is assigned. `on_duty`: how many reps there are at all."""
        if self._asked_us != now_us:  # all who wait ask at once
            self._asked_us, self._between = now_us, self._pace(now_us)
        if self._between is None or on_duty == 0:
            return None
        seconds = position * self._between / 1_000_000
        if seconds > ETA_MOST_S:
            return None
        grain = 10 if seconds < 120 else 60
        return max(grain, int(-(-seconds // grain)) * grain)

    def _pace(self, now_us: int) -> float | None:
        """Microseconds between two assignments; None where nobody can tell."""
        recent = [at for at in self._at if at > now_us - WINDOW_US]
        if len(recent) < SAMPLES_LEAST:
            return None
        return max((recent[-1] - recent[0]) / (len(recent) - 1), (now_us - recent[0]) / len(recent))
