"""The load generator: `python -m bench.client`, driven over its standard input (`pipe`).

All peers of a load live on one engine worker in client role, behind one socket; each has a loopback address of its own. Publishers
send what the engine's traffic sources make, subscribers' sinks check every packet: number, pattern, time on the way. Requests: open,
connect, start, pause, sample, stop, close.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import uvloop
from aiohttp import ClientSession, ClientTimeout

from bench.call import Call, Service
from bench.pipe import serve
from bench.scenarios import AUDIO_BPS, AUDIO_FRAMES_PER_S, Load
from bench.server import HOST, pin, thread_id
from bench.traffic import CODECS, EXTENSIONS, Plan, Publication, Subscription, credentials, keys, plan
from mediaserver.dtls import Certificate
from mediaserver.workers import MediaListener, MediaWorker
from native.engine.worker import KIND_AUDIO, Worker

CONNECT_TIMEOUT_S = 30.0
# Packets on their way when the sources stop: a retransmission takes a NACK interval and a round trip.
DRAIN_S = 0.5


class Peer:
    """One peer connection: when it connected, when its first media came."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.connected: asyncio.Future[float] = loop.create_future()
        self.media: asyncio.Future[float] = loop.create_future()

    def on_connected(self, ip: str, port: int) -> None:
        if not self.connected.done():
            self.connected.set_result(time.monotonic())

    def on_producer_started(self, producer_id: int, codec: str, ssrc: int) -> None:
        if not self.media.done():
            self.media.set_result(time.monotonic())

    def on_dtls(self, datagram: bytes) -> None: ...
    def on_secure(self) -> None: ...
    def on_producer_stalled(self, producer_id: int) -> None: ...
    def on_consumer_started(self, consumer_id: int) -> None: ...

    def on_lost(self) -> None:
        self.on_error(ConnectionError("the server has gone silent"))

    def on_error(self, error: Exception) -> None:
        for future in (self.connected, self.media):
            if not future.done():
                future.set_exception(error)


class Generator:
    def __init__(self) -> None:
        self._native = Worker("0.0.0.0", 0)
        self._worker = MediaWorker(self._native, 0)
        self._load = Load()
        self._plan = Plan((), ())
        self._peers: dict[int, Peer] = {}
        self._executor = ThreadPoolExecutor(1)

    async def do_open(self, load: dict[str, Any], core: int | None = None) -> dict[str, Any]:
        pin(core)
        self._load = Load(**load)
        self._plan = plan(self._load)
        self._worker.start()
        for publication in self._plan.publications:
            self._open_sources(publication)
        return {"port": self._native.port, "thread": thread_id("tresen-worker")}

    async def do_connect(self, server: dict[str, Any], ice: bool, room_prefix: str = "room") -> list[float]:
        """Connects all peers; returns the milliseconds of each subscription's set-up, where it was one over HTTP."""
        if "http_port" in server:
            return await self._connect_calls(Service(server["http_port"], server["key"], server["secret"]), room_prefix)
        await self._connect_directly(server["port"], ice)
        return []

    async def _connect_calls(self, service: Service, room_prefix: str) -> list[float]:
        """Real calls, one after the other, so that the time of one is its own. Publishers send at once."""
        setups_ms = []
        certificate = Certificate.generate()
        async with ClientSession(timeout=ClientTimeout(total=CONNECT_TIMEOUT_S)) as http:
            for connection in self._plan.in_order():
                call = Call(self._worker, connection, connection.id)
                await call.open(http, service, f"{room_prefix}{connection.room}", certificate, self._executor)
                if isinstance(connection, Publication):
                    self._open_senders(connection)
                    self._attach(connection)
                    await asyncio.wait_for(call.keyed, CONNECT_TIMEOUT_S)
                else:
                    self._open_sinks(connection, call, call.ssrcs)
                    setups_ms.append((await asyncio.wait_for(call.media, CONNECT_TIMEOUT_S) - call.posted_s) * 1000)
        return setups_ms

    async def _connect_directly(self, port: int, ice: bool) -> None:
        """Static keys; the address by ICE checks or, with a server that knows none, just taken as given."""
        for connection in self._plan.connections():
            peer = self._peers[connection.id] = Peer()
            self._worker.transports[connection.id] = peer
            self._native.transport_open(connection.id, **credentials(connection.id)[1], controlling=True)
            self._native.transport_extensions(connection.id, EXTENSIONS)
            profile, up, down = keys(self._load, connection.id)
            self._native.transport_keys(connection.id, profile, up, down)
            connect = self._native.transport_connect if ice else self._native.transport_select
            connect(connection.id, HOST, port, local_ip=connection.address)
            if isinstance(connection, Subscription):
                self._open_sinks(connection, peer, [(slot.ssrc, slot.rtx_ssrc) for slot in connection.slots])
            else:
                self._open_senders(connection)
        await self._all([peer.connected for peer in self._peers.values()], "ICE of {} peers did not connect")

    async def do_start(self) -> None:
        """Lets the sources send that do not yet; returns when every subscriber has got something."""
        for publication in self._plan.publications:
            self._attach(publication)
        waiting = [self._peers[each.id].media for each in self._plan.subscriptions if each.slots and each.id in self._peers]
        await self._all(waiting, "{} subscribers got no media")

    async def do_pause(self) -> None:
        """Silences the sources, as muting does; `start` lets them go on."""
        for publication in self._plan.publications:
            for track in publication.tracks:
                self._native.consumer_detach(track.id)

    async def do_sample(self) -> dict[str, Any]:
        """Totals since the start; latencies as {step: packets}."""
        counters = self._native.counters()
        traffic = self._native.traffic()
        latency = {step: packets for step, packets in enumerate(traffic.pop("latency")) if packets}
        return {**traffic, "latency": latency, "counters": counters, "monotonic_s": time.monotonic()}

    async def do_stop(self) -> dict[str, Any]:
        """Silences the sources, waits for what is under way, and counts what each sink has missed."""
        sent = {}
        await self.do_pause()
        await asyncio.sleep(DRAIN_S)
        for publication in self._plan.publications:
            for track in publication.tracks:
                sent[track.id] = (await self._worker.stats(self._native.producer_stats, track.id))["source_next"]
        lost = silent = recovered = 0
        for subscription in self._plan.subscriptions:
            for slot in subscription.slots:
                stats = await self._worker.stats(self._native.producer_stats, slot.id)
                recovered += stats["packets_recovered"]
                if stats["packets"] == 0:
                    silent += 1
                else:
                    lost += stats["sink_lost"] + sent[slot.source] - 1 - stats["sink_highest"]
        traffic = self._native.traffic()
        return {"lost": lost, "silent": silent, "recovered": recovered, "corrupt": traffic["corrupt"], "received": traffic["received"]}

    async def do_close(self) -> None:
        self._worker.stop()
        self._executor.shutdown()

    def _open_sources(self, publication: Publication) -> None:
        load, native = self._load, self._native
        for track in publication.tracks:
            audio = track.kind == KIND_AUDIO
            rate = (AUDIO_BPS, AUDIO_FRAMES_PER_S) if audio else (load.video_bps, load.video_frames_per_s)
            native.source_open(track.id, track.kind, bitrate_bps=rate[0], frames_per_s=rate[1], seed=load.seed * 1_000_003 + track.id)

    def _open_senders(self, publication: Publication) -> None:
        for track in publication.tracks:
            self._native.consumer_open(track.id, publication.id, track.kind, track.mid, track.ssrc, track.rtx_ssrc, CODECS[track.kind])

    def _attach(self, publication: Publication) -> None:
        for track in publication.tracks:
            self._native.consumer_attach(track.id, track.id)

    def _open_sinks(self, subscription: Subscription, peer: MediaListener, ssrcs: list[tuple[int, int]]) -> None:
        for slot, pair in zip(subscription.slots, ssrcs, strict=True):
            self._worker.media[slot.id] = peer
            self._native.producer_open(slot.id, subscription.id, slot.kind, slot.mid, CODECS[slot.kind], ssrcs=[pair])
            self._native.sink_open(slot.id)

    async def _all(self, futures: list["asyncio.Future[float]"], complaint: str) -> None:
        if futures:
            _, pending = await asyncio.wait(futures, timeout=CONNECT_TIMEOUT_S)
            if pending:
                raise TimeoutError(complaint.format(len(pending)) + f" within {CONNECT_TIMEOUT_S:g} s")


async def main() -> None:
    await serve(Generator())


if __name__ == "__main__":
    uvloop.run(main())
