"""A shop on loopback that speaks the endpoints of docs/shops.md: what somebody would build to attach theirs.

Behind it is any `Shop` (the demo's, of another tenant), so that the same questions can be put to it directly and over HTTP. Checks what
the document promises a shop (bearer token, `Idempotency-Key` on every change), and can be told to misbehave.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections import deque
from dataclasses import fields
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import TypeAdapter, ValidationError

from mediaserver.errors import RemoteError
from signalling.commerce.money import Money
from signalling.commerce.offer import Draft, Search
from signalling.commerce.shop import OrderRequest, ReturnLine, Shop
from signalling.store import Store

TOKEN = "a-token-of-the-shop"
WEBHOOK_SECRET = "whsec_" + base64.b64encode(b"a secret of the shop's, 32 bytes").decode()
PLAIN: Any = TypeAdapter(Any)


class ShopStandIn:
    """See the module. `faults`, in turn: a status, "hang", "garbage", "huge", "redirect", "drop" (carried out, unanswered), or bytes."""

    def __init__(self, shop: Shop, store: Store) -> None:
        self.shop = shop
        self.store = store
        self.faults: deque[Any] = deque()
        self.requests: list[tuple[str, str, str | None]] = []  # method, path, Idempotency-Key
        self.webhook_url = ""
        self._released = asyncio.Event()
        application = web.Application()
        application.router.add_route("*", "/api/{tail:.*}", self._serve)
        self._server = TestServer(application)

    async def start(self) -> None:
        await self._server.start_server()

    async def close(self) -> None:
        self._released.set()
        await self._server.close()

    @property
    def config(self) -> dict[str, Any]:
        return {"url": str(self._server.make_url("/api")), "token": TOKEN, "webhook_secrets": [WEBHOOK_SECRET]}

    async def send(self, kind: str, data: Any, *, event_id: str, at_s: int | None = None, secret: str = WEBHOOK_SECRET) -> int:
        """A webhook by Standard Webhooks. The status of the answer."""
        raw = json.dumps({"type": kind, "timestamp": "2026-03-01T09:30:00Z", "data": data}).encode()
        return await self.send_raw(raw, signed(raw, event_id, at_s=at_s, secret=secret))

    async def send_raw(self, raw: bytes, headers: dict[str, str]) -> int:
        """Any bytes under any headers."""
        async with aiohttp.ClientSession() as http, http.post(self.webhook_url, data=raw, headers=headers) as response:
            return response.status

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.method, request.path.removeprefix("/api"), request.headers.get("Idempotency-Key")))
        fault = self.faults.popleft() if self.faults else None
        if isinstance(fault, int):
            return web.json_response({"code": "fault"}, status=fault)
        if isinstance(fault, bytes):
            return web.Response(body=fault, content_type="application/json")
        if fault == "hang":
            await self._released.wait()
        if fault == "redirect":
            return web.Response(status=302, headers={"Location": "http://127.0.0.1:9/elsewhere"})
        if fault == "huge":
            return web.Response(body=b'{"products":[],"next_cursor":"' + b"a" * 3_000_000 + b'"}')
        if fault == "garbage":
            return web.Response(body=b"\xff<html>", content_type="application/json")
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"code": "token"}, status=401)
        try:
            answer = await self._answer(request)
        except RemoteError as error:
            return web.json_response(error.problem(), status=error.status, content_type="application/problem+json")
        except LookupError:
            return web.json_response({"code": "not_found"}, status=404)
        except (ValidationError, ValueError):
            return web.json_response({"code": "invalid"}, status=422)
        if fault == "drop":
            assert request.transport is not None
            request.transport.close()
        return web.Response(body=PLAIN.dump_json(answer), content_type="application/json")

    async def _answer(self, request: web.Request) -> Any:
        body = await request.json() if request.can_read_body else {}
        key = request.headers.get("Idempotency-Key")
        match (request.method, *request.path.removeprefix("/api/").split("/")):
            case ("GET", "products"):
                known = {each.name for each in fields(Search)}
                assert set(request.query) <= known
                return await self.shop.search(TypeAdapter(Search).validate_python(dict(request.query)))
            case ("GET", "products", product_id):
                return await self.shop.product(product_id, request.query["currency"], request.query["locale"])
            case ("POST", "quotes"):
                draft = TypeAdapter(Draft).validate_python(body)

                async def asked() -> Draft:
                    return draft

                pricer = await self.shop.pricer(asked)
                return await self.store.read(pricer, draft)
            case ("POST", "orders") if key:
                order = TypeAdapter(OrderRequest).validate_python(body)
                return await self.store.write(await self.shop.place(key, order))
            case ("POST", "orders", ref, "cancel") if key:
                return await self.store.write(await self.shop.cancel(key, ref, body["reason"]))
            case ("POST", "orders", ref, "returns") if key:
                lines = TypeAdapter(tuple[ReturnLine, ...]).validate_python(body["lines"])
                return await self.store.write(await self.shop.request_return(key, ref, lines, body["reason"]))
            case ("POST", "orders", ref, "payments" | "refunds" as what) if key:
                tell = self.shop.paid if what == "payments" else self.shop.refunded
                return await self.store.write(await tell(key, ref, Money(**body["amount"]), body["reference"]))
        raise KeyError(request.path)


def signed(raw: bytes, event_id: str, *, at_s: int | None = None, secret: str = WEBHOOK_SECRET) -> dict[str, str]:
    """The three headers of Standard Webhooks 1.0.0."""
    at_s = int(time.time()) if at_s is None else at_s
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{event_id}.{at_s}.".encode() + raw, hashlib.sha256).digest()
    return {"webhook-id": event_id, "webhook-timestamp": str(at_s), "webhook-signature": f"v1,{base64.b64encode(mac).decode()}"}
