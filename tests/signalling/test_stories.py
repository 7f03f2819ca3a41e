"""Three stories from beginning to end, through REST and the socket alone: what a customer, a rep and the shop's back office do and see.

*Magalu*: ask about a product and its price, a delivery quote, a pay link, an order. *Havaianas*: choose, pay and track. *Natura*: a
recommendation, a purchase, technical support on that order. Text only; the sandbox takes the money.
"""

import re
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from signalling.app import SignallingCore
from signalling.commerce.shops.seed import seed
from signalling.identity.caller import Caller
from signalling.ids import new_id
from tests.signalling.people import ADMIN, REP, TENANT, bearer
from tests.signalling.shoppers import Client, Shop, arrive, auth, opened
from tests.support.socket_client import SocketClient

ADDRESS = {"name": "Ana Souza", "street": "Rua das Flores 10", "city": "Franca", "country": "BR", "postcode": "14400-000"}


class Person:
    """Somebody with a token: asks over REST, listens on a socket."""

    def __init__(self, client: Client, headers: dict[str, str]) -> None:
        self.client = client
        self.headers = headers
        self.socket: SocketClient

    async def listen(self) -> "Person":
        """Opens the socket."""
        self.socket = await SocketClient.connect(self.client, self.headers["Authorization"].removeprefix("Bearer "))
        return self

    async def rest(self, method: str, path: str, status: int = 200, **sent: Any) -> Any:
        """The answer, which must have this status."""
        async with self.client.request(method, path, headers=self.headers, **sent) as answer:
            body = await answer.json(content_type=None) if answer.status != 204 else None
            assert answer.status == status, (path, answer.status, body)
            return body

    async def say(self, conversation_id: str, text: str) -> dict[str, Any]:
        """Sends a message over the socket."""
        said: dict[str, Any] = await self.socket.ask(
            "message.send", conversation_id=conversation_id, body={"id": new_id("msg"), "text": text}
        )
        return said

    async def sees(self, conversation_id: str, kind: str, **data: Any) -> dict[str, Any]:
        """The entry of this kind with this in it (or in its order), once it has come."""

        def found() -> dict[str, Any] | None:
            for entry in self.socket.entries(conversation_id):
                if entry["type"] == kind and all((entry["data"].get("order") or entry["data"]).get(key) == data[key] for key in data):
                    return entry
            return None

        await self.socket.until(lambda: found() is not None)
        entry = found()
        assert entry is not None
        return entry


@pytest.fixture
async def shop(core: SignallingCore) -> Shop:
    await core.store.write(seed, TENANT)
    return await opened(core.store)


async def customer(client: Client, shop: Shop, name: str, **claims: Any) -> Person:
    """Comes with a token that the shop has signed."""
    session = await arrive(client, shop, token=shop.token(name=name, sub=name, **claims))
    return await Person(client, auth(session)).listen()


async def staff(core: SignallingCore, client: Client, who: Caller) -> Person:
    """One of the shop's."""
    return await Person(client, bearer(core, who)).listen()


async def helped(customer: Person, rep: Person, conversation_id: str, **entering: Any) -> None:
    """The customer waits, the rep is there, takes what is offered and listens."""
    await rep.rest("PUT", "/v1/reps/me/status", json={"status": "available"})
    place = await customer.rest("POST", f"/v1/conversations/{conversation_id}/queue", 201, json={"channel": "chat", **entering})
    await rep.socket.until(lambda: any(note["ticket_id"] == place["id"] for note in rep.socket.of("offer.made")))
    await rep.rest("POST", f"/v1/tickets/{place['id']}/accept")
    await rep.socket.ask("conversation.watch", conversation_id=conversation_id)
    await customer.sees(conversation_id, "conversation.assigned", rep_id=REP.id)


async def paid(customer: Person, payment_id: str) -> None:
    """Opens the link, presses the sandbox's button."""
    payment = await customer.rest("GET", f"/v1/payments/{payment_id}")
    path = re.sub(r"^https?://[^/]+", "", payment["url"])
    async with customer.client.get(path) as page:
        assert page.status == 200 and "outcome" in await page.text()
        where = page.url
    async with customer.client.post(where.path, data={"outcome": "pay"}) as done:
        assert done.status == 200


async def filled(customer: Person, conversation_id: str, variants: dict[str, int], currency: str, country: str) -> dict[str, Any]:
    """A cart of the customer's with this in it, and a way to bring it."""
    sent = {"conversation_id": conversation_id, "currency": currency, "destination": {"country": country}}
    cart: dict[str, Any] = await customer.rest("POST", "/v1/carts", 201, json=sent)
    for variant_id, quantity in variants.items():
        cart = await changed(customer, cart, {"kind": "add_line", "variant_id": variant_id, "quantity": quantity})
    return cart


async def changed(customer: Person, cart: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    """The cart after one operation on the version at hand."""
    sent = {**operation, "op_id": new_id("op"), "base_version": cart["version"]}
    answer = await customer.rest("POST", f"/v1/carts/{cart['id']}/operations", json=sent)
    made: dict[str, Any] = answer["cart"]
    return made


async def ordered(customer: Person, cart: dict[str, Any]) -> dict[str, Any]:
    """Takes the first way to bring it, and orders; asked twice with one key, there is one order."""
    cart = await changed(customer, cart, {"kind": "set_shipping", "option_id": cart["shipping_options"][0]["id"]})
    draft = {"order_id": new_id("ord"), "cart_id": cart["id"], "base_version": cart["version"], "address": ADDRESS}
    customer.headers["Idempotency-Key"] = draft["order_id"]
    order: dict[str, Any] = await customer.rest("POST", "/v1/orders", 201, json=draft)
    assert await customer.rest("POST", "/v1/orders", 201, json=draft) == order
    del customer.headers["Idempotency-Key"]
    assert order["totals"]["total"] == cart["totals"]["total"]
    return order


async def bought(customer: Person, asker: Person, conversation_id: str, order: dict[str, Any]) -> dict[str, Any]:
    """A pay link, and the money: the order as it is then."""
    wish = {"order_id": order["id"]}
    payment = await asker.rest("POST", f"/v1/conversations/{conversation_id}/payments", 201, json=wish)
    await customer.sees(conversation_id, "payment.link_created", payment_id=payment["id"])
    await paid(customer, payment["id"])
    await customer.sees(conversation_id, "payment.succeeded", payment_id=payment["id"])
    now: dict[str, Any] = await customer.rest("GET", f"/v1/orders/{order['id']}")
    assert now["financial_status"] == "paid"
    return now


def in_order(entries: list[dict[str, Any]], *kinds: str) -> None:
    """These kinds occur one after the other, and no number is missing."""
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    told = iter(entry["type"] for entry in entries)
    assert all(kind in told for kind in kinds), [entry["type"] for entry in entries]


async def told(person: Person, conversation_id: str) -> list[dict[str, Any]]:
    """The whole timeline."""
    found = await person.rest("GET", f"/v1/conversations/{conversation_id}/timeline?limit=500")
    entries: list[dict[str, Any]] = found["entries"]
    return entries


async def test_magalu_from_a_question_to_an_order(core: SignallingCore, client: TestClient[Any, Any], shop: Shop) -> None:
    ana, rita = await customer(client, shop, "Ana Souza"), await staff(core, client, REP)
    talk = (await ana.rest("POST", "/v1/conversations", 201, json={"locale": "pt-BR"}))["id"]
    await ana.socket.ask("conversation.watch", conversation_id=talk)
    await ana.say(talk, "Quanto custa a chaleira?")
    await helped(ana, rita, talk)
    await rita.sees(talk, "message.created")

    (kettle,) = (await rita.rest("GET", "/v1/products?text=gooseneck&currency=BRL&locale=en"))["data"]
    variant = kettle["variants"][0]
    price = variant["price"]["money"]
    assert price == {"amount": 35990, "currency": "BRL"}
    await rita.say(talk, f"R$ {price['amount'] / 100:.2f}")
    delivery = await rita.rest("GET", f"/v1/variants/{variant['id']}/delivery?country=BR&currency=BRL")
    quote = delivery["data"][0]
    await rita.say(talk, f"{quote['title']}: {quote['days_least']} a {quote['days_most']} dias, R$ {quote['price']['amount'] / 100:.2f}")
    await ana.socket.until(lambda: len([e for e in ana.socket.entries(talk) if e["type"] == "message.created"]) >= 3)

    cart = await filled(ana, talk, {variant["id"]: 1}, "BRL", "BR")
    order = await ordered(ana, cart)
    assert order["totals"]["total"]["amount"] == price["amount"] + quote["price"]["amount"]
    await rita.sees(talk, "order.placed")
    await bought(ana, rita, talk, order)

    entries = await told(ana, talk)
    in_order(
        entries,
        "conversation.created",
        "message.created",
        "queue.entered",
        "conversation.assigned",
        "message.created",
        "cart.updated",
        "order.placed",
        "payment.link_created",
        "payment.succeeded",
    )


async def test_havaianas_chosen_paid_and_tracked(core: SignallingCore, client: TestClient[Any, Any], shop: Shop) -> None:
    bia, back_office = await customer(client, shop, "Bia Lima"), await staff(core, client, ADMIN)
    talk = (await bia.rest("POST", "/v1/conversations", 201, json={"locale": "pt-BR"}))["id"]
    await bia.socket.ask("conversation.watch", conversation_id=talk)
    aprons = (await bia.rest("GET", "/v1/products?text=apron&currency=BRL"))["data"][0]
    there = [variant["id"] for variant in aprons["variants"] if variant["stock"]["available"] != 0][:2]
    cart = await filled(bia, talk, {there[0]: 2, there[1]: 1}, "BRL", "BR")
    assert sum(line["quantity"] for line in cart["lines"]) == 3
    order = await bought(bia, bia, talk, await ordered(bia, cart))

    parcel = {"carrier": "Correios", "number": "BR123456789", "url": "https://rastreio.example/BR123456789"}
    path = f"/v1/orders/{order['id']}/fulfilment"
    await back_office.rest("POST", path, json={"op_id": new_id("op"), "event": "started"})
    await back_office.rest("POST", path, json={"op_id": new_id("op"), "event": "shipped", "tracking": parcel})
    await bia.sees(talk, "order.status_changed", fulfillment_status="shipped")
    assert (await bia.rest("GET", f"/v1/orders/{order['id']}"))["tracking"] == [parcel]
    await back_office.rest("POST", path, json={"op_id": new_id("op"), "event": "delivered"})
    await bia.sees(talk, "order.status_changed", fulfillment_status="delivered")
    in_order(await told(bia, talk), "cart.updated", "order.placed", "payment.succeeded", "order.status_changed", "order.status_changed")


async def test_natura_recommended_bought_and_supported(core: SignallingCore, client: TestClient[Any, Any], shop: Shop) -> None:
    caio, rita = await customer(client, shop, "Caio Melo"), await staff(core, client, REP)
    talk = (await caio.rest("POST", "/v1/conversations", 201, json={"locale": "pt-BR"}))["id"]
    await caio.socket.ask("conversation.watch", conversation_id=talk)
    await helped(caio, rita, talk, reason="advice")
    await caio.say(talk, "Um presente para quem gosta de café?")
    cart = await filled(caio, talk, {}, "BRL", "BR")

    # The rep has no grant: what she puts in is a recommendation, and nothing is in the cart until he takes it.
    wish = {
        "kind": "add_line",
        "variant_id": "POUD-WHT",
        "op_id": new_id("op"),
        "base_version": cart["version"],
        "reason": "Combina com café",
    }
    recommended = await rita.rest("POST", f"/v1/carts/{cart['id']}/operations", json=wish)
    assert recommended["result"] == "suggested"
    assert (await caio.rest("GET", f"/v1/carts/{cart['id']}"))["lines"] == []
    suggestions = await caio.rest("GET", f"/v1/conversations/{talk}/suggestions")
    chosen = suggestions["data"][0]
    taken = await caio.rest("POST", f"/v1/conversations/{talk}/suggestions/{chosen['id']}/accept")
    assert [line["sku"] for line in taken["cart"]["lines"]] == ["POUD-WHT"]
    order = await bought(caio, rita, talk, await ordered(caio, taken["cart"]))
    for event in ("started", "shipped", "delivered"):
        who = await staff(core, client, ADMIN)
        await who.rest("POST", f"/v1/orders/{order['id']}/fulfilment", json={"op_id": new_id("op"), "event": event})
    await rita.rest("POST", f"/v1/conversations/{talk}/close", json={"reason": "bought"})

    # Weeks later, on another device: the same person, a new conversation, about that order.
    again = await customer(client, shop, "Caio Melo")
    support = (await again.rest("POST", "/v1/conversations", 201, json={"locale": "pt-BR"}))["id"]
    await again.socket.ask("conversation.watch", conversation_id=support)
    asked = await again.rest("POST", f"/v1/conversations/{support}/help", 201, json={"note": "O filtro chegou lascado", "step": "support"})
    assert asked["conversation_id"] == support
    (known,) = (await again.rest("GET", "/v1/orders"))["data"]
    assert known["id"] == order["id"]
    await rita.socket.until(lambda: any(note["conversation_id"] == support for note in rita.socket.of("offer.made")))
    ticket = next(note["ticket_id"] for note in rita.socket.of("offer.made") if note["conversation_id"] == support)
    await rita.rest("POST", f"/v1/tickets/{ticket}/accept")
    seen = await rita.rest("GET", f"/v1/orders/{order['id']}")
    back = {"return_id": new_id("ret"), "lines": [{"line_id": seen["lines"][0]["id"], "quantity": 1}], "reason": "lascado"}
    made = await again.rest("POST", f"/v1/orders/{order['id']}/returns", 201, json=back)
    await rita.socket.ask("conversation.watch", conversation_id=support)
    await rita.say(support, "Mandamos outro hoje.")
    approved = await rita.rest("POST", f"/v1/orders/{order['id']}/returns/{made['id']}", json={"event": "approved"})
    assert approved["status"] == "approved"
    await again.sees(support, "message.created", text="Mandamos outro hoje.")
    await rita.rest("POST", f"/v1/conversations/{support}/close", json={"reason": "solved"})
    await again.rest("POST", f"/v1/conversations/{support}/csat", json={"score": 5})
    in_order(
        await told(again, support), "conversation.created", "help.requested", "conversation.assigned", "message.created", "csat.submitted"
    )
