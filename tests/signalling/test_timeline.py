"""A conversation's log: gap-free, ordered, sealed, one transaction with what it tells of."""

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from sqlalchemy import select

from mediaserver.errors import NotFound
from signalling.app import SignallingCore
from signalling.conversation import conversation, timeline
from signalling.store import Store, Transaction
from signalling.store.tables.conversation import timeline as table
from tests.signalling.people import CUSTOMER, OTHER_CUSTOMER, TENANT, bearer

Client = TestClient[web.Request, web.Application]


async def begun(store: Store) -> str:
    made = await store.write(conversation.begin, TENANT, CUSTOMER.id, CUSTOMER.actor)
    return made.id


async def test_entries_that_come_at_once_get_numbers_without_a_gap(store: Store) -> None:
    made = await begun(store)
    await asyncio.gather(
        *(store.write(timeline.append, TENANT, made, "message.created", CUSTOMER.actor, {"text": str(n)}) for n in range(50))
    )
    entries = await store.read(timeline.read, TENANT, made)
    assert [entry.seq for entry in entries] == list(range(1, 52))
    assert {entry.data["text"] for entry in entries[1:]} == {str(n) for n in range(50)}


async def test_a_work_that_fails_leaves_nothing_and_no_gap(store: Store) -> None:
    made = await begun(store)

    def fails(tx: Transaction) -> None:
        timeline.append(tx, TENANT, made, "message.created", CUSTOMER.actor, {"text": "lost"})
        raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError):
        await store.write(fails)
    await store.write(timeline.append, TENANT, made, "message.created", CUSTOMER.actor, {"text": "kept"})
    entries = await store.read(timeline.read, TENANT, made)
    assert [(entry.seq, entry.data.get("text")) for entry in entries] == [(1, None), (2, "kept")]


async def test_bodies_are_not_readable_in_the_database(store: Store) -> None:
    made = await begun(store)
    await store.write(timeline.append, TENANT, made, "message.created", CUSTOMER.actor, {"text": "my secret"})
    bodies = await store.read(lambda tx: [row.body for row in tx.all(select(table.c.body))])
    assert bodies and not any(b"secret" in body or b"Ana" in body for body in bodies)


async def test_a_foreign_conversation_does_not_exist(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.write(timeline.append, TENANT, "conv_none", "message.created", CUSTOMER.actor, {})


async def test_a_customer_reads_their_own_timeline_only(core: SignallingCore, client: Client) -> None:
    made = await begun(core.store)
    mine = await client.get(f"/v1/conversations/{made}/timeline", headers=bearer(core, CUSTOMER))
    assert mine.status == 200
    assert [entry["type"] for entry in (await mine.json())["entries"]] == ["conversation.created"]
    theirs = await client.get(f"/v1/conversations/{made}/timeline", headers=bearer(core, OTHER_CUSTOMER))
    assert theirs.status == 404
    nobody = await client.get(f"/v1/conversations/{made}/timeline")
    assert nobody.status == 401
