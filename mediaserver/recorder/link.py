"""The way from a room to one recorder's process: the process, a transport of the room's worker towards it, a consumer per recorded track.

Called by `recording`, which decides what is recorded. Not for files. The process is never waited for: what it does not take, the engine
counts and forgets, as with any subscriber.

Invariants: a consumer is attached only after the process said that it is ready for it, and is closed before `close` returns; keys go
through the pipe, never through arguments or the environment.
"""

import asyncio
import json
import logging
import os
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from mediaserver.ice import Credentials
from mediaserver.slots import Track
from mediaserver.workers import KINDS, MediaWorker

__all__ = ["COMMAND", "Link", "LinkListener"]

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "mediaserver.recorder.process")
PROFILE = 0x0007  # AEAD_AES_128_GCM, the cheapest here
KEY_BYTES = 28
LINE_BYTES_MOST = 1 << 20
# A process that says nothing for so long is stopped, or its machine is; a new one does better.
SILENT_S = 5.0
UP_S = 30.0  # to start Python and its libraries on a machine under load
FINISH_S = 10.0
CLOCK_RATES = {"audio": 48000, "video": 90000}
PAYLOAD_TYPES = {"audio": (111, 0), "video": (96, 97)}


class LinkListener(Protocol):
    """Whom it tells. Nothing is told after `ended`."""

    def on_up(self, link: "Link") -> None:
        """Tracks can be opened."""

    def on_report(self, link: "Link", event: str, report: dict[str, Any]) -> None:
        """"file", "gap", "beat", "fault" as the process told them."""

    def on_ended(self, link: "Link", complete: bool, reason: str) -> None:
        """The process is gone. `complete`: it said that everything is in its files."""


class Link:
    """See the module."""

    def __init__(self, worker: MediaWorker, server_host: str, start: dict[str, Any], listener: LinkListener) -> None:
        """`start`: what the process is to know besides the way here."""
        self._worker, self._listener = worker, listener
        self._server_host, self._start = server_host, start
        self._transport = worker.new_id()
        self._ssrcs: set[int] = set()
        self._waiting: dict[int, tuple[int, int]] = {}  # consumer -> its producer and payload type, until the process is ready
        self._consumers: set[int] = set()
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._open = False
        self._reason = ""
        self._complete = False
        self._heard_s = 0.0

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        return self._process.pid if self._process is not None else None

    def start(self, command: Sequence[str] = COMMAND) -> None:
        """Starts the process; `on_up` or `on_ended` will come."""
        self._task = asyncio.create_task(self._run(command))

    async def _run(self, command: Sequence[str]) -> None:
        try:
            await self._live(command)
        except OSError as error:
            self._reason = f"the recorder could not be started: {error.strerror}"
        except Exception as error:
            log.exception("Recorder link failed")
            self._reason = f"{type(error).__name__}: {error}"
        finally:
            self._close_transport()
            if self._process is not None and self._process.returncode is None:
                self._process.kill()
                await self._process.wait()
        self._listener.on_ended(self, self._complete, self._reason or "the recorder ended")

    async def _live(self, command: Sequence[str]) -> None:
        root = str(Path(__file__).parents[2])
        path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
        self._process = process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LINE_BYTES_MOST,
            env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip
        assert process.stdout is not None
        self._open_transport()
        self._heard_s = time.monotonic()
        patience_s = UP_S
        while True:
            try:
                line = await asyncio.wait_for(process.stdout.readline(), patience_s)
            except TimeoutError:
                self._reason = f"the recorder has been silent for {patience_s:g} s"
                return
            if not line:
                break
            if self._hear(json.loads(line)):
                patience_s = SILENT_S
        code = await process.wait()
        if not self._complete and not self._reason:
            self._reason = f"the recorder was killed by signal {-code}" if code < 0 else f"the recorder ended with code {code}"

    def _hear(self, message: dict[str, Any]) -> bool:
        """One line of the process; whether it is up."""
        event = message.pop("ev")
        if event == "up":
            self._listener.on_up(self)
        elif event == "ready":
            waiting = self._waiting.pop(message["track"], None)
            if waiting is not None:
                self._worker.native.consumer_attach(message["track"], waiting[0], payload_type=waiting[1])
        elif event == "done":
            self._complete, self._reason = message["complete"], message["reason"]
            self._listener.on_report(self, "beat", message)
        else:
            self._listener.on_report(self, event, message)
        return True

    def _open_transport(self) -> None:
        server, client = Credentials.generate(), Credentials.generate()
        up, down = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(KEY_BYTES)
        native = self._worker.native
        native.transport_open(
            self._transport, local_ufrag=server.ufrag, local_password=server.password, remote_ufrag=client.ufrag,
            remote_password=client.password,
        )  # fmt: skip
        native.transport_keys(self._transport, PROFILE, down, up)
        self._worker.transports[self._transport] = self
        self._open = True
        self._tell(
            "start",
            **self._start,
            host=self._server_host, server_host=self._server_host, server_port=self._worker.port, profile=PROFILE,
            send_key=up.hex(), receive_key=down.hex(), ufrag=client.ufrag, password=client.password,
            remote_ufrag=server.ufrag, remote_password=server.password,
        )  # fmt: skip

    def _close_transport(self) -> None:
        if self._open:
            self._open = False
            self._waiting.clear()
            for consumer in self._consumers:
                self._worker.media.pop(consumer, None)
            self._consumers.clear()
            self._worker.transports.pop(self._transport, None)
            self._worker.native.transport_close(self._transport)  # with its consumers

    def _tell(self, op: str, **fields: Any) -> None:
        if self._process is not None and self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(json.dumps({"op": op, **fields}).encode() + b"\n")

    def open(self, track: Track, publisher: str, not_before_us: int) -> int:
        """Lets the process have this track from now on; the consumer's id."""
        consumer = self._worker.new_id()
        payload_type, rtx_payload_type = PAYLOAD_TYPES[track.kind]
        ssrc = self._ssrc()
        rtx_ssrc = self._ssrc() if rtx_payload_type else 0
        clock_rate = CLOCK_RATES[track.kind]
        self._worker.media[consumer] = self
        self._consumers.add(consumer)
        self._worker.native.consumer_open(
            consumer, self._transport, KINDS[track.kind], "", ssrc, rtx_ssrc,
            [(payload_type, track.format.name, clock_rate, rtx_payload_type)],
        )  # fmt: skip
        self._waiting[consumer] = (track.id, payload_type)
        self._tell(
            "track",
            id=consumer, source=track.id, publisher=publisher, identity=track.identity, kind=track.kind, ordinal=track.ordinal,
            codec=track.format.name, clock_rate=clock_rate, payload_type=payload_type, rtx_payload_type=rtx_payload_type,
            ssrc=ssrc, rtx_ssrc=rtx_ssrc, not_before_us=not_before_us,
        )  # fmt: skip
        return consumer

    def close(self, consumer: int, *, pause: bool) -> None:
        """Takes a track away from the process, at once."""
        self._waiting.pop(consumer, None)
        if consumer in self._consumers:
            self._consumers.discard(consumer)
            self._worker.media.pop(consumer, None)
            self._worker.native.consumer_close(consumer)
            self._tell("end", track=consumer, pause=pause)

    def _ssrc(self) -> int:
        while True:
            ssrc = secrets.randbits(32)
            if ssrc and ssrc not in self._ssrcs:
                self._ssrcs.add(ssrc)
                return ssrc

    async def finish(self) -> None:
        """Takes all tracks away, lets the process complete its files, and waits for its end; kills it where that does not come."""
        for consumer in tuple(self._consumers):
            self.close(consumer, pause=False)
        if self._task is None:
            return
        self._tell("stop")
        done, _ = await asyncio.wait([self._task], timeout=FINISH_S)
        if not done:
            self._reason = f"the recorder did not finish within {FINISH_S:g} s"
            if self._process is not None:
                self._process.kill()
            await self._task

    # The worker's events.

    def on_connected(self, ip: str, port: int) -> None:
        """The process' socket has answered; the process tells the same."""

    def on_dtls(self, datagram: bytes) -> None:
        """There is none between us."""

    def on_secure(self) -> None:
        """Its first report came."""

    def on_lost(self) -> None:
        """Its silence on the pipe is what counts."""

    def on_producer_started(self, producer_id: int, codec: str, ssrc: int) -> None:
        """It sends nothing."""

    def on_producer_stalled(self, producer_id: int) -> None:
        """It sends nothing."""

    def on_producer_dtmf(self, producer_id: int, digit: str, duration_ms: int) -> None:
        """It sends nothing."""

    def on_consumer_started(self, consumer_id: int) -> None:
        """Its first packet of a track has left."""

    def on_error(self, error: Exception) -> None:
        """One of the above failed, which none can."""
        log.error("Recorder link", exc_info=error)
