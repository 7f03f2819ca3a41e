"""Three aiortc clients in one room: sines in what each of them decodes tell who hears whom, through every call of the room."""

import asyncio
import wave
from collections.abc import Collection
from pathlib import Path

import pytest
from aiortc import RTCBundlePolicy

from mediaserver import Clip, Room
from mediaserver.events import Event, SpeakingChanged
from tests.interop.aiortc_peer import AiortcPeer, Picture, Tone
from tests.interop.conftest import PeerMaker
from tests.support.live import DEADLINE_S, Live, until
from tests.support.seeing import RATE
from tests.support.watch import PRESENT

# No one is a multiple of another's, nor near a sum or difference of two.
CUSTOMER, REP, BOSS, MUSIC, NOTICE = 430.0, 710.0, 1170.0, 1570.0, 1930.0
EVERYTHING = (CUSTOMER, REP, BOSS, MUSIC, NOTICE)
NAMES = {"customer": CUSTOMER, "rep": REP, "boss": BOSS}
# Five of them at once stay below full scale, so that no limiter has to act.
AMPLITUDE = 0.19
MUSIC_CLIP, NOTICE_CLIP = Clip.tone(MUSIC), Clip.tone(NOTICE, [(2, 0)])


class Party:
    """The three, each publishing a tone and listening."""

    def __init__(self, live: Live, peer: PeerMaker) -> None:
        self._live, self._peer = live, peer
        self.listeners: dict[str, AiortcPeer] = {}

    async def join(self, identity: str, *, sound: str = "mixed", lines: int = 1) -> None:
        await self._peer(self._live, identity).publish(sound=Tone(NAMES[identity], AMPLITUDE))
        # aiortc's default policy loses track of a second line of a kind.
        listener = self.listeners[identity] = self._peer(self._live, identity, bundle=RTCBundlePolicy.MAX_BUNDLE)
        await listener.subscribe(audio=lines, video=0, sound=sound)

    async def hear(self, **wanted: Collection[float]) -> None:
        """Waits until each hears exactly these."""
        await asyncio.gather(*(self.listeners[name].watch("audio").hears_of(EVERYTHING, tones) for name, tones in wanted.items()))

    @property
    def room(self) -> Room:
        return self._live.server.room("shop")


@pytest.fixture
def party(live: Live, peer: PeerMaker) -> Party:
    return Party(live, peer)


async def test_supervision_of_a_mixed_call(live: Live, party: Party) -> None:
    events: list[Event] = []

    async def listen() -> None:
        async for event in live.server.events():
            events.append(event)

    listening = asyncio.create_task(listen())
    party.room.monitor("boss")
    for identity in NAMES:
        await party.join(identity)
    await party.hear(customer={REP}, rep={CUSTOMER}, boss={CUSTOMER, REP})
    party.room.whisper("boss", to="rep")
    await party.hear(customer={REP}, rep={CUSTOMER, BOSS}, boss={CUSTOMER, REP})
    party.room.barge("boss")
    await party.hear(customer={REP, BOSS}, rep={CUSTOMER, BOSS}, boss={CUSTOMER, REP})
    party.room.monitor("boss")
    await party.hear(customer={REP}, rep={CUSTOMER}, boss={CUSTOMER, REP})
    party.room.conference("boss")
    await party.hear(customer={REP, BOSS}, rep={CUSTOMER, BOSS}, boss={CUSTOMER, REP})
    stats = await party.room.mixer_stats()
    assert stats["listeners"] == stats["voices"] == 3 and stats["encodes"] > 0, stats
    await until(lambda: {each.identity for each in events if isinstance(each, SpeakingChanged)} == set(NAMES), "all to be seen speaking")
    listening.cancel()


async def test_hold_announcements_and_a_word_aside_in_a_mixed_call(party: Party, tmp_path: Path) -> None:
    for identity in NAMES:
        await party.join(identity)
    room = party.room
    room.hold("customer", music=MUSIC_CLIP)
    await party.hear(customer={MUSIC}, rep={BOSS}, boss={REP})
    notice = room.announce(NOTICE_CLIP, to="customer", others=1.0, loop=True)
    await party.hear(customer={MUSIC, NOTICE}, rep={BOSS}, boss={REP})
    notice.stop()
    await party.hear(customer={MUSIC})
    room.resume("customer")
    await party.hear(customer={REP, BOSS}, rep={CUSTOMER, BOSS}, boss={CUSTOMER, REP})
    aside = room.aside(["rep", "boss"])
    await party.hear(customer=set(), rep={BOSS}, boss={REP})
    aside.end()
    room.set_gain("customer", "boss", 0)
    await party.hear(customer={REP}, rep={CUSTOMER, BOSS}, boss={CUSTOMER, REP})
    for each in party.listeners.values():
        each.watch("audio").forget()
    with wave.open(str(tmp_path / "notice.wav"), "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(RATE)
        file.writeframes(NOTICE_CLIP.samples)
    assert await asyncio.wait_for(room.announce(tmp_path / "notice.wav", others=1.0), DEADLINE_S), "played to its end"
    await party.hear(customer={REP}, rep={CUSTOMER, BOSS}, boss={CUSTOMER, REP})
    for each in party.listeners.values():
        sound = each.watch("audio")
        assert max(sound.tones_by_second(NOTICE)) > PRESENT, "all have heard it"


async def test_one_room_mixes_for_one_and_forwards_to_another_who_is_put_on_hold(live: Live, party: Party) -> None:
    await party.join("customer", sound="forwarded", lines=2)
    await party.join("rep")
    await party.hear(customer={REP}, rep={CUSTOMER})
    await party.join("boss")
    await party.hear(customer={REP}, rep={CUSTOMER, BOSS}, boss={CUSTOMER, REP})
    await party.listeners["customer"].watch("audio", 1).hears_of(EVERYTHING, {BOSS})
    party.room.hold("customer", music=MUSIC_CLIP)
    await party.hear(customer={MUSIC}, rep={BOSS}, boss={REP})
    party.room.resume("customer")
    await party.hear(customer={REP}, rep={CUSTOMER, BOSS}, boss={CUSTOMER, REP})
    await party.listeners["customer"].watch("audio", 1).hears_of(EVERYTHING, {BOSS})
    party.room.announce(NOTICE_CLIP, others=1.0, to="customer", loop=True)
    await party.hear(customer={REP, BOSS, NOTICE}, rep={CUSTOMER, BOSS})
    party.room.whisper("boss", to="rep")
    await party.hear(customer={REP, NOTICE}, rep={CUSTOMER, BOSS}, boss={CUSTOMER, REP})


async def test_a_monitor_is_not_seen_and_who_is_on_hold_sees_nobody(live: Live, peer: PeerMaker) -> None:
    blue, room = (40, 60, 200), live.server.room("shop")
    room.monitor("boss")
    await peer(live, "boss").publish(Picture(blue), Tone(BOSS, AMPLITUDE))
    rep = peer(live, "rep")
    await rep.subscribe(sound="mixed")
    await until(lambda: live.counters()["packets_received_video"] > 60, "the supervisor's video")
    assert not rep.watch("video").frames
    room.barge("boss")
    await rep.watch("video").sees(blue)
    await rep.watch("audio").hears_of(EVERYTHING, {BOSS})
    room.hold("rep", music=MUSIC_CLIP)
    await rep.watch("audio").hears_of(EVERYTHING, {MUSIC})
    seen = before = -1

    def dark() -> bool:
        """While thirty packets more came from the supervisor, none of them was seen; pictures on their way are waited for."""
        nonlocal seen, before
        if len(rep.watch("video").frames) != seen:
            seen, before = len(rep.watch("video").frames), live.counters()["packets_received_video"]
        return live.counters()["packets_received_video"] > before + 30

    await until(dark, "the supervisor's pictures to stop")
    room.resume("rep")
    rep.watch("video").forget()
    await rep.watch("video").sees(blue)
