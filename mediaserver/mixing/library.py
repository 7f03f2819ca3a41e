"""The sounds of a server: files decoded off the event loop, once for all who play them at the same time; the hold music.

One per `MediaServer`. Clips that nobody plays are forgotten, the hold music stays.
"""

import asyncio
import logging
from os import PathLike
from pathlib import Path
from weakref import WeakValueDictionary

from mediaserver.errors import LocalError
from mediaserver.mixing.clips import Clip

log = logging.getLogger(__name__)


class ClipLibrary:
    """See the module."""

    __slots__ = ("_clips", "_hold_music", "_hold_music_file")

    def __init__(self, hold_music: Path | None = None) -> None:
        """`hold_music`: a file in place of the built-in melody."""
        self._clips: WeakValueDictionary[tuple[Path, int, int], Clip] = WeakValueDictionary()
        self._hold_music_file = hold_music
        self._hold_music: Clip | None = None

    async def read(self, path: str | PathLike[str]) -> Clip:
        """The clip of a file as it is now. LocalError: see `Clip.read`."""
        path = Path(path)
        try:
            status = path.stat()  # a local file's, so not worth a thread
        except OSError as error:
            raise LocalError(f"Cannot play {path}: {error.strerror}") from error
        key = (path, status.st_mtime_ns, status.st_size)
        clip = self._clips.get(key)
        if clip is None:
            clip = await asyncio.to_thread(Clip.read, path)
        return self._clips.setdefault(key, clip)

    async def hold_music(self) -> Clip:
        """The configured file, else (also where that cannot be played: a wait in silence sounds like a lost call) the melody."""
        if self._hold_music is None:
            if self._hold_music_file is not None:
                try:
                    self._hold_music = await self.read(self._hold_music_file)
                    return self._hold_music
                except LocalError as error:
                    log.error("Hold music is replaced by the built-in melody: %s", error)
            self._hold_music = await asyncio.to_thread(Clip.melody)
        return self._hold_music
