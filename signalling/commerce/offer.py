"""What a shop tells: products, prices, stock, delivery, and what a cart costs. Every fact says who told it and when.

For `shop` (whose adapters make these), `cart`, `order` and whoever shows products. Data only; `Quote.check` is the one rule in it.

Invariants: all amounts of one quote are in one currency; `at` is when the shop told it (RFC 3339), `source` the shop's name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from signalling.commerce.money import Money, total

Availability = Literal["in_stock", "low", "out_of_stock"]
Sort = Literal["relevance", "price", "-price", "title"]


@dataclass(frozen=True, slots=True)
class Price:
    """Of one piece. `tax_included`: as in the EU; otherwise tax comes on top."""

    money: Money
    tax_included: bool
    source: str
    at: str
    compare_at: Money | None = None  # what it cost before


@dataclass(frozen=True, slots=True)
class Stock:
    """How many there are to sell; None where the shop does not say."""

    status: Availability
    available: int | None
    source: str
    at: str


@dataclass(frozen=True, slots=True)
class Variant:
    """What is put into a cart: one size, one colour."""

    id: str
    sku: str
    title: str
    price: Price
    stock: Stock
    attributes: Mapping[str, str] = field(default_factory=dict)
    image_url: str | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """What is looked for. At least one variant."""

    id: str
    title: str
    description: str
    category: str
    variants: tuple[Variant, ...]
    brand: str = ""
    image_url: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for; every bound holds at once. Prices are compared with the cheapest variant."""

    text: str = ""
    category: str | None = None
    price_least: int | None = None  # minor units of `currency`
    price_most: int | None = None
    in_stock: bool = False
    sort: Sort = "relevance"
    currency: str = "EUR"
    locale: str = "en"
    limit: int = 50
    cursor: str | None = None  # the previous page's, opaque


@dataclass(frozen=True, slots=True)
class Found:
    """A page of products."""

    products: tuple[Product, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """Where to: ISO 3166-1 alpha-2 country and a postcode, as much as a price of delivery needs."""

    country: str
    postcode: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryOption:
    """One way to get it there. Days are working days from the order."""

    id: str
    title: str
    price: Money
    days_least: int
    days_most: int
    source: str
    at: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line to be priced. `line_id` is ours; the shop gives it back."""

    line_id: str
    variant_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A cart as a shop needs it to tell its price. Equal drafts ask the same thing."""

    currency: str
    locale: str
    customer_id: str | None
    lines: tuple[Wanted, ...]
    discount_codes: tuple[str, ...] = ()
    selected_shipping: str | None = None
    destination: Destination | None = None


@dataclass(frozen=True, slots=True)
class PricedLine:
    """One line with its price. total = unit_price * quantity - discount_total, and + tax_total where tax is not included."""

    line_id: str
    product_id: str
    variant_id: str
    sku: str
    title: str
    quantity: int
    unit_price: Money
    discount_total: Money
    tax_total: Money
    total: Money
    image_url: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    available: int | None = None  # in stock when this was priced; None: not told


@dataclass(frozen=True, slots=True)
class CodeState:
    """Whether a discount code counts for this very cart, and where not, why (a word for programs)."""

    code: str
    applicable: bool
    reason: str | None = None  # unknown | expired | not_started | minimum | used | not_combinable | currency


@dataclass(frozen=True, slots=True)
class Totals:
    """total = subtotal - discount + shipping, and + tax where tax is not included in prices."""

    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money


@dataclass(frozen=True, slots=True)
class Quote:
    """What a draft costs. `gone`: lines whose variant is not sold any more; they are in no other field.

    `selected_shipping` is None where the draft chose an option that there is not (any more).
    """

    lines: tuple[PricedLine, ...]
    totals: Totals
    taxes_included: bool
    source: str
    at: str
    discount_codes: tuple[CodeState, ...] = ()
    shipping_options: tuple[DeliveryOption, ...] = ()
    selected_shipping: str | None = None
    gone: tuple[str, ...] = ()

    def faults(self, draft: Draft) -> list[str]:
        """Where this is no answer to `draft` or contradicts itself; empty for a good quote."""
        asked = {line.line_id: line for line in draft.lines}
        told = [line.line_id for line in self.lines]
        amounts = [self.totals.subtotal, self.totals.discount, self.totals.shipping, self.totals.tax, self.totals.total]
        for line in self.lines:
            amounts += [line.unit_price, line.discount_total, line.tax_total, line.total]
        amounts += [option.price for option in self.shipping_options]
        if any(amount.currency != draft.currency for amount in amounts):
            return ["another currency than was asked for"]
        found = []
        if any(amount.amount < 0 for amount in amounts):
            found.append("an amount below zero")
        if sorted([*told, *self.gone]) != sorted(asked):
            found.append("not the lines that were asked for")
        for line in self.lines:
            wanted = asked.get(line.line_id)
            if wanted is not None and (line.variant_id, line.quantity) != (wanted.variant_id, wanted.quantity):
                found.append("a line has another variant or quantity")
            on_top = 0 if self.taxes_included else line.tax_total.amount
            if line.total.amount != line.unit_price.amount * line.quantity - line.discount_total.amount + on_top:
                found.append("a line's total is not its parts'")
        currency, totals = draft.currency, self.totals
        if totals.subtotal != total((line.unit_price * line.quantity for line in self.lines), currency):
            found.append("the subtotal is not the lines'")
        if totals.discount != total((line.discount_total for line in self.lines), currency):
            found.append("the discount is not the lines'")
        if totals.tax < total((line.tax_total for line in self.lines), currency):
            found.append("less tax than the lines'")
        on_top = 0 if self.taxes_included else totals.tax.amount
        if totals.total.amount != totals.subtotal.amount - totals.discount.amount + totals.shipping.amount + on_top:
            found.append("the total is not its parts'")
        if sorted(state.code for state in self.discount_codes) != sorted(draft.discount_codes):
            found.append("not the discount codes that were asked for")
        if self.selected_shipping not in {None, *(option.id for option in self.shipping_options)}:
            found.append("a shipping option that is not offered is selected")
        if self.selected_shipping not in {None, draft.selected_shipping}:
            found.append("another shipping option than was asked for")
        return found
