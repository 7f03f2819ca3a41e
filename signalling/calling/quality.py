"""How good a leg's connection is, in three words, changing seldom enough for a timeline.

Pure. A class is told when two samples in a row agree on it, so that one bad second writes nothing. Thresholds after ITU-T G.114 (a round
trip of 300 ms is noticed, of 800 ms people talk over each other) and what Opus with FEC conceals (2 % is not heard, 8 % is).
"""

from dataclasses import dataclass
from typing import Final, Literal

from signalling.calling.media import Sample

Quality = Literal["good", "fair", "poor"]

# (class, round trip in ms, loss in per cent): the first whose both bounds are kept.
CLASSES: Final[tuple[tuple[Quality, float, float], ...]] = (("good", 300.0, 2.0), ("fair", 800.0, 8.0))


def grade(sample: Sample) -> Quality:
    """A sample's class."""
    for name, rtt_ms, loss_percent in CLASSES:
        if sample.rtt_ms <= rtt_ms and sample.loss_percent <= loss_percent:
            return name
    return "poor"


@dataclass(frozen=True, slots=True)
class Reading:
    """A connection as it was told last, and as it was measured last."""

    quality: Quality
    rtt_ms: float
    loss_percent: float


@dataclass(slots=True)
class Gauge:
    """One leg's. A connection counts as good until it is otherwise."""

    told: Quality = "good"
    last: Quality = "good"
    sample: Sample | None = None

    def take(self, sample: Sample) -> Quality | None:
        """The new class, where it is to be told."""
        self.sample = sample
        former, self.last = self.last, grade(sample)
        if self.last != former or self.last == self.told:
            return None
        self.told = self.last
        return self.told

    @property
    def reading(self) -> Reading | None:
        """What a board shows; None before the first sample."""
        return Reading(self.told, self.sample.rtt_ms, self.sample.loss_percent) if self.sample is not None else None
