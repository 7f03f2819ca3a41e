"""What hangs on a conversation when its client comes back: the place in the queue, the call, the cart's version.

For the socket's `welcome`. `call` and `cart` are works (`services.Restorer`); the place is read from the desk's floor, on the loop's
thread. Only as much as a client needs to know whether it is up to date; the rest is asked for or watched.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select

from signalling.conversation.conversation import Conversation
from signalling.identity.caller import Caller
from signalling.routing.desk import Desk
from signalling.routing.place import place_of
from signalling.store import Transaction, prepared
from signalling.store.tables.calling import calls
from signalling.store.tables.commerce import carts

_CALL = prepared(
    select(calls.c.id, calls.c.media, calls.c.state, calls.c.rep_id)
    .where(calls.c.tenant_id == bindparam("of_tenant"), calls.c.open_conversation_id == bindparam("of_id"))
    .limit(1)
)
_CART = prepared(select(carts.c.id, carts.c.version).where(carts.c.tenant_id == bindparam("of_tenant"), carts.c.id == bindparam("of_id")))


def call(tx: Transaction, caller: Caller, of: Conversation) -> Mapping[str, Any]:
    """The call that has not ended, if there is one."""
    row = tx.first(_CALL, {"of_tenant": caller.tenant_id, "of_id": of.id})
    return {} if row is None else {"call": {"id": row.id, "media": row.media, "state": row.state, "rep_id": row.rep_id}}


def cart(tx: Transaction, caller: Caller, of: Conversation) -> Mapping[str, Any]:
    """The attached cart's version, which tells nothing of what is in it."""
    row = tx.first(_CART, {"of_tenant": caller.tenant_id, "of_id": of.cart_id}) if of.cart_id is not None else None
    return {} if row is None else {"cart": {"id": row.id, "version": row.version}}


def ticket(desk: Desk, caller: Caller, of: Conversation, now_us: int) -> Mapping[str, Any]:
    """The place in the queue, with position and ETA where it waits."""
    floor = desk.floors.get(caller.tenant_id)
    waiting = floor.of_conversation(of.id) if floor is not None else []
    return {"ticket": place_of(floor, waiting[0], now_us)} if floor is not None and waiting else {}
