"""`bench setups`: calls set up and torn down through the whole server; what they take, and whether anything stays behind.

A call here is two people in a room of their own: one publishes over WHIP, the other subscribes over WHEP, with real connectivity checks
and DTLS handshakes; media flows; both hang up. The clients' process is `bench.setups` itself, run as a child. Sources send a packet each
millisecond, so that the time to first media is the server's and not the wait for a source's next frame.
"""

import asyncio
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import uvloop
from aiohttp import ClientSession, ClientTimeout

from bench.call import Call, Service
from bench.machine import two_cores
from bench.pipe import Child, serve
from bench.report import percentile
from bench.scenarios import Load
from bench.server import pin
from bench.traffic import CODECS, FIRST_ADDRESS, Publication, Slot, Subscription, Track
from bench.usage import open_files, resident_bytes, thread_ns
from mediaserver.dtls import Certificate
from mediaserver.workers import MediaWorker
from native.engine.worker import KIND_AUDIO, Worker

TIMEOUT_S = 15.0
PACKETS_PER_S = 1000
AUDIO_BPS = 64 * 8 * PACKETS_PER_S
# Addresses in use at once; a later call takes an earlier one's again.
ADDRESSES = 50_000
# Long enough that the engine has run the closing commands and the event loop its callbacks.
SETTLE_S = 1.0


class Callers:
    """Makes calls, `at_once` of them under way together."""

    def __init__(self) -> None:
        self._native = Worker("0.0.0.0", 0)
        self._worker = MediaWorker(self._native, 0)
        self._certificate = Certificate.generate()
        self._executor = ThreadPoolExecutor(2)
        self._ids = count(1)
        self._service = Service(0, "", "")

    async def do_open(self, server: dict[str, Any], core: int | None = None) -> None:
        pin(core)
        self._service = Service(server["http_port"], server["key"], server["secret"])
        self._worker.start()

    async def do_calls(self, calls: int, at_once: int) -> dict[str, Any]:
        """Sets up and tears down so many; milliseconds of each set-up, publisher's (to keys) and subscriber's (to first media)."""
        gate = asyncio.Semaphore(at_once)
        publish_ms: list[float] = []
        media_ms: list[float] = []
        begun_s = time.monotonic()
        # As many connections as calls under way: waiting for one would count as the server's time.
        async with ClientSession(timeout=ClientTimeout(total=TIMEOUT_S)) as http:

            async def one() -> None:
                async with gate:
                    publish, media = await self._call(http)
                    publish_ms.append(publish)
                    media_ms.append(media)

            await asyncio.gather(*(one() for _ in range(calls)))
        return {"publish_ms": publish_ms, "media_ms": media_ms, "seconds": time.monotonic() - begun_s}

    async def _call(self, http: ClientSession) -> tuple[float, float]:
        room = f"call{next(self._ids)}"
        publication = self._publication()
        subscription = self._subscription(publication)
        publisher = Call(self._worker, publication, publication.id)
        await publisher.open(http, self._service, room, self._certificate, self._executor)
        track = publication.tracks[0]
        self._native.source_open(track.id, KIND_AUDIO, bitrate_bps=AUDIO_BPS, frames_per_s=PACKETS_PER_S, seed=track.id)
        self._native.consumer_open(track.id, publication.id, KIND_AUDIO, track.mid, track.ssrc, 0, CODECS[KIND_AUDIO])
        self._native.consumer_attach(track.id, track.id)
        keyed_s = await asyncio.wait_for(publisher.keyed, TIMEOUT_S)
        subscriber = Call(self._worker, subscription, subscription.id)
        await subscriber.open(http, self._service, room, self._certificate, self._executor)
        slot = subscription.slots[0]
        self._worker.media[slot.id] = subscriber
        self._native.producer_open(slot.id, subscription.id, KIND_AUDIO, slot.mid, CODECS[KIND_AUDIO], ssrcs=subscriber.ssrcs)
        media_s = await asyncio.wait_for(subscriber.media, TIMEOUT_S)
        await subscriber.close(http, self._service)
        await publisher.close(http, self._service)
        self._native.producer_close(track.id)
        del self._worker.media[slot.id]
        return (keyed_s - publisher.posted_s) * 1000, (media_s - subscriber.posted_s) * 1000

    def _publication(self) -> Publication:
        connection = next(self._ids)
        track = Track(next(self._ids), KIND_AUDIO, "0", connection + (1 << 20), 0)
        return Publication(connection, 0, "customer", str(FIRST_ADDRESS + connection % ADDRESSES), (track,))

    def _subscription(self, publication: Publication) -> Subscription:
        connection = next(self._ids)
        slot = Slot(next(self._ids), KIND_AUDIO, "0", publication.tracks[0].id, 0, 0)
        return Subscription(connection, 0, "rep", str(FIRST_ADDRESS + connection % ADDRESSES), (slot,))

    async def do_close(self) -> None:
        self._worker.stop()
        self._executor.shutdown()


def held(server: Child) -> dict[str, int]:
    """What the server's process holds when nobody is in a call."""
    time.sleep(SETTLE_S)
    return {**server.ask("settle"), "rss_bytes": resident_bytes(server.pid), "open_files": open_files(server.pid)}


def measure(calls: int, warm_up: int, at_once: int) -> dict[str, Any]:
    """`warm_up` calls, what is held then, `calls` more, what is held then."""
    cores = two_cores()
    with Child("bench.server", "media") as server, Child("bench.setups") as callers:
        opened = server.ask("open", load=Load().to_json(), core=cores[0])
        callers.ask("open", server=opened, core=cores[1])
        callers.ask("calls", calls=warm_up, at_once=at_once)
        before = held(server)
        cpu_ns = sum(thread_ns(server.pid).values())
        done = callers.ask("calls", calls=calls, at_once=at_once, timeout_s=TIMEOUT_S + calls)
        cpu_ns = sum(thread_ns(server.pid).values()) - cpu_ns
        after = held(server)
        callers.ask("close")
        server.ask("close")
    return result(calls, at_once, done, cpu_ns / 1e9, before, after)


def result(calls: int, at_once: int, done: dict[str, Any], cpu_s: float, before: dict[str, int], after: dict[str, int]) -> dict[str, Any]:
    """A call is two set-ups: the publisher's and the subscriber's. `cpu_s`: of the whole server process."""
    sessions = 2 * calls
    return {
        "calls": calls,
        "at_once": at_once,
        "setups_per_s": sessions / done["seconds"],
        "setups_per_cpu_s": sessions / cpu_s,
        "cpu_ms_per_setup": cpu_s * 1000 / sessions,
        "publish_p50_ms": percentile(done["publish_ms"], 0.5),
        "publish_p95_ms": percentile(done["publish_ms"], 0.95),
        "media_p50_ms": percentile(done["media_ms"], 0.5),
        "media_p95_ms": percentile(done["media_ms"], 0.95),
        "rss_before_bytes": before["rss_bytes"],
        "rss_after_bytes": after["rss_bytes"],
        "rss_growth_bytes": after["rss_bytes"] - before["rss_bytes"],
        "open_files_before": before["open_files"],
        "open_files_after": after["open_files"],
        "left": {name: after[name] for name in ("sessions", "rooms", "transports")},
    }


ROWS = {
    "setups_per_s": ("set-ups per second of time (a call is two)", 1, ".0f"),
    "setups_per_cpu_s": ("set-ups per CPU second of the server", 1, ".0f"),
    "cpu_ms_per_setup": ("CPU per set-up and tear-down, ms", 1, ".2f"),
    "publish_p50_ms": ("WHIP POST to keys p50, ms", 1, ".1f"),
    "publish_p95_ms": ("WHIP POST to keys p95, ms", 1, ".1f"),
    "media_p50_ms": ("WHEP POST to first media p50, ms", 1, ".1f"),
    "media_p95_ms": ("WHEP POST to first media p95, ms", 1, ".1f"),
    "rss_before_bytes": ("memory after the warm-up, MiB", 1 << 20, ".1f"),
    "rss_after_bytes": ("memory at the end, MiB", 1 << 20, ".1f"),
    "rss_growth_bytes": ("  grown by, MiB", 1 << 20, "+.2f"),
    "open_files_before": ("open files after the warm-up", 1, ".0f"),
    "open_files_after": ("open files at the end", 1, ".0f"),
}


async def main() -> None:
    await serve(Callers())


if __name__ == "__main__":
    sys.exit(uvloop.run(main()))
