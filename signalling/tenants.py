"""Tenants: shops that share an installation and nothing else."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select

from signalling.store import Transaction
from signalling.store.tables.tenants import tenants


def create(tx: Transaction, tenant_id: str, name: str, settings: Mapping[str, Any] | None = None) -> None:
    """A new tenant with its first data key."""
    tx.execute(insert(tenants).values(id=tenant_id, name=name, settings=json.dumps(settings or {}), created_at_us=tx.now_us))
    tx.sealer.add_key(tx, tenant_id)


def exists(tx: Transaction, tenant_id: str) -> bool:
    """Whether there is such a tenant."""
    return tx.first(select(tenants.c.id).where(tenants.c.id == tenant_id)) is not None
