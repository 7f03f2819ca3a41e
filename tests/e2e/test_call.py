"""A call between two browsers: both see and hear the very other one, for ten seconds, encrypted as agreed, and survive a reload."""

import asyncio
import time

import pytest

from tests.e2e.browsers import CallPage, chromium, screenshot
from tests.e2e.hearing import OTHER, same_speech
from tests.e2e.program import Demo
from tests.e2e.sources import ALIKE, UNLIKE, Caller, likeness

WATCH_S = 10.0
FPS_LEAST = 10.0
CODECS = ("VP8", "VP9", "H264", "AV1")


async def check_moving(pages: list[CallPage], seconds: float) -> None:
    """Both decode at least 10 frames a second of at least 320 x 240, over this time."""
    before, start_s = [await page.seeing() for page in pages], time.monotonic()
    await asyncio.sleep(seconds)
    after, passed_s = [await page.receiving() for page in pages], time.monotonic() - start_s
    for old, new in zip(before, after, strict=True):
        assert (new["framesDecoded"] - old["framesDecoded"]) / passed_s >= FPS_LEAST, new
        assert new["width"] * new["height"] >= 320 * 240 and min(new["width"], new["height"]) >= 240, new


async def check_heard_and_seen(page: CallPage, other: Caller, oneself: Caller) -> None:
    """What arrives is the other's speech and picture: neither silence, nor noise, nor one's own."""
    recording = await page.hearing(other)
    assert same_speech(recording, oneself.speech) < OTHER
    thumb = await page.thumb()
    assert likeness(thumb, other.thumbs) > ALIKE
    assert likeness(thumb, oneself.thumbs) < UNLIKE


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
                assert figures[side]["srtpCipher"] in ("AEAD_AES_128_GCM", "SRTP_AEAD_AES_128_GCM")
            assert figures["receiving"]["packetsLost"] == 0
        await one.page.click("#details-button")
        await one.page.wait_for_selector("#numbers tr")
        assert (await screenshot(one, "call")).stat().st_size > 10_000
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
            assert likeness(await page.thumb(), other.thumbs) > ALIKE


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


async def test_a_call_can_be_joined_from_either_side_first_and_hung_up(running: Demo, customer: Caller, rep: Caller) -> None:
    async with chromium(customer) as one, chromium(rep) as two:
        await two.join(running.links["rep"])
        await two.connected()
        assert await two.page.text_content("#waiting-text") == "Waiting for the customer …"
        await one.join(running.links["customer"])
        await two.seeing()
        deleted: list[str] = []
        one.page.on("response", lambda response: deleted.append(response.url) if response.request.method == "DELETE" else None)
        await one.page.click("#hang-up-button")
        await one.page.wait_for_selector("#over:not([hidden])")
        await two.page.wait_for_selector("#waiting:not([hidden])")
        assert "has left" in (await two.page.text_content("#waiting-text") or "")
        while len(deleted) < 2:
            await one.page.wait_for_event("response")
        assert sorted(url.split("/")[3] for url in deleted) == ["whep", "whip"]
