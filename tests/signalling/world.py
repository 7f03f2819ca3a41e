"""One of everything that the API can name, so that a test can ask for things that exist.

`MADE` tells, by the name of a path's piece, which operation makes such a thing and with what; a piece that is not here fails the test that
walks all operations, which is how a new resource is not forgotten.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
from PIL import Image

from signalling import tenants
from signalling.app import SignallingCore
from signalling.commerce.shops.seed import seed
from signalling.identity.caller import Caller
from signalling.ids import new_id
from tests.signalling.paying import ORDER, NotedLedger
from tests.signalling.people import ADMIN, CUSTOMER, REP, TENANT, bearer

Ids = dict[str, str]


@dataclass(frozen=True, slots=True)
class Make:
    """How a thing is made: who asks for what. `path` and `body` get the ids made so far; `of` finds the new one in the answer."""

    by: Caller
    path: str
    body: Callable[[Ids], Any]
    method: str = "POST"
    of: Callable[[Any], str] = lambda answer: str(answer["id"])


def picture() -> bytes:
    """A small PNG."""
    file = io.BytesIO()
    Image.new("RGB", (2, 2)).save(file, "PNG")
    return file.getvalue()


def added(version: int) -> dict[str, Any]:
    """One kettle more."""
    return {"kind": "add_line", "variant_id": "GOOK-BLK", "op_id": new_id("op"), "base_version": version}


# Pieces that are called the same and mean different things, by operation.
OTHER_NAMES = {("api_key.revoke", "key_id"): "api_key_id"}
# Pieces that are no ids, or of what takes more than requests to make (a transfer: people with sound).
WORDS = {"name": "shop", "transfer_id": "xfer_01JD3Q8Z6W0V7M9K4C2T5B8N1X"}
# In the order in which they are made.
MADE: dict[str, Make] = {
    "site_id": Make(ADMIN, "/v1/sites", lambda ids: {"name": "Shop", "origins": ["https://shop.example"]}),
    "key_id": Make(ADMIN, "/v1/sites/{site_id}/keys", lambda ids: {"algorithm": "HS256"}),
    "api_key_id": Make(ADMIN, "/v1/api-keys", lambda ids: {"name": "Back office"}),
    "rep_id": Make(ADMIN, "/v1/accounts", lambda ids: {"login": "rita", "name": "Rita", "password": "a long password"}),
    "customer_id": Make(ADMIN, "/v1/sessions", lambda ids: {"site_id": ids["site_id"]}, of=lambda answer: str(answer["person_id"])),
    "_secret": Make(ADMIN, "/v1/tenant/secrets/shop", lambda ids: {"value": {"key": "0123456789"}}, method="PUT", of=lambda answer: ""),
    "endpoint_id": Make(ADMIN, "/v1/webhooks", lambda ids: {"url": "http://127.0.0.1:9/hooks"}),
    "conversation_id": Make(CUSTOMER, "/v1/conversations", lambda ids: {}),
    "call_id": Make(CUSTOMER, "/v1/conversations/{conversation_id}/calls", lambda ids: {"to": "queue"}),
    "leg_id": Make(CUSTOMER, "/v1/calls/{call_id}", lambda ids: None, method="GET", of=lambda answer: str(answer["legs"][0]["id"])),
    "message_id": Make(CUSTOMER, "/v1/conversations/{conversation_id}/messages", lambda ids: {"id": new_id("msg"), "text": "my own words"}),
    "attachment_id": Make(CUSTOMER, "/v1/conversations/{conversation_id}/attachments?name=a.png", lambda ids: picture()),
    "cart_id": Make(CUSTOMER, "/v1/carts", lambda ids: {"conversation_id": ids["conversation_id"], "destination": {"country": "DE"}}),
    "_line": Make(CUSTOMER, "/v1/carts/{cart_id}/operations", lambda ids: added(1), of=lambda answer: ""),
    "suggestion_id": Make(REP, "/v1/carts/{cart_id}/operations", lambda ids: added(2), of=lambda answer: str(answer["suggestion"]["id"])),
    "reply_id": Make(ADMIN, "/v1/canned-replies", lambda ids: {"shortcut": "hi", "title": "Hi", "text": "Hello {customer_name}"}),
    "payment_id": Make(CUSTOMER, "/v1/conversations/{conversation_id}/payments", lambda ids: {"order_id": ORDER}),
}


async def made(core: SignallingCore) -> Ids:
    """Makes the tenant, if there is none, and one of everything; ids by the name of the path's piece."""
    if not await core.store.read(tenants.exists, TENANT):
        await core.store.write(tenants.create, TENANT, "Shop")
    await core.store.write(seed, TENANT)
    core.services.payments.ledger = NotedLedger()
    ids: Ids = {}
    async with aiohttp.ClientSession(core.address) as session:
        for name, make in MADE.items():
            body = make.body(ids)
            sent = {"data": body} if isinstance(body, bytes) else {"json": body}
            headers = bearer(core, make.by) | ({"Content-Type": "image/png"} if isinstance(body, bytes) else {})
            async with session.request(make.method, make.path.format(**ids), headers=headers, **sent) as answer:
                assert answer.status < 300, f"{name}: {answer.status} {await answer.text()}"
                found = make.of(await answer.json()) if answer.status != 204 else ""
                if found:
                    ids[name] = found
    return ids


def existing_of(prefix: str, ids: Ids) -> str | None:
    """The id of the thing of this kind, if there is one."""
    return next((each for each in ids.values() if each.partition("_")[0] == prefix), None)


def with_existing(value: Any, ids: Ids) -> Any:
    """The value with every id in it replaced by that of an existing thing of its kind."""
    if isinstance(value, dict):
        return {key: with_existing(each, ids) for key, each in value.items()}
    if isinstance(value, list):
        return [with_existing(each, ids) for each in value]
    if isinstance(value, str):
        prefix, _, rest = value.partition("_")
        if len(rest) == 26:
            return existing_of(prefix, ids) or value
    return value
