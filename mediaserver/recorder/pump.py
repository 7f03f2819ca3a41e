"""The thread of a recorder's process that moves packets from the engine's ring to the output.

A disk that stalls stalls it alone: the process goes on telling the server how it is, the engine goes on receiving until its ring is full.

Called by `process`. Commands come in by `submit`, what is to be told goes out by the callbacks, from this thread.
"""

import logging
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Protocol

from mediaserver.recorder.assembler import Timed
from mediaserver.recorder.clock import Publisher, TrackClock
from mediaserver.recorder.track import Gap, Record, Track, TrackInfo

__all__ = ["Output", "Pump", "monotonic_us"]

log = logging.getLogger(__name__)

TURN_S = 0.02
TICK_US = 250_000
KEYFRAME_ASK_US = 500_000
# What may still be between the server's socket and ours when recording ends; loopback takes microseconds.
DRAIN_S = 0.1


def monotonic_us() -> int:
    """The clock that the engine stamps packets with."""
    return time.monotonic_ns() // 1000


class Output(Protocol):
    """Where frames go: `files.Files` or `composer.Composer`. OSError from any call: the disk; the recording ends."""

    @property
    def size_bytes(self) -> int:
        """Written so far."""

    def begin(self, track: Track) -> None:
        """A track is recorded from now on."""

    def end(self, track: Track, *, pause: bool) -> None:
        """It is not recorded any more, or for a while."""

    def put(self, track: Track, timed: Timed, at_us: int, now_us: int) -> None:
        """Takes a frame."""

    def wants_keyframe(self, track: Track) -> bool:
        """Whether it needs one for more than what the track itself needs."""

    def tick(self, now_us: int) -> None:
        """Every turn of the pump."""

    def close(self) -> None:
        """Completes everything."""


class Pump(threading.Thread):
    """See the module. `packets`, `lost` are totals for the reports."""

    def __init__(
        self,
        output: Output,
        zero_us: int,
        take: Callable[[], list[Record]],
        note_gap: Callable[[int, Gap], None],
        ask_keyframe: Callable[[int], None],
        done: Callable[[BaseException | None], None],
    ) -> None:
        super().__init__(name="tresen-recorder", daemon=True)
        self._output, self._zero_us, self._take, self._note_gap = output, zero_us, take, note_gap
        self._ask_keyframe, self._done = ask_keyframe, done
        self._commands: SimpleQueue[Callable[[], bool]] = SimpleQueue()
        self._tracks: dict[int, Track] = {}
        self._ended: list[Track] = []
        self._publishers: dict[str, Publisher] = {}
        self._clocks: dict[int, TrackClock] = {}
        self._asked_us: dict[int, int] = {}

    def begin(self, info: TrackInfo) -> None:
        """Records this track from now on."""
        self._commands.put(lambda: self._begin(info))

    def end(self, track_id: int, *, pause: bool) -> None:
        """Ends a track with what has come of it so far."""
        self._commands.put(lambda: self._end(track_id, pause))

    def finish(self) -> None:
        """Ends everything; `done` is called when all is with the kernel."""
        self._commands.put(lambda: False)

    def totals(self) -> dict[str, int]:
        """Packets and bytes that came, packets that were lost on the way, bytes written. From any thread."""
        tracks = [*self._tracks.values(), *self._ended]
        return {
            "packets": sum(track.packets for track in tracks),
            "lost": sum(track.lost for track in tracks),
            "bytes": self._output.size_bytes,
        }

    def run(self) -> None:
        """The thread's own."""
        failed: BaseException | None = None
        try:
            while self._turn():
                time.sleep(TURN_S)
            end_s = time.monotonic() + DRAIN_S
            while time.monotonic() < end_s:
                time.sleep(TURN_S)
                self._move()
            for track_id in list(self._tracks):
                self._end(track_id, False)
        except Exception as error:  # told to the server, which decides what becomes of the recording
            log.exception("Recording failed")
            failed = error
        try:
            self._output.close()
        except Exception as error:  # noqa: BLE001 - whatever it is, the server hears of it
            failed = failed or error
        self._done(failed)

    def _turn(self) -> bool:
        going_on = True
        while True:
            try:
                command = self._commands.get_nowait()
            except Empty:
                break
            going_on = command() and going_on
        self._move()
        return going_on

    def _move(self) -> None:
        for record in self._take():
            track = self._tracks.get(record[0])
            if track is not None:
                track.put(record)
        now_us = monotonic_us()
        for track in self._tracks.values():
            for timed, at_us in track.take(now_us):
                self._output.put(track, timed, at_us, now_us)
            if track.wants_keyframe or self._output.wants_keyframe(track):
                self._want_keyframe(track.info.id, now_us)
        self._output.tick(now_us)

    def _want_keyframe(self, track_id: int, now_us: int) -> None:
        if now_us - self._asked_us.get(track_id, 0) >= KEYFRAME_ASK_US:
            self._asked_us[track_id] = now_us
            self._ask_keyframe(track_id)

    def _begin(self, info: TrackInfo) -> bool:
        publisher = self._publishers.setdefault(info.publisher, Publisher())
        clock = self._clocks.get(info.source)
        if clock is None:
            clock = self._clocks[info.source] = TrackClock(publisher, info.clock_rate, audio=info.kind == "audio")
        track = self._tracks[info.id] = Track(info, clock, self._zero_us, lambda gap: self._note_gap(info.id, gap))
        self._output.begin(track)
        return True

    def _end(self, track_id: int, pause: bool) -> bool:
        track = self._tracks.pop(track_id, None)
        if track is not None:
            # What came before the end was allowed to.
            for record in self._take():
                other = track if record[0] == track_id else self._tracks.get(record[0])
                if other is not None:
                    other.put(record)
            now_us = monotonic_us()
            for timed, at_us in track.take(now_us, flush=True):
                self._output.put(track, timed, at_us, now_us)
            self._output.end(track, pause=pause)
            self._ended.append(track)
        return True
