"""The shop's backend as its page calls it: `/api/*` and the widget's `/tresen-token`. JSON in and out; a refusal is `{code}` and a status.

Who calls is known by the shop's cookie (HttpOnly, SameSite=Lax); what changes something is taken only as JSON from a page of the shop's own
origin, which no foreign page's form can send.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from signalling.demo_shop.core_client import CoreClient, Refused
from signalling.demo_shop.identity import MARIA, Visit, Visits
from signalling.demo_shop.till import Till

COOKIE = "kontor_visit"
BODY_BYTES = 16 * 1024
# As many goods as there are, in one page.
GOODS_MOST = 100
LOCALES = Literal["en", "de", "pl", "ro", "el", "pt-BR"]
Handler = Callable[[web.Request, Visit], Awaitable[Any]]


class Body(BaseModel):
    """What a page sends; nothing else."""

    model_config = ConfigDict(extra="forbid")


class Preferences(Body):
    """How the visitor likes to be spoken to."""

    locale: LOCALES


class CartChange(Body):
    """An operation of Tresen's cart interface without its id, and in which currency a new cart would be."""

    operation: dict[str, Any]
    currency: str = Field(default="EUR", pattern="^[A-Z]{3}$")


class CartFound(Body):
    """A cart that the widget told of."""

    cart_id: str = Field(pattern="^cart_[0-9A-Z]{26}$")


class Payment(Body):
    """The last press of the checkout."""

    card: str = Field(max_length=20)
    base_version: int = Field(ge=1)
    address: dict[str, str]
    note: str = Field(default="", max_length=1000)


class Api:
    """See the module."""

    def __init__(self, visits: Visits, core: CoreClient) -> None:
        """Of this shop."""
        self._visits = visits
        self._core = core
        self._till = Till(core)

    def add_to(self, application: web.Application) -> None:
        """Adds the routes."""
        routes: list[tuple[str, str, Handler]] = [
            ("GET", "/api/visit", self.visit),
            ("PUT", "/api/visit", self.prefer),
            ("POST", "/api/sign-in", self.sign_in),
            ("POST", "/api/sign-out", self.sign_out),
            ("GET", "/api/products", self.products),
            ("GET", "/api/products/{product_id}", self.product),
            ("GET", "/api/variants/{variant_id}/delivery", self.delivery),
            ("GET", "/api/cart", self.cart),
            ("POST", "/api/cart", self.change_cart),
            ("PUT", "/api/cart", self.adopt_cart),
            ("POST", "/api/pay", self.pay),
            ("GET", "/api/orders", self.orders),
            ("GET", "/api/orders/{order_id}", self.order),
            ("GET", "/tresen-token", self.token),
        ]
        for method, path, handler in routes:
            application.router.add_route(method, path, self._door(handler))

    def _door(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            visit = self._visits.find(request.cookies.get(COOKIE))
            known = visit is not None
            visit = visit or self._visits.begin()
            try:
                if request.method != "GET":
                    own_page(request)
                response = web.json_response(await handler(request, visit))
            except Refused as refusal:
                said = {name: value for name, value in refusal.problem.items() if name in ("code", "errors", "cart")}
                response = web.json_response({"code": "unknown", **said}, status=refusal.status)
            response.headers["Cache-Control"] = "no-store"
            if not known:
                response.set_cookie(COOKIE, visit.id, httponly=True, samesite="Lax", path="/", secure=request.secure)
            return response

        return answer

    async def visit(self, request: web.Request, visit: Visit) -> Any:
        """Who is here, and where the widget comes from."""
        account = visit.account
        who = (
            None
            if account is None
            else {name: getattr(account, name) for name in ("name", "email", "city", "street", "postcode", "country")}
        )
        return {
            "account": who,
            "locale": visit.locale,
            "cart_id": visit.cart_id,
            "tresen": {"address": self._core.address, "site_id": self._core.signer.site_id},
        }

    async def prefer(self, request: web.Request, visit: Visit) -> Any:
        """Remembers the language, for the widget's token and for new carts."""
        visit.locale = (await read(request, Preferences)).locale
        return await self.visit(request, visit)

    async def sign_in(self, request: web.Request, visit: Visit) -> Any:
        """Signs the demonstration's customer in. A shop of yours would ask for a password here."""
        before = await self._till.cart(visit)
        visit.sign_in(MARIA)
        await self._core.begin(visit)
        await self._till.carry(visit, before)
        return await self.visit(request, visit)

    async def sign_out(self, request: web.Request, visit: Visit) -> Any:
        """Leaves nothing of the customer in this browser."""
        if visit.session is not None:
            await self._core.call(visit, "DELETE", "/v1/session")
        visit.sign_out()
        return await self.visit(request, visit)

    async def token(self, request: web.Request, visit: Visit) -> Any:
        """For the widget's `identify`."""
        return {"token": self._core.signer.token(visit)}

    async def products(self, request: web.Request, visit: Visit) -> Any:
        """The shelves."""
        allowed = ("text", "category", "sort", "currency", "locale")
        asked = {name: value for name, value in request.query.items() if name in allowed and value}
        return await self._core.call(visit, "GET", "/v1/products", params={"limit": str(GOODS_MOST), **asked})

    async def product(self, request: web.Request, visit: Visit) -> Any:
        """One of the goods."""
        asked = {name: value for name, value in request.query.items() if name in ("currency", "locale") and value}
        return await self._core.call(visit, "GET", f"/v1/products/{word(request, 'product_id')}", params=asked)

    async def delivery(self, request: web.Request, visit: Visit) -> Any:
        """Ways to bring it to a country."""
        allowed = ("country", "postcode", "quantity", "currency", "locale")
        asked = {name: value for name, value in request.query.items() if name in allowed and value}
        return await self._core.call(
            visit, "GET", f"/v1/variants/{word(request, 'variant_id')}/delivery", params={"country": "DE", **asked}
        )

    async def cart(self, request: web.Request, visit: Visit) -> Any:
        """The cart as it is now, whoever changed it."""
        return {"cart": await self._till.cart(visit)}

    async def change_cart(self, request: web.Request, visit: Visit) -> Any:
        """One change of the cart."""
        body = await read(request, CartChange)
        return {"cart": await self._till.operate(visit, body.operation, body.currency)}

    async def adopt_cart(self, request: web.Request, visit: Visit) -> Any:
        """The cart that was begun in a conversation."""
        return {"cart": await self._till.adopt(visit, (await read(request, CartFound)).cart_id)}

    async def pay(self, request: web.Request, visit: Visit) -> Any:
        """Orders and pays."""
        body = await read(request, Payment)
        return await self._till.pay(visit, body.card, body.address, body.base_version, body.note)

    async def orders(self, request: web.Request, visit: Visit) -> Any:
        """The visitor's orders, the newest first."""
        return await self._core.call(visit, "GET", "/v1/orders", params={"limit": "20"})

    async def order(self, request: web.Request, visit: Visit) -> Any:
        """One of them."""
        return await self._core.call(visit, "GET", f"/v1/orders/{word(request, 'order_id')}")


def own_page(request: web.Request) -> None:
    """Refused for what a foreign page could have made the browser send."""
    origin = request.headers.get("Origin")
    if origin is not None and origin not in (f"http://{request.host}", f"https://{request.host}"):
        raise Refused(403, {"code": "origin"})


async def read(request: web.Request, model: type[Any]) -> Any:
    """The body. Refused 413, 415, 422."""
    if request.content_type != "application/json":
        raise Refused(415, {"code": "content_type"})
    raw = bytearray()
    async for chunk in request.content.iter_any():
        raw += chunk
        if len(raw) > BODY_BYTES:
            raise Refused(413, {"code": "too_large"})
    try:
        return model.model_validate(json.loads(raw))
    except (ValidationError, ValueError, RecursionError) as error:
        raise Refused(422, {"code": "body"}) from error


def word(request: web.Request, name: str) -> str:
    """An id out of the path, fit for a path of Tresen's. Refused 404 for what no id looks like."""
    value = request.match_info[name]
    if not value.isascii() or not value.replace("-", "").replace("_", "").isalnum():
        raise Refused(404, {"code": "not_found"})
    return value
