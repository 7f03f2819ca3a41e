"""GStreamer's webrtcbin (libnice, its own DTLS and RTP) publishes and subscribes, and crosses with aiortc; decoded media is checked."""

import pytest

from tests.interop.aiortc_peer import Picture, Tone
from tests.interop.conftest import GstreamerMaker, PeerMaker
from tests.support.live import Live, living, until
from tests.support.relay import Impairment, relaying
from tests.support.seeing import steps

BLUE = (40, 60, 200)


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_gstreamer_publishes_to_gstreamer_and_aiortc(live: Live, peer: PeerMaker, gstreamer: GstreamerMaker, codec: str) -> None:
    alice, bob, carol = gstreamer(live, "alice"), gstreamer(live, "bob"), peer(live, "carol")
    await carol.subscribe()
    await bob.subscribe()
    await alice.publish(BLUE, 440, codec)
    for frames in (await bob.sees(BLUE), await carol.watch("video").sees(BLUE)):
        assert all(frame.shows(BLUE) for frame in frames) and set(steps(frames)) == {1}
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
    frames = await bob.sees(BLUE)
    await bob.hears(440)
    assert all(frame.shows(BLUE) for frame in frames) and set(steps(frames)) == {1}


async def test_a_reloaded_publisher_comes_back_to_gstreamer_without_renegotiation(
    live: Live, peer: PeerMaker, gstreamer: GstreamerMaker
) -> None:
    bob = gstreamer(live, "bob")
    await bob.subscribe()
    await peer(live, "alice").publish(Picture(BLUE), Tone(440))
    await bob.sees(BLUE)
    await peer(live, "alice").publish(Picture((200, 50, 40)), Tone(660))
    await bob.sees((200, 50, 40))
    await bob.hears(660)


async def test_loss_between_gstreamer_peers_is_repaired(gstreamer: GstreamerMaker) -> None:
    network = Impairment(loss=0.1)
    async with relaying(seed=3, up=network, down=network) as relay, living(announced_addresses=[relay.endpoint]) as live:
        relay.target = ("127.0.0.1", live.server.workers[0].port)
        alice, bob = gstreamer(live, "alice"), gstreamer(live, "bob")
        await alice.publish(BLUE, 440)
        await bob.subscribe()
        frames = await bob.sees(BLUE, 45)
        whole = [frame for frame in frames if frame.shows(BLUE)]
        assert len(whole) >= 0.9 * (sum(steps(frames)) + 1), steps(frames)
        counted = live.counters()
        assert all(counted[name] for name in ("nack_sent", "packets_recovered", "nack_received", "packets_sent_rtx")), counted
