"""Who may look on and what may be kept: supervisors, recordings, consent, the payment step."""

import pytest

from mediaserver.errors import Conflict, Forbidden
from signalling.calling import steering, works
from signalling.calling.call import State
from signalling.calling.plan import Place, RecordingPlan
from signalling.calling.views import view
from signalling.conversation import timeline
from signalling.conversation.timeline import SYSTEM
from signalling.ids import new_id
from signalling.privacy import consent
from tests.signalling.call_world import World, world
from tests.signalling.people import CUSTOMER, OTHER_REP, REP, SUPERVISOR, TENANT

__all__ = ["world"]


async def agree(world: World, call_id: str) -> str:
    conversation_id = (await world.call(call_id)).conversation_id
    await world.core.store.write(consent.grant, TENANT, conversation_id, CUSTOMER.id, "recording", "call", None, CUSTOMER.actor)
    return conversation_id


async def say(world: World, conversation_id: str, kind: str) -> None:
    await world.core.store.write(timeline.append, TENANT, conversation_id, kind, SYSTEM, {})
    await world.settle()


async def place(world: World, call_id: str, person: object = CUSTOMER) -> Place:
    return world.plan(call_id).places[(await world.leg(call_id, person)).id]  # type: ignore[arg-type]  # a Caller


async def recording(world: World, call_id: str) -> RecordingPlan | None:
    return world.plan(call_id).recording


async def test_a_supervisor_listens_whispers_barges_and_goes_and_the_customer_knows_of_the_last_only(world: World) -> None:
    call_id = await world.talking(REP)
    await world.act(steering.supervise, SUPERVISOR, call_id, "monitor")
    boss = await world.leg(call_id, SUPERVISOR)
    ticket = await world.calls.join(SUPERVISOR, call_id, "")
    assert ticket.token.endswith("/sub"), "listening is a subscription alone"
    assert (await place(world, call_id, SUPERVISOR)).supervising == "monitor", "before they join"
    await world.come(call_id, SUPERVISOR)
    call = await world.call(call_id)
    assert boss.id not in [leg.id for leg in view(call, CUSTOMER).legs] and boss.id in [leg.id for leg in view(call, REP).legs]
    await world.act(steering.supervise, SUPERVISOR, call_id, "whisper")
    assert world.plan(call_id).whispers_to == {(await world.leg(call_id, REP)).id}
    assert (await world.calls.join(SUPERVISOR, call_id, "")).token.endswith("/pub")
    staff = {entry.kind: entry.visibility for entry in await world.entries(call_id) if entry.data.get("leg_id") == boss.id}
    assert set(staff.values()) == {"staff"} and {"supervisor.joined", "supervisor.changed", "call.media_joined"} <= set(staff)
    await world.act(steering.supervise, SUPERVISOR, call_id, "barge")
    assert [entry.visibility for entry in await world.entries(call_id) if entry.data.get("how") == "barge"] == ["all"]
    assert boss.id in [leg.id for leg in view(await world.call(call_id), CUSTOMER).legs]
    with pytest.raises(Forbidden):
        await world.act(steering.hold, SUPERVISOR, call_id, on=True)
    await world.act(works.hang_up, SUPERVISOR, call_id)
    assert boss.id not in world.plan(call_id).places and (await world.call(call_id)).state is State.ACTIVE
    with pytest.raises(Conflict, match="cannot supervise"):
        await world.act(steering.supervise, REP, call_id, "monitor")


async def test_nothing_is_recorded_without_the_customers_consent_nor_longer_than_it_lasts(world: World) -> None:
    call_id = await world.talking(REP)
    with pytest.raises(Conflict, match="has not agreed"):
        await world.act(steering.record, REP, call_id, new_id("rec"))
    conversation_id = await agree(world, call_id)
    with pytest.raises(Forbidden):
        await world.act(steering.record, CUSTOMER, call_id, new_id("rec"))
    recording_id = new_id("rec")
    for _ in range(2):
        await world.act(steering.record, REP, call_id, recording_id)
    legs = {(await world.leg(call_id, person)).id for person in (CUSTOMER, REP)}
    assert await recording(world, call_id) == RecordingPlan(recording_id, frozenset(legs), False)
    await world.act(steering.add, REP, call_id, OTHER_REP.id)
    await world.act(works.accept, OTHER_REP, call_id)
    legs.add((await world.leg(call_id, OTHER_REP)).id)
    await world.act(steering.supervise, SUPERVISOR, call_id, "barge")
    assert await recording(world, call_id) == RecordingPlan(recording_id, frozenset(legs), False), "who comes later, but no supervisor"
    await world.core.store.write(consent.revoke, TENANT, conversation_id, CUSTOMER.id, "recording", CUSTOMER.actor)
    await world.settle()
    assert await recording(world, call_id) is None
    [stopped] = [entry for entry in await world.entries(call_id) if entry.kind == "recording.stopped"]
    assert stopped.data["reason"] == "consent_withdrawn" and (await world.kinds(call_id)).count("recording.started") == 1
    with pytest.raises(Conflict):
        await world.act(steering.record, REP, call_id, new_id("rec"))


async def test_at_the_payment_step_nothing_is_recorded_and_nobody_sees_the_customers_pictures(world: World) -> None:
    call_id = await world.talking(REP, media="video")
    conversation_id = await agree(world, call_id)
    await world.act(steering.record, REP, call_id, new_id("rec"))
    await world.act(steering.share, CUSTOMER, call_id, on=True)
    assert not (await place(world, call_id)).veiled and not (await place(world, call_id)).screen_veiled
    await say(world, conversation_id, "payment.step_entered")
    there = await place(world, call_id)
    assert there.veiled and there.screen_veiled and not (await place(world, call_id, REP)).veiled
    assert (await recording(world, call_id) or RecordingPlan("", frozenset(), False)).paused
    await say(world, conversation_id, "payment.step_left")
    there = await place(world, call_id)
    assert not there.veiled and not there.screen_veiled
    assert not (await recording(world, call_id) or RecordingPlan("", frozenset(), True)).paused
    kinds = await world.kinds(call_id)
    assert [kind for kind in kinds if kind.startswith(("recording.", "payment."))] == [
        "recording.started", "payment.step_entered", "recording.paused", "payment.step_left", "recording.resumed",
    ]  # fmt: skip


async def test_a_call_that_begins_at_the_payment_step_and_one_that_is_interrupted_at_it_know_of_it(world: World) -> None:
    call_id = await world.talking(REP, media="video")
    conversation_id = await agree(world, call_id)
    await world.act(steering.record, REP, call_id, new_id("rec"))
    await world.calls.stop()  # the entry is written while nobody listens
    await world.core.store.write(timeline.append, TENANT, conversation_id, "payment.step_entered", SYSTEM, {})
    await world.restart()
    assert (await place(world, call_id)).screen_veiled and (await world.call(call_id)).recording is not None
    assert (await recording(world, call_id) or RecordingPlan("", frozenset(), False)).paused
    await world.act(works.hang_up, CUSTOMER, call_id)
    next_id = await world.ask(conversation_id)
    assert (await world.call(next_id)).payment_step


async def test_a_recording_that_failed_is_told_and_not_wanted_any_more(world: World) -> None:
    call_id = await world.talking(REP)
    await agree(world, call_id)
    recording_id = new_id("rec")
    await world.act(steering.record, REP, call_id, recording_id)
    world.media.saved(f"{TENANT}.{call_id}", recording_id, "disk full")
    await world.settle()
    assert (await world.call(call_id)).recording is None
    told = {entry.kind: entry for entry in await world.entries(call_id)}
    assert told["recording.stopped"].data["reason"] == "failed" and told["recording.saved"].data["faults"] == ["disk full"]
    assert told["recording.saved"].visibility == "staff"


async def test_the_customer_can_end_a_recording(world: World) -> None:
    call_id = await world.talking(REP)
    await agree(world, call_id)
    await world.act(steering.record, REP, call_id, new_id("rec"))
    for _ in range(2):
        await world.act(steering.stop_recording, CUSTOMER, call_id)
    assert await recording(world, call_id) is None and (await world.kinds(call_id)).count("recording.stopped") == 1
