"""Who looks after a conversation, and what becomes of it: claim, assignment, release, close, reopen, channel, notes, satisfaction.

Works, for the doors and for routing (`assign`, when the queue has found somebody). Each change is one entry with the values after it.
Invariant: the first claim wins; whoever comes later is told so (409).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, update

from mediaserver.errors import Conflict, Forbidden
from signalling.conversation import greeting, messages, participants, timeline
from signalling.conversation.conversation import Conversation, existing, existing_all, require, view
from signalling.conversation.timeline import SYSTEM, Actor, Entry, Line
from signalling.identity.caller import SUPERVISORS, Caller
from signalling.privacy.masking import mask_cards
from signalling.store import Transaction
from signalling.store.tables.conversation import conversations

# Entries by which routing says whose a conversation is now.
_GIVEN = frozenset({"conversation.assigned", "conversation.transferred"})
_HERE = (conversations.c.tenant_id == bindparam("of_tenant")) & (conversations.c.id == bindparam("of_id"))


def claim(tx: Transaction, caller: Caller, conversation_id: str) -> Conversation:
    """The caller takes a conversation that is nobody's. Conflict where it is somebody's, unless it is already theirs."""
    row = _open(tx, caller, conversation_id)
    if row.rep_id == caller.id:
        return view(tx, row)
    if row.rep_id is not None:
        raise Conflict("Somebody else has claimed this conversation.", code="already_claimed")
    # Decided by the database, so that of two who claim at once one wins.
    won = tx.execute(
        update(conversations).where(_HERE, conversations.c.rep_id.is_(None)).values(rep_id=caller.id),
        {"of_tenant": caller.tenant_id, "of_id": conversation_id},
    ).rowcount
    if not won:
        raise Conflict("Somebody else has claimed this conversation.", code="already_claimed")
    _joined(tx, row, caller.actor, caller.actor, "claim")
    return _current(tx, caller.tenant_id, conversation_id)


def assign(tx: Transaction, tenant_id: str, conversation_id: str, rep: Actor, by: Actor, via: str = "queue") -> Conversation:
    """Gives a conversation to a rep, whoever had it. `via`: queue | assignment | transfer. Conflict where it is closed."""
    row = existing(tx, tenant_id, conversation_id)
    if row.status != "open":
        raise Conflict("The conversation is closed.", code="conversation_closed")
    if row.rep_id != rep.id:
        _set(tx, row, rep_id=rep.id)
        if row.rep_id is not None:
            participants.leave(tx, tenant_id, conversation_id, row.rep_id)
        _joined(tx, row, rep, by, via)
    return _current(tx, tenant_id, conversation_id)


def transfer(tx: Transaction, caller: Caller, conversation_id: str, rep: Actor) -> Conversation:
    """The caller hands a conversation of theirs to another rep; supervisors any conversation."""
    row = _open(tx, caller, conversation_id)
    _may_handle(caller, row)
    return assign(tx, caller.tenant_id, conversation_id, rep, caller.actor, "transfer" if row.rep_id else "assignment")


def release(tx: Transaction, caller: Caller, conversation_id: str) -> Conversation:
    """The conversation is nobody's again, and in the lobby."""
    row = _open(tx, caller, conversation_id)
    if row.rep_id is not None:
        _may_handle(caller, row)
        _set(tx, row, rep_id=None)
        participants.leave(tx, caller.tenant_id, conversation_id, row.rep_id)
        timeline.append(
            tx, caller.tenant_id, conversation_id, "conversation.released", caller.actor, {"rep_id": None, "from_rep_id": row.rep_id}
        )
    return _current(tx, caller.tenant_id, conversation_id)


def close(tx: Transaction, caller: Caller, conversation_id: str, reason: str = "") -> Conversation:
    """Ends it; it can be reopened. A customer may close their own. Idempotent."""
    row = require(tx, caller, conversation_id)
    if row.status == "open":
        end(tx, caller.tenant_id, conversation_id, caller.actor, reason)
    return _current(tx, caller.tenant_id, conversation_id)


def end(tx: Transaction, tenant_id: str, conversation_id: str, actor: Actor, reason: str = "") -> Entry:
    """Ends an open conversation, whoever ends it."""
    row = existing(tx, tenant_id, conversation_id)
    text = greeting.said("closed", row.locale)
    messages.system(tx, tenant_id, conversation_id, "closed", text)
    _set(tx, row, status="closed", closed_at_us=tx.now_us)
    return timeline.append(
        tx, tenant_id, conversation_id, "conversation.closed", actor, {"status": "closed", "reason": reason, "rep_id": row.rep_id}
    )


def reopen(tx: Transaction, caller: Caller, conversation_id: str) -> Conversation:
    """A closed conversation goes on, with the rep it had. Idempotent."""
    row = require(tx, caller, conversation_id)
    if row.status != "open":
        _set(tx, row, status="open", closed_at_us=None)
        data = {"status": "open", "rep_id": row.rep_id}
        timeline.append(tx, caller.tenant_id, conversation_id, "conversation.reopened", caller.actor, data)
    return _current(tx, caller.tenant_id, conversation_id)


def change(tx: Transaction, caller: Caller, conversation_id: str, values: Mapping[str, str | None]) -> Conversation:
    """Another `channel`, `locale` or `cart_id`; one entry `conversation.updated` with what has changed, none where nothing has."""
    row = _open(tx, caller, conversation_id)
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    if changed:
        _set(tx, row, **changed)
        timeline.append(tx, caller.tenant_id, conversation_id, "conversation.updated", caller.actor, changed)
    return _current(tx, caller.tenant_id, conversation_id)


def note(tx: Transaction, caller: Caller, conversation_id: str, note_id: str, text: str) -> dict[str, Any]:
    """A note for the shop's staff, which the customer never sees; as its entry is shown. `note_id` makes writing it twice harmless."""
    text = mask_cards(text)
    row = timeline.advance(tx, caller.tenant_id, conversation_id)
    if not messages.place(tx, row, note_id, caller.id):
        timeline.retreat(tx, caller.tenant_id, conversation_id)
        stored = messages.placed(tx, caller.tenant_id, conversation_id, note_id)
        if (stored.actor.id, stored.data.get("text")) != (caller.id, text):
            raise Conflict("This id has been used for another note.", code="note_id_used", pointer="/id")
        return stored.json()
    data = {"id": note_id, "text": text}
    return timeline.append(tx, caller.tenant_id, conversation_id, "note.created", caller.actor, data, visibility="staff", at=row).json()


def rate(tx: Transaction, caller: Caller, conversation_id: str, score: int, comment: str) -> Conversation:
    """How satisfied the customer is, 1 to 5. Once; another score is a Conflict."""
    row = require(tx, caller, conversation_id)
    if row.customer_id != caller.id:
        raise Forbidden("Only the customer rates a conversation.", code="not_yours")
    if row.csat_score is None:
        _set(tx, row, csat_score=score)
        data = {"score": score, "comment": mask_cards(comment), "rep_id": row.rep_id}
        timeline.append(tx, caller.tenant_id, conversation_id, "csat.submitted", caller.actor, data)
    elif row.csat_score != score:
        raise Conflict("This conversation has been rated already.", code="already_rated")
    return _current(tx, caller.tenant_id, conversation_id)


def seat(tx: Transaction, tenant_id: str, lines: Sequence[Line]) -> list[Line]:
    """For routing, as it writes what it has decided: the same lines, where a rep was given a conversation with what belongs to it besides.

    The rep takes part from now on and the customer is told of it; a line that says what the conversation has already is left out, as when a
    claim was written before the desk booked it.
    """
    found: list[Line] = []
    joining: dict[str, Actor] = {}
    given = existing_all(tx, tenant_id, [line[0] for line in lines if line[1] in _GIVEN])
    for line in lines:
        conversation_id, kind, _, data, _ = line
        if kind not in _GIVEN:
            found.append(line)
            continue
        row = given[conversation_id]
        had = joining[conversation_id].id if conversation_id in joining else row.rep_id
        if had == data["rep_id"]:
            continue
        rep = Actor("rep", data["rep_id"], data.get("rep_name") or "")
        if conversation_id in joining:  # given twice in one batch: they came before they went
            participants.join(tx, tenant_id, conversation_id, joining.pop(conversation_id))
        if had is not None:
            participants.leave(tx, tenant_id, conversation_id, had)
        joining[conversation_id] = rep
        found.append(line)
        if rep.name and data.get("channel") == "chat":
            code = "joined" if kind == "conversation.assigned" else "transferred"
            text = greeting.said(code, row.locale, rep.name)
            found.append((conversation_id, "message.created", SYSTEM, messages.system_data(tx, code, text), "all"))
    participants.join_all(tx, tenant_id, list(joining.items()))
    return found


def _joined(tx: Transaction, row: Row[Any], rep: Actor, by: Actor, via: str) -> None:
    participants.join(tx, row.tenant_id, row.id, rep)
    moved = row.rep_id is not None
    kind = "conversation.transferred" if moved else "conversation.assigned"
    data = {"rep_id": rep.id, "rep_name": rep.name, "via": via, "from_rep_id": row.rep_id}
    timeline.append(tx, row.tenant_id, row.id, kind, by, data)
    if rep.name:
        code = "transferred" if moved else "joined"
        messages.system(tx, row.tenant_id, row.id, code, greeting.said(code, row.locale, rep.name))


def _open(tx: Transaction, caller: Caller, conversation_id: str) -> Row[Any]:
    row = require(tx, caller, conversation_id)
    if row.status != "open":
        raise Conflict("The conversation is closed.", code="conversation_closed")
    return row


def _may_handle(caller: Caller, row: Row[Any]) -> None:
    if row.rep_id not in (None, caller.id) and caller.role not in SUPERVISORS:
        raise Forbidden("This conversation is somebody else's.", code="not_yours")


def _set(tx: Transaction, row: Row[Any], **values: Any) -> None:
    tx.execute(update(conversations).where(_HERE).values(**values), {"of_tenant": row.tenant_id, "of_id": row.id})


def _current(tx: Transaction, tenant_id: str, conversation_id: str) -> Conversation:
    return view(tx, existing(tx, tenant_id, conversation_id))
