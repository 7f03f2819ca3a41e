"""The process under test: `python -m bench.server worker|reflector|media`, driven over its standard input (`pipe`).

    worker     a bare engine worker with static keys, no control plane
    reflector  the limit to compare with
    media      the whole media server, over HTTP

Requests: open, peers, sample, close. Nothing else runs in this process, so that its CPU and memory are the subject's.
"""

import asyncio
import os
import sys
import threading
from typing import Any

from bench.pipe import serve
from bench.reflector import Reflector
from bench.scenarios import Load
from bench.traffic import CODECS, EXTENSIONS, Plan, credentials, keys, plan
from mediaserver.workers import MediaWorker
from native.engine.worker import KIND_AUDIO, Worker

HOST = "127.0.0.1"


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


SUBJECTS = {"worker": BareWorker, "reflector": BareReflector}


async def main(kind: str) -> None:
    await serve(SUBJECTS[kind]())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
