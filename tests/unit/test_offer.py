"""A shop's quote: whatever contradicts itself or the question is noticed."""

from dataclasses import replace

import pytest

from signalling.commerce.money import Money
from signalling.commerce.offer import CodeState, DeliveryOption, Draft, PricedLine, Quote, Totals, Wanted


def eur(amount: int) -> Money:
    return Money(amount, "EUR")


AT = "2026-03-01T09:30:00.000000Z"
DRAFT = Draft("EUR", "en", None, (Wanted("line_1", "v1", 2), Wanted("line_2", "v2", 1)), ("TEN",), "std")
STANDARD = DeliveryOption("std", "Standard", eur(490), 2, 3, "shop", AT)
QUOTE = Quote(
    lines=(PricedLine("line_1", "p1", "v1", "S1", "Kettle", 2, eur(5900), eur(1180), eur(1696), eur(10620)),),
    totals=Totals(eur(11800), eur(1180), eur(490), eur(1774), eur(11110)),
    taxes_included=True,
    source="shop",
    at=AT,
    discount_codes=(CodeState("TEN", True),),
    shipping_options=(STANDARD,),
    selected_shipping="std",
    gone=("line_2",),
)
LINE = QUOTE.lines[0]


def test_a_good_quote_has_no_fault() -> None:
    assert QUOTE.faults(DRAFT) == []


@pytest.mark.parametrize(
    "quote",
    [
        replace(QUOTE, gone=()),
        replace(QUOTE, gone=("line_2", "line_3")),
        replace(QUOTE, lines=(replace(LINE, quantity=3),)),
        replace(QUOTE, lines=(replace(LINE, variant_id="v9"),)),
        replace(QUOTE, lines=(replace(LINE, total=eur(10621)),)),
        replace(QUOTE, lines=(replace(LINE, unit_price=Money(5900, "USD")),)),
        replace(QUOTE, totals=replace(QUOTE.totals, subtotal=eur(11801), total=eur(11111))),
        replace(QUOTE, totals=replace(QUOTE.totals, discount=eur(0), total=eur(12290))),
        replace(QUOTE, totals=replace(QUOTE.totals, tax=eur(1))),
        replace(QUOTE, totals=replace(QUOTE.totals, total=eur(1))),
        replace(QUOTE, totals=replace(QUOTE.totals, shipping=eur(-490), total=eur(10130))),
        replace(QUOTE, taxes_included=False),
        replace(QUOTE, discount_codes=()),
        replace(QUOTE, selected_shipping="express"),
        replace(QUOTE, shipping_options=(STANDARD, replace(STANDARD, id="x")), selected_shipping="x"),
    ],
)
def test_a_contradiction_is_a_fault(quote: Quote) -> None:
    assert quote.faults(DRAFT)
