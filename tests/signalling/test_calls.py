"""Calls on both databases: asked for, offered, declined, accepted, lost and found; what the timeline, the desk and the room get of it."""

import asyncio

import pytest

from mediaserver.errors import Conflict, Forbidden, NotFound, Unavailable
from signalling.calling import steering, works
from signalling.calling.call import State
from signalling.calling.leg import LegState
from signalling.calling.media import Missed, Sample
from signalling.conversation import conversation
from signalling.ids import new_id
from signalling.store.tables.calling import call_chores
from tests.signalling.call_world import World, world
from tests.signalling.people import CUSTOMER, FOREIGN, OTHER_CUSTOMER, OTHER_REP, REP, SUPERVISOR, TENANT

__all__ = ["world"]


async def test_a_call_from_request_to_end(world: World) -> None:
    world.desk.reps = [REP.id]
    made = await world.converse()
    call_id = await world.ask(made)
    call = await world.call(call_id)
    assert call.state is State.RINGING and call.legs[1].person_id == REP.id
    with pytest.raises(Conflict):
        await world.calls.join(CUSTOMER, call_id, "http://here")
    await world.act(works.accept, REP, call_id)
    assert world.desk.booked == [(REP.id, "voice")]
    ticket = await world.calls.join(CUSTOMER, call_id, "http://here")
    assert ticket.whip == f"http://here/whip/{ticket.room}" and ticket.ice_servers and ticket.screen_token is None
    await world.come(call_id, CUSTOMER, REP)
    assert (await world.call(call_id)).state is State.ACTIVE
    row = await world.core.store.read(conversation.find, TENANT, made)
    assert row is not None and row.channel == "voice"
    answer = await world.act(works.hang_up, CUSTOMER, call_id)
    assert (answer.state, answer.end_reason) == ("ended", "customer_left")
    assert world.desk.finished == [(REP.id, "voice")] and not world.media.plans and not world.media.present(ticket.room)
    assert [kind for kind in await world.kinds(call_id) if kind != "call.queued"] == [  # which an offer may overtake
        "conversation.created", "call.requested", "call.ringing", "call.accepted", "call.media_joined", "call.track_published",
        "call.media_joined", "call.connected", "call.track_published", "call.ended",
    ]  # fmt: skip
    row = await world.core.store.read(conversation.find, TENANT, made)
    assert row is not None and row.channel == "chat"
    with pytest.raises(Conflict):
        await world.calls.join(CUSTOMER, call_id, "http://here")
    assert not await world.core.store.read(lambda tx: tx.all(call_chores.select()))


async def test_who_declines_or_does_not_answer_is_followed_by_the_next_rep(world: World) -> None:
    world.desk.reps = [REP.id, OTHER_REP.id, SUPERVISOR.id]
    call_id = await world.ask(await world.converse())
    await world.act(works.decline, REP, call_id)
    call = await world.call(call_id)
    assert [leg.state for leg in call.legs] == [LegState.JOINING, LegState.DECLINED, LegState.RINGING]
    assert call.legs[2].person_id == OTHER_REP.id
    world.desk.time_out(call.legs[2].ticket_id or "")
    await world.settle()
    call = await world.call(call_id)
    assert [leg.state for leg in call.legs][2:] == [LegState.MISSED, LegState.RINGING] and call.legs[3].person_id == SUPERVISOR.id
    with pytest.raises(Conflict):
        await world.act(works.accept, REP, call_id)
    await world.act(works.accept, SUPERVISOR, call_id)
    assert (await world.call(call_id)).state is State.CONNECTING and world.desk.booked == [(SUPERVISOR.id, "voice")]


async def test_a_desk_that_forgets_an_offer_does_not_let_a_call_ring_for_ever(world: World) -> None:
    world.desk.reps = [REP.id, OTHER_REP.id]
    call_id = await world.ask(await world.converse())
    await world.wait(24)
    call = await world.call(call_id)
    assert call.legs[1].state is LegState.MISSED and call.legs[2].person_id == OTHER_REP.id and call.legs[2].state is LegState.RINGING


async def test_a_call_cancelled_while_it_rings_gives_its_ticket_back(world: World) -> None:
    world.desk.reps = [REP.id]
    call_id = await world.ask(await world.converse())
    with pytest.raises(Forbidden):
        await world.act(works.cancel, OTHER_REP, call_id)
    for _ in range(2):  # again is harmless
        answer = await world.act(works.cancel, CUSTOMER, call_id)
        assert (answer.state, answer.end_reason) == ("ended", "customer_cancelled")
    [ticket] = world.desk.tickets.values()
    assert ticket.state == "ended" and not world.desk.booked
    with pytest.raises(Conflict):
        await world.act(works.accept, REP, call_id)


async def test_a_shop_that_is_closed_or_gives_up_ends_the_call_with_the_reason(world: World) -> None:
    world.desk.closed = True
    call_id = await world.ask(await world.converse())
    assert (await world.call(call_id)).end_reason == "offline_message"
    world.desk.closed = False
    call_id = await world.ask(await world.converse())
    call = await world.call(call_id)
    assert call.state is State.QUEUED
    world.desk.give_up(call.ticket_id or "", "voicemail")
    await world.settle()
    assert (await world.call(call_id)).end_reason == "voicemail"


async def test_a_customer_reaches_their_own_rep_and_the_queue_behind(world: World) -> None:
    world.desk.reps = [OTHER_REP.id]
    made = await world.converse(REP)
    call_id = await world.ask(made)
    assert (await world.leg(call_id, REP)).state is LegState.RINGING
    await world.act(works.decline, REP, call_id)
    call = await world.call(call_id)
    assert call.state is State.RINGING and call.legs[-1].person_id == OTHER_REP.id


async def test_a_rep_rings_the_customer_of_their_conversation(world: World) -> None:
    made = await world.converse(REP)
    with pytest.raises(Forbidden):
        await world.ask(made, OTHER_REP)
    call_id = await world.ask(made, REP, media="video")
    assert world.desk.booked == [(REP.id, "video")] and (await world.leg(call_id, CUSTOMER)).state is LegState.RINGING
    await world.act(works.accept, CUSTOMER, call_id)
    await world.come(call_id, REP, CUSTOMER)
    call = await world.call(call_id)
    assert call.state is State.ACTIVE and call.rep_id == REP.id
    await world.act(works.hang_up, REP, call_id)
    assert world.desk.finished == [(REP.id, "video")]
    unanswered = await world.ask(made, REP)
    await world.wait(26)
    assert (await world.call(unanswered)).end_reason == "no_answer" and not world.desk.booked


async def test_asking_twice_is_harmless_and_nobody_has_two_calls(world: World) -> None:
    world.desk.reps = [REP.id, OTHER_REP.id]
    made, other = await world.converse(), await world.converse()
    call_id = new_id("call")
    first = await world.act(works.request, CUSTOMER, made, call_id=call_id, media="voice")
    again = await world.act(works.request, CUSTOMER, made, call_id=call_id, media="voice")
    assert first.id == again.id and (await world.kinds(call_id)).count("call.requested") == 1
    with pytest.raises(Conflict, match="has a call already"):
        await world.ask(made)
    with pytest.raises(Conflict, match="in another call"):
        await world.ask(other)
    with pytest.raises(Conflict):
        await world.act(works.request, CUSTOMER, other, call_id=call_id, media="voice")
    await world.act(works.accept, REP, call_id)
    theirs = await world.ask(await world.converse(customer=OTHER_CUSTOMER), OTHER_CUSTOMER)
    await world.act(works.accept, OTHER_REP, theirs)
    with pytest.raises(Conflict, match="in another call"):
        await world.ask(await world.converse(REP, customer=OTHER_CUSTOMER), REP)


async def test_foreign_calls_do_not_exist(world: World) -> None:
    call_id = await world.talking(REP)
    stranger = type(REP)(FOREIGN, REP.id, REP.role)
    for caller in (OTHER_CUSTOMER, stranger):
        for work in (works.read, works.accept, works.hang_up, works.cancel, steering.stop_recording):
            with pytest.raises(NotFound):
                await world.act(work, caller, call_id)
    with pytest.raises(Conflict):
        await world.act(works.hang_up, OTHER_REP, call_id)
    assert (await world.call(call_id)).state is State.ACTIVE


async def test_hold_mute_picture_and_screen_reach_the_room(world: World) -> None:
    call_id = await world.talking(REP)
    customer, rep = (await world.leg(call_id, CUSTOMER)).id, (await world.leg(call_id, REP)).id
    with pytest.raises(Forbidden):
        await world.act(steering.hold, CUSTOMER, call_id, on=True)
    for _ in range(2):
        await world.act(steering.hold, REP, call_id, on=True)
    assert world.plan(call_id).places[customer].held and not world.plan(call_id).places[rep].held
    await world.act(steering.hold, REP, call_id, on=False)
    assert not world.plan(call_id).places[customer].held
    await world.act(steering.mute, REP, call_id, muted=True, leg_id=customer)
    assert world.plan(call_id).places[customer].muted
    with pytest.raises(Forbidden):
        await world.act(steering.mute, CUSTOMER, call_id, muted=True, leg_id=rep)
    await world.act(steering.mute, CUSTOMER, call_id, muted=False)
    assert world.plan(call_id).places[customer].veiled, "a voice call shows no camera"
    await world.act(steering.change_media, CUSTOMER, call_id, "video")
    assert not any(place.veiled for place in world.plan(call_id).places.values())
    await world.act(steering.share, CUSTOMER, call_id, on=True)
    ticket = await world.calls.join(CUSTOMER, call_id, "http://here")
    assert ticket.screen_token is not None and world.plan(call_id).places[customer].screen
    await world.act(steering.change_media, REP, call_id, "voice")
    assert world.plan(call_id).places[customer].veiled and not world.plan(call_id).places[customer].screen_veiled
    kinds = await world.kinds(call_id)
    assert [kinds.count(f"call.{each}") for each in ("held", "resumed", "muted", "unmuted", "media_changed", "screen_started")] == [
        1, 1, 1, 1, 2, 1
    ]  # fmt: skip


async def test_somebody_who_is_lost_may_come_back_within_the_grace_time_and_no_later(world: World) -> None:
    call_id = await world.talking(REP)
    await world.go(call_id, CUSTOMER)
    assert (await world.call(call_id)).state is State.RECONNECTING
    await world.wait(40)
    await world.come(call_id, CUSTOMER)
    assert (await world.call(call_id)).state is State.ACTIVE
    await world.act(steering.hold, REP, call_id, on=True)
    await world.go(call_id, CUSTOMER)
    await world.come(call_id, CUSTOMER)
    assert (await world.call(call_id)).state is State.HELD, "still on hold"
    await world.go(call_id, REP)
    await world.wait(46)
    call = await world.call(call_id)
    assert (call.state, call.end_reason) == (State.ENDED, "rep_lost") and world.desk.finished == [(REP.id, "voice")]


async def test_a_call_nobody_comes_into_ends(world: World) -> None:
    world.desk.reps = [REP.id]
    call_id = await world.ask(await world.converse())
    await world.act(works.accept, REP, call_id)
    await world.come(call_id, CUSTOMER)
    await world.wait(31)
    assert (await world.call(call_id)).end_reason == "rep_not_joined" and not world.desk.booked


async def test_who_has_left_or_was_removed_has_no_place_in_the_room_any_more(world: World) -> None:
    call_id = await world.talking(REP)
    await world.act(steering.add, REP, call_id, OTHER_REP.id)
    await world.act(works.accept, OTHER_REP, call_id)
    await world.come(call_id, OTHER_REP)
    assert len(world.plan(call_id).places) == 3 and world.desk.booked == [(REP.id, "voice")]
    third = await world.leg(call_id, OTHER_REP)
    await world.act(steering.remove, REP, call_id, third.id)
    assert third.id not in world.plan(call_id).places and third.id not in world.media.present(f"{TENANT}.{call_id}")
    with pytest.raises(Conflict):
        await world.calls.join(OTHER_REP, call_id, "http://here")
    await world.act(steering.add, REP, call_id, OTHER_REP.id)
    await world.act(works.accept, OTHER_REP, call_id)
    assert (await world.leg(call_id, OTHER_REP)).id != third.id, "another leg: the old token opens nothing"


async def test_the_media_servers_word_comes_into_the_timeline_without_flooding_it(world: World) -> None:
    call_id = await world.talking(REP)
    customer = await world.leg(call_id, CUSTOMER)
    for sample in (Sample(20, 0), Sample(400, 0), Sample(400, 5), Sample(450, 3), Sample(50, 0), Sample(20, 0), Sample(2000, 30)):
        world.media.quality[customer.id] = sample
        await world.calls.sample()
    await world.settle()
    told = [entry.data["quality"] for entry in await world.entries(call_id) if entry.kind == "call.quality_changed"]
    assert told == ["fair", "good"]
    for _ in range(3):
        world.media.go(f"{TENANT}.{call_id}", customer.id)
        world.media.come(f"{TENANT}.{call_id}", customer.id)
    await world.settle()
    assert (await world.call(call_id)).state is State.ACTIVE
    stats = await world.calls.stats(REP, call_id)
    assert stats["open"] and len(stats["participants"]) == 2


async def test_a_media_server_that_fails_gets_the_last_word_when_it_is_back(world: World) -> None:
    call_id = await world.talking(REP)
    customer = (await world.leg(call_id, CUSTOMER)).id
    world.media.down = True
    for on in (True, False, True):
        await world.core.store.write(steering.hold, REP, call_id, on=on)
    assert not world.plan(call_id).places[customer].held
    world.media.down = False
    await world.settle()
    assert world.plan(call_id).places[customer].held


async def test_calls_survive_a_restart_if_people_come_back(world: World) -> None:
    call_id = await world.talking(REP)
    lost = await world.talking(OTHER_REP, OTHER_CUSTOMER)
    await world.restart()
    assert (await world.call(call_id)).state is State.RECONNECTING and len(world.plan(call_id).places) == 2
    await world.come(call_id, CUSTOMER, REP)
    assert (await world.call(call_id)).state is State.ACTIVE
    await world.wait(46)
    assert (await world.call(call_id)).state is State.ACTIVE
    ended = await world.call(lost)
    assert (ended.state, ended.end_reason) == (State.ENDED, "server_restart")


async def test_chores_that_were_not_done_are_done_after_a_restart(world: World) -> None:
    world.desk.reps = [REP.id]
    made = await world.converse()
    await world.core.services.calls.stop()  # the process dies between the commit and the desk
    call_id = new_id("call")
    await world.core.store.write(works.request, CUSTOMER, made, call_id=call_id, media="voice", times=world.calls.times)
    assert not world.desk.tickets
    await world.restart()
    assert (await world.call(call_id)).state is State.RINGING


async def test_a_database_that_is_away_leaves_running_calls_as_they_are_and_misses_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_id = await world.talking(REP)
    customer, before, room = (await world.leg(call_id, CUSTOMER)).id, world.plan(call_id), f"{TENANT}.{call_id}"
    store = world.core.store
    asked = 0

    async def away(*_: object, **__: object) -> None:
        nonlocal asked
        asked += 1
        raise Unavailable("The database is away.")

    with monkeypatch.context() as outage:
        outage.setattr(store._backend, "write", away)
        outage.setattr(store._backend, "read", away)
        world.media.go(room, customer)
        world.calls._soil((TENANT, call_id))
        world.calls._wanted.set()
        async with asyncio.timeout(30):
            while asked < 6:  # noqa: ASYNC110  # it tells nobody
                await asyncio.sleep(0.01)
        assert world.plan(call_id) is before, "nobody is put out, nothing is changed"
    await world.settle()
    assert (await world.call(call_id)).state is State.RECONNECTING
    await world.come(call_id, CUSTOMER)
    assert (await world.call(call_id)).state is State.ACTIVE


async def test_media_events_that_were_missed_are_made_up_for(world: World) -> None:
    call_id = await world.talking(REP)
    room = f"{TENANT}.{call_id}"
    world.media.inside[room].discard((await world.leg(call_id, REP)).id)  # untold
    world.media._listener(Missed())
    await world.settle()
    assert (await world.call(call_id)).state is State.RECONNECTING and (await world.leg(call_id, REP)).state is LegState.AWAY


async def test_a_desk_that_has_lost_sight_of_a_rep_who_talks_is_told(world: World) -> None:
    call_id = await world.talking(REP)
    world.desk.reps = [OTHER_REP.id]
    [ticket] = [each for each in world.desk.tickets.values() if each.state == "assigned"]
    ticket.state = "waiting"  # the rep's sockets are gone, the media is not
    world.desk.offer(ticket)
    await world.settle()
    assert world.desk.booked == [(REP.id, "voice")] and (await world.call(call_id)).state is State.ACTIVE
    assert all(leg.person_id != OTHER_REP.id for leg in (await world.call(call_id)).legs)


async def test_of_two_calls_accepted_at_once_by_one_rep_one_is_theirs(world: World) -> None:
    first = await world.ask(await world.converse(REP), to="rep")
    second = await world.ask(await world.converse(REP, customer=OTHER_CUSTOMER), OTHER_CUSTOMER, to="rep")
    answers = await asyncio.gather(
        *(world.core.store.write(works.accept, REP, call_id, times=world.calls.times) for call_id in (first, second)),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in answers) == ["CallView", "Conflict"]
    states = [(await world.leg(call_id, REP)).state for call_id in (first, second)]
    assert sorted(states) == [LegState.JOINING, LegState.RINGING]
