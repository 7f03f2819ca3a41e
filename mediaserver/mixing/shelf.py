"""The clips a worker holds: each is loaded when its first player comes and freed when its last one goes.

One shelf per worker, shared by its rooms, so that a melody a hundred customers hear is in memory once.
"""

from collections.abc import Callable
from typing import Protocol

from mediaserver.mixing.clips import Clip


class ClipStore(Protocol):
    """The worker's commands that are used here."""

    def clip_load(self, clip_id: int, samples: bytes) -> None:
        """Takes a copy of the samples."""

    def clip_free(self, clip_id: int) -> None:
        """Forgets them when none plays them any more."""


class ClipShelf:
    """See the module."""

    __slots__ = ("_held", "_new_id", "_store")

    def __init__(self, store: ClipStore, new_id: Callable[[], int]) -> None:
        self._store = store
        self._new_id = new_id
        self._held: dict[Clip, tuple[int, int]] = {}  # clip -> its id, how many play it

    def take(self, clip: Clip) -> int:
        """The clip's id in the worker, for one more player."""
        clip_id, players = self._held.get(clip, (0, 0))
        if not players:
            clip_id = self._new_id()
            self._store.clip_load(clip_id, clip.samples)
        self._held[clip] = (clip_id, players + 1)
        return clip_id

    def give_back(self, clip: Clip) -> None:
        """One player less."""
        clip_id, players = self._held[clip]
        if players > 1:
            self._held[clip] = (clip_id, players - 1)
        else:
            del self._held[clip]
            self._store.clip_free(clip_id)
