"""The recorder's process: `python -m mediaserver.recorder.process`, started by `link`.

It hears the server on standard input and tells it on standard output, one JSON object a line.

It is one more subscriber: its engine worker is a client of the server's, with keys that the first line brings. Nothing the server does
waits for it. Its standard input's end is its own: files are completed, and it goes.

    in:  {"op": "start", ...}  {"op": "track", ...TrackInfo}  {"op": "end", "track", "pause"}  {"op": "stop"}
    out: {"ev": "up"}  {"ev": "ready", "track"}  {"ev": "beat", totals}  {"ev": "file", report}  {"ev": "gap", "track", Gap}
         {"ev": "fault", "reason"}  {"ev": "done", "complete", "reason", totals}
"""

import asyncio
import errno
import json
import logging
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mediaserver.recorder.files import Files
from mediaserver.recorder.pump import Output, Pump, monotonic_us
from mediaserver.recorder.track import TrackInfo
from mediaserver.recorder.vault import Key
from mediaserver.workers import KINDS, MediaWorker, native_worker

__all__ = ["TRANSPORT", "main"]

log = logging.getLogger(__name__)

TRANSPORT = 1 << 62  # the only one here; producers have the server's ids
BEAT_S = 0.5
LINE_BYTES_MOST = 1 << 20
FULL = {errno.ENOSPC: "disk full", errno.EDQUOT: "disk quota exceeded", errno.EFBIG: "file too large"}


def reason_of(error: BaseException) -> str:
    """What a person is told."""
    if isinstance(error, OSError) and error.errno is not None:
        return FULL.get(error.errno, f"disk: {os.strerror(error.errno)}")
    return f"{type(error).__name__}: {error}"


class Recorder:
    """The process's one object: the engine's listener, the pump's owner, the server's counterpart."""

    def __init__(self, start: dict[str, Any]) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[BaseException | None] = self._loop.create_future()
        self._start = start
        self._native = native_worker(start["host"], 0)
        self._worker = MediaWorker(self._native, 0)
        self._worker.transports[TRANSPORT] = self
        self._pump = Pump(
            self._output(), start["zero_us"], self._native.packets,
            lambda track, gap: self.tell("gap", track=track, **asdict(gap)),
            lambda track: self._from_pump(self._native.producer_keyframe, track),
            lambda error: self._from_pump(self._done, error),
        )  # fmt: skip
        self._finishing = False
        self._kernel_drops = 0

    def _output(self) -> Output:
        start = self._start
        key = Key(start["key"]["id"], bytes.fromhex(start["key"]["secret"])) if start["key"] is not None else None
        folder = Path(start["folder"])
        if start["mode"] == "composed":
            from mediaserver.recorder.composer import Composer  # brings the codecs, which copying does without

            def report_of(report: dict[str, Any]) -> None:
                self.tell("file", **report)

            return Composer(folder, start["container"], key, report_of, start["run"], lambda: monotonic_us() - start["zero_us"])
        return Files(
            folder, start["container"], start["grouping"], key, lambda report: self.tell("file", **report),
            lambda reason: self.tell("fault", reason=reason), start["run"],
        )  # fmt: skip

    def _from_pump(self, call: Any, *arguments: Any) -> None:
        self._loop.call_soon_threadsafe(call, *arguments)

    def tell(self, event: str, **fields: Any) -> None:
        """One line to the server. From any thread: one write is whole."""
        sys.stdout.buffer.write(json.dumps({"ev": event, **fields}).encode() + b"\n")
        sys.stdout.buffer.flush()

    async def run(self, lines: asyncio.StreamReader) -> int:
        """Until all is done; the exit code."""
        start = self._start
        self._worker.start()
        self._native.transport_open(
            TRANSPORT, local_ufrag=start["ufrag"], local_password=start["password"], remote_ufrag=start["remote_ufrag"],
            remote_password=start["remote_password"], controlling=True,
        )  # fmt: skip
        self._native.transport_keys(TRANSPORT, start["profile"], bytes.fromhex(start["send_key"]), bytes.fromhex(start["receive_key"]))
        self._native.transport_connect(TRANSPORT, start["server_host"], start["server_port"])
        self._pump.start()
        reading = asyncio.create_task(self._read(lines))
        while not self._ended.done():
            await asyncio.wait([self._ended], timeout=BEAT_S)
            self._beat()
        reading.cancel()
        error = self._ended.result()
        self.tell("done", complete=error is None, reason="" if error is None else reason_of(error), **self._pump.totals())
        self._worker.stop()
        return 0 if error is None else 1

    def _beat(self) -> None:
        counters = self._native.counters()
        kernel_drops = counters["kernel_drops"]
        if kernel_drops > self._kernel_drops:
            # It did not run for a while; a shorter one costs nothing, the kernel keeps the packets and the times of their arrival.
            self.tell("fault", reason="the recorder did not run for a while: packets lost in its socket")
        self._kernel_drops = kernel_drops
        self.tell("beat", dropped=counters["records_dropped"], **self._pump.totals())

    async def _read(self, lines: asyncio.StreamReader) -> None:
        while True:
            line = await lines.readline()
            message: dict[str, Any] = json.loads(line) if line else {"op": "stop"}
            op = message.pop("op")
            if op == "track":
                self._open(TrackInfo(**message))
            elif op == "end":
                self._native.producer_close(message["track"])
                self._pump.end(message["track"], pause=message["pause"])
            else:
                self._finish()
                return

    def _open(self, info: TrackInfo) -> None:
        codec = (info.payload_type, info.codec, info.clock_rate, info.rtx_payload_type)
        self._pump.begin(info)
        self._native.producer_open(
            info.id, TRANSPORT, KINDS[info.kind], "", [codec], ssrcs=[(info.ssrc, info.rtx_ssrc)], nack=True, pli=True
        )
        self._native.producer_record(info.id, True)
        self.tell("ready", track=info.id)

    def _finish(self) -> None:
        if not self._finishing:
            self._finishing = True
            self._pump.finish()

    def _done(self, error: BaseException | None) -> None:
        if not self._ended.done():
            self._ended.set_result(error)

    # The engine's events.

    def on_connected(self, ip: str, port: int) -> None:
        """Media can come."""
        self.tell("up")

    def on_dtls(self, datagram: bytes) -> None:
        """There is none between us."""

    def on_secure(self) -> None:
        """The first packet came."""

    def on_lost(self) -> None:
        """The server is gone, and with it whoever would say stop."""
        self.tell("fault", reason="the server has gone silent")
        self._finish()

    def on_error(self, error: Exception) -> None:
        """One of the above failed."""
        self._done(error)


async def main() -> int:
    """The process."""
    # Ctrl-C goes to the whole group: it is the server that ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lines = asyncio.StreamReader(limit=LINE_BYTES_MOST)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    start = json.loads(await lines.readline())
    os.nice(start["nice"])
    return await Recorder(start).run(lines)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
