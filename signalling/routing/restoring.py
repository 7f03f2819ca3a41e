"""The floors as the tables say they were: for the desk's start, and for its beginning anew.

The desk alone writes what is read here, and does not while it reads; so it may be read in pieces, each of which PostgreSQL's deadline
allows.
"""

import logging
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, select

from signalling.routing import calendars, events, queues, records
from signalling.routing.floor import Floor
from signalling.routing.hours import Calendar
from signalling.routing.presence import Profile
from signalling.routing.queue import Queue
from signalling.routing.ticket import Ticket
from signalling.store import Store, Transaction
from signalling.store.tables.routing import rep_presence

log = logging.getLogger(__name__)

# A page takes some 20 ms.
PAGE = 1000
# After a restart, reps' sockets need a moment before they can answer.
AFTER_RESTART_US = 10_000_000


@dataclass(slots=True)
class Restored:
    """All shops' floors, and which rows there are. `tickets`: id -> what the row says of `records.moved`."""

    floors: dict[str, Floor] = field(default_factory=dict)
    calendars: dict[tuple[str, str], Calendar] = field(default_factory=dict)
    tickets: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    reps: set[tuple[str, str]] = field(default_factory=set)


Settings = tuple[list[tuple[str, Queue]], list[tuple[str, Profile]], list[Row[Any]], dict[tuple[str, str], Calendar]]


async def restore(store: Store, grace_us: int) -> Restored:
    """Reads everything. The floors have yet to `begin`. Unavailable where the database is away."""
    made = Restored()
    known_queues, profiles, presence, made.calendars = await store.read(_settings)
    now_us = store.clock()

    def floor_of(tenant_id: str) -> Floor:
        found = made.floors.get(tenant_id)
        if found is None:
            found = made.floors[tenant_id] = Floor(tenant_id, grace_us=grace_us)
        return found

    for tenant_id, queue in known_queues:
        floor_of(tenant_id).receive(events.QueueSet(queue), now_us)
    for tenant_id, profile in profiles:
        floor_of(tenant_id).receive(events.ProfileSet(profile), now_us)
    for row in presence:
        made.reps.add((row.tenant_id, row.rep_id))
        rep = floor_of(row.tenant_id).rep(row.rep_id)
        rep.status, rep.attached, rep.missed = row.status, row.attached, row.missed
        rep.wrap_us, rep.since_us, rep.idle_us = row.wrap_until_us, row.since_us, row.since_us
        floor_of(row.tenant_id).restore_rep(rep, now_us)
    after = ("", "")
    while page := await store.read(records.live_tickets, after, PAGE):
        for tenant_id, ticket in page:
            _put(made, floor_of(tenant_id), ticket, now_us)
        after = (page[-1][0], page[-1][1].id)
    return made


def _put(made: Restored, floor: Floor, ticket: Ticket, now_us: int) -> None:
    if not floor.queues:
        log.error("A ticket has no queue to be in: ticket=%s", ticket.id)
        return
    made.tickets[ticket.id] = place_of(ticket)
    if ticket.state == "offered":
        ticket.expires_us = max(ticket.expires_us, now_us + AFTER_RESTART_US)
    floor.restore(ticket)


def place_of(ticket: Ticket) -> tuple[Any, ...]:
    """What `records.moved` writes, to see whether it is another."""
    return (ticket.queue_id, ticket.channel, ticket.steps)


def _settings(tx: Transaction) -> Settings:
    return queues.everything(tx), queues.profiles(tx), list(tx.all(select(rep_presence))), calendars.everything(tx)
