"""A shop's business hours as they are kept, and told to the desk.

Works for the operations and for `desk`. What hours mean is `hours`'.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from mediaserver.errors import Conflict, NotFound
from signalling.ids import new_id
from signalling.routing import queues
from signalling.routing.hours import Calendar, calendar_of, calendar_written
from signalling.store import Transaction
from signalling.store.tables.routing import hours
from signalling.times import rfc3339

HOURS_MOST = 100
# Bus topic of `CalendarSet`.
TOPIC = "desk/hours"


@dataclass(frozen=True, slots=True)
class CalendarSet:
    """These hours are new or others; None: gone."""

    tenant_id: str
    hours_id: str
    calendar: Calendar | None


@dataclass(frozen=True, slots=True)
class HoursView:
    """Business hours, and whether somebody is there now. `changes_at`: when they open or close next."""

    id: str
    name: str
    calendar: Mapping[str, Any]
    open: bool
    changes_at: str | None
    created_at: str
    updated_at: str


def add(tx: Transaction, tenant_id: str, name: str, calendar: Mapping[str, Any], *, hours_id: str | None = None) -> HoursView:
    """New hours."""
    made, known = hours_id or new_id("hrs"), calendar_of(calendar)
    if len(listed(tx, tenant_id)) >= HOURS_MOST:
        raise Conflict(f"A shop has at most {HOURS_MOST} hours.", code="too_many_hours")
    tx.execute(
        insert(hours).values(
            tenant_id=tenant_id,
            id=made,
            name=name,
            calendar=json.dumps(calendar_written(known)),
            created_at_us=tx.now_us,
            updated_at_us=tx.now_us,
        )
    )
    tx.tell(TOPIC, CalendarSet(tenant_id, made, known))
    return get(tx, tenant_id, made)


def change(tx: Transaction, tenant_id: str, hours_id: str, name: str, calendar: Mapping[str, Any]) -> HoursView:
    """Other hours in their place."""
    known = calendar_of(calendar)
    _require(tx, tenant_id, hours_id)
    tx.execute(
        update(hours)
        .where(hours.c.tenant_id == tenant_id, hours.c.id == hours_id)
        .values(name=name, calendar=json.dumps(calendar_written(known)), updated_at_us=tx.now_us)
    )
    tx.tell(TOPIC, CalendarSet(tenant_id, hours_id, known))
    return get(tx, tenant_id, hours_id)


def remove(tx: Transaction, tenant_id: str, hours_id: str) -> None:
    """Without them. Conflict where a queue keeps them."""
    _require(tx, tenant_id, hours_id)
    if any(queue.settings["hours_id"] == hours_id for queue in queues.listed(tx, tenant_id)):
        raise Conflict("A queue keeps these hours.", code="hours_in_use")
    tx.execute(delete(hours).where(hours.c.tenant_id == tenant_id, hours.c.id == hours_id))
    tx.tell(TOPIC, CalendarSet(tenant_id, hours_id, None))


def get(tx: Transaction, tenant_id: str, hours_id: str) -> HoursView:
    """These hours. NotFound where the tenant has no such."""
    return _view(_require(tx, tenant_id, hours_id), tx.now_us)


def listed(tx: Transaction, tenant_id: str) -> list[HoursView]:
    """All of a tenant's, the oldest first."""
    rows = tx.all(select(hours).where(hours.c.tenant_id == tenant_id).order_by(hours.c.created_at_us, hours.c.id))
    return [_view(row, tx.now_us) for row in rows]


def everything(tx: Transaction) -> dict[tuple[str, str], Calendar]:
    """All hours of all tenants, by tenant and id."""
    return {(row.tenant_id, row.id): calendar_of(json.loads(row.calendar)) for row in tx.all(select(hours))}


def _require(tx: Transaction, tenant_id: str, hours_id: str) -> Row[Any]:
    row = tx.first(select(hours).where(hours.c.tenant_id == tenant_id, hours.c.id == hours_id))
    if row is None:
        raise NotFound("There are no such hours.")
    return row


def _view(row: Row[Any], now_us: int) -> HoursView:
    calendar = calendar_of(json.loads(row.calendar))
    changes_us = calendar.next_change(now_us)
    return HoursView(
        id=row.id,
        name=row.name,
        calendar=calendar_written(calendar),
        open=calendar.open_at(now_us),
        changes_at=rfc3339(changes_us) if changes_us is not None else None,
        created_at=rfc3339(row.created_at_us),
        updated_at=rfc3339(row.updated_at_us),
    )
