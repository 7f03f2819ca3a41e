"""Two browsers and a supervisor's aiortc client in a mixed room: what each decodes tells whom it hears, also while supervised.

The server is embedded in the test, as in a program that steers its calls by the Python interface.
"""

import asyncio
import time
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import aioice.ice
import numpy as np
import pytest
from aiohttp import web

from mediaserver import Clip
from mediaserver.events import DtmfReceived
from signalling import pages, site
from tests.e2e.browsers import CallPage, chromium
from tests.e2e.participant import DEADLINE_S
from tests.e2e.sources import Caller, write_wav
from tests.interop.aiortc_peer import AiortcPeer, Tone
from tests.support.live import Live, living
from tests.support.seeing import RATE, levels, tone
from tests.support.watch import ABSENT, PRESENT

CUSTOMER, REP, BOSS, MUSIC, NOTICE = EVERYTHING = (430.0, 710.0, 1170.0, 1570.0, 1930.0)
AMPLITUDE = 0.19
LISTEN_S = 1.2


def humming(caller: Caller, folder: Path, frequency_hz: float) -> Caller:
    """The caller with a sine in place of speech; a second of it can be repeated without a seam."""
    sound = tone(frequency_hz, 0, RATE, AMPLITUDE).astype(np.float32) / 32768
    wav = folder / f"{frequency_hz:g}.wav"
    write_wav(wav, sound)
    return replace(caller, wav=wav, speech=sound)


async def hears_of(page: CallPage, wanted: Collection[float]) -> None:
    """Listens until a whole second has the wanted tones and nothing of the others."""
    end_s, found = time.monotonic() + DEADLINE_S, {}
    while time.monotonic() < end_s:
        sound = (await page.record(LISTEN_S))[-RATE:]
        found = levels((np.clip(sound, -1, 1) * 32767).astype(np.int16), EVERYTHING)
        if all(level > PRESENT if each in wanted else level < ABSENT for each, level in found.items()):
            return
    raise AssertionError(f"not {sorted(wanted)} alone: {found}; {await page.state()}")


def mount(application: web.Application) -> None:
    """The call page and its files."""
    built = site.Built(site.require(site.dist_folder()))
    pages.mount(application, None, built)
    site.mount_assets(application, built)


async def enter(live: Live, page: CallPage, identity: str) -> None:
    _, token = live.endpoint("whep", identity)
    await page.page.goto(f"{live.url}/call/shop?processing=off#token={token}")
    await page.page.click("#join:enabled")


async def test_a_supervisor_monitors_whispers_and_barges(
    tmp_path: Path, customer: Caller, rep: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"] * use_ipv4)
    voices = humming(customer, tmp_path, CUSTOMER), humming(rep, tmp_path, REP)
    async with living(mount, audio_mode="mixed") as live, chromium(voices[0]) as one, chromium(voices[1]) as two:
        room, events = live.server.room("shop"), live.server.events()
        room.monitor("boss")
        speaking, listening = AiortcPeer(live, "boss"), AiortcPeer(live, "boss")
        try:
            await asyncio.gather(enter(live, one, "customer"), enter(live, two, "rep"))
            await speaking.publish(sound=Tone(BOSS, AMPLITUDE))
            await listening.subscribe(video=0)
            boss = listening.watch("audio")

            async def check(to_customer: Collection[float], to_rep: Collection[float], to_boss: Collection[float]) -> None:
                await asyncio.gather(hears_of(one, to_customer), hears_of(two, to_rep), boss.hears_of(EVERYTHING, to_boss))

            await check({REP}, {CUSTOMER}, {CUSTOMER, REP})
            assert room.whisper("boss", to="rep")
            await check({REP}, {CUSTOMER, BOSS}, {CUSTOMER, REP})
            assert room.barge("boss")
            await check({REP, BOSS}, {CUSTOMER, BOSS}, {CUSTOMER, REP})
            assert room.monitor("boss")
            await check({REP}, {CUSTOMER}, {CUSTOMER, REP})
            # Pictures are forwarded beside the mix, and one's own is not.
            await asyncio.gather(one.sees(rep), two.sees(customer))

            assert room.hold("customer", music=Clip.tone(MUSIC))
            await check({MUSIC}, set(), {REP})
            notice = room.announce(Clip.tone(NOTICE), to="customer", others=1.0, loop=True)
            await check({MUSIC, NOTICE}, set(), {REP})
            notice.stop()
            assert room.resume("customer")
            await check({REP}, {CUSTOMER}, {CUSTOMER, REP})

            await one.page.evaluate(
                "tresenCall.publisher.connection.getSenders().find((each) => each.track.kind === 'audio').dtmf.insertDTMF('5#')"
            )
            keys: list[str] = []
            async with asyncio.timeout(DEADLINE_S):
                while len(keys) < 2:
                    event = await anext(events)
                    if isinstance(event, DtmfReceived) and event.identity == "customer":
                        keys.append(event.digit)
            assert keys == ["5", "#"] and one.errors == two.errors == []
        finally:
            await asyncio.gather(speaking.close(), listening.close())
