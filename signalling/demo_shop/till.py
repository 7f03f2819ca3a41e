"""What the shop's own backend does with cart, checkout and orders: each through Tresen, in the visit's name.

The checkout's steps are the cart's (`set_step`), so that a rep whom the customer lets look sees how far it is. Cards are the shop's
business: the demonstration knows three of them by name, no number is asked for, and some are always declined, before anything is ordered.
What is ordered is paid at the core's sandbox provider.
"""

from collections.abc import Mapping
from typing import Any

from signalling.demo_shop.core_client import CoreClient, Refused
from signalling.demo_shop.identity import Account, Visit
from signalling.ids import new_id

# Operations the page may ask for; the step `payment` is only ever entered by `pay`.
OPERATIONS = frozenset({"add_line", "set_quantity", "remove_line", "apply_code", "remove_code", "set_shipping", "set_step"})
STEPS = frozenset({"cart", "address", "shipping", "review"})
# The cards of the demonstration: None is accepted, otherwise why it is declined.
CARDS: Mapping[str, str | None] = {"accepted": None, "declined": "card_declined", "expired": "card_expired"}
# Somebody else may change the cart while the customer presses: a step is asked for again with the version that came back.
ATTEMPTS = 3


class Till:
    """See the module."""

    def __init__(self, core: CoreClient) -> None:
        """Of this core."""
        self._core = core

    async def cart(self, visit: Visit) -> dict[str, Any] | None:
        """The visit's cart; None where there is none, or it was ordered."""
        if visit.cart_id is None:
            return None
        try:
            cart: dict[str, Any] = await self._core.call(visit, "GET", f"/v1/carts/{visit.cart_id}")
        except Refused as refusal:
            if refusal.status != 404:
                raise
            visit.cart_id = None
            return None
        if cart["status"] not in ("open", "placing"):
            visit.cart_id = None
            return None
        return cart

    async def operate(self, visit: Visit, operation: Mapping[str, Any], currency: str) -> dict[str, Any]:
        """One change of the cart, which is made where there is none yet. The cart afterwards."""
        if operation.get("kind") not in OPERATIONS or (operation["kind"] == "set_step" and operation.get("step") not in STEPS):
            raise Refused(422, {"code": "operation"})
        cart = await self.cart(visit)
        if cart is None:
            cart = await self._begin(visit, currency)
        body = {"base_version": cart["version"], **operation, "op_id": new_id("op")}
        answer = await self._core.call(visit, "POST", f"/v1/carts/{cart['id']}/operations", json=body)
        changed: dict[str, Any] = answer["cart"]
        return changed

    async def adopt(self, visit: Visit, cart_id: str) -> dict[str, Any] | None:
        """A cart that was begun elsewhere becomes the shop's where it has none. Tresen says whether it is theirs."""
        known = await self.cart(visit)
        if known is not None:
            return known
        visit.cart_id = cart_id
        return await self.cart(visit)

    async def carry(self, visit: Visit, before: dict[str, Any] | None) -> None:
        """After somebody has signed in: what they had chosen as a visitor is theirs. A cart of a conversation went along by itself."""
        if before is None or await self.cart(visit) is not None:
            return
        for line in before["lines"]:
            await self.operate(
                visit, {"kind": "add_line", "variant_id": line["variant_id"], "quantity": line["quantity"]}, before["currency"]
            )
        for code in before["discount_codes"]:
            await self.operate(visit, {"kind": "apply_code", "code": code["code"]}, before["currency"])

    async def pay(self, visit: Visit, card: str, address: Mapping[str, Any], base_version: int, note: str) -> dict[str, Any]:
        """Orders what is in the cart and pays for it. Refused 402 for a card that is declined: nothing was ordered then."""
        if card not in CARDS:
            raise Refused(422, {"code": "card"})
        cart = await self.cart(visit)
        if cart is None:
            raise Refused(409, {"code": "cart_closed"})
        if cart["version"] != base_version:
            raise Refused(409, {"code": "cart_conflict", "cart": cart})
        cart = await self._step(visit, cart, "payment")
        declined = CARDS[card]
        if declined is not None:
            await self._step(visit, cart, "review")
            raise Refused(402, {"code": declined})
        body = {"order_id": new_id("ord"), "cart_id": cart["id"], "base_version": cart["version"], "address": dict(address), "note": note}
        try:
            order: dict[str, Any] = await self._core.call(visit, "POST", "/v1/orders", json=body)
        except Refused:
            await self._step(visit, cart, "review")
            raise
        visit.cart_id = None
        visit.order_ids.append(order["id"])
        await self._settle(visit, order)
        paid: dict[str, Any] = await self._core.call(visit, "GET", f"/v1/orders/{order['id']}")
        return paid

    async def _settle(self, visit: Visit, order: Mapping[str, Any]) -> None:
        """The order's payment, in its conversation; where it has none, in one that is over when it is paid."""
        conversation_id = order["conversation_id"]
        own = conversation_id is None
        if own:
            made = await self._core.call(visit, "POST", "/v1/conversations", json={"locale": visit.locale})
            conversation_id = made["id"]
        payment = await self._core.call(visit, "POST", f"/v1/conversations/{conversation_id}/payments", json={"order_id": order["id"]})
        if payment["url"] is not None:
            await self._core.press(payment["url"], "pay")
        if own:
            await self._core.call(visit, "POST", f"/v1/conversations/{conversation_id}/close", json={"reason": "paid"})

    async def _begin(self, visit: Visit, currency: str) -> dict[str, Any]:
        account: Account | None = visit.account
        destination = {"country": account.country, "postcode": account.postcode} if account else {"country": "DE"}
        body = {"cart_id": new_id("cart"), "currency": currency, "locale": visit.locale, "destination": destination}
        cart: dict[str, Any] = await self._core.call(visit, "POST", "/v1/carts", json=body)
        visit.cart_id = cart["id"]
        return cart

    async def _step(self, visit: Visit, cart: dict[str, Any], step: str) -> dict[str, Any]:
        for _ in range(ATTEMPTS):
            body = {"kind": "set_step", "step": step, "op_id": new_id("op"), "base_version": cart["version"]}
            try:
                changed: dict[str, Any] = (await self._core.call(visit, "POST", f"/v1/carts/{cart['id']}/operations", json=body))["cart"]
                return changed
            except Refused as refusal:
                if step == "payment" or refusal.code != "cart_conflict":  # what is paid for is what was seen
                    raise
                cart = refusal.problem["cart"]
        raise Refused(409, {"code": "cart_conflict", "cart": cart})
