"""Returns: a customer announces what goes back and why, the shop approves or rejects, receives, closes. Works.

Told as `order.status_changed` with the return under `data.return`. Money goes back through payments, stock through the shop, when it has
looked at the goods. Invariant: of a line no more pieces are on their way back, or have come back, than were bought.
"""

import functools
import hashlib
import json
from collections import Counter
from dataclasses import asdict, replace
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, insert, select, update

from mediaserver.errors import Conflict, Forbidden, NotFound
from signalling.commerce import order_events, orders
from signalling.commerce.order import Order, OrderReturn, Returned
from signalling.commerce.order_status import LIVE_RETURNS, RETURN, RETURNABLE, ReturnEvent, following
from signalling.commerce.shop import Finish
from signalling.identity.caller import Caller
from signalling.store import Transaction
from signalling.store.tables.commerce import order_returns as table
from signalling.times import rfc3339


def request(
    tx: Transaction,
    caller: Caller,
    order_id: str,
    return_id: str,
    lines: tuple[Returned, ...],
    reason: str,
    finish: Finish[None],
) -> OrderReturn:
    """A work: the customer wants to give these back. Again with the same `return_id`: the return there is. Conflict `order_state` before
    the goods are on their way, `return_too_many` for more than were bought.
    """
    row = orders.require(tx, caller, order_id, lock=True)
    known = _find(tx, caller.tenant_id, order_id, return_id)
    if known is not None:
        if known.digest != _digest(order_id, lines):
            raise Conflict("This return_id was used for another return.", code="return_id_reused", pointer="/return_id")
        return _opened(tx, known)
    order = orders.opened(tx, row)
    _require_possible(tx, caller.tenant_id, order, lines)
    finish(tx)
    now = rfc3339(tx.now_us)
    made = OrderReturn(return_id, order_id, "requested", lines, reason, now, now)
    tx.execute(
        insert(table).values(
            tenant_id=caller.tenant_id,
            id=return_id,
            order_id=order_id,
            status=made.status,
            digest=_digest(order_id, lines),
            body=_sealed(tx, caller.tenant_id, made),
            created_at_us=tx.now_us,
            updated_at_us=tx.now_us,
        )
    )
    order_events.changed(tx, caller.tenant_id, order, order, caller.actor, {"event": "return_requested", "return": _shown(made)})
    return made


def require_possible(tx: Transaction, caller: Caller, order_id: str, return_id: str, lines: tuple[Returned, ...]) -> None:
    """A work: raises what `request` would, before a remote shop is asked."""
    row = orders.require(tx, caller, order_id)
    if _find(tx, caller.tenant_id, order_id, return_id) is None:
        _require_possible(tx, caller.tenant_id, orders.opened(tx, row), lines)


def advance(tx: Transaction, caller: Caller, order_id: str, return_id: str, event: ReturnEvent) -> OrderReturn:
    """A work: the shop's answer, or the customer's `withdrawn`. Again: nothing more. Conflict `order_state` out of turn."""
    row = orders.require(tx, caller, order_id, lock=True)
    if not caller.staff and event != "withdrawn":
        raise Forbidden("This is the shop's to say.", code="role")
    known = _find(tx, caller.tenant_id, order_id, return_id)
    if known is None:
        raise NotFound("There is no such return.")
    before = _opened(tx, known)
    if before.status == event:
        return before
    made = replace(before, status=following(RETURN, before.status, event), updated_at=rfc3339(tx.now_us))
    tx.execute(
        update(table)
        .where(table.c.tenant_id == caller.tenant_id, table.c.id == return_id)
        .values(status=made.status, body=_sealed(tx, caller.tenant_id, made), updated_at_us=tx.now_us)
    )
    order = orders.opened(tx, row)
    after = order
    if event == "received" and _pieces_back(tx, caller.tenant_id, order.id, {"received", "closed"}) == Counter(
        {line.id: line.quantity for line in order.lines}
    ):
        after = replace(order, fulfillment_status="returned")
    order_events.changed(tx, caller.tenant_id, order, after, caller.actor, {"event": f"return_{event}", "return": _shown(made)})
    return made


def listed(tx: Transaction, caller: Caller, order_id: str) -> list[OrderReturn]:
    """A work: an order's returns, the oldest first."""
    orders.require(tx, caller, order_id)
    return [_opened(tx, row) for row in _of_order(tx, caller.tenant_id, order_id)]


def _require_possible(tx: Transaction, tenant_id: str, order: Order, lines: tuple[Returned, ...]) -> None:
    if order.fulfillment_status not in RETURNABLE:
        raise Conflict(f"Nothing can come back yet: the order is {order.fulfillment_status}.", code="order_state")
    bought = {line.id: line.quantity for line in order.lines}
    back = _pieces_back(tx, tenant_id, order.id, LIVE_RETURNS)
    for at, line in enumerate(lines):
        if line.line_id not in bought:
            raise NotFound("There is no such line in this order.", code="line_unknown", pointer=f"/lines/{at}/line_id")
        back[line.line_id] += line.quantity
        if back[line.line_id] > bought[line.line_id]:
            raise Conflict("More than were bought would come back.", code="return_too_many", pointer=f"/lines/{at}/quantity")


def _pieces_back(tx: Transaction, tenant_id: str, order_id: str, statuses: frozenset[str] | set[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for row in _of_order(tx, tenant_id, order_id):
        if row.status in statuses:
            for line in _opened(tx, row).lines:
                found[line.line_id] += line.quantity
    return found


def _of_order(tx: Transaction, tenant_id: str, order_id: str) -> list[Row[Any]]:
    wanted = select(table).where(table.c.tenant_id == tenant_id, table.c.order_id == order_id).order_by(table.c.created_at_us, table.c.id)
    return list(tx.all(wanted))


def _find(tx: Transaction, tenant_id: str, order_id: str, return_id: str) -> Row[Any] | None:
    row = tx.first(select(table).where(table.c.tenant_id == tenant_id, table.c.id == return_id))
    if row is not None and row.order_id != order_id:
        raise NotFound("There is no such return.")
    return row


def _opened(tx: Transaction, row: Row[Any]) -> OrderReturn:
    return _return_json().validate_json(tx.unseal(row.tenant_id, row.body, f"order_returns/{row.id}"))


def _sealed(tx: Transaction, tenant_id: str, made: OrderReturn) -> bytes:
    return tx.seal(tenant_id, _return_json().dump_json(made), f"order_returns/{made.id}")


def _shown(made: OrderReturn) -> dict[str, Any]:
    shown: dict[str, Any] = _return_json().dump_python(made, mode="json")
    return shown


def _digest(order_id: str, lines: tuple[Returned, ...]) -> str:
    return hashlib.sha256(json.dumps([order_id, [asdict(line) for line in lines]]).encode()).hexdigest()


@functools.cache
def _return_json() -> TypeAdapter[OrderReturn]:
    return TypeAdapter(OrderReturn)
