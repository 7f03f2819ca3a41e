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

    __slots__ = ("_at",)

    def __init__(self) -> None:
        self._at: deque[int] = deque(maxlen=SAMPLES_MOST)

    def note(self, now_us: int) -> None:
        """Somebody who waited here was assigned."""
        self._at.append(now_us)

    def eta_s(self, position: int, now_us: int, on_duty: int) -> int | None:
        """Seconds until who is at `position` (1: next) is assigned. `on_duty`: reps who take from the queue at all."""
        recent = [at for at in self._at if at > now_us - WINDOW_US]
        if len(recent) < SAMPLES_LEAST or on_duty == 0:
            return None
        between = (recent[-1] - recent[0]) / (len(recent) - 1)
        until_now = (now_us - recent[0]) / len(recent)
        seconds = position * max(between, until_now) / 1_000_000
        if seconds > ETA_MOST_S:
            return None
        grain = 10 if seconds < 120 else 60
        return max(grain, int(-(-seconds // grain)) * grain)
