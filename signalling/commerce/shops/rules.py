"""The embedded shop's rules as data: currencies, taxes, delivery, discounts. Read from the store, used by `pricing`.

Amounts by currency are minor units: `{"EUR": 490, "BRL": 2900}`. Rates are basis points: 1900 is 19 %. Texts are by language, English
always among them: `{"en": ..., "de": ...}`.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import TypeAdapter

Amounts = Mapping[str, int]
Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Remote:
    """Where delivery is harder: country and postcode begin with one of these, such as `DE25980` or `PT9`."""

    prefixes: tuple[str, ...]
    surcharge: Amounts
    extra_days: int


@dataclass(frozen=True, slots=True)
class DeliveryRule:
    """One way to bring goods to some countries. `steps`: up to so many grams, this price; heavier than the last is not carried."""

    id: str
    title: Texts
    countries: tuple[str, ...]
    days_least: int
    days_most: int
    steps: tuple[tuple[int, Amounts], ...]
    free_from: Amounts = field(default_factory=dict)  # of what the goods cost after discounts
    remote: Remote | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """A shop's."""

    name: str
    home: str  # country whose taxes hold while nobody has said where to
    currencies: tuple[str, ...]
    taxes_included: bool
    taxes: Mapping[str, Mapping[str, int]]  # country -> class -> rate
    delivery: tuple[DeliveryRule, ...]
    low_stock: int  # so many or fewer are `low`
    number_prefix: str = ""


@dataclass(frozen=True, slots=True)
class Discount:
    """A discount code. `starts_us`, `ends_us`: Unix time in microseconds, the end not included."""

    code: str
    kind: Literal["percentage", "fixed", "free_shipping"]
    rate: int = 0  # of a percentage
    amounts: Amounts = field(default_factory=dict)  # of a fixed one
    least: Amounts = field(default_factory=dict)  # the goods must cost so much
    categories: tuple[str, ...] = ()  # counts for these alone; none: for all
    starts_us: int | None = None
    ends_us: int | None = None
    once_per_customer: bool = False


@dataclass(frozen=True, slots=True)
class Article:
    """A variant as the shop keeps it; `available` pieces are there to sell."""

    id: str
    product_id: str
    sku: str
    title: Texts  # product's and variant's, as a cart shows it
    category: str
    prices: Amounts
    tax_class: str
    grams: int
    attributes: Mapping[str, str]
    image_url: str | None
    available: int
    compare_at: Amounts = field(default_factory=dict)


def said(texts: Texts, locale: str) -> str:
    """In this language, or the nearest there is: `de-AT` takes `de`, anything else English."""
    return texts.get(locale) or texts.get(locale.partition("-")[0].lower()) or texts["en"]


@functools.cache
def rules_json() -> TypeAdapter[Rules]:
    """Reads and writes `Rules`."""
    return TypeAdapter(Rules)


# What is read at every price, and changes rarely: kept by its content.
@functools.lru_cache(maxsize=256)
def rules(body: str) -> Rules:
    """From JSON."""
    return rules_json().validate_json(body)


@functools.lru_cache(maxsize=4096)
def discount(body: str) -> Discount:
    """From JSON."""
    return discount_json().validate_json(body)


@functools.cache
def discount_json() -> TypeAdapter[Discount]:
    """Reads and writes `Discount`."""
    return TypeAdapter(Discount)
