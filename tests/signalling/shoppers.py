"""A site with keys, and what its shop signs: for tests of how customers arrive."""

import itertools
import time
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from signalling.identity import sites
from signalling.store import Store, Transaction
from tests.signalling.people import ADMIN, TENANT

Client = TestClient[web.Request, web.Application]
ORIGIN = "https://shop.example"
NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Shop:
    """A site, and its shared secret."""

    site_id: str
    kid: str
    secret: str

    def claims(self, **changes: Any) -> dict[str, Any]:
        said = {
            "aud": self.site_id,
            "sub": "customer-17",
            "exp": int(time.time()) + 300,
            "jti": f"token-{next(NUMBERS)}",
            "name": "Ana Souza",
            "email": "ana@example.org",
            "email_verified": True,
            "locale": "pt-BR",
            "attributes": {"tier": "gold"},
            "cart_id": "cart-9",
            "order_ids": ["1001", "1002"],
            **changes,
        }
        return {name: value for name, value in said.items() if value is not None}

    def token(self, **changes: Any) -> str:
        return jwt.encode(self.claims(**changes), self.secret, algorithm="HS256", headers={"kid": self.kid})


async def opened(store: Store) -> Shop:
    """A site of the tests' tenant."""

    def make(tx: Transaction) -> Shop:
        site = sites.add(tx, TENANT, ADMIN.actor, "Shop", [ORIGIN])
        key = sites.add_key(tx, TENANT, ADMIN.actor, site.id, "HS256")
        assert key.secret is not None
        return Shop(site.id, key.id, key.secret)

    return await store.write(make)


async def arrive(client: Client, shop: Shop, **body: Any) -> dict[str, Any]:
    """POST /v1/sessions, which must admit them; asked again while the database is too slow, as a page does."""
    until_s = time.monotonic() + 30
    while True:
        response = await client.post("/v1/sessions", json={"site_id": shop.site_id, **body}, headers={"Origin": ORIGIN})
        if response.status != 503 or time.monotonic() > until_s:
            break
    answer: dict[str, Any] = await response.json()
    assert response.status == 201, answer
    return answer


def auth(session: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {session['token']}"}


@pytest.fixture
async def shop(store: Store) -> Shop:
    return await opened(store)
