"""A stand-in for Stripe, written from its API reference: what our adapter asks of it, its errors, its idempotency, its webhooks.

Serves on loopback; a test plays the customer (`pay`, `decline`, `submit`, `settle`, `expire`). Knows nothing of our code. Documented
behaviour it keeps to: a bearer secret key (401 otherwise); forms with brackets; unknown parameters are 400; the same Idempotency-Key with
the same parameters replays the stored answer (`Idempotent-Replayed: true`), with others it is 400 `idempotency_error`; a session ends 30
minutes to 24 hours after it is made and only an open one can be expired; events are signed with the endpoint's secret over
`<timestamp>.<body>`.
"""

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections import deque
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

SECRET_KEY = "sk_test_standin"
WEBHOOK_SECRET = "whsec_standin"
ZERO_DECIMAL = {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"}
SESSION_PARAMETERS = {
    "mode",
    "client_reference_id",
    "success_url",
    "cancel_url",
    "expires_at",
    "locale",
    "metadata",
    "payment_intent_data",
    "line_items",
}


class Refusal(Exception):
    """An error answer."""

    def __init__(self, status: int, kind: str, code: str, message: str = "") -> None:
        super().__init__(code)
        self.status = status
        self.body = {"error": {"type": kind, "code": code, "message": message, "doc_url": "https://docs.stripe.com/error-codes"}}


class StripeStandIn:
    """See the module. `url` is the API's base; faults put into `faults` are answered, in turn, in place of what was asked."""

    def __init__(self) -> None:
        self.sessions: dict[str, dict[str, Any]] = {}
        self.links: dict[str, dict[str, Any]] = {}
        self.prices: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str, dict[str, str]]] = []  # method, path, headers
        # A number: that status. "drop": the connection is closed after the request was carried out. "hang": no answer.
        self.faults: deque[int | str] = deque()
        self.webhook_url = ""
        self.webhook_secret = WEBHOOK_SECRET
        self.refund_status = "succeeded"
        self._kept: dict[str, tuple[str, int, bytes]] = {}
        self._numbers = itertools.count(1)
        self._hung: set[asyncio.Event] = set()
        application = web.Application()
        application.router.add_route("*", "/{tail:.*}", self._serve)
        self._server = TestServer(application)

    async def start(self) -> None:
        await self._server.start_server()

    async def close(self) -> None:
        for each in self._hung:
            each.set()
        await self._server.close()

    @property
    def url(self) -> str:
        return str(self._server.make_url("")).rstrip("/")

    # What a customer does on the page.

    async def pay(self, session_id: str, *, amount: int | None = None) -> dict[str, Any]:
        """By card: the session is complete and paid."""
        session = self.sessions[session_id]
        session.update(status="complete", payment_status="paid", payment_intent=self._id("pi"))
        if amount is not None:
            session["amount_total"] = amount
        return await self._event("checkout.session.completed", session)

    async def submit(self, session_id: str) -> dict[str, Any]:
        """By a means that takes days."""
        session = self.sessions[session_id]
        session.update(status="complete", payment_status="unpaid", payment_intent=self._id("pi"))
        return await self._event("checkout.session.completed", session)

    async def settle(self, session_id: str, *, paid: bool) -> dict[str, Any]:
        """The days are over."""
        session = self.sessions[session_id]
        session["payment_status"] = "paid" if paid else "unpaid"
        return await self._event(f"checkout.session.async_payment_{'succeeded' if paid else 'failed'}", session)

    async def decline(self, session_id: str, code: str = "insufficient_funds") -> dict[str, Any]:
        """The bank says no; the page stays open."""
        session = self.sessions[session_id]
        error = {"type": "card_error", "code": "card_declined", "decline_code": code, "message": "Your card was declined."}
        intent = {"id": self._id("pi"), "object": "payment_intent", "metadata": session["metadata"], "last_payment_error": error}
        return await self._event("payment_intent.payment_failed", intent)

    async def expire(self, session_id: str) -> dict[str, Any]:
        """Nobody came."""
        self.sessions[session_id].update(status="expired")
        return await self._event("checkout.session.expired", self.sessions[session_id])

    def open_link(self, link_id: str) -> str:
        """Somebody opens a Payment Link: the session they get."""
        link = self.links[link_id]
        assert link["active"]
        price = link["_price"]
        made = self._session(price["unit_amount"], price["currency"], dict(link["metadata"]), None)
        made["payment_link"] = link_id
        return str(made["id"])

    async def send(self, event: dict[str, Any], *, secret: str | None = None, at_s: int | None = None) -> int:
        """Delivers an event (again) to `webhook_url`. The status of the answer."""
        raw = json.dumps(event).encode()
        return await self.send_raw(raw, self.signed(raw, secret=secret, at_s=at_s))

    async def send_raw(self, raw: bytes, signature: str) -> int:
        """Delivers any bytes under any signature."""
        headers = {"Stripe-Signature": signature, "Content-Type": "application/json; charset=utf-8"}
        async with aiohttp.ClientSession() as http, http.post(self.webhook_url, data=raw, headers=headers) as response:
            return response.status

    def signed(self, raw: bytes, *, secret: str | None = None, at_s: int | None = None) -> str:
        """The `Stripe-Signature` of these bytes."""
        at_s = int(time.time()) if at_s is None else at_s
        mac = hmac.new((secret or self.webhook_secret).encode(), f"{at_s}.".encode() + raw, hashlib.sha256)
        return f"t={at_s},v1={mac.hexdigest()},v0={'0' * 64}"

    async def _event(self, kind: str, thing: dict[str, Any]) -> dict[str, Any]:
        event = {
            "id": self._id("evt"),
            "object": "event",
            "api_version": "2025-03-31.basil",
            "created": int(time.time()),
            "livemode": False,
            "type": kind,
            "data": {"object": json.loads(json.dumps({k: v for k, v in thing.items() if not k.startswith("_")}))},
        }
        self.events.append(event)
        if self.webhook_url:
            await self.send(event)
        return event

    # The API.

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.method, request.path, dict(request.headers)))
        fault = self.faults.popleft() if self.faults else None
        if isinstance(fault, int):
            return _json(fault, {"error": {"type": "api_error", "message": "on purpose"}})
        if fault == "hang":
            released = asyncio.Event()
            self._hung.add(released)
            await released.wait()
        raw = await request.read()
        status, body, replayed = self._answer(request, raw)
        if fault == "drop":
            assert request.transport is not None
            request.transport.close()
        headers = {"Request-Id": self._id("req"), **({"Idempotent-Replayed": "true"} if replayed else {})}
        return web.Response(status=status, body=body, content_type="application/json", headers=headers)

    def _answer(self, request: web.Request, raw: bytes) -> tuple[int, bytes, bool]:
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        asked = f"{request.path}?{raw.decode('utf-8', 'replace')}"
        try:
            self._authorise(request)
            if key is not None and len(key) > 255:
                raise Refusal(400, "invalid_request_error", "idempotency_key_too_long")
            if key in self._kept:
                before, status, body = self._kept[key]
                if before != asked:
                    raise Refusal(400, "idempotency_error", "idempotency_key_in_use", "Keys can only be used with the same parameters.")
                return status, body, True
            status, answer = 200, self._routed(request, _nested(parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=bool(raw))))
        except Refusal as error:
            status, answer = error.status, error.body
        body = json.dumps({k: v for k, v in answer.items() if not k.startswith("_")}).encode()
        if key is not None and status != 401:
            self._kept.setdefault(key, (asked, status, body))
        return status, body, False

    def _authorise(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {SECRET_KEY}":
            raise Refusal(401, "invalid_request_error", "", "Invalid API Key provided: sk_test_****")
        if "Stripe-Version" not in request.headers:
            raise Refusal(400, "invalid_request_error", "", "The tests want a pinned version.")
        if request.method == "POST" and request.content_type != "application/x-www-form-urlencoded":
            raise Refusal(400, "invalid_request_error", "", "Forms only.")

    def _routed(self, request: web.Request, form: dict[str, Any]) -> dict[str, Any]:
        match (request.method, *request.path.strip("/").split("/")):
            case ("POST", "v1", "checkout", "sessions"):
                return self._make_session(form)
            case ("GET", "v1", "checkout", "sessions"):
                of = request.query.get("payment_link")
                return {"object": "list", "data": [each for each in self.sessions.values() if each["payment_link"] == of]}
            case ("GET", "v1", "checkout", "sessions", session_id):
                return self._found(self.sessions, session_id)
            case ("POST", "v1", "checkout", "sessions", session_id, "expire"):
                session = self._found(self.sessions, session_id)
                if session["status"] != "open":
                    raise Refusal(400, "invalid_request_error", "", "Only Checkout Sessions with a status in ['open'] can be expired.")
                session["status"] = "expired"
                return session
            case ("POST", "v1", "prices"):
                price = {"id": self._id("price"), "object": "price", "currency": form["currency"], "unit_amount": int(form["unit_amount"])}
                return self.prices.setdefault(str(price["id"]), price)
            case ("POST", "v1", "payment_links"):
                return self._make_link(form)
            case ("POST", "v1", "payment_links", link_id):
                link = self._found(self.links, link_id)
                link["active"] = form.get("active", "true") == "true"
                return link
            case ("POST", "v1", "refunds"):
                return self._make_refund(form)
            case ("GET", "v1", "refunds", refund_id):
                return self._found(self.refunds, refund_id)
        raise Refusal(404, "invalid_request_error", "resource_missing", "Unrecognized request URL")

    def _make_session(self, form: dict[str, Any]) -> dict[str, Any]:
        unknown = set(form) - SESSION_PARAMETERS
        if unknown:
            raise Refusal(400, "invalid_request_error", "parameter_unknown", f"Received unknown parameter: {min(unknown)}")
        if form.get("mode") != "payment" or not form.get("success_url", "").startswith("http"):
            raise Refusal(400, "invalid_request_error", "parameter_missing")
        expires_at = int(form["expires_at"])
        if not 30 * 60 <= expires_at - time.time() <= 24 * 3600:
            raise Refusal(400, "invalid_request_error", "", "The `expires_at` timestamp must be 30 minutes to 24 hours ahead.")
        items = list(form["line_items"].values())
        if not 0 < len(items) <= 100:
            raise Refusal(400, "invalid_request_error", "", "1 to 100 items.")
        data = [item["price_data"] for item in items]
        if any(not each["product_data"]["name"] for each in data):
            raise Refusal(400, "invalid_request_error", "parameter_invalid_empty")
        amount = sum(int(each["unit_amount"]) * int(item["quantity"]) for each, item in zip(data, items, strict=True))
        if amount < 50 and data[0]["currency"] not in ZERO_DECIMAL:
            raise Refusal(400, "invalid_request_error", "amount_too_small")
        made = self._session(amount, data[0]["currency"], form.get("metadata", {}), expires_at)
        made.update(client_reference_id=form.get("client_reference_id"), success_url=form["success_url"], cancel_url=form.get("cancel_url"))
        return made

    def _session(self, amount: int, currency: str, metadata: dict[str, str], expires_at: int | None) -> dict[str, Any]:
        session_id = self._id("cs_test")
        made = {
            "id": session_id,
            "object": "checkout.session",
            "amount_total": amount,
            "currency": currency,
            "expires_at": expires_at,
            "metadata": metadata,
            "mode": "payment",
            "payment_intent": None,
            "payment_link": None,
            "payment_status": "unpaid",
            "status": "open",
            "url": f"https://checkout.stripe.example/c/pay/{session_id}",
            "customer_details": {"email": "ana@example.com", "name": "Ana"},
        }
        return self.sessions.setdefault(session_id, made)

    def _make_link(self, form: dict[str, Any]) -> dict[str, Any]:
        price = self._found(self.prices, form["line_items"]["0"]["price"])
        link_id = self._id("plink")
        made = {"id": link_id, "object": "payment_link", "active": True, "metadata": form.get("metadata", {}), "_price": price}
        return self.links.setdefault(link_id, {**made, "url": f"https://buy.stripe.example/{link_id}"})

    def _make_refund(self, form: dict[str, Any]) -> dict[str, Any]:
        paid = [s for s in self.sessions.values() if s["payment_intent"] == form.get("payment_intent") and s["payment_status"] == "paid"]
        if not paid:
            raise Refusal(404, "invalid_request_error", "resource_missing", "No such payment_intent")
        before = sum(
            r["amount"] for r in self.refunds.values() if r["payment_intent"] == form["payment_intent"] and r["status"] != "failed"
        )
        if before + int(form["amount"]) > paid[0]["amount_total"]:
            raise Refusal(400, "invalid_request_error", "charge_already_refunded")
        refund_id = self._id("re")
        made = {"id": refund_id, "object": "refund", "amount": int(form["amount"]), "payment_intent": form["payment_intent"]}
        return self.refunds.setdefault(refund_id, {**made, "status": self.refund_status, "metadata": form.get("metadata", {})})

    def _found(self, things: dict[str, dict[str, Any]], thing_id: str) -> dict[str, Any]:
        if thing_id not in things:
            raise Refusal(404, "invalid_request_error", "resource_missing", f"No such object: {thing_id}")
        return things[thing_id]

    def _id(self, prefix: str) -> str:
        return f"{prefix}_standin{next(self._numbers):06d}"


def _json(status: int, body: dict[str, Any]) -> web.Response:
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json")


def _nested(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """`a[b][0]=c` -> {"a": {"b": {"0": "c"}}}."""
    made: dict[str, Any] = {}
    for name, value in pairs:
        keys = name.replace("]", "").split("[")
        at = made
        for key in keys[:-1]:
            at = at.setdefault(key, {})
        at[keys[-1]] = value
    return made
