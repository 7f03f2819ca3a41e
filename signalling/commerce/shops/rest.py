"""Any shop, over HTTP: a dozen JSON endpoints below one base URL, which `docs/shops.md` describes for whoever builds them.

For tenants whose shop was connected as `rest`, with {"url", "token", "webhook_secrets"}. Implements `shop.Shop`; what the shop tells by
itself comes in by `shops.news`. Whatever changes something carries `Idempotency-Key` (our `op_id`), so it may be asked again; a question
changes nothing, so it may be too.

Invariants: we go nowhere but below the base URL, follow no redirect, and reach public addresses only, unless the installation allows
others; an answer is read by its description alone (`Unavailable` where it does not fit, never another error), and a quote that does not
add up is no answer; every fact carries our name for the shop and the time it was told.
"""

import dataclasses
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Final, TypeVar

import aiohttp
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from mediaserver.errors import Conflict, LocalError, NotFound, RemoteError, Unavailable, Unprocessable
from signalling.addresses import PublicResolver, checked_url
from signalling.commerce.money import Money
from signalling.commerce.offer import DeliveryOption, Draft, Found, Product, Quote, Search
from signalling.commerce.remote import Remote, Reply, Unreachable, path
from signalling.commerce.shop import Finish, OrderRequest, Placed, Pricer, ReturnLine, Stale
from signalling.store import Store, Transaction
from signalling.times import rfc3339

T = TypeVar("T")

SOURCE: Final = "shop"
# A customer waits for a price; an order may take a shop's back office a moment.
ATTEMPT_S: Final = 5.0
ATTEMPTS: Final = 3
# What a shop may refuse with; the words are `shop.Shop`'s own.
CONFLICTS: Final = frozenset({"out_of_stock", "price_changed", "order_state", "op_id_reused"})
UNPROCESSABLE: Final = frozenset({"currency_unsupported", "destination_unsupported", "cursor"})

# The longest product description that is worth carrying through carts and sockets.
TEXT_MOST: Final = 20_000
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_LINK: Final = re.compile(r"https?://|/(?!/)")
_LINKS: Final = frozenset({"url", "image_url"})

Secret = Annotated[str, StringConstraints(min_length=16, max_length=512, pattern=r"^[\x21-\x7e]+$")]


class RestConfig(BaseModel):
    """How a shop is reached. `webhook_secrets`: Standard Webhooks' `whsec_...`, the old one too while it is rolled."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, StringConstraints(max_length=2048)]
    token: Secret
    webhook_secrets: tuple[Secret, ...] = Field(default=(), max_length=4)


def config(given: Mapping[str, Any], *, private: bool) -> RestConfig:
    """A checked configuration. Unprocessable says what is wrong, without the secrets."""
    try:
        made = RestConfig.model_validate(dict(given))
    except ValidationError as error:
        wrong = sorted({str(fault["loc"][0]) for fault in error.errors(include_input=False, include_url=False) if fault["loc"]})
        raise Unprocessable(f"The shop's configuration does not fit: {', '.join(wrong)}.", code="shop_config") from None
    if checked_url(made.url, private=private).query_string:
        raise Unprocessable("The shop's address is a path without a query.", code="shop_config")
    return made


class RestShop:
    """See the module."""

    name = SOURCE
    embedded = False

    def __init__(self, store: Store, tenant_id: str, given: Mapping[str, Any], *, private: bool = False) -> None:
        """`private`: whether the shop may be at an address that is not public."""
        try:
            chosen = config(given, private=private)
        except Unprocessable as error:
            raise LocalError(error.detail) from None
        self.store = store
        self.tenant_id = tenant_id
        self.remote = Remote(
            chosen.url,
            headers={"Authorization": f"Bearer {chosen.token}"},
            attempt_s=ATTEMPT_S,
            attempts=ATTEMPTS,
            clock=store.clock,
            connector=None if private else _public,
        )

    async def search(self, search: Search) -> Found:
        """See `shop.Shop`."""
        query = [(name, _text(value)) for name, value in dataclasses.asdict(search).items() if value not in (None, "", False)]
        return self._sourced(await self._asked(_FOUND, "GET", "/products", query=query))

    async def product(self, product_id: str, currency: str, locale: str) -> Product:
        """See `shop.Shop`."""
        query = [("currency", currency), ("locale", locale)]
        return self._sourced(await self._asked(_PRODUCT, "GET", _path("products", product_id), query=query))

    async def delivery(self, draft: Draft) -> tuple[DeliveryOption, ...]:
        """See `shop.Shop`."""
        return (await self._quote(draft)).shipping_options

    async def pricer(self, draft: Callable[[], Awaitable[Draft]]) -> Pricer:
        """See `shop.Shop`: the quote is asked for here and holds for this draft alone."""
        asked = await draft()
        told = await self._quote(asked)

        def price(_: Transaction, of: Draft) -> Quote:
            if of != asked:
                raise Stale("the cart has moved on")
            return told

        return price

    async def place(self, op_id: str, request: OrderRequest) -> Finish[Placed]:
        """See `shop.Shop`."""
        placed = self._sourced(await self._asked(_PLACED, "POST", "/orders", body=dataclasses.asdict(request), key=op_id))
        self._check(placed.quote, request.draft)
        if placed.quote.totals.total != request.expected:
            raise _nonsense()
        return _given(placed)

    async def cancel(self, op_id: str, ref: str, reason: str) -> Finish[None]:
        """See `shop.Shop`."""
        await self._done(op_id, _path("orders", ref, "cancel"), {"reason": reason})
        return _given(None)

    async def request_return(self, op_id: str, ref: str, lines: tuple[ReturnLine, ...], reason: str) -> Finish[None]:
        """See `shop.Shop`."""
        body = {"lines": [dataclasses.asdict(line) for line in lines], "reason": reason}
        await self._done(op_id, _path("orders", ref, "returns"), body)
        return _given(None)

    async def paid(self, op_id: str, ref: str, amount: Money, reference: str) -> Finish[None]:
        """See `shop.Shop`."""
        await self._done(op_id, _path("orders", ref, "payments"), {"amount": dataclasses.asdict(amount), "reference": reference})
        return _given(None)

    async def refunded(self, op_id: str, ref: str, amount: Money, reference: str) -> Finish[None]:
        """See `shop.Shop`."""
        await self._done(op_id, _path("orders", ref, "refunds"), {"amount": dataclasses.asdict(amount), "reference": reference})
        return _given(None)

    async def close(self) -> None:
        """See `shop.Shop`."""
        await self.remote.close()

    async def _quote(self, draft: Draft) -> Quote:
        # A question, although it is a POST: it has a body and changes nothing.
        quote = self._sourced(await self._asked(_QUOTE, "POST", "/quotes", body=dataclasses.asdict(draft)))
        self._check(quote, draft)
        return quote

    def _check(self, quote: Quote, draft: Draft) -> None:
        if quote.faults(draft):
            raise _nonsense()

    async def _done(self, op_id: str, at: str, body: Mapping[str, Any]) -> None:
        await self._asked(None, "POST", at, body=body, key=op_id)

    async def _asked(
        self,
        answer: "TypeAdapter[T] | None",
        method: str,
        at: str,
        *,
        query: list[tuple[str, str]] | None = None,
        body: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> T:
        headers = {} if body is None else {"Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        raw = None if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            reply = await self.remote.ask(method, at, query=query or (), body=raw, headers=headers, repeatable=True)
        except Unreachable as error:
            raise Unavailable("The shop does not answer. Try again.", code="shop", retry_after_s=error.retry_after_s) from None
        if not 200 <= reply.status < 300:
            raise _refusal(reply)
        if answer is None:
            return None  # type: ignore[return-value] # nobody reads what there is no description of
        try:
            return answer.validate_json(reply.body)
        except (ValidationError, RemoteError, RecursionError):  # RemoteError: money that is none
            raise _nonsense() from None

    def _sourced(self, told: T) -> T:
        """The same, every fact with our name for the shop and the time of its answer: a shop does not say what we call it."""
        try:
            made: T = _stamped(told, rfc3339(self.store.clock()))
        except ValueError:
            raise _nonsense() from None
        return made


_FOUND: TypeAdapter[Found] = TypeAdapter(Found)
_PRODUCT: TypeAdapter[Product] = TypeAdapter(Product)
_QUOTE: TypeAdapter[Quote] = TypeAdapter(Quote)
_PLACED: TypeAdapter[Placed] = TypeAdapter(Placed)


def _stamped(told: Any, at: str, name: str = "") -> Any:
    """ValueError for a text that is too long, has control characters, or would be a link to something else than a page."""
    if isinstance(told, str):
        if len(told) > TEXT_MOST or _CONTROL.search(told) or (name in _LINKS and not _LINK.match(told)):
            raise ValueError("a text that cannot be shown")
        return told
    if isinstance(told, tuple):
        return tuple(_stamped(each, at) for each in told)
    if isinstance(told, Mapping):
        return {_stamped(key, at): _stamped(value, at) for key, value in told.items()}
    if not dataclasses.is_dataclass(told) or isinstance(told, type | Money):
        return told
    changes = {each.name: _stamped(getattr(told, each.name), at, each.name) for each in dataclasses.fields(told)}
    if "source" in changes:
        changes |= {"source": SOURCE, "at": at}
    return dataclasses.replace(told, **changes)


def _refusal(reply: Reply) -> RemoteError:
    """A shop's refusal in our words; its own are not shown to customers. What is no documented refusal is no answer."""
    told = reply.json()
    told = told if isinstance(told, Mapping) else {}
    code, pointer = told.get("code"), None
    errors = told.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], Mapping) and isinstance(errors[0].get("pointer"), str):
        pointer = errors[0]["pointer"][:64]
    if reply.status == 404:
        return NotFound("The shop knows no such thing.")
    if reply.status == 409 and isinstance(code, str) and code in CONFLICTS:
        return Conflict("The shop cannot do this any more.", code=code, pointer=pointer)
    if reply.status == 422 and isinstance(code, str):
        return Unprocessable("The shop cannot do this.", code=code if code in UNPROCESSABLE else "invalid", pointer=pointer)
    return Unavailable("The shop does not answer as it should. Try again.", code="shop", retry_after_s=5)


def _nonsense() -> Unavailable:
    return Unavailable("The shop's answer does not fit what was asked.", code="shop", retry_after_s=5)


def _given(value: T) -> Finish[T]:
    return lambda _: value


def _path(*segments: str) -> str:
    try:
        return path(*segments)
    except ValueError:
        raise NotFound("The shop knows no such thing.") from None


def _text(value: object) -> str:
    return "true" if value is True else str(value)


def _public() -> aiohttp.BaseConnector:
    return aiohttp.TCPConnector(resolver=PublicResolver(), use_dns_cache=False, limit=32)
