"""Payments as rows: opened, given a link, told how they ended. Works only; the provider is asked by `payments`, outside any transaction.

For `payments` (the service), the doors, and `payment_refund`. States are `payment_state`'s. Invariants: one open payment for an order or
cart at a time; the amount is the ledger's; an event is applied once (by the provider's id of it) and in one transaction with its entry,
the order's change and the end of the payment step; an amount or currency that is not the payment's settles nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from mediaserver.errors import Conflict, NotFound, Unprocessable
from signalling.commerce import payment_state, payment_step
from signalling.commerce.money import Money
from signalling.commerce.payable import Due, Ledger
from signalling.commerce.payment_state import OPEN, Event, State
from signalling.commerce.payment_step import changed as step_changed
from signalling.commerce.payment_view import Payment, new_key, page, sealed_charge, told, url_for_customer, view
from signalling.commerce.providers.provider import Charge, ChargeLine, Link, Notice
from signalling.conversation import conversation, timeline
from signalling.conversation.timeline import Actor
from signalling.identity.caller import Caller
from signalling.ids import new_id
from signalling.store import Transaction, prepared
from signalling.store.tables.conversation import conversations
from signalling.store.tables.payment import inbound_events, payments
from signalling.times import SECOND_US

__all__ = ["Wish", "apply", "due_rows", "find", "forget_events", "open_", "require", "see", "show", "show_all", "step_changed", "take_link"]

# A customer who is sent a link by mail needs some time; a price should not be promised for longer.
LINK_US: Final = 60 * 60 * SECOND_US
# Whoever asks for the payment also asks the provider, within this; then it counts as crashed and is repeated.
GRACE_US: Final = 30 * SECOND_US
# Webhooks come within seconds; asking later finds those that never came. A payment by bank transfer takes days.
LOOK_US: Final = {State.CREATED: 30 * SECOND_US, State.LINK_CREATED: 120 * SECOND_US, State.PROCESSING: 3600 * SECOND_US}
LOOK_MOST_US: Final = 6 * 3600 * SECOND_US
# Providers repeat a webhook for days: Stripe for three.
EVENTS_KEPT_US: Final = 30 * 24 * 3600 * SECOND_US
# How a payment step ends by what became of the payment.
_LEFT: Final[dict[Event, payment_step.Left]] = {
    Event.PAID: "paid",
    Event.SUBMITTED: "paid",
    Event.FAILED: "failed",
    Event.REFUSED: "failed",
    Event.EXPIRED: "expired",
    Event.CANCELLED: "cancelled",
}

_HEAR: Final = {
    "sqlite": prepared(sqlite.insert(inbound_events).on_conflict_do_nothing()),
    "postgresql": prepared(postgresql.insert(inbound_events).on_conflict_do_nothing()),
}
_FIND = select(payments).where(payments.c.tenant_id == bindparam("tenant_id"), payments.c.id == bindparam("payment_id"))


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants paid: an order, or a cart. `payment_id`: the caller's, so that a repetition is harmless."""

    order_id: str | None = None
    cart_id: str | None = None
    payment_id: str | None = None


def open_(tx: Transaction, caller: Caller, conversation_id: str, wish: Wish, ledger: Ledger, provider: str, base: str) -> str:
    """A new payment without a link yet, or the one that is open for the same. Its id. Conflict where another amount is open."""
    held = conversation.require(tx, caller, conversation_id)
    # Whoever else opens one in this conversation waits here, and then finds this one.
    here = (conversations.c.tenant_id == caller.tenant_id) & (conversations.c.id == held.id)
    tx.execute(select(conversations.c.id).where(here).with_for_update())
    if wish.payment_id is not None and (known := find(tx, caller.tenant_id, wish.payment_id)) is not None:
        asked = (conversation_id, wish.order_id or known.order_id, wish.cart_id or known.cart_id)
        if asked != (known.conversation_id, known.order_id, known.cart_id):
            raise Conflict("This id names another payment.", code="payment_id_used")
        return wish.payment_id
    if held.status != "open":
        raise Conflict("The conversation is closed.", code="conversation_closed")
    due = ledger.due(tx, caller, conversation_id, cart_id=wish.cart_id, order_id=wish.order_id)
    if due.total.amount <= 0:
        raise Conflict("There is nothing to pay.", code="nothing_to_pay")
    for row in tx.all(select(payments).where(_of(caller.tenant_id, due), payments.c.state.in_([state.value for state in OPEN]))):
        same = (row.amount, row.currency, row.conversation_id) == (due.total.amount, due.total.currency, conversation_id)
        if same and (row.expires_at_us > tx.now_us or row.state == State.PROCESSING):
            return str(row.id)
        raise Conflict("Another payment for this is open; cancel it first.", code="payment_open")
    payment_id = wish.payment_id or new_id("pay")
    _insert(tx, caller, held, due, payment_id, provider, base)
    return payment_id


def _insert(tx: Transaction, caller: Caller, held: Row[Any], due: Due, payment_id: str, provider: str, base: str) -> None:
    key = new_key()
    charge = Charge(
        payment_id=payment_id,
        tenant_id=caller.tenant_id,
        conversation_id=held.id,
        amount=due.total.amount,
        currency=due.total.currency,
        description=due.description,
        lines=tuple(ChargeLine(title, money.amount) for title, money in due.lines),
        locale=held.locale,
        page_url=page(base, caller.tenant_id, payment_id, key),
        success_url=page(base, caller.tenant_id, payment_id, key, "/return?outcome=paid"),
        cancel_url=page(base, caller.tenant_id, payment_id, key, "/return?outcome=left"),
        expires_at_us=tx.now_us + LINK_US,
    )
    tx.execute(
        insert(payments).values(
            tenant_id=caller.tenant_id,
            id=payment_id,
            conversation_id=held.id,
            cart_id=due.cart_id,
            order_id=due.order_id,
            provider=provider,
            state=State.CREATED.value,
            amount=due.total.amount,
            currency=due.total.currency,
            refunded=0,
            charge=sealed_charge(tx, charge, base, key),
            actor_kind=caller.actor.kind,
            actor_id=caller.id,
            attempts=0,
            due_at_us=tx.now_us + GRACE_US,
            expires_at_us=charge.expires_at_us,
            created_at_us=tx.now_us,
            updated_at_us=tx.now_us,
        )
    )


def take_link(tx: Transaction, tenant_id: str, payment_id: str, link: Link, ledger: Ledger) -> None:
    """The provider has given a page. Again, or after the payment has moved on: keeps the address, tells nobody."""
    row = _locked(tx, tenant_id, payment_id)
    sealed = tx.seal(tenant_id, link.url.encode(), f"payments/{payment_id}/url")
    tx.execute(update(payments).where(_here(tenant_id, payment_id)).values(url=sealed, reference=link.reference))
    _move(tx, row, Notice(Event.LINKED), Actor("system", row.provider), ledger)


def apply(tx: Transaction, tenant_id: str, provider: str, notice: Notice, ledger: Ledger, actor: Actor | None = None) -> bool:
    """What a provider tells (or we decide) happens to the payment, once. Whether it changed anything."""
    found = _named(tx, tenant_id, provider, notice)
    if found is None:
        return False
    row = _locked(tx, tenant_id, found)
    if notice.id:
        # The payment's row is locked, so nobody else is at the same event.
        if heard(tx, tenant_id, provider, notice.id):
            return False
        hear(tx, tenant_id, provider, notice.id)
    said = (notice.amount, notice.currency)
    if notice.event in (Event.PAID, Event.SUBMITTED) and said != (row.amount, row.currency):
        return _mismatch(tx, row, notice)
    return _move(tx, row, notice, actor or Actor("system", provider), ledger)


def _move(tx: Transaction, row: Row[Any], notice: Notice, actor: Actor, ledger: Ledger) -> bool:
    before = State(row.state)
    step = payment_state.receive(before, notice.event)
    if step is None:
        return False
    values: dict[str, Any] = {
        "state": step.state.value,
        "reason": notice.reason,
        "updated_at_us": tx.now_us,
        "attempts": 0,
        "due_at_us": tx.now_us + LOOK_US[step.state] if step.state in OPEN else None,
    }
    if notice.receipt is not None:
        values["receipt"] = notice.receipt
    if row.reference is None and notice.reference is not None:
        values["reference"] = notice.reference
    tx.execute(update(payments).where(_here(row.tenant_id, row.id)).values(values))
    late = {"late": True} if before not in OPEN else {}
    timeline.append(tx, row.tenant_id, row.conversation_id, step.kind, actor, told(row, step.state, notice.reason) | late)
    _tell_ledger(tx, row, notice, step.state, ledger)
    _leave_step(tx, row, notice.event)
    return True


def _tell_ledger(tx: Transaction, row: Row[Any], notice: Notice, state: State, ledger: Ledger) -> None:
    due = Due(Money(row.amount, row.currency), "", (), row.cart_id, row.order_id)
    if state is State.SUCCEEDED:
        ledger.paid(tx, row.tenant_id, due, row.id, row.conversation_id, notice.receipt or row.receipt or row.reference or row.id)
    elif state in (State.FAILED, State.EXPIRED, State.CANCELLED):
        ledger.failed(tx, row.tenant_id, due, row.id, row.conversation_id)


def _leave_step(tx: Transaction, row: Row[Any], event: Event) -> None:
    reason = _LEFT.get(event)
    at = payment_step.current(tx, row.tenant_id, row.conversation_id) if reason is not None else None
    if at is None or reason is None:
        return
    # Money ends the step whatever began it; a link that came to nothing ends only the step it began.
    if at.payment_id == row.id or (reason == "paid" and at.payment_id is None):
        payment_step.leave(tx, row.tenant_id, row.conversation_id, reason)


def _mismatch(tx: Transaction, row: Row[Any], notice: Notice) -> bool:
    if row.reason == "amount_mismatch":
        return False
    tx.execute(update(payments).where(_here(row.tenant_id, row.id)).values(reason="amount_mismatch", updated_at_us=tx.now_us))
    data = told(row, State(row.state), "amount_mismatch")
    data["told"] = {"amount": notice.amount, "currency": notice.currency}
    timeline.append(tx, row.tenant_id, row.conversation_id, "payment.mismatch", Actor("system", row.provider), data, visibility="staff")
    return True


def see(tx: Transaction, tenant_id: str, payment_id: str, *, in_us: int) -> None:
    """Looks after it again later: it was asked for, without news."""
    row = find(tx, tenant_id, payment_id)
    if row is not None and row.due_at_us is not None:
        values = {"due_at_us": tx.now_us + in_us, "attempts": row.attempts + 1}
        tx.execute(update(payments).where(_here(tenant_id, payment_id)).values(values))


def due_rows(tx: Transaction, most: int = 50) -> Sequence[Row[Any]]:
    """Payments, of all tenants, that should be looked after now."""
    return tx.all(select(payments).where(payments.c.due_at_us <= tx.now_us).order_by(payments.c.due_at_us).limit(most))


def find(tx: Transaction, tenant_id: str, payment_id: str) -> Row[Any] | None:
    """The row, whoever asks."""
    return tx.first(_FIND, {"tenant_id": tenant_id, "payment_id": payment_id})


def require(tx: Transaction, caller: Caller, payment_id: str) -> Row[Any]:
    """The row, if the caller may see its conversation. NotFound otherwise."""
    row = find(tx, caller.tenant_id, payment_id)
    if row is None:
        raise NotFound("There is no such payment.")
    conversation.require(tx, caller, row.conversation_id)
    return row


def show(tx: Transaction, caller: Caller, payment_id: str) -> Payment:
    """The payment as this caller sees it."""
    row = require(tx, caller, payment_id)
    return view(row, None if caller.staff else url_for_customer(tx, row))


def show_all(tx: Transaction, caller: Caller, conversation_id: str) -> list[Payment]:
    """A conversation's payments, the newest first, a hundred at most."""
    conversation.require(tx, caller, conversation_id)
    rows = tx.all(
        select(payments)
        .where(payments.c.tenant_id == caller.tenant_id, payments.c.conversation_id == conversation_id)
        .order_by(payments.c.id.desc())
        .limit(100)
    )
    return [view(row, None if caller.staff else url_for_customer(tx, row)) for row in rows]


def forget_events(tx: Transaction) -> int:
    """Forgets webhooks' ids that nobody repeats any more. How many."""
    return int(tx.execute(delete(inbound_events).where(inbound_events.c.at_us < tx.now_us - EVENTS_KEPT_US)).rowcount)


def heard(tx: Transaction, tenant_id: str, source: str, event_id: str) -> bool:
    """Whether this webhook of another system was taken before."""
    here = (inbound_events.c.tenant_id == tenant_id) & (inbound_events.c.source == source) & (inbound_events.c.id == event_id)
    return tx.first(select(inbound_events.c.id).where(here)) is not None


def hear(tx: Transaction, tenant_id: str, source: str, event_id: str) -> None:
    """Remembers that it was. Repeating it is harmless."""
    values = {"tenant_id": tenant_id, "source": source, "id": event_id, "at_us": tx.now_us}
    tx.run(_HEAR[tx.connection.dialect.name], values)


def _named(tx: Transaction, tenant_id: str, provider: str, notice: Notice) -> str | None:
    if notice.payment_id is not None:
        row = find(tx, tenant_id, notice.payment_id)
        return None if row is None or row.provider != provider else str(row.id)
    found = tx.execute(
        select(payments.c.id).where(
            payments.c.tenant_id == tenant_id, payments.c.provider == provider, payments.c.reference == notice.reference
        )
    ).scalar()
    return None if found is None else str(found)


def _locked(tx: Transaction, tenant_id: str, payment_id: str) -> Row[Any]:
    row = tx.first(select(payments).where(_here(tenant_id, payment_id)).with_for_update())
    if row is None:
        raise NotFound("There is no such payment.")
    return row


def _of(tenant_id: str, due: Due) -> ColumnElement[bool]:
    if due.order_id is not None:
        return (payments.c.tenant_id == tenant_id) & (payments.c.order_id == due.order_id)
    if due.cart_id is None:
        raise Unprocessable("Name an order or a cart.", code="nothing_named")
    return (payments.c.tenant_id == tenant_id) & (payments.c.cart_id == due.cart_id)


def _here(tenant_id: str, payment_id: str) -> ColumnElement[bool]:
    return (payments.c.tenant_id == tenant_id) & (payments.c.id == payment_id)
