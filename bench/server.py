"""The process under test: `python -m bench.server worker|reflector|media`, driven over its standard input (`pipe`).

    worker     a bare engine worker with static keys, no control plane
    reflector  the limit to compare with
    media      the whole media server, over HTTP

Requests: ready, open, peers, sample, close. Nothing else runs in this process, so that its CPU and memory are the subject's.
"""

import ctypes
import gc
import os
import secrets
import sys
import threading
from typing import Any

import uvloop

from bench.pipe import serve
from bench.reflector import Reflector
from bench.scenarios import Load
from bench.traffic import CODECS, EXTENSIONS, Plan, credentials, keys, plan
from mediaserver.workers import MediaWorker
from native.engine.worker import KIND_AUDIO, Worker

HOST = "127.0.0.1"
API_KEY = "bench"


def pin(core: int | None) -> None:
    if core is not None:
        os.sched_setaffinity(0, {core})


def thread_id(prefix: str) -> int:
    """The system's id of the thread with this name."""
    return next(thread.native_id or 0 for thread in threading.enumerate() if thread.name.startswith(prefix))


def worker_sample(native: Worker) -> dict[str, Any]:
    counters = native.counters()
    media = counters["packets_sent_audio"] + counters["packets_sent_video"] - counters["packets_sent_rtx"]
    return {
        "packets": media,
        "repeated": counters["packets_sent_rtx"],
        "bytes": counters["bytes_sent_audio"] + counters["bytes_sent_video"],
        "cpu_us": counters["cpu_us"],
        "trains": counters["trains_sent"],
        "train_packets": counters["train_packets_sent"],
        "kernel_drops": counters["kernel_drops"],
        "send_errors": counters["send_errors"],
        "turns": counters["loop_turns"],
        "messages": counters["messages_received"],
        "datagrams": counters["datagrams_received"],
        "counters": counters,
    }


class Subject:
    """What all have in common."""

    async def do_ready(self) -> None:
        """Answers when everything is imported: what the process holds now is no participant's."""


class BareWorker(Subject):
    """Opens the plan's transports with the engine's own commands."""

    def __init__(self) -> None:
        self._native = Worker(HOST, 0)
        self._worker = MediaWorker(self._native, 0)

    async def do_open(self, load: dict[str, Any], core: int | None = None) -> dict[str, Any]:
        pin(core)
        self._worker.start()
        self._open_all(Load(**load), plan(Load(**load)))
        return {"port": self._native.port, "thread": thread_id("tresen-worker"), "features": self._native.features}

    def _open_all(self, load: Load, plan: Plan) -> None:
        native = self._native
        for connection in plan.connections():
            native.transport_open(connection.id, **credentials(connection.id)[0])
            native.transport_extensions(connection.id, EXTENSIONS)
            profile, up, down = keys(load, connection.id)
            native.transport_keys(connection.id, profile, down, up)
        for publication in plan.publications:
            for track in publication.tracks:
                native.producer_open(track.id, publication.id, track.kind, track.mid, CODECS[track.kind])
        for subscription in plan.subscriptions:
            for slot in subscription.slots:
                native.consumer_open(slot.id, subscription.id, slot.kind, slot.mid, slot.ssrc, slot.rtx_ssrc, CODECS[slot.kind])
                native.consumer_attach(slot.id, slot.source)

    async def do_peers(self, port: int) -> None:
        """A worker learns its peers' addresses from their checks."""

    async def do_sample(self) -> dict[str, Any]:
        return worker_sample(self._native)

    async def do_close(self) -> None:
        self._worker.stop()


class BareReflector(Subject):
    """Gives the reflector the plan's addresses, keys and routes."""

    def __init__(self) -> None:
        self._native = Reflector(HOST, 0)
        self._load = Load()

    async def do_open(self, load: dict[str, Any], core: int | None = None) -> dict[str, Any]:
        pin(core)
        self._load = Load(**load)
        return {"port": self._native.port, "thread": 0, "features": {}}

    async def do_peers(self, port: int) -> int:
        whole, native = plan(self._load), self._native
        for connection in whole.connections():
            profile, up, down = keys(self._load, connection.id)
            native.peer_open(connection.id, connection.address, port, profile, down, up)
        tracks = {track.id: (publication.id, track) for publication in whole.publications for track in publication.tracks}
        for subscription in whole.subscriptions:
            for slot in subscription.slots:
                publisher, track = tracks[slot.source]
                payload_type = CODECS[slot.kind][0][0]
                native.route(publisher, track.ssrc, subscription.id, slot.ssrc, payload_type, last=slot.kind == KIND_AUDIO)
        native.start()
        return native.native_id

    async def do_sample(self) -> dict[str, Any]:
        counters = self._native.counters()
        return {
            "packets": counters["packets_forwarded"],
            "repeated": 0,
            "bytes": counters["bytes_forwarded"],
            "cpu_us": counters["cpu_us"],
            "trains": counters["trains_sent"],
            "train_packets": counters["packets_forwarded"],
            "kernel_drops": counters["kernel_drops"],
            "send_errors": counters["send_errors"],
            "turns": counters["loop_turns"],
            "messages": counters["messages_received"],
            "datagrams": counters["packets_received"] + counters["packets_dropped"],
            "counters": counters,
        }

    async def do_close(self) -> None:
        self._native.stop()


class WholeServer(Subject):
    """The media server behind its own HTTP interface; clients do the rest."""

    def __init__(self, **settings: Any) -> None:
        # Here and not above: the other subjects are measured without the control plane in their memory.
        from mediaserver import MediaServer, MediaSettings

        self._secret = secrets.token_hex(32)
        keys = {API_KEY: self._secret}
        self._server = MediaServer(MediaSettings(udp_host=HOST, udp_port=0, workers=1, api_keys=keys, max_participants=0, **settings))
        self._runner: Any = None

    async def do_open(self, load: dict[str, Any], core: int | None = None) -> dict[str, Any]:
        from aiohttp import web

        from mediaserver.http import application

        pin(core)
        await self._server.start()
        self._runner = web.AppRunner(application(self._server), access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, 0)
        await site.start()
        http_port = self._runner.addresses[0][1]
        native = self._server.workers[0].native
        thread = thread_id("tresen-worker")
        service = {"http_port": http_port, "key": API_KEY, "secret": self._secret}
        return {"port": native.port, "thread": thread, "features": native.features, **service}

    async def do_peers(self, port: int) -> None:
        """They come over HTTP."""

    async def do_sample(self) -> dict[str, Any]:
        return worker_sample(self._server.workers[0].native)

    async def do_settle(self) -> dict[str, int]:
        """What the server still holds, after its own rubbish has been collected and the allocator has given back what is free."""
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)  # glibc: else RSS counts what the allocator kept
        counters = self._server.workers[0].native.counters()
        return {
            "sessions": len(self._server.sessions),
            "rooms": len(self._server.rooms),
            "transports": counters["transports"],
            "history_bytes": counters["history_bytes"],
        }

    async def do_close(self) -> None:
        await self._runner.cleanup()
        await self._server.stop()


SUBJECTS = {"worker": BareWorker, "reflector": BareReflector, "media": WholeServer}


async def main(kind: str) -> None:
    await serve(SUBJECTS[kind]())


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
