"""The desk when something goes wrong: the database away, the process gone, a rep's connection lost, a conversation erased."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete

from mediaserver.errors import NotFound, Unavailable
from signalling import tenants
from signalling.app import SignallingCore
from signalling.bus import person_topic
from signalling.config import Settings
from signalling.conversation import conversation, timeline
from signalling.routing import records
from signalling.routing.decisions import Assigned, Entered, Offered, RepChanged
from signalling.routing.requirement import Step, parse
from signalling.store import Transaction
from signalling.store.faults import unavailable
from signalling.store.tables.conversation import conversations
from tests.signalling.desks import BOUND_S, Heard, conversation_of
from tests.signalling.people import CUSTOMER, FOREIGN, OTHER_REP, REP, TENANT, clock_now


class Outage:
    """The store as the desk sees it, failing when it is told to: before it writes, or after, so that nobody knows."""

    def __init__(self, core: SignallingCore, *, after: bool) -> None:
        self.write, self.after, self.failing, self.tries = core.store.write, after, True, 0
        core.store.write = self  # type: ignore[method-assign,assignment]  # the seam of this test

    async def __call__(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        if work is not records.persist or not self.failing:
            return await self.write(work, *args, **kwargs)
        self.tries += 1
        if self.after and self.tries == 1:
            await self.write(work, *args, **kwargs)
        raise unavailable()


async def until(done: Callable[[], bool]) -> None:
    """Until it is so; within the tests' bound."""
    deadline = time.monotonic() + BOUND_S
    while not done():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def kinds(core: SignallingCore, made: str) -> Counter[str]:
    entries = await core.store.read(timeline.read, TENANT, made)
    return Counter(entry.kind for entry in entries if entry.kind.startswith(("queue.", "conversation.a")))


@pytest.mark.parametrize("after", [False, True], ids=["nothing-written", "nobody-knows"])
async def test_what_was_decided_while_the_database_was_away_is_neither_lost_nor_doubled(core: SignallingCore, after: bool) -> None:
    desk = core.services.desk
    await desk.set_status(TENANT, REP.id, "available")
    made = await conversation_of(core)
    await desk.boost(TENANT, made, 0, "warm")  # the floor and its queue are there
    heard, outage = Heard(core), Outage(core, after=after)
    with pytest.raises(Unavailable):
        await desk.enter(TENANT, made, "voice")
    with pytest.raises(Unavailable):
        await desk.enter(TENANT, made, "voice")
    await until(lambda: outage.tries > 2)
    if not after:
        assert heard.all == []
    outage.failing = False
    await heard.until(Offered)
    await until(lambda: not desk._away)
    place = await desk.enter(TENANT, made, "voice")
    assert (place.state, place.rep_id) == ("offered", REP.id)
    await desk.answer(TENANT, place.id, REP.id, True)
    assert await kinds(core, made) == {"queue.entered": 1, "conversation.assigned": 1}


async def test_after_a_restart_everybody_is_where_they_were(settings: Settings) -> None:
    first = SignallingCore(settings, clock=clock_now)
    await first.start()
    await first.store.write(tenants.create, TENANT, "Shop")
    desk = first.services.desk
    await desk.set_status(TENANT, REP.id, "available")
    made = [await conversation_of(first) for _ in range(4)]
    places = [await desk.enter(TENANT, each, "voice", reason="help") for each in made]
    await desk.answer(TENANT, places[0].id, REP.id, True)
    await desk.set_status(TENANT, OTHER_REP.id, "available")
    await desk.boost(TENANT, made[3], 5, "trouble")
    await desk.transfer(TENANT, places[0].id, requirement="billing >= 3")
    await desk.take(TENANT, REP.id, made[0], "voice")
    before = [desk.place(TENANT, place.id) for place in places]
    assert [(place.state, place.position) for place in before] == [("assigned", None), ("offered", 2), ("waiting", 3), ("waiting", 1)]
    await first.stop()
    again = SignallingCore(settings, clock=clock_now)
    await again.start()
    desk = again.services.desk
    assert [desk.place(TENANT, place.id) for place in places] == before
    assert again.services.desk.floor(TENANT).tickets[places[0].id].steps == (Step(0, parse("billing >= 3")),)
    heard = Heard(again)
    await desk.finish(TENANT, REP.id, made[0], "voice")
    await desk.end_wrap_up(TENANT, REP.id)
    offer = await heard.until(Offered)
    assert (offer.ticket_id, offer.rep_id) == (places[3].id, REP.id)
    await again.stop()


async def test_a_rep_who_is_gone_gives_everything_back_at_its_age(core: SignallingCore) -> None:
    desk = core.services.desk
    desk.grace_us = 200_000
    await desk.set_status(TENANT, REP.id, "available")
    desk.connected(TENANT, REP.id)
    made = [await conversation_of(core) for _ in range(2)]
    places = [await desk.enter(TENANT, each, "chat") for each in made]
    await desk.answer(TENANT, places[0].id, REP.id, True)
    heard = Heard(core)
    desk.disconnected(TENANT, REP.id)
    entered = await heard.until(Entered)
    assert (entered.ticket_id, entered.again, entered.rep_id) == (places[0].id, "rep_gone", REP.id)
    assert [each.status for each in heard.all if isinstance(each, RepChanged)] == ["disconnected", "offline"]
    row = await core.store.read(conversation.find, TENANT, made[0])
    assert row is not None and row.rep_id is None
    now = [desk.place(TENANT, place.id) for place in places]
    assert [(place.state, place.position, place.entered_at) for place in now] == [
        ("waiting", 1, places[0].entered_at),
        ("waiting", 2, places[1].entered_at),
    ]


async def test_a_rep_who_comes_back_in_time_keeps_everything(core: SignallingCore) -> None:
    desk = core.services.desk
    await desk.set_status(TENANT, REP.id, "available")
    desk.connected(TENANT, REP.id)
    place = await desk.enter(TENANT, await conversation_of(core), "chat")
    await desk.answer(TENANT, place.id, REP.id, True)
    desk.disconnected(TENANT, REP.id)
    assert (await desk.rep(TENANT, REP.id)).status == "disconnected"
    desk.connected(TENANT, REP.id)
    assert (await desk.rep(TENANT, REP.id)).status == "available"
    assert desk.place(TENANT, place.id).rep_id == REP.id


async def test_a_conversation_that_is_gone_does_not_stop_the_others(core: SignallingCore) -> None:
    desk, heard = core.services.desk, Heard(core)
    made = [await conversation_of(core) for _ in range(3)]
    places = [await desk.enter(TENANT, each, "chat") for each in made]

    def erase(tx: Transaction) -> None:
        tx.execute(delete(conversations).where(conversations.c.tenant_id == TENANT, conversations.c.id == made[1]))

    await core.store.write(erase)
    await desk.set_status(TENANT, REP.id, "available")  # offers all three at once
    for place in (places[0], places[2]):
        await desk.answer(TENANT, place.id, REP.id, True)
        await heard.until(Assigned, lambda each, place=place: each.ticket_id == place.id)
    with pytest.raises(NotFound):
        await desk.answer(TENANT, places[1].id, REP.id, True)
        desk.place(TENANT, places[1].id)


async def test_shops_share_nothing(core: SignallingCore) -> None:
    await core.store.write(tenants.create, FOREIGN, "Other shop")
    desk = core.services.desk
    await desk.set_status(FOREIGN, REP.id, "available")
    mine = await desk.enter(TENANT, await conversation_of(core), "chat")
    assert mine.state == "waiting"
    with pytest.raises(NotFound):
        await desk.pick(FOREIGN, mine.id, REP.id)
    assert await desk.leave(FOREIGN, mine.id) is False
    theirs = await desk.enter(FOREIGN, await conversation_of(core, tenant_id=FOREIGN), "chat")
    assert (theirs.state, theirs.position) == ("offered", 1)


async def test_who_waits_is_told_when_their_place_moves(core: SignallingCore) -> None:
    desk = core.services.desk
    notes: list[dict[str, Any]] = []
    core.bus.subscribe(person_topic(TENANT, CUSTOMER.id), lambda _, note: notes.append(note))
    places = [await desk.enter(TENANT, await conversation_of(core), "chat") for _ in range(3)]
    await desk.leave(TENANT, places[0].id)

    def told(place_id: str) -> list[int]:
        return [note["position"] for note in notes if note["type"] == "queue.position" and note["ticket_id"] == place_id]

    await until(lambda: told(places[2].id)[-1:] == [2] and told(places[1].id)[-1:] == [1])
    assert told(places[2].id) in ([3, 2], [2])
