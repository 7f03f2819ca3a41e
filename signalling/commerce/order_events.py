"""What happens to an order once it is placed: money, goods, cancelling. Works, for payments, the shop's back office and customers.

Each change is a new version of the order and an `order.status_changed` entry (the order, and what changed from what to what) on its
conversation, in one transaction. Each has an `op_id` and is done once: again, it gives the order as it is. A remote shop hears of money
through an errand.
"""

import hashlib
import json
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, insert, select

from mediaserver.errors import Conflict, NotFound, Unprocessable
from signalling.commerce import errands, orders
from signalling.commerce.money import Money
from signalling.commerce.order import TRACKING_MOST, Order, Tracking
from signalling.commerce.order_status import FINANCIAL, FULFILLMENT, FinancialEvent, FulfillmentEvent, following
from signalling.commerce.shop import EMBEDDED, Finish, connected
from signalling.conversation import timeline
from signalling.conversation.timeline import SYSTEM, Actor
from signalling.identity.caller import Caller
from signalling.store import Transaction
from signalling.store.tables.commerce import order_events
from signalling.times import rfc3339


def paid(tx: Transaction, tenant_id: str, order_id: str, op_id: str, amount: Money, reference: str, actor: Actor = SYSTEM) -> Order:
    """A work, for payments: so much money has come in; `reference` is the provider's. `op_id`: the payment. Never refused for the order's
    status. NotFound.
    """
    row, order = _locked(tx, tenant_id, order_id)
    if seen(tx, order, tenant_id, f"paid:{op_id}", ["paid", amount.amount, amount.currency]):
        return order
    whole = order.paid + amount
    event: FinancialEvent = "all_paid" if order.totals.total <= whole else "part_paid"
    _tell_shop(tx, tenant_id, row, f"paid:{op_id}", "paid", amount, reference)
    made = replace(order, paid=whole, financial_status=following(FINANCIAL, order.financial_status, event))
    return changed(tx, tenant_id, order, made, actor, {"event": event})


def payment_failed(tx: Transaction, tenant_id: str, order_id: str, op_id: str, reason: str, actor: Actor = SYSTEM) -> Order:
    """A work, for payments: an attempt came to nothing. The order waits for the next one; the payment tells of it itself."""
    _, order = _locked(tx, tenant_id, order_id)
    seen(tx, order, tenant_id, f"failed:{op_id}", ["payment_failed"])
    return order


def refunded(tx: Transaction, tenant_id: str, order_id: str, op_id: str, amount: Money, reference: str, actor: Actor = SYSTEM) -> Order:
    """A work, for payments: so much money has gone back. `op_id`: the refund. Never refused for the order's status. NotFound."""
    row, order = _locked(tx, tenant_id, order_id)
    if seen(tx, order, tenant_id, f"refunded:{op_id}", ["refunded", amount.amount, amount.currency]):
        return order
    whole = order.refunded + amount
    event: FinancialEvent = "all_refunded" if order.paid <= whole else "part_refunded"
    _tell_shop(tx, tenant_id, row, f"refunded:{op_id}", "refunded", amount, reference)
    made = replace(order, refunded=whole, financial_status=following(FINANCIAL, order.financial_status, event))
    return changed(tx, tenant_id, order, made, actor, {"event": event})


def cancel(tx: Transaction, caller: Caller, order_id: str, op_id: str, reason: str, finish: Finish[None]) -> Order:
    """A work: the order is off, its goods go back into stock. A customer until somebody has begun to pack it, the shop until it is on its
    way: Conflict `order_state` later. What was paid is refunded by payments.
    """
    row = orders.require(tx, caller, order_id, lock=True)
    order = orders.opened(tx, row)
    if seen(tx, order, caller.tenant_id, op_id, ["cancel", reason]):
        return order
    require_cancellable(caller, order)
    finish(tx)
    made = replace(
        order,
        cancel_reason=reason,
        fulfillment_status=following(FULFILLMENT, order.fulfillment_status, "cancelled"),
        financial_status=following(FINANCIAL, order.financial_status, "cancelled"),
    )
    return changed(tx, caller.tenant_id, order, made, caller.actor, {"event": "cancelled"})


def require_cancellable(caller: Caller, order: Order) -> None:
    """Conflict `order_state` where it is too late for this caller."""
    following(FULFILLMENT, order.fulfillment_status, "cancelled")
    if not caller.staff and order.fulfillment_status != "unfulfilled":
        raise Conflict("The order is being packed; please ask the shop.", code="order_state")


def fulfil(
    tx: Transaction,
    caller: Caller,
    order_id: str,
    op_id: str,
    event: FulfillmentEvent,
    tracking: Tracking | None = None,
) -> Order:
    """A work, for the shop: goods are packed, on their way (with `tracking`), there, back. Conflict `order_state` out of turn."""
    row = orders.require(tx, caller, order_id, lock=True)
    order = orders.opened(tx, row)
    what = [event, [tracking.carrier, tracking.number, tracking.url] if tracking else None]
    if seen(tx, order, caller.tenant_id, op_id, what):
        return order
    made = replace(order, fulfillment_status=following(FULFILLMENT, order.fulfillment_status, event))
    if tracking is not None:
        others = tuple(each for each in order.tracking if (each.carrier, each.number) != (tracking.carrier, tracking.number))
        if len(others) >= TRACKING_MOST:
            raise Unprocessable(f"An order has at most {TRACKING_MOST} parcels.", code="too_many_parcels", pointer="/tracking")
        made = replace(made, tracking=(*others, tracking))
    return changed(tx, caller.tenant_id, order, made, caller.actor, {"event": event})


def changed(tx: Transaction, tenant_id: str, before: Order, after: Order, actor: Actor, data: dict[str, Any]) -> Order:
    """Keeps the next version and tells the order's conversation."""
    made = replace(after, version=before.version + 1, updated_at=rfc3339(tx.now_us))
    orders.keep(tx, tenant_id, made)
    if made.conversation_id is not None:
        moved = {
            name: {"from": getattr(before, name), "to": getattr(made, name)}
            for name in ("financial_status", "fulfillment_status")
            if getattr(before, name) != getattr(made, name)
        }
        entry = {"order": orders.shown(made), "changed": moved, **data}
        timeline.append(tx, tenant_id, made.conversation_id, "order.status_changed", actor, entry)
    return made


def seen(tx: Transaction, order: Order, tenant_id: str, op_id: str, what: list[Any]) -> bool:
    """Whether this was done before; it counts as done from now on. Conflict `op_id_reused` where the id was used for something else."""
    digest = hashlib.sha256(json.dumps(what).encode()).hexdigest()
    row = tx.first(
        select(order_events.c.digest).where(
            order_events.c.tenant_id == tenant_id, order_events.c.order_id == order.id, order_events.c.op_id == op_id
        )
    )
    if row is not None:
        if row.digest != digest:
            raise Conflict("This op_id was used for something else.", code="op_id_reused", pointer="/op_id")
        return True
    tx.execute(insert(order_events).values(tenant_id=tenant_id, order_id=order.id, op_id=op_id, digest=digest, at_us=tx.now_us))
    return False


def _locked(tx: Transaction, tenant_id: str, order_id: str) -> tuple[Row[Any], Order]:
    row = orders.find(tx, tenant_id, order_id, lock=True)
    if row is None:
        raise NotFound("There is no such order.")
    return row, orders.opened(tx, row)


def _tell_shop(tx: Transaction, tenant_id: str, row: Row[Any], op_id: str, kind: errands.Kind, amount: Money, reference: str) -> None:
    if connected(tx, tenant_id)[0] != EMBEDDED:
        body = {"ref": row.ref, "amount": amount.amount, "currency": amount.currency, "reference": reference}
        errands.add(tx, tenant_id, op_id, kind, row.id, body, at_once=True)
