"""A customer in the demo shop, and short ways to what the tests of carts and orders do all the time."""

import itertools
from typing import Any

from signalling.app import SignallingCore
from signalling.commerce import carts, grants, till
from signalling.commerce.cart import Cart
from signalling.commerce.cart_change import Operation
from signalling.commerce.cart_journal import Undo
from signalling.commerce.carts import Changed, Request
from signalling.commerce.grants import Grant, Scope
from signalling.commerce.offer import Destination
from signalling.commerce.shops.seed import seed
from signalling.commerce.suggestion import Suggestion
from signalling.conversation import conversation, timeline
from signalling.conversation.timeline import Entry
from signalling.identity.caller import Caller
from signalling.ids import new_id
from tests.signalling.people import CUSTOMER, TENANT

HAMBURG = Destination("DE", "20457")
KETTLE, COPPER_KETTLE, MUG, STOOL, APRON_SOLD_OUT = "GOOK-BLK", "GOOK-COP", "STOM-SND", "OAKS-OIL", "LINA-MOS"
_numbers = itertools.count(1)


class Shopping:
    """One cart, and a conversation about it."""

    def __init__(self, core: SignallingCore, customer: Caller = CUSTOMER) -> None:
        self.core = core
        self.shops = core.services.shops
        self.store = core.store
        self.customer = customer
        self.cart_id = new_id("cart")
        self.conversation_id = ""

    async def begin(self, destination: Destination | None = HAMBURG, currency: str = "EUR") -> Cart:
        """Seeds the shop, and makes the conversation and its empty cart."""
        await self.store.write(seed, self.customer.tenant_id)
        begun = await self.store.write(conversation.begin, self.customer.tenant_id, self.customer.id, self.customer.actor)
        self.conversation_id = begun.id
        return await till.create(
            self.shops,
            self.store.write,
            self.customer,
            self.cart_id,
            currency,
            "en",
            self.customer.id,
            destination,
            self.conversation_id,
        )

    async def ask(
        self,
        operation: Operation | Undo,
        caller: Caller | None = None,
        *,
        base: int | None = None,
        op_id: str | None = None,
        exactly: bool = False,
        reason: str = "",
    ) -> Changed | Suggestion:
        """One operation; on the present version, where none is named."""
        version = base if base is not None else (await self.cart()).version
        request = Request(op_id or new_id("op"), version, operation, exactly)
        return await till.operate(self.shops, self.store.write, caller or self.customer, self.cart_id, request, reason)

    async def do(self, operation: Operation | Undo, caller: Caller | None = None, **more: Any) -> Cart:
        """The cart after an operation that must be done."""
        made = await self.ask(operation, caller, **more)
        assert isinstance(made, Changed), made
        return made.cart

    async def cart(self) -> Cart:
        """As its customer sees it."""
        return await self.store.read(carts.read, self.customer, self.cart_id)

    async def ordered(self) -> bool:
        """Whether its order has been placed."""
        return (await self.cart()).status == "ordered"

    async def entries(self, *kinds: str) -> list[Entry]:
        """Of the conversation."""
        return await self.store.read(timeline.read, self.customer.tenant_id, self.conversation_id, kinds=kinds)

    async def allow(self, *scopes: Scope, rep: Caller | None = None, ttl_s: float = 600) -> list[Grant]:
        """The customer lets this rep (any, where none is named)."""
        return await self.store.write(
            grants.grant,
            TENANT,
            self.conversation_id,
            self.customer.id,
            scopes,
            rep.id if rep else None,
            int(ttl_s * 1_000_000),
            self.customer.actor,
        )


def consistent(cart: Cart) -> bool:
    """Whether every sum is that of its parts."""
    lines = cart.lines
    assert all(line.total.amount == line.unit_price.amount * line.quantity - line.discount_total.amount for line in lines)
    assert cart.totals.subtotal.amount == sum(line.unit_price.amount * line.quantity for line in lines)
    assert cart.totals.discount.amount == sum(line.discount_total.amount for line in lines)
    totals = cart.totals
    return totals.total.amount == totals.subtotal.amount - totals.discount.amount + totals.shipping.amount
