"""What a shop tells by itself: signed webhooks by Standard Webhooks 1.0.0, as `docs/shops.md` describes them.

    order.status_changed   {ref, event: started | shipped | tracked | delivered | returned | cancelled, tracking?, reason?}
    cart.changed           {cart_id, operation: {kind, ...}}     an operation as in the API, done in the shop's name
    product.changed        {product_id}                          price or stock: screens that show it ask again

For `api.routes.inbound`. The webhook's id is the operation's, so a repetition changes nothing, and is remembered besides. Invariants:
raw bytes are verified before anything is parsed; what is not genuine changes nothing, whoever sent it and whatever tenant it names.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from sqlalchemy import select
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from mediaserver.errors import NotFound, Unauthorized, Unprocessable
from signalling.bus import staff_topic, tenant_topic
from signalling.commerce import carts, order_events, payment, till
from signalling.commerce.cart_journal import read_operation
from signalling.commerce.carts import Request
from signalling.commerce.order import Tracking
from signalling.commerce.order_status import FulfillmentEvent
from signalling.commerce.shop import Shops, connected
from signalling.identity.caller import Caller, Role
from signalling.store import Store, Transaction
from signalling.store.tables.commerce import orders

M = TypeVar("M", bound=BaseModel)

SOURCE: Final = "shop"
ID_MOST: Final = 128

Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Link = Annotated[str, StringConstraints(max_length=2000, pattern=r"^https?://[^\x00-\x20\x7f]+$")]


class _Told(BaseModel):
    # A shop may say more than we read.
    model_config = ConfigDict(extra="ignore", frozen=True)


class Parcel(_Told):
    """A parcel on its way."""

    carrier: Text
    number: Text
    url: Link | None = None


class OrderNews(_Told):
    """What happened to an order's goods."""

    ref: Text
    event: FulfillmentEvent
    tracking: Parcel | None = None
    reason: Text = "shop"


class CartNews(_Told):
    """A change of a cart."""

    cart_id: Text
    operation: dict[str, Any] = Field(max_length=20)


class ProductNews(_Told):
    """A product that is not what it was."""

    product_id: Text


class News(_Told):
    """The envelope."""

    type: Literal["order.status_changed", "cart.changed", "product.changed"] | str
    data: dict[str, Any] = Field(max_length=100)


async def receive(store: Store, shops: Shops, tenant_id: str, headers: Mapping[str, str], raw: bytes) -> str:
    """Takes one webhook; `applied`, `repeated` or `ignored`. Unauthorized for one that the tenant's shop did not sign; another error where
    what it tells cannot be.
    """
    event_id = headers.get("webhook-id", "")
    told = verified(await store.read(_secrets, tenant_id), headers, raw)
    if not 0 < len(event_id) <= ID_MOST or not event_id.isprintable():
        raise Unprocessable("The webhook's id is too long.", code="webhook_id")
    if await store.read(payment.heard, tenant_id, SOURCE, event_id):
        return "repeated"
    news = _read(News, told)
    caller = Caller(tenant_id, "key_shop", Role.ADMIN, "shop")
    match news.type:
        case "order.status_changed":
            await store.write(_order, caller, event_id, _read(OrderNews, news.data))
        case "cart.changed":
            await _cart(store, shops, caller, event_id, _read(CartNews, news.data))
        case "product.changed":
            await store.write(_product, tenant_id, _read(ProductNews, news.data))
        case _:
            return "ignored"
    await store.write(payment.hear, tenant_id, SOURCE, event_id)
    return "applied"


def verified(secrets: Sequence[str], headers: Mapping[str, str], raw: bytes) -> Any:
    """The body, parsed, if one of `secrets` signed these bytes lately. Unauthorized otherwise. Total on any bytes and headers."""
    named = {name: headers.get(name, "") for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    for secret in secrets:
        try:
            return Webhook(secret).verify(raw, named)
        # ValueError: base64, UTF-8 or JSON that is none; RuntimeError: a secret of ours that is none.
        except (WebhookVerificationError, ValueError, RuntimeError):
            continue
    raise Unauthorized("The signature does not verify.", code="signature")


def _secrets(tx: Transaction, tenant_id: str) -> tuple[str, ...]:
    kind, config = connected(tx, tenant_id)
    return tuple(config.get("webhook_secrets", ())) if kind == "rest" else ()


def _order(tx: Transaction, caller: Caller, event_id: str, news: OrderNews) -> None:
    order_id = tx.execute(select(orders.c.id).where(orders.c.tenant_id == caller.tenant_id, orders.c.ref == news.ref)).scalar()
    if order_id is None:
        raise NotFound("There is no such order.")
    if news.event == "cancelled":
        # The goods are the shop's own affair: it has cancelled already.
        order_events.cancel(tx, caller, order_id, event_id, news.reason, lambda _: None)
        return
    parcel = None if news.tracking is None else Tracking(news.tracking.carrier, news.tracking.number, news.tracking.url)
    order_events.fulfil(tx, caller, order_id, event_id, news.event, parcel)


async def _cart(store: Store, shops: Shops, caller: Caller, event_id: str, news: CartNews) -> None:
    row = await store.read(carts.require, caller, news.cart_id)
    try:
        operation = read_operation(news.operation)
    except ValidationError:
        raise Unprocessable("This is no operation on a cart.", code="operation", pointer="/data/operation") from None
    request = Request(event_id, row.version, operation)
    changed = await till.operate(shops, store.write, caller, news.cart_id, request)
    if isinstance(changed, carts.Changed):
        till.clear(changed)


def _product(tx: Transaction, tenant_id: str, news: ProductNews) -> None:
    note = {"type": "product.changed", "product_id": news.product_id}
    for topic in (staff_topic(tenant_id), tenant_topic(tenant_id)):
        tx.tell(topic, note)


def _read(model: type[M], value: Any) -> M:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        where = "/".join(str(part) for part in error.errors(include_input=False, include_url=False)[0]["loc"])
        raise Unprocessable("The webhook does not fit its description.", code="webhook", pointer=f"/{where}") from None
