"""Transfers on both databases: cold, warm with a consultation, to a rep and to the queue; and everything that can come in between."""

import itertools

import pytest

from mediaserver.errors import Conflict, Forbidden, Unprocessable
from signalling.calling import steering, works
from signalling.calling.call import State
from signalling.calling.leg import LegState
from signalling.calling.transfer import TransferState
from signalling.identity.caller import Caller
from signalling.ids import new_id
from tests.signalling.call_world import World, world
from tests.signalling.people import CUSTOMER, OTHER_CUSTOMER, OTHER_REP, REP, SUPERVISOR

__all__ = ["world"]


async def begin(world: World, call_id: str, kind: str, rep: Caller | None = OTHER_REP, **options: str) -> str:
    transfer_id = new_id("xfer")
    target = {} if rep is None else {"rep_id": rep.id}
    await world.act(steering.transfer, REP, call_id, transfer_id=transfer_id, kind=kind, **target, **options)
    return transfer_id


async def outcome(world: World, call_id: str) -> tuple[State, TransferState]:
    call = await world.call(call_id)
    assert call.transfer is not None
    return call.state, call.transfer.state


async def hears_music(world: World, call_id: str) -> set[str]:
    people = {leg.id: leg.person_id for leg in (await world.call(call_id)).legs}
    return {people[leg] for leg, place in world.plan(call_id).places.items() if place.held}


async def test_a_warm_transfer_from_hold_to_handover(world: World) -> None:
    call_id = await world.talking(REP)
    transfer_id = await begin(world, call_id, "warm")
    assert await outcome(world, call_id) == (State.HELD, TransferState.RINGING) and await hears_music(world, call_id) == {CUSTOMER.id}
    with pytest.raises(Conflict, match="transfer is under way"):
        await world.act(steering.hold, REP, call_id, on=False)
    with pytest.raises(Conflict):
        await world.act(steering.transfer_step, REP, call_id, transfer_id, "complete")
    await world.act(works.accept, OTHER_REP, call_id)
    await world.come(call_id, OTHER_REP)
    assert await outcome(world, call_id) == (State.HELD, TransferState.CONSULTING) and await hears_music(world, call_id) == {CUSTOMER.id}
    await world.act(steering.transfer_step, REP, call_id, transfer_id, "swap")
    assert await outcome(world, call_id) == (State.ACTIVE, TransferState.SWAPPED) and await hears_music(world, call_id) == {OTHER_REP.id}
    await world.act(steering.transfer_step, REP, call_id, transfer_id, "swap")
    assert await hears_music(world, call_id) == {CUSTOMER.id} and world.desk.booked == [(REP.id, "voice")]
    with pytest.raises(Forbidden):
        await world.act(steering.transfer_step, OTHER_REP, call_id, transfer_id, "complete")
    for _ in range(2):  # again is harmless
        await world.act(steering.transfer_step, REP, call_id, transfer_id, "complete")
    call = await world.call(call_id)
    assert await outcome(world, call_id) == (State.ACTIVE, TransferState.COMPLETED) and call.rep_id == OTHER_REP.id
    assert not await hears_music(world, call_id) and world.desk.booked == [(OTHER_REP.id, "voice")]
    rep = await world.leg(call_id, REP)
    assert rep.state is LegState.LEFT and rep.id not in world.plan(call_id).places
    told = [entry for entry in await world.entries(call_id) if entry.kind == "call.transferred"]
    assert [entry.data["to_rep_id"] for entry in told] == [OTHER_REP.id]
    await world.act(works.hang_up, OTHER_REP, call_id)
    assert (await world.call(call_id)).state is State.ENDED and not world.desk.booked


async def test_music_is_heard_only_by_who_is_on_hold_all_along(world: World) -> None:
    call_id = await world.talking(REP)
    customer = (await world.leg(call_id, CUSTOMER)).id
    transfer_id = await begin(world, call_id, "warm")
    await world.act(works.accept, OTHER_REP, call_id)
    await world.come(call_id, OTHER_REP)
    await world.act(steering.transfer_step, REP, call_id, transfer_id, "abort")
    held = [plan.places[customer].held for plan in world.media.history if customer in plan.places]
    changes = [held[0]] + [now for before, now in itertools.pairwise(held) if before != now]
    assert changes == [False, True, False]
    assert await outcome(world, call_id) == (State.ACTIVE, TransferState.ABORTED)
    assert (await world.call(call_id)).rep_id == REP.id and world.desk.booked == [(REP.id, "voice")]
    assert (await world.leg(call_id, OTHER_REP)).id not in world.plan(call_id).places


@pytest.mark.parametrize("kind", ["cold", "warm"])
async def test_a_target_who_declines_or_does_not_answer_or_come_leads_back_to_the_rep(world: World, kind: str) -> None:
    call_id = await world.talking(REP)
    await begin(world, call_id, kind)
    await world.act(works.decline, OTHER_REP, call_id)
    assert await outcome(world, call_id) == (State.ACTIVE, TransferState.DECLINED) and not await hears_music(world, call_id)
    await begin(world, call_id, kind)
    await world.wait(26)
    assert await outcome(world, call_id) == (State.ACTIVE, TransferState.TIMED_OUT)
    await begin(world, call_id, kind)
    await world.act(works.accept, OTHER_REP, call_id)
    await world.wait(31)
    assert await outcome(world, call_id) == (State.ACTIVE, TransferState.FAILED) and world.desk.booked == [(REP.id, "voice")]


async def test_a_cold_transfer_is_over_when_the_other_rep_is_there(world: World) -> None:
    call_id = await world.talking(REP)
    transfer_id = await begin(world, call_id, "cold")
    again = await world.act(steering.transfer, REP, call_id, transfer_id=transfer_id, kind="cold", rep_id=OTHER_REP.id)
    assert again.transfer is not None and again.transfer.id == transfer_id
    await world.act(works.accept, OTHER_REP, call_id)
    assert await hears_music(world, call_id) == {CUSTOMER.id}
    await world.come(call_id, OTHER_REP)
    assert await outcome(world, call_id) == (State.ACTIVE, TransferState.COMPLETED)
    assert (await world.call(call_id)).rep_id == OTHER_REP.id and world.desk.booked == [(OTHER_REP.id, "voice")]


@pytest.mark.parametrize("moment", ["ringing", "accepted", "consulting"])
async def test_a_customer_who_hangs_up_cancels_a_pending_transfer(world: World, moment: str) -> None:
    call_id = await world.talking(REP)
    await begin(world, call_id, "warm")
    if moment != "ringing":
        await world.act(works.accept, OTHER_REP, call_id)
    if moment == "consulting":
        await world.come(call_id, OTHER_REP)
    await world.act(works.hang_up, CUSTOMER, call_id)
    assert await outcome(world, call_id) == (State.ENDED, TransferState.CANCELLED)
    assert not world.desk.booked and not world.desk.waiting and not world.media.plans
    with pytest.raises(Conflict):
        await world.act(works.accept, OTHER_REP, call_id)


async def test_a_transfer_to_the_queue_goes_to_who_is_able_and_past_who_declines(world: World) -> None:
    call_id = await world.talking(REP)
    world.desk.reps = [REP.id, OTHER_REP.id, SUPERVISOR.id]
    await begin(world, call_id, "cold", None, requirement="billing >= 2")
    [ticket] = [each for each in world.desk.tickets.values() if each.state != "ended"]
    assert (ticket.state, ticket.requirement, ticket.rep_id) == ("offered", "billing >= 2", OTHER_REP.id)
    await world.act(works.decline, OTHER_REP, call_id)
    assert await outcome(world, call_id) == (State.HELD, TransferState.RINGING)
    assert (await world.leg(call_id, SUPERVISOR)).state is LegState.RINGING
    await world.act(works.accept, SUPERVISOR, call_id)
    await world.come(call_id, SUPERVISOR)
    assert await outcome(world, call_id) == (State.ACTIVE, TransferState.COMPLETED)
    assert world.desk.booked == [(SUPERVISOR.id, "voice")] and (await world.call(call_id)).rep_id == SUPERVISOR.id


async def test_a_transfer_to_the_queue_that_is_aborted_or_left_gives_the_ticket_back(world: World) -> None:
    call_id = await world.talking(REP)
    world.desk.reps = []
    transfer_id = await begin(world, call_id, "warm", None)
    assert await outcome(world, call_id) == (State.HELD, TransferState.WAITING) and not world.desk.booked
    await world.act(steering.transfer_step, REP, call_id, transfer_id, "abort")
    assert await outcome(world, call_id) == (State.ACTIVE, TransferState.ABORTED) and world.desk.booked == [(REP.id, "voice")]
    await begin(world, call_id, "warm", None)
    await world.act(works.hang_up, CUSTOMER, call_id)
    assert not world.desk.booked and not world.desk.waiting


async def test_a_rep_who_hangs_up_on_a_transfer_leaves_the_customer_to_the_queue(world: World) -> None:
    call_id = await world.talking(REP)
    await begin(world, call_id, "warm")
    await world.act(works.hang_up, REP, call_id)
    assert await outcome(world, call_id) == (State.HELD, TransferState.RINGING) and await hears_music(world, call_id) == {CUSTOMER.id}
    world.desk.reps = [SUPERVISOR.id]
    await world.act(works.decline, OTHER_REP, call_id)
    assert (await world.leg(call_id, SUPERVISOR)).state is LegState.RINGING
    await world.act(works.accept, SUPERVISOR, call_id)
    await world.come(call_id, SUPERVISOR)
    call = await world.call(call_id)
    assert (call.state, call.rep_id) == (State.ACTIVE, SUPERVISOR.id) and world.desk.booked == [(SUPERVISOR.id, "voice")]


async def test_a_requirement_that_is_none_and_a_rep_who_talks_already_are_refused(world: World) -> None:
    call_id = await world.talking(REP)
    with pytest.raises(Unprocessable):
        await begin(world, call_id, "cold", None, requirement=">>>")
    assert (await world.call(call_id)).transfer is None
    other = await world.talking(OTHER_REP, OTHER_CUSTOMER)
    assert (await world.call(other)).state is State.ACTIVE
    with pytest.raises(Conflict, match="in another call"):
        await begin(world, call_id, "cold")
    assert (await world.call(call_id)).state is State.ACTIVE


async def test_a_third_rep_who_stays_has_the_call_at_the_desk_too(world: World) -> None:
    call_id = await world.talking(REP)
    await world.act(steering.add, REP, call_id, OTHER_REP.id)
    await world.act(works.accept, OTHER_REP, call_id)
    await world.come(call_id, OTHER_REP)
    assert not await hears_music(world, call_id)
    await world.act(works.hang_up, REP, call_id)
    call = await world.call(call_id)
    assert (call.state, call.rep_id) == (State.ACTIVE, OTHER_REP.id) and world.desk.booked == [(OTHER_REP.id, "voice")]
