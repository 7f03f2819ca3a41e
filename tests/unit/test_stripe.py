"""Stripe's adapter against a stand-in that keeps to Stripe's API reference: requests, repetition, errors, what events mean."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.commerce.currencies import EXPONENTS
from signalling.commerce.payment_state import Event
from signalling.commerce.providers.provider import Charge, ChargeLine, NotGenuine, ProviderDown, ProviderRefused
from signalling.commerce.providers.stripe import RETRIED, Stripe, notice_of
from signalling.commerce.providers.stripe_amount import ZERO_DECIMAL, minor_units, stripe_units
from signalling.commerce.remote import Remote
from tests.support.stripe_stand_in import SECRET_KEY, WEBHOOK_SECRET, StripeStandIn

CHARGE = Charge(
    payment_id="pay_01JD3Q8Z6W0V7M9K4C2T5B8N1X",
    tenant_id="ten_01JD3Q8Z6W0V7M9K4C2T5B8N1X",
    conversation_id="conv_01JD3Q8Z6W0V7M9K4C2T5B8N1X",
    amount=5900,
    currency="EUR",
    description="Order 1001",
    lines=(ChargeLine("2 x Cap & Co. [blue]", 5400), ChargeLine("Delivery", 500)),
    locale="pt-PT",
    page_url="https://tresen.example/v1/pay/x",
    success_url="https://shop.example/paid?a=1&b=2",
    cancel_url="https://shop.example/back",
    expires_at_us=0,
)


def charge(**changes: Any) -> Charge:
    return replace(CHARGE, expires_at_us=int((time.time() + 3600) * 1e6), **changes)


async def no_pause(_: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture
async def there() -> AsyncIterator[StripeStandIn]:
    made = StripeStandIn()
    await made.start()
    yield made
    await made.close()


def adapter(there: StripeStandIn, *, key: str = SECRET_KEY, mode: Any = "checkout", attempt_s: float = 5.0) -> Stripe:
    return Stripe(Remote(there.url, sleep=no_pause, attempt_s=attempt_s, retried=RETRIED), key, (WEBHOOK_SECRET,), mode)


@pytest.fixture
async def stripe(there: StripeStandIn) -> AsyncIterator[Stripe]:
    made = adapter(there)
    yield made
    await made.close()


async def test_a_session_asks_for_what_the_order_costs(stripe: Stripe, there: StripeStandIn) -> None:
    link = await stripe.link(charge())
    session = there.sessions[link.reference]
    assert (session["amount_total"], session["currency"]) == (5900, "eur")
    assert session["metadata"]["payment_id"] == CHARGE.payment_id
    assert session["success_url"] == CHARGE.success_url
    assert link.url == session["url"]
    (_, _, headers) = there.requests[-1]
    assert headers["Idempotency-Key"] == CHARGE.payment_id and headers["Stripe-Version"]


async def test_asked_again_with_the_same_charge_it_is_the_same_session(stripe: Stripe, there: StripeStandIn) -> None:
    asked = charge()
    assert await stripe.link(asked) == await stripe.link(asked)
    assert len(there.sessions) == 1


async def test_a_key_with_another_request_is_refused(stripe: Stripe, there: StripeStandIn) -> None:
    await stripe.link(charge())
    with pytest.raises(ProviderRefused) as refused:
        await stripe.link(charge(lines=(), amount=5901))
    assert refused.value.code == "idempotency_key_in_use"


@pytest.mark.parametrize("fault", [409, 429, 500, 502, 503, "drop"])
async def test_a_passing_fault_is_asked_through_and_makes_one_session(stripe: Stripe, there: StripeStandIn, fault: int | str) -> None:
    there.faults.extend([fault, fault])
    link = await stripe.link(charge())
    assert list(there.sessions) == [link.reference]


async def test_a_lasting_fault_leaves_nobody_knowing(stripe: Stripe, there: StripeStandIn) -> None:
    there.faults.extend([503] * 4)
    with pytest.raises(ProviderDown):
        await stripe.link(charge())


async def test_an_answer_that_does_not_come_is_given_up(there: StripeStandIn) -> None:
    there.faults.extend(["hang"] * 4)
    stripe = adapter(there, attempt_s=0.05)
    with pytest.raises(ProviderDown):
        await stripe.link(charge())
    await stripe.close()


async def test_a_wrong_key_is_said_so_without_the_key(there: StripeStandIn) -> None:
    stripe = adapter(there, key="sk_test_wrong")
    with pytest.raises(ProviderRefused) as refused:
        await stripe.link(charge())
    assert refused.value.code == "provider_key" and "sk_test" not in str(refused.value)
    assert len(there.requests) == 1  # asking again would not help
    await stripe.close()


async def test_what_stripe_will_not_take_is_refused_with_its_code(stripe: Stripe) -> None:
    with pytest.raises(ProviderRefused) as refused:
        await stripe.link(charge(amount=10, lines=()))
    assert refused.value.code == "amount_too_small"


async def test_lines_that_do_not_add_up_become_one(stripe: Stripe, there: StripeStandIn) -> None:
    link = await stripe.link(charge(lines=(ChargeLine("Cap", 6900),)))
    assert there.sessions[link.reference]["amount_total"] == 5900


async def test_looking_tells_what_became_of_a_session(stripe: Stripe, there: StripeStandIn) -> None:
    asked = charge()
    link = await stripe.link(asked)
    assert await stripe.look(asked, link.reference) is None
    await there.submit(link.reference)
    notice = await stripe.look(asked, link.reference)
    assert notice is not None and notice.event is Event.SUBMITTED
    await there.settle(link.reference, paid=True)
    notice = await stripe.look(asked, link.reference)
    assert notice is not None and (notice.event, notice.amount, notice.currency) == (Event.PAID, 5900, "EUR")


async def test_a_session_is_ended_once_and_too_late_is_said_so(stripe: Stripe, there: StripeStandIn) -> None:
    asked = charge()
    link = await stripe.link(asked)
    await stripe.cancel(asked, link.reference)
    await stripe.cancel(asked, link.reference)  # the same key: harmless
    notice = await stripe.look(asked, link.reference)
    assert notice is not None and notice.event is Event.EXPIRED
    paid = charge(payment_id="pay_01JD3Q8Z6W0V7M9K4C2T5B8N2X")
    other = await stripe.link(paid)
    await there.pay(other.reference)
    with pytest.raises(ProviderRefused):
        await stripe.cancel(paid, other.reference)


async def test_a_payment_link_is_paid_and_looked_after(there: StripeStandIn) -> None:
    stripe = adapter(there, mode="link")
    asked = charge()
    link = await stripe.link(asked)
    assert link.reference.startswith("plink_") and await stripe.link(asked) == link
    left, paid = there.open_link(link.reference), there.open_link(link.reference)
    assert notice_of(await there.expire(left)) is None  # one visitor left; the link stays
    assert await stripe.look(asked, link.reference) is None
    await there.pay(paid)
    notice = await stripe.look(asked, link.reference)
    assert notice is not None and (notice.event, notice.payment_id, notice.amount) == (Event.PAID, CHARGE.payment_id, 5900)
    await stripe.cancel(asked, link.reference)
    assert there.links[link.reference]["active"] is False
    await stripe.close()


async def test_a_refund_is_made_once(stripe: Stripe, there: StripeStandIn) -> None:
    link = await stripe.link(charge())
    await there.pay(link.reference)
    receipt = there.sessions[link.reference]["payment_intent"]
    first = await stripe.refund("rfnd_1", receipt, 900, "EUR")
    assert first == await stripe.refund("rfnd_1", receipt, 900, "EUR")
    assert first.status == "succeeded" and len(there.refunds) == 1
    assert await stripe.look_refund(first.reference) == first
    with pytest.raises(ProviderRefused):
        await stripe.refund("rfnd_2", receipt, 5001, "EUR")


async def test_each_event_tells_what_it_must(stripe: Stripe, there: StripeStandIn) -> None:
    link = await stripe.link(charge())
    told = []
    for event in (
        await there.decline(link.reference),
        await there.submit(link.reference),
        await there.settle(link.reference, paid=True),
        await there.settle(link.reference, paid=False),
        await there.pay(link.reference),
        await there.expire(link.reference),
    ):
        raw = json.dumps(event).encode()
        notice = stripe.verify({"Stripe-Signature": there.signed(raw)}, raw, int(time.time() * 1e6))
        assert notice is not None and notice.payment_id == CHARGE.payment_id and notice.id == event["id"]
        told.append((notice.event, notice.reason))
    assert told == [
        (Event.DECLINED, "insufficient_funds"),
        (Event.SUBMITTED, None),
        (Event.PAID, None),
        (Event.FAILED, "async_payment_failed"),
        (Event.PAID, None),
        (Event.EXPIRED, None),
    ]


BODY = b'{"id":"evt_1","type":"x","data":{"object":{}}}'
NOW_S = 1_790_000_000


def signatures(there: StripeStandIn) -> dict[str, str]:
    good = there.signed(BODY, at_s=NOW_S)
    return {
        "none": "",
        "of another secret": there.signed(BODY, secret="whsec_other", at_s=NOW_S),
        "of other bytes": there.signed(BODY + b" ", at_s=NOW_S),
        "too old": there.signed(BODY, at_s=NOW_S - 301),
        "of the future": there.signed(BODY, at_s=NOW_S + 301),
        "another time than was signed": good.replace(f"t={NOW_S}", f"t={NOW_S - 1}"),
        "scheme v0 alone": good.replace("v1=", "v0="),
        "cut": good[:60],
        "no time": good.partition(",")[2],
        "not a time": good.replace(f"t={NOW_S}", "t=١٢٣"),
        "not hexadecimal": f"t={NOW_S},v1=\udcff\udcfe",
        "huge": good + ",v1=" + "a" * 10_000,
    }


@pytest.mark.parametrize("name", list(signatures(StripeStandIn())))
async def test_a_signature_that_does_not_fit_is_refused(stripe: Stripe, there: StripeStandIn, name: str) -> None:
    with pytest.raises(NotGenuine):
        stripe.verify({"Stripe-Signature": signatures(there)[name]}, BODY, NOW_S * 1_000_000)


async def test_while_a_secret_is_rolled_either_is_taken(there: StripeStandIn) -> None:
    stripe = Stripe(Remote(there.url), SECRET_KEY, ("whsec_new", "whsec_old"))
    for secret in ("whsec_new", "whsec_old"):
        assert stripe.verify({"Stripe-Signature": there.signed(BODY, secret=secret, at_s=NOW_S)}, BODY, NOW_S * 1_000_000) is None
    both = there.signed(BODY, secret="whsec_unknown", at_s=NOW_S) + "," + there.signed(BODY, secret="whsec_old", at_s=NOW_S)
    assert stripe.verify({"Stripe-Signature": both}, BODY, NOW_S * 1_000_000) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
)


@given(JSON)
def test_any_json_is_an_event_or_none(value: object) -> None:
    notice_of(value)
    notice_of({"id": "evt_1", "type": "checkout.session.completed", "data": {"object": value}})
    session = {"id": "cs_1", "metadata": {"payment_id": "pay_1"}, "status": "complete", "amount_total": value, "currency": value}
    notice_of({"id": "evt_1", "type": "checkout.session.completed", "data": {"object": {**session, "payment_intent": value}}})


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        (5900, "EUR", 5900),
        (500, "JPY", 500),
        (5120, "KWD", 5120),
        (5, "ISK", 500),
        (5, "UGX", 500),
        (1000, "MGA", 10),  # ISO 4217 counts two decimals, Stripe none
        (123_456_789, "IDR", 123_456_789),
    ],
)
def test_amounts_are_said_as_stripe_counts_them(amount: int, currency: str, units: int) -> None:
    assert stripe_units(amount, currency) == units
    assert minor_units(units, currency) == amount


@pytest.mark.parametrize(
    ("amount", "currency"), [(5124, "KWD"), (1001, "MGA"), (100_000_000, "EUR"), (100, "CLF"), (-1, "EUR"), (1, "XXX")]
)
def test_an_amount_that_cannot_be_said_exactly_is_refused(amount: int, currency: str) -> None:
    with pytest.raises(ProviderRefused):
        stripe_units(amount, currency)


@given(st.integers(0, 10**9), st.sampled_from(sorted(EXPONENTS)))
def test_whatever_is_said_is_understood_the_same(amount: int, currency: str) -> None:
    try:
        units = stripe_units(amount, currency)
    except ProviderRefused:
        return
    assert minor_units(units, currency) == amount
    assert units == amount or currency in {"ISK", "UGX", "MGA"}


def test_every_zero_decimal_currency_is_a_currency() -> None:
    assert set(EXPONENTS) >= ZERO_DECIMAL
