"""Stripe: Checkout Sessions and Payment Links through its documented HTTP API, and the webhooks that tell how they ended.

For `commerce.payments`. https://docs.stripe.com/api: form-encoded requests, `Idempotency-Key`, a pinned `Stripe-Version`; 409, 429 and
5xx are asked again with the same key (Stripe answers what it answered then), `Stripe-Should-Retry` decides where it is there. Which of the
two is made is a setting: a Checkout Session ends by itself after at most a day, a Payment Link by our deactivating it.

Invariants: the key never appears in an error or a log; of an event only the fields below are read, none of which describes a card; an
amount is compared in our units, and one Stripe cannot express exactly is refused before Stripe is asked.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal
from urllib.parse import urlencode

from signalling.commerce.payment_state import Event
from signalling.commerce.providers import stripe_signature
from signalling.commerce.providers.provider import (
    REFERENCE_MOST,
    Charge,
    ChargeLine,
    Link,
    NotGenuine,
    Notice,
    ProviderDown,
    ProviderRefused,
    Refunded,
    scrubbed,
)
from signalling.commerce.providers.stripe_amount import minor_units, stripe_units
from signalling.commerce.remote import RETRIED as RETRIED_BY_ALL
from signalling.commerce.remote import Remote, Reply, Unreachable, path
from signalling.times import SECOND_US

API_URL: Final = "https://api.stripe.com"
# What the fields below were read against. Stripe keeps a version's shapes for good; a newer one is a change of this file.
VERSION: Final = "2025-03-31.basil"
# Stripe takes 30 minutes to 24 hours from the moment it makes the session; we leave a margin for clocks and repeated attempts.
EXPIRES_LEAST_US: Final = 31 * 60 * SECOND_US
EXPIRES_MOST_US: Final = 23 * 3600 * SECOND_US
LINES_MOST: Final = 100
TITLE_MOST: Final = 200
URL_MOST: Final = 5000
# Languages of Stripe's page; others leave it to the browser.
LOCALES: Final = frozenset(
    "bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR ro ru sk sl sv th tr vi "
    "zh zh-HK zh-TW".split()
)

# Here 409 says that the first request under this key is still on its way.
RETRIED: Final = RETRIED_BY_ALL | {409}

Mode = Literal["checkout", "link"]

# The outcome events, and what they tell. `completed` tells more by `payment_status`, see `_notice`.
_SESSION_EVENTS: Final = {
    "checkout.session.completed": Event.PAID,
    "checkout.session.async_payment_succeeded": Event.PAID,
    "checkout.session.async_payment_failed": Event.FAILED,
    "checkout.session.expired": Event.EXPIRED,
}
_DECLINED: Final = "payment_intent.payment_failed"
_REFUND_STATUS: Final[dict[str, Literal["pending", "succeeded", "failed"]]] = {
    "pending": "pending",
    "requires_action": "pending",
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "failed",
}


class Stripe:
    """One tenant's account. Implements `provider.Provider`."""

    name = "stripe"

    def __init__(self, remote: Remote, secret_key: str, webhook_secrets: tuple[str, ...], mode: Mode = "checkout") -> None:
        """`webhook_secrets`: of the endpoint, the old one too while it is rolled."""
        self._remote = remote
        self._headers = {"Authorization": f"Bearer {secret_key}", "Stripe-Version": VERSION}
        self._secrets = webhook_secrets
        self._mode = mode

    async def link(self, charge: Charge) -> Link:
        """See `Provider`."""
        if self._mode == "link":
            return await self._payment_link(charge)
        answer = await self._post("/v1/checkout/sessions", session_form(charge), charge.payment_id)
        return _link(answer)

    async def look(self, charge: Charge, reference: str) -> Notice | None:
        """See `Provider`."""
        if reference.startswith("plink_"):
            found = await self._get("/v1/checkout/sessions", (("payment_link", reference), ("limit", "10")))
            sessions = [each for each in _list(found.get("data")) if isinstance(each, dict)]
            notices = [notice for each in sessions if (notice := _of_session(each, "")) is not None]
            return min(notices, key=lambda notice: notice.event is not Event.PAID, default=None)
        return _of_session(await self._get(path("v1", "checkout", "sessions", reference)), "")

    async def cancel(self, charge: Charge, reference: str) -> None:
        """See `Provider`."""
        if reference.startswith("plink_"):
            await self._post(path("v1", "payment_links", reference), [("active", "false")], f"{charge.payment_id}-deactivate")
        else:
            await self._post(path("v1", "checkout", "sessions", reference, "expire"), [], f"{charge.payment_id}-expire")

    async def refund(self, refund_id: str, receipt: str, amount: int, currency: str) -> Refunded:
        """See `Provider`."""
        form = [("payment_intent", receipt), ("amount", str(stripe_units(amount, currency))), ("metadata[refund_id]", refund_id)]
        return _refunded(await self._post("/v1/refunds", form, refund_id))

    async def look_refund(self, reference: str) -> Refunded:
        """See `Provider`."""
        return _refunded(await self._get(path("v1", "refunds", reference)))

    def verify(self, headers: Mapping[str, str], raw: bytes, now_us: int) -> Notice | None:
        """See `Provider`. The bytes are parsed after their signature was checked."""
        stripe_signature.check(headers.get("Stripe-Signature", ""), raw, self._secrets, now_us // SECOND_US)
        try:
            event = json.loads(raw)
        except (ValueError, RecursionError):
            raise NotGenuine("not JSON") from None
        return notice_of(event)

    async def close(self) -> None:
        """See `Provider`."""
        await self._remote.close()

    async def _payment_link(self, charge: Charge) -> Link:
        # A Payment Link sells a Price, which is made first; each has a key of its own, so that any crash in between is repeated harmlessly.
        price = await self._post(
            "/v1/prices",
            [
                ("currency", charge.currency.lower()),
                ("unit_amount", str(stripe_units(charge.amount, charge.currency))),
                ("product_data[name]", charge.description[:TITLE_MOST]),
            ],
            f"{charge.payment_id}-price",
        )
        form = [
            ("line_items[0][price]", _text(price.get("id"))),
            ("line_items[0][quantity]", "1"),
            ("restrictions[completed_sessions][limit]", "1"),
            ("after_completion[type]", "redirect"),
            ("after_completion[redirect][url]", charge.success_url),
            *_metadata("metadata", charge),
            *_metadata("payment_intent_data[metadata]", charge),
        ]
        return _link(await self._post("/v1/payment_links", form, charge.payment_id))

    async def _post(self, at: str, form: list[tuple[str, str]], key: str) -> dict[str, Any]:
        headers = {**self._headers, "Idempotency-Key": key, "Content-Type": "application/x-www-form-urlencoded"}
        return await self._asked("POST", at, (), urlencode(form).encode(), headers)

    async def _get(self, at: str, query: tuple[tuple[str, str], ...] = ()) -> dict[str, Any]:
        return await self._asked("GET", at, query, None, self._headers)

    async def _asked(
        self, method: str, at: str, query: tuple[tuple[str, str], ...], body: bytes | None, headers: Mapping[str, str]
    ) -> dict[str, Any]:
        try:
            reply = await self._remote.ask(method, at, query=query, body=body, headers=headers, repeatable=True)
        except Unreachable as error:
            raise ProviderDown(str(error), error.retry_after_s) from None
        answer = reply.json()
        if reply.status == 200 and isinstance(answer, dict):
            return answer
        raise _error(reply, answer)


def session_form(charge: Charge) -> list[tuple[str, str]]:
    """The body of `POST /v1/checkout/sessions`. ProviderRefused for an amount Stripe cannot express."""
    return [
        ("mode", "payment"),
        ("client_reference_id", charge.payment_id),
        ("success_url", charge.success_url),
        ("cancel_url", charge.cancel_url),
        ("expires_at", str(charge.expires_at_us // SECOND_US)),
        ("locale", _locale(charge.locale)),
        *_metadata("metadata", charge),
        *_metadata("payment_intent_data[metadata]", charge),
        *_line_items(charge),
    ]


def notice_of(event: Any) -> Notice | None:
    """What a genuine event tells; None for one that is not about a payment of ours. Total on any JSON."""
    if not isinstance(event, dict) or not isinstance(event.get("data"), dict) or not isinstance(event["data"].get("object"), dict):
        return None
    thing, kind, event_id = event["data"]["object"], event.get("type"), scrubbed(event.get("id"), REFERENCE_MOST) or ""
    if not event_id:
        return None
    if kind == _DECLINED:
        return _declined(thing, event_id)
    if not isinstance(kind, str) or kind not in _SESSION_EVENTS:
        return None
    if kind == "checkout.session.completed":
        return _of_session(thing, event_id)
    return _notice(thing, event_id, _SESSION_EVENTS[kind])


def _of_session(session: dict[str, Any], event_id: str) -> Notice | None:
    """By what a session says of itself: `status` (open, complete, expired) and `payment_status` (paid, unpaid, no_payment_required)."""
    if session.get("status") == "expired":
        return _notice(session, event_id, Event.EXPIRED)
    if session.get("status") != "complete":
        return None
    paid = session.get("payment_status") in ("paid", "no_payment_required")
    return _notice(session, event_id, Event.PAID if paid else Event.SUBMITTED)


def _notice(session: dict[str, Any], event_id: str, event: Event) -> Notice | None:
    # Not by `client_reference_id`, which whoever opens a Payment Link may set in its address.
    payment_id, reference = _payment_id(session), scrubbed(session.get("id"), REFERENCE_MOST)
    if payment_id is None or reference is None:
        return None
    if event is Event.EXPIRED and session.get("payment_link") is not None:
        return None  # somebody left; the link itself can be opened again
    units, currency = session.get("amount_total"), session.get("currency")
    currency = currency.upper() if isinstance(currency, str) and len(currency) == 3 else None
    amount = minor_units(units, currency) if currency is not None and isinstance(units, int) and not isinstance(units, bool) else None
    receipt = session.get("payment_intent")
    if isinstance(receipt, dict):
        receipt = receipt.get("id")
    reason = "async_payment_failed" if event is Event.FAILED else None
    return Notice(event, event_id, payment_id, reference, scrubbed(receipt, REFERENCE_MOST), amount, currency, reason)


def _declined(intent: dict[str, Any], event_id: str) -> Notice | None:
    error = intent.get("last_payment_error")
    error = error if isinstance(error, dict) else {}
    reason = scrubbed(error.get("decline_code")) or scrubbed(error.get("code")) or "declined"
    payment_id = _payment_id(intent)
    return None if payment_id is None else Notice(Event.DECLINED, event_id, payment_id, reason=reason)


def _payment_id(thing: dict[str, Any]) -> str | None:
    metadata = thing.get("metadata")
    return scrubbed(metadata.get("payment_id"), REFERENCE_MOST) if isinstance(metadata, dict) else None


def _refunded(refund: dict[str, Any]) -> Refunded:
    reference, status = scrubbed(refund.get("id"), REFERENCE_MOST), _REFUND_STATUS.get(_text(refund.get("status")))
    if reference is None or status is None:
        raise ProviderDown("a refund without id or status")
    return Refunded(reference, status, scrubbed(refund.get("failure_reason")))


def _link(answer: dict[str, Any]) -> Link:
    reference, url = scrubbed(answer.get("id"), REFERENCE_MOST), answer.get("url")
    if reference is None or not isinstance(url, str) or not url.startswith(("https://", "http://")) or len(url) > URL_MOST:
        raise ProviderDown("a page without id or address")
    return Link(reference, url)


def _error(reply: Reply, answer: Any) -> ProviderDown | ProviderRefused:
    """Stripe's error object: `type`, `code`, `decline_code`; its `message` may quote what was sent and is left alone."""
    error = answer.get("error") if isinstance(answer, dict) else None
    error = error if isinstance(error, dict) else {}
    if reply.status in (401, 403):
        return ProviderRefused("provider_key")
    # 409: the first request under this key is still on its way. What is no 4xx is their fault, and a 200 without JSON is no answer.
    if reply.status in (409, 429) or not 400 <= reply.status < 500:
        return ProviderDown(f"status {reply.status}")
    return ProviderRefused(scrubbed(error.get("code")) or scrubbed(error.get("type")) or f"status_{reply.status}")


def _line_items(charge: Charge) -> Iterator[tuple[str, str]]:
    lines = charge.lines
    if not lines or len(lines) > LINES_MOST or sum(line.amount for line in lines) != charge.amount or min(x.amount for x in lines) < 0:
        # What does not add up line by line (a discount on the whole, a deposit) is asked for as one.
        lines = (ChargeLine(charge.description, charge.amount),)
    for index, line in enumerate(lines):
        item = f"line_items[{index}]"
        yield f"{item}[quantity]", "1"
        yield f"{item}[price_data][currency]", charge.currency.lower()
        yield f"{item}[price_data][unit_amount]", str(stripe_units(line.amount, charge.currency))
        yield f"{item}[price_data][product_data][name]", line.title[:TITLE_MOST] or charge.payment_id


def _metadata(field: str, charge: Charge) -> Iterator[tuple[str, str]]:
    yield f"{field}[payment_id]", charge.payment_id
    yield f"{field}[conversation_id]", charge.conversation_id


def _locale(locale: str) -> str:
    language = locale.partition("-")[0].lower()
    return locale if locale in LOCALES else language if language in LOCALES else "auto"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
