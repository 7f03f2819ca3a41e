"""What must leave the house, kept durably until it has: webhooks and mail.

Rows are added by the unit of work whose change they tell of (`add`, `add_webhooks`); `delivery` takes the due ones (`due`) and writes
down what became of them (`delivered`, `failed`). At least once, in order within a target and lane: only the first pending row of a lane
is ever due.

Invariants: a row is `done` only after the receiver said so; `last_error` holds words of ours, nothing a receiver sent.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, delete, exists, insert, select, update

from signalling.ids import new_id
from signalling.store import Transaction, prepared
from signalling.store.tables.outward import outbox, webhook_endpoints

# Told whenever there is something to deliver.
TOPIC = "outbox"

# A body, made only where somebody wants it.
Body = Callable[[], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Due:
    """A row whose turn it is."""

    tenant_id: str
    id: str
    target: str
    lane: str
    position: int
    kind: str
    body: dict[str, Any]
    attempts: int
    created_at_us: int


_ENDPOINTS = prepared(
    select(webhook_endpoints.c.id, webhook_endpoints.c.kinds).where(
        webhook_endpoints.c.tenant_id == bindparam("tenant"), webhook_endpoints.c.status == "enabled"
    )
)
_INSERT = prepared(insert(outbox))


def add_webhooks(tx: Transaction, tenant_id: str, conversation_id: str, seq: int, kind: str, body: Body) -> None:
    """One row for each of the tenant's endpoints that wants this kind of event; in order per endpoint and conversation."""
    add_webhooks_all(tx, tenant_id, [(conversation_id, seq, kind, body)])


def add_webhooks_all(tx: Transaction, tenant_id: str, events: Sequence[tuple[str, int, str, Body]]) -> None:
    """`add_webhooks` for many events: (conversation id, seq, kind, body) each."""
    rows = []
    for endpoint in tx.all(_ENDPOINTS, {"tenant": tenant_id}):
        kinds = json.loads(endpoint.kinds)
        rows += [
            _columns(tx, tenant_id, f"webhook:{endpoint.id}", conversation_id, seq, kind, body())
            for conversation_id, seq, kind, body in events
            if not kinds or kind in kinds
        ]
    if rows:
        tx.run(_INSERT, rows)
        tx.tell(TOPIC, tenant_id)


def add(tx: Transaction, tenant_id: str, target: str, lane: str, position: int, kind: str, body: Mapping[str, Any]) -> str:
    """One row to deliver. Its id, which is also the receiver's means to tell a repetition."""
    row = _columns(tx, tenant_id, target, lane, position, kind, body)
    tx.run(_INSERT, row)
    tx.tell(TOPIC, tenant_id)
    return str(row["id"])


def _columns(tx: Transaction, tenant_id: str, target: str, lane: str, position: int, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    row_id = new_id("evt")
    return {
        "tenant_id": tenant_id,
        "id": row_id,
        "target": target,
        "lane": lane,
        "position": position,
        "kind": kind,
        "body": tx.seal(tenant_id, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(), about(row_id)),
        "status": "pending",
        "attempts": 0,
        "due_at_us": tx.now_us,
        "last_error": None,
        "created_at_us": tx.now_us,
    }


def about(row_id: str) -> str:
    """The place of a row's sealed body."""
    return f"outbox/{row_id}"


_earlier = outbox.alias("earlier")
_DUE = (
    select(outbox)
    .where(
        outbox.c.status == "pending",
        ~exists().where(
            _earlier.c.tenant_id == outbox.c.tenant_id,
            _earlier.c.target == outbox.c.target,
            _earlier.c.lane == outbox.c.lane,
            _earlier.c.position < outbox.c.position,
            _earlier.c.status == "pending",
        ),
    )
    .order_by(outbox.c.due_at_us)
)


def due(tx: Transaction, now_us: int, limit: int, busy: Sequence[str] = ()) -> list[Due]:
    """The rows whose turn has come, `limit` at most, without those of ids in `busy`."""
    wanted = _DUE.where(outbox.c.due_at_us <= now_us)
    if busy:
        wanted = wanted.where(outbox.c.id.not_in(busy))
    return [
        Due(
            row.tenant_id,
            row.id,
            row.target,
            row.lane,
            row.position,
            row.kind,
            json.loads(tx.unseal(row.tenant_id, row.body, about(row.id))),
            row.attempts,
            row.created_at_us,
        )
        for row in tx.all(wanted.limit(limit))
    ]


def next_due_us(tx: Transaction) -> int | None:
    """When the earliest row is due whose turn it is."""
    row = tx.first(_DUE.with_only_columns(outbox.c.due_at_us).limit(1))
    return None if row is None else int(row.due_at_us)


def delivered(tx: Transaction, row: Due, status: int) -> None:
    """The receiver has it."""
    tx.execute(
        update(outbox)
        .where(outbox.c.tenant_id == row.tenant_id, outbox.c.id == row.id)
        .values(status="done", attempts=row.attempts + 1, attempted_at_us=tx.now_us, last_error=None, last_status=status)
    )


def failed(tx: Transaction, row: Due, error: str, status: int | None, retry_at_us: int | None) -> None:
    """The receiver has it not. With `retry_at_us` the whole lane waits until then; without, the row is dead and the lane goes on."""
    tx.execute(
        update(outbox)
        .where(outbox.c.tenant_id == row.tenant_id, outbox.c.id == row.id)
        .values(
            status="pending" if retry_at_us is not None else "dead",
            attempts=row.attempts + 1,
            attempted_at_us=tx.now_us,
            due_at_us=retry_at_us if retry_at_us is not None else tx.now_us,
            last_error=error,
            last_status=status,
        )
    )
    if retry_at_us is not None:  # rows behind it are not looked at again before it is
        tx.execute(
            update(outbox)
            .where(_lane(row.tenant_id, row.target, row.lane), outbox.c.position > row.position, outbox.c.due_at_us < retry_at_us)
            .values(due_at_us=retry_at_us)
        )


def drop_target(tx: Transaction, tenant_id: str, target: str, error: str) -> None:
    """Nothing more goes to this target."""
    tx.execute(
        update(outbox)
        .where(outbox.c.tenant_id == tenant_id, outbox.c.target == target, outbox.c.status == "pending")
        .values(status="dead", last_error=error)
    )


def forget_done(tx: Transaction, before_us: int, limit: int) -> int:
    """Removes rows that are done or dead since before then, `limit` at most. How many."""
    old = (
        select(outbox.c.tenant_id, outbox.c.id)
        .where(outbox.c.status.in_(("done", "dead")), outbox.c.created_at_us < before_us)
        .limit(limit)
    )
    rows = tx.all(old)
    for row in rows:
        tx.execute(delete(outbox).where(outbox.c.tenant_id == row.tenant_id, outbox.c.id == row.id))
    return len(rows)


def _lane(tenant_id: str, target: str, lane: str) -> Any:
    return and_(outbox.c.tenant_id == tenant_id, outbox.c.target == target, outbox.c.lane == lane, outbox.c.status == "pending")
