"""The payment step: while a conversation's customer is at it, nobody records or looks on.

For `commerce.cart` (whose `set_step` calls `changed` in its own unit of work) and for payments (a customer who opens a payment link is at
it too, whatever the cart says). Media policy, the socket and transcripts read the two entries:

    payment.step_entered   {cart_id, payment_id, until}     stop the recording and the rep's view
    payment.step_left      {cart_id, payment_id, reason}    reason: left | paid | failed | expired | cancelled | timeout

Invariants: the entry is in the same transaction as what caused it; they alternate, beginning with `payment.step_entered`; no step lasts
longer than its `until`, since a recording that silently never comes back would be a fault as well.
"""

from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Row, bindparam, delete, func, insert, select, update

from signalling.conversation import timeline
from signalling.conversation.timeline import SYSTEM, Actor
from signalling.store import Transaction, prepared
from signalling.store.tables.payment import payment_steps
from signalling.times import SECOND_US, rfc3339

# The checkout step's name in carts.
PAYMENT: Final = "payment"
# Typing a card number and a bank's confirmation take a few minutes. Longer keeps the rep blind after the customer has walked away; shorter
# would uncover somebody slow. Whatever the customer does at the step begins it anew.
STEP_MOST_US: Final = 15 * 60 * SECOND_US

_CURRENT = prepared(
    select(payment_steps).where(
        payment_steps.c.tenant_id == bindparam("tenant"), payment_steps.c.conversation_id == bindparam("conversation")
    )
)

Left = Literal["left", "paid", "failed", "expired", "cancelled", "timeout"]


def changed(tx: Transaction, tenant_id: str, conversation_id: str, cart_id: str | None, step: str | None, actor: Actor) -> None:
    """A work: the cart of this conversation is now at `step`. Call it at every change of the step, in the same unit of work."""
    if step == PAYMENT:
        enter(tx, tenant_id, conversation_id, actor, cart_id=cart_id)
    else:
        leave(tx, tenant_id, conversation_id, "left", actor)


def enter(
    tx: Transaction, tenant_id: str, conversation_id: str, actor: Actor, *, cart_id: str | None = None, payment_id: str | None = None
) -> None:
    """A work: the customer is at the payment step. Again: the time begins anew, without another entry."""
    until_us = tx.now_us + STEP_MOST_US
    row = current(tx, tenant_id, conversation_id)
    if row is not None:
        values = {"until_us": until_us, "cart_id": cart_id or row.cart_id, "payment_id": payment_id or row.payment_id}
        tx.execute(update(payment_steps).where(_here(tenant_id, conversation_id)).values(values))
        return
    tx.execute(
        insert(payment_steps).values(
            tenant_id=tenant_id,
            conversation_id=conversation_id,
            cart_id=cart_id,
            payment_id=payment_id,
            entered_at_us=tx.now_us,
            until_us=until_us,
        )
    )
    data = {"cart_id": cart_id, "payment_id": payment_id, "until": rfc3339(until_us)}
    timeline.append(tx, tenant_id, conversation_id, "payment.step_entered", actor, data)


def leave(tx: Transaction, tenant_id: str, conversation_id: str, reason: Left, actor: Actor = SYSTEM) -> bool:
    """A work: the customer is no longer at it. Whether they were."""
    row = current(tx, tenant_id, conversation_id)
    if row is None:
        return False
    tx.execute(delete(payment_steps).where(_here(tenant_id, conversation_id)))
    data = {"cart_id": row.cart_id, "payment_id": row.payment_id, "reason": reason}
    timeline.append(tx, tenant_id, conversation_id, "payment.step_left", actor, data)
    return True


def current(tx: Transaction, tenant_id: str, conversation_id: str) -> Row[Any] | None:
    """The step this conversation is at (`cart_id`, `payment_id`, `entered_at_us`, `until_us`), or None: the policy asks this at a start."""
    return tx.first(_CURRENT, {"tenant": tenant_id, "conversation": conversation_id})


def due(tx: Transaction) -> int:
    """How many steps, of all tenants, have their time up."""
    return int(tx.execute(select(func.count()).select_from(payment_steps).where(payment_steps.c.until_us <= tx.now_us)).scalar() or 0)


def time_out(tx: Transaction, most: int = 100) -> int:
    """A work: ends the steps, of all tenants, whose time is up, `most` at once. How many."""
    due = tx.all(select(payment_steps).where(payment_steps.c.until_us <= tx.now_us).order_by(payment_steps.c.until_us).limit(most))
    for row in due:
        leave(tx, row.tenant_id, row.conversation_id, "timeout")
    return len(due)


def _here(tenant_id: str, conversation_id: str) -> ColumnElement[bool]:
    return (payment_steps.c.tenant_id == tenant_id) & (payment_steps.c.conversation_id == conversation_id)
