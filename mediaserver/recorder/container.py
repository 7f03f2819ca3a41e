"""Frames into a file, without transcoding: WebM, Matroska and Ogg by our own writers (they say why), fragmented MP4 by PyAV.

Called by `segment` and `composer`. Times are microseconds since the recording began, in every file. Whatever was put more than about
SORT_US ago is with the storage; pages (200 ms) and fragments (twice FLUSH_MS) come on top.

Invariants: within a stream time only grows, a frame that would not is moved behind the one before; frames of different streams that come
within SORT_US of each other are written in order of their times.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from heapq import heappop, heappush
from typing import Any, Literal, Protocol

from mediaserver.recorder.av1 import configuration as av1_configuration
from mediaserver.recorder.frame import Frame
from mediaserver.recorder.h264 import configuration as h264_configuration
from mediaserver.recorder.h264 import length_prefixed
from mediaserver.recorder.matroska import MatroskaWriter, TrackEntry
from mediaserver.recorder.ogg import OggWriter
from mediaserver.recorder.storage import Storage

__all__ = ["CODECS", "Container", "Format", "Stream", "Unwritable", "holds"]

Format = Literal["webm", "mkv", "ogg", "mp4"]

CODECS: dict[Format, frozenset[str]] = {
    "webm": frozenset({"opus", "VP8", "VP9", "AV1"}),
    "mkv": frozenset({"opus", "VP8", "VP9", "H264", "AV1"}),
    "ogg": frozenset({"opus"}),
    "mp4": frozenset({"opus", "VP9", "H264", "AV1"}),
}
# Of a fragment; a kill costs two of them, since the muxer keeps one back. Shorter costs more bytes.
FLUSH_MS = 250
# delay_moov: the head is written with the first fragment, when all streams' beginnings are known, so that they keep their places.
MP4_OPTIONS = {
    "movflags": "frag_keyframe+delay_moov+default_base_moof",
    "frag_duration": str(FLUSH_MS * 1000),
    "max_interleave_delta": str(FLUSH_MS * 1000),
    "flush_packets": "1",
}
# A picture is ready some 100 ms after the sound of the same moment.
SORT_US = 200_000
OPUS_CLOCK, VIDEO_CLOCK = 48000, 90000
# RFC 7845 section 5.1: version, channels, pre-skip (what comes from a network needs none), rate, gain, mapping family.
OPUS_HEAD = b"OpusHead" + bytes([1, 2, 0, 0]) + OPUS_CLOCK.to_bytes(4, "little") + bytes(3)
AV_NAMES = {"VP9": "vp9", "H264": "h264", "AV1": "av1"}


class Unwritable(Exception):
    """A muxer does not take what a publisher sent; the file is over, the recording is not."""


def holds(container: Format, codec: str) -> bool:
    """Whether a codec can be in a container."""
    return codec in CODECS[container]


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream of a file. `width`, `height`: of video, in pixels; `config`: as the first frame's."""

    codec: str
    width: int = 0
    height: int = 0
    config: bytes = b""


class Writer(Protocol):
    """What writes one format. OSError: the storage did not take it."""

    def put(self, index: int, frame: Frame, at_ms: int) -> None:
        """Adds a frame."""

    def close(self) -> None:
        """Writes what the format wants at the end."""


class _Matroska:
    def __init__(self, storage: Storage, form: Format, streams: list[Stream]) -> None:
        self._streams = streams
        self._out = MatroskaWriter(storage, [self._entry(stream) for stream in streams], webm=form == "webm")

    @staticmethod
    def _entry(stream: Stream) -> TrackEntry:
        private = b""
        if stream.codec == "opus":
            private = OPUS_HEAD
        elif stream.config:
            private = (h264_configuration if stream.codec == "H264" else av1_configuration)(stream.config)
        return TrackEntry(stream.codec, private, stream.width, stream.height)

    def put(self, index: int, frame: Frame, at_ms: int) -> None:
        data = length_prefixed(frame.data) if self._streams[index].codec == "H264" else frame.data
        self._out.put(index, data, at_ms, keyframe=frame.keyframe, duration_ms=frame.samples // 48)

    def close(self) -> None:
        self._out.close()


class _Ogg:
    def __init__(self, storage: Storage, form: Format, streams: list[Stream]) -> None:
        self._out = OggWriter(storage, OPUS_HEAD)

    def put(self, index: int, frame: Frame, at_ms: int) -> None:
        self._out.put(frame.data, at_ms, frame.samples // 48)

    def close(self) -> None:
        self._out.close()


class _Av:
    def __init__(self, storage: Storage, form: Format, streams: list[Stream]) -> None:
        import av  # 30 MB that WebM does without

        self._packet, self._error = av.Packet, av.error.FFmpegError
        self._out: Any = av.open(storage, "w", format=form, container_options=MP4_OPTIONS)
        self._streams = [self._add(stream) for stream in streams]

    def _add(self, stream: Stream) -> Any:
        if stream.codec == "opus":
            # By an encoder that is never used: it knows how to describe an Opus stream. Decoders make two channels of one.
            added = self._out.add_stream("libopus", rate=OPUS_CLOCK, layout="stereo")
        else:
            added = self._out.add_mux_stream(AV_NAMES[stream.codec], width=stream.width, height=stream.height)
        added.time_base = Fraction(1, OPUS_CLOCK if stream.codec == "opus" else VIDEO_CLOCK)
        return added

    def put(self, index: int, frame: Frame, at_ms: int) -> None:
        packet = self._packet(frame.data)
        packet.pts = packet.dts = at_ms
        packet.time_base = Fraction(1, 1000)
        packet.stream = self._streams[index]
        packet.is_keyframe = frame.keyframe
        if frame.samples:
            packet.duration = frame.samples // 48
        self._call(self._out.mux, packet)

    def close(self) -> None:
        self._call(self._out.close)

    def _call(self, call: Callable[..., None], *arguments: Any) -> None:
        try:
            call(*arguments)
        except self._error as error:
            if isinstance(error, OSError):  # the storage's own
                raise
            raise Unwritable(str(error)) from error


WRITERS: dict[Format, Callable[[Storage, Format, list[Stream]], Writer]] = {"webm": _Matroska, "mkv": _Matroska, "ogg": _Ogg, "mp4": _Av}


class Container:
    """An open file. OSError from any call: the storage did not take it. Unwritable: the format does not; close it and begin another."""

    def __init__(self, storage: Storage, form: Format, streams: list[Stream]) -> None:
        self._storage = storage
        self._out: Writer = WRITERS[form](storage, form, streams)
        self._last_ms = [-1] * len(streams)
        self._sorting: list[tuple[int, int, int, int, Frame]] = []  # time, order of coming, when it came, stream, frame
        self._count = 0

    def put(self, index: int, frame: Frame, at_us: int, now_us: int) -> None:
        """Adds a frame of stream `index` that belongs at `at_us`; it is written SORT_US later, by a call with such a `now_us`."""
        self._count += 1
        heappush(self._sorting, (at_us, self._count, now_us, index, frame))

    def flush(self, now_us: int) -> None:
        """Writes what has waited for its order, and lets it leave this process."""
        due_us = max((at_us for at_us, _, came_us, _, _ in self._sorting if now_us - came_us >= SORT_US), default=None)
        if due_us is not None:
            self._write(due_us)
        self._storage.flush()

    def _write(self, due_us: int) -> None:
        while self._sorting and self._sorting[0][0] <= due_us:
            at_us, _, _, index, frame = heappop(self._sorting)
            at_ms = max((at_us + 500) // 1000, self._last_ms[index] + 1)
            self._last_ms[index] = at_ms
            self._out.put(index, frame, at_ms)

    def close(self) -> None:
        """Completes the file, and closes the storage whatever happens."""
        try:
            if self._sorting:
                self._write(max(entry[0] for entry in self._sorting))
            self._out.close()
        finally:
            self._storage.finish()
