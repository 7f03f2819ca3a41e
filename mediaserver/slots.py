"""Which track a subscriber sees where: tracks of a room onto the m-lines of one subscription.

Plain functions over plain data; `Conference` calls `assign` whenever tracks come or go or may be seen by others, and carries the changes
out. A subscription's slots are fixed by its offer, so this is how somebody who joins later, or reloads, is seen without renegotiation.

Invariants: a track is in at most one slot of a subscription; a slot holds only a track of its kind whose format it covers;
a track that stays keeps its slot; no slot stays empty while a track waits that it could hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mediaserver.capabilities import Format


@dataclass(frozen=True, slots=True)
class Track:
    """One published audio or video track. `ordinal` counts its publisher's tracks of this kind from 0, as the offer orders them."""

    id: int
    identity: str
    kind: str
    ordinal: int
    format: Format

    @property
    def source(self) -> tuple[str, int]:
        """What stays the same when its publisher comes back with a new session."""
        return (self.identity, self.ordinal)


@dataclass(slots=True)
class Slot:
    """One m-line we send on. `stream`: slots with the same number are played in lip-sync by the peer.

    `formats`: what its peer takes there, the preferred first, each under the payload type at the same place of `payload_types`.
    `takes_keys`: telephone-event was agreed on beside them.
    """

    id: int
    kind: str
    stream: int
    formats: tuple[Format, ...]
    payload_types: tuple[int, ...]
    takes_keys: bool = False
    track: Track | None = None
    last_source: tuple[str, int] | None = None

    def holds(self, track: Track) -> bool:
        """Whether it could carry this track."""
        return self.kind == track.kind and any(form.covers(track.format) for form in self.formats)

    def payload_type(self, track: Track) -> int:
        """How this slot carries a track it `holds`: as what was negotiated for it, else as the first that covers it."""
        if track.format in self.formats:
            return self.payload_types[self.formats.index(track.format)]
        return next(number for number, form in zip(self.payload_types, self.formats, strict=True) if form.covers(track.format))


def assign(slots: Sequence[Slot], tracks: Sequence[Track]) -> list[tuple[Slot, Track | None]]:
    """The changes to make: each slot that gets another track, or None. Earlier tracks are placed first; nothing is changed here."""
    present = {track.id for track in tracks}
    planned: dict[int, Track | None] = {
        slot.id: slot.track if slot.track is not None and slot.track.id in present else None for slot in slots
    }
    placed = {track.id for track in planned.values() if track is not None}
    waiting = [track for track in tracks if track.id not in placed]
    # Who comes back goes where they were, before anybody else may take that place.
    for returning in (True, False):
        for track in waiting:
            if track.id in placed:
                continue
            free = [slot for slot in slots if planned[slot.id] is None and slot.holds(track)]
            if returning:
                free = [slot for slot in free if slot.last_source == track.source]
            if free:
                planned[min(free, key=lambda slot: _misfit(slot, track, slots, planned)).id] = track
                placed.add(track.id)
    return [(slot, planned[slot.id]) for slot in slots if planned[slot.id] is not slot.track]


def _misfit(slot: Slot, track: Track, slots: Sequence[Slot], planned: dict[int, Track | None]) -> int:
    """0: beside the same person's other track; 1: in an empty stream; 2: beside somebody else, out of lip-sync with them."""
    others = {other.identity for each in slots if each.stream == slot.stream and (other := planned[each.id]) is not None}
    return 1 if not others else 0 if others == {track.identity} else 2
