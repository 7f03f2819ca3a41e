"""Money: exact, bounded, and sums of parts that are the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaserver.errors import LocalError, Unprocessable
from signalling.commerce.currencies import EXPONENTS, WITHOUT_MINOR_UNIT
from signalling.commerce.money import AMOUNT_MOST, Money, allocate, decimal, parse, portion, total

amounts = st.integers(-AMOUNT_MOST, AMOUNT_MOST)
moneys = st.builds(Money, amounts, st.sampled_from(sorted(EXPONENTS)))
weights = st.lists(st.integers(0, 10**12), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("code", "exponent"), [("EUR", 2), ("BRL", 2), ("JPY", 0), ("ISK", 0), ("UYI", 0), ("KWD", 3), ("TND", 3), ("CLF", 4), ("UYW", 4)]
)
def test_a_currency_has_the_decimals_of_the_standard(code: str, exponent: int) -> None:
    assert EXPONENTS[code] == exponent


def test_every_currency_of_the_list_is_there_once() -> None:
    assert len(EXPONENTS) == 17 + 139 + 7 + 2
    assert not WITHOUT_MINOR_UNIT & set(EXPONENTS)


@pytest.mark.parametrize(
    ("amount", "numerator", "denominator", "rounded"),
    [(1, 1, 2, 1), (-1, 1, 2, -1), (3, 1, 2, 2), (-3, 1, 2, -2), (1, 1, 3, 0), (2, 1, 3, 1), (5900, 19, 119, 942), (0, 7, 9, 0)],
)
def test_a_portion_is_rounded_half_away_from_zero(amount: int, numerator: int, denominator: int, rounded: int) -> None:
    assert portion(amount, numerator, denominator) == rounded


@given(amounts, st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_portion_is_within_half_a_unit_and_the_same_on_both_sides_of_zero(amount: int, numerator: int, denominator: int) -> None:
    rounded = portion(amount, numerator, denominator)
    assert 2 * abs(rounded * denominator - amount * numerator) <= denominator
    assert rounded == -portion(-amount, numerator, denominator)


@given(amounts, weights)
def test_parts_make_the_whole_and_are_less_than_a_unit_off(amount: int, weights: list[int]) -> None:
    parts = allocate(amount, weights)
    assert sum(parts) == amount
    whole = sum(weights)
    if whole:
        assert all(abs(part * whole - amount * weight) < whole for part, weight in zip(parts, weights, strict=True))
    assert all(part * amount >= 0 for part in parts)


def test_leftover_units_go_to_the_largest_remainders_then_to_the_earlier() -> None:
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert allocate(10, [6, 1, 3, 0]) == [6, 1, 3, 0]
    assert allocate(5, [1, 8, 1]) == [1, 4, 0]
    assert allocate(-100, [1, 1, 1]) == [-34, -33, -33]
    assert allocate(3, [0, 0]) == [2, 1]


@given(moneys)
def test_what_is_written_is_read_back(money: Money) -> None:
    assert parse(decimal(money), money.currency) == money


@pytest.mark.parametrize(
    ("text", "currency", "amount"), [("59", "EUR", 5900), ("59.5", "EUR", 5950), ("-0.05", "EUR", -5), ("5.9", "KWD", 5900)]
)
def test_fewer_decimals_are_understood(text: str, currency: str, amount: int) -> None:
    assert parse(text, currency) == Money(amount, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("59.001", "EUR"),
        ("5.9", "JPY"),
        ("1e3", "EUR"),
        ("", "EUR"),
        (" 1", "EUR"),
        ("1\n", "EUR"),
        ("٣", "EUR"),
        ("nan", "EUR"),
        ("1", "XXX"),
    ],
)
def test_what_is_no_amount_is_refused(text: str, currency: str) -> None:
    with pytest.raises(Unprocessable):
        parse(text, currency)


def test_amounts_are_bounded_and_currencies_do_not_mix() -> None:
    with pytest.raises(Unprocessable, match="beyond"):
        Money(AMOUNT_MOST, "EUR") + Money(1, "EUR")
    with pytest.raises(Unprocessable):
        Money(1, "EURO")
    with pytest.raises(Unprocessable):
        Money(1, "XAU")
    with pytest.raises(LocalError):
        Money(1, "EUR") + Money(1, "JPY")


@given(st.lists(st.integers(-(10**9), 10**9), max_size=20))
def test_a_total_is_the_sum(parts: list[int]) -> None:
    assert total((Money(part, "JPY") for part in parts), "JPY") == Money(sum(parts), "JPY")
