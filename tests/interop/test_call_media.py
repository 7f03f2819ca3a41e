"""A call with real peers: signalling and media in one process, aiortc clients with the call's tokens; sines tell who hears whom."""

import asyncio
import wave
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiortc import RTCBundlePolicy

from mediaserver import Clip, MediaServer
from mediaserver.http import application
from signalling import tenants
from signalling.app import SignallingCore
from signalling.calling import records, steering, works
from signalling.calling.call import Call, State
from signalling.calling.calls import JoinTicket
from signalling.calling.local_media import LocalMedia
from signalling.config import Settings
from signalling.conversation import conversation
from signalling.identity.caller import Caller
from signalling.ids import new_id
from tests.interop.aiortc_peer import SDP, AiortcPeer, Tone
from tests.signalling.people import CUSTOMER, OTHER_REP, REP, SUPERVISOR, TENANT
from tests.support.live import DEADLINE_S, Live, until
from tests.support.seeing import RATE
from tests.support.serving import settings

TONES = {CUSTOMER.id: 430.0, REP.id: 710.0, OTHER_REP.id: 1170.0, SUPERVISOR.id: 1930.0}
MUSIC = 1570.0
EVERYTHING = (*TONES.values(), MUSIC)
AMPLITUDE = 0.19


class Guest(Live):
    """A running server as somebody with a call's ticket sees it."""

    def __init__(self, server: MediaServer, url: str, ticket: JoinTicket) -> None:
        super().__init__(server, url)
        object.__setattr__(self, "ticket", ticket)

    def endpoint(self, protocol: str, identity: str, room: str = "shop") -> tuple[str, str]:
        ticket: JoinTicket = self.ticket  # type: ignore[attr-defined]  # set above: the base is frozen
        return (ticket.whip if protocol == "whip" else ticket.whep), ticket.token


class Shop:
    """See the module."""

    def __init__(self, server: MediaServer, core: SignallingCore, url: str) -> None:
        self.server, self.core, self.url = server, core, url
        self.peers: list[AiortcPeer] = []
        self.ears: dict[str, AiortcPeer] = {}

    async def act(self, work: Callable[..., object], caller: Caller, *arguments: object, **options: object) -> None:
        if work in (works.accept, steering.transfer, steering.supervise):
            options["times"] = self.core.services.calls.times
        await self.core.store.write(work, caller, *arguments, **options)

    async def call(self, call_id: str) -> Call:
        return await self.core.store.read(records.load, TENANT, call_id, lock=False)

    async def until(self, call_id: str, condition: Callable[[Call], bool], what: str) -> Call:
        async with asyncio.timeout(DEADLINE_S):
            while not condition(found := await self.call(call_id)):  # noqa: ASYNC110  # the database tells no event
                await asyncio.sleep(0.02)
        return found

    async def join(self, call_id: str, person: Caller, *, sends: bool = True) -> JoinTicket:
        """Sends their tone, and listens to the mix."""
        ticket = await self.core.services.calls.join(person, call_id, self.url)
        guest = Guest(self.server, self.url, ticket)
        if sends:
            await self._peer(guest).publish(sound=Tone(TONES[person.id], AMPLITUDE))
        ear = self.ears[person.id] = self._peer(guest)
        await ear.subscribe(audio=1, video=0, sound="mixed")
        return ticket

    def _peer(self, guest: Guest) -> AiortcPeer:
        self.peers.append(AiortcPeer(guest, "", bundle=RTCBundlePolicy.MAX_BUNDLE))
        return self.peers[-1]

    async def hear(self, wanted: dict[Caller, set[float]]) -> None:
        """Waits until each hears exactly these."""
        await asyncio.gather(*(self.ears[person.id].watch("audio").hears_of(EVERYTHING, tones) for person, tones in wanted.items()))

    async def refused(self, ticket: JoinTicket, protocol: str = "whep") -> int:
        """What becomes of a new session with this ticket."""
        headers = {"Content-Type": SDP, "Authorization": f"Bearer {ticket.token}"}
        url = ticket.whip if protocol == "whip" else ticket.whep
        sdp = self.peers[-1].pc.localDescription.sdp
        async with aiohttp.ClientSession() as http, http.post(url, data=sdp, headers=headers) as response:
            return response.status


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    music = tmp_path / "music.wav"
    with wave.open(str(music), "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(RATE)
        file.writeframes(Clip.tone(MUSIC, [(2, 0)]).samples)
    server = MediaServer(settings(announced_addresses=["127.0.0.1"], audio_hold_music=music, data_dir=tmp_path))
    await server.start()
    core = SignallingCore(Settings(data_dir=tmp_path), LocalMedia(server))
    await core.start()
    await core.store.write(tenants.create, TENANT, "Shop")
    runner = web.AppRunner(application(server))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made = Shop(server, core, f"http://127.0.0.1:{runner.addresses[0][1]}")
    yield made
    for peer in made.peers:
        await peer.close()
    await core.stop()
    await runner.cleanup()
    await server.stop()


async def test_hold_warm_transfer_supervision_and_refused_tokens_with_real_peers(shop: Shop) -> None:
    await shop.core.services.desk.set_status(TENANT, REP.id, "available")
    made = await shop.core.store.write(conversation.begin, TENANT, CUSTOMER.id, CUSTOMER.actor)
    call_id = new_id("call")
    await shop.core.services.calls.request(CUSTOMER, made.id, call_id=call_id, media="voice")
    await shop.until(call_id, lambda call: call.state is State.RINGING, "the call to ring")
    await shop.act(works.accept, REP, call_id)
    first = await shop.join(call_id, REP)
    customers = await shop.join(call_id, CUSTOMER)
    await shop.until(call_id, lambda call: call.state is State.ACTIVE, "both to be in the room")
    customer, rep, other, boss = (TONES[person.id] for person in (CUSTOMER, REP, OTHER_REP, SUPERVISOR))
    await shop.hear({CUSTOMER: {rep}, REP: {customer}})

    await shop.act(steering.hold, REP, call_id, on=True)
    await shop.hear({CUSTOMER: {MUSIC}, REP: set()})
    await shop.act(steering.hold, REP, call_id, on=False)
    await shop.hear({CUSTOMER: {rep}, REP: {customer}})

    await shop.act(steering.supervise, SUPERVISOR, call_id, "whisper")
    await shop.join(call_id, SUPERVISOR)
    await shop.hear({CUSTOMER: {rep}, REP: {customer, boss}, SUPERVISOR: {customer, rep}})
    await shop.act(steering.supervise, SUPERVISOR, call_id, "barge")
    await shop.hear({CUSTOMER: {rep, boss}, REP: {customer, boss}})
    await shop.act(works.hang_up, SUPERVISOR, call_id)
    await shop.hear({CUSTOMER: {rep}, REP: {customer}})

    transfer_id = new_id("xfer")
    await shop.act(steering.transfer, REP, call_id, transfer_id=transfer_id, kind="warm", rep_id=OTHER_REP.id)
    await shop.act(works.accept, OTHER_REP, call_id)
    await shop.join(call_id, OTHER_REP)
    await shop.hear({CUSTOMER: {MUSIC}, REP: {other}, OTHER_REP: {rep}})
    await shop.act(steering.transfer_step, REP, call_id, transfer_id, "complete")
    await shop.hear({CUSTOMER: {other}, OTHER_REP: {customer}})
    assert await shop.refused(first, "whip") == await shop.refused(first) == 403, "who has left cannot come back with the old token"
    stats = await shop.core.services.calls.stats(OTHER_REP, call_id)
    assert {each["identity"] for each in stats["participants"]} == {leg.id for leg in (await shop.call(call_id)).legs if leg.entered}
    assert all(each["packets_received"] for one in stats["participants"] for each in one["sessions"])

    await shop.act(works.hang_up, CUSTOMER, call_id)
    await shop.until(call_id, lambda call: call.state is State.ENDED, "the call to end")
    await until(lambda: not shop.server.rooms, "the room to be closed")
    assert await shop.refused(customers, "whip") == 403 and not shop.server.rooms
