"""Webhooks reach whoever asked for them: signed, in order per conversation, again when they failed, never where they must not."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import standardwebhooks
import svix
from aiohttp import web
from aiohttp.test_utils import TestClient
from sqlalchemy import func, select, update

from signalling import webhooks
from signalling.app import SignallingCore
from signalling.conversation import conversation, timeline
from signalling.store import Transaction
from signalling.store.tables.outward import outbox
from tests.signalling.people import ADMIN, CUSTOMER, REP, TENANT, bearer
from tests.support.receiver import Receiver

Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    await made.start()
    yield made
    await made.stop()


async def endpoint(client: Client, core: SignallingCore, receiver: Receiver, *kinds: str) -> tuple[str, str]:
    """Its id and secret."""
    answer = await client.post("/v1/webhooks", json={"url": receiver.url, "kinds": list(kinds)}, headers=bearer(core, ADMIN))
    assert answer.status == 201, await answer.text()
    made = await answer.json()
    return made["id"], made["secret"]


async def say(core: SignallingCore, conversation_id: str, *texts: str) -> None:
    for text in texts:
        await core.store.write(timeline.append, TENANT, conversation_id, "message.created", CUSTOMER.actor, {"text": text})


async def begun(core: SignallingCore) -> str:
    return (await core.store.write(conversation.begin, TENANT, CUSTOMER.id, CUSTOMER.actor)).id


async def hurry(core: SignallingCore) -> None:
    """What waits for a later attempt is due now."""

    def work(tx: Transaction) -> None:
        tx.execute(update(outbox).where(outbox.c.status == "pending").values(due_at_us=tx.now_us))
        tx.tell("outbox", None)

    await core.store.write(work)


async def states(core: SignallingCore) -> dict[str, int]:
    rows = await core.store.read(lambda tx: tx.all(select(outbox.c.status, func.count()).group_by(outbox.c.status)))
    return {row[0]: row[1] for row in rows}


async def until(core: SignallingCore, *, dead: int = 0, attempts: int = 0) -> None:
    """Waits until that many rows are dead, and that many attempts are written down."""
    async with asyncio.timeout(30):
        while True:
            made = await core.store.read(lambda tx: tx.execute(select(func.sum(outbox.c.attempts))).scalar())
            if (await states(core)).get("dead", 0) >= dead and (made or 0) >= attempts:
                return
            await asyncio.sleep(0.01)


async def test_an_endpoint_hears_its_kinds_in_order_and_both_libraries_accept_the_signature(
    core: SignallingCore, client: Client, receiver: Receiver
) -> None:
    _, secret = await endpoint(client, core, receiver, "message.created")
    made = await begun(core)
    await say(core, made, *(str(n) for n in range(20)))
    got = await receiver.until(20)
    bodies = [json.loads(each.body) for each in got]
    assert [(body["seq"], body["data"]["text"]) for body in bodies] == [(n + 2, str(n)) for n in range(20)]
    assert {body["type"] for body in bodies} == {"message.created"}
    assert len({each.headers["webhook-id"] for each in got}) == 20
    for each in got:
        assert standardwebhooks.Webhook(secret).verify(each.body, each.headers)
        svix.Webhook(secret).verify(each.body, each.headers)  # raises where it does not verify


async def test_a_failure_holds_its_conversation_back_but_not_the_others(core: SignallingCore, client: Client, receiver: Receiver) -> None:
    one, other = await begun(core), await begun(core)
    await endpoint(client, core, receiver, "message.created")
    broken = True
    receiver.answer = lambda got: 500 if broken and json.loads(got.body)["conversation_id"] == one else 200
    await say(core, one, "first", "second")
    await say(core, other, "a", "b")
    await receiver.until(3)
    texts = [json.loads(each.body)["data"]["text"] for each in receiver.received]
    assert texts.count("first") == 1 and "second" not in texts and [text for text in texts if text in "ab"] == ["a", "b"]
    broken = False
    await hurry(core)
    await receiver.until(5)
    assert [json.loads(each.body)["data"]["text"] for each in receiver.received][3:] == ["first", "second"]


async def test_an_attempt_that_is_repeated_keeps_its_id(core: SignallingCore, client: Client, receiver: Receiver) -> None:
    made = await begun(core)
    receiver.answers = [(500, {}), (302, {"Location": "http://127.0.0.1:1/"}), (204, {})]
    await endpoint(client, core, receiver, "message.created")
    await say(core, made, "once")
    for count in (1, 2):
        await receiver.until(count)
        await until(core, attempts=count)
        await hurry(core)
    await receiver.until(3)
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 1


async def test_gone_disables_the_endpoint_and_nothing_more_is_sent(core: SignallingCore, client: Client, receiver: Receiver) -> None:
    made = await begun(core)
    receiver.answers = [(410, {})]
    made_endpoint, _ = await endpoint(client, core, receiver, "message.created")
    async with core.services.delivery.paused():
        await say(core, made, "one", "two", "three")
    await receiver.until(1)
    await until(core, dead=3)
    answer = await client.get(f"/v1/webhooks/{made_endpoint}", headers=bearer(core, ADMIN))
    assert (await answer.json())["status"] == "disabled"
    await say(core, made, "four")
    assert (await states(core)).get("pending", 0) == 0
    assert len(receiver.received) == 1


async def test_what_is_dead_can_be_listed_and_sent_again_in_order(core: SignallingCore, client: Client, receiver: Receiver) -> None:
    made = await begun(core)
    made_endpoint, _ = await endpoint(client, core, receiver, "message.created")
    receiver.answer = lambda got: 500

    def worn_out(tx: Transaction) -> None:
        tx.execute(update(outbox).values(attempts=len(webhooks.SCHEDULE_S)))

    async with core.services.delivery.paused():
        await say(core, made, "one", "two")
        await core.store.write(worn_out)
    await receiver.until(2)
    await until(core, dead=2)
    listed = await client.get(f"/v1/webhooks/{made_endpoint}/messages?limit=1&status=dead", headers=bearer(core, ADMIN))
    page = await listed.json()
    assert page["has_more"] and page["data"][0]["last_status"] == 500 and page["data"][0]["attempts"] == 10
    following = await client.get(
        f"/v1/webhooks/{made_endpoint}/messages", params={"limit": 1, "cursor": page["next_cursor"]}, headers=bearer(core, ADMIN)
    )
    assert (await following.json())["has_more"] is False
    receiver.answer = None
    again = await client.post(f"/v1/webhooks/{made_endpoint}/replay", json={}, headers=bearer(core, ADMIN))
    assert (await again.json())["count"] == 2
    await receiver.until(4)
    assert [json.loads(each.body)["data"]["text"] for each in receiver.received[2:]] == ["one", "two"]


async def test_a_changed_secret_signs_beside_the_former_one(core: SignallingCore, client: Client, receiver: Receiver) -> None:
    made = await begun(core)
    made_endpoint, old = await endpoint(client, core, receiver, "message.created")
    answer = await client.post(f"/v1/webhooks/{made_endpoint}/secret", headers=bearer(core, ADMIN))
    new = (await answer.json())["secret"]
    await say(core, made, "hello")
    got = (await receiver.until(1))[0]
    assert old != new
    for secret in (old, new):
        assert standardwebhooks.Webhook(secret).verify(got.body, got.headers)


async def test_what_was_left_undelivered_is_delivered_after_a_restart(core: SignallingCore, client: Client, receiver: Receiver) -> None:
    made = await begun(core)
    await endpoint(client, core, receiver, "message.created")
    await core.services.delivery.stop()
    await say(core, made, "kept")
    await core.services.delivery.start()
    assert json.loads((await receiver.until(1))[0].body)["data"]["text"] == "kept"


async def test_only_administrators_may_see_endpoints(core: SignallingCore, client: Client) -> None:
    for caller in (CUSTOMER, REP):
        assert (await client.get("/v1/webhooks", headers=bearer(core, caller))).status == 403
