"""Calls in the database, one unit of work's copy at a time: loaded and locked, changed by the decisions beside, written back with their
timeline entries and chores.

For `works`, `steering` and `happenings`. Invariants: whoever changes a call has its row locked (PostgreSQL; SQLite has one writer), so that
decisions see what is; what is told on the bus (`TOPIC`) is told after the commit.
"""

import copy
import json
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from mediaserver.errors import Conflict, NotFound
from signalling.bus import person_topic
from signalling.calling.call import RUNNING, Call, Recording, State
from signalling.calling.leg import Leg, LegState
from signalling.calling.transfer import Transfer, TransferState
from signalling.conversation import timeline
from signalling.conversation.timeline import Actor
from signalling.ids import new_id
from signalling.store import Transaction
from signalling.store.tables.calling import call_chores, call_legs, call_transfers, calls
from signalling.store.tables.conversation import conversations

TOPIC: Final = "calls"

_CALL = select(calls).where(calls.c.tenant_id == bindparam("of_tenant"), calls.c.id == bindparam("of_call"))
_LOCKED = _CALL.with_for_update()
_LEGS = (
    select(call_legs)
    .where(call_legs.c.tenant_id == bindparam("of_tenant"), call_legs.c.call_id == bindparam("of_call"))
    .order_by(call_legs.c.position)
)
_TRANSFER = (
    select(call_transfers)
    .where(call_transfers.c.tenant_id == bindparam("of_tenant"), call_transfers.c.call_id == bindparam("of_call"))
    .order_by(call_transfers.c.started_at_us.desc(), call_transfers.c.id.desc())
    .limit(1)
)
_BUSY = select(call_legs.c.call_id).where(
    call_legs.c.tenant_id == bindparam("of_tenant"), call_legs.c.talking_person_id == bindparam("of_person")
)
_CALL_COLUMNS = (
    "conversation_id", "media", "state", "customer_id", "requested_by", "rep_id", "ticket_id", "requirement", "divert", "payment_step",
    "created_at_us", "answered_at_us", "connected_at_us", "ended_at_us", "end_reason",
)  # fmt: skip
_LEG_COLUMNS = (
    "person_id", "role", "state", "deadline_us", "held", "muted", "screen", "supervising", "ticket_id", "channel", "joined_at_us",
    "ended_at_us", "reason",
)  # fmt: skip
_TRANSFER_COLUMNS = (
    "kind", "state", "from_leg_id", "target_rep_id", "requirement", "target_leg_id", "ticket_id", "started_at_us", "ended_at_us",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Changed:
    """Told on TOPIC: a call has changed; its room, its chores and its deadlines may have."""

    tenant_id: str
    call_id: str
    deadline_us: int | None
    chores: bool


def find(tx: Transaction, tenant_id: str, call_id: str, *, lock: bool = True) -> Call | None:
    """The call, `lock`ed for this unit of work where it is to be changed."""
    key = {"of_tenant": tenant_id, "of_call": call_id}
    row = tx.first(_LOCKED if lock else _CALL, key)
    if row is None:
        return None
    call = Call(
        tenant_id,
        call_id,
        **{name: getattr(row, name) for name in _CALL_COLUMNS if name != "state"},
        state=State(row.state),
        recording=_recording(row.recording),
    )
    call.legs = [_leg(each) for each in tx.all(_LEGS, key)]
    call.stored = {leg.id: copy.copy(leg) for leg in call.legs}
    transfer = tx.first(_TRANSFER, key)
    if transfer is not None:
        values = {name: getattr(transfer, name) for name in _TRANSFER_COLUMNS if name != "state"}
        call.transfer = Transfer(transfer.id, state=TransferState(transfer.state), **values)
    return call


def load(tx: Transaction, tenant_id: str, call_id: str, *, lock: bool = True) -> Call:
    """As `find`. NotFound where there is none."""
    call = find(tx, tenant_id, call_id, lock=lock)
    if call is None:
        raise NotFound("There is no such call.")
    return call


def busy(tx: Transaction, tenant_id: str, person_id: str) -> str | None:
    """The call somebody talks in, or is about to."""
    row = tx.first(_BUSY, {"of_tenant": tenant_id, "of_person": person_id})
    return None if row is None else str(row.call_id)


def save(tx: Transaction, call: Call, actor: Actor, *, new: bool = False) -> None:
    """Writes it back, with what its change brings about. Conflict where somebody would be in two calls, or a conversation have two."""
    try:
        _write(tx, call, new)
    except IntegrityError:
        raise Conflict(
            "Somebody is in another call, or the conversation has one already; end that first.", code="in_another_call"
        ) from None
    if call.notes:
        _write_conversation(tx, call)
    for note in call.notes:
        visibility: timeline.Visibility = "staff" if note.staff else "all"
        timeline.append(tx, call.tenant_id, call.conversation_id, note.kind, actor, note.data, visibility=visibility)
    for chore in call.chores:
        tx.execute(
            insert(call_chores).values(
                tenant_id=call.tenant_id,
                id=new_id("chore"),
                call_id=call.id,
                conversation_id=call.conversation_id,
                what=chore.what,
                arguments=json.dumps(dict(chore.arguments)),
                created_at_us=tx.now_us,
            )
        )
    deadlines = [leg.deadline_us for leg in call.legs if leg.deadline_us is not None]
    tx.tell(TOPIC, Changed(call.tenant_id, call.id, min(deadlines, default=None), bool(call.chores)))
    _tell_people(tx, call)


def _write(tx: Transaction, call: Call, new: bool) -> None:
    values: dict[str, Any] = {name: getattr(call, name) for name in _CALL_COLUMNS}
    values["open_conversation_id"] = None if call.state is State.ENDED else call.conversation_id
    recording = call.recording
    values["recording"] = (
        None if recording is None else json.dumps({"id": recording.id, "granted": recording.granted, "paused": recording.paused})
    )
    key = {"tenant_id": call.tenant_id, "id": call.id}
    if new:
        tx.execute(insert(calls).values(**key, **values))
    else:
        tx.execute(update(calls).where(calls.c.tenant_id == call.tenant_id, calls.c.id == call.id).values(values))
    # Those who leave before those who come: a person's place in another leg must be free.
    changed = [(number, leg) for number, leg in enumerate(call.legs) if call.stored.get(leg.id) != leg]
    for number, leg in sorted(changed, key=lambda each: each[1].entered):
        row = {name: getattr(leg, name) for name in _LEG_COLUMNS}
        row["talking_person_id"] = leg.person_id if leg.entered and leg.role != "supervisor" else None
        if leg.id in call.stored:
            here = (call_legs.c.tenant_id == call.tenant_id) & (call_legs.c.call_id == call.id) & (call_legs.c.id == leg.id)
            tx.execute(update(call_legs).where(here).values(row))
        else:
            tx.execute(insert(call_legs).values(tenant_id=call.tenant_id, call_id=call.id, id=leg.id, position=number, **row))
    if call.transfer is not None:
        transfer = {name: getattr(call.transfer, name) for name in _TRANSFER_COLUMNS}
        there = (
            (call_transfers.c.tenant_id == call.tenant_id)
            & (call_transfers.c.call_id == call.id)
            & (call_transfers.c.id == call.transfer.id)
        )
        if tx.execute(update(call_transfers).where(there).values(transfer)).rowcount == 0:
            tx.execute(insert(call_transfers).values(tenant_id=call.tenant_id, call_id=call.id, id=call.transfer.id, **transfer))


def _write_conversation(tx: Transaction, call: Call) -> None:
    """The conversation is held by voice or video while a call runs. Whose it is follows from the desk's ticket."""
    here = (conversations.c.tenant_id == call.tenant_id) & (conversations.c.id == call.conversation_id)
    if call.state in RUNNING:
        tx.execute(update(conversations).where(here).values(channel=call.media))
    elif call.state is State.ENDED and call.answered_at_us is not None:
        tx.execute(update(conversations).where(here).values(channel="chat"))


def _tell_people(tx: Transaction, call: Call) -> None:
    """Rings begin and end at a person, whatever they look at."""
    for leg in call.legs:
        former = call.stored.get(leg.id)
        rang = former is not None and former.state is LegState.RINGING
        rings = leg.state is LegState.RINGING
        if rings != rang:
            note = {
                "type": "call.ring" if rings else "call.ring_ended",
                "call_id": call.id,
                "conversation_id": call.conversation_id,
                "leg_id": leg.id,
                "media": call.media,
                "outcome": None if rings else leg.state.value,
                "transfer_id": call.pending.id if call.pending is not None and call.pending.target_leg_id == leg.id else None,
            }
            tx.tell(person_topic(call.tenant_id, leg.person_id), note)


def _leg(row: Row[Any]) -> Leg:
    return Leg(row.id, state=LegState(row.state), **{name: getattr(row, name) for name in _LEG_COLUMNS if name != "state"})


def _recording(text: str | None) -> Recording | None:
    if text is None:
        return None
    found = json.loads(text)
    return Recording(found["id"], tuple(found["granted"]), found["paused"])
