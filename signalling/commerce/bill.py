"""Orders as payments see them: implements `payable.Ledger` by the works of orders.

What is paid for is an order: by then the stock is reserved and the shop has agreed to the total. A cart is paid for by its order. Money
that an order has no place for (it was refunded meanwhile) stays on the payment and is said to the staff, who give it back.
"""

from sqlalchemy import select

from mediaserver.errors import Conflict, NotFound
from signalling.commerce import order_events
from signalling.commerce import orders as order_works
from signalling.commerce.money import Money
from signalling.commerce.order import Order
from signalling.commerce.payable import Due
from signalling.conversation import conversation, timeline
from signalling.conversation.timeline import SYSTEM
from signalling.identity.caller import Caller
from signalling.store import Transaction
from signalling.store.tables.commerce import orders


class Bill:
    """See the module."""

    def due(self, tx: Transaction, caller: Caller, conversation_id: str, *, cart_id: str | None, order_id: str | None) -> Due:
        """See `Ledger`."""
        held = conversation.require(tx, caller, conversation_id)
        if order_id is None:
            order_id = tx.execute(select(orders.c.id).where(orders.c.tenant_id == caller.tenant_id, orders.c.cart_id == cart_id)).scalar()
            if order_id is None:
                raise Conflict("Place the order first: then its stock is reserved and its total agreed.", code="order_first")
        order = order_works.opened(tx, order_works.require(tx, caller, order_id))
        if order.customer_id != held.customer_id:
            raise NotFound("There is no such order.")
        if order.fulfillment_status == "cancelled":
            raise Conflict("The order was cancelled.", code="order_state")
        return Due(order.totals.total - order.paid, f"Order {order.number}", _lines(order), order.cart_id, order.id)

    def paid(self, tx: Transaction, tenant_id: str, due: Due, payment_id: str, conversation_id: str, reference: str) -> None:
        """See `Ledger`."""
        if due.order_id is None:
            return
        try:
            order_events.paid(tx, tenant_id, due.order_id, payment_id, due.total, reference)
        except Conflict:
            data = {"payment_id": payment_id, "order_id": due.order_id, "reason": "order_state"}
            timeline.append(tx, tenant_id, conversation_id, "payment.mismatch", SYSTEM, data, visibility="staff")

    def failed(self, tx: Transaction, tenant_id: str, due: Due, payment_id: str, conversation_id: str) -> None:
        """See `Ledger`."""
        if due.order_id is not None:
            order_events.payment_failed(tx, tenant_id, due.order_id, f"{payment_id}/failed", "payment")

    def refunded(self, tx: Transaction, tenant_id: str, due: Due, refund_id: str, conversation_id: str, amount: Money) -> None:
        """See `Ledger`."""
        if due.order_id is not None:
            order_events.refunded(tx, tenant_id, due.order_id, refund_id, amount, refund_id)


def _lines(order: Order) -> tuple[tuple[str, Money], ...]:
    lines = [(f"{line.quantity} x {line.title}", line.total) for line in order.lines]
    if order.shipping is not None:
        lines.append((order.shipping.title, order.totals.shipping))
    return tuple(lines)
