"""What a remote shop must still be told, kept until it has answered: orders to take, money that came or went.

Works and data; `courier` runs the errands. An embedded shop needs none: what it is told is in our own transaction. A row is written in
the transaction that decided on it (before a remote shop is asked), so that a crash at any moment loses nothing: the shop is asked again
with the same `op_id`, which changes nothing there a second time.
"""

import json
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row, bindparam, delete, insert, select, update

from signalling.store import Transaction, prepared
from signalling.store.tables.commerce import shop_errands as table
from signalling.times import SECOND_US

Kind = Literal["place", "paid", "refunded"]

# Whoever began it has most likely finished it by then; before that a second asking would only be in the way.
FIRST_RETRY_US = 30 * SECOND_US
RETRY_MOST_US = 15 * 60 * SECOND_US


@dataclass(frozen=True, slots=True)
class Errand:
    """One of them."""

    tenant_id: str
    op_id: str
    kind: Kind
    order_id: str
    body: dict[str, Any]
    attempts: int


_FIND = prepared(select(table).where(table.c.tenant_id == bindparam("tenant"), table.c.op_id == bindparam("op")))


def add(tx: Transaction, tenant_id: str, op_id: str, kind: Kind, order_id: str, body: dict[str, Any], *, at_once: bool = False) -> None:
    """A work: writes it down; nothing where it is there already. `at_once`: nobody is at it, let the courier go."""
    if find(tx, tenant_id, op_id) is None:
        tx.execute(
            insert(table).values(
                tenant_id=tenant_id,
                op_id=op_id,
                kind=kind,
                order_id=order_id,
                body=tx.seal(tenant_id, json.dumps(body, ensure_ascii=False).encode(), f"shop_errands/{op_id}"),
                attempts=0,
                due_at_us=tx.now_us + (0 if at_once else FIRST_RETRY_US),
                created_at_us=tx.now_us,
            )
        )
    tx.tell(TOPIC, tenant_id)


def find(tx: Transaction, tenant_id: str, op_id: str) -> Errand | None:
    """A work: an errand that the shop has not answered yet."""
    row = tx.first(_FIND, {"tenant": tenant_id, "op": op_id})
    return _errand(tx, row) if row is not None else None


def done(tx: Transaction, tenant_id: str, op_id: str) -> None:
    """A work: the shop has answered. Idempotent."""
    tx.execute(delete(table).where(table.c.tenant_id == tenant_id, table.c.op_id == op_id))


def due(tx: Transaction, most: int = 20) -> list[Errand]:
    """A work: errands, of all tenants, whose time has come; the next attempt of each is put off, further each time."""
    rows = tx.all(
        select(table).where(table.c.due_at_us <= tx.now_us).order_by(table.c.due_at_us).limit(most).with_for_update(skip_locked=True)
    )
    found = []
    for row in rows:
        wait_us = min(RETRY_MOST_US, FIRST_RETRY_US << min(row.attempts, 10))
        here = (table.c.tenant_id == row.tenant_id) & (table.c.op_id == row.op_id)
        tx.execute(update(table).where(here).values(attempts=row.attempts + 1, due_at_us=tx.now_us + wait_us))
        found.append(_errand(tx, row))
    return found


def _errand(tx: Transaction, row: Row[Any]) -> Errand:
    body = json.loads(tx.unseal(row.tenant_id, row.body, f"shop_errands/{row.op_id}"))
    return Errand(row.tenant_id, row.op_id, row.kind, row.order_id, body, row.attempts)


# Topic of the bus: there is something to run for.
TOPIC = "errands"
