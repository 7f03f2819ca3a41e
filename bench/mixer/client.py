"""The participants of mixed rooms: `python -m bench.mixer.client`, driven over its standard input (`pipe`).

All live on one engine worker in client role, each at a loopback address of its own: ICE, DTLS, SRTP. Speakers say real Opus packets over
and over, the others are silent in one of two ways (`speech`). Everybody's mix is counted packet by packet; a few are decoded and judged
(`hearing`). The same code serves every subject. Requests: open, connect, sample, listen, hear, close.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import uvloop
from aiohttp import ClientSession, ClientTimeout

from bench.call import DISCARD_PORT, PROTOCOL, URIS, Call, Peer, Service
from bench.mixer.hearing import heard
from bench.mixer.janus import Session, own_address
from bench.mixer.load import Member, MixLoad, members, sampled
from bench.mixer.speech import comfort, pack, silence, speech, unpack_capture
from bench.pipe import serve
from bench.scenarios import Load
from bench.server import HOST, pin, thread_id
from bench.traffic import CODECS, EXTENSIONS, credentials, keys
from mediaserver.capabilities import AUDIO_FEEDBACK
from mediaserver.dtls import Certificate
from mediaserver.ice import Credentials
from mediaserver.sdp import Codec, Description, Extension, Media, parse, write
from mediaserver.workers import MediaWorker
from native.engine.worker import KIND_AUDIO, Worker

CONNECT_TIMEOUT_S = 30.0
# A minute of the mix at 64 kb/s.
CAPTURE_BYTES = 1 << 19
# Handshakes under way together: the server's part of one is a few milliseconds.
AT_ONCE = 8


def two_way_offer(member: Member, address: tuple[str, int], local: Credentials, certificate: Certificate) -> str:
    """One audio line in both directions, with the address in it, as a browser behind no NAT writes it."""
    payload_type, name, clock_rate, _ = CODECS[KIND_AUDIO][0]
    codec = Codec(payload_type, name, clock_rate, 2, "minptime=10;useinbandfec=1", AUDIO_FEEDBACK)
    extensions = tuple(Extension(number, URIS[name]) for name, number in EXTENSIONS.items())
    fingerprint = certificate.fingerprint
    candidate = f"1 1 udp 2130706431 {address[0]} {address[1]} typ host"
    media = Media(
        "audio", DISCARD_PORT, PROTOCOL, (str(payload_type),), "0", "sendrecv", (codec,), extensions, ssrcs=(member.ssrc,), cname="bench",
        msid="bench bench", ice_ufrag=local.ufrag, ice_password=local.password,
        fingerprints=((fingerprint.algorithm, fingerprint.value),), setup="actpass", candidates=(candidate,), end_of_candidates=True,
        rtcp_mux=True,
    )  # fmt: skip
    return write(Description((media,), ("0",), session_id=member.up, extmap_allow_mixed=True))


class Static(Peer):
    """A connection whose keys are known beforehand: the direct server has no control plane."""

    def open(self, port: int) -> None:
        profile, up, down = keys(Load(), self._id)
        self._worker.transports[self._id] = self
        self._native.transport_open(self._id, **credentials(self._id)[1], controlling=True)
        self._native.transport_extensions(self._id, EXTENSIONS)
        self._native.transport_keys(self._id, profile, up, down)
        self._native.transport_connect(self._id, HOST, port, local_ip=self._address)


class Participants:
    def __init__(self) -> None:
        self._native = Worker("0.0.0.0", 0)
        self._worker = MediaWorker(self._native, 0)
        self._load = MixLoad()
        self._members: list[Member] = []
        self._http: ClientSession | None = None
        self._session: Session | None = None
        self._captures: dict[int, bytearray] = {}
        self._executor = ThreadPoolExecutor(1)
        self._certificate = Certificate.generate()

    async def do_open(self, load: dict[str, Any], core: int | None = None) -> dict[str, Any]:
        pin(core)
        self._load = MixLoad(**load)
        self._members = members(self._load)
        self._worker.start()
        silent = pack(comfort() if self._load.silent == "comfort" else silence())
        spoken = [pack(speech(speaker)) for speaker in range(self._load.speakers)]
        for member in self._members:
            packets = silent if member.speaker is None else spoken[member.speaker]
            self._native.loop_open(member.source, packets, seed=self._load.seed * 1_000_003 + member.number)
        return {"port": self._native.port, "thread": thread_id("tresen-worker")}

    async def do_connect(self, server: dict[str, Any]) -> None:
        """Connects everybody and lets them send; done when everybody hears something."""
        connect = {"direct": self._direct, "whip": self._over_http, "janus": self._janus}[server["kind"]]
        self._http = ClientSession(timeout=ClientTimeout(total=CONNECT_TIMEOUT_S))
        waiting = await connect(server)
        _, late = await asyncio.wait([peer.media for peer in waiting], timeout=CONNECT_TIMEOUT_S)
        if late:
            raise TimeoutError(f"{len(late)} of {len(waiting)} participants heard nothing within {CONNECT_TIMEOUT_S:g} s")
        await asyncio.gather(*(peer.media for peer in waiting))

    async def _direct(self, server: dict[str, Any]) -> list[Peer]:
        peers: list[Peer] = []
        for member in self._members:
            peer = Static(self._worker, member.address(member.up), member.up)
            peer.open(server["port"])
            self._send(member)
            self._listen(member, member.up, peer, [])
            peers.append(peer)
        return peers

    async def _over_http(self, server: dict[str, Any]) -> list[Peer]:
        """Everybody publishes by WHIP and gets the mix by WHEP."""
        service = Service(server["http_port"], server["key"], server["secret"])

        async def join(member: Member) -> Peer:
            assert self._http is not None
            room = f"mixed{member.room}"
            up = Call(self._worker, member.publication(), member.up)
            await up.open(self._http, service, room, self._certificate, self._executor)
            self._send(member)
            await asyncio.wait_for(up.keyed, CONNECT_TIMEOUT_S)
            down = Call(self._worker, member.subscription(), member.down)
            await down.open(self._http, service, room, self._certificate, self._executor, query="?audio=mixed")
            self._listen(member, member.down, down, down.ssrcs)
            await asyncio.wait_for(down.keyed, CONNECT_TIMEOUT_S)
            return down

        return await self._a_few_at_once(join)

    async def _janus(self, server: dict[str, Any]) -> list[Peer]:
        """One connection for both directions, as the AudioBridge has it; to a port of Janus' each, so all may come from one address."""
        address = own_address(), self._native.port
        assert self._http is not None
        session = self._session = Session(self._http, server["port"])
        await session.open()
        for room in range(self._load.rooms):
            await session.create(room + 1, self._load)

        async def join(member: Member) -> Peer:
            peer = Peer(self._worker, "", member.up)
            local = Credentials.generate()
            body = two_way_offer(member, address, local, self._certificate)
            answer = parse(await session.join(member.room + 1, member.person, self._load, body))
            peer.accept(answer, local, self._certificate, self._executor)
            self._send(member)
            self._listen(member, member.up, peer, [])
            await asyncio.wait_for(peer.keyed, CONNECT_TIMEOUT_S)
            return peer

        return await self._a_few_at_once(join)

    async def _a_few_at_once(self, join: Any) -> list[Peer]:
        """Joins for everybody, in order."""
        peers: list[Peer] = []
        for at in range(0, len(self._members), AT_ONCE):
            peers += await asyncio.gather(*(join(member) for member in self._members[at : at + AT_ONCE]))
        return peers

    def _send(self, member: Member) -> None:
        self._native.consumer_open(member.source, member.up, KIND_AUDIO, "0", member.ssrc, 0, CODECS[KIND_AUDIO])
        self._native.consumer_attach(member.source, member.source)

    def _listen(self, member: Member, transport: int, peer: Peer, ssrcs: list[tuple[int, int]]) -> None:
        self._worker.media[member.sink] = peer
        known = [pair for pair in ssrcs if pair[0]]
        # A mix that is lost is not asked for again: no server of the comparison has it.
        self._native.producer_open(member.sink, transport, KIND_AUDIO, "0", CODECS[KIND_AUDIO], ssrcs=known, nack=False, pli=False)

    async def do_sample(self) -> dict[str, Any]:
        """What each has received so far: packets, and how many there were by their numbers."""
        counters = self._native.counters()
        packets, expected = [], []
        for member in self._members:
            stats = await self._worker.stats(self._native.producer_stats, member.sink)
            packets.append(stats["packets"])
            expected.append(stats["expected"])
        traffic = self._native.traffic()
        late = {"late": traffic["late_frames"], "sent": traffic["sent"]}
        return {"packets": packets, "expected": expected, "counters": counters, "monotonic_s": time.monotonic(), **late}

    async def do_listen(self) -> None:
        """Begins to keep what the sampled members hear."""
        for member in sampled(self._load):
            self._captures[member.number] = bytearray(CAPTURE_BYTES)
            self._native.capture_open(member.sink, self._captures[member.number])

    async def do_hear(self) -> list[dict[str, Any]]:
        """What the sampled members heard: how much of each speaker, how loud."""
        out = []
        for member in sampled(self._load):
            packets = [payload for _, payload in unpack_capture(self._captures[member.number])]
            out.append({"member": member.number, "speaker": member.speaker, **heard(packets, self._load.speakers)})
        return out

    async def do_close(self) -> None:
        if self._session is not None:
            await self._session.close()
        if self._http is not None:
            await self._http.close()
        self._worker.stop()
        self._executor.shutdown()


async def main() -> None:
    await serve(Participants())


if __name__ == "__main__":
    uvloop.run(main())
