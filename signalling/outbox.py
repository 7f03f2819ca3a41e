"""What must leave the house, kept durably until it has: webhooks and mail.

Rows are written by the unit of work whose change they tell of; a dispatcher delivers them at least once, in order within a target and lane.
"""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select

from signalling.ids import new_id
from signalling.store import Transaction
from signalling.store.tables.outward import outbox, webhook_endpoints


def add_webhooks(tx: Transaction, tenant_id: str, conversation_id: str, seq: int, kind: str, body: Mapping[str, Any]) -> None:
    """One row for each of the tenant's endpoints that wants this kind of event; in order per endpoint and conversation."""
    endpoints = tx.all(
        select(webhook_endpoints.c.id, webhook_endpoints.c.kinds).where(
            webhook_endpoints.c.tenant_id == tenant_id, webhook_endpoints.c.status == "enabled"
        )
    )
    for endpoint in endpoints:
        kinds = json.loads(endpoint.kinds)
        if not kinds or kind in kinds:
            add(tx, tenant_id, f"webhook:{endpoint.id}", conversation_id, seq, kind, body)


def add(tx: Transaction, tenant_id: str, target: str, lane: str, position: int, kind: str, body: Mapping[str, Any]) -> str:
    """One row to deliver. Its id, which is also the receiver's means to tell a repetition."""
    row_id = new_id("evt")
    tx.execute(
        insert(outbox).values(
            tenant_id=tenant_id,
            id=row_id,
            target=target,
            lane=lane,
            position=position,
            kind=kind,
            body=tx.seal(tenant_id, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(), f"outbox/{row_id}"),
            status="pending",
            attempts=0,
            due_at_us=tx.now_us,
            created_at_us=tx.now_us,
        )
    )
    return row_id
