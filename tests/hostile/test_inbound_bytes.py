"""Webhooks that come in, whatever comes: nothing but a refusal, nothing changed, nothing of a card kept."""

import json
import sqlite3
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediaserver.errors import Unauthorized
from mediaserver.http import edge
from signalling import tenants
from signalling.app import SignallingCore
from signalling.commerce import payment
from signalling.commerce.providers import stripe_signature
from signalling.commerce.providers.provider import NotGenuine, luhn, scrubbed
from signalling.commerce.shop_news import verified
from signalling.config import Settings
from signalling.conversation import conversation, timeline
from tests.signalling.paying import ORDER, NotedLedger, account
from tests.signalling.people import CUSTOMER, TENANT
from tests.support.shop_stand_in import WEBHOOK_SECRET as SHOP_SECRET
from tests.support.shop_stand_in import signed
from tests.support.stripe_stand_in import WEBHOOK_SECRET, StripeStandIn

HEADER = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\x00"), max_size=200)
NOW_S = 1_790_000_000


@settings(max_examples=300)
@given(HEADER, st.binary(max_size=300))
def test_any_header_over_any_bytes_is_refused(header: str, raw: bytes) -> None:
    with pytest.raises(NotGenuine):
        stripe_signature.check(header, raw, (WEBHOOK_SECRET,), NOW_S)


@settings(max_examples=300)
@given(st.binary(max_size=300), st.integers(0, 10_000), st.integers(1, 255))
def test_one_changed_bit_is_refused(raw: bytes, where: int, change: int) -> None:
    header = stripe_signature.sign(WEBHOOK_SECRET, raw, NOW_S)
    stripe_signature.check(header, raw, (WEBHOOK_SECRET,), NOW_S)
    changed = bytearray(raw or b"x")
    changed[where % len(changed)] ^= change
    if bytes(changed) != raw:
        with pytest.raises(NotGenuine):
            stripe_signature.check(header, bytes(changed), (WEBHOOK_SECRET,), NOW_S)


@settings(max_examples=300)
@given(HEADER, HEADER, HEADER, st.binary(max_size=300))
def test_any_standard_webhook_headers_are_refused(event_id: str, timestamp: str, signature: str, raw: bytes) -> None:
    headers = {"webhook-id": event_id, "webhook-timestamp": timestamp, "webhook-signature": signature}
    with pytest.raises(Unauthorized):
        verified((SHOP_SECRET,), headers, raw)


@given(st.binary(max_size=200))
def test_genuine_bytes_that_are_no_json_are_refused(raw: bytes) -> None:
    headers = signed(raw, "msg_1")
    try:
        verified((SHOP_SECRET,), headers, raw)
    except Unauthorized:
        return


@pytest.fixture
async def served(tmp_path: Any) -> AsyncIterator[tuple[SignallingCore, TestClient[web.Request, web.Application]]]:
    core = SignallingCore(Settings(data_dir=tmp_path))
    await core.start()
    await core.store.write(tenants.create, TENANT, "Shop")
    await core.store.write(account)
    application = web.Application(middlewares=[edge(["*"])])
    core.mount(application)
    async with TestClient(TestServer(application)) as client:
        yield core, client
    await core.stop()


# What a server writes by itself, soon after its start.
RESTLESS = {"retention_runs"}


def dump(core: SignallingCore) -> list[Any]:
    """Every row of every table, but for what a clock moves."""
    path = core.services.settings.data_dir / "tresen.db"
    with sqlite3.connect(path) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        names = [name for (name,) in tables if name not in RESTLESS]
        return [(name, sorted(map(repr, connection.execute(f'SELECT * FROM "{name}"')))) for name in names]


async def refused(client: Any, url: str, raw: bytes, headers: Mapping[str, str]) -> int:
    async with client.post(url, data=raw, headers=dict(headers)) as answer:
        assert "sk_test" not in await answer.text()
        return int(answer.status)


async def test_what_nobody_signed_changes_nothing(served: Any) -> None:
    core, client = served
    before = dump(core)
    stripe, shop = f"/v1/inbound/stripe/{TENANT}", f"/v1/inbound/shop/{TENANT}"
    foreign = TENANT[:-1] + "Y"
    body = b'{"id":"evt_1","type":"checkout.session.completed","data":{"object":{}}}'
    old = stripe_signature.sign(WEBHOOK_SECRET, body, int(time.time()) - 3600)
    good = stripe_signature.sign(WEBHOOK_SECRET, body, int(time.time()))
    cases: list[tuple[str, bytes, dict[str, str], int]] = [
        (stripe, body, {}, 401),
        (stripe, body, {"Stripe-Signature": old}, 401),
        (stripe, b"", {"Stripe-Signature": "t=1,v1="}, 401),
        (stripe, b"\xff" * 1000, {"Stripe-Signature": good}, 401),
        (stripe.replace(TENANT, foreign), body, {"Stripe-Signature": good}, 401),
        (stripe, b"x" * (256 * 1024 + 1), {"Stripe-Signature": good}, 413),
        (stripe.replace(TENANT, "ten_1"), body, {"Stripe-Signature": good}, 422),
        (shop, body, signed(body, "msg_1"), 401),  # its shop is the embedded one
        (shop, body, {}, 401),
    ]
    for url, raw, headers, status in cases:
        assert await refused(client, url, raw, headers) == status, (url, headers)
    assert await refused(client, stripe, body, {"Stripe-Signature": good}) == 200  # genuine, and about nothing of ours
    assert dump(core) == before


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=2000), signature=HEADER)
async def test_any_request_is_refused(served: Any, raw: bytes, signature: str) -> None:
    _, client = served
    for path in ("stripe", "shop"):
        headers = {"Stripe-Signature": signature.strip(), "webhook-id": "a", "webhook-signature": "v1," + signature.strip()}
        try:
            assert await refused(client, f"/v1/inbound/{path}/{TENANT}", raw, headers) in (400, 401)
        except ValueError:
            return  # not a header that HTTP can carry


CARD = "4242424242424242"


async def test_genuine_events_full_of_card_numbers_leave_none(served: Any) -> None:
    """Whatever a provider's payload holds, wherever it holds it."""
    core, client = served
    stripe = StripeStandIn()
    await stripe.start()
    core.services.payments.stripe_url = stripe.url
    core.address = str(client.make_url("")).rstrip("/")
    core.services.payments.ledger = NotedLedger()
    begun = await core.store.write(conversation.begin, TENANT, CUSTOMER.id, CUSTOMER.actor)
    payment_id = await core.services.payments.create(CUSTOMER, begun.id, payment.Wish(order_id=ORDER))
    (session,) = stripe.sessions.values()
    error = {"code": CARD, "decline_code": f"do not honor {CARD}", "message": CARD, "payment_method": {"card": {"number": CARD}}}
    intent = {"id": CARD, "metadata": {"payment_id": payment_id, "n": CARD}, "last_payment_error": error}
    done = {**session, "status": "complete", "payment_status": "paid", "payment_intent": f"pi {CARD}", "customer_details": {"name": CARD}}
    events = [("payment_intent.payment_failed", intent, f"evt {CARD}"), ("checkout.session.completed", done, "evt_2")]
    for kind, thing, event_id in events:
        raw = json.dumps({"id": event_id, "type": kind, "data": {"object": thing}}).encode()
        assert await refused(client, f"/v1/inbound/stripe/{TENANT}", raw, {"Stripe-Signature": stripe.signed(raw)}) == 200
    shown = await core.store.read(payment.show, CUSTOMER, payment_id)
    assert shown.status == "succeeded"
    entries = [entry.json() for entry in await core.store.read(timeline.read, TENANT, begun.id)]
    assert CARD not in repr(entries) and CARD not in repr(dump(core))
    assert "****4242" in repr(entries)
    await stripe.close()


@given(st.text(max_size=40), st.lists(st.integers(0, 9), min_size=11, max_size=18), st.sampled_from(["", " ", "-"]), st.text(max_size=40))
def test_no_text_keeps_a_card_number(before: str, digits: list[int], between: str, after: str) -> None:
    number = "".join(map(str, digits))
    number += next(str(check) for check in range(10) if luhn(number + str(check)))
    text = f"{before.rstrip('0123456789- ')}x{between.join(number)}x{after.lstrip('0123456789- ')}"
    kept = scrubbed(text, 10_000) or ""
    assert number not in kept.replace(between, "") if between else number not in kept
