"""Many entries in one work, and statements that were compiled once: the same as one by one, on both databases."""

import json
import sqlite3

import pytest
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from mediaserver.errors import LocalError, NotFound
from signalling.conversation import conversation, timeline
from signalling.conversation.timeline import SYSTEM
from signalling.ids import new_id
from signalling.store import Store, Transaction, prepared
from signalling.store.tables.conversation import conversations
from signalling.store.tables.conversation import timeline as entries
from signalling.store.tables.outward import outbox, webhook_endpoints
from signalling.store.tables.tenants import tenants
from tests.signalling.people import CUSTOMER, FOREIGN, TENANT


async def begun(store: Store) -> str:
    return (await store.write(conversation.begin, TENANT, CUSTOMER.id, CUSTOMER.actor)).id


async def test_many_entries_are_numbered_per_conversation_in_their_order(store: Store) -> None:
    first, second = await begun(store), await begun(store)
    lines: list[timeline.Line] = [
        (each, "queue.position_changed", SYSTEM, {"position": n}, "all") for n, each in enumerate([first, second, first, first, second])
    ]
    made = await store.write(timeline.append_all, TENANT, lines)
    assert [(entry.conversation_id, entry.seq) for entry in made] == [(first, 2), (second, 2), (first, 3), (first, 4), (second, 3)]
    kept = await store.read(timeline.read, TENANT, first)
    assert [(entry.seq, entry.data.get("position")) for entry in kept] == [(1, None), (2, 0), (3, 2), (4, 3)]
    assert (await store.write(timeline.append, TENANT, first, "message.created", CUSTOMER.actor, {})).seq == 5
    assert await store.write(timeline.append_all, TENANT, []) == []


async def test_one_missing_conversation_refuses_all_of_it(store: Store) -> None:
    made = await begun(store)
    with pytest.raises(NotFound):
        await store.write(timeline.append_all, TENANT, [(made, "a", SYSTEM, {}, "all"), ("conv_none", "a", SYSTEM, {}, "all")])
    assert [entry.seq for entry in await store.read(timeline.read, TENANT, made)] == [1]


async def test_each_endpoint_gets_what_it_wants_of_many(store: Store) -> None:
    made = await begun(store)

    def endpoint(tx: Transaction, kinds: list[str], status: str = "enabled", tenant_id: str = TENANT) -> str:
        made = new_id("wh")
        row = {
            "tenant_id": tenant_id,
            "id": made,
            "url": "https://shop.example",
            "secrets": b"",
            "description": "",
            "status": status,
            "created_at_us": 0,
        }
        tx.execute(insert(webhook_endpoints).values(**row, kinds=json.dumps(kinds)))
        return made

    everything = await store.write(endpoint, [])
    some = await store.write(endpoint, ["b"])
    await store.write(endpoint, [], status="disabled")
    await store.write(endpoint, [], tenant_id=FOREIGN)
    await store.write(timeline.append_all, TENANT, [(made, kind, SYSTEM, {}, "all") for kind in ("a", "b")])
    rows = await store.read(lambda tx: tx.all(select(outbox.c.target, outbox.c.position, outbox.c.kind).order_by(outbox.c.id)))
    assert sorted((row.target, row.position, row.kind) for row in rows) == sorted(
        [(f"webhook:{everything}", 2, "a"), (f"webhook:{everything}", 3, "b"), (f"webhook:{some}", 3, "b")]
    )


FIND = prepared(select(tenants).where(tenants.c.id == bindparam("id")))
ADD = prepared(insert(tenants))
RENAME = prepared(update(tenants).where(tenants.c.id == bindparam("of")).values(name=bindparam("to")))
REMOVE = prepared(delete(tenants).where(tenants.c.name == "gone").returning(tenants.c.id, tenants.c.created_at_us))
OF_CONVERSATION = prepared(select(entries.c.body, conversations.c.seq).join(conversations, conversations.c.id == entries.c.conversation_id))


async def test_prepared_statements_read_and_write_like_others(store: Store) -> None:
    def work(tx: Transaction) -> None:
        assert tx.run(ADD, [{"id": f"t{n}", "name": "new", "created_at_us": n} for n in range(3)]) in (3, -1)
        assert tx.first(FIND, {"id": "none"}) is None
        row = tx.first(FIND, {"id": "t1"})
        assert row is not None and (row.id, row.name, row.settings, row.created_at_us) == ("t1", "new", "{}", 1)
        assert tx.run(RENAME, {"of": "t1", "to": "gone"}) == 1
        assert tx.run(RENAME, {"of": "none", "to": "gone"}) == 0
        assert [tuple(row) for row in tx.all(REMOVE)] == [("t1", 1)]
        assert tx.all(REMOVE) == []

    await store.write(work)
    await begun(store)
    [row] = await store.read(lambda tx: tx.all(OF_CONVERSATION))
    assert isinstance(row.body, bytes) and row.seq == 1


async def test_a_prepared_statement_refuses_as_others_do(store: Store) -> None:
    row = {"id": TENANT, "name": "again", "created_at_us": 0}
    with pytest.raises(IntegrityError) as refused:
        await store.write(lambda tx: tx.run(ADD, row))
    assert "again" not in str(refused.value)


def test_a_prepared_statement_wants_all_of_its_parameters() -> None:
    from sqlalchemy.dialects.sqlite.pysqlite import dialect

    with pytest.raises(LocalError, match="to"):
        RENAME.on(dialect()).run(sqlite3.connect(":memory:").cursor(), {"of": "t1"})
    with pytest.raises(LocalError, match="expanding"):
        prepared(select(tenants.c.id).where(tenants.c.id.in_(["a", "b"]))).on(dialect())
