"""One transport from validated address to goodbye: a fake worker in the middle, a real DTLS session at the other end, no socket."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Executor, Future
from typing import Any

import pytest

from mediaserver import MediaServer, sdp
from mediaserver.dtls import Certificate, DtlsSession, DtlsState, Fingerprint, SrtpKeys
from mediaserver.participant import Publication, Subscription
from mediaserver.transport import SETTLE_AFTER_S, TransportState
from tests.support.fake_worker import FakeWorker
from tests.support.serving import fake, offer, serving

# Turns of the loop: more than one answer takes from event to command.
QUIET_TURNS = 20


class AtOnce(Executor):
    """Does a thread's work in the loop, so that what is finished when does not depend on the machine."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@pytest.fixture
async def server() -> AsyncIterator[MediaServer]:
    async with serving() as running:
        running.executor.shutdown()
        running._executor = AtOnce()  # type: ignore[assignment]  # any executor does
        yield running


class Peer:
    """The far end: an offer with our own certificate, and the DTLS datagrams carried by hand."""

    def __init__(self, server: MediaServer, name: str = "chromium-publish", *, setup: str = "actpass", forge: bool = False) -> None:
        self.certificate = Certificate.generate()
        shown = Certificate.generate() if forge else self.certificate
        text = offer(name).replace("setup:actpass", f"setup:{setup}")
        lines = [f"a=fingerprint:{shown.fingerprint}" if line.startswith("a=fingerprint:") else line for line in text.split("\r\n")]
        room = server.room("shop")
        self.session: Publication | Subscription
        make = room.publish if "publish" in name else room.subscribe
        self.session, answer = make("alice", "\r\n".join(lines))
        media = next(line for line in sdp.parse(answer).media if line.port)
        role = "server" if media.setup == "active" else "client"
        self.dtls = DtlsSession(self.certificate, role, [Fingerprint(*each) for each in media.fingerprints])  # type: ignore[arg-type]  # str
        self.worker: FakeWorker = fake(server)
        self.sent = 0
        self.now_s = 0.0

    @property
    def id(self) -> int:
        return self.session.transport.id

    def connect(self) -> None:
        self.worker.inject(("transport_connected", self.id, "192.0.2.9", 5000))
        self.dtls.start(self.now_s)

    async def pump(self, *, rounds: int | None = None) -> None:
        """Carries datagrams to and fro until both sides are quiet, or so many times."""
        quiet = done = 0
        while quiet < QUIET_TURNS and (rounds is None or done < rounds):
            down = [command[2] for command in self.worker.named("transport_dtls") if command[1] == self.id]
            up = self.dtls.outgoing()
            for datagram in up:
                self.worker.inject(("transport_dtls", self.id, datagram))
            for datagram in down[self.sent :]:
                self.dtls.receive(datagram, self.now_s)
            quiet = 0 if up or down[self.sent :] else quiet + 1
            done += 1
            self.sent = len(down)
            await asyncio.sleep(0)

    def keys(self) -> list[tuple[Any, ...]]:
        return [command[2:] for command in self.worker.named("transport_keys") if command[1] == self.id]


@pytest.mark.parametrize(("setup", "role"), [("actpass", "client"), ("active", "client"), ("passive", "server")])
async def test_handshake_gives_both_ends_the_same_keys(server: MediaServer, setup: str, role: str) -> None:
    peer = Peer(server, setup=setup)
    assert peer.dtls.role == role
    await peer.pump()
    assert peer.session.transport.state is TransportState.NEW and not peer.worker.named("transport_dtls")
    peer.connect()
    await peer.pump()
    assert peer.session.transport.state is TransportState.KEYED
    theirs = peer.dtls.keys
    assert isinstance(theirs, SrtpKeys) and peer.keys() == [(theirs.profile, theirs.receive_key, theirs.send_key)]
    assert theirs.profile == 0x0007


async def test_verified_packet_settles_the_handshake(server: MediaServer) -> None:
    peer = Peer(server)
    peer.connect()
    await peer.pump()
    assert not server._connecting
    peer.worker.inject(("transport_secure", peer.id), ("transport_connected", peer.id, "192.0.2.9", 5001))
    await peer.pump()
    transport = peer.session.transport
    assert transport.state is TransportState.SECURE and transport._settling is None
    assert transport._dtls is not None and transport._dtls.state is DtlsState.SETTLED
    assert len(peer.keys()) == 1  # a moved address starts nothing anew


async def test_silent_viewer_stays_and_is_settled_by_time(server: MediaServer, monkeypatch: pytest.MonkeyPatch) -> None:
    peer = Peer(server, "chromium-subscribe")
    peer.connect()
    await peer.pump()
    transport = peer.session.transport
    assert transport._settling is not None
    assert 0 < transport._settling.when() - asyncio.get_running_loop().time() <= SETTLE_AFTER_S
    server.close_overdue(peer.session.opened_s + 1e6)
    assert not peer.session.closed
    transport._settle()
    await peer.pump()
    assert transport._dtls is not None and transport._dtls.state is DtlsState.SETTLED


@pytest.mark.parametrize("setup", ["actpass", "passive"])
async def test_other_certificate_ends_the_session_without_keys(server: MediaServer, setup: str) -> None:
    peer = Peer(server, setup=setup, forge=True)
    peer.connect()
    await peer.pump()
    assert peer.session.closed and peer.keys() == [] and not server.rooms
    assert 'tresen_dtls_handshakes_total{result="fingerprint"} 1.0' in server.metrics.render()[0].decode()


@pytest.mark.parametrize("settled", [False, True])
async def test_goodbye_of_the_peer_ends_the_session(server: MediaServer, settled: bool) -> None:
    peer = Peer(server)
    peer.connect()
    await peer.pump()
    if settled:
        peer.worker.inject(("transport_secure", peer.id))
        await peer.pump()
    peer.dtls.close()
    await peer.pump()
    assert peer.session.closed and not server.sessions


async def test_our_end_says_goodbye(server: MediaServer) -> None:
    peer = Peer(server)
    peer.connect()
    await peer.pump()
    peer.session.close()
    names = [command[0] for command in peer.worker.commands]
    assert names[-2:] == ["transport_dtls", "transport_close"]
    peer.dtls.receive(peer.worker.commands[-2][2], peer.now_s)
    assert peer.dtls.state is DtlsState.CLOSED


async def test_end_in_the_middle_of_a_handshake_is_quiet(server: MediaServer) -> None:
    peer = Peer(server)
    peer.connect()
    await peer.pump(rounds=3)
    peer.session.close()
    await peer.pump()
    assert peer.keys() == [] or peer.session.transport.state is TransportState.CLOSED
    assert not server.sessions and not peer.worker.transports
