"""What must leave the house, kept durably until it has: webhooks and mail.

Rows are written by the unit of work whose change they tell of; a dispatcher delivers them at least once, in order within a target and lane.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, insert, select

from signalling.ids import new_id
from signalling.store import Transaction, prepared
from signalling.store.tables.outward import outbox, webhook_endpoints

# A body, made only where somebody wants it.
Body = Callable[[], Mapping[str, Any]]

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


def add(tx: Transaction, tenant_id: str, target: str, lane: str, position: int, kind: str, body: Mapping[str, Any]) -> str:
    """One row to deliver. Its id, which is also the receiver's means to tell a repetition."""
    row = _columns(tx, tenant_id, target, lane, position, kind, body)
    tx.run(_INSERT, row)
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
        "body": tx.seal(tenant_id, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(), f"outbox/{row_id}"),
        "status": "pending",
        "attempts": 0,
        "due_at_us": tx.now_us,
        "last_error": None,
        "created_at_us": tx.now_us,
    }
