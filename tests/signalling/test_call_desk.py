"""Calls with the real desk, which decides by itself whom to ask: both keep the same books."""

import asyncio
from collections.abc import Callable

from signalling.calling import steering, works
from signalling.calling.call import Call, State
from signalling.calling.leg import LegState
from signalling.calling.transfer import TransferState
from signalling.conversation import conversation
from signalling.identity.caller import Caller
from signalling.ids import new_id
from tests.signalling.call_world import DEADLINE_S, World, real_world
from tests.signalling.people import CUSTOMER, OTHER_REP, REP, SUPERVISOR, TENANT

__all__ = ["real_world"]


async def status(world: World, *reps: Caller, word: str = "available") -> None:
    for rep in reps:
        await world.core.services.desk.set_status(TENANT, rep.id, word)  # type: ignore[arg-type]  # a status


async def until(world: World, call_id: str, condition: Callable[[Call], bool]) -> Call:
    """The desk decides in its own time."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition(found := await world.call(call_id)):  # noqa: ASYNC110  # the database tells no event
            await asyncio.sleep(0.01)
    await world.settle()
    return found


def rings_at(rep: Caller) -> Callable[[Call], bool]:
    return lambda call: any(leg.person_id == rep.id and leg.state is LegState.RINGING for leg in call.legs)


def holder(world: World, call: Call) -> tuple[str, str | None] | None:
    """State of the desk's ticket for the call, and whose it is."""
    ticket = world.core.services.desk.floors[TENANT].find(call.conversation_id, call.media)
    return None if ticket is None else (ticket.state, ticket.rep_id)


async def test_a_call_through_decline_transfer_to_the_queue_and_end(real_world: World) -> None:
    world = real_world
    await status(world, REP)
    call_id = await world.ask(await world.converse())
    await until(world, call_id, rings_at(REP))
    await status(world, OTHER_REP)
    await world.act(works.decline, REP, call_id)
    await until(world, call_id, rings_at(OTHER_REP))
    await world.act(works.accept, OTHER_REP, call_id)
    await world.come(call_id, CUSTOMER, OTHER_REP)
    call = await world.call(call_id)
    assert call.state is State.ACTIVE and holder(world, call) == ("assigned", OTHER_REP.id)

    transfer_id = new_id("xfer")
    await status(world, REP, word="away")
    await world.act(steering.transfer, OTHER_REP, call_id, transfer_id=transfer_id, kind="warm")
    call = await world.call(call_id)
    assert call.transfer is not None and call.transfer.state is TransferState.WAITING and holder(world, call) == ("waiting", None)
    await status(world, SUPERVISOR)
    await until(world, call_id, rings_at(SUPERVISOR))
    await world.act(works.accept, SUPERVISOR, call_id)
    await world.come(call_id, SUPERVISOR)
    await world.act(steering.transfer_step, OTHER_REP, call_id, transfer_id, "complete")
    call = await world.call(call_id)
    assert (call.state, call.rep_id) == (State.ACTIVE, SUPERVISOR.id) and holder(world, call) == ("assigned", SUPERVISOR.id)
    await world.act(works.hang_up, CUSTOMER, call_id)
    assert holder(world, await world.call(call_id)) is None
    kinds = await world.kinds(call_id)
    assert kinds.count("queue.entered") == 2 and kinds.count("conversation.assigned") + kinds.count("conversation.transferred") == 2
    row = await world.core.store.read(conversation.find, TENANT, call.conversation_id)
    assert row is not None and row.rep_id == SUPERVISOR.id


async def test_a_warm_transfer_to_a_rep_moves_the_ticket_when_it_is_completed_and_an_aborted_one_never(real_world: World) -> None:
    world = real_world
    await status(world, REP)
    call_id = await world.ask(await world.converse())
    await until(world, call_id, rings_at(REP))
    await world.act(works.accept, REP, call_id)
    await world.come(call_id, CUSTOMER, REP)
    for step, owner in (("abort", REP), ("complete", OTHER_REP)):
        transfer_id = new_id("xfer")
        await world.act(steering.transfer, REP, call_id, transfer_id=transfer_id, kind="warm", rep_id=OTHER_REP.id)
        await world.act(works.accept, OTHER_REP, call_id)
        await world.come(call_id, OTHER_REP)
        assert holder(world, await world.call(call_id)) == ("assigned", REP.id)
        await world.act(steering.transfer_step, REP, call_id, transfer_id, step)
        call = await world.call(call_id)
        assert call.rep_id == owner.id and holder(world, call) == ("assigned", owner.id)


async def test_an_offer_accepted_at_the_desk_is_the_call_accepted(real_world: World) -> None:
    world = real_world
    await status(world, REP)
    call_id = await world.ask(await world.converse())
    call = await until(world, call_id, rings_at(REP))
    await world.core.services.desk.answer(TENANT, call.ticket_id or "", REP.id, True)
    call = await until(world, call_id, lambda call: call.state is State.CONNECTING)
    assert call.rep_id == REP.id and holder(world, call) == ("assigned", REP.id)


async def test_a_customer_who_keeps_the_place_is_called_back(real_world: World) -> None:
    world = real_world
    made = await world.converse()
    call_id = await world.ask(made)
    call = await until(world, call_id, lambda call: call.state is State.QUEUED)
    ticket_id = call.ticket_id or ""
    await world.core.services.desk.callback(TENANT, ticket_id)
    await until(world, call_id, lambda call: call.end_reason == "callback")
    await status(world, REP)
    desk = world.core.services.desk
    async with asyncio.timeout(DEADLINE_S):
        while desk.floors[TENANT].tickets[ticket_id].state != "offered":  # noqa: ASYNC110  # as above
            await asyncio.sleep(0.01)
    await desk.answer(TENANT, ticket_id, REP.id, True)
    await world.settle()
    async with asyncio.timeout(DEADLINE_S):
        while len(found := await world.core.store.read(works.mine, CUSTOMER)) != 1:  # noqa: ASYNC110  # as above
            await asyncio.sleep(0.01)
    await world.settle()
    [call_view] = found
    assert (call_view.state, call_view.requested_by, call_view.rep_id) == ("ringing", REP.id, REP.id)
    await world.act(works.accept, CUSTOMER, call_view.id)
    await world.come(call_view.id, CUSTOMER, REP)
    call = await world.call(call_view.id)
    assert call.state is State.ACTIVE and holder(world, call) == ("assigned", REP.id)
