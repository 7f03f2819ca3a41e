"""Sound of several tracks on one time line, for a composed recording: each decoded packet at its place, and their sum.

Called by `composer`. Positions are samples at 48 kHz since the recording's zero. Not for a call's ears: that is the engine's mixer.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["RATE", "Limiter", "Voice"]

RATE = 48000
BUFFER_SAMPLES = 8 * RATE
# A packet this close to the end of the one before goes right behind it: its place is known to a millisecond, its sound to a sample. More,
# and it would come out of step with the picture.
JOIN_SAMPLES = RATE * 30 // 1000
CEILING = 0.97
RELEASE = 1.02  # of the gain, each 20 ms: back from a half in 0.7 s

Samples = NDArray[np.float32]


class Voice:
    """A ring of the last seconds of one track, stereo: (2, n)."""

    __slots__ = ("_next", "_ring")

    def __init__(self) -> None:
        self._ring: Samples = np.zeros((2, BUFFER_SAMPLES), np.float32)
        self._next: int | None = None  # behind the newest sample

    def put(self, position: int, samples: Samples) -> None:
        """Lays decoded sound at its place."""
        count = samples.shape[1]
        if self._next is None or abs(position - self._next) > JOIN_SAMPLES:
            if self._next is not None and position > self._next:
                self._clear(self._next, min(position, self._next + BUFFER_SAMPLES))
            self._next = position
        at = np.arange(self._next, self._next + count) % BUFFER_SAMPLES
        self._ring[:, at] = samples
        self._next += count

    def take(self, position: int, count: int) -> Samples | None:
        """The sound from `position` on, silence where there is none; None where all of it is. What is taken is gone."""
        if self._next is None or position >= self._next or position < self._next - BUFFER_SAMPLES:
            return None
        at = np.arange(position, position + count) % BUFFER_SAMPLES
        out = self._ring[:, at]
        out[:, max(0, self._next - position) :] = 0
        self._ring[:, at] = 0
        return out

    def _clear(self, start: int, end: int) -> None:
        self._ring[:, np.arange(start, end) % BUFFER_SAMPLES] = 0


class Limiter:
    """Keeps a sum below full scale by turning it down at once and up again slowly."""

    __slots__ = ("_gain",)

    def __init__(self) -> None:
        self._gain = 1.0

    def limit(self, samples: Samples) -> Samples:
        """The block, turned down as far as it takes; the gain runs evenly from the last block's."""
        peak = float(np.abs(samples).max(initial=0.0))
        target = min(1.0, self._gain * RELEASE, CEILING / peak if peak > CEILING else 1.0)
        ramp = np.minimum(np.linspace(self._gain, target, samples.shape[1], dtype=np.float32), CEILING / max(peak, CEILING))
        self._gain = target
        return samples * ramp
