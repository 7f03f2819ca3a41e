"""The media server as a library: `MediaServer` owns the workers, the certificate and the rooms.

    server = MediaServer(settings)
    await server.start()
    session, answer = server.room("shop").publish("alice", offer)
    await server.stop(drain_s=10)

For an embedding program and for our own HTTP and socket handlers alike. All calls on one asyncio loop. Not for HTTP (`http`).
"""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from mediaserver.dtls import Certificate
from mediaserver.errors import BadRequest, LocalError, Unavailable
from mediaserver.events import EventHub, EventStream
from mediaserver.ice import candidates, local_addresses
from mediaserver.metrics import HandshakeResult, Metrics
from mediaserver.mixing.library import ClipLibrary
from mediaserver.participant import Session
from mediaserver.recorder import RoomRecorder
from mediaserver.room import Room
from mediaserver.sdp import Description, parse
from mediaserver.workers import MediaWorker, WorkerFactory, WorkerPool, native_worker

if TYPE_CHECKING:
    from mediaserver.config import MediaSettings

log = logging.getLogger(__name__)

# From answer to the end of the handshake. Browsers give up on ICE after 15 to 30 s; a session that nobody uses costs little.
CONNECT_TIMEOUT_S = 30.0
SWEEP_INTERVAL_S = 1.0
# Parsing costs about 0.06 us a byte: above this it would hold the loop for more than 1 ms.
PARSE_ON_LOOP_BYTES = 16 * 1024
MAX_NAME_CHARS = 256  # of rooms and identities; as in tokens
# When to come back after a refusal for load or drain: long enough for a rolling restart to have moved on.
RETRY_AFTER_S = 5
# For the workers to send the peers our goodbye before they stop.
FAREWELL_S = 0.02
# More threads would only contend: OpenSSL's work is CPU-bound.
MAX_HANDSHAKE_THREADS = 8


class Observer(Protocol):
    """Who measures: `mediaserver.metrics.Metrics`, or what an embedding program has instead."""

    def observe_join(self, seconds: float) -> None:
        """From offer to the end of the DTLS handshake, as we see it."""

    def observe_first_media(self, seconds: float) -> None:
        """From offer to the first media packet received from or sent to the peer."""

    def count_handshake(self, result: HandshakeResult = "connected") -> None:
        """A DTLS handshake ended."""


class MediaServer:
    """See the module. `hub`, `certificate`, `metrics`, `recorder` and `participant_count` are for reading; `gate` may be set."""

    def __init__(
        self,
        settings: "MediaSettings",
        *,
        worker_factory: WorkerFactory = native_worker,
        observer: Observer | None = None,
        certificate: Certificate | None = None,
    ) -> None:
        """Opens nothing yet. `certificate`: of DTLS, made anew where none is given. `observer`: in place of `metrics`."""
        self.settings = settings
        self.hub = EventHub()
        self.certificate = certificate or Certificate.generate()
        self.recorder = RoomRecorder(settings, self.hub)
        self.metrics = Metrics(
            counters=self.counters,
            rooms=lambda: len(self._rooms),
            participants=lambda: self.participant_count,
            recorder=self.recorder.counters,
        )
        self.observer = observer or self.metrics
        self.clips = ClipLibrary(settings.audio_hold_music)
        # Asked before anybody gets a session, whatever their token says: may refuse (RemoteError), and may prepare the room for them.
        self.gate: Callable[[Room, str], None] | None = None
        self.draining = False
        self.participant_count = 0  # kept by the rooms
        self._worker_factory = worker_factory
        self._pool: WorkerPool | None = None
        self._executor: ThreadPoolExecutor | None = None
        self._candidates: dict[MediaWorker, tuple[str, ...]] = {}
        self._rooms: dict[str, Room] = {}
        self._sessions: dict[str, Session] = {}
        self._connecting: dict[Session, None] = {}  # oldest first
        self._sweep: asyncio.TimerHandle | None = None
        self._idle: asyncio.Future[None] | None = None

    async def start(self) -> None:
        """Opens the workers' sockets and starts their threads. LocalError says what to do when a port cannot be had."""
        if self._pool is not None:
            raise LocalError("The media server is running already.")
        settings = self.settings
        self._pool = WorkerPool(self._worker_factory, settings.udp_host, settings.udp_port, settings.worker_count)
        self._pool.start()
        self._executor = ThreadPoolExecutor(min(MAX_HANDSHAKE_THREADS, os.cpu_count() or 1), thread_name_prefix="handshake")
        addresses = settings.announced_addresses or local_addresses(settings.udp_host)
        self._candidates = {worker: candidates(addresses, worker.port, worker.index) for worker in self._pool.workers}
        self.draining = False
        self._schedule_sweep()
        for worker in self._pool.workers:
            log.info(
                "Worker started: index=%d port=%d addresses=%s features=%s", worker.index, worker.port, addresses, worker.native.features
            )

    async def stop(self, drain_s: float = 0.0) -> None:
        """Takes no new session, gives the open ones `drain_s` to end by themselves, then ends everything. Idempotent."""
        if self._pool is None or self._executor is None:
            return
        self.draining = True
        if self._sessions and drain_s > 0:
            self._idle = asyncio.get_running_loop().create_future()
            await asyncio.wait([self._idle], timeout=drain_s)
            self._idle = None
        connected = bool(self._sessions)
        for room in list(self._rooms.values()):
            room.close()
        if connected:
            await asyncio.sleep(FAREWELL_S)
        await self.recorder.close()
        pool, self._pool = self._pool, None
        if self._sweep is not None:
            self._sweep.cancel()
        self.hub.close()
        pool.stop()
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._executor = None

    @property
    def ready(self) -> bool:
        """Running and taking new sessions."""
        return self._pool is not None and not self.draining

    @property
    def rooms(self) -> Mapping[str, Room]:
        """By name."""
        return MappingProxyType(self._rooms)

    @property
    def sessions(self) -> Mapping[str, Session]:
        """By their unguessable id."""
        return MappingProxyType(self._sessions)

    @property
    def workers(self) -> tuple[MediaWorker, ...]:
        """None while it does not run."""
        return tuple(self._pool.workers) if self._pool is not None else ()

    def room(self, name: str) -> Room:
        """The room of this name; made on the least loaded worker where there is none. It goes when its last participant does."""
        if self._pool is None:
            raise LocalError("The media server is not running: await start() first.")
        if not (0 < len(name) <= MAX_NAME_CHARS and name.isprintable()):
            raise BadRequest(f"A room name is 1 to {MAX_NAME_CHARS} printable characters.")
        room = self._rooms.get(name)
        if room is None:
            room = self._rooms[name] = Room(self, name, self._pool.least_loaded())
        return room

    def events(self) -> EventStream:
        """Everybody's joining, leaving, publishing from now on; ends when the server stops."""
        return self.hub.stream()

    async def parse(self, offer: bytes) -> Description:
        """Reads an offer without holding the loop up: a large one in a thread. RemoteError says what is wrong with it."""
        if len(offer) <= PARSE_ON_LOOP_BYTES:
            return parse(offer)
        return await asyncio.get_running_loop().run_in_executor(self.executor, parse, offer)

    def counters(self) -> list[dict[str, int]]:
        """Each worker's totals since its start."""
        return [worker.native.counters() for worker in self.workers]

    async def stats(self, session: Session) -> dict[str, Any]:
        """The engine's statistics of one peer connection."""
        worker = session.room.worker
        return await worker.stats(worker.native.transport_stats, session.transport.id)

    # Called by rooms.

    def accepts(self) -> tuple[frozenset[str], Sequence[str]]:
        """Codec names that are taken from publishers, and those to choose before the offer's order.

        The configured order counts only where somebody has configured one: a browser that prefers a codec knows its own hardware.
        """
        video = self.settings.preferred_video_codecs
        return frozenset(video) | {"opus"}, video if "preferred_video_codecs" in self.settings.model_fields_set else ()

    @property
    def executor(self) -> ThreadPoolExecutor:
        """The threads of handshakes and large parses."""
        if self._executor is None:
            raise LocalError("The media server is not running: await start() first.")
        return self._executor

    def candidates_of(self, worker: MediaWorker) -> tuple[str, ...]:
        """The candidate lines of a worker's socket."""
        return self._candidates[worker]

    def admit(self, room: Room, identity: str) -> None:
        """Unavailable (503) while draining or full; a participant who is in already may always come back."""
        if not (0 < len(identity) <= MAX_NAME_CHARS and identity.isprintable()):
            raise BadRequest(f"An identity is 1 to {MAX_NAME_CHARS} printable characters.")
        if not self.ready:
            raise Unavailable("The server is shutting down; try another one.", code="draining", retry_after_s=RETRY_AFTER_S)
        if self._rooms.setdefault(room.name, room) is not room:
            raise LocalError(f"Another room is named {room.name!r} by now; ask the server for it again.")
        most = self.settings.max_participants
        if most and identity not in room.participants and self.participant_count >= most:
            raise Unavailable("The server is full.", code="full", retry_after_s=RETRY_AFTER_S)
        if self.gate is not None:
            self.gate(room, identity)

    def forget(self, room: Room) -> None:
        """Takes a room out of the books; its name is free."""
        if self._rooms.get(room.name) is room:
            del self._rooms[room.name]

    def session_opened(self, session: Session) -> None:
        """Books a session, and watches that it connects."""
        self._sessions[session.id] = session
        self._connecting[session] = None

    def session_established(self, session: Session) -> None:
        """It has connected."""
        self._connecting.pop(session, None)
        self.observer.observe_join(time.monotonic() - session.opened_s)

    def session_media(self, session: Session) -> None:
        """Its first media packet has flowed."""
        self.observer.observe_first_media(time.monotonic() - session.opened_s)

    def session_closed(self, session: Session) -> None:
        """Takes a session out of the books; the last one ends a drain."""
        self._connecting.pop(session, None)
        del self._sessions[session.id]
        if not self._sessions and self._idle is not None and not self._idle.done():
            self._idle.set_result(None)

    def _schedule_sweep(self) -> None:
        self._sweep = asyncio.get_running_loop().call_later(SWEEP_INTERVAL_S, self._sweep_now)

    def _sweep_now(self) -> None:
        self.close_overdue(time.monotonic())
        self._schedule_sweep()

    def close_overdue(self, now_s: float) -> None:
        """Ends the sessions that have not connected within CONNECT_TIMEOUT_S."""
        for session in list(self._connecting):
            if now_s - session.opened_s < CONNECT_TIMEOUT_S:
                return
            log.info("Session never connected: room=%s identity=%s", session.room.name, session.participant.identity)
            session.close()
