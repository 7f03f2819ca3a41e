"""The desk: durable before told, rebuilt after a restart, one shop never another's."""

import pytest

from mediaserver.errors import Conflict, NotFound
from signalling.app import SignallingCore
from signalling.conversation import conversation, timeline
from signalling.routing.decisions import Assigned, Offered, OfferEnded
from tests.signalling.desks import Heard, conversation_of
from tests.signalling.people import OTHER_REP, REP, TENANT


async def test_who_enters_is_offered_to_a_free_rep_and_theirs_once_accepted(core: SignallingCore) -> None:
    desk, heard = core.services.desk, Heard(core)
    await desk.set_status(TENANT, REP.id, "available")
    made = await conversation_of(core)
    place = await desk.enter(TENANT, made, "voice", reason="help")
    assert (place.state, place.position, place.rep_id) == ("offered", 1, REP.id)
    offer = await heard.until(Offered)
    assert (offer.ticket_id, offer.rep_id, offer.call_id) == (place.id, REP.id, None)
    with pytest.raises(Conflict):
        await desk.answer(TENANT, place.id, OTHER_REP.id, True)
    await desk.answer(TENANT, place.id, REP.id, True)
    assigned = await heard.until(Assigned)
    assert (assigned.ticket_id, assigned.rep_id, assigned.queue_id) == (place.id, REP.id, place.queue_id)
    assert [each.outcome for each in heard.all if isinstance(each, OfferEnded)] == ["accepted"]
    entries = await core.store.read(timeline.read, TENANT, made)
    assert [entry.kind for entry in entries] == ["conversation.created", "queue.entered", "conversation.assigned"]
    row = await core.store.read(conversation.find, TENANT, made)
    assert row is not None and row.rep_id == REP.id


async def test_a_declined_offer_goes_to_the_next_rep(core: SignallingCore) -> None:
    desk, heard = core.services.desk, Heard(core)
    for rep in (REP, OTHER_REP):
        await desk.set_status(TENANT, rep.id, "available")
    place = await desk.enter(TENANT, await conversation_of(core), "voice")
    await desk.answer(TENANT, place.id, REP.id, False)
    offer = await heard.until(Offered, lambda each: each.rep_id == OTHER_REP.id)
    assert offer.ticket_id == place.id


async def test_entering_twice_is_one_place(core: SignallingCore) -> None:
    made = await conversation_of(core)
    first = await core.services.desk.enter(TENANT, made, "chat")
    assert await core.services.desk.enter(TENANT, made, "chat") == first
    assert first.state == "waiting"


async def test_nobody_enters_for_a_conversation_that_is_not_there(core: SignallingCore) -> None:
    with pytest.raises(NotFound):
        await core.services.desk.enter(TENANT, "conv_none", "chat")


async def test_a_rep_who_comes_for_the_first_time_has_a_name_at_once(core: SignallingCore) -> None:
    desk = core.services.desk
    desk.connected(TENANT, REP.id, REP.name)
    assert (await desk.rep(TENANT, REP.id)).name == REP.name != ""
