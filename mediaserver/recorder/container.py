"""Frames into a file, without transcoding: WebM, Matroska, Ogg, fragmented MP4, by PyAV.

Called by `segment` and `composer`. Time stamps are microseconds since the recording began, in every file. Whatever was muxed more than
about FLUSH_MS ago is in the storage: clusters, pages and fragments are kept that short.

Invariant: within a stream time only grows; a frame that would not is moved behind the one before.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import av
from av.container import OutputContainer

from mediaserver.recorder.frame import Frame
from mediaserver.recorder.storage import Storage

__all__ = ["CONTAINERS", "Container", "Format", "Stream", "holds"]

Format = Literal["webm", "mkv", "ogg", "mp4"]

# What a kill may cost; shorter costs a few bytes more per cluster.
FLUSH_MS = 500

CONTAINERS: dict[Format, tuple[str, frozenset[str], dict[str, str]]] = {
    "webm": ("webm", frozenset({"opus", "VP8", "VP9", "AV1"}), {"cluster_time_limit": str(FLUSH_MS)}),
    "mkv": ("matroska", frozenset({"opus", "VP8", "VP9", "H264", "AV1"}), {"cluster_time_limit": str(FLUSH_MS)}),
    "ogg": ("ogg", frozenset({"opus"}), {"page_duration": str(FLUSH_MS * 1000)}),
    # delay_moov: the head is written with the first fragment, when all streams' beginnings are known, so that they keep their places.
    "mp4": (
        "mp4",
        frozenset({"opus", "VP9", "H264", "AV1"}),
        {"movflags": "frag_keyframe+delay_moov+default_base_moof", "frag_duration": str(FLUSH_MS * 1000)},
    ),
}
# A muxer holds packets back until every stream has some, so that they are in order; a silent stream must not hold up the others.
INTERLEAVE_US = 200_000
OPUS_CLOCK, VIDEO_CLOCK = 48000, 90000
CODEC_NAMES = {"VP8": "vp8", "VP9": "vp9", "H264": "h264", "AV1": "av1"}


def holds(container: Format, codec: str) -> bool:
    """Whether a codec can be in a container."""
    return codec in CONTAINERS[container][1]


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream of a file. `width`, `height`: of video, in pixels."""

    codec: str
    width: int = 0
    height: int = 0

    @property
    def clock_rate(self) -> int:
        """Ticks a second of the container's time stamps, before the format rounds them."""
        return OPUS_CLOCK if self.codec == "opus" else VIDEO_CLOCK


class Container:
    """An open file. OSError from any call: the storage did not take it; close it and begin another."""

    def __init__(self, storage: Storage, form: Format, streams: list[Stream]) -> None:
        name, _, options = CONTAINERS[form]
        self._storage = storage
        common = {"max_interleave_delta": str(INTERLEAVE_US), "flush_packets": "1"}
        self._out: OutputContainer = av.open(storage, "w", format=name, container_options={**options, **common})
        self._described = streams
        self._streams: list[Any] = [self._add(stream) for stream in streams]
        self._last = [-VIDEO_CLOCK] * len(streams)

    def _add(self, stream: Stream) -> Any:
        if stream.codec == "opus":
            # By an encoder that is never used: it knows how to describe an Opus stream. Decoders make two channels of one.
            added: Any = self._out.add_stream("libopus", rate=OPUS_CLOCK, layout="stereo")
        else:
            added = self._out.add_mux_stream(CODEC_NAMES[stream.codec], width=stream.width, height=stream.height)
        added.time_base = Fraction(1, stream.clock_rate)
        return added

    def put(self, index: int, frame: Frame, at_us: int) -> None:
        """Adds a frame of stream `index` that belongs at `at_us`."""
        stream = self._described[index]
        packet = av.Packet(frame.data)
        at = max(at_us * stream.clock_rate // 1_000_000, self._last[index] + 1)
        # Containers count in milliseconds: two frames must not come to lie on the same one.
        if at - self._last[index] < stream.clock_rate // 1000:
            at = self._last[index] + stream.clock_rate // 1000
        self._last[index] = at
        packet.pts = packet.dts = at
        packet.time_base = Fraction(1, stream.clock_rate)
        packet.stream = self._streams[index]
        packet.is_keyframe = frame.keyframe
        if frame.samples:
            packet.duration = frame.samples
        self._out.mux(packet)

    def flush(self) -> None:
        """Lets what the muxer has given leave this process."""
        self._storage.flush()

    def close(self) -> None:
        """Writes what the format wants at the end, and closes the storage whatever happens."""
        try:
            self._out.close()
        finally:
            self._storage.finish()
