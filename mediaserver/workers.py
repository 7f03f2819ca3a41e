"""The native workers: starts them, carries their events to those they concern, and gives out ids.

The only place that touches `native.engine.worker` (contract: its .pyi). Not for deciding anything. One loop, one thread.

Invariants: an id is given once in a worker's life, so an event that names a closed object finds nobody; an error while an
event is handled ends what the event was about and nothing else.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from mediaserver.errors import LocalError
from mediaserver.mixing.noise import find_noise_library
from mediaserver.mixing.shelf import ClipShelf

if TYPE_CHECKING:
    from native.engine.worker import Worker

log = logging.getLogger(__name__)

# A worker answers within one turn of its loop; one that does not in this time is overloaded beyond use of statistics.
STATS_TIMEOUT_S = 1.0

# KIND_AUDIO and KIND_VIDEO of the engine, which is not imported before it is needed; a test compares them.
KINDS = {"audio": 1, "video": 2}

WorkerFactory = Callable[[str, int], "Worker"]


class TransportListener(Protocol):
    """Whom a transport's events are for."""

    def on_connected(self, ip: str, port: int) -> None:
        """A validated pair was selected, or it moved."""

    def on_dtls(self, datagram: bytes) -> None:
        """A DTLS datagram from the selected address."""

    def on_secure(self) -> None:
        """The first SRTP or SRTCP packet has verified."""

    def on_lost(self) -> None:
        """Consent has expired; sending has stopped."""

    def on_error(self, error: Exception) -> None:
        """One of the above raised this."""


class MediaListener(Protocol):
    """Whom the events of producers and consumers are for."""

    def on_producer_started(self, producer_id: int, codec: str, ssrc: int) -> None:
        """First packet, or another codec or SSRC took over."""

    def on_producer_stalled(self, producer_id: int) -> None:
        """Nothing came for 5 s."""

    def on_producer_dtmf(self, producer_id: int, digit: str, duration_ms: int) -> None:
        """A key was pressed (RFC 4733)."""

    def on_consumer_started(self, consumer_id: int) -> None:
        """First packet forwarded since open or attach."""

    def on_error(self, error: Exception) -> None:
        """One of the above raised this."""


class VoiceListener(Protocol):
    """Whom the events of a mixer's voices are for."""

    def on_voice_ended(self, voice_id: int) -> None:
        """A clip was played to its end."""

    def on_voice_active(self, voice_id: int, active: bool) -> None:
        """Somebody started or stopped to speak."""

    def on_error(self, error: Exception) -> None:
        """One of the above raised this."""


def native_worker(host: str, port: int) -> "Worker":
    """The real thing. LocalError says what to do where the native part is missing or the port cannot be had."""
    try:
        from native.engine.worker import Worker, WorkerError, noise_library
    except ImportError as error:
        raise LocalError(f"The native media engine is not built ({error}); build it with: python setup.py build_ext --inplace") from error
    path = find_noise_library()
    if path is not None and not noise_library(path):
        log.warning("%s is not RNNoise as we know it: noise suppression does nothing", path)
    try:
        return Worker(host, port)
    except WorkerError as error:
        raise LocalError(str(error)) from error


class MediaWorker:
    """One native worker, with who is to hear of its objects."""

    __slots__ = ("_answers", "_loop", "_next_id", "clips", "index", "media", "native", "port", "transports", "voices")

    def __init__(self, native: "Worker", index: int) -> None:
        self.native = native
        self.index = index
        self.port = native.port
        self.transports: dict[int, TransportListener] = {}
        self.media: dict[int, MediaListener] = {}  # by producer and by consumer id: one sequence numbers both
        self.voices: dict[int, VoiceListener] = {}
        self.clips = ClipShelf(native, self.new_id)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._next_id = 0
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def load(self) -> int:
        """Open transports."""
        return len(self.transports)

    def new_id(self) -> int:
        """An id for whatever the worker numbers; never given again."""
        self._next_id += 1
        return self._next_id

    def forget(self, listener: MediaListener) -> None:
        """Drops every producer and consumer of a listener, after an error in the midst of opening them."""
        for object_id in [each for each, whose in self.media.items() if whose is listener]:
            del self.media[object_id]

    def start(self) -> None:
        """Starts the thread and listens to its events on the running loop."""
        self._loop = asyncio.get_running_loop()
        self.native.start()
        self._loop.add_reader(self.native.fileno(), self._readable)

    def stop(self) -> None:
        """Ends the thread; blocks up to ~100 ms."""
        if self._loop is not None:
            self._loop.remove_reader(self.native.fileno())
            self._loop = None
        for answer in self._answers.values():
            answer.cancel()
        self._answers.clear()
        self.native.stop()

    async def stats(self, ask: Callable[[int, int], None], object_id: int) -> dict[str, Any]:
        """Asks one of the engine's `*_stats` commands; {} when the object is gone. TimeoutError when the worker is stuck."""
        request_id = self.new_id()
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[request_id] = answer
        try:
            ask(object_id, request_id)
            return await asyncio.wait_for(answer, STATS_TIMEOUT_S)
        finally:
            self._answers.pop(request_id, None)

    def _readable(self) -> None:
        for event in self.native.events():
            self.dispatch(event)

    def dispatch(self, event: tuple[Any, ...]) -> None:
        """Carries one event to its listener; an exception there is logged and handed to the listener's `on_error`."""
        name, object_id, *rest = event
        if name == "stats":
            answer = self._answers.get(object_id)
            if answer is not None and not answer.done():
                answer.set_result(rest[0])
            return
        listener: TransportListener | MediaListener | VoiceListener | None
        if name.startswith("transport_"):
            listener, method, arguments = self.transports.get(object_id), "on_" + name.removeprefix("transport_"), rest
        else:
            listeners = self.voices if name.startswith("voice_") else self.media
            listener, method, arguments = listeners.get(object_id), "on_" + name, [object_id, *rest]
        if listener is None:  # closed while the event was on its way
            return
        try:
            getattr(listener, method)(*arguments)
        except Exception as error:
            log.exception("Handling of %s failed", name)
            listener.on_error(error)


class WorkerPool:
    """All workers of this process, on consecutive ports."""

    __slots__ = ("workers",)

    def __init__(self, factory: WorkerFactory, host: str, port: int, count: int) -> None:
        """Opens the sockets. `port` 0 lets the system choose for each. LocalError when one cannot be had; then none is open."""
        self.workers: list[MediaWorker] = []
        try:
            for index in range(count):
                self.workers.append(MediaWorker(factory(host, port + index if port else 0), index))
        except Exception:
            self.stop()
            raise

    def start(self) -> None:
        """Starts every worker."""
        for worker in self.workers:
            worker.start()

    def stop(self) -> None:
        """Ends every worker; blocks up to ~100 ms each."""
        for worker in self.workers:
            worker.stop()

    def least_loaded(self) -> MediaWorker:
        """The worker with the fewest transports, the first of equals."""
        return min(self.workers, key=lambda worker: worker.load)
