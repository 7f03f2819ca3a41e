"""The files of one participant (or one track), one after the other: a segment holds the streams that were there when it began.

Called by `files`. A stream that comes later, another codec or other parameter sets begin a new segment, at a key frame of all its pictures
where one comes within JOIN_US. Invariant: video in a file begins with a key frame.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mediaserver.recorder.container import Container, Format, Stream, holds
from mediaserver.recorder.frame import Frame
from mediaserver.recorder.storage import Storage, create
from mediaserver.recorder.track import Track
from mediaserver.recorder.vault import Key

__all__ = ["Segments"]

# How long a segment waits for the first frame of every track that was announced. A camera takes half a second; who keeps it covered must
# not hold the sound back from the disk for longer.
JOIN_US = 2_000_000

# FFmpeg's MP4 writer holds everything back while a stream of VP9 or AV1 is silent (`matroska` tells of the same): after so long the file
# goes on in a segment without it.
SILENT_US = 1_000_000

StreamKey = tuple[str, int]


@dataclass(slots=True)
class _Joining:
    """Frames of a stream that wait for the next segment."""

    codec: str
    config: bytes = b""
    frames: list[tuple[Frame, int]] = field(default_factory=list)


@dataclass(slots=True)
class _Open:
    """The segment that is being written."""

    container: Container
    storage: Storage
    report: dict[str, Any]
    index: dict[StreamKey, int]
    codecs: dict[StreamKey, str]
    configs: dict[StreamKey, bytes]
    last_us: dict[StreamKey, int]  # when a frame of it came, by the process' clock


def _told(key: StreamKey, stream: Stream) -> dict[str, Any]:
    picture = {"width": stream.width, "height": stream.height} if stream.width else {}
    return {"kind": key[0], "ordinal": key[1], "codec": stream.codec, **picture}


class Segments:
    """See the module. `report` is called with what is to be known of a file, whenever one is opened and closed, and by `tick`."""

    def __init__(
        self, folder: Path, stem: str, form: Format, key: Key | None, report: Callable[[dict[str, Any]], None], identity: str
    ) -> None:
        self._folder, self._stem, self._form, self._key = folder, stem, form, key
        self._report, self.identity = report, identity
        self._tracks: dict[StreamKey, Track] = {}
        self._joining: dict[StreamKey, _Joining] = {}
        self._since_us = 0
        self._open: _Open | None = None
        self._count = 0
        self._closed_bytes = 0

    @property
    def tracks(self) -> list[Track]:
        """Those that are announced."""
        return list(self._tracks.values())

    @property
    def size_bytes(self) -> int:
        """Of all files so far."""
        return self._closed_bytes + (self._open.storage.size_bytes if self._open is not None else 0)

    def expect(self, track: Track) -> None:
        """A track of this participant begins (or goes on after a pause)."""
        self._tracks[track.info.key] = track

    def drop(self, track: Track) -> None:
        """A track has ended; its stream stays in the segment without frames."""
        if self._tracks.get(track.info.key) is track:
            del self._tracks[track.info.key]
            self._joining.pop(track.info.key, None)

    def wants_keyframe(self, track: Track) -> bool:
        """Whether the next segment waits for a key frame of this track."""
        return bool(self._joining) and track.info.kind == "video" and track.info.key not in self._joining

    def put(self, track: Track, frame: Frame, at_us: int, now_us: int) -> None:
        """Writes a frame, now or with the next segment. OSError: the disk."""
        key, codec = track.info.key, track.info.codec
        current = self._open
        fits = current is not None and current.codecs.get(key) == codec and frame.config in (b"", current.configs[key])
        if current is not None and fits and not (self._joining and codec != "opus" and frame.keyframe):
            current.container.put(current.index[key], frame, at_us, now_us)
            current.last_us[key] = now_us
            self._note(current, at_us, frame)
            return
        joining = self._joining.get(key)
        if joining is None or (frame.keyframe and frame.config not in (b"", joining.config)):
            if not frame.keyframe:
                return
            if not self._joining:
                self._since_us = now_us
            config = frame.config or (current.configs.get(key, b"") if current is not None else b"")
            joining = self._joining[key] = _Joining(codec, config)
        joining.frames.append((frame, at_us))
        self._begin_if_ready(now_us)

    def tick(self, now_us: int) -> None:
        """Flushes, and begins a segment that has waited long enough."""
        self._begin_if_ready(now_us)
        if self._open is not None:
            self._leave_silent(self._open, now_us)
        if self._open is not None:
            self._open.container.flush(now_us)
            self._open.report["bytes"] = self._open.storage.size_bytes
            self._report(self._open.report)

    def _leave_silent(self, current: _Open, now_us: int) -> None:
        silent = [key for key, last_us in current.last_us.items() if key[0] == "video" and now_us - last_us > SILENT_US]
        if current.report["container"] == "mp4" and silent and len(silent) < len(current.index):
            self._end()

    def close(self) -> None:
        """Ends the segment that is open, with what still waits for another."""
        if self._joining:
            self._begin(self._since_us)
        self._end()

    def abandon(self) -> None:
        """Leaves the segment as it is, and what waits: a muxer did not take it."""
        self._joining.clear()
        if self._open is not None:
            ended, self._open = self._open, None
            ended.storage.finish()
            self._told_ended(ended)

    def _begin_if_ready(self, now_us: int) -> None:
        if not self._joining:
            return
        going_on = {key for key in self._open.index if key[0] == "audio"} if self._open is not None else set()
        if set(self._tracks) <= set(self._joining) | going_on or now_us - self._since_us >= JOIN_US:
            self._begin(now_us)

    def _begin(self, now_us: int) -> None:
        former = self._open
        joining, self._joining = self._joining, {}
        streams: dict[StreamKey, Stream] = {}
        configs: dict[StreamKey, bytes] = {}
        if former is not None:
            # Sound goes on at any time; a picture that brought no key frame comes back with a segment of its own.
            streams = {key: Stream("opus") for key in former.index if key[0] == "audio" and key in self._tracks}
            configs = {key: b"" for key in streams}
        for key, waiting in joining.items():
            first = waiting.frames[0][0]
            streams[key] = Stream(waiting.codec, first.width, first.height, waiting.config)
            configs[key] = waiting.config
        self._end()
        form = self._form if all(holds(self._form, stream.codec) for stream in streams.values()) else "mkv"
        self._count += 1
        storage, name = create(self._folder, f"{self._stem}-{self._count}.{form}", self._key)
        keys = sorted(streams)
        self._open = _Open(
            Container(storage, form, [streams[key] for key in keys]),
            storage,
            {
                "name": name,
                "identity": self.identity,
                "container": form,
                "open": True,
                "start_us": None,
                "end_us": None,
                "bytes": 0,
                "streams": [_told(key, streams[key]) for key in keys],
            },
            {key: at for at, key in enumerate(keys)},
            {key: streams[key].codec for key in keys},
            configs,
            dict.fromkeys(keys, now_us),
        )
        for key, (frame, at_us) in sorted(
            ((key, entry) for key, waiting in joining.items() for entry in waiting.frames), key=lambda each: each[1][1]
        ):
            self._open.container.put(self._open.index[key], frame, at_us, now_us)
            self._note(self._open, at_us, frame)
        self._report(self._open.report)

    @staticmethod
    def _note(current: _Open, at_us: int, frame: Frame) -> None:
        report = current.report
        if report["start_us"] is None or at_us < report["start_us"]:
            report["start_us"] = at_us
        report["end_us"] = max(report["end_us"] or 0, at_us + frame.samples * 1000 // 48)

    def _end(self) -> None:
        if self._open is None:
            return
        ended, self._open = self._open, None
        try:
            ended.container.close()
        finally:
            self._told_ended(ended)

    def _told_ended(self, ended: _Open) -> None:
        self._closed_bytes += ended.storage.size_bytes
        ended.report["bytes"] = ended.storage.size_bytes
        ended.report["open"] = False
        self._report(ended.report)
