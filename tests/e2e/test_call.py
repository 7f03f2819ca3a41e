"""A call between two browsers: both see and hear the very other one, for ten seconds, encrypted as agreed, and survive a reload."""

import asyncio

import pytest

from tests.e2e.browsers import GCM, CallPage, chromium
from tests.e2e.hearing import OTHER, same_speech
from tests.e2e.program import Demo
from tests.e2e.sources import UNLIKE, Caller, likeness

WATCH_S = 10.0
FPS_LEAST = 10.0
CODECS = ("VP8", "VP9", "H264", "AV1")


async def check_moving(pages: list[CallPage], seconds: float) -> None:
    """Both decode at least 10 frames a second of at least 320 x 240, over this time."""
    await asyncio.gather(*(page.moves(seconds, FPS_LEAST) for page in pages))
    for page in pages:
        now = await page.receiving()
        assert now["width"] * now["height"] >= 320 * 240 and min(now["width"], now["height"]) >= 240, now


async def check_heard_and_seen(page: CallPage, other: Caller, oneself: Caller) -> None:
    """What arrives is the other's speech and picture: neither silence, nor noise, nor one's own."""
    recording = await page.hears(other)
    assert same_speech(recording, oneself.speech) < OTHER
    assert likeness(await page.sees(other), oneself.thumbs) < UNLIKE


async def test_customer_and_rep_see_and_hear_each_other(running: Demo, customer: Caller, rep: Caller) -> None:
    async with chromium(customer) as one, chromium(rep) as two:
        await one.join(running.links["customer"])
        await two.join(running.links["rep"])
        await check_moving([one, two], WATCH_S)
        await check_heard_and_seen(one, rep, customer)
        await check_heard_and_seen(two, customer, rep)
        for page in (one, two):
            figures = await page.figures()
            for side in ("receiving", "sending"):
                assert figures[side]["srtpCipher"] in GCM
            # None, but where a starved browser's socket overflows.
            assert figures["receiving"]["packetsLost"] <= 0.01 * figures["receiving"]["packets"]
        assert one.errors == two.errors == []


@pytest.mark.parametrize("codec", CODECS)
async def test_every_codec_the_browser_encodes_arrives(running: Demo, customer: Caller, rep: Caller, codec: str) -> None:
    async with chromium(customer) as one, chromium(rep) as two:
        await two.page.goto(running.links["rep"])
        able = await two.page.evaluate("RTCRtpSender.getCapabilities('video').codecs.map(codec => codec.mimeType.split('/')[1])")
        if codec not in able:
            pytest.skip(f"this Chromium does not encode {codec}")
        await one.join(running.links["customer"], codec=codec)
        await two.join(running.links["rep"], codec=codec)
        await check_moving([one, two], 3.0)
        for page, other in ((one, rep), (two, customer)):
            figures = await page.figures()
            assert [figures[side]["videoCodec"] for side in ("receiving", "sending")] == [codec, codec]
            await page.sees(other)


async def test_a_reload_brings_the_caller_back_into_the_same_call(running: Demo, customer: Caller, rep: Caller) -> None:
    async with chromium(customer) as one, chromium(rep) as two:
        await one.join(running.links["customer"])
        await two.join(running.links["rep"])
        before = await one.seeing()
        await two.seeing()
        await two.rejoin()
        # The side that stayed keeps its session: its counters go on, and a new key frame comes.
        after = await one.until("a new key frame", lambda now: (now.get("keyFrames") or 0) > before["keyFrames"])
        assert after["framesDecoded"] >= before["framesDecoded"]
        await check_moving([one, two], 2.0)
        await check_heard_and_seen(one, rep, customer)
        await check_heard_and_seen(two, customer, rep)


async def test_an_ice_restart_keeps_the_call(running: Demo, customer: Caller, rep: Caller) -> None:
    credentials = "({sdp}) => sdp.match(/a=ice-ufrag:(\\S+)/)[1]"
    ufrag = f"['localDescription', 'remoteDescription'].map(side => ({credentials})(tresenCall.subscriber.connection[side]))"
    async with chromium(customer) as one, chromium(rep) as two:
        await one.join(running.links["customer"])
        await two.join(running.links["rep"])
        await one.seeing()
        old = await one.page.evaluate(ufrag)
        await one.page.evaluate("Promise.all([tresenCall.subscriber.restart(), tresenCall.publisher.restart()])")
        new = await one.page.evaluate(ufrag)
        assert new[0] != old[0] and new[1] != old[1]
        await one.seeing(30)
        await one.connected()
        await check_moving([one, two], 2.0)


async def test_voices_survive_what_browsers_do_to_them(running: Demo, customer: Caller, rep: Caller) -> None:
    """Echo cancellation, noise suppression, gain control: on, as everybody has them."""
    async with chromium(customer) as one, chromium(rep) as two:
        await one.join_plainly(running.links["customer"])
        await two.join_plainly(running.links["rep"])
        await asyncio.gather(one.seeing(), two.seeing())
        assert same_speech(await one.hears(rep), customer.speech) < OTHER
        assert same_speech(await two.hears(customer), rep.speech) < OTHER
