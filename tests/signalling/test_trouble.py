"""Customers in trouble: noticed from the timeline, told once, brought to the desk, and none forgotten by a restart."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from signalling import tenants
from signalling.app import SignallingCore
from signalling.bus import LocalBus
from signalling.commerce import help as helping
from signalling.commerce.cart_change import AddLine, ApplyCode, SetStep
from signalling.commerce.trouble import TroubleWatch
from signalling.conversation import timeline
from signalling.conversation.timeline import SYSTEM, Entry
from signalling.store import Store, Transaction
from signalling.store.tables.conversation import conversations
from signalling.store.tables.payment import help_requests
from tests.signalling.paying import Client, talk
from tests.signalling.people import CUSTOMER, OTHER_CUSTOMER, REP, TENANT, bearer
from tests.signalling.shopping import KETTLE, Shopping


@dataclass
class Ticket:
    id: str


class NotedDesk:
    """A desk that writes down what it is asked."""

    def __init__(self) -> None:
        self.entered: list[tuple[str, int, str | None]] = []
        self.boosted: list[tuple[str, int, str]] = []
        self.waiting: dict[str, str] = {}

    async def enter(
        self, tenant_id: str, conversation_id: str, *, priority: int = 0, reason: str | None = None, ticket_id: str | None = None
    ) -> Any:
        if conversation_id not in self.waiting:
            self.waiting[conversation_id] = ticket_id or ""
            self.entered.append((conversation_id, priority, reason))
        return Ticket(self.waiting[conversation_id])

    async def boost(self, tenant_id: str, conversation_id: str, points: int, reason: str) -> None:
        self.boosted.append((conversation_id, points, reason))


@pytest.fixture
def desk(core: SignallingCore) -> NotedDesk:
    made = NotedDesk()
    core.services.trouble.desk = made  # type: ignore[assignment] # a place has more than is looked at here
    return made


@pytest.fixture
async def watch(core: SignallingCore, desk: NotedDesk) -> AsyncIterator[TroubleWatch]:
    """Another watch over the same store, driven by hand."""
    await core.services.trouble.stop()
    made = TroubleWatch(core.services.settings, core.store, LocalBus(), desk)  # type: ignore[arg-type] # as above
    yield made
    await made.stop()


async def raised(store: Store, conversation_id: str) -> list[Entry]:
    entries = await store.read(timeline.read, TENANT, conversation_id)
    return [entry for entry in entries if entry.kind == "help.requested"]


async def decline(store: Store, conversation_id: str) -> Entry:
    return await store.write(timeline.append, TENANT, conversation_id, "payment.declined", SYSTEM, {"reason": "insufficient_funds"})


async def until(condition: Any) -> None:
    end = time.monotonic() + 30
    while not await condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def test_a_declined_payment_brings_the_customer_to_the_desk(core: SignallingCore, desk: NotedDesk) -> None:
    talked = await talk(core.store)
    await decline(core.store, talked)

    async def there() -> bool:
        return bool(desk.entered)

    await until(there)
    assert desk.entered == [(talked, helping.PRIORITIES["declined"], "declined")]
    (entry,) = await raised(core.store, talked)
    assert (entry.data["reason"], entry.visibility) == ("declined", "staff")


async def test_an_episode_is_told_once_however_often_it_is_seen(core: SignallingCore, watch: TroubleWatch, desk: NotedDesk) -> None:
    talked = await talk(core.store)
    for _ in range(3):
        entry = await decline(core.store, talked)
        await watch.observe(entry)
        await watch.observe(entry)
    assert len(await raised(core.store, talked)) == 1
    fresh = TroubleWatch(core.services.settings, core.store, LocalBus(), desk)  # type: ignore[arg-type] # a watch that knows nothing
    await fresh.observe(await decline(core.store, talked))
    assert len(await raised(core.store, talked)) == 1


async def test_what_happened_before_the_start_counts(core: SignallingCore, watch: TroubleWatch, desk: NotedDesk) -> None:
    talked = await talk(core.store)
    await decline(core.store, talked)
    await watch._catch_up()
    assert len(await raised(core.store, talked)) == 1 and desk.entered


async def test_a_request_the_desk_did_not_hear_of_is_brought_there_at_the_next_start(
    core: SignallingCore, watch: TroubleWatch, desk: NotedDesk
) -> None:
    talked = await talk(core.store)
    await core.store.write(helping.ask, CUSTOMER, talked, None, "chat", helping.Situation())
    assert desk.entered == []
    await watch._catch_up()
    assert [each[0] for each in desk.entered] == [talked]
    await watch._catch_up()
    assert len(desk.entered) == 1


async def test_a_gap_on_the_bus_is_read_from_the_store(core: SignallingCore, watch: TroubleWatch) -> None:
    await core.store.write(limits, declines=2)
    talked = await talk(core.store)
    entries = [await decline(core.store, talked) for _ in range(2)]
    await watch.observe(entries[1])  # the first was lost
    assert len(await raised(core.store, talked)) == 1


async def test_somebody_idle_at_the_checkout_is_noticed_when_the_time_is_up(core: SignallingCore, watch: TroubleWatch) -> None:
    await core.store.write(limits, idle_s=60)
    talked = await talk(core.store)
    cart = {"checkout_step": "shipping", "status": "open"}
    entry = await core.store.write(timeline.append, TENANT, talked, "cart.updated", CUSTOMER.actor, {"cart": cart})
    await watch.observe(entry)
    await watch.pass_time()
    assert await raised(core.store, talked) == []
    ((due_us, key),) = watch._due
    assert due_us == entry.at_us + 60_000_000
    await watch._after(key, watch._watched[key], watch._watched[key].watch.expire(due_us))
    (told,) = await raised(core.store, talked)
    assert told.data["reason"] == "idle"


def limits(tx: Transaction, **changes: int) -> None:
    before = tenants.settings(tx, TENANT)
    tenants.set_settings(tx, TENANT, before.model_copy(update={"trouble": before.trouble.model_copy(update=changes)}))


async def test_a_rep_who_is_there_already_is_told_and_nobody_queues(core: SignallingCore, watch: TroubleWatch, desk: NotedDesk) -> None:
    talked = await talk(core.store)
    await core.store.write(lambda tx: tx.execute(conversations.update().values(rep_id=REP.id)) and None)
    await watch.observe(await decline(core.store, talked))
    assert len(await raised(core.store, talked)) == 1 and desk.entered == []
    assert await core.store.read(helping.unqueued) == []


async def test_the_button_puts_page_and_step_on_the_timeline_and_moves_the_customer_up(
    core: SignallingCore, client: Client, desk: NotedDesk
) -> None:
    talked = await talk(core.store)
    url, mine = f"/v1/conversations/{talked}/help", bearer(core, CUSTOMER)
    body = {
        "id": "help_01JD3Q8Z6W0V7M9K4C2T5B8N1X",
        "note": "The code does not work",
        "page": {"url": "https://user:secret@shop.example/checkout?token=abc#x", "title": "Checkout"},
        "step": "payment",
        "unverified_attributes": {"plan": "gold"},
    }
    for _ in range(2):
        async with client.post(url, json=body, headers=mine) as answer:
            assert (answer.status, (await answer.json())["reason"]) == (201, "asked"), await answer.text()
    (entry,) = await raised(core.store, talked)
    assert entry.data["page"] == {"url": "https://shop.example/checkout", "title": "Checkout"}
    assert entry.data["unverified_attributes"] == {"plan": "gold"} and entry.actor.id == CUSTOMER.id
    async with client.post(url, json={"cause": "declined"}, headers=mine) as answer:
        found = await answer.json()
        assert (answer.status, found["reason"], found["priority"]) == (201, "declined", helping.PRIORITIES["asked"])
    assert desk.entered == [(talked, helping.PRIORITIES["asked"], "asked")]
    assert desk.boosted == [(talked, helping.PRIORITIES["asked"], "declined")]
    async with client.post(url, json={}, headers=bearer(core, OTHER_CUSTOMER)) as answer:
        assert answer.status == 404
    async with client.post(url, json={}, headers=bearer(core, REP)) as answer:
        assert answer.status == 403


async def test_the_real_desk_takes_the_request(core: SignallingCore, client: Client) -> None:
    talked = await talk(core.store)
    for body in ({}, {}):
        async with client.post(f"/v1/conversations/{talked}/help", json=body, headers=bearer(core, CUSTOMER)) as answer:
            assert answer.status == 201, await answer.text()
    assert await core.store.read(helping.unqueued) == []


async def test_requests_are_a_tenants_own(core: SignallingCore, watch: TroubleWatch) -> None:
    talked = await talk(core.store)
    assert await core.store.write(helping.raise_, replace(CUSTOMER, tenant_id="ten_other").tenant_id, talked, "idle", 60) is None
    assert (await core.store.read(lambda tx: tx.all(help_requests.select()))) == []


async def test_two_codes_that_do_not_count_in_a_real_cart_are_noticed(core: SignallingCore, watch: TroubleWatch, desk: NotedDesk) -> None:
    shopping = Shopping(core)
    await shopping.begin()
    await shopping.do(AddLine(KETTLE))
    await shopping.do(ApplyCode("NOSUCHCODE"))
    for entry in await shopping.entries():
        await watch.observe(entry)
    assert desk.entered == []
    await shopping.do(ApplyCode("NEITHER"))
    await watch.observe((await shopping.entries())[-1])
    assert [each[2] for each in desk.entered] == ["code"]


async def test_going_back_and_forth_in_a_real_checkout_is_noticed(core: SignallingCore, watch: TroubleWatch, desk: NotedDesk) -> None:
    await core.store.write(limits, edits=2)
    shopping = Shopping(core)
    await shopping.begin()
    await shopping.do(AddLine(KETTLE))
    for step in ("address", "cart", "address", "shipping", "address"):
        await shopping.do(SetStep(step))
    await watch._catch_up()
    assert [each[2] for each in desk.entered] == ["edits"]
