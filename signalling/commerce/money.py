"""Money: whole minor units of one ISO 4217 currency. Never a float, never a fraction of a cent.

For everything that has a price. Rules, which every sum of a cart follows:

- A share or percentage of an amount is rounded half away from zero (0.5 cent up, -0.5 cent down), once per line.
- What is spread over lines (a discount, a tax) is spread by largest remainder, so that the parts always make the whole.

Invariants: `abs(amount) <= AMOUNT_MOST`; two currencies never meet in one operation.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from mediaserver.errors import LocalError, Unprocessable
from signalling.commerce.currencies import EXPONENTS

# The largest whole number that every JSON reader keeps exactly (RFC 8259 section 6); 90 trillion in cents.
AMOUNT_MOST: Final = 2**53 - 1

_DECIMAL = re.compile(r"(-?)([0-9]{1,17})(?:\.([0-9]{1,4}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units: `Money(5900, "EUR")` is 59.00 EUR, `Money(5900, "JPY")` 5900 JPY."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in EXPONENTS:
            raise Unprocessable("This is no currency that prices can be in (ISO 4217).", code="currency_unknown")
        if not -AMOUNT_MOST <= self.amount <= AMOUNT_MOST:
            raise Unprocessable("An amount is beyond what can be computed with.", code="amount_too_large")

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same(other), self.currency)

    def __mul__(self, count: int) -> "Money":
        return Money(self.amount * count, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.amount <= self._same(other)

    def __str__(self) -> str:
        return f"{decimal(self)} {self.currency}"

    def portion(self, numerator: int, denominator: int) -> "Money":
        """This times numerator / denominator, rounded half away from zero."""
        return Money(portion(self.amount, numerator, denominator), self.currency)

    def allocate(self, weights: Sequence[int]) -> list["Money"]:
        """This in as many parts as there are weights, in their proportion; the parts make the whole. See `allocate`."""
        return [Money(part, self.currency) for part in allocate(self.amount, weights)]

    def _same(self, other: "Money") -> int:
        if self.currency != other.currency:
            raise LocalError(f"{self.currency} and {other.currency} do not mix")
        return other.amount


def zero(currency: str) -> Money:
    """Nothing, in this currency."""
    return Money(0, currency)


def total(amounts: Iterable[Money], currency: str) -> Money:
    """Their sum; `currency` says what nothing at all is."""
    made = zero(currency)
    for each in amounts:
        made += each
    return made


def portion(amount: int, numerator: int, denominator: int) -> int:
    """amount * numerator / denominator, rounded half away from zero; `denominator` > 0."""
    if denominator <= 0:
        raise LocalError("a portion needs a denominator above zero")
    product = amount * numerator
    rounded = (2 * abs(product) + denominator) // (2 * denominator)
    return rounded if product >= 0 else -rounded


def allocate(amount: int, weights: Sequence[int]) -> list[int]:
    """Splits by largest remainder (Hamilton): each part is its share rounded towards zero, and the units left over go one each to the
    largest remainders, to the earlier of equal ones. No part is a whole unit away from its exact share. Weights >= 0; where all are 0,
    as if all were 1. LocalError for no weights or a negative one.
    """
    if not weights or min(weights) < 0:
        raise LocalError("an amount is spread over one weight or more, none below zero")
    whole = sum(weights)
    if whole == 0:
        weights, whole = [1] * len(weights), len(weights)
    size, sign = abs(amount), 1 if amount >= 0 else -1
    shares = [divmod(size * weight, whole) for weight in weights]
    parts = [share for share, _ in shares]
    left = size - sum(parts)
    for index in sorted(range(len(weights)), key=lambda index: -shares[index][1])[:left]:
        parts[index] += 1
    return [sign * part for part in parts]


def decimal(money: Money) -> str:
    """The amount with the currency's own number of decimals, a point before them: `59.00`, `5900`, `5.900`."""
    exponent = EXPONENTS[money.currency]
    digits = str(abs(money.amount)).rjust(exponent + 1, "0")
    sign = "-" if money.amount < 0 else ""
    return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}" if exponent else sign + digits


def parse(text: str, currency: str) -> Money:
    """What `decimal` writes, and fewer decimals than the currency has. Unprocessable for anything else: more decimals are no money."""
    exponent = EXPONENTS.get(currency)
    if exponent is None:
        raise Unprocessable("This is no currency that prices can be in (ISO 4217).", code="currency_unknown")
    found = _DECIMAL.fullmatch(text)
    if found is None or len(found[3] or "") > exponent:
        raise Unprocessable(f"An amount in {currency} has at most {exponent} decimals.", code="amount_invalid")
    amount = int(found[2]) * 10**exponent + int((found[3] or "").ljust(exponent, "0") or "0")
    return Money(-amount if found[1] else amount, currency)
