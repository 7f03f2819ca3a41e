"""The audit log: whatever is done to its rows behind its back is found, and where."""

import asyncio
import random
from collections.abc import Callable

import pytest
from sqlalchemy import ColumnElement, delete, insert, select, update

from signalling import tenants
from signalling.privacy import audit
from signalling.store import Store, Transaction
from signalling.store.tables.privacy import audit_heads, audit_log
from tests.signalling.people import ADMIN, FOREIGN, TENANT

LINES = 12
Tamper = Callable[[Transaction], object]


async def written(store: Store, lines: int = LINES) -> None:
    for number in range(lines):
        await store.write(audit.record, TENANT, ADMIN.actor, "conversation.read", f"conv_{number}", {"number": number})


def line(position: int) -> ColumnElement[bool]:
    return (audit_log.c.tenant_id == TENANT) & (audit_log.c.position == position)


def swapped(tx: Transaction, first: int, second: int) -> None:
    for here, there in ((first, 1000), (second, first), (1000, second)):
        tx.execute(update(audit_log).where(line(here)).values(position=there))


def copied(tx: Transaction) -> None:
    row = tx.first(select(audit_log).where(line(LINES)))
    assert row is not None
    tx.execute(insert(audit_log).values(**{**row._mapping, "position": LINES + 1}))


def rewritten(tx: Transaction) -> None:
    """A line changed by somebody who knows how hashes are made, and renews them all, the head's too."""
    previous = ""
    for row in tx.all(select(audit_log).where(audit_log.c.position >= 5).order_by(audit_log.c.position)):
        values = {**row._mapping, "actor_id": "rep_innocent" if row.position == 5 else row.actor_id}
        values["previous_hash"] = previous or row.previous_hash
        values["hash"] = previous = audit.hashed(values)
        tx.execute(update(audit_log).where(line(row.position)).values(**values))
    tx.execute(update(audit_heads).where(audit_heads.c.tenant_id == TENANT).values(hash=previous))


def truncated_with_head(tx: Transaction) -> None:
    tx.execute(delete(audit_log).where(audit_log.c.position > 8))
    row = tx.first(select(audit_log).where(line(8)))
    assert row is not None
    tx.execute(update(audit_heads).where(audit_heads.c.tenant_id == TENANT).values(position=8, hash=row.hash))


@pytest.mark.parametrize(
    ("tamper", "position", "what"),
    [
        (lambda tx: tx.execute(update(audit_log).where(line(4)).values(actor_id="rep_other")), 4, "changed"),
        (lambda tx: tx.execute(update(audit_log).where(line(4)).values(at_us=1)), 4, "changed"),
        (lambda tx: tx.execute(update(audit_log).where(line(4)).values(detail=b"\0" * 40)), 4, "detail"),
        (lambda tx: tx.execute(delete(audit_log).where(line(4))), 4, "missing"),
        (lambda tx: tx.execute(delete(audit_log).where(line(1))), 1, "missing"),
        (lambda tx: tx.execute(delete(audit_log).where(audit_log.c.position > 9)), 10, "at the end are missing"),
        (lambda tx: tx.execute(delete(audit_log)), 1, "at the end are missing"),
        (lambda tx: tx.execute(delete(audit_heads)), 0, "head is missing"),
        (lambda tx: swapped(tx, 6, 7), 6, "follow"),
        (copied, LINES + 1, "follow"),
        (rewritten, LINES, "head was changed"),
        (truncated_with_head, 8, "head was changed"),
    ],
)
async def test_what_was_done_to_the_log_is_found_and_where(store: Store, tamper: Tamper, position: int, what: str) -> None:
    await written(store)
    assert (await audit.verify(store, TENANT)).good
    await store.write(tamper)
    verdict = await audit.verify(store, TENANT)
    assert not verdict.good
    assert verdict.faults[0].position == position and what in verdict.faults[0].what


async def test_lines_written_at_once_make_one_chain(store: Store) -> None:
    await store.write(tenants.create, FOREIGN, "Other")
    order = [TENANT, FOREIGN] * 20
    random.Random(7).shuffle(order)
    await asyncio.gather(*(store.write(audit.record, tenant, ADMIN.actor, "key.made", "key_1") for tenant in order))
    for tenant in (TENANT, FOREIGN):
        verdict = await audit.verify(store, tenant)
        assert (verdict.faults, verdict.checked, verdict.head.position) == ([], 20, 20)


async def test_a_head_kept_elsewhere_shows_that_an_older_copy_was_put_back(store: Store) -> None:
    await written(store, 5)
    rows = await store.read(lambda tx: [dict(row._mapping) for row in tx.all(select(audit_heads))])
    await written(store, 3)
    kept = await store.read(audit.head, TENANT)

    def put_back(tx: Transaction) -> None:
        tx.execute(delete(audit_log).where(audit_log.c.position > 5))
        tx.execute(delete(audit_heads))
        tx.execute(insert(audit_heads), rows)

    await store.write(put_back)
    assert (await audit.verify(store, TENANT)).good  # nothing in the database can tell
    verdict = await audit.verify(store, TENANT, expected=kept)
    assert [fault.position for fault in verdict.faults] == [6]


async def test_what_retention_cut_off_is_no_fault_but_what_others_cut_off_is(store: Store) -> None:
    await written(store)
    kept = await store.read(audit.head, TENANT)
    lines = await store.read(audit.read, TENANT, limit=200)
    assert [one.position for one in lines] == list(range(LINES, 0, -1)) and lines[0].detail == {"number": LINES - 1}

    def cut(tx: Transaction) -> int:
        moment = tx.execute(select(audit_log.c.at_us).where(line(5))).scalar_one()
        return audit.cut(tx, TENANT, moment, 100)

    assert await store.write(cut) == 4
    assert (await audit.verify(store, TENANT, expected=kept)).faults == []
    await written(store, 1)
    await store.write(lambda tx: tx.execute(delete(audit_log).where(line(5))))
    assert [fault.position for fault in (await audit.verify(store, TENANT)).faults] == [5]
