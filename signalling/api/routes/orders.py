"""Orders: placed, followed, cancelled, returned."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from signalling.api.models import Body, CartId, CustomerId, OrderId, Page, PageQuery, id_field
from signalling.api.operation import Context, Operations
from signalling.api.routes.carts import VERSION_MOST, Country, LineId, OpId, Postcode, Quantity
from signalling.commerce import order_events, order_returns, orders, till
from signalling.commerce.order import Order, OrderReturn, Returned, Tracking
from signalling.commerce.orders import PlaceRequest
from signalling.commerce.shop import Address
from signalling.identity.caller import ANYBODY, STAFF

operations = Operations("Orders")

ReturnId = Annotated[str, id_field("ret", "a return, made by you: repeating it is harmless")]
Short = Annotated[str, Field(min_length=1, max_length=200)]


class AddressBody(Body):
    """Where it goes."""

    name: Short
    street: Short
    city: Short
    country: Country
    postcode: Postcode = ""
    region: str = Field(default="", max_length=200)
    phone: str = Field(default="", max_length=40)
    email: str = Field(default="", max_length=254)


class OrderDraft(Body):
    """An order to place."""

    order_id: OrderId = Field(description="Made by you, so that a repetition is harmless.")
    cart_id: CartId
    base_version: int = Field(ge=1, le=VERSION_MOST, description="The cart's version that the customer agreed to.")
    address: AddressBody
    note: str = Field(default="", max_length=1000)


class OrdersQuery(PageQuery):
    """Which orders. Customers see their own."""

    customer_id: CustomerId | None = None


class CancelBody(Body):
    """Why."""

    op_id: OpId
    reason: str = Field(min_length=1, max_length=200)


class TrackingBody(Body):
    """A parcel."""

    carrier: str = Field(min_length=1, max_length=80)
    number: str = Field(min_length=1, max_length=80)
    url: str | None = Field(default=None, max_length=500, pattern=r"^https://[\x21-\x7e]+$")


class FulfilmentBody(Body):
    """What has happened to the goods."""

    op_id: OpId
    event: Literal["started", "shipped", "tracked", "delivered", "returned"]
    tracking: TrackingBody | None = None


class ReturnLineBody(Body):
    """How many pieces of a line."""

    line_id: LineId
    quantity: Quantity


class ReturnDraft(Body):
    """A return to announce."""

    return_id: ReturnId
    lines: list[ReturnLineBody] = Field(min_length=1, max_length=100)
    reason: str = Field(min_length=1, max_length=1000)


class ReturnEventBody(Body):
    """The shop's answer, or the customer's `withdrawn`."""

    event: Literal["approved", "rejected", "withdrawn", "received", "closed"]


class Returns(BaseModel):
    """The oldest first."""

    data: list[OrderReturn]


@operations.add("order.place", "POST", "/v1/orders", roles=ANYBODY, status=201, creates=True)
async def place(context: Context, body: OrderDraft) -> Order:
    """Orders what is in a cart.

    The shop prices it anew and takes the stock, all or nothing: 409 `out_of_stock`, `price_changed`, `cart_conflict`. A rep needs the
    customer's grant (`place_order`). The same `order_id` again gives the order there is.
    """
    address = Address(**body.address.model_dump())
    request = PlaceRequest(body.order_id, body.cart_id, body.base_version, address, body.note)
    return await till.place(context.services.shops, context.write, context.caller, request)


@operations.add("order.list", "GET", "/v1/orders", roles=ANYBODY)
async def list_orders(context: Context, query: OrdersQuery) -> Page[Order]:
    """Orders, the newest first."""
    data, following = await context.read(orders.page, context.caller, customer_id=query.customer_id, limit=query.limit, cursor=query.cursor)
    return Page(data=data, next_cursor=following, has_more=following is not None)


@operations.add("order.read", "GET", "/v1/orders/{order_id}", roles=ANYBODY)
async def read(context: Context, order_id: OrderId) -> Order:
    """An order, with its address."""
    return await context.read(orders.read, context.caller, order_id)


@operations.add("order.cancel", "POST", "/v1/orders/{order_id}/cancel", roles=ANYBODY)
async def cancel(context: Context, order_id: OrderId, body: CancelBody) -> Order:
    """Cancels an order; its goods go back into stock.

    A customer until somebody packs it, the shop until it is on its way.
    """
    return await till.cancel(context.services.shops, context.write, context.caller, order_id, body.op_id, body.reason)


@operations.add("order.fulfil", "POST", "/v1/orders/{order_id}/fulfilment", roles=STAFF)
async def fulfil(context: Context, order_id: OrderId, body: FulfilmentBody) -> Order:
    """Says what has happened to the goods: packed, shipped with tracking, delivered, returned."""
    tracking = Tracking(body.tracking.carrier, body.tracking.number, body.tracking.url) if body.tracking else None
    return await context.write(order_events.fulfil, context.caller, order_id, body.op_id, body.event, tracking)


@operations.add("return.create", "POST", "/v1/orders/{order_id}/returns", roles=ANYBODY, status=201, creates=True)
async def request_return(context: Context, order_id: OrderId, body: ReturnDraft) -> OrderReturn:
    """Announces that something comes back.

    Once the goods are on their way, and never more than were bought. The same `return_id` again gives the return there is.
    """
    lines = tuple(Returned(line.line_id, line.quantity) for line in body.lines)
    return await till.request_return(context.services.shops, context.write, context.caller, order_id, body.return_id, lines, body.reason)


@operations.add("return.list", "GET", "/v1/orders/{order_id}/returns", roles=ANYBODY)
async def list_returns(context: Context, order_id: OrderId) -> Returns:
    """An order's returns."""
    return Returns(data=await context.read(order_returns.listed, context.caller, order_id))


@operations.add("return.advance", "POST", "/v1/orders/{order_id}/returns/{return_id}", roles=ANYBODY)
async def advance_return(context: Context, order_id: OrderId, return_id: ReturnId, body: ReturnEventBody) -> OrderReturn:
    """The shop approves, rejects, receives or closes a return; the customer withdraws it."""
    return await context.write(order_returns.advance, context.caller, order_id, return_id, body.event)
