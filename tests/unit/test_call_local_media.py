"""The media server of the process as a call's media plane, on a fake worker: who gets in, who gets whose tracks, what is recorded."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mediaserver import Forbidden, MediaServer, Room
from mediaserver.participant import Subscription
from mediaserver.recorder import State, recording
from mediaserver.tokens import verify
from signalling.calling.local_media import LocalMedia
from signalling.calling.media import Joined, Left, MediaEvent, Missed, Recorded, TrackChanged
from signalling.calling.plan import Place, RecordingPlan, RoomPlan
from tests.support.live import until
from tests.support.serving import KEY, SECRET, fake, offer, serving
from tests.unit.test_recording import FakeLink

ROOM = "ten_01JD3Q8Z6W0V7M9K4C2T5B8N1X.call_01JD3Q8Z6W0V7M9K4C2T5B8N1X"
PUBLISH, SUBSCRIBE = offer("chromium-publish"), offer("chromium-subscribe-many")
BOTH = {"leg_c": Place(), "leg_r": Place()}


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MediaServer]:
    FakeLink.made = []
    monkeypatch.setattr(recording, "Link", FakeLink)
    monkeypatch.setattr(recording, "GUARD_S", 0.0)
    async with serving(data_dir=tmp_path) as running:
        yield running


@pytest.fixture
def media(server: MediaServer) -> LocalMedia:
    return LocalMedia(server)


def plan(places: dict[str, Place], *, whispers_to: frozenset[str] = frozenset(), record: RecordingPlan | None = None) -> RoomPlan:
    return RoomPlan(ROOM, bool(places), places, whispers_to, record)


def join(server: MediaServer, *legs: str, mixed: bool = False) -> list[Subscription]:
    room = server.room(ROOM)
    for leg in legs:
        room.publish(leg, PUBLISH)
    subscriptions = [room.subscribe(leg, SUBSCRIBE, mixed=mixed)[0] for leg in legs]
    for each in subscriptions:
        each.on_established()
    return subscriptions


def gets(server: MediaServer, subscription: Subscription) -> set[tuple[str, str]]:
    """(publisher, kind) of what is forwarded to it."""
    worker, tracks = fake(server), subscription.room.tracks
    found = [tracks[worker.attached[slot.id]] for slot in subscription.slots if slot.id in worker.attached]
    return {(track.identity, track.kind) for track in found}


async def test_only_who_is_planned_gets_in_and_who_is_not_any_more_is_put_out(server: MediaServer, media: LocalMedia) -> None:
    with pytest.raises(Forbidden, match="not in this call"):
        server.room(ROOM).publish("leg_c", PUBLISH)
    await media.apply(plan(BOTH))
    join(server, "leg_c", "leg_r")
    with pytest.raises(Forbidden):
        server.room(ROOM).subscribe("leg_x", SUBSCRIBE)
    with pytest.raises(Forbidden):
        server.room(ROOM).publish("leg_c.screen", PUBLISH)
    await media.apply(plan({"leg_c": Place(screen=True)}))
    assert media.present(ROOM) == {"leg_c"}
    server.room(ROOM).publish("leg_c.screen", PUBLISH)
    with pytest.raises(Forbidden):
        server.room(ROOM).subscribe("leg_r", SUBSCRIBE)
    await media.apply(plan({}))
    assert ROOM not in server.rooms and media.present(ROOM) == frozenset()
    with pytest.raises(Forbidden):
        server.room(ROOM).publish("leg_c", PUBLISH)
    server.room("demo").publish("alice", PUBLISH)  # no call's room: not our business


async def test_a_token_is_for_one_leg_of_one_room_and_sends_only_if_it_may(media: LocalMedia) -> None:
    grants = verify(media.admit(ROOM, "leg_s", name="Sue", publish=False, ttl_s=60), {KEY: SECRET})
    assert (grants.identity, grants.room, grants.can_publish, grants.can_subscribe) == ("leg_s", ROOM, False, True)
    assert verify(media.admit(ROOM, "leg_c", name="", publish=True, ttl_s=60), {KEY: SECRET}).can_publish


async def test_parts_hold_for_who_is_there_and_for_who_comes(server: MediaServer, media: LocalMedia) -> None:
    await media.apply(plan(BOTH | {"leg_s": Place(supervising="monitor")}))
    customer, rep, boss = join(server, "leg_c", "leg_r", "leg_s")
    heard = fake(server).audible
    assert gets(server, customer) == {("leg_r", "audio"), ("leg_r", "video")} and not heard
    assert {identity for identity, _ in gets(server, boss)} == {"leg_c", "leg_r"}
    await media.apply(plan(BOTH | {"leg_s": Place(supervising="whisper")}, whispers_to=frozenset({"leg_r"})))
    assert {identity for identity, _ in gets(server, rep)} == {"leg_c", "leg_s"} and {who for who, _ in gets(server, customer)} == {"leg_r"}
    await media.apply(plan(BOTH | {"leg_s": Place(supervising="barge")}))
    assert {identity for identity, _ in gets(server, customer)} == {"leg_r", "leg_s"}
    for each in list(server.room(ROOM).participants.values()):
        each.close()  # everybody reloads: the room is another one
    await media.apply(plan(BOTH | {"leg_s": Place(supervising="monitor")}))
    customer, rep, boss = join(server, "leg_c", "leg_r", "leg_s")
    assert {identity for identity, _ in gets(server, customer)} == {"leg_r"}, "not even for a moment"


async def test_hold_plays_music_once_and_only_while_it_lasts(server: MediaServer, media: LocalMedia) -> None:
    await media.apply(plan(BOTH))
    customer, rep = join(server, "leg_c", "leg_r", mixed=True)
    slot = customer.slots[0].id

    def hears() -> set[str]:
        return {source[0] for source in fake(server).hears(slot)}

    assert hears() == {"producer"}
    await media.apply(plan(BOTH | {"leg_c": Place(held=True)}))
    await until(lambda: hears() == {"clip"}, "the music to begin")
    clips = dict(fake(server).clips)
    await media.apply(plan(BOTH | {"leg_c": Place(held=True, muted=True)}))
    await asyncio.sleep(0)
    assert hears() == {"clip"} and fake(server).clips == clips, "it does not begin anew"
    await media.apply(plan(BOTH))
    assert hears() == {"producer"} and gets(server, rep) >= {("leg_c", "video")}


async def test_at_the_payment_step_neither_camera_nor_screen_of_the_customer_reach_anybody(server: MediaServer, media: LocalMedia) -> None:
    await media.apply(plan({"leg_c": Place(screen=True), "leg_r": Place()}))
    _, rep = join(server, "leg_c", "leg_r")
    server.room(ROOM).publish("leg_c.screen", offer("firefox-publish"))
    assert {who for who, kind in gets(server, rep) if kind == "video"} == {"leg_c", "leg_c.screen"}
    await media.apply(plan({"leg_c": Place(screen=True, veiled=True, screen_veiled=True), "leg_r": Place()}))
    assert not {who for who, kind in gets(server, rep) if kind == "video"} and ("leg_c", "audio") in gets(server, rep)
    server.room(ROOM).publish("leg_c.screen", offer("firefox-publish"))  # a reload does not show it either
    assert not {who for who, kind in gets(server, rep) if kind == "video"}
    await media.apply(plan({"leg_c": Place(screen=True), "leg_r": Place()}))
    assert {who for who, kind in gets(server, rep) if kind == "video"} == {"leg_c", "leg_c.screen"}


async def test_who_shows_a_screen_with_sound_does_not_hear_it_again(server: MediaServer, media: LocalMedia) -> None:
    await media.apply(plan({"leg_c": Place(screen=True), "leg_r": Place()}))
    customer, rep = join(server, "leg_c", "leg_r")
    server.room(ROOM).publish("leg_c.screen", PUBLISH)
    assert ("leg_c.screen", "audio") in gets(server, rep) and ("leg_c.screen", "audio") not in gets(server, customer)


def recorded(room: Room, server: MediaServer) -> set[str]:
    worker = fake(server)
    ours = {link._transport for link in FakeLink.made}
    found = [consumer for consumer, what in worker.consumers.items() if what["transport"] in ours and consumer in worker.attached]
    return {room.tracks[worker.attached[consumer]].identity for consumer in found}


async def test_a_recording_holds_who_agreed_pauses_and_ends_as_planned(server: MediaServer, media: LocalMedia) -> None:
    told: list[MediaEvent] = []
    cancel = media.watch(told.append)
    await asyncio.sleep(0)
    wanted = RecordingPlan("rec_1", frozenset({"leg_c"}), False)
    await media.apply(plan(BOTH, record=wanted))
    join(server, "leg_c", "leg_r")
    assert not server.recorder.open, "nobody was there"
    await media.apply(plan(BOTH, record=wanted))
    room = server.room(ROOM)
    await until(lambda: recorded(room, server) == {"leg_c"}, "the recorder to come up")
    await media.apply(plan(BOTH, record=wanted))
    [running] = server.recorder.open
    await media.apply(plan(BOTH, record=RecordingPlan("rec_1", frozenset({"leg_c"}), True)))
    assert recorded(room, server) == set() and running.state is State.PAUSED
    await media.apply(plan(BOTH, record=RecordingPlan("rec_1", frozenset({"leg_c", "leg_r"}), False)))
    await until(lambda: recorded(room, server) == {"leg_c", "leg_r"}, "both to be recorded")
    await media.apply(plan(BOTH))
    assert recorded(room, server) == set()
    await until(lambda: any(isinstance(each, Recorded) for each in told), "its end to be told")
    [ended] = [each for each in told if isinstance(each, Recorded)]
    assert (ended.recording_id, ended.complete, ended.folder) == ("rec_1", True, running.id)
    cancel()


async def test_what_happens_is_told_of_calls_only_and_by_leg(server: MediaServer, media: LocalMedia) -> None:
    told: list[MediaEvent] = []
    cancel = media.watch(told.append)
    await asyncio.sleep(0)
    await media.apply(plan({"leg_c": Place(screen=True)}))
    server.room("demo").publish("alice", PUBLISH)
    server.room(ROOM).publish("leg_c", PUBLISH)
    server.room(ROOM).publish("leg_c.screen", PUBLISH)
    await media.apply(plan({}))
    await until(lambda: any(isinstance(each, Left) for each in told), "the end to be told")
    assert told[0] == Joined(ROOM, "leg_c") and Left(ROOM, "leg_c") in told and not any(isinstance(each, Missed) for each in told)
    tracks = {(each.identity, each.kind, each.source) for each in told if isinstance(each, TrackChanged) and each.published}
    assert tracks == {("leg_c", kind, source) for kind in ("audio", "video") for source in ("camera", "screen")}
    cancel()


async def test_statistics_name_everybody_and_what_is_withheld(server: MediaServer, media: LocalMedia) -> None:
    assert (await media.stats(ROOM))["open"] is False
    await media.apply(plan(BOTH | {"leg_c": Place(veiled=True)}))
    join(server, "leg_c", "leg_r")
    stats = await media.stats(ROOM)
    assert {each["identity"] for each in stats["participants"]} == {"leg_c", "leg_r"}
    assert {(each["identity"], each["kind"]) for each in stats["tracks"] if each["withheld"]} == {("leg_c", "video")}
