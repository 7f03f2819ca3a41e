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
from signalling.calling import happenings
from signalling.commerce.shops.seed import seed
from signalling.identity.caller import Caller
from signalling.ids import new_id
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


def added(ids: Ids, version: int) -> dict[str, Any]:
    """One more piece."""
    return {"kind": "add_line", "variant_id": ids["variant_id"], "op_id": new_id("op"), "base_version": version}


def shipped() -> dict[str, Any]:
    """The cheapest way to bring it."""
    return {"kind": "set_shipping", "option_id": "standard", "op_id": new_id("op"), "base_version": 2}


# Pieces that are called the same and mean different things, by operation.
OTHER_NAMES = {("api_key.revoke", "key_id"): "api_key_id"}
# Pieces that are no ids.
WORDS = {"name": "shop"}
ADDRESS = {"name": "Ana", "street": "Weg 1", "city": "Hamburg", "country": "DE", "postcode": "20457"}
WEEK = {"name": "Always", "calendar": {"zone": "Europe/Berlin", "week": {"mon": [["09:00", "17:00"]]}}}


def nothing(_: Any) -> str:
    """For a step that makes no thing of its own."""
    return ""


# In the order in which they are made; names that begin with an underscore are steps on the way.
MADE: dict[str, Make] = {
    "site_id": Make(ADMIN, "/v1/sites", lambda ids: {"name": "Shop", "origins": ["https://shop.example"]}),
    "key_id": Make(ADMIN, "/v1/sites/{site_id}/keys", lambda ids: {"algorithm": "HS256"}),
    "api_key_id": Make(ADMIN, "/v1/api-keys", lambda ids: {"name": "Back office"}),
    "rep_id": Make(ADMIN, "/v1/accounts", lambda ids: {"login": "rita", "name": "Rita", "password": "a long password"}),
    "customer_id": Make(ADMIN, "/v1/sessions", lambda ids: {"site_id": ids["site_id"]}, of=lambda answer: str(answer["person_id"])),
    "erased_id": Make(ADMIN, "/v1/sessions", lambda ids: {"site_id": ids["site_id"]}, of=lambda answer: str(answer["person_id"])),
    "erasure_id": Make(ADMIN, "/v1/customers/{erased_id}/erasure", lambda ids: None),
    "_secret": Make(ADMIN, "/v1/tenant/secrets/shop", lambda ids: {"value": {"key": "0123456789"}}, method="PUT", of=nothing),
    "endpoint_id": Make(ADMIN, "/v1/webhooks", lambda ids: {"url": "http://127.0.0.1:9/hooks"}),
    "reply_id": Make(ADMIN, "/v1/canned-replies", lambda ids: {"shortcut": "hello", "title": "Hello", "text": "Hello {customer_name}"}),
    "hours_id": Make(ADMIN, "/v1/hours", lambda ids: WEEK),
    "queue_id": Make(ADMIN, "/v1/queues", lambda ids: {"name": "Advice"}),
    "conversation_id": Make(CUSTOMER, "/v1/conversations", lambda ids: {}),
    "message_id": Make(CUSTOMER, "/v1/conversations/{conversation_id}/messages", lambda ids: {"id": new_id("msg"), "text": "my own words"}),
    "attachment_id": Make(CUSTOMER, "/v1/conversations/{conversation_id}/attachments?name=a.png", lambda ids: picture()),
    "_waiting": Make(CUSTOMER, "/v1/conversations", lambda ids: {}),
    "ticket_id": Make(CUSTOMER, "/v1/conversations/{_waiting}/queue", lambda ids: {"queue_id": ids["queue_id"], "channel": "voice"}),
    "_number": Make(CUSTOMER, "/v1/tickets/{ticket_id}/callback", lambda ids: {"number": "+493012345678"}, of=nothing),
    "_there": Make(ADMIN, "/v1/reps/me/status", lambda ids: {"status": "available"}, method="PUT", of=nothing),
    "_picked": Make(ADMIN, "/v1/tickets/{ticket_id}/pick", lambda ids: None, of=nothing),
    "_summed": Make(ADMIN, "/v1/tickets/{ticket_id}/wrap-up", lambda ids: {"note": "asks for a kettle"}, method="PUT", of=nothing),
    "product_id": Make(
        CUSTOMER, "/v1/products?text=kettle", lambda ids: None, method="GET", of=lambda answer: str(answer["data"][0]["id"])
    ),
    "variant_id": Make(
        CUSTOMER, "/v1/products/{product_id}", lambda ids: None, method="GET", of=lambda answer: str(answer["variants"][0]["id"])
    ),
    "cart_id": Make(CUSTOMER, "/v1/carts", lambda ids: {"conversation_id": ids["conversation_id"], "destination": {"country": "DE"}}),
    "line_id": Make(
        CUSTOMER, "/v1/carts/{cart_id}/operations", lambda ids: added(ids, 1), of=lambda answer: str(answer["cart"]["lines"][0]["id"])
    ),
    "suggestion_id": Make(
        REP, "/v1/carts/{cart_id}/operations", lambda ids: added(ids, 2), of=lambda answer: str(answer["suggestion"]["id"])
    ),
    "_shipping": Make(CUSTOMER, "/v1/carts/{cart_id}/operations", lambda ids: shipped(), of=nothing),
    "order_id": Make(
        CUSTOMER,
        "/v1/orders",
        lambda ids: {"order_id": new_id("ord"), "cart_id": ids["cart_id"], "base_version": 3, "address": ADDRESS},
    ),
    "payment_id": Make(CUSTOMER, "/v1/conversations/{conversation_id}/payments", lambda ids: {"order_id": ids["order_id"]}),
    "_packed": Make(ADMIN, "/v1/orders/{order_id}/fulfilment", lambda ids: {"op_id": new_id("op"), "event": "started"}, of=nothing),
    "_shipped": Make(ADMIN, "/v1/orders/{order_id}/fulfilment", lambda ids: {"op_id": new_id("op"), "event": "shipped"}, of=nothing),
    "return_id": Make(
        CUSTOMER,
        "/v1/orders/{order_id}/returns",
        lambda ids: {"return_id": new_id("ret"), "lines": [{"line_id": ids["line_id"], "quantity": 1}], "reason": "too small"},
    ),
    "_claimed": Make(REP, "/v1/conversations/{conversation_id}/claim", lambda ids: None, of=nothing),
    "call_id": Make(REP, "/v1/conversations/{conversation_id}/calls", lambda ids: {}),
    "leg_id": Make(CUSTOMER, "/v1/calls/{call_id}/accept", lambda ids: None, of=lambda answer: str(answer["legs"][0]["id"])),
    "other_leg_id": Make(CUSTOMER, "/v1/calls/{call_id}", lambda ids: None, method="GET", of=lambda answer: str(answer["legs"][1]["id"])),
    "transfer_id": Make(
        REP, "/v1/calls/{call_id}/transfers", lambda ids: {"kind": "warm"}, of=lambda answer: str(answer["transfer"]["id"])
    ),
    "_aborted": Make(REP, "/v1/calls/{call_id}/transfers/{transfer_id}/abort", lambda ids: None, of=nothing),
}


async def made(core: SignallingCore) -> Ids:
    """Makes the tenant, if there is none, and one of everything; ids by the name of the path's piece."""
    if not await core.store.read(tenants.exists, TENANT):
        await core.store.write(tenants.create, TENANT, "Shop")
    await core.store.write(seed, TENANT)
    ids: Ids = {}
    async with aiohttp.ClientSession(core.address) as session:
        for name, make in MADE.items():
            body = make.body(ids)
            sent: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
            headers = bearer(core, make.by) | ({"Content-Type": "image/png"} if isinstance(body, bytes) else {})
            async with session.request(make.method, make.path.format(**ids), headers=headers, **sent) as answer:
                assert answer.status < 300, f"{name}: {answer.status} {await answer.text()}"
                found = make.of(await answer.json()) if answer.status != 204 else ""
                if found:
                    ids[name] = found
                if name == "other_leg_id":  # both come into the call's media room, as the media server would tell it
                    for leg_id in (ids["leg_id"], found):
                        await core.store.write(happenings.joined, TENANT, ids["call_id"], leg_id)
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
