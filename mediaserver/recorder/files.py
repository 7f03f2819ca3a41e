"""What becomes of recorded tracks where nothing is mixed: files per participant or per track, copied without transcoding.

Called by `pump`, which knows it as an `Output`. Invariant: the files of one identity hold nothing of another.
"""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal

from mediaserver.recorder.assembler import Timed
from mediaserver.recorder.container import Format, Unwritable
from mediaserver.recorder.segment import Segments
from mediaserver.recorder.track import Track
from mediaserver.recorder.vault import Key

__all__ = ["Files", "Grouping", "stem"]

Grouping = Literal["participant", "track"]
STEM_CHARS_MOST = 40
# What a muxer refuses so often it will refuse again: the rest of that publisher's frames is left out.
REFUSALS_MOST = 3


def stem(identity: str) -> str:
    """A part of a file's name that tells people who it is; not unique."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", identity)[:STEM_CHARS_MOST].strip("_") or "participant"


class Files:
    """See the module."""

    def __init__(
        self,
        folder: Path,
        form: Format,
        grouping: Grouping,
        key: Key | None,
        report: Callable[[dict[str, Any]], None],
        fault: Callable[[str], None],
        run: int,
    ) -> None:
        """`run`: how many processes have written to this folder before; part of the names, so that none is used twice."""
        self._fault = fault
        self._refusals: dict[Segments, int] = {}
        self._folder, self._form, self._grouping, self._key, self._report, self._run = folder, form, grouping, key, report, run
        self._groups: dict[tuple[str, tuple[str, int] | None], Segments] = {}

    def _group(self, track: Track) -> tuple[str, tuple[str, int] | None]:
        return (track.info.identity, track.info.key if self._grouping == "track" else None)

    def begin(self, track: Track) -> None:
        """A track is recorded from now on."""
        group = self._group(track)
        if group not in self._groups:
            name = f"{self._run}{len(self._groups):02d}-{stem(track.info.identity)}"
            if self._grouping == "track":
                name += f"-{track.info.kind}{track.info.ordinal or ''}"
            self._groups[group] = Segments(self._folder, name, self._form, self._key, self._report, track.info.identity)
        self._groups[group].expect(track)

    def end(self, track: Track, *, pause: bool) -> None:
        """It is not recorded any more; a pause leaves the file open for what comes after it."""
        segments = self._groups[self._group(track)]
        segments.drop(track)
        if not segments.tracks and not pause:
            self._guarded(segments, segments.close)

    def put(self, track: Track, timed: Timed, at_us: int, now_us: int) -> None:
        """Writes a frame."""
        segments = self._groups[self._group(track)]
        if self._refusals.get(segments, 0) < REFUSALS_MOST:
            self._guarded(segments, lambda: segments.put(track, timed.frame, at_us, now_us))

    def _guarded(self, segments: Segments, work: Callable[[], None]) -> None:
        """What one publisher sends may end their file, and nobody else's."""
        try:
            work()
        except Unwritable as error:
            self._refusals[segments] = self._refusals.get(segments, 0) + 1
            self._fault(f"{segments.identity}: a file could not be written: {error}")
            segments.abandon()

    def wants_keyframe(self, track: Track) -> bool:
        """Whether a file waits for one."""
        return self._groups[self._group(track)].wants_keyframe(track)

    def tick(self, now_us: int) -> None:
        """Every quarter of a second."""
        for segments in self._groups.values():
            self._guarded(segments, partial(segments.tick, now_us))

    @property
    def size_bytes(self) -> int:
        """Written so far."""
        return sum(segments.size_bytes for segments in self._groups.values())

    def close(self) -> None:
        """Completes every file; the first that cannot be is raised after the others are closed."""
        failed: OSError | None = None
        for segments in self._groups.values():
            try:
                self._guarded(segments, segments.close)
            except OSError as error:
                failed = failed or error
        if failed is not None:
            raise failed
