"""What an order and a return become: tables of (status, event), no I/O, no clock. For `orders`, which applies them to rows.

    money:  pending -> partially_paid -> paid -> partially_refunded -> refunded        pending -> voided
    goods:  unfulfilled -> in_progress -> shipped -> delivered -> returned             unfulfilled, in_progress -> cancelled
    return: requested -> approved -> received -> closed                                requested -> rejected, withdrawn

Invariants: an event that a table does not name for a status is refused (Conflict `order_state`) and changes nothing. What happens to money
is never refused, as it has happened; money that has arrived is never forgotten (a late failure leaves `paid`, a payment after cancelling
makes `voided` into `paid`, to be refunded).
"""

from collections.abc import Mapping
from typing import Final, Literal, TypeVar

from mediaserver.errors import Conflict

Financial = Literal["pending", "partially_paid", "paid", "partially_refunded", "refunded", "voided"]
FinancialEvent = Literal["part_paid", "all_paid", "payment_failed", "part_refunded", "all_refunded", "cancelled"]

FINANCIAL: Final[Mapping[Financial, Mapping[FinancialEvent, Financial]]] = {
    "pending": {
        "part_paid": "partially_paid",
        "all_paid": "paid",
        "payment_failed": "pending",
        "part_refunded": "pending",
        "all_refunded": "pending",
        "cancelled": "voided",
    },
    "partially_paid": {
        "part_paid": "partially_paid",
        "all_paid": "paid",
        "payment_failed": "partially_paid",
        "part_refunded": "partially_refunded",
        "all_refunded": "refunded",
        "cancelled": "partially_paid",  # what came in is still to be refunded
    },
    "paid": {
        "part_paid": "paid",
        "all_paid": "paid",
        "payment_failed": "paid",
        "part_refunded": "partially_refunded",
        "all_refunded": "refunded",
        "cancelled": "paid",
    },
    "partially_refunded": {
        "part_paid": "partially_refunded",
        "all_paid": "partially_refunded",
        "payment_failed": "partially_refunded",
        "part_refunded": "partially_refunded",
        "all_refunded": "refunded",
        "cancelled": "partially_refunded",
    },
    "refunded": {
        "part_paid": "partially_refunded",
        "all_paid": "partially_refunded",
        "payment_failed": "refunded",
        "part_refunded": "refunded",
        "all_refunded": "refunded",
        "cancelled": "refunded",
    },
    "voided": {
        "part_paid": "partially_paid",
        "all_paid": "paid",
        "payment_failed": "voided",
        "part_refunded": "voided",
        "all_refunded": "voided",
        "cancelled": "voided",
    },
}

Fulfillment = Literal["unfulfilled", "in_progress", "shipped", "delivered", "returned", "cancelled"]
FulfillmentEvent = Literal["started", "shipped", "tracked", "delivered", "returned", "cancelled"]

FULFILLMENT: Final[Mapping[Fulfillment, Mapping[FulfillmentEvent, Fulfillment]]] = {
    "unfulfilled": {"started": "in_progress", "shipped": "shipped", "tracked": "in_progress", "cancelled": "cancelled"},
    "in_progress": {"shipped": "shipped", "tracked": "in_progress", "cancelled": "cancelled"},
    "shipped": {"tracked": "shipped", "delivered": "delivered", "returned": "returned"},
    "delivered": {"returned": "returned"},
    "returned": {},
    "cancelled": {},
}

Return = Literal["requested", "approved", "received", "closed", "rejected", "withdrawn"]
ReturnEvent = Literal["approved", "rejected", "withdrawn", "received", "closed"]

RETURN: Final[Mapping[Return, Mapping[ReturnEvent, Return]]] = {
    "requested": {"approved": "approved", "rejected": "rejected", "withdrawn": "withdrawn"},
    "approved": {"received": "received", "withdrawn": "withdrawn"},
    "received": {"closed": "closed"},
    "closed": {},
    "rejected": {},
    "withdrawn": {},
}
# Returns whose pieces cannot be asked for again.
LIVE_RETURNS: Final[frozenset[Return]] = frozenset({"requested", "approved", "received", "closed"})
# Goods can only come back from where they have gone.
RETURNABLE: Final[frozenset[Fulfillment]] = frozenset({"shipped", "delivered"})

S = TypeVar("S", bound=str)
E = TypeVar("E", bound=str)


def following(table: Mapping[S, Mapping[E, S]], status: S, event: E) -> S:
    """The status after the event. Conflict `order_state` where it cannot happen now."""
    after = table[status].get(event)
    if after is None:
        raise Conflict(f"This cannot be {event.replace('_', ' ')}: it is {status.replace('_', ' ')}.", code="order_state")
    return after
