"""A cart: what was chosen, and what a shop's quote makes of it. Data and pure functions; kept by `carts`, changed by `cart_change`.

`Contents` is what people decide; everything else in a `Cart` (titles, prices, totals, delivery options, whether a code counts) follows from
it by the shop's quote. No amount in a cart ever comes from a client. One line for each variant: adding it again raises its quantity.

Invariants: `version` rises by one with every change; what a line costs is in the cart's currency; lines, quantities and codes are bounded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from signalling.commerce.money import Money
from signalling.commerce.offer import CodeState, DeliveryOption, Destination, Draft, Quote, Totals, Wanted
from signalling.conversation.timeline import Actor, ActorKind

# The largest real baskets (offices, weekly groceries) have some 60 lines; each costs pricing and place in every entry.
LINES_MOST: Final = 100
QUANTITY_MOST: Final = 999
# More than a few are somebody trying codes out.
CODES_MOST: Final = 5

Step = Literal["cart", "address", "shipping", "payment", "review", "done"]
# open: changes. placing: an order is on its way to a remote shop. ordered, abandoned: for good.
Status = Literal["open", "placing", "ordered", "abandoned"]
# Steps at which the customer decides on a total they have seen: nothing that changes it may slip in unseen.
DECIDING: Final = frozenset({"payment", "review"})


@dataclass(frozen=True, slots=True)
class Author:
    """Whose idea a line was. `accepted_by`: the customer, where a rep suggested it."""

    kind: ActorKind
    id: str
    name: str = ""
    accepted_by: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One variant in a cart, priced. Shape of the interface."""

    id: str
    product_id: str
    variant_id: str
    sku: str
    title: str
    quantity: int
    unit_price: Money
    discount_total: Money
    tax_total: Money
    total: Money
    image_url: str | None
    attributes: Mapping[str, str]
    added_by: Author


@dataclass(frozen=True, slots=True)
class Cart:
    """Shape of the interface; besides, `destination` (what delivery and tax are priced for) and `taxes_included` (how totals add up)."""

    id: str
    version: int
    currency: str
    locale: str
    customer_id: str | None
    lines: tuple[Line, ...]
    discount_codes: tuple[CodeState, ...]
    shipping_options: tuple[DeliveryOption, ...]
    selected_shipping: str | None
    totals: Totals
    taxes_included: bool
    destination: Destination | None
    checkout_url: str | None
    checkout_step: Step
    status: Status
    updated_at: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """One line before it is priced."""

    id: str
    variant_id: str
    quantity: int
    added_by: Author


@dataclass(frozen=True, slots=True)
class Contents:
    """What was chosen. `shipping`: the option that is wished for; the shop may not offer it at the moment."""

    lines: tuple[Chosen, ...] = ()
    codes: tuple[str, ...] = ()
    shipping: str | None = None
    destination: Destination | None = None
    step: Step = "cart"


@dataclass(frozen=True, slots=True)
class Frame:
    """What of a cart no operation changes, but its version, status and time."""

    id: str
    version: int
    currency: str
    locale: str
    customer_id: str | None
    checkout_url: str | None
    status: Status
    updated_at: str


def draft(frame: Frame, contents: Contents) -> Draft:
    """What a shop is asked the price of."""
    return Draft(
        currency=frame.currency,
        locale=frame.locale,
        customer_id=frame.customer_id,
        lines=tuple(Wanted(line.id, line.variant_id, line.quantity) for line in contents.lines),
        discount_codes=contents.codes,
        selected_shipping=contents.shipping,
        destination=contents.destination,
    )


def priced(frame: Frame, contents: Contents, quote: Quote) -> Cart:
    """The cart as callers see it. Lines keep the order of the contents; those that are gone from the shop are left out."""
    by_line = {line.line_id: line for line in quote.lines}
    lines = []
    for chosen in contents.lines:
        line = by_line.get(chosen.id)
        if line is not None:
            lines.append(
                Line(
                    id=chosen.id,
                    product_id=line.product_id,
                    variant_id=line.variant_id,
                    sku=line.sku,
                    title=line.title,
                    quantity=line.quantity,
                    unit_price=line.unit_price,
                    discount_total=line.discount_total,
                    tax_total=line.tax_total,
                    total=line.total,
                    image_url=line.image_url,
                    attributes=line.attributes,
                    added_by=chosen.added_by,
                )
            )
    return Cart(
        id=frame.id,
        version=frame.version,
        currency=frame.currency,
        locale=frame.locale,
        customer_id=frame.customer_id,
        lines=tuple(lines),
        discount_codes=quote.discount_codes,
        shipping_options=quote.shipping_options,
        selected_shipping=quote.selected_shipping,
        totals=quote.totals,
        taxes_included=quote.taxes_included,
        destination=contents.destination,
        checkout_url=frame.checkout_url,
        checkout_step=contents.step,
        status=frame.status,
        updated_at=frame.updated_at,
    )


def contents(cart: Cart, wished_shipping: str | None) -> Contents:
    """The other way: what was chosen in this cart."""
    return Contents(
        lines=tuple(Chosen(line.id, line.variant_id, line.quantity, line.added_by) for line in cart.lines),
        codes=tuple(state.code for state in cart.discount_codes),
        shipping=wished_shipping,
        destination=cart.destination,
        step=cart.checkout_step,
    )


def frame(cart: Cart) -> Frame:
    """What no operation changes."""
    return Frame(
        id=cart.id,
        version=cart.version,
        currency=cart.currency,
        locale=cart.locale,
        customer_id=cart.customer_id,
        checkout_url=cart.checkout_url,
        status=cart.status,
        updated_at=cart.updated_at,
    )


def author(actor: Actor, accepted_by: str | None = None) -> Author:
    """An actor as lines name them."""
    return Author(actor.kind, actor.id, actor.name, accepted_by)
