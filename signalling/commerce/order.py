"""An order as callers see it: what a cart became, and what has happened to it since. Data only; kept by `orders`."""

from dataclasses import dataclass
from typing import Final

from signalling.commerce.cart import Author, Line
from signalling.commerce.money import Money
from signalling.commerce.offer import CodeState, DeliveryOption, Destination, Totals
from signalling.commerce.order_status import Financial, Fulfillment, Return
from signalling.commerce.shop import Address

# Parcels of one order.
TRACKING_MOST: Final = 20


@dataclass(frozen=True, slots=True)
class Tracking:
    """One parcel on its way."""

    carrier: str
    number: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """Shape of the interface: the cart's, and what an order adds. `paid`, `refunded`: so far. `placed_by`: whoever did it."""

    id: str
    number: str
    version: int
    cart_id: str
    conversation_id: str | None
    customer_id: str | None
    currency: str
    locale: str
    lines: tuple[Line, ...]
    discount_codes: tuple[CodeState, ...]
    shipping: DeliveryOption | None
    totals: Totals
    taxes_included: bool
    destination: Destination | None
    address: Address | None
    note: str
    financial_status: Financial
    fulfillment_status: Fulfillment
    paid: Money
    refunded: Money
    tracking: tuple[Tracking, ...]
    cancel_reason: str | None
    placed_by: Author
    placed_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class Returned:
    """How many pieces of a line go back."""

    line_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class OrderReturn:
    """A return, from the customer's wish to the shop's last word."""

    id: str
    order_id: str
    status: Return
    lines: tuple[Returned, ...]
    reason: str
    created_at: str
    updated_at: str
