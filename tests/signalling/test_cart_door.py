"""Carts, grants and orders from outside: what clients send and get, and what a rep's socket shows of a cart."""

from typing import Any

import pytest

from signalling.app import SignallingCore
from signalling.commerce.shops.seed import seed
from signalling.identity.caller import Caller
from signalling.ids import new_id
from tests.signalling.people import CUSTOMER, OTHER_CUSTOMER, REP, TENANT, bearer
from tests.signalling.shopping import KETTLE, MUG
from tests.signalling.sockets import Client, Sockets, begun
from tests.signalling.sockets import sockets as sockets


class Door:
    """Short ways to the API."""

    def __init__(self, core: SignallingCore, client: Client) -> None:
        self.core = core
        self.client = client

    async def __call__(
        self, method: str, path: str, body: Any = None, *, by: Caller = CUSTOMER, status: int = 200, **headers: str
    ) -> dict[str, Any]:
        sent = bearer(self.core, by) | {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.client.request(method, path, json=body, headers=sent)
        found = await answer.json()
        assert answer.status == status, found
        found["_etag"] = answer.headers.get("ETag")
        return found


@pytest.fixture
async def door(core: SignallingCore, client: Client) -> Door:
    await core.store.write(seed, TENANT)
    return Door(core, client)


def add(variant: str, **more: Any) -> dict[str, Any]:
    return {"op_id": new_id("op"), "kind": "add_line", "variant_id": variant, **more}


async def test_a_cart_has_a_version_as_etag_and_needs_one_to_be_changed(door: Door) -> None:
    cart = await door("POST", "/v1/carts", {"destination": {"country": "DE", "postcode": "20457"}}, status=201)
    assert (cart["version"], cart["_etag"], cart["customer_id"]) == (1, '"1"', CUSTOMER.id)
    path = f"/v1/carts/{cart['id']}/operations"
    assert (await door("POST", path, add(KETTLE), status=428))["code"] == "precondition_required"
    made = await door("POST", path, add(KETTLE), If_Match='"1"')
    assert (made["result"], made["_etag"], made["cart"]["totals"]["total"]) == ("applied", '"2"', {"amount": 5900, "currency": "EUR"})
    outdated = await door("POST", path, add(MUG), If_Match='"1"', status=412)
    assert outdated["cart"]["version"] == 2 and outdated["_etag"] == '"2"'
    merged = await door("POST", path, add(MUG, base_version=1))
    assert merged["result"] == "merged"
    line = merged["cart"]["lines"][0]["id"]
    change = {"op_id": new_id("op"), "kind": "set_quantity", "line_id": line, "quantity": 2}
    await door("POST", path, {**change, "base_version": 3})
    clash = await door("POST", path, {**change, "op_id": new_id("op"), "quantity": 5, "base_version": 3}, status=409)
    assert (clash["code"], clash["cart"]["version"], clash["conflict"]["op_id"]) == ("cart_conflict", 4, change["op_id"])
    undone = await door("POST", f"/v1/carts/{cart['id']}/undo", {"op_id": new_id("op"), "of": change["op_id"]})
    assert undone["cart"]["lines"][0]["quantity"] == 1
    await door("GET", f"/v1/carts/{cart['id']}", by=OTHER_CUSTOMER, status=404)


async def test_from_grant_to_order_at_the_door(door: Door) -> None:
    conversation = (await door("POST", "/v1/conversations", {}, status=201))["id"]
    cart = await door("POST", "/v1/carts", {"conversation_id": conversation, "destination": {"country": "DE"}}, status=201)
    path = f"/v1/carts/{cart['id']}"
    suggested = await door("POST", f"{path}/operations", add(KETTLE, base_version=1, reason="for tea"), by=REP)
    assert suggested["result"] == "suggested" and suggested["cart"] is None
    suggestion = f"/v1/conversations/{conversation}/suggestions/{suggested['suggestion']['id']}"
    await door("POST", f"{suggestion}/accept", by=REP, status=403)
    assert (await door("POST", f"{suggestion}/accept"))["cart"]["lines"][0]["added_by"]["accepted_by"] == CUSTOMER.id
    await door("GET", path, by=REP, status=404)
    granted = await door("POST", f"/v1/conversations/{conversation}/grants", {"scopes": ["edit"], "rep_id": REP.id})
    assert [grant["scope"] for grant in granted["data"]] == ["view", "edit"]
    assert (await door("GET", path, by=REP))["version"] == 2
    ship = {"op_id": new_id("op"), "kind": "set_shipping", "option_id": "standard", "base_version": 2}
    assert (await door("POST", f"{path}/operations", ship, by=REP))["result"] == "applied"
    order = {
        "order_id": new_id("ord"),
        "cart_id": cart["id"],
        "base_version": 3,
        "address": {"name": "Ana", "street": "Weg 1", "city": "Hamburg", "country": "DE", "postcode": "20457"},
    }
    await door("POST", "/v1/orders", order, by=REP, status=403)
    placed = await door("POST", "/v1/orders", order, status=201, Idempotency_Key="buy-1")
    assert placed["totals"]["total"]["amount"] == 6290 and placed["financial_status"] == "pending"
    assert await door("POST", "/v1/orders", order, status=201, Idempotency_Key="buy-1") == placed
    assert (await door("POST", f"/v1/conversations/{conversation}/grants/revoke", {}))["data"] == []
    assert [each["id"] for each in (await door("GET", "/v1/orders"))["data"]] == [placed["id"]]


async def test_a_reps_socket_shows_the_cart_while_the_customer_lets_it(door: Door, sockets: Sockets) -> None:
    ana, rita = await sockets(CUSTOMER), await sockets(REP)
    conversation = await begun(ana)
    await rita.ask("conversation.watch", conversation_id=conversation)
    cart = await ana.ask("cart.create", conversation_id=conversation, destination={"country": "DE"})

    async def change(variant: str) -> dict[str, Any]:
        """The entry of an operation as the rep's socket shows it."""
        operation = add(variant, base_version=(await ana.ask("cart.read", cart_id=cart["id"]))["version"])
        made = await ana.ask("cart.operate", cart_id=cart["id"], body=operation)
        seq = (await door("GET", f"/v1/conversations/{conversation}/timeline"))["entries"][-1]["seq"]
        await rita.until(lambda: any(each.get("entry", {}).get("seq") == seq for each in rita.pushed))
        entry = next(each["entry"] for each in rita.pushed if each.get("entry", {}).get("seq") == seq)
        assert entry["type"] == "cart.updated"
        return {"shown": entry["data"], "made": made["cart"]}

    assert (await change(KETTLE))["shown"] == {"redacted": "cart_view"}
    await door("POST", f"/v1/conversations/{conversation}/grants", {"scopes": ["view"]})
    seen = await change(MUG)
    assert seen["shown"]["cart"] == seen["made"]
    await door("POST", f"/v1/conversations/{conversation}/grants/revoke", {})
    assert (await change(MUG))["shown"] == {"redacted": "cart_view"}
    rest = await door("GET", f"/v1/conversations/{conversation}/timeline", by=REP)
    assert {str(entry["data"]) for entry in rest["entries"] if entry["type"] == "cart.updated"} == {"{'redacted': 'cart_view'}"}
    answer = await door.client.get(
        f"/v1/conversations/{conversation}/transcript", params={"format": "json"}, headers=bearer(door.core, REP)
    )
    assert answer.status == 200 and KETTLE not in await answer.text()


async def test_a_rep_begins_a_cart_where_the_customer_lets_them_edit(door: Door) -> None:
    made = (await door("POST", "/v1/conversations", {}, status=201))["id"]
    wish = {"cart_id": new_id("cart"), "conversation_id": made}
    await door("POST", "/v1/carts", wish, by=REP, status=404)
    await door("POST", f"/v1/conversations/{made}/grants", {"scopes": ["view"]})
    assert (await door("POST", "/v1/carts", wish, by=REP, status=403))["code"] == "consent_missing"
    await door("POST", f"/v1/conversations/{made}/grants", {"scopes": ["edit"]})
    assert (await door("POST", "/v1/carts", {"cart_id": wish["cart_id"]}, by=REP, status=403))["code"] == "role"
    cart = await door("POST", "/v1/carts", wish, by=REP, status=201)
    assert (cart["id"], cart["customer_id"]) == (wish["cart_id"], CUSTOMER.id)
    assert (await door("POST", "/v1/carts", wish, by=REP, status=201))["id"] == cart["id"]
    assert (await door("GET", f"/v1/conversations/{made}"))["conversation"]["cart_id"] == cart["id"]
    other = {"cart_id": new_id("cart"), "conversation_id": made}
    assert (await door("POST", "/v1/carts", other, by=REP, status=409))["code"] == "cart_attached"
    answer = await door("POST", f"/v1/carts/{cart['id']}/operations", add(MUG, base_version=1), by=REP)
    assert answer["cart"]["lines"][0]["added_by"]["kind"] == "rep"
