"""A customer of the demonstration's shop who is driven over REST, and staff too: the other side of a console under test.

For browser tests of the console alone; the widget has tests of its own. The customer is vouched for by a key that the demonstration's
administrator adds to its site.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import jwt

from signalling.identity.seed import PASSWORD, SITE
from signalling.ids import new_id

# Longer than any test.
TOKEN_S = 600


class Refused(AssertionError):
    """An answer that was not the wanted one."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass(slots=True)
class Caller:
    """Somebody with a session."""

    client: aiohttp.ClientSession
    address: str
    token: str = ""
    id: str = ""

    async def ask(self, method: str, path: str, body: Any = None, *, status: int | None = None) -> Any:
        """What the operation answers; with `status`, that it answers so."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with self.client.request(method, self.address + path, json=body, headers=headers) as response:
            found = await response.json() if response.content_length or response.content_type.endswith("json") else None
            if response.status != status if status else response.status >= 300:
                raise Refused(response.status, f"{method} {path}: {response.status} {found}")
            return found


@dataclass(slots=True)
class Shopper(Caller):
    """A customer with a conversation and, where wanted, a cart."""

    conversation_id: str = ""
    cart_id: str = ""
    ops: list[str] = field(default_factory=list)

    async def take_a_cart(self) -> None:
        """An empty one, that goes to Hamburg."""
        self.cart_id = new_id("cart")
        draft = {"cart_id": self.cart_id, "conversation_id": self.conversation_id, "destination": {"country": "DE", "postcode": "20457"}}
        await self.ask("POST", "/v1/carts", draft)

    async def cart(self) -> Any:
        """As it is now."""
        return await self.ask("GET", f"/v1/carts/{self.cart_id}")

    async def do(self, kind: str, **fields: Any) -> Any:
        """One operation on the cart; the cart afterwards."""
        version = (await self.cart())["version"]
        self.ops.append(new_id("op"))
        body = {"kind": kind, "op_id": self.ops[-1], "base_version": version, **fields}
        return (await self.ask("POST", f"/v1/carts/{self.cart_id}/operations", body))["cart"]

    async def grant(self, *scopes: str, ttl_s: int = 3600) -> None:
        """Allows any rep these."""
        await self.ask("POST", f"/v1/conversations/{self.conversation_id}/grants", {"scopes": list(scopes), "ttl_s": ttl_s})

    async def revoke(self) -> None:
        """Takes all of it back."""
        await self.ask("POST", f"/v1/conversations/{self.conversation_id}/grants/revoke", {})

    async def say(self, text: str) -> None:
        """A message."""
        await self.ask("POST", f"/v1/conversations/{self.conversation_id}/messages", {"id": new_id("msg"), "text": text})


async def staff(client: aiohttp.ClientSession, address: str, login: str) -> Caller:
    """Signs in."""
    made = Caller(client, address)
    session = await made.ask("POST", "/v1/login", {"login": login, "password": PASSWORD})
    made.token, made.id = session["token"], session["person_id"]
    return made


@asynccontextmanager
async def talking() -> AsyncIterator[aiohttp.ClientSession]:
    """A client for all of them, without a cookie or a keep-alive that outlives the demo."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
        yield client


async def shopper(client: aiohttp.ClientSession, address: str, name: str = "Maria Lopes", *, cart: bool = True, **claims: Any) -> Shopper:
    """A customer the shop vouches for, with a conversation that a rep can claim."""
    admin = await staff(client, address, "ada")
    key = await admin.ask("POST", f"/v1/sites/{SITE}/keys", {"algorithm": "HS256"})
    now = int(time.time())
    said = {"aud": SITE, "sub": new_id("shopper"), "iat": now, "exp": now + TOKEN_S, "jti": new_id("jti"), "name": name, "locale": "pt-BR"}
    token = jwt.encode(said | claims, key["secret"], algorithm="HS256", headers={"kid": key["id"]})
    made = Shopper(client, address)
    page = {"page_url": "https://shop.example/kettles", "page_title": "Kettles <b>now</b>", "page_timezone": "America/Sao_Paulo"}
    session = await made.ask("POST", "/v1/sessions", {"site_id": SITE, "token": token, "unverified_attributes": page})
    made.token = session["token"]
    made.id = (await made.ask("GET", "/v1/me"))["id"]
    made.conversation_id = (await made.ask("POST", "/v1/conversations", {"channel": "chat", "locale": "pt-BR"}))["id"]
    if cart:
        await made.take_a_cart()
    return made
