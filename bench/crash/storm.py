"""Customers who write, fill carts and order, all at once, and remember what the server has acknowledged.

For `bench.crash`. Every id is the customer's, as a browser would make it. What was not answered is asked again after the crash half of the
time, with the same id: it must then be there once all the same.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from signalling.identity.caller import Caller, Role
from signalling.ids import new_id

TENANT = "ten_01JD3Q8Z6W0V7M9K4C2T5B8N1X"
VARIANTS = ("STOM-SND", "GOOK-BLK", "OAKS-OIL")
ADDRESS = {"name": "Ana", "street": "Steintwiete 1", "city": "Hamburg", "country": "DE", "postcode": "20457"}
ANSWERS_WITHIN_S = 5.0
# After a refusal for the moment, or while nobody listens.
PAUSE_S = 0.05
LINES_MOST = 5


@dataclass(slots=True)
class Memory:
    """What a customer was told is done."""

    messages: set[str] = field(default_factory=set)
    operations: dict[str, int] = field(default_factory=dict)  # op_id -> cart version
    orders: set[str] = field(default_factory=set)
    tried: Counter[str] = field(default_factory=Counter)
    strange: list[str] = field(default_factory=list)


class Customer:
    """One conversation, one cart after the other."""

    def __init__(self, address: str, token: Mapping[str, str], caller: Caller, seed: int) -> None:
        self.caller = caller
        self.conversation_id = new_id("conv")
        self.memory = Memory()
        self._address = address
        self._token = token
        self._random = random.Random(seed)
        self._cart: dict[str, Any] | None = None
        self._begun = False
        self._orders_exist = True

    def use(self, token: Mapping[str, str]) -> None:
        """The header of its requests."""
        self._token = token

    async def live(self, client: aiohttp.ClientSession, ended: asyncio.Event) -> None:
        """Acts until it has ended."""
        while not ended.is_set():
            if not self._begun:
                body = {"id": self.conversation_id}
                self._begun = await self._post(client, "conversation", "/v1/conversations", body) is not None
                continue
            kind = self._random.random()
            if kind < 0.6:
                await self._write(client)
            elif kind < 0.9 or self._cart is None or not self._cart["lines"] or not self._orders_exist:
                await self._shop(client)
            else:
                await self._order(client)

    async def _write(self, client: aiohttp.ClientSession) -> None:
        message_id = new_id("msg")
        path = f"/v1/conversations/{self.conversation_id}/messages"
        if await self._post(client, "message", path, {"id": message_id, "text": f"Is this one in stock? {message_id}"}) is not None:
            self.memory.messages.add(message_id)

    async def _shop(self, client: aiohttp.ClientSession) -> None:
        if self._cart is None or len(self._cart["lines"]) >= LINES_MOST:
            destination = {"country": "DE", "postcode": "20457"}
            body = {"cart_id": new_id("cart"), "destination": destination, "conversation_id": self.conversation_id}
            self._cart = await self._post(client, "cart", "/v1/carts", body)
            return
        cart, op_id = self._cart, new_id("op")
        operation: dict[str, Any] = {"kind": "add_line", "variant_id": self._random.choice(VARIANTS), "quantity": 1}
        if cart["lines"] and not cart.get("selected_shipping") and cart["shipping_options"]:
            operation = {"kind": "set_shipping", "option_id": cart["shipping_options"][0]["id"]}
        body = {"op_id": op_id, "base_version": cart["version"], **operation}
        answer = await self._post(client, "operation", f"/v1/carts/{cart['id']}/operations", body)
        if answer is None:
            self._cart = await self._get(client, f"/v1/carts/{cart['id']}")
            return
        self._cart = answer["cart"]
        self.memory.operations[op_id] = answer["cart"]["version"]

    async def _order(self, client: aiohttp.ClientSession) -> None:
        cart, order_id = self._cart, new_id("ord")
        assert cart is not None
        body = {"order_id": order_id, "cart_id": cart["id"], "base_version": cart["version"], "address": ADDRESS}
        if await self._post(client, "order", "/v1/orders", body) is not None:
            self.memory.orders.add(order_id)
        self._cart = None

    async def _post(self, client: aiohttp.ClientSession, what: str, path: str, body: dict[str, Any]) -> Any:
        """The answer; None where there was none, or a refusal."""
        self.memory.tried[what] += 1
        again = self._random.random() < 0.5
        for _ in range(400 if again else 1):
            try:
                timeout = aiohttp.ClientTimeout(total=ANSWERS_WITHIN_S)
                async with client.post(self._address + path, json=body, headers=self._token, timeout=timeout) as answer:
                    if answer.status < 300:
                        return await answer.json()
                    if answer.status != 503:
                        self._refused(what, answer.status, await answer.text())
                        return None
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(PAUSE_S)
        return None

    def _refused(self, what: str, status: int, text: str) -> None:
        if what == "order" and status in (404, 405):
            self._orders_exist = False
        elif status >= 500 or status not in (409, 412, 422):
            self.memory.strange.append(f"{what}: {status} {text[:300]}")
        self.memory.tried[f"{what} refused"] += 1

    async def _get(self, client: aiohttp.ClientSession, path: str) -> Any:
        try:
            timeout = aiohttp.ClientTimeout(total=ANSWERS_WITHIN_S)
            async with client.get(self._address + path, headers=self._token, timeout=timeout) as answer:
                return await answer.json() if answer.status == 200 else None
        except (aiohttp.ClientError, TimeoutError):
            await asyncio.sleep(PAUSE_S)
            return None


def customer(number: int) -> Caller:
    """One of them."""
    return Caller(TENANT, new_id("cust"), Role.CUSTOMER, f"Customer {number}", session_id=f"ses_{number}")
