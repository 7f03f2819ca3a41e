"""What becomes of orders and returns: every event in every status."""

from typing import get_args

import pytest

from mediaserver.errors import Conflict
from signalling.commerce.order_status import (
    FINANCIAL,
    FULFILLMENT,
    RETURN,
    Financial,
    FinancialEvent,
    Fulfillment,
    FulfillmentEvent,
    Return,
    ReturnEvent,
    following,
)

# What is expected, written down apart from the tables: (status, event) -> status; everything else is refused.
GOODS = {
    ("unfulfilled", "started"): "in_progress",
    ("unfulfilled", "shipped"): "shipped",
    ("unfulfilled", "tracked"): "in_progress",
    ("unfulfilled", "cancelled"): "cancelled",
    ("in_progress", "shipped"): "shipped",
    ("in_progress", "tracked"): "in_progress",
    ("in_progress", "cancelled"): "cancelled",
    ("shipped", "tracked"): "shipped",
    ("shipped", "delivered"): "delivered",
    ("shipped", "returned"): "returned",
    ("delivered", "returned"): "returned",
}
RETURNS = {
    ("requested", "approved"): "approved",
    ("requested", "rejected"): "rejected",
    ("requested", "withdrawn"): "withdrawn",
    ("approved", "received"): "received",
    ("approved", "withdrawn"): "withdrawn",
    ("received", "closed"): "closed",
}


@pytest.mark.parametrize("status", get_args(Fulfillment))
@pytest.mark.parametrize("event", get_args(FulfillmentEvent))
def test_goods(status: str, event: str) -> None:
    if (status, event) in GOODS:
        assert following(FULFILLMENT, status, event) == GOODS[status, event]
    else:
        with pytest.raises(Conflict) as refused:
            following(FULFILLMENT, status, event)
        assert refused.value.code == "order_state"


@pytest.mark.parametrize("status", get_args(Return))
@pytest.mark.parametrize("event", get_args(ReturnEvent))
def test_returns(status: str, event: str) -> None:
    if (status, event) in RETURNS:
        assert following(RETURN, status, event) == RETURNS[status, event]
    else:
        with pytest.raises(Conflict):
            following(RETURN, status, event)


@pytest.mark.parametrize("status", get_args(Financial))
@pytest.mark.parametrize("event", get_args(FinancialEvent))
def test_what_happened_to_money_is_never_refused(status: str, event: str) -> None:
    after = following(FINANCIAL, status, event)
    if event == "payment_failed":
        assert after == status
    if event == "all_paid":
        assert after == ("paid" if status in ("pending", "partially_paid", "paid", "voided") else "partially_refunded")
    if event == "cancelled":
        assert after == ("voided" if status in ("pending", "voided") else status)
    if event == "all_refunded":
        assert after == (status if status in ("pending", "voided") else "refunded")
    if event == "part_paid":
        assert after == {"pending": "partially_paid", "voided": "partially_paid", "refunded": "partially_refunded"}.get(status, status)
    if event == "part_refunded":
        assert after == (status if status in ("pending", "voided", "refunded") else "partially_refunded")
