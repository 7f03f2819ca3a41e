"""What the desk keeps: tickets and presence as rows, decisions as timeline entries, notes and webhooks; and all of it read again at a
start.

For `desk`. A batch is the outcome of many events, of several tenants, written in one unit of work and told after its commit. Invariant: a
batch is written once however often it is tried: its id goes with it into `desk_batches`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, text, tuple_, update

from signalling import outbox
from signalling.bus import staff_topic
from signalling.conversation import handling, timeline
from signalling.conversation.timeline import Line
from signalling.ids import new_id
from signalling.routing.decisions import TOPIC, Decision, RepChanged
from signalling.routing.presence import Rep
from signalling.routing.requirement import steps_of, steps_written
from signalling.routing.ticket import Ticket
from signalling.store import Transaction, prepared
from signalling.store.tables.conversation import conversations
from signalling.store.tables.routing import callback_numbers, desk_batches, rep_presence, tickets
from signalling.times import rfc3339

Row = dict[str, Any]
Note = tuple[str, Any]

# Apart from the others, which change at every step: they are in an index, which SQLite would write anew each time.
_TICKET_MOVES = ("queue_id", "channel", "requirement")
_TICKET_CHANGES = (
    "state",
    "priority",
    "queued_at_us",
    "rep_id",
    "previous_rep_id",
    "offered_at_us",
    "expires_at_us",
    "assigned_at_us",
    "ended_at_us",
    "outcome",
    "details",
)
_PRESENCE_CHANGES = ("status", "attached", "missed", "wrap_until_us", "since_us")
# Columns of the key get other names in an update, where SQLAlchemy wants the plain ones for new values.
_INSERT_TICKET = prepared(insert(tickets))
_UPDATE_TICKET = prepared(
    update(tickets)
    .where(tickets.c.tenant_id == bindparam("of_tenant"), tickets.c.id == bindparam("of_id"))
    .values({name: bindparam(name) for name in _TICKET_CHANGES})
)
_MOVE_TICKET = prepared(
    update(tickets)
    .where(tickets.c.tenant_id == bindparam("of_tenant"), tickets.c.id == bindparam("of_id"))
    .values({name: bindparam(name) for name in _TICKET_MOVES})
)
_INSERT_PRESENCE = prepared(insert(rep_presence))
_UPDATE_PRESENCE = prepared(
    update(rep_presence)
    .where(rep_presence.c.tenant_id == bindparam("of_tenant"), rep_presence.c.rep_id == bindparam("of_id"))
    .values({name: bindparam(name) for name in _PRESENCE_CHANGES})
)
_GIVE = prepared(
    update(conversations)
    .where(conversations.c.tenant_id == bindparam("of_tenant"), conversations.c.id == bindparam("of_id"))
    .values(rep_id=bindparam("rep_id"))
)
_FORGET_NUMBER = prepared(
    delete(callback_numbers).where(
        callback_numbers.c.tenant_id == bindparam("of_tenant"), callback_numbers.c.ticket_id == bindparam("of_id")
    )
)
_MARKED = prepared(
    select(desk_batches.c.id).where(desk_batches.c.tenant_id == bindparam("tenant"), desk_batches.c.id == bindparam("id")).limit(1)
)
_UNMARK = prepared(delete(desk_batches).where(desk_batches.c.tenant_id == bindparam("tenant")))
_MARK = prepared(insert(desk_batches))


@dataclass(slots=True)
class Share:
    """One tenant's part of a batch."""

    tenant_id: str
    new_tickets: list[Row] = field(default_factory=list)
    tickets: list[Row] = field(default_factory=list)
    moved: list[Row] = field(default_factory=list)  # those of `tickets` that have another queue, channel or requirement
    new_reps: list[Row] = field(default_factory=list)
    reps: list[Row] = field(default_factory=list)
    given: dict[str, str | None] = field(default_factory=dict)  # conversation -> whose it is now
    lines: list[Line] = field(default_factory=list)
    statuses: list[RepChanged] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)  # told after the entries, in this order

    @property
    def empty(self) -> bool:
        """Nothing to write or tell."""
        return not (self.new_tickets or self.tickets or self.new_reps or self.reps or self.lines or self.statuses or self.notes)


@dataclass(slots=True)
class Batch:
    """See the module."""

    id: str = field(default_factory=lambda: new_id("bat"))
    shares: dict[str, Share] = field(default_factory=dict)
    tried: bool = False

    def share(self, tenant_id: str) -> Share:
        """A tenant's part, made where there is none yet."""
        found = self.shares.get(tenant_id)
        if found is None:
            found = self.shares[tenant_id] = Share(tenant_id)
        return found

    @property
    def empty(self) -> bool:
        """Nothing to write or tell."""
        return all(share.empty for share in self.shares.values())


def persist(tx: Transaction, batch: Batch) -> None:
    """A work: writes a batch and tells of it. Of one that was committed before: nothing, but it is told all the same."""
    for tenant_id, share in sorted(batch.shares.items()):
        if share.empty:
            continue
        if not (batch.tried and tx.first(_MARKED, {"tenant": tenant_id, "id": batch.id}) is not None):
            _write(tx, batch.id, share)
        for topic, message in share.notes:
            tx.tell(topic, message)


def split(batch: Batch) -> Iterator[tuple[str, Batch]]:
    """The same in parts that can be written apart: one for each ticket, then one for the reps ("")."""
    for tenant_id, share in batch.shares.items():
        ids: dict[str, str] = {str(data["ticket_id"]): conversation_id for conversation_id, _, _, data, _ in share.lines}
        ids |= {row["id"]: row["conversation_id"] for row in share.new_tickets}
        ids |= {row["of_id"]: ids.get(row["of_id"], "") for row in share.tickets}
        for ticket_id, conversation_id in ids.items():
            part = Batch()
            of = part.share(tenant_id)
            of.new_tickets = [row for row in share.new_tickets if row["id"] == ticket_id]
            of.tickets = [row for row in share.tickets if row["of_id"] == ticket_id]
            of.moved = [row for row in share.moved if row["of_id"] == ticket_id]
            of.lines = [line for line in share.lines if line[3]["ticket_id"] == ticket_id]
            of.given = {name: rep_id for name, rep_id in share.given.items() if name == conversation_id}
            of.notes = [note for note in share.notes if _ticket_of(note) == ticket_id]
            yield ticket_id, part
        rest = Batch()
        of = rest.share(tenant_id)
        of.new_reps, of.reps, of.statuses = share.new_reps, share.reps, share.statuses
        of.notes = [note for note in share.notes if _ticket_of(note) is None]
        yield "", rest


def _ticket_of(note: Note) -> str | None:
    message = note[1]
    found = message.get("ticket_id") if isinstance(message, dict) else getattr(message, "ticket_id", None)
    return None if found is None else str(found)


def _write(tx: Transaction, batch_id: str, share: Share) -> None:
    tenant_id = share.tenant_id
    tx.run(_UNMARK, {"tenant": tenant_id})
    tx.run(_MARK, {"tenant_id": tenant_id, "id": batch_id})
    if share.lines:
        timeline.append_all(tx, tenant_id, handling.seat(tx, tenant_id, share.lines))
    for statement, rows in (
        (_INSERT_TICKET, share.new_tickets),
        (_UPDATE_TICKET, share.tickets),
        (_MOVE_TICKET, share.moved),
        (_INSERT_PRESENCE, share.new_reps),
        (_UPDATE_PRESENCE, share.reps),
    ):
        if rows:
            tx.run(statement, rows)
    called = [
        {"of_tenant": tenant_id, "of_id": row["of_id"]} for row in share.tickets if row["state"] == "ended" and "callback" in row["details"]
    ]
    if called:
        tx.run(_FORGET_NUMBER, called)  # it was for this call
    if share.given:
        tx.run(
            _GIVE,
            [
                {"of_tenant": tenant_id, "of_id": conversation_id, "rep_id": rep_id}
                for conversation_id, rep_id in sorted(share.given.items())
            ],
        )
    for change in share.statuses:
        # Not of a conversation: its lane is the rep, its order the time.
        body = {"type": "rep.status_changed", "at": rfc3339(tx.now_us), "data": _status(change)}
        outbox.add_webhooks(tx, tenant_id, change.rep_id, tx.now_us, "rep.status_changed", partial(dict, body))
        tx.tell(staff_topic(tenant_id), body)


def _status(change: RepChanged) -> Mapping[str, Any]:
    return {"rep_id": change.rep_id, "status": change.status, "reason": change.reason}


def tell(share: Share, decision: Decision) -> None:
    """The decision itself, to whoever listens at the desk."""
    share.notes.append((TOPIC, decision))


def ticket_row(tenant_id: str, ticket: Ticket, *, new: bool) -> Row:
    """For an insert (`new`) or an update."""
    row = {
        "state": ticket.state,
        "priority": ticket.priority,
        "queued_at_us": ticket.queued_us,
        "rep_id": ticket.rep_id,
        "previous_rep_id": ticket.previous_rep_id,
        "offered_at_us": ticket.offered_us,
        "expires_at_us": ticket.expires_us,
        "assigned_at_us": ticket.assigned_us,
        "ended_at_us": ticket.ended_us,
        "outcome": ticket.outcome,
        "details": _details(ticket),
    }
    if not new:
        return row | {"of_tenant": tenant_id, "of_id": ticket.id}
    return row | {
        **moved(ticket),
        "tenant_id": tenant_id,
        "id": ticket.id,
        "conversation_id": ticket.conversation_id,
        "customer_id": ticket.customer_id,
        "call_id": ticket.call_id,
        "reason": ticket.reason,
        "entered_at_us": ticket.entered_us,
    }


def moved(ticket: Ticket) -> Row:
    """What few changes touch."""
    requirement = json.dumps(steps_written(ticket.steps), separators=(",", ":"))
    return {"queue_id": ticket.queue_id, "channel": ticket.channel, "requirement": requirement}


def _details(ticket: Ticket) -> str:
    """What few tickets have, as JSON."""
    if not (ticket.passed or ticket.direct or ticket.callback or ticket.callback_offered or ticket.overflowed or ticket.visited):
        return "{}"
    details = {
        "passed": sorted(ticket.passed),
        "direct": ticket.direct,
        "direct_us": ticket.direct_us,
        "callback": ticket.callback,
        "callback_offered": ticket.callback_offered,
        "overflowed": ticket.overflowed,
        "visited": ticket.visited,
    }
    return json.dumps({name: value for name, value in details.items() if value}, separators=(",", ":"))


def rep_row(tenant_id: str, rep: Rep, *, new: bool) -> Row:
    """For an insert (`new`) or an update."""
    row = {
        "status": rep.status,
        "attached": rep.attached,
        "missed": rep.missed,
        "wrap_until_us": rep.wrap_us,
        "since_us": rep.since_us,
    }
    if not new:
        return row | {"of_tenant": tenant_id, "of_id": rep.id}
    return row | {"tenant_id": tenant_id, "rep_id": rep.id}


def is_used(tx: Transaction, tenant_id: str, ticket_id: str) -> bool:
    """A work: whether there is or was such a ticket."""
    return tx.first(select(tickets.c.id).where(tickets.c.tenant_id == tenant_id, tickets.c.id == ticket_id)) is not None


def live_tickets(tx: Transaction, after: tuple[str, str], limit: int) -> list[tuple[str, Ticket]]:
    """A work: tickets that have not ended, with their tenants; `limit` at most, in the order of (tenant, id), after that one."""
    # The state is written out, not a parameter: only so is the index of live ones used.
    wanted = select(tickets).where(text("state <> 'ended'"), tuple_(tickets.c.tenant_id, tickets.c.id) > after)
    rows = tx.all(wanted.order_by(tickets.c.tenant_id, tickets.c.id).limit(limit))
    return [(row.tenant_id, ticket_of(row)) for row in rows]


def ticket_of(row: Any) -> Ticket:
    """A row as a ticket."""
    details = json.loads(row.details)
    passed = frozenset(details.get("passed", ()))
    return Ticket(
        id=row.id,
        conversation_id=row.conversation_id,
        customer_id=row.customer_id,
        queue_id=row.queue_id,
        channel=row.channel,
        entered_us=row.entered_at_us,
        queued_us=row.queued_at_us,
        priority=row.priority,
        steps=steps_of(json.loads(row.requirement)),
        call_id=row.call_id,
        reason=row.reason,
        state=row.state,
        rep_id=row.rep_id,
        previous_rep_id=row.previous_rep_id,
        offered_us=row.offered_at_us,
        expires_us=row.expires_at_us,
        assigned_us=row.assigned_at_us,
        ended_us=row.ended_at_us,
        outcome=row.outcome,
        passed=passed,
        round_us=0 if passed else None,
        direct=details.get("direct"),
        direct_us=details.get("direct_us", 0),
        callback=details.get("callback", False),
        callback_offered=details.get("callback_offered", False),
        overflowed=details.get("overflowed", 0),
        visited=tuple(details.get("visited", ())),
    )
