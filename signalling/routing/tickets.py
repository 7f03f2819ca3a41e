"""Tickets as they are kept, for those who ask about one: whose it is, what became of it, how the work on it was summed up.

Works for the operations. Invariant: a customer sees tickets of their own conversations; others' do not exist.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from mediaserver.errors import Forbidden, NotFound, Unprocessable
from signalling.conversation import conversation
from signalling.identity.caller import Caller
from signalling.routing import queues
from signalling.routing.presence import Profile
from signalling.store import Transaction
from signalling.store.tables.identity import rep_accounts
from signalling.store.tables.routing import callback_numbers, rep_presence, rep_profiles, tickets, wrap_ups
from signalling.times import rfc3339


@dataclass(frozen=True, slots=True)
class WrapUp:
    """How a rep summed up what they did. `code`: one of the queue's, or empty."""

    ticket_id: str
    conversation_id: str
    rep_id: str
    code: str
    note: str
    at: str


def require(tx: Transaction, caller: Caller, ticket_id: str) -> Row[Any]:
    """The row, if the caller may see it. NotFound otherwise."""
    row = tx.first(select(tickets).where(tickets.c.tenant_id == caller.tenant_id, tickets.c.id == ticket_id))
    if row is None:
        raise NotFound("There is no such ticket.")
    if not caller.staff:
        try:
            conversation.require(tx, caller, row.conversation_id)
        except NotFound:
            raise NotFound("There is no such ticket.") from None
    return row


def require_own(tx: Transaction, caller: Caller, ticket_id: str) -> Row[Any]:
    """`require`, and a rep it is or was with. Forbidden for other reps."""
    row = require(tx, caller, ticket_id)
    if caller.id not in (row.rep_id, row.previous_rep_id):
        raise Forbidden("This is another rep's work.", code="not_yours")
    return row


def of_conversation(tx: Transaction, caller: Caller, conversation_id: str) -> Sequence[Row[Any]]:
    """The conversation's tickets that have not ended. NotFound where the caller may not see it."""
    conversation.require(tx, caller, conversation_id)
    return tx.all(
        select(tickets)
        .where(tickets.c.tenant_id == caller.tenant_id, tickets.c.conversation_id == conversation_id, tickets.c.state != "ended")
        .order_by(tickets.c.entered_at_us, tickets.c.id)
    )


def keep_number(tx: Transaction, tenant_id: str, ticket_id: str, number: str | None) -> None:
    """Where to call back; None: on the web."""
    here = (callback_numbers.c.tenant_id == tenant_id) & (callback_numbers.c.ticket_id == ticket_id)
    tx.execute(delete(callback_numbers).where(here))
    if number is not None:
        sealed = tx.seal(tenant_id, number.encode(), f"callback_numbers/{ticket_id}")
        tx.execute(insert(callback_numbers).values(tenant_id=tenant_id, ticket_id=ticket_id, number=sealed, created_at_us=tx.now_us))


def number_of(tx: Transaction, tenant_id: str, ticket_id: str) -> str | None:
    """Where to call back, if it is a telephone."""
    row = tx.first(
        select(callback_numbers.c.number).where(callback_numbers.c.tenant_id == tenant_id, callback_numbers.c.ticket_id == ticket_id)
    )
    return tx.unseal(tenant_id, row.number, f"callback_numbers/{ticket_id}").decode() if row is not None else None


def sum_up(tx: Transaction, caller: Caller, ticket_id: str, code: str, note: str) -> WrapUp:
    """Writes down what a rep's work came to; again: instead of what was there. Unprocessable for a code that the queue has not."""
    row = require_own(tx, caller, ticket_id)
    codes: list[str] = []
    for queue in queues.listed(tx, caller.tenant_id):
        if queue.id == row.queue_id:
            codes = list(queue.settings["wrap_up_codes"])
    if code and code not in codes:
        raise Unprocessable("The queue has no such code.", code="unknown_code", pointer="/code")
    values = {
        "conversation_id": row.conversation_id,
        "rep_id": caller.id,
        "code": code,
        "note": tx.seal(caller.tenant_id, note.encode(), f"wrap_ups/{ticket_id}"),
        "created_at_us": tx.now_us,
    }
    here = (wrap_ups.c.tenant_id == caller.tenant_id) & (wrap_ups.c.ticket_id == ticket_id)
    if tx.execute(update(wrap_ups).where(here).values(values)).rowcount == 0:
        tx.execute(insert(wrap_ups).values(tenant_id=caller.tenant_id, ticket_id=ticket_id, **values))
    return WrapUp(ticket_id, row.conversation_id, caller.id, code, note, rfc3339(tx.now_us))


def wrap_up(tx: Transaction, caller: Caller, ticket_id: str) -> WrapUp:
    """What was written down. NotFound where nothing was."""
    require(tx, caller, ticket_id)
    row = tx.first(select(wrap_ups).where(wrap_ups.c.tenant_id == caller.tenant_id, wrap_ups.c.ticket_id == ticket_id))
    if row is None:
        raise NotFound("Nothing was written down.")
    note = tx.unseal(caller.tenant_id, row.note, f"wrap_ups/{ticket_id}").decode()
    return WrapUp(ticket_id, row.conversation_id, row.rep_id, row.code, note, rfc3339(row.created_at_us))


def require_rep(tx: Transaction, tenant_id: str, rep_id: str) -> None:
    """NotFound where this tenant has no such rep."""
    for column, table in ((rep_accounts.c.id, rep_accounts), (rep_presence.c.rep_id, rep_presence), (rep_profiles.c.rep_id, rep_profiles)):
        if tx.first(select(column).where(table.c.tenant_id == tenant_id, column == rep_id)) is not None:
            return
    raise NotFound("There is no such rep.")


def meet(tx: Transaction, caller: Caller) -> Profile:
    """The caller's profile; one who comes for the first time gets one, in their name. Forbidden for who is no rep."""
    if not caller.id.startswith("rep_"):
        raise Forbidden("Only a rep has a status and work.", code="not_a_rep")
    known = profile_of(tx, caller.tenant_id, caller.id)
    if known is not None and known.name == caller.name:
        return known
    if known is None:
        return queues.set_profile(tx, caller.tenant_id, Profile(caller.id, caller.name))
    return queues.set_profile(
        tx, caller.tenant_id, Profile(caller.id, caller.name, known.skills, known.languages, known.capacity, known.excludes)
    )


def profile_of(tx: Transaction, tenant_id: str, rep_id: str) -> Profile | None:
    """A rep's profile, if they have one."""
    return next((profile for _, profile in queues.profiles(tx, tenant_id, rep_id)), None)
