"""aiortc publishes and subscribes: what is decoded is the picture and the tone that were sent, through every change of the call."""

import pytest
from aiortc import RTCBundlePolicy
from aiortc.rtcdtlstransport import SRTP_AEAD_AES_128_GCM, SRTP_AEAD_AES_256_GCM, SRTP_AES128_CM_SHA1_80, SRTPProtectionProfile

from tests.interop.aiortc_peer import AiortcPeer, Picture, Tone
from tests.interop.conftest import PeerMaker
from tests.support.live import Live, until

BLUE, RED = (40, 60, 200), (200, 50, 40)


async def receives(subscriber: AiortcPeer, colour: tuple[int, int, int], frequency_hz: float, index: int = 0) -> None:
    await subscriber.watch("video", index).sees(colour)
    await subscriber.watch("audio", index).hears(frequency_hz)


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_decodes_the_published_picture_and_tone(live: Live, peer: PeerMaker, codec: str) -> None:
    alice, bob = peer(live, "alice"), peer(live, "bob")
    await alice.publish(Picture(BLUE), Tone(440), codec)
    await bob.subscribe()
    await bob.watch("video").flows(BLUE)
    await bob.watch("audio").hears(440)
    assert f" {codec}/90000" in alice.answer and alice.answer.count("/90000") == 2, "one codec and its RTX"
    counted = live.counters()
    # None, but where a starved machine's socket overflows.
    assert counted["packets_lost"] <= 0.01 * counted["packets_received_video"], counted


async def test_silence_is_decoded_as_silence(live: Live, peer: PeerMaker) -> None:
    alice, bob = peer(live, "alice"), peer(live, "bob")
    await alice.publish(sound=Tone(0))
    await bob.subscribe(video=0)
    await until(lambda: bob.watch("audio").seconds > 1, "a second of sound")
    assert bob.watch("audio").heard().is_silence()


async def test_two_participants_see_and_hear_each_other_and_not_themselves(live: Live, peer: PeerMaker) -> None:
    for identity, colour, frequency_hz in (("alice", BLUE, 440), ("bob", RED, 660)):
        await peer(live, identity).publish(Picture(colour), Tone(frequency_hz))
    to_alice, to_bob = peer(live, "alice"), peer(live, "bob")
    await to_alice.subscribe()
    await to_bob.subscribe()
    await receives(to_alice, RED, 660)
    await receives(to_bob, BLUE, 440)
    assert all(frame.shows(RED) for frame in to_alice.watch("video").frames)
    assert all(frame.shows(BLUE) for frame in to_bob.watch("video").frames)


async def test_several_publishers_come_on_lines_of_their_own(live: Live, peer: PeerMaker) -> None:
    # aiortc's default policy loses track of a second line of a kind.
    carol = peer(live, "carol", bundle=RTCBundlePolicy.MAX_BUNDLE)
    await carol.subscribe(audio=2, video=2)
    await peer(live, "alice").publish(Picture(BLUE), Tone(440))
    await peer(live, "bob").publish(Picture(RED), Tone(660))
    await receives(carol, BLUE, 440, 0)
    await receives(carol, RED, 660, 1)


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_a_subscriber_who_waits_gets_whoever_comes_and_comes_back(live: Live, peer: PeerMaker, codec: str) -> None:
    """No renegotiation: the subscriber's session stays through the publisher's first, second and (other codec's) third session."""
    bob = peer(live, "bob")
    await bob.subscribe()
    first, second, third = (peer(live, "alice") for _ in range(3))
    await first.publish(Picture(BLUE), Tone(440))
    await receives(bob, BLUE, 440)
    await second.publish(Picture(RED), Tone(660), codec)
    await receives(bob, RED, 660)
    await until(lambda: first.dtls.state == "closed", "the replaced session to be told")
    assert await second.delete() == 200
    bob.watch("video").forget()
    await third.publish(Picture(BLUE), Tone(440))
    await receives(bob, BLUE, 440)
    assert all(frame.shows(RED) or frame.shows(BLUE) for frame in bob.watch("video").frames), "every change is clean"
    assert len(bob.tracks) == 2 and bob.pc.connectionState == "connected"


async def test_delete_stops_media_and_frees_everything(live: Live, peer: PeerMaker) -> None:
    alice, bob = peer(live, "alice"), peer(live, "bob")
    await alice.publish(Picture(BLUE), Tone(440))
    await bob.subscribe()
    await bob.watch("video").sees(BLUE)
    counted = live.counters
    assert [counted()[name] for name in ("transports", "producers", "consumers")] == [2, 2, 2]

    assert await alice.delete() == 200
    await until(lambda: counted()["producers"] == 0, "the producers to be gone")
    assert [counted()[name] for name in ("transports", "consumers")] == [1, 2]
    await until(lambda: alice.dtls.state == "closed", "the publisher to be told")
    # The subscriber's reports go on: as long as two of them take, nothing is sent to it.
    before = counted()
    await until(lambda: counted()["packets_received_rtcp"] >= before["packets_received_rtcp"] + 2, "two more reports")
    assert [counted()[name] - before[name] for name in ("packets_sent_video", "packets_sent_audio", "packets_sent_rtx")] == [0, 0, 0]

    assert await bob.delete() == 200
    await until(lambda: counted()["transports"] == 0, "the transports to be gone")
    assert [counted()[name] for name in ("transports_secure", "producers", "consumers", "history_bytes")] == [0, 0, 0, 0]
    await until(lambda: bob.watch("video").ended, "the subscriber's track to end")
    worker = live.server.workers[0]
    assert not (worker.transports or worker.media or live.server.rooms or live.server.sessions)
    assert await alice.delete() == 404


@pytest.mark.parametrize(
    ("offered", "agreed"),
    [
        ((), "SRTP_AEAD_AES_128_GCM"),
        ((SRTP_AEAD_AES_256_GCM, SRTP_AES128_CM_SHA1_80), "SRTP_AEAD_AES_256_GCM"),
        ((SRTP_AES128_CM_SHA1_80,), "SRTP_AES128_CM_SHA1_80"),
        ((SRTP_AES128_CM_SHA1_80, SRTP_AEAD_AES_128_GCM), "SRTP_AEAD_AES_128_GCM"),
    ],
    ids=["all", "256", "cm", "cm-first"],
)
async def test_is_the_dtls_server_and_picks_the_cheapest_profile(
    live: Live, peer: PeerMaker, offered: tuple[SRTPProtectionProfile, ...], agreed: str
) -> None:
    alice, bob = peer(live, "alice", profiles=offered), peer(live, "bob")
    await alice.publish(Picture(BLUE), Tone(440))
    await bob.subscribe()
    await bob.watch("video").sees(BLUE)
    assert (alice.dtls._role, alice.srtp_profile, bob.srtp_profile) == ("client", agreed, "SRTP_AEAD_AES_128_GCM")
    back = peer(live, "alice", profiles=offered)
    await peer(live, "bob").publish(Picture(RED))
    await back.subscribe()
    await back.watch("video").sees(RED)
    assert "setup:passive" in back.answer and back.srtp_profile == agreed
