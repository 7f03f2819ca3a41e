"""Payments from the wish to the end, through the doors: Stripe's stand-in and the sandbox, and what goes wrong on the way."""

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from signalling.app import SignallingCore
from signalling.commerce import payment
from signalling.commerce.payments import Payments
from signalling.store import Transaction
from signalling.store.tables.payment import payments as table
from signalling.store.tables.payment import refunds
from tests.signalling.paying import ORDER, OTHER_ORDER, Client, NotedLedger, account, ask, kinds, read, talk
from tests.signalling.paying import ledger as ledger
from tests.signalling.paying import stripe as stripe
from tests.signalling.people import CUSTOMER, OTHER_CUSTOMER, REP, SUPERVISOR, TENANT, bearer
from tests.support.stripe_stand_in import StripeStandIn


@pytest.fixture(autouse=True)
async def by_hand(core: SignallingCore) -> None:
    """Nothing happens by itself: tests call `pass_once`."""
    task = core.services.payments._task
    assert task is not None
    task.cancel()


async def pass_time(core: SignallingCore, us: int) -> None:
    """Everything about payments is `us` older."""

    def older(tx: Transaction) -> None:
        values = {name: getattr(table.c, name) - us for name in ("due_at_us", "expires_at_us", "created_at_us")}
        tx.execute(update(table).values(values))
        tx.execute(update(refunds).values(due_at_us=refunds.c.due_at_us - us))

    await core.store.write(older)


def at(made: dict[str, Any]) -> str:
    """The path of a payment's page."""
    return "/v1/pay/" + str(made["url"]).partition("/v1/pay/")[2]


def session_of(stripe: StripeStandIn) -> str:
    (made,) = stripe.sessions
    return made


async def test_a_link_is_made_and_paid(core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn) -> None:
    talked = await talk(core.store)
    made = await ask(core, client, talked)
    assert (made["status"], made["amount"]) == ("link_created", {"amount": 5900, "currency": "EUR"})
    await stripe.pay(session_of(stripe))
    assert (await read(core, client, made["id"]))["status"] == "succeeded"
    assert ledger.told == [("paid", ORDER, 5900)]
    assert await kinds(core.store, talked) == ["payment.link_created", "payment.succeeded"]


async def test_the_page_is_the_customers_alone(core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn) -> None:
    talked = await talk(core.store)
    made = await ask(core, client, talked, REP)
    assert made["url"] is None
    assert (await read(core, client, made["id"], REP))["url"] is None
    assert (await read(core, client, made["id"], SUPERVISOR))["url"] is None
    url = (await read(core, client, made["id"]))["url"]
    assert url.startswith(core.address)
    async with client.get(f"/v1/payments/{made['id']}", headers=bearer(core, OTHER_CUSTOMER)) as answer:
        assert answer.status == 404
    async with client.get(f"/v1/conversations/{talked}/timeline", headers=bearer(core, REP)) as answer:
        assert stripe.sessions[session_of(stripe)]["url"] not in await answer.text()


async def test_opening_the_page_enters_the_payment_step_and_paying_leaves_it(
    core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn
) -> None:
    talked = await talk(core.store)
    made = await ask(core, client, talked)
    async with client.get(at(made), allow_redirects=False) as answer:
        assert answer.status == 303
        assert answer.headers["Location"] == stripe.sessions[session_of(stripe)]["url"]
    assert (await kinds(core.store, talked))[-1] == "payment.step_entered"
    await stripe.decline(session_of(stripe))
    assert (await kinds(core.store, talked))[-1] == "payment.declined"
    await stripe.pay(session_of(stripe))
    assert (await kinds(core.store, talked))[-2:] == ["payment.succeeded", "payment.step_left"]
    async with client.get(at(made), allow_redirects=False) as answer:
        assert answer.headers["Location"].endswith("/return")
    assert (await kinds(core.store, talked))[-1] == "payment.step_left"


async def test_coming_back_unpaid_leaves_the_step_and_the_link_stays(
    core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn
) -> None:
    talked = await talk(core.store)
    made = await ask(core, client, talked)
    await client.get(at(made), allow_redirects=False)
    async with client.get(at(made) + "/return?outcome=left") as answer:
        assert answer.status == 200 and "Nothing was paid yet" in await answer.text()
    assert (await kinds(core.store, talked))[-2:] == ["payment.step_entered", "payment.step_left"]
    assert (await read(core, client, made["id"]))["url"] == made["url"]


async def test_a_wrong_key_opens_nothing(core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn) -> None:
    talked = await talk(core.store)
    made = await ask(core, client, talked)
    base = at(made).rpartition("/")[0]
    for url in (f"{base}/{'0' * 32}", f"{base}/{'0' * 32}/return", f"{at(made)}/sandbox"):
        async with client.get(url, allow_redirects=False) as answer:
            assert answer.status == 404
    assert await kinds(core.store, talked) == ["payment.link_created"]


async def test_the_page_of_somebody_who_was_erased_is_not_found(
    core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn
) -> None:
    made = await ask(core, client, await talk(core.store))

    def erase(tx: Transaction) -> None:
        tx.execute(update(table).values(url=None, charge=tx.seal(TENANT, b"{}", f"payments/{made['id']}/charge")))

    await core.store.write(erase)
    for url in (at(made), at(made) + "/return"):
        async with client.get(url, allow_redirects=False) as answer:
            assert answer.status == 404


async def test_asking_again_gives_the_open_payment(
    core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn
) -> None:
    talked = await talk(core.store)
    first, *others = await asyncio.gather(*(ask(core, client, talked) for _ in range(4)))
    assert {each["id"] for each in others} == {first["id"]} and len(stripe.sessions) == 1
    ledger.costs[ORDER] = ledger.costs[OTHER_ORDER]
    url = f"/v1/conversations/{talked}/payments"
    async with client.post(url, json={"order_id": ORDER}, headers=bearer(core, CUSTOMER)) as answer:
        assert (answer.status, (await answer.json())["code"]) == (409, "payment_open")


async def test_an_amount_from_outside_is_not_taken(core: SignallingCore, client: Client, ledger: NotedLedger) -> None:
    talked = await talk(core.store)
    url = f"/v1/conversations/{talked}/payments"
    for wish in ({"order_id": ORDER, "amount": 1}, {}, {"order_id": ORDER, "cart_id": "cart_01JD3Q8Z6W0V7M9K4C2T5B8N1X"}):
        async with client.post(url, json=wish, headers=bearer(core, CUSTOMER)) as answer:
            assert answer.status == 422
    async with client.post(url, json={"order_id": ORDER}, headers=bearer(core, OTHER_CUSTOMER)) as answer:
        assert answer.status == 404


async def test_events_repeated_and_out_of_order_count_once(
    core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn
) -> None:
    talked = await talk(core.store)
    made = await ask(core, client, talked)
    url, stripe.webhook_url = stripe.webhook_url, ""
    submitted = await stripe.submit(session_of(stripe))
    settled = await stripe.settle(session_of(stripe), paid=True)
    expired = {**submitted, "id": "evt_other", "type": "checkout.session.expired"}
    stripe.webhook_url = url
    for event in (settled, submitted, settled, expired, submitted):
        assert await stripe.send(event) == 200
    assert (await read(core, client, made["id"]))["status"] == "succeeded"
    assert ledger.told == [("paid", ORDER, 5900)]
    assert await kinds(core.store, talked) == ["payment.link_created", "payment.succeeded"]


async def test_the_same_event_at_once_counts_once(core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn) -> None:
    talked = await talk(core.store)
    await ask(core, client, talked)
    url, stripe.webhook_url = stripe.webhook_url, ""
    event = await stripe.pay(session_of(stripe))
    stripe.webhook_url = url
    assert await asyncio.gather(*(stripe.send(event) for _ in range(8))) == [200] * 8
    assert (await kinds(core.store, talked)).count("payment.succeeded") == 1


async def test_another_amount_settles_nothing_and_is_said_to_the_staff(
    core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn
) -> None:
    talked = await talk(core.store)
    made = await ask(core, client, talked)
    await stripe.pay(session_of(stripe), amount=59)
    await pass_time(core, payment.LOOK_MOST_US)
    await core.services.payments.pass_once()
    shown = await read(core, client, made["id"])
    assert shown["status"] in ("link_created",) and shown["reason"] == "amount_mismatch"
    assert ledger.told == []
    assert await kinds(core.store, talked) == ["payment.link_created", "payment.mismatch"]


@pytest.mark.parametrize("paid", [True, False])
async def test_a_payment_that_takes_days_ends_by_its_second_event(
    core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn, paid: bool
) -> None:
    talked = await talk(core.store)
    made = await ask(core, client, talked)
    await stripe.submit(session_of(stripe))
    assert (await read(core, client, made["id"]))["status"] == "processing"
    await stripe.settle(session_of(stripe), paid=paid)
    assert (await read(core, client, made["id"]))["status"] == ("succeeded" if paid else "failed")
    assert ledger.told == [("paid" if paid else "failed", ORDER, 5900)]


async def test_a_webhook_that_never_came_is_made_up_for(
    core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn
) -> None:
    talked = await talk(core.store)
    made = await ask(core, client, talked)
    stripe.webhook_url = ""
    await stripe.pay(session_of(stripe))
    assert await core.services.payments.pass_once() == 0
    await pass_time(core, payment.LOOK_US[payment.State.LINK_CREATED])
    assert await core.services.payments.pass_once() == 1
    assert (await read(core, client, made["id"]))["status"] == "succeeded"


async def test_an_old_link_is_ended_there_and_here(
    core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn
) -> None:
    talked = await talk(core.store)
    made = await ask(core, client, talked)
    await pass_time(core, payment.LINK_US)
    assert (await read(core, client, made["id"]))["url"] is None
    await core.services.payments.pass_once()
    assert (await read(core, client, made["id"]))["status"] == "expired"
    assert stripe.sessions[session_of(stripe)]["status"] == "expired"
    assert ledger.told == [("failed", ORDER, 5900)]
    assert await core.services.payments.pass_once() == 0


async def test_money_that_arrives_at_the_last_moment_wins(
    core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn
) -> None:
    talked = await talk(core.store)
    made = await ask(core, client, talked)
    await pass_time(core, payment.LINK_US)
    stripe.webhook_url = ""
    await stripe.pay(session_of(stripe))
    await core.services.payments.pass_once()
    assert (await read(core, client, made["id"]))["status"] == "succeeded"


async def test_a_provider_that_is_away_gives_its_link_later(
    core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn
) -> None:
    talked = await talk(core.store)
    stripe.faults.extend([503] * 4)
    made = await ask(core, client, talked)
    assert (made["status"], made["url"]) == ("created", None)
    await pass_time(core, 10 * payment.GRACE_US)
    core.services.payments._providers.clear()  # the breaker's rest is over
    await core.services.payments.pass_once()
    assert (await read(core, client, made["id"]))["url"] is not None
    assert await kinds(core.store, talked) == ["payment.link_created"]


async def test_a_crash_after_the_provider_answered_is_repaired_with_the_same_key(
    core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    talked = await talk(core.store)

    async def crash(*_: Any) -> None:
        raise ConnectionAbortedError

    with monkeypatch.context() as patched:
        patched.setattr(Payments, "_linked", crash)
        with pytest.raises(ConnectionAbortedError):
            await core.services.payments.create(CUSTOMER, talked, payment.Wish(order_id=ORDER))
    assert len(stripe.sessions) == 1
    await pass_time(core, payment.GRACE_US)
    await core.services.payments.pass_once()
    (shown,) = await core.store.read(payment.show_all, CUSTOMER, talked)
    assert shown.status == "link_created" and len(stripe.sessions) == 1


async def test_a_provider_that_hangs_keeps_nobody_waiting(
    core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signalling.commerce.payments.WAIT_S", 0.05)
    stripe.faults.append("hang")
    made = await ask(core, client, await talk(core.store))
    assert made["status"] == "created"
    await pass_time(core, payment.GRACE_US)
    await core.services.payments.pass_once()
    assert (await read(core, client, made["id"]))["status"] == "link_created"


async def test_a_payment_that_cannot_be_read_keeps_no_other_from_being_looked_after(
    core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn
) -> None:
    broken, good = await talk(core.store), await talk(core.store)
    first = await ask(core, client, broken)
    second = await ask(core, client, good, order_id=OTHER_ORDER)
    stripe.webhook_url = ""
    for session in stripe.sessions:
        await stripe.pay(session)
    await core.store.write(lambda tx: tx.execute(update(table).where(table.c.id == first["id"]).values(charge=b"")) and None)
    await pass_time(core, payment.LOOK_US[payment.State.LINK_CREATED])
    assert await core.services.payments.pass_once() == 2
    assert (await read(core, client, second["id"]))["status"] == "succeeded"
    assert await core.services.payments.pass_once() == 0


async def test_an_event_that_overtakes_its_link_is_believed(
    core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    talked = await talk(core.store)
    kept = Payments._linked

    async def paid_first(self: Payments, row: Any, link: Any) -> None:
        await stripe.pay(link.reference)
        await kept(self, row, link)

    monkeypatch.setattr(Payments, "_linked", paid_first)
    made = await ask(core, client, talked)
    assert made["status"] == "succeeded"
    assert await kinds(core.store, talked) == ["payment.succeeded"]


async def test_a_wrong_account_fails_the_payment_with_a_word(
    core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn
) -> None:
    await core.store.write(account, secret_key="sk_test_wrong")
    made = await ask(core, client, await talk(core.store))
    assert (made["status"], made["reason"]) == ("failed", "provider_key")


async def test_a_cancelled_link_leads_nowhere(core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn) -> None:
    talked = await talk(core.store)
    made = await ask(core, client, talked)
    for _ in range(2):
        async with client.post(f"/v1/payments/{made['id']}/cancel", headers=bearer(core, REP)) as answer:
            assert (answer.status, (await answer.json())["status"]) == (200, "cancelled")
    assert stripe.sessions[session_of(stripe)]["status"] == "expired"
    async with client.get(at(made), allow_redirects=False) as answer:
        assert answer.headers["Location"].endswith("/return")
    assert await kinds(core.store, talked) == ["payment.link_created", "payment.cancelled"]


async def test_cancelling_what_was_just_paid_is_a_conflict(
    core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn
) -> None:
    made = await ask(core, client, await talk(core.store))
    stripe.webhook_url = ""
    await stripe.pay(session_of(stripe))
    async with client.post(f"/v1/payments/{made['id']}/cancel", headers=bearer(core, REP)) as answer:
        assert answer.status == 200 and (await answer.json())["status"] == "succeeded"
    async with client.post(f"/v1/payments/{made['id']}/cancel", headers=bearer(core, REP)) as answer:
        assert answer.status == 409


async def test_refunds_are_supervisors_and_never_more_than_was_paid(
    core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn
) -> None:
    talked = await talk(core.store)
    made = await ask(core, client, talked)
    url = f"/v1/payments/{made['id']}/refunds"
    async with client.post(url, json={}, headers=bearer(core, SUPERVISOR)) as answer:
        assert answer.status == 409
    await stripe.pay(session_of(stripe))
    async with client.post(url, json={"amount": 900}, headers=bearer(core, REP)) as answer:
        assert answer.status == 403
    async with client.post(url, json={"amount": 5901}, headers=bearer(core, SUPERVISOR)) as answer:
        assert answer.status == 409
    for amount, status in ((900, "succeeded"), (None, "refunded")):
        async with client.post(url, json={"amount": amount}, headers=bearer(core, SUPERVISOR)) as answer:
            assert (answer.status, (await answer.json())["status"]) == (201, "succeeded")
        assert (await read(core, client, made["id"]))["status"] == status
    assert ledger.told[1:] == [("refunded", ORDER, 900), ("refunded", ORDER, 5000)]
    assert sum(each["amount"] for each in stripe.refunds.values()) == 5900


async def test_a_refund_is_asked_for_until_the_provider_answers_and_the_bank_has_paid(
    core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn
) -> None:
    made = await ask(core, client, await talk(core.store))
    await stripe.pay(session_of(stripe))
    stripe.faults.extend([503] * 4)
    stripe.refund_status = "pending"
    url = f"/v1/payments/{made['id']}/refunds"
    async with client.post(url, json={}, headers=bearer(core, SUPERVISOR)) as answer:
        assert (await answer.json())["status"] == "requested"
    async with client.post(url, json={}, headers=bearer(core, SUPERVISOR)) as answer:
        assert answer.status == 409  # all of it is on its way
    core.services.payments._providers.clear()
    await pass_time(core, 10 * payment.GRACE_US)
    await core.services.payments.pass_once()
    (there,) = stripe.refunds.values()
    there["status"] = "succeeded"
    await pass_time(core, payment.LOOK_MOST_US)
    await core.services.payments.pass_once()
    async with client.get(url, headers=bearer(core, REP)) as answer:
        assert [each["status"] for each in (await answer.json())["data"]] == ["succeeded"]
    assert ledger.told == [("paid", ORDER, 5900), ("refunded", ORDER, 5900)]


async def test_a_payment_link_of_stripes_is_paid_too(
    core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn
) -> None:
    await core.store.write(account, mode="link")
    made = await ask(core, client, await talk(core.store))
    (link,) = stripe.links
    left, paid = stripe.open_link(link), stripe.open_link(link)
    await stripe.expire(left)
    assert (await read(core, client, made["id"]))["status"] == "link_created"
    await stripe.pay(paid)
    assert (await read(core, client, made["id"]))["status"] == "succeeded"


async def test_the_sandbox_has_buttons_for_every_end_and_no_field(core: SignallingCore, client: Client, ledger: NotedLedger) -> None:
    ends = {"pay": "succeeded", "expire": "expired", "transfer,arrive": "succeeded", "decline,transfer,bounce": "failed"}
    for number, (buttons, status) in enumerate(ends.items()):
        talked = await talk(core.store)
        ledger.costs[ORDER] = replace(ledger.costs[ORDER], amount=1000 + number)
        made = await ask(core, client, talked)
        async with client.get(at(made)) as answer:
            page = await answer.text()
            assert answer.url.path.endswith("/sandbox") and "<input" not in page and "<button" in page
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            # With none at all, browsers call the form's origin null, and the door refuses it.
            assert answer.headers["Referrer-Policy"] == "same-origin"
        for button in buttons.split(","):
            async with client.post(f"{at(made)}/sandbox", data={"outcome": button}, allow_redirects=False) as answer:
                assert answer.status == 303
        assert (await read(core, client, made["id"]))["status"] == status
        async with client.post(f"{at(made)}/sandbox", data={"outcome": "pay"}, allow_redirects=False) as answer:
            assert answer.status == 409


async def test_the_service_works_by_itself(core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn) -> None:
    talked = await talk(core.store)
    made = await ask(core, client, talked)
    stripe.webhook_url = ""
    await stripe.pay(session_of(stripe))
    await pass_time(core, payment.LOOK_US[payment.State.LINK_CREATED])
    await core.services.payments.start()
    until = time.monotonic() + 30
    while (await read(core, client, made["id"]))["status"] != "succeeded":
        assert time.monotonic() < until
        await asyncio.sleep(0.02)


async def test_a_foreign_tenant_sees_no_payment(core: SignallingCore, client: Client, ledger: NotedLedger, stripe: StripeStandIn) -> None:
    made = await ask(core, client, await talk(core.store))
    foreign = replace(SUPERVISOR, tenant_id="ten_01JD3Q8Z6W0V7M9K4C2T5B8N2X")
    for method, url in (("GET", ""), ("POST", "/cancel"), ("GET", "/refunds")):
        async with client.request(method, f"/v1/payments/{made['id']}{url}", headers=bearer(core, foreign)) as answer:
            assert answer.status == 404
    assert (await core.store.read(payment.find, TENANT, made["id"])) is not None
