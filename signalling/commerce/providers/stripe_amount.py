"""Amounts as Stripe counts them, which is not everywhere as ISO 4217 does.

For `stripe`. Stripe, "Supported currencies": zero-decimal currencies, three-decimal currencies and special cases. Invariants:
`minor_units(stripe_units(amount, currency), currency) == amount`; nothing is ever rounded: an amount that Stripe cannot express exactly is
refused before it is asked.
"""

from typing import Final

from signalling.commerce.currencies import EXPONENTS
from signalling.commerce.providers.provider import ProviderRefused

# Whose amounts have no decimals at Stripe. The ariary is here although ISO 4217 gives it two.
ZERO_DECIMAL: Final = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
# Three decimals, of which the last must be 0, for the card networks' sake.
THREE_DECIMAL: Final = frozenset("BHD JOD KWD OMR TND".split())
# Without decimals by ISO 4217; Stripe went on with two, which must be 00.
TWO_DECIMAL_OF_ZERO: Final = frozenset({"ISK", "UGX"})
# Stripe: "a maximum of eight digits" (99999999) for an amount, except where more are documented for one currency.
UNITS_MOST: Final = 99_999_999
UNITS_MOST_OF: Final = {"IDR": 999_999_999_999}


def stripe_exponent(currency: str) -> int:
    """How many decimals Stripe's amounts have. ProviderRefused for a currency whose decimals we do not know there."""
    if currency in ZERO_DECIMAL:
        return 0
    if currency in THREE_DECIMAL:
        return 3
    if currency in TWO_DECIMAL_OF_ZERO or EXPONENTS.get(currency) == 2:
        return 2
    raise ProviderRefused("currency_unsupported")


def stripe_units(amount: int, currency: str) -> int:
    """`amount`, in ISO 4217's minor units, as Stripe wants it. ProviderRefused where it cannot be said exactly."""
    exponent = stripe_exponent(currency)
    units, rest = divmod(amount * _power(exponent), _power(EXPONENTS[currency]))
    if rest or (currency in THREE_DECIMAL and units % 10):
        raise ProviderRefused("amount_inexact")
    if not 0 <= units <= UNITS_MOST_OF.get(currency, UNITS_MOST):
        raise ProviderRefused("amount_too_large")
    return units


def minor_units(units: int, currency: str) -> int | None:
    """The other way. None for what is no whole minor unit, or a currency that is none."""
    try:
        amount, rest = divmod(units * _power(EXPONENTS.get(currency, 0)), _power(stripe_exponent(currency)))
    except ProviderRefused:
        return None
    return None if rest else amount


def _power(exponent: int) -> int:
    return int(10**exponent)
