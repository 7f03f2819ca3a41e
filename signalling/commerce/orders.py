"""Orders in the store: placed, read, listed. Works, for `till`; what happens to an order later is in `order_events`.

Placing is one transaction: the shop prices anew and takes the stock (a shop in our own store; a remote one has done so before), the cart is
closed, the order is there, `cart.updated` and `order.placed` are on the timeline. The order's id is made by the client and stands for
the operation: placing again with it and the same content gives the order there is.

Invariants: one order for a cart; its number is unique in the tenant; what the customer agreed to (the cart's version and total) is what is
ordered.
"""

import base64
import binascii
import functools
import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, and_, bindparam, insert, or_, select, update

from mediaserver.errors import Conflict, Forbidden, NotFound, Unprocessable
from signalling.commerce import carts, errands
from signalling.commerce.cart import Cart, author, contents, draft, frame
from signalling.commerce.money import zero
from signalling.commerce.order import Order
from signalling.commerce.shop import Address, Finish, OrderRequest, Placed
from signalling.conversation import timeline
from signalling.conversation.timeline import Actor
from signalling.identity.caller import Caller
from signalling.store import Transaction, prepared
from signalling.store.tables.commerce import orders
from signalling.times import rfc3339


@dataclass(frozen=True, slots=True)
class PlaceRequest:
    """An order as it is asked for. `base_version`: the cart the customer agreed to."""

    order_id: str
    cart_id: str
    base_version: int
    address: Address | None = None
    note: str = ""


_HERE = (orders.c.tenant_id == bindparam("tenant"), orders.c.id == bindparam("order"))
_FIND = prepared(select(orders).where(*_HERE))
_LOCK = prepared(select(orders).where(*_HERE).with_for_update())
_INSERT = prepared(insert(orders))
_UPDATE = prepared(
    update(orders)
    .where(*_HERE)
    .values(
        version=bindparam("made"),
        financial_status=bindparam("financial"),
        fulfillment_status=bindparam("fulfillment"),
        body=bindparam("sealed"),
        updated_at_us=bindparam("now_us"),
    )
)


def prepare(tx: Transaction, caller: Caller, request: PlaceRequest) -> OrderRequest | Order:
    """A work: what the shop is to be asked, or the order there is already. See `place` for its errors."""
    done = _placed_before(tx, caller, request)
    if done is not None:
        return done
    row, cart, _ = _orderable(tx, caller, request)
    wanted = draft(frame(cart), contents(cart, row.wished_shipping))
    return OrderRequest(request.order_id, wanted, cart.totals.total, request.address, request.note)


def place(tx: Transaction, caller: Caller, request: PlaceRequest, finish: Finish[Placed]) -> Order:
    """A work: the order is placed. A repetition gives the order there is; Conflict `order_id_reused` for other content. Conflict
    `cart_conflict` where the cart has changed since, `cart_closed`, `cart_incomplete` (nothing in it, no shipping chosen), `out_of_stock`,
    `price_changed`; Forbidden for a rep without `place_order`.
    """
    carts.find(tx, caller.tenant_id, request.cart_id, lock=True)
    done = _placed_before(tx, caller, request)  # looked for under the cart's lock: the same request may have been under way
    if done is not None:
        return done
    row, cart, begun = _orderable(tx, caller, request, lock=True)
    placed = finish(tx)
    theirs = carts.conversations_of(tx, caller.tenant_id, cart.id)
    order = _order(cart, request, placed, theirs[0].id if theirs else None, caller.actor, tx.now_us)
    tx.run(
        _INSERT,
        {
            "tenant_id": caller.tenant_id,
            "id": order.id,
            "number": order.number,
            "ref": placed.ref,
            "cart_id": cart.id,
            "customer_id": cart.customer_id,
            "financial_status": order.financial_status,
            "fulfillment_status": order.fulfillment_status,
            "version": order.version,
            "digest": _digest(request, caller),
            "total": order.totals.total.amount,
            "currency": order.currency,
            "body": _sealed(tx, caller.tenant_id, order),
            "placed_at_us": tx.now_us,
            "updated_at_us": tx.now_us,
        },
    )
    if begun:
        errands.done(tx, caller.tenant_id, op_id(order.id))
    carts.moved(tx, caller.tenant_id, cart, row.wished_shipping, "ordered", "done", caller.actor, "order")
    for each in theirs:
        timeline.append(tx, caller.tenant_id, each.id, "order.placed", caller.actor, {"order": shown(order)})
    return order


def begin_placing(tx: Transaction, caller: Caller, request: PlaceRequest) -> None:
    """A work, before a remote shop is asked: nothing changes the cart any more, and the errand is on disk."""
    if _placed_before(tx, caller, request) is not None:
        return
    row, cart, _ = _orderable(tx, caller, request, lock=True)
    body = {**asdict(request), "caller": {"id": caller.id, "role": caller.role.value, "name": caller.name}}
    errands.add(tx, caller.tenant_id, op_id(request.order_id), "place", request.order_id, body)
    if cart.status == "open":
        carts.moved(tx, caller.tenant_id, cart, row.wished_shipping, "placing", cart.checkout_step, caller.actor, "place")


def give_up(tx: Transaction, caller: Caller, request: PlaceRequest) -> None:
    """A work: the remote shop has refused the order for good; the cart can be changed again."""
    errands.done(tx, caller.tenant_id, op_id(request.order_id))
    row = carts.find(tx, caller.tenant_id, request.cart_id, lock=True)
    if row is not None and row.status == "placing":
        cart = carts.opened(tx, row)
        carts.moved(tx, caller.tenant_id, cart, row.wished_shipping, "open", cart.checkout_step, timeline.SYSTEM, "refused")


def op_id(order_id: str) -> str:
    """The operation that places this order, as the shop knows it."""
    return "op" + order_id.removeprefix("ord")


def read(tx: Transaction, caller: Caller, order_id: str) -> Order:
    """A work: an order that the caller may see."""
    return opened(tx, require(tx, caller, order_id))


def page(
    tx: Transaction, caller: Caller, *, customer_id: str | None = None, limit: int = 50, cursor: str | None = None
) -> tuple[list[Order], str | None]:
    """A work: orders, the newest first, and the cursor of the next page or None. Customers see their own whatever they ask for."""
    column = orders.c
    wanted = select(orders).where(column.tenant_id == caller.tenant_id)
    if not caller.staff:
        wanted = wanted.where(column.customer_id == caller.id)
    elif customer_id is not None:
        wanted = wanted.where(column.customer_id == customer_id)
    if cursor is not None:
        at_us, last = _place_in(cursor)
        wanted = wanted.where(or_(column.placed_at_us < at_us, and_(column.placed_at_us == at_us, column.id < last)))
    rows = tx.all(wanted.order_by(column.placed_at_us.desc(), column.id.desc()).limit(limit + 1))
    following = None
    if len(rows) > limit:
        following = base64.urlsafe_b64encode(f"{rows[limit - 1].placed_at_us}:{rows[limit - 1].id}".encode()).decode().rstrip("=")
    return [opened(tx, row) for row in rows[:limit]], following


def find(tx: Transaction, tenant_id: str, order_id: str, *, lock: bool = False) -> Row[Any] | None:
    """The row, whoever asks."""
    return tx.first(_LOCK if lock else _FIND, {"tenant": tenant_id, "order": order_id})


def require(tx: Transaction, caller: Caller, order_id: str, *, lock: bool = False) -> Row[Any]:
    """The row, if the caller may see it: the shop's staff all of the shop's, customers their own and those the shop's token names."""
    row = find(tx, caller.tenant_id, order_id, lock=lock)
    if row is None or not _theirs(caller, row):
        raise NotFound("There is no such order.")
    return row


def opened(tx: Transaction, row: Row[Any]) -> Order:
    """A row as callers see it."""
    return order_json().validate_json(tx.unseal(row.tenant_id, row.body, f"orders/{row.id}"))


def keep(tx: Transaction, tenant_id: str, order: Order) -> None:
    """Writes the row anew."""
    sealed = _sealed(tx, tenant_id, order)
    values = {"made": order.version, "financial": order.financial_status, "fulfillment": order.fulfillment_status}
    tx.run(_UPDATE, {"tenant": tenant_id, "order": order.id, **values, "sealed": sealed, "now_us": tx.now_us})


def shown(order: Order) -> dict[str, Any]:
    """As entries show it: without address and note, which are for those who ask for the order itself."""
    made: dict[str, Any] = order_json().dump_python(order, mode="json")
    del made["address"], made["note"]
    return made


@functools.cache
def order_json() -> TypeAdapter[Order]:
    """Reads and writes `Order`."""
    return TypeAdapter(Order)


def _theirs(caller: Caller, row: Row[Any]) -> bool:
    return caller.staff or row.customer_id == caller.id or row.id in caller.order_ids


def _placed_before(tx: Transaction, caller: Caller, request: PlaceRequest) -> Order | None:
    row = find(tx, caller.tenant_id, request.order_id)
    if row is None:
        return None
    if not _theirs(caller, row):
        raise NotFound("There is no such order.")
    if row.digest != _digest(request, caller):
        raise Conflict("This order_id was used for another order.", code="order_id_reused", pointer="/order_id")
    return opened(tx, row)


def _orderable(tx: Transaction, caller: Caller, request: PlaceRequest, *, lock: bool = False) -> tuple[Row[Any], Cart, bool]:
    """The cart, and whether a remote shop has been asked to take it already."""
    begun = errands.find(tx, caller.tenant_id, op_id(request.order_id))
    if begun is not None and begun.body["caller"]["id"] == caller.id and begun.body["cart_id"] == request.cart_id:
        row = carts.find(tx, caller.tenant_id, request.cart_id, lock=lock)
        if row is not None and row.status == "placing":  # it was all looked at then, and nothing can have changed
            return row, carts.opened(tx, row), True
    row = carts.require(tx, caller, request.cart_id, lock=lock)
    cart = carts.opened(tx, row)
    _require_orderable(tx, caller, cart, request)
    return row, cart, False


def _require_orderable(tx: Transaction, caller: Caller, cart: Cart, request: PlaceRequest) -> None:
    if carts.is_rep(caller) and carts.consented(tx, caller, cart.id, "place_order") is None:
        raise Forbidden("The customer has not allowed this.", code="consent_missing")
    if cart.status != "open":
        raise Conflict("This cart is closed.", code="cart_closed")
    if cart.version != request.base_version:
        raise Conflict("The cart has changed since.", code="cart_conflict", pointer="/base_version")
    if not cart.lines:
        raise Conflict("There is nothing in the cart.", code="cart_incomplete")
    if cart.selected_shipping is None:
        raise Conflict("No shipping has been chosen.", code="cart_incomplete")
    destination = cart.destination
    if request.address is not None and destination is not None and request.address.country != destination.country:
        raise Conflict(
            "The address is in another country than the cart was priced for.", code="cart_incomplete", pointer="/address/country"
        )


def _order(cart: Cart, request: PlaceRequest, placed: Placed, conversation_id: str | None, actor: Actor, now_us: int) -> Order:
    """Priced by the shop at this very moment; who added what is the cart's."""
    quote = placed.quote
    by_line = {line.line_id: line for line in quote.lines}
    lines = []
    for line in cart.lines:
        now = by_line.get(line.id)
        if now is not None:
            lines.append(
                replace(line, unit_price=now.unit_price, discount_total=now.discount_total, tax_total=now.tax_total, total=now.total)
            )
    at = rfc3339(now_us)
    return Order(
        id=request.order_id,
        number=placed.number,
        version=1,
        cart_id=cart.id,
        conversation_id=conversation_id,
        customer_id=cart.customer_id,
        currency=cart.currency,
        locale=cart.locale,
        lines=tuple(lines),
        discount_codes=quote.discount_codes,
        shipping=next((option for option in quote.shipping_options if option.id == quote.selected_shipping), None),
        totals=quote.totals,
        taxes_included=quote.taxes_included,
        destination=cart.destination,
        address=request.address,
        note=request.note,
        financial_status=placed.financial_status,
        fulfillment_status=placed.fulfillment_status,
        paid=zero(cart.currency),
        refunded=zero(cart.currency),
        tracking=(),
        cancel_reason=None,
        placed_by=author(actor),
        placed_at=at,
        updated_at=at,
    )


def _digest(request: PlaceRequest, caller: Caller) -> str:
    """Not of address and note: a hash of something so guessable would be as good as the thing itself."""
    what = [request.order_id, request.cart_id, request.base_version, caller.id]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()


def _sealed(tx: Transaction, tenant_id: str, order: Order) -> bytes:
    return tx.seal(tenant_id, order_json().dump_json(order), f"orders/{order.id}")


def _place_in(cursor: str) -> tuple[int, str]:
    try:
        at_us, _, last = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii").partition(":")
        if not at_us.isdigit() or len(at_us) > 18 or not last.isprintable():
            raise ValueError("not a place in this list")
        return int(at_us), last
    except (binascii.Error, ValueError):
        raise Unprocessable("This cursor is not from this list.", code="cursor", pointer="/query/cursor") from None
