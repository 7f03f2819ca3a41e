"""One recording of a room: who has agreed to it, when it pauses, what became of it.

    starting -> recording <-> paused -> stopping -> complete | incomplete

Made by `Room.record`. Consent is the gate: a track has a consumer towards the recorder exactly while its identity is granted and the
recording is not paused (`_may`); nobody is granted to begin with. The files are the work of a process of its own (`link`, `process`).

Invariants: `grant`, `revoke`, `pause` and `resume` give their commands to the engine before they return; a recording that misses anything
it should have ends as incomplete, with the reason among `faults`.
"""

import asyncio
import enum
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mediaserver.errors import LocalError
from mediaserver.events import Event, EventHub
from mediaserver.recorder import manifest as books
from mediaserver.recorder.link import COMMAND, Link
from mediaserver.slots import Track

if TYPE_CHECKING:
    from mediaserver.room import Room

__all__ = ["Plan", "Recording", "RecordingChanged", "State"]

log = logging.getLogger(__name__)

# What was sent before the word was given may still be under way; what arrives within this time of it is not recorded. Longer than any
# path's usual delay; what queues longer is told by its time stamp (`track`). It also keeps a gap's last words out of the redundancy (FEC,
# RED) of the first packets after it.
GUARD_S = 0.25
RESTARTS_MOST = 5
# Behind calls, and encoding behind copying.
NICE = {"tracks": 5, "composed": 10}
RESTART_AFTER_S = 0.5


class State(enum.StrEnum):
    """As drawn above."""

    STARTING = "starting"
    RECORDING = "recording"
    PAUSED = "paused"
    STOPPING = "stopping"
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"


ENDED = (State.COMPLETE, State.INCOMPLETE)


@dataclass(frozen=True, slots=True)
class RecordingChanged(Event):
    """A recording's state changed, or something was lost (`reason`)."""

    recording: str
    state: State
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to record: `outputs` is one {"mode": ...} for each process, with what it is to know."""

    folder: Path
    container: str
    grouping: str
    key: dict[str, str] | None
    outputs: tuple[str, ...]
    server_host: str


@dataclass(slots=True)
class _Taken:
    """A track on its way to a process."""

    consumer: int
    entry: dict[str, Any]


class _Feed:
    """One process of a recording, and the tracks it gets."""

    __slots__ = ("entries", "link", "mode", "restarts", "taken", "totals", "up")

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.link: Link | None = None
        self.up = False
        self.restarts = 0
        self.taken: dict[int, _Taken] = {}  # by track id
        self.entries: dict[int, dict[str, Any]] = {}  # by consumer; what is told of a track may come after its end
        self.totals: dict[str, int] = {}


class Recording:
    """See the module. `id`, `folder`, `state` and `faults` are for reading."""

    def __init__(
        self,
        room: "Room",
        hub: EventHub,
        plan: Plan,
        executor: Executor,
        ended: Callable[["Recording"], None],
        command: Sequence[str] = COMMAND,
    ) -> None:
        """Starts at once; `state` is RECORDING when the recorder has come up."""
        self._zero_us, zero = books.now()
        self.id = "rec_" + books.ulid(zero.timestamp())
        self.folder = plan.folder / self.id
        self.state = State.STARTING
        self.restarts = 0
        self._room, self._hub, self._plan, self._executor, self._ended, self._command = room, hub, plan, executor, ended, command
        key_id = plan.key["id"] if plan.key is not None else None
        self._manifest = books.Manifest(self.id, room.name, zero, plan.container, plan.grouping, key_id)
        self._feeds = [_Feed(mode) for mode in plan.outputs]
        self._granted: dict[str, dict[str, Any]] = {}  # identity -> its consent in the manifest
        self._not_before_us: dict[str, int] = {}
        self._resumed_us = 0
        self._paused = self._has_folder = False
        self._timers: set[asyncio.TimerHandle] = set()
        self._dirty = False
        self._writing: asyncio.Task[None] | None = None
        self._over: asyncio.Future[State] = asyncio.get_running_loop().create_future()
        self._stopping: asyncio.Task[None] | None = None
        self._starting = asyncio.create_task(self._start())

    @property
    def faults(self) -> tuple[str, ...]:
        """Why it is or will be incomplete."""
        return tuple(fault["reason"] for fault in self._manifest.faults)

    @property
    def granted(self) -> frozenset[str]:
        """Who has agreed."""
        return frozenset(self._granted)

    @property
    def totals(self) -> dict[str, int]:
        """Packets taken and lost, bytes written, packets the recorder had no room for."""
        return {name: sum(feed.totals.get(name, 0) for feed in self._feeds) for name in ("packets", "lost", "bytes", "dropped")}

    @property
    def manifest(self) -> dict[str, Any]:
        """As it stands, or will in a moment, in the folder."""
        return self._manifest.document()

    async def events(self) -> AsyncIterator[RecordingChanged]:
        """Its changes from now on, until it has ended."""
        with_room = self._hub.stream(self._room.name)
        try:
            while self.state not in ENDED:
                event = await anext(with_room, None)
                if event is None:
                    return
                if isinstance(event, RecordingChanged) and event.recording == self.id:
                    yield event
        finally:
            with_room.close()

    # Consent.

    def grant(self, identity: str) -> None:
        """This participant has agreed: their tracks, those of now and those to come, are recorded. LocalError when it is over."""
        self._running()
        if identity not in self._granted:
            now_us = self._now_us()
            self._granted[identity] = entry = {"identity": identity, "granted_us": now_us - self._zero_us, "revoked_us": None}
            self._manifest.consents.append(entry)
            self._not_before_us[identity] = now_us + int(GUARD_S * 1e6)
            self._later()
            self._changed()

    def revoke(self, identity: str) -> None:
        """They do not agree any more: nothing of theirs is recorded from this moment on. What was recorded stays."""
        entry = self._granted.pop(identity, None)
        if entry is not None:
            entry["revoked_us"] = self._now_us() - self._zero_us
            self.follow()
            self._changed()

    def pause(self) -> None:
        """Leaves a gap from now on: no packet reaches the recorder. LocalError when it is over."""
        self._running()
        if not self._paused:
            self._paused = True
            self._manifest.pauses.append({"from_us": self._now_us() - self._zero_us, "to_us": None, "reason": "pause"})
            self.follow()
            if self.state is State.RECORDING:
                self._become(State.PAUSED)
            self._changed()

    def resume(self) -> None:
        """Goes on. The time line keeps the gap's length; the first GUARD_S are still left out."""
        self._running()
        if self._paused:
            self._paused = False
            now_us = self._now_us()
            self._resumed_us = now_us + int(GUARD_S * 1e6)
            self._manifest.pauses[-1]["to_us"] = self._resumed_us - self._zero_us
            self._later()
            if self.state is State.PAUSED:
                self._become(State.RECORDING)
            self._changed()

    async def stop(self) -> State:
        """Ends it and completes the files; COMPLETE or INCOMPLETE. Idempotent."""
        self.close()
        return await asyncio.shield(self._over)

    def close(self) -> None:
        """Begins to end it; `stop` waits. No consumer is left when this returns."""
        if self.state not in ENDED and self._stopping is None:
            self._become(State.STOPPING)
            self.follow()
            self._stopping = asyncio.create_task(self._finish())

    # Called by the room's side.

    def follow(self) -> None:
        """Makes the consumers those that should be; called after every change of tracks, consent or state."""
        now_us = self._now_us()
        wanted = {track.id: track for track in self._room.tracks.values() if self._may(track, now_us)}
        for feed in self._feeds:
            for track_id in [each for each in feed.taken if each not in wanted]:
                self._drop(feed, track_id, now_us)
            for track in wanted.values():
                if feed.up and track.id not in feed.taken:
                    self._take(feed, track, now_us)

    def _may(self, track: Track, now_us: int) -> bool:
        """The gate: whether this track may be recorded now."""
        return (
            track.identity in self._granted
            and not self._paused
            and not self._room.withholds(track)
            and self.state in (State.STARTING, State.RECORDING)
            and now_us >= self._begins_us(track)
        )

    def _begins_us(self, track: Track) -> int:
        return max(self._not_before_us[track.identity], self._resumed_us)

    def _take(self, feed: _Feed, track: Track, now_us: int) -> None:
        assert feed.link is not None and self._may(track, now_us)
        publication = self._room.participants[track.identity].publication
        assert publication is not None
        consumer = feed.link.open(track, publication.id, self._begins_us(track))
        entry = {
            "identity": track.identity, "kind": track.kind, "ordinal": track.ordinal, "codec": track.format.name, "output": feed.mode,
            "from_us": now_us - self._zero_us, "to_us": None, "gaps": [],
        }  # fmt: skip
        self._manifest.tracks.append(entry)
        feed.taken[track.id] = _Taken(consumer, entry)
        feed.entries[consumer] = entry
        self._changed()

    def _drop(self, feed: _Feed, track_id: int, now_us: int) -> None:
        taken = feed.taken.pop(track_id)
        taken.entry["to_us"] = now_us - self._zero_us
        if feed.link is not None:
            feed.link.close(taken.consumer, pause=self._paused)
        self._changed()

    def _later(self) -> None:
        """Looks again when the guard time is over."""
        loop = asyncio.get_running_loop()
        for handle in [handle for handle in self._timers if handle.when() <= loop.time()]:
            self._timers.discard(handle)
        self._timers.add(loop.call_later(GUARD_S + 0.001, self.follow))

    # The processes.

    async def _start(self) -> None:
        try:
            await self._in_thread(self._make_folder)
        except OSError as error:
            self._give_up(f"{self.folder}: {error.strerror}")
            return
        self._has_folder = True
        self._changed()
        for feed in self._feeds:
            self._launch(feed)

    def _make_folder(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True)
        books.write(self.folder, self._manifest.document())

    def _launch(self, feed: _Feed) -> None:
        if self.state in (State.STARTING, State.RECORDING, State.PAUSED):
            plan = self._plan
            start = {
                "folder": str(self.folder), "container": plan.container, "grouping": plan.grouping, "key": plan.key, "mode": feed.mode,
                "zero_us": self._zero_us, "run": feed.restarts, "nice": NICE[feed.mode],
            }  # fmt: skip
            feed.link = Link(self._room.worker, plan.server_host, start, self)
            feed.link.start(self._command)

    def _feed(self, link: Link) -> _Feed:
        return next(feed for feed in self._feeds if feed.link is link)

    def on_up(self, link: Link) -> None:
        """A process is ready for tracks."""
        self._feed(link).up = True
        if self.state is State.STARTING:
            self._become(State.PAUSED if self._paused else State.RECORDING)
        self.follow()

    def on_report(self, link: Link, event: str, report: dict[str, Any]) -> None:
        """What a process has to tell."""
        feed = self._feed(link)
        if event == "beat":
            if report.get("dropped", 0) > feed.totals.get("dropped", 0):
                self._fault("the disk is too slow: the recorder had no room for packets")
            feed.totals.update({name: value for name, value in report.items() if isinstance(value, int)})
            self._manifest.packets_lost = self.totals["lost"]
        elif event == "file":
            self._manifest.files[report["name"]] = {**report, "output": feed.mode}
            self._changed()
        elif event == "gap":
            entry = feed.entries.get(report["track"])
            if entry is not None:
                entry["gaps"].append({"from_us": report["from_us"], "to_us": report["to_us"], "reason": report["reason"]})
        elif event == "fault":
            self._fault(report["reason"])

    def on_ended(self, link: Link, complete: bool, reason: str) -> None:
        """A process is gone. While recording, another takes its place, with a segment of its own; not where the disk is at fault."""
        feed = self._feed(link)
        now_us = self._now_us()
        for track_id in tuple(feed.taken):
            self._drop(feed, track_id, now_us)
        feed.link, feed.up = None, False
        if complete and self.state is State.STOPPING:
            return
        if reason not in self.faults[-1:]:
            self._fault(reason)
        for file in self._manifest.files.values():
            if file["output"] == feed.mode and file["open"]:
                file["open"] = False  # as far as it goes
        if self.state is State.STOPPING:
            return
        if reason.startswith(("disk", "file too large")) or feed.restarts >= RESTARTS_MOST:
            self._give_up(reason)
            return
        feed.restarts += 1
        self.restarts += 1
        self._timers.add(asyncio.get_running_loop().call_later(RESTART_AFTER_S * feed.restarts, self._launch, feed))

    # The end.

    def _give_up(self, reason: str) -> None:
        """Nothing more can be recorded."""
        if reason not in self.faults:
            self._fault(reason)
        self.close()

    async def _finish(self) -> None:
        try:
            await self._starting
            await asyncio.gather(*(feed.link.finish() for feed in self._feeds if feed.link is not None))
        except Exception as error:
            log.exception("Recording did not end well: recording=%s", self.id)
            self._fault(f"{type(error).__name__}: {error}")
        for handle in self._timers:
            handle.cancel()
        self._manifest.ended_us = self._now_us() - self._zero_us
        if self._manifest.pauses and self._manifest.pauses[-1]["to_us"] is None:
            self._manifest.pauses[-1]["to_us"] = self._manifest.ended_us
        self._become(State.INCOMPLETE if self._manifest.faults else State.COMPLETE, self.faults[0] if self.faults else "")
        self._changed()
        while self._writing is not None:
            await asyncio.wait([self._writing])
        self._over.set_result(self.state)
        self._ended(self)

    # The books.

    def _running(self) -> None:
        if self.state in ENDED or self.state is State.STOPPING:
            raise LocalError(f"The recording {self.id} has ended; start another with Room.record.")

    def _now_us(self) -> int:
        return time.monotonic_ns() // 1000

    def _become(self, state: State, reason: str = "") -> None:
        self.state = state
        self._manifest.state = state.value
        self._hub.emit(RecordingChanged(self._room.name, self.id, state, reason))
        log.info("Recording %s: recording=%s room=%s", state.value, self.id, self._room.name)

    def _fault(self, reason: str) -> None:
        log.warning("Recording is incomplete: recording=%s reason=%s", self.id, reason)
        self._manifest.fault(self._now_us() - self._zero_us, reason)
        self._hub.emit(RecordingChanged(self._room.name, self.id, self.state, reason))
        self._changed()

    def _changed(self) -> None:
        """Has the manifest written soon: in a thread, one at a time, so that a slow disk holds nothing up."""
        self._dirty = True
        if self._writing is None and self._has_folder:
            self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        while self._dirty:
            self._dirty = False
            document = self._manifest.document()
            try:
                await self._in_thread(partial(books.write, self.folder, document))
            except OSError as error:
                # The disk that is full for the files is full for the manifest; the former one stands.
                log.warning("Manifest not written: recording=%s reason=%s", self.id, error.strerror)
        self._writing = None

    async def _in_thread(self, work: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._executor, work)
