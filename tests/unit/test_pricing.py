"""What a cart costs: sums that add up whatever is in it, discounts and taxes as documented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.commerce.offer import Destination, Draft, Wanted
from signalling.commerce.shops.pricing import quote
from signalling.commerce.shops.rules import Article, DeliveryRule, Discount, Remote, Rules
from signalling.times import SECOND_US

NOW = 1_800_000_000 * SECOND_US


def rules(currencies: tuple[str, ...] = ("EUR", "JPY", "KWD", "CLF"), *, included: bool = True) -> Rules:
    prices = {currency: 490 for currency in currencies}
    return Rules(
        name="Shop",
        home="DE",
        currencies=currencies,
        taxes_included=included,
        taxes={"DE": {"standard": 1900, "reduced": 700}, "AT": {"standard": 2000, "reduced": 1000}},
        delivery=(
            DeliveryRule("std", {"en": "Standard"}, ("DE", "AT"), 2, 3, ((5000, prices), (90000, prices)), {"EUR": 10000}),
            DeliveryRule("isle", {"en": "Boat"}, ("DE",), 3, 5, ((9000, prices),), remote=Remote(("DE27498",), {"EUR": 100}, 2)),
        ),
        low_stock=5,
    )


def article(variant: str, price: int, *, tax: str = "standard", category: str = "table", grams: int = 100) -> Article:
    prices = dict.fromkeys(("EUR", "JPY", "KWD", "CLF"), price)
    return Article(variant, f"p-{variant}", variant.upper(), {"en": variant}, category, prices, tax, grams, {}, None, 99)


ARTICLES = {each.id: each for each in (article("a", 999), article("b", 5900, category="home"), article("c", 1, tax="reduced"))}
CODES = {
    "TEN": Discount("TEN", "percentage", rate=1000),
    "THIRD": Discount("THIRD", "percentage", rate=3333, categories=("table",)),
    "FIVE": Discount("FIVE", "fixed", amounts={"EUR": 500, "JPY": 500}),
    "BIG": Discount("BIG", "fixed", amounts={"EUR": 10**9}),
    "SHIP": Discount("SHIP", "free_shipping", least={"EUR": 2000}),
    "OLD": Discount("OLD", "percentage", rate=5000, ends_us=NOW),
    "SOON": Discount("SOON", "percentage", rate=5000, starts_us=NOW + 1),
    "ONCE": Discount("ONCE", "percentage", rate=100, once_per_customer=True),
}

drafts = st.builds(
    lambda lines, codes, currency, country, shipping: Draft(
        currency,
        "en",
        "cust_1",
        tuple(Wanted(f"l{at}", variant, quantity) for at, (variant, quantity) in enumerate(lines.items())),
        tuple(codes),
        shipping,
        Destination(country, "27498") if country else None,
    ),
    st.dictionaries(st.sampled_from(["a", "b", "c", "gone"]), st.integers(1, 99), max_size=4),
    st.lists(st.sampled_from([*CODES, "NONE"]), unique=True, max_size=5),
    st.sampled_from(["EUR", "JPY", "KWD", "CLF"]),
    st.sampled_from([None, "DE", "AT", "US"]),
    st.sampled_from([None, "std", "isle", "nothing"]),
)


@given(drafts, st.booleans())
def test_every_quote_adds_up(draft: Draft, included: bool) -> None:
    made = quote(draft, ARTICLES, rules(included=included), CODES, frozenset(), NOW)
    assert made.faults(draft) == []
    assert all(line.discount_total.amount <= line.unit_price.amount * line.quantity for line in made.lines)


@given(drafts, st.randoms())
def test_the_order_of_lines_and_codes_changes_no_total(draft: Draft, dice: object) -> None:
    lines, codes = list(draft.lines), list(draft.discount_codes)
    dice.shuffle(lines)
    dice.shuffle(codes)
    other = Draft(draft.currency, draft.locale, draft.customer_id, tuple(lines), tuple(codes), draft.selected_shipping, draft.destination)
    one, two = (quote(each, ARTICLES, rules(), CODES, frozenset(), NOW) for each in (draft, other))
    assert one.totals.total == two.totals.total and one.totals.discount == two.totals.discount
    assert {(state.code, state.applicable) for state in one.discount_codes} == {
        (state.code, state.applicable) for state in two.discount_codes
    }


def priced(*codes: str, lines: dict[str, int] | None = None, used: frozenset[str] = frozenset(), currency: str = "EUR") -> tuple:
    wanted = tuple(Wanted(f"l{at}", variant, count) for at, (variant, count) in enumerate((lines or {"a": 3, "b": 1}).items()))
    made = quote(Draft(currency, "en", "cust_1", wanted, codes, "std", Destination("DE")), ARTICLES, rules(), CODES, used, NOW)
    return made, [state.reason for state in made.discount_codes]


def test_a_discount_is_rounded_once_and_spread_to_the_last_cent() -> None:
    made, reasons = priced("THIRD")
    assert reasons == [None]
    assert [line.discount_total.amount for line in made.lines] == [999, 0]  # 2997 * 33.33 % = 998.9
    made, _ = priced("TEN")
    assert [line.discount_total.amount for line in made.lines] == [300, 590] and made.totals.discount.amount == 890


@pytest.mark.parametrize(
    ("codes", "reasons"),
    [
        (("OLD",), ["expired"]),
        (("SOON",), ["not_started"]),
        (("NONE",), ["unknown"]),
        (("TEN", "FIVE"), [None, "not_combinable"]),
        (("FIVE", "SHIP"), [None, None]),
    ],
)
def test_codes_count_or_say_why_not(codes: tuple[str, ...], reasons: list[str | None]) -> None:
    assert priced(*codes)[1] == reasons


def test_a_code_has_its_minimum_currency_and_customer() -> None:
    assert priced("SHIP", lines={"a": 1})[1] == ["minimum"]
    assert priced("FIVE", currency="KWD")[1] == ["currency"]
    assert priced("ONCE", used=frozenset({"ONCE"}))[1] == ["used"]
    made, _ = priced("SHIP")
    assert made.totals.shipping.amount == 0
    made, _ = priced("BIG")
    assert made.totals.total.amount == 490  # goods for nothing; delivery is not


def test_tax_is_contained_by_class_and_country_and_on_delivery() -> None:
    made, _ = priced(lines={"b": 1, "c": 100})
    assert [line.tax_total.amount for line in made.lines] == [942, 7]  # 5900 * 19/119, 100 * 7/107
    assert made.totals.tax.amount == 942 + 7 + 78  # 490 * 19/119
