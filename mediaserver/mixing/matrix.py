"""Who hears and sees whom: one plain function of a room's floor, asked for each pair.

No I/O, no ids, no engine. `Conference` keeps the floor and asks; identities need not be present, so whoever joins or comes back falls in
at once. Rules, the first that fits decides:

    oneself                         never
    either of them is on hold       no
    the speaker supervises          monitor: no; whisper: who is whispered to; barge: yes
    the listener supervises         yes (also what is said aside)
    else                            where both are in the same side conversation, or both in none

Whoever is muted is heard by nobody, whoever is veiled is seen by nobody, whatever these rules say.

Invariants: who is not seen is not heard; a gain set for a pair changes how loud, and 0 silences, but never lets anybody hear what
these rules keep from them.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class Supervising(enum.StrEnum):
    """How a supervisor takes part."""

    MONITOR = "monitor"  # hears all; nobody hears or sees them
    WHISPER = "whisper"  # hears all; only some hear and see them
    BARGE = "barge"  # hears all, and all hear them


@dataclass(frozen=True, slots=True)
class Supervision:
    """One supervisor's part; `to`: whom a whisper is for."""

    how: Supervising
    to: frozenset[str] = frozenset()

    def reaches(self, listener: str) -> bool:
        """Whether this listener is to hear the supervisor."""
        return self.how is Supervising.BARGE or (self.how is Supervising.WHISPER and listener in self.to)


@dataclass(slots=True)
class Floor:
    """All that the matrix depends on, by identity. `asides`: which side conversation somebody is in; `gains`: by (listener, speaker);
    `muted`: whose sound, `veiled`: whose pictures nobody gets."""

    held: set[str] = field(default_factory=set)
    supervisors: dict[str, Supervision] = field(default_factory=dict)
    asides: dict[str, int] = field(default_factory=dict)
    gains: dict[tuple[str, str], float] = field(default_factory=dict)
    muted: set[str] = field(default_factory=set)
    veiled: set[str] = field(default_factory=set)

    def places(self) -> dict[str, tuple[bool, Supervision | None, int | None, bool, bool]]:
        """Where everybody stands who stands anywhere special: between two whose places stay, `gains` alone can change anything."""
        special = {*self.held, *self.supervisors, *self.asides, *self.muted, *self.veiled}
        return {
            each: (each in self.held, self.supervisors.get(each), self.asides.get(each), each in self.muted, each in self.veiled)
            for each in special
        }


def reaches(floor: Floor, listener: str, speaker: str) -> bool:
    """Whether `listener` may see and hear `speaker`."""
    if listener == speaker or listener in floor.held or speaker in floor.held:
        return False
    supervision = floor.supervisors.get(speaker)
    if supervision is not None:
        return supervision.reaches(listener)
    return listener in floor.supervisors or floor.asides.get(listener) == floor.asides.get(speaker)


def sees(floor: Floor, viewer: str, shown: str) -> bool:
    """Whether `viewer` is to get the pictures of `shown`."""
    return shown not in floor.veiled and reaches(floor, viewer, shown)


def gain(floor: Floor, listener: str, speaker: str) -> float:
    """How loud `listener` hears `speaker`: 0 not at all, 1 as they are."""
    if speaker in floor.muted:
        return 0.0
    return floor.gains.get((listener, speaker), 1.0) if reaches(floor, listener, speaker) else 0.0


def row(floor: Floor, listener: str, speakers: Mapping[int, str]) -> dict[int, float]:
    """The gains of one listener for the tracks of `speakers` (track -> identity)."""
    return {track: gain(floor, listener, speaker) for track, speaker in speakers.items()}
