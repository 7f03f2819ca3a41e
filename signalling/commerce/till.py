"""Changes that need the shop, carried out: asks it what must be asked outside a transaction, then runs the work.

For the operations of the API and whoever acts for a customer. `write` is `Store.write` or a door's own (which keeps the answer under an
Idempotency-Key). Decides nothing but how often to try: a cart that moved on while a remote shop was asked its price is asked about again.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol, TypeVar

from mediaserver.errors import Conflict, NotFound, PreconditionFailed, Unavailable, Unprocessable
from signalling.commerce import carts, order_events, order_returns, orders, suggestion
from signalling.commerce.cart import Cart, Contents, Frame, draft
from signalling.commerce.carts import Changed, Clash, Request
from signalling.commerce.offer import Destination, Draft
from signalling.commerce.order import Order, OrderReturn, Returned
from signalling.commerce.orders import PlaceRequest
from signalling.commerce.shop import Pricer, ReturnLine, Shops, Stale
from signalling.commerce.suggestion import Suggestion
from signalling.identity.caller import Caller
from signalling.store import Transaction

T = TypeVar("T")

# Each costs a question to a remote shop; a cart that changes faster than the shop answers will calm down.
ATTEMPTS: Final = 5


class Write(Protocol):
    """`Store.write`, or what stands for it."""

    async def __call__(self, work: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        """Runs the work; committed when this returns."""


class CartClash(Conflict):
    """Somebody else has changed the same since. Carries the present cart, so that the client can show it and try again."""

    default_code = "cart_conflict"

    def __init__(self, cart: Cart, clash: Clash | None) -> None:
        super().__init__("The cart was changed since by something that does not go together with this.")
        self.cart = cart
        self.clash = clash

    def problem(self) -> dict[str, Any]:
        """See `RemoteError.problem`."""
        return {**super().problem(), **_present(self.cart, self.clash)}


class CartOutdated(PreconditionFailed):
    """If-Match names an older version. Carries the present cart."""

    def __init__(self, cart: Cart, clash: Clash | None) -> None:
        super().__init__("The cart has another version.", headers={"ETag": f'"{cart.version}"'})
        self.cart = cart
        self.clash = clash

    def problem(self) -> dict[str, Any]:
        """See `RemoteError.problem`."""
        return {**super().problem(), **_present(self.cart, self.clash)}


async def create(
    shops: Shops,
    write: Write,
    caller: Caller,
    cart_id: str,
    currency: str,
    locale: str,
    customer_id: str | None,
    destination: Destination | None = None,
    conversation_id: str | None = None,
) -> Cart:
    """See `carts.create`."""
    blank = Frame(cart_id, 1, currency, locale, customer_id, None, "open", "")

    async def asked() -> Draft:
        return draft(blank, Contents(destination=destination))

    async def run(pricer: Pricer) -> Cart:
        return await write(carts.create, caller, cart_id, currency, locale, customer_id, destination, conversation_id, pricer)

    return await _priced(shops, caller, asked, run)


async def operate(shops: Shops, write: Write, caller: Caller, cart_id: str, request: Request, reason: str = "") -> Changed | Suggestion:
    """Does it; where a rep lacks the grant for it, suggests it (`reason`: the rep's words). CartClash, CartOutdated; see `carts`."""
    if carts.is_rep(caller) and await shops.store.read(suggestion.becomes_suggestion, caller, cart_id, request):

        async def suggested() -> Draft:
            return await shops.store.read(suggestion.preview, caller, cart_id, request)

        async def suggest(pricer: Pricer) -> Suggestion:
            return await write(suggestion.suggest, caller, cart_id, request, reason, pricer)

        return await _priced(shops, caller, suggested, suggest)

    async def asked() -> Draft:
        return await shops.store.read(carts.preview, caller, cart_id, request)

    async def run(pricer: Pricer) -> Changed:
        return await write(carts.operate, caller, cart_id, request, pricer)

    return clear(await _priced(shops, caller, asked, run), exactly=request.exactly)


async def accept(shops: Shops, write: Write, caller: Caller, conversation_id: str, suggestion_id: str) -> Changed:
    """See `suggestion.accept`."""

    async def asked() -> Draft:
        return await shops.store.read(suggestion.preview_accept, caller, conversation_id, suggestion_id)

    async def run(pricer: Pricer) -> Changed:
        return await write(suggestion.accept, caller, conversation_id, suggestion_id, pricer)

    return clear(await _priced(shops, caller, asked, run))


async def place(shops: Shops, write: Write, caller: Caller, request: PlaceRequest) -> Order:
    """See `orders.place`. A remote shop is asked between two transactions: the first freezes the cart and writes the errand down, so that
    after a crash in between the order is either finished or refused, whoever comes first: the same request again, or the courier.
    """
    shop = await shops.of(caller.tenant_id)
    prepared = await shops.store.read(orders.prepare, caller, request)
    if isinstance(prepared, Order):
        return await write(orders.place, caller, request, _never)
    if not shop.embedded:
        await shops.store.write(orders.begin_placing, caller, request)
    try:
        finish = await shop.place(orders.op_id(request.order_id), prepared)
    except (NotFound, Conflict, Unprocessable):
        if not shop.embedded:
            await shops.store.write(orders.give_up, caller, request)
        raise
    return await write(orders.place, caller, request, finish)


async def cancel(shops: Shops, write: Write, caller: Caller, order_id: str, op_id: str, reason: str) -> Order:
    """See `order_events.cancel`. A remote shop is asked first; whoever does not hear the end asks again with the same `op_id`."""
    shop = await shops.of(caller.tenant_id)
    ref, order = await shops.store.read(_known, caller, order_id)
    if order.fulfillment_status != "cancelled":
        order_events.require_cancellable(caller, order)
    finish = await shop.cancel(op_id, ref, reason) if order.fulfillment_status != "cancelled" else _never
    return await write(order_events.cancel, caller, order_id, op_id, reason, finish)


async def request_return(
    shops: Shops, write: Write, caller: Caller, order_id: str, return_id: str, lines: tuple[Returned, ...], reason: str
) -> OrderReturn:
    """See `order_returns.request`. A remote shop is asked first."""
    shop = await shops.of(caller.tenant_id)
    ref, order = await shops.store.read(_known, caller, order_id)
    variants = {line.id: line.variant_id for line in order.lines}
    if not all(line.line_id in variants for line in lines):
        raise NotFound("There is no such line in this order.", code="line_unknown", pointer="/lines")
    await shops.store.read(order_returns.require_possible, caller, order_id, return_id, lines)
    back = tuple(ReturnLine(line.line_id, variants[line.line_id], line.quantity) for line in lines)
    finish = await shop.request_return("op" + return_id.removeprefix("ret"), ref, back, reason)
    return await write(order_returns.request, caller, order_id, return_id, lines, reason, finish)


def clear(changed: Changed, *, exactly: bool = False) -> Changed:
    """What was changed; CartClash or CartOutdated where nothing was."""
    if changed.result is None:
        raise CartOutdated(changed.cart, changed.clash) if exactly else CartClash(changed.cart, changed.clash)
    return changed


async def _priced(shops: Shops, caller: Caller, asked: Callable[[], Awaitable[Draft]], run: Callable[[Pricer], Awaitable[T]]) -> T:
    shop = await shops.of(caller.tenant_id)
    for _ in range(ATTEMPTS):
        pricer = await shop.pricer(asked)
        try:
            return await run(pricer)
        except Stale:
            continue
    raise Unavailable("The cart changes faster than the shop tells its price. Try again.", code="cart_busy", retry_after_s=1)


def _known(tx: Transaction, caller: Caller, order_id: str) -> tuple[str, Order]:
    row = orders.require(tx, caller, order_id)
    return row.ref, orders.opened(tx, row)


def _never(_: Transaction) -> Any:
    raise AssertionError("what was done before is not done again")


def _present(cart: Cart, clash: Clash | None) -> dict[str, Any]:
    found: dict[str, Any] = {"cart": carts.plain(cart)}
    if clash is not None:
        found["conflict"] = {"op_id": clash.op_id, **clash.operation, "actor": carts.actor_json(clash.actor)}
    return found
