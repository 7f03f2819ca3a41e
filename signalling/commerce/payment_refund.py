"""Refunds as rows: asked for, told how they ended. Works only; the provider is asked by `payments`, with the refund's id as the key.

Invariants: what is refunded and on its way never exceeds what was paid; a refund's end is told once, with the order's change.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, func, insert, select, update

from mediaserver.errors import Conflict, NotFound
from signalling.commerce import payment
from signalling.commerce.money import Money
from signalling.commerce.payable import Due, Ledger
from signalling.commerce.payment_state import State
from signalling.commerce.payment_view import Refund, refund_view, told
from signalling.commerce.providers.provider import Refunded
from signalling.conversation import timeline
from signalling.conversation.timeline import Actor
from signalling.identity.caller import Caller
from signalling.ids import new_id
from signalling.store import Transaction
from signalling.store.tables.payment import payments, refunds
from signalling.times import SECOND_US

# Banks take days; asking every hour is enough.
LOOK_US: Final = 3600 * SECOND_US
UNDER_WAY: Final = ("requested", "pending")


def ask(tx: Transaction, caller: Caller, payment_id: str, amount: int | None, refund_id: str | None) -> str:
    """Keeps the wish to give `amount` minor units back (None: all that is left). The refund's id."""
    payment.require(tx, caller, payment_id)
    here = (payments.c.tenant_id == caller.tenant_id) & (payments.c.id == payment_id)
    row = tx.first(select(payments).where(here).with_for_update())
    assert row is not None
    if refund_id is not None and (known := _find(tx, caller.tenant_id, refund_id)) is not None:
        if known.payment_id != payment_id or (amount is not None and known.amount != amount):
            raise Conflict("This id names another refund.", code="refund_id_used")
        return refund_id
    if State(row.state) is not State.SUCCEEDED:
        raise Conflict("Only a payment that succeeded can be refunded.", code="payment_state")
    under_way = tx.execute(
        select(func.coalesce(func.sum(refunds.c.amount), 0)).where(
            refunds.c.tenant_id == caller.tenant_id, refunds.c.payment_id == payment_id, refunds.c.status.in_(UNDER_WAY)
        )
    ).scalar()
    left = row.amount - row.refunded - int(under_way or 0)
    wanted = left if amount is None else amount
    if not 0 < wanted <= left:
        raise Conflict(f"At most {Money(left, row.currency)} can be refunded.", code="refund_too_large")
    made = refund_id or new_id("rfnd")
    tx.execute(
        insert(refunds).values(
            tenant_id=caller.tenant_id,
            id=made,
            payment_id=payment_id,
            amount=wanted,
            status="requested",
            actor_kind=caller.actor.kind,
            actor_id=caller.id,
            attempts=0,
            due_at_us=tx.now_us + payment.GRACE_US,
            created_at_us=tx.now_us,
            updated_at_us=tx.now_us,
        )
    )
    return made


def take(tx: Transaction, tenant_id: str, refund_id: str, outcome: Refunded, ledger: Ledger) -> None:
    """The provider has answered. Harmless when repeated."""
    row = tx.first(select(refunds).where(_here(tenant_id, refund_id)).with_for_update())
    if row is None or row.status not in UNDER_WAY:
        return
    due = tx.now_us + LOOK_US if outcome.status == "pending" else None
    values = {"status": outcome.status, "reference": outcome.reference, "reason": outcome.reason, "due_at_us": due}
    tx.execute(update(refunds).where(_here(tenant_id, refund_id)).values(**values, updated_at_us=tx.now_us))
    paid = tx.first(select(payments).where(payments.c.tenant_id == tenant_id, payments.c.id == row.payment_id).with_for_update())
    assert paid is not None
    if outcome.status == "succeeded":
        _succeeded(tx, paid, row, ledger)
    elif outcome.status == "failed":
        data = told(paid, State(paid.state), outcome.reason) | {"refund_id": refund_id}
        actor = Actor("system", paid.provider)
        timeline.append(tx, tenant_id, paid.conversation_id, "payment.refund_failed", actor, data, visibility="staff")


def _succeeded(tx: Transaction, paid: Row[Any], row: Row[Any], ledger: Ledger) -> None:
    refunded = paid.refunded + row.amount
    state = State.REFUNDED if refunded >= paid.amount else State(paid.state)
    tx.execute(
        update(payments)
        .where(payments.c.tenant_id == paid.tenant_id, payments.c.id == paid.id)
        .values(refunded=refunded, state=state.value, updated_at_us=tx.now_us)
    )
    back = Money(row.amount, paid.currency)
    data = told(paid, state) | {
        "refund_id": row.id,
        "refund": {"amount": row.amount, "currency": paid.currency},
        "refunded": {"amount": refunded, "currency": paid.currency},
    }
    timeline.append(tx, paid.tenant_id, paid.conversation_id, "payment.refunded", Actor(row.actor_kind, row.actor_id), data)
    due = Due(Money(paid.amount, paid.currency), "", (), paid.cart_id, paid.order_id)
    ledger.refunded(tx, paid.tenant_id, due, row.id, paid.conversation_id, back)


def later(tx: Transaction, tenant_id: str, refund_id: str, *, in_us: int) -> None:
    """Asks again later: nobody knows what became of it."""
    values = {"due_at_us": tx.now_us + in_us, "attempts": refunds.c.attempts + 1}
    tx.execute(update(refunds).where(_here(tenant_id, refund_id), refunds.c.status.in_(UNDER_WAY)).values(values))


def due_rows(tx: Transaction, most: int = 50) -> Sequence[Row[Any]]:
    """Refunds, of all tenants, to ask about now; each with its payment's `provider`, `receipt` and `currency`."""
    joined = refunds.join(payments, (payments.c.tenant_id == refunds.c.tenant_id) & (payments.c.id == refunds.c.payment_id))
    wanted = select(refunds, payments.c.provider, payments.c.receipt, payments.c.currency).select_from(joined)
    return tx.all(wanted.where(refunds.c.due_at_us <= tx.now_us).order_by(refunds.c.due_at_us).limit(most))


def one(tx: Transaction, tenant_id: str, refund_id: str) -> Row[Any] | None:
    """As `due_rows` gives it."""
    joined = refunds.join(payments, (payments.c.tenant_id == refunds.c.tenant_id) & (payments.c.id == refunds.c.payment_id))
    wanted = select(refunds, payments.c.provider, payments.c.receipt, payments.c.currency).select_from(joined)
    return tx.first(wanted.where(_here(tenant_id, refund_id)))


def show(tx: Transaction, caller: Caller, refund_id: str) -> Refund:
    """The refund, if the caller may see its payment. NotFound otherwise."""
    row = _find(tx, caller.tenant_id, refund_id)
    if row is None:
        raise NotFound("There is no such refund.")
    return refund_view(row, payment.require(tx, caller, row.payment_id).currency)


def show_all(tx: Transaction, caller: Caller, payment_id: str) -> list[Refund]:
    """A payment's refunds, the oldest first."""
    paid = payment.require(tx, caller, payment_id)
    here = (refunds.c.tenant_id == caller.tenant_id) & (refunds.c.payment_id == payment_id)
    return [refund_view(row, paid.currency) for row in tx.all(select(refunds).where(here).order_by(refunds.c.id).limit(100))]


def _find(tx: Transaction, tenant_id: str, refund_id: str) -> Row[Any] | None:
    return tx.first(select(refunds).where(_here(tenant_id, refund_id)))


def _here(tenant_id: str, refund_id: str) -> ColumnElement[bool]:
    return (refunds.c.tenant_id == tenant_id) & (refunds.c.id == refund_id)
