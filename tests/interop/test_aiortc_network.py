"""aiortc on other and on worse networks: IPv6, a wildcard socket, a mapped port, loss repaired by NACK, an ICE restart."""

import asyncio
import contextlib

import aioice
import aioice.ice
import pytest
from aiortc.rtcicetransport import RTCIceTransport

from tests.interop.aiortc_peer import AiortcPeer, Picture, Tone
from tests.interop.conftest import PeerMaker
from tests.support.live import Live, living, until
from tests.support.relay import Impairment, relaying

BLUE, RED = (40, 60, 200), (200, 50, 40)


def local_address(transport: RTCIceTransport) -> str:
    """Which of its addresses a peer's media leaves from."""
    return str(transport._connection._nominated[1].local_candidate.host)


async def test_a_call_over_ipv6(peer: PeerMaker) -> None:
    async with living(udp_host="::1", announced_addresses=["::1"]) as live:
        alice, bob = peer(live, "alice"), peer(live, "bob")
        await alice.publish(Picture(BLUE), Tone(440))
        await bob.subscribe()
        await bob.watch("video").sees(BLUE)
        await bob.watch("audio").hears(440)
        assert {local_address(each.dtls.transport) for each in (alice, bob)} == {"::1"}


@pytest.mark.parametrize("families", [("127.0.0.1", "::1"), ("::1", "127.0.0.1")], ids=["4to6", "6to4"])
async def test_a_wildcard_socket_joins_both_families(peer: PeerMaker, monkeypatch: pytest.MonkeyPatch, families: tuple[str, str]) -> None:
    async with living(udp_host="::", announced_addresses=["127.0.0.1", "::1"]) as live:
        alice, bob = peer(live, "alice"), peer(live, "bob")
        monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda **_: [families[0]])
        await alice.publish(Picture(BLUE), Tone(440))
        monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda **_: [families[1]])
        await bob.subscribe()
        await bob.watch("video").sees(BLUE)
        await bob.watch("audio").hears(440)
        assert (local_address(alice.dtls.transport), local_address(bob.dtls.transport)) == families


async def test_the_announced_port_is_the_one_that_is_used(peer: PeerMaker) -> None:
    async with relaying() as relay, living(announced_addresses=[relay.endpoint]) as live:
        relay.target = ("127.0.0.1", live.server.workers[0].port)
        alice, bob = peer(live, "alice"), peer(live, "bob")
        await alice.publish(Picture(BLUE))
        await bob.subscribe(audio=0)
        await bob.watch("video").sees(BLUE)
        assert relay.clients == 2 and relay.sent_up.forwarded > 20 and relay.sent_down.forwarded > 20
        assert f" {live.server.workers[0].port} " not in alice.answer + bob.answer


LOSS, DELAY, REORDER = Impairment(loss=0.1), Impairment(delay_s=0.02), Impairment(loss=0.03, delay_s=0.01, reorder=0.1)


@pytest.mark.parametrize(
    ("codec", "network"),
    [("VP8", LOSS), ("H264", LOSS), ("VP8", DELAY), ("VP8", REORDER)],
    ids=["VP8-loss", "H264-loss", "VP8-delay", "VP8-reorder"],
)
async def test_a_bad_network_is_repaired(peer: PeerMaker, codec: str, network: Impairment) -> None:
    """Between everybody and the server, both ways, the handshakes included."""
    async with relaying(seed=11, up=network, down=network) as relay, living(announced_addresses=[relay.endpoint]) as live:
        relay.target = ("127.0.0.1", live.server.workers[0].port)
        alice, bob = peer(live, "alice"), peer(live, "bob")
        await alice.publish(Picture(BLUE), Tone(440), codec)
        await bob.subscribe()
        # Where packets are lost and not repaired, hardly three frames in a row are whole.
        await bob.watch("video").sees(BLUE, 75)
        # Nobody repairs audio here: aiortc asks for no retransmission of it.
        await bob.watch("audio").hears(440, 0.5 if network.loss else 0.9)
        counted = live.counters()
        repairs = [counted[name] for name in ("nack_sent", "packets_recovered", "nack_received", "packets_sent_rtx")]
        # Without loss there is nothing to repair, but where a starved machine's socket overflows.
        assert all(repairs) if network.loss else max(repairs) <= 0.02 * counted["packets_received_video"], counted


class Restartable:
    """aiortc cannot restart ICE: under its DTLS, this takes a new aioice connection in beside the old one."""

    def __init__(self, transport: RTCIceTransport) -> None:
        self._transport = transport
        self._inbox: asyncio.Queue[bytes] = asyncio.Queue()
        self._pumps: list[asyncio.Task[None]] = []
        self.received: list[int] = []  # datagrams by connection

    def take(self, connection: aioice.Connection) -> None:
        """Sends over this one from now on, and receives from all so far."""
        self._pumps.append(asyncio.create_task(self._pump(connection, len(self.received))))
        self.received.append(0)
        self._transport._send, self._transport._recv = connection.send, self._inbox.get

    async def _pump(self, connection: aioice.Connection, number: int) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                self._inbox.put_nowait(await connection.recv())
                self.received[number] += 1

    def stop(self) -> None:
        for pump in self._pumps:
            pump.cancel()


async def restart(each: AiortcPeer) -> tuple[aioice.Connection, str]:
    """PATCHes new credentials and connects new sockets with the server's; gives its fragment, too."""
    connection = aioice.Connection(ice_controlling=True)
    await connection.gather_candidates()
    fragment = await each.patch(f"a=ice-ufrag:{connection.local_username}\r\na=ice-pwd:{connection.local_password}\r\n")
    attributes = dict(line.removeprefix("a=").partition(":")[::2] for line in fragment.splitlines() if line.startswith("a="))
    connection.remote_is_lite = "ice-lite" in attributes
    connection.remote_username, connection.remote_password = attributes["ice-ufrag"], attributes["ice-pwd"]
    await connection.add_remote_candidate(aioice.Candidate.from_sdp(attributes["candidate"]))
    await connection.add_remote_candidate(None)
    await connection.connect()
    return connection, fragment


async def moved(path: Restartable, datagrams: int) -> None:
    """Waits until nothing comes to the old address any more while so many come to the new one; some may still wait to be read."""
    old, new = path.received

    def quiet() -> bool:
        nonlocal old, new
        if path.received[0] != old:
            old, new = path.received
        return path.received[1] >= new + datagrams

    await until(quiet, "the old address to be left", lambda: path.received)


@pytest.mark.parametrize("who", ["publisher", "subscriber"])
async def test_media_moves_to_other_addresses_by_an_ice_restart(live: Live, peer: PeerMaker, who: str) -> None:
    alice, bob = peer(live, "alice"), peer(live, "bob")
    path: Restartable | None = None
    new: aioice.Connection | None = None
    try:
        await alice.publish(Picture(BLUE), Tone(440))
        await bob.subscribe()
        moving = alice if who == "publisher" else bob
        transport = moving.dtls.transport
        path = Restartable(transport)
        path.take(transport._connection)
        # One datagram of the old connection still goes to the receive that DTLS waits in already.
        await bob.watch("video").sees(BLUE)

        handshakes = live.counters()["packets_received_dtls"]
        new, fragment = await restart(moving)
        assert f"a=ice-ufrag:{live.server.sessions[moving.location.rpartition('/')[2]].transport.local.ufrag}" in fragment
        assert "a=ice-lite" in fragment and new.remote_username not in moving.answer
        path.take(new)
        await until(lambda: path.received[1] > 2, "the server to send to the new address")
        await moved(path, 3 if who == "publisher" else 50)  # a publisher gets reports only
        bob.watch("video").forget()
        await bob.watch("video").flows(BLUE)
        assert live.counters()["packets_received_dtls"] == handshakes, "the handshakes of the beginning were enough"
    finally:
        if path is not None:
            path.stop()
        if new is not None:
            await new.close()


async def test_a_restart_that_finds_no_path_leaves_the_call_as_it_is(live: Live, peer: PeerMaker) -> None:
    alice, bob = peer(live, "alice"), peer(live, "bob")
    await alice.publish(Picture(BLUE))
    await bob.subscribe(audio=0)
    await bob.watch("video").sees(BLUE)
    fragment = await bob.patch("a=ice-ufrag:elsewhere\r\na=ice-pwd:nobodysendschecksfromthere\r\n")
    assert "a=candidate:" in fragment
    bob.watch("video").forget()
    await bob.watch("video").flows(BLUE)
