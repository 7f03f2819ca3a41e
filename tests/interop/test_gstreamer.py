"""GStreamer's webrtcbin (libnice, its own DTLS and RTP) publishes and subscribes, and crosses with aiortc; decoded media is checked."""

import pytest

from tests.interop.aiortc_peer import Picture, Tone
from tests.interop.conftest import GstreamerMaker, PeerMaker
from tests.support.live import Live, living, until
from tests.support.relay import Impairment, relaying
from tests.support.seeing import Colour, steps
from tests.support.watch import Watch

BLUE, RED = (40, 60, 200), (200, 50, 40)


async def flows(watch: Watch, colour: Colour) -> None:
    """Waits until ten pictures come one after the other; up to then none was repeated or out of order.

    Not more: on a busy machine GStreamer's own jitter buffer gives up on packets that it has not read in time.
    """
    await watch.flows(colour, 10)
    whole = [frame for frame in watch.frames if frame.whole]
    assert max(steps(whole)) < 128, steps(whole)


def repaired(live: Live) -> float:
    """Which share of the packets that publishers' networks lost came when we had asked for them."""
    counted = live.counters()
    return counted["packets_recovered"] / max(counted["packets_lost"], 1)


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_gstreamer_publishes_to_gstreamer_and_aiortc(live: Live, peer: PeerMaker, gstreamer: GstreamerMaker, codec: str) -> None:
    alice, bob, carol = gstreamer(live, "alice"), gstreamer(live, "bob"), peer(live, "carol")
    await carol.subscribe()
    await bob.subscribe()
    await alice.publish(BLUE, 440, codec)
    await flows(bob, BLUE)
    await flows(carol.watch("video"), BLUE)
    await bob.hears(440)
    await carol.watch("audio").hears(440)
    assert "a=recvonly" in alice.answer and f" {codec}/90000" in alice.answer

    assert await alice.leave() == 0
    await until(lambda: live.counters()["producers"] == 0, "the publisher's producers to go")
    assert await bob.leave() == 0
    assert await carol.delete() == 200
    await until(lambda: live.counters()["transports"] == 0, "the transports to go")
    assert not live.server.rooms


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_aiortc_publishes_to_gstreamer(live: Live, peer: PeerMaker, gstreamer: GstreamerMaker, codec: str) -> None:
    alice, bob = peer(live, "alice"), gstreamer(live, "bob")
    await alice.publish(Picture(BLUE), Tone(440), codec)
    await bob.subscribe()
    await flows(bob, BLUE)
    await bob.hears(440)


async def test_a_reloaded_publisher_comes_back_to_gstreamer_without_renegotiation(
    live: Live, peer: PeerMaker, gstreamer: GstreamerMaker
) -> None:
    bob = gstreamer(live, "bob")
    await bob.subscribe()
    await peer(live, "alice").publish(Picture(BLUE), Tone(440))
    await bob.sees(BLUE)
    await peer(live, "alice").publish(Picture(RED), Tone(660))
    await bob.sees(RED)
    await bob.hears(660)


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_gstreamer_repairs_what_we_ask_for(peer: PeerMaker, gstreamer: GstreamerMaker, codec: str) -> None:
    """As a publisher only: webrtcbin 1.22 rarely gets to send a NACK of its own within its jitter buffer's 200 ms.

    Loss begins after the handshake: while that is repeated, webrtcbin queues media, and would send seconds of it as one burst. Only the
    publisher's way is bad: what is looked at are our requests and its answers, not how aiortc bears loss.
    """
    async with relaying(seed=3) as relay, living(announced_addresses=[relay.endpoint]) as live:
        relay.target = ("127.0.0.1", live.server.workers[0].port)
        alice, bob = gstreamer(live, "alice"), peer(live, "bob")
        await bob.subscribe()
        relay.spared = relay.clients
        await alice.publish(BLUE, 440, codec)
        await bob.watch("video").sees(BLUE, 5)
        relay.up = relay.down = Impairment(loss=0.1)
        # Losses are counted once a second, repairs at once: many enough that this makes no difference.
        await until(lambda: live.counters()["packets_lost"] >= 30, "30 lost packets", live.counters)
        await until(lambda: repaired(live) >= 0.8, "four of five lost packets to be repaired", live.counters)
        bob.watch("video").forget()
        await bob.watch("video").sees(BLUE, 30)
        counted = live.counters()
        assert counted["nack_sent"] > counted["packets_recovered"] <= counted["packets_received_rtx"], counted
        assert await alice.leave() == 0


async def test_a_gstreamer_client_whose_server_has_ended_hangs_up_quietly(gstreamer: GstreamerMaker) -> None:
    async with living() as live:
        alice = gstreamer(live, "alice")
        await alice.publish(BLUE, 440)
    assert await alice.leave() == 0 and "nobody to hang up with" in alice.error
