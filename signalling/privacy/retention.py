"""Keeping no longer than needed: each class of data goes so many days after it was last needed, as the tenant has chosen.

    report = await retention.run(store, tenant_id, recordings_root, dry_run=True)

GDPR article 5(1)(e), LGPD article 15. For `Privacy`, daily, and for admins who ask what would go. In small units of work; what a day's run
does not get done (`BATCHES_MOST`), the next does. Rows go with the row they hang on, but for payments, which stay as long as orders do.
Invariants: a dry run changes nothing and counts what a real one would begin with; nothing goes that its tenant's settings keep.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, exists, func, insert, select, tuple_

from signalling import tenants
from signalling.conversation.timeline import SYSTEM
from signalling.ids import new_id
from signalling.privacy import audit, recordings, register
from signalling.privacy.register import REGISTER, Holding, Parent, table
from signalling.store import Store, Transaction
from signalling.store.tables import metadata
from signalling.store.tables.privacy import audit_log, retention_runs
from signalling.tenants import Retention
from signalling.times import SECOND_US, rfc3339

DAY_US = 86_400 * SECOND_US
# Rows a unit of work begins with; what hangs on them goes in the same one.
BATCH = 50
BATCHES_MOST = 2000


@dataclass(frozen=True, slots=True)
class Report:
    """What went, or would go: rows (recordings: of them) by table."""

    at: str
    dry_run: bool
    removed: dict[str, int]


async def run(store: Store, tenant_id: str, recordings_root: Path, *, dry_run: bool) -> Report:
    """All classes of one tenant."""
    chosen = (await store.read(tenants.settings, tenant_id)).retention
    removed: dict[str, int] = {}
    for name in rules():
        removed[name] = await store.read(_count, tenant_id, name, chosen) if dry_run else await _clear(store, tenant_id, name, chosen)
    removed["audit_log"] = await store.read(_audit_count, tenant_id, chosen) if dry_run else await _cut(store, tenant_id, chosen)
    removed["recordings"] = await _recordings(store, tenant_id, recordings_root, chosen, dry_run)
    return await store.write(_report, tenant_id, dry_run, {name: number for name, number in removed.items() if number})


def rules() -> list[str]:
    """Tables that retention looks at by themselves, children first."""
    ordered = [*register.personal(), *(name for name in REGISTER if name in metadata.tables)]
    return [name for name in dict.fromkeys(ordered) if REGISTER[name].kept is not None and REGISTER[name].since is not None]


def over(tx: Transaction, tenant_id: str, name: str, chosen: Retention) -> ColumnElement[bool]:
    """The condition on rows of a table whose time is over."""
    here, holding = table(name), REGISTER[name]
    assert holding.since is not None
    found = (here.c.tenant_id == tenant_id) & (here.c[holding.since] < tx.now_us - days(chosen, holding) * DAY_US)
    if holding.only is not None:
        column, values = holding.only
        found &= here.c[column].in_(values)
    if name == "customers":  # they stay for as long as something of theirs does
        for other in ("conversations", "orders", "carts"):
            theirs = table(other)
            found &= ~exists().where(theirs.c.tenant_id == tenant_id, theirs.c.customer_id == here.c.id)
    return found


def days(chosen: Retention, holding: Holding) -> int:
    """How long rows of this kind are kept."""
    return int(getattr(chosen, f"{holding.kept}_days"))


async def _clear(store: Store, tenant_id: str, name: str, chosen: Retention) -> int:
    total = 0
    for _ in range(BATCHES_MOST):
        removed = await store.write(_batch, tenant_id, name, chosen)
        total += removed
        if removed < BATCH:
            break
    return total


def _batch(tx: Transaction, tenant_id: str, name: str, chosen: Retention) -> int:
    here = table(name)
    rows = tx.all(select(here).where(over(tx, tenant_id, name, chosen)).limit(BATCH))
    if rows:
        _remove(tx, tenant_id, name, rows)
    return len(rows)


def _remove(tx: Transaction, tenant_id: str, name: str, rows: Sequence[Row[Any]]) -> None:
    """Deletes rows, and before them what hangs on them."""
    below = [each for each in register.children(name) if REGISTER[each[0]].kept != "orders" or REGISTER[name].kept == "orders"]
    if name == "customers":
        below += [
            (other, Parent(holding.customer, "customers"))
            for other, holding in REGISTER.items()
            if holding.customer is not None and holding.kept is None and holding.erase == "delete" and other in metadata.tables
        ]
    for child, parent in below:
        theirs = table(child)
        hanging = tx.all(
            select(theirs).where(theirs.c.tenant_id == tenant_id, theirs.c[parent.column].in_([getattr(row, parent.key) for row in rows]))
        )
        if hanging:
            _remove(tx, tenant_id, child, hanging)
    columns = list(table(name).primary_key.columns)
    keys = [tuple(getattr(row, column.name) for column in columns) for row in rows]
    # A few at a time: databases bound how many values a statement has.
    for at in range(0, len(keys), 500):
        tx.execute(delete(table(name)).where(tuple_(*columns).in_(keys[at : at + 500])))


def _count(tx: Transaction, tenant_id: str, name: str, chosen: Retention) -> int:
    return int(tx.execute(select(func.count()).select_from(table(name)).where(over(tx, tenant_id, name, chosen))).scalar_one())


async def _cut(store: Store, tenant_id: str, chosen: Retention) -> int:
    total = 0
    for _ in range(BATCHES_MOST):
        removed = await store.write(_cut_batch, tenant_id, chosen)
        total += removed
        if removed < BATCH:
            break
    return total


def _cut_batch(tx: Transaction, tenant_id: str, chosen: Retention) -> int:
    return audit.cut(tx, tenant_id, tx.now_us - chosen.audit_days * DAY_US, BATCH)


def _audit_count(tx: Transaction, tenant_id: str, chosen: Retention) -> int:
    before_us = tx.now_us - chosen.audit_days * DAY_US
    old = (audit_log.c.tenant_id == tenant_id) & (audit_log.c.at_us < before_us)
    return int(tx.execute(select(func.count()).select_from(audit_log).where(old)).scalar_one())


async def _recordings(store: Store, tenant_id: str, root: Path, chosen: Retention, dry_run: bool) -> int:
    before_us = store.clock() - chosen.recordings_days * DAY_US
    old = [each for each in await asyncio.to_thread(recordings.of, root, tenant_id) if each.written_us < before_us]
    for each in old if not dry_run else []:
        await asyncio.to_thread(recordings.remove, each)
    return len(old)


def _report(tx: Transaction, tenant_id: str, dry_run: bool, removed: dict[str, int]) -> Report:
    values = {"id": new_id("ret"), "at_us": tx.now_us, "dry_run": int(dry_run), "report": json.dumps(removed)}
    if not dry_run:
        tx.execute(insert(retention_runs).values(tenant_id=tenant_id, **values))
        if removed:
            audit.record(tx, tenant_id, SYSTEM, "privacy.retention", tenant_id, removed)
    return Report(rfc3339(tx.now_us), dry_run, removed)


def last_run_us(tx: Transaction, tenant_id: str) -> int:
    """A work: when retention last ran for a tenant; 0: never."""
    return tx.execute(select(func.max(retention_runs.c.at_us)).where(retention_runs.c.tenant_id == tenant_id)).scalar() or 0
