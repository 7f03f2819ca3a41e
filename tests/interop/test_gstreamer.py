"""GStreamer's webrtcbin (libnice, its own DTLS and RTP) publishes and subscribes, and crosses with aiortc; decoded media is checked."""

import pytest

from tests.interop.aiortc_peer import Picture, Tone
from tests.interop.conftest import GstreamerMaker, PeerMaker
from tests.support.live import Live, living, until
from tests.support.relay import Impairment, relaying
from tests.support.seeing import Seen, steps

BLUE, RED = (40, 60, 200), (200, 50, 40)


def flows(frames: list[Seen]) -> bool:
    """Nothing is repeated or out of order, and the latest come one after the other.

    Not more: on a busy machine GStreamer's own jitter buffer gives up on packets that it has not read in time.
    """
    return max(steps(frames)) < 128 and set(steps(frames[-10:])) == {1}


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_gstreamer_publishes_to_gstreamer_and_aiortc(live: Live, peer: PeerMaker, gstreamer: GstreamerMaker, codec: str) -> None:
    alice, bob, carol = gstreamer(live, "alice"), gstreamer(live, "bob"), peer(live, "carol")
    await carol.subscribe()
    await bob.subscribe()
    await alice.publish(BLUE, 440, codec)
    assert flows(await bob.sees(BLUE)) and flows(await carol.watch("video").sees(BLUE))
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
    assert flows(await bob.sees(BLUE))
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

    Loss begins after the handshake: while that is repeated, webrtcbin queues media, and would send seconds of it as one burst.
    """
    async with relaying(seed=3) as relay, living(announced_addresses=[relay.endpoint]) as live:
        relay.target = ("127.0.0.1", live.server.workers[0].port)
        alice, bob = gstreamer(live, "alice"), peer(live, "bob")
        await bob.subscribe()
        await alice.publish(BLUE, 440, codec)
        await bob.watch("video").sees(BLUE, 5)
        relay.up = relay.down = Impairment(loss=0.1)
        bob.watch("video").forget()
        frames = await bob.watch("video").sees(BLUE, 40)
        whole = [frame for frame in frames if frame.shows(BLUE)]
        assert len(whole) >= 0.9 * (sum(steps(frames)) + 1), steps(frames)
        counted = live.counters()
        assert all(counted[name] for name in ("nack_sent", "packets_received_rtx", "packets_recovered")), counted
        assert await alice.leave() == 0
