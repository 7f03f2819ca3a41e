"""Who is meant when somebody asks about a customer: the customer, and the visitors they were before the shop vouched for them.

Works for `export` and `erasure`: rows of the register's tables that are theirs, opened. Invariant: another tenant's customer is nobody's.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import LargeBinary, Row, func, select, tuple_

from mediaserver.errors import NotFound
from signalling.privacy.register import table, whose
from signalling.store import Transaction
from signalling.store.sealing import SealBroken
from signalling.store.tables.conversation import conversations
from signalling.store.tables.identity import customers

VISITORS_MOST = 500


@dataclass(frozen=True, slots=True)
class Subject:
    """A customer of a tenant, under all their ids."""

    tenant_id: str
    customer_id: str
    ids: tuple[str, ...]


def find(tx: Transaction, tenant_id: str, customer_id: str) -> Subject:
    """A work. NotFound where nothing here is about such a customer."""
    merged = tx.all(
        select(customers.c.id).where(customers.c.tenant_id == tenant_id, customers.c.merged_into == customer_id).limit(VISITORS_MOST)
    )
    known = tx.first(select(customers.c.id).where(customers.c.tenant_id == tenant_id, customers.c.id == customer_id))
    spoken = tx.first(
        select(conversations.c.id).where(conversations.c.tenant_id == tenant_id, conversations.c.customer_id == customer_id).limit(1)
    )
    if known is None and spoken is None and not merged:
        raise NotFound("There is no such customer.")
    return Subject(tenant_id, customer_id, (customer_id, *(row.id for row in merged)))


def page(tx: Transaction, subject: Subject, name: str, after: Sequence[Any] | None, most: int) -> Sequence[Row[Any]]:
    """A work: the subject's rows of a table behind the key `after`, in the order of the key."""
    here = table(name)
    key = tuple_(*here.primary_key.columns)
    wanted = select(here).where(whose(name, subject.tenant_id, subject.ids))
    if after is not None:
        wanted = wanted.where(key > tuple_(*after))
    return tx.all(wanted.order_by(*here.primary_key.columns).limit(most))


def count(tx: Transaction, subject: Subject, name: str) -> int:
    """A work: how many rows of a table are the subject's."""
    return int(tx.execute(select(func.count()).select_from(table(name)).where(whose(name, subject.tenant_id, subject.ids))).scalar_one())


def key_of(name: str, row: Row[Any]) -> list[Any]:
    """A row's primary key."""
    return [getattr(row, column.name) for column in table(name).primary_key.columns]


def opened(tx: Transaction, name: str, row: Row[Any]) -> dict[str, Any]:
    """A row as plain JSON: sealed columns opened, and read where they hold JSON; bytes that are neither as their length."""
    values = dict(row._mapping)
    for column in table(name).columns:
        value = values[column.name]
        if isinstance(column.type, LargeBinary) and value is not None:
            values[column.name] = _plain(tx, column.info, values, bytes(value))
    return values


def _plain(tx: Transaction, info: Mapping[str, Any], values: Mapping[str, Any], value: bytes) -> Any:
    if "sealed" not in info:
        return {"bytes": len(value)}
    try:
        text = tx.unseal(values["tenant_id"], value, info["sealed"].format_map(values)).decode()
    except (SealBroken, UnicodeDecodeError):
        return {"bytes": len(value)}
    try:
        return json.loads(text)
    except ValueError:
        return text
