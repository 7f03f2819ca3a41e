"""Everybody in one file: the sound mixed, the pictures in a grid, encoded anew. An `Output` of the pump, in a process of its own.

Time runs DELAY_US behind the clock, so that what is repaired or late still finds its place. CPU is bounded: pictures are encoded FPS times
a second at one size; who falls behind leaves pictures out (`dropped_frames` of the file's report), never sound. Stretches in which nobody
is recorded (a pause, nobody granted) are gaps on the time line. Not for a call's own layout.
"""

import logging
from collections import deque
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av import AudioFrame, Packet, VideoFrame
from av.error import FFmpegError

from mediaserver.recorder.assembler import Timed
from mediaserver.recorder.container import Container, Format, Stream
from mediaserver.recorder.frame import Frame
from mediaserver.recorder.grid import Canvas, cells
from mediaserver.recorder.reorder import WAIT_US
from mediaserver.recorder.storage import create
from mediaserver.recorder.track import Track
from mediaserver.recorder.vault import Key
from mediaserver.recorder.voice import RATE, Limiter, Voice

__all__ = ["Composer"]

log = logging.getLogger(__name__)

WIDTH, HEIGHT, FPS = 1280, 720, 15
VIDEO_BPS, AUDIO_BPS = 1_200_000, 64_000
KEYFRAME_FRAMES = 2 * FPS
BLOCK = RATE // 50
BLOCK_US = 20_000
FRAME_US = 1_000_000 // FPS
DELAY_US = WAIT_US + 500_000
# Behind by more than this, pictures are left out until it is caught up with; what a publisher's picture may be late, too.
BEHIND_US = 500_000
# A picture larger than this is nobody's camera; decoded it would take more memory than the process should have.
PIXELS_MOST = 4096 * 4096
DECODERS = {"VP8": "vp8", "VP9": "vp9", "H264": "h264", "AV1": "libdav1d"}
ENCODERS: dict[str, tuple[str, dict[str, str]]] = {
    "VP8": ("libvpx", {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}),
    "H264": ("libx264", {"preset": "ultrafast", "tune": "zerolatency"}),
}


class Member:
    """One track in the composition: from its first frame until it ended."""

    def __init__(self, track: Track) -> None:
        info = track.info
        self.track = track
        self.voice = Voice() if info.kind == "audio" else None
        self.waiting: deque[tuple[int, Timed]] = deque()  # pictures are decoded when their time comes: encoded they are small
        self.shown: VideoFrame | None = None
        self.begun_us: int | None = None
        self.ended_us: int | None = None
        self.lost = False
        if info.kind == "audio":
            decoder: Any = av.CodecContext.create("opus", "r")
            decoder.sample_rate, decoder.layout = RATE, "stereo"
        else:
            decoder = av.CodecContext.create(DECODERS[info.codec], "r")
            decoder.thread_count = 1
        self._decoder = decoder

    def active(self, at_us: int) -> bool:
        """Whether it is heard or seen at this time."""
        return self.begun_us is not None and self.begun_us <= at_us and (self.ended_us is None or at_us < self.ended_us)

    def put(self, timed: Timed, at_us: int) -> None:
        """Takes a frame."""
        if self.begun_us is None:
            self.begun_us = at_us
        if self.voice is None:
            self.waiting.append((at_us, timed))
            return
        for frame in self._decoded(timed):
            self.voice.put(at_us * RATE // 1_000_000, frame.to_ndarray().astype(np.float32, copy=False))

    def picture(self, at_us: int) -> VideoFrame | None:
        """What is seen at this time."""
        while self.waiting and self.waiting[0][0] <= at_us:
            for frame in self._decoded(self.waiting.popleft()[1]):
                self.shown = frame
        return self.shown

    def _decoded(self, timed: Timed) -> list[Any]:
        try:
            frames: list[Any] = self._decoder.decode(Packet(timed.frame.data))
        except FFmpegError as error:
            log.info("Not decoded: kind=%s codec=%s reason=%s", self.track.info.kind, self.track.info.codec, error)
            return []
        return frames


class Composer:
    """See the module."""

    def __init__(
        self, folder: Path, form: Format, key: Key | None, report: Callable[[dict[str, Any]], None], run: int, clock: Callable[[], int]
    ) -> None:
        """`clock`: microseconds since the recording's zero."""
        self._report, self._clock = report, clock
        self._members: list[Member] = []
        self._canvas, self._limiter = Canvas(WIDTH, HEIGHT), Limiter()
        self._codec = {"webm": "VP8", "mkv": "VP8", "mp4": "H264", "ogg": ""}[form]
        self._folder, self._form, self._key, self._name = folder, form, key, f"{run}-composed-1.{form}"
        self._container: Container | None = None
        self._storage: Any = None
        self._told: dict[str, Any] = {}
        self._audio_us = self._video_us = 0  # what comes next
        self._blocks = self._frames = 0
        self._started = False
        self._encoder = self._video_encoder() if self._codec else None
        self._opus: Any = av.CodecContext.create("libopus", "w")
        self._opus.sample_rate, self._opus.layout, self._opus.format, self._opus.bit_rate = RATE, "stereo", "flt", AUDIO_BPS

    def _video_encoder(self) -> Any:
        name, options = ENCODERS[self._codec]
        encoder: Any = av.CodecContext.create(name, "w")
        encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS, 1)
        encoder.bit_rate, encoder.gop_size, encoder.options = VIDEO_BPS, KEYFRAME_FRAMES, options
        encoder.thread_count = 1
        return encoder

    # As the pump's output.

    @property
    def size_bytes(self) -> int:
        """Written so far."""
        return self._storage.size_bytes if self._storage is not None else 0

    def begin(self, track: Track) -> None:
        """A track is part of it from its first frame on."""
        self._members.append(Member(track))

    def end(self, track: Track, *, pause: bool) -> None:
        """It is not heard and seen any more from now on."""
        for member in self._members:
            if member.track is track:
                member.ended_us = self._clock()

    def put(self, track: Track, timed: Timed, at_us: int, now_us: int) -> None:
        """Takes a frame, or leaves it out where composing is far behind."""
        member = next(each for each in self._members if each.track is track)
        if track.info.kind == "video":
            if self._codec == "":
                return
            late = self._clock() - at_us > DELAY_US + BEHIND_US
            member.lost = (member.lost and not timed.frame.keyframe) or late or timed.frame.width * timed.frame.height > PIXELS_MOST
            if member.lost:
                self._told["dropped_frames"] = self._told.get("dropped_frames", 0) + 1
                return
        member.put(timed, at_us)

    def wants_keyframe(self, track: Track) -> bool:
        """After pictures were left out."""
        return any(member.lost for member in self._members if member.track is track)

    def tick(self, now_us: int) -> None:
        """Composes what is due."""
        self._compose(self._clock() - DELAY_US)
        if self._container is not None:
            self._container.flush(now_us)
            self._told["bytes"] = self.size_bytes
            self._report(self._told)

    def close(self) -> None:
        """Composes the rest and completes the file."""
        self._compose(self._clock())
        if self._container is not None:
            container, self._container = self._container, None
            try:
                container.close()
            finally:
                self._told.update(bytes=self.size_bytes, open=False)
                self._report(self._told)

    # Its work.

    def _compose(self, until_us: int) -> None:
        begun = [member.begun_us for member in self._members if member.begun_us is not None]
        if not begun:
            return
        if not self._started:
            self._started = True
            self._audio_us = min(begun) // BLOCK_US * BLOCK_US
            self._video_us = -(-self._audio_us // FRAME_US) * FRAME_US
        while self._audio_us + BLOCK_US <= until_us:
            if self._encoder is not None:
                while self._video_us <= self._audio_us:
                    self._video(self._video_us, until_us)
                    self._video_us += FRAME_US
            self._audio(self._audio_us)
            self._audio_us += BLOCK_US
        self._members = [each for each in self._members if each.ended_us is None or each.ended_us >= self._audio_us]

    def _active(self, at_us: int) -> list[Member]:
        return [member for member in self._members if member.active(at_us)]

    def _audio(self, at_us: int) -> None:
        members = self._active(at_us)
        if not members:
            return
        mix = np.zeros((2, BLOCK), np.float32)
        for member in members:
            part = member.voice.take(at_us * RATE // 1_000_000, BLOCK) if member.voice is not None else None
            if part is not None:
                mix += part
        interleaved = np.ascontiguousarray(self._limiter.limit(mix).T.reshape(1, -1), np.float32)
        frame = AudioFrame.from_ndarray(interleaved, format="flt", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._blocks * BLOCK, Fraction(1, RATE)
        self._blocks += 1
        for packet in self._opus.encode(frame):
            self._put(0, Frame(bytes(packet), True, samples=BLOCK), at_us)

    def _video(self, at_us: int, until_us: int) -> None:
        members = self._active(at_us)
        if not members:
            return
        if self._clock() - DELAY_US - at_us > BEHIND_US and until_us < self._clock():
            self._told["dropped_frames"] = self._told.get("dropped_frames", 0) + 1
            return
        pictures = [picture for member in members if member.voice is None and (picture := member.picture(at_us)) is not None]
        self._canvas.clear()
        for picture, cell in zip(pictures, cells(len(pictures), WIDTH, HEIGHT), strict=True):
            self._canvas.paint(picture, cell)
        frame = self._canvas.frame()
        frame.pts, frame.time_base = self._frames, Fraction(1, FPS)
        self._frames += 1
        assert self._encoder is not None
        for packet in self._encoder.encode(frame):
            self._put(1, Frame(bytes(packet), packet.is_keyframe, width=WIDTH, height=HEIGHT), at_us)

    def _put(self, stream: int, frame: Frame, at_us: int) -> None:
        if self._container is None:
            self._open(at_us)
        assert self._container is not None
        self._container.put(stream, frame, at_us, self._clock())
        self._told["end_us"] = max(self._told["end_us"], at_us + BLOCK_US)

    def _open(self, at_us: int) -> None:
        streams = [Stream("opus"), *([Stream(self._codec, WIDTH, HEIGHT)] if self._codec else [])]
        self._storage, name = create(self._folder, self._name, self._key)
        self._container = Container(self._storage, self._form, streams)
        told = [{"kind": "audio", "codec": "opus"}, {"kind": "video", "codec": self._codec, "width": WIDTH, "height": HEIGHT}]
        self._told |= {
            "name": name, "identity": None, "container": self._form, "open": True, "start_us": at_us, "end_us": at_us, "bytes": 0,
            "streams": told[: len(streams)], "dropped_frames": self._told.get("dropped_frames", 0),
        }  # fmt: skip
        self._report(self._told)
