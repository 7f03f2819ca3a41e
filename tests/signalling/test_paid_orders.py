"""Orders and their payments together, and what a shop tells of orders and carts by its webhooks."""

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from signalling import tenants
from signalling.app import SignallingCore
from signalling.commerce import carts, orders, till
from signalling.commerce.cart_change import AddLine, SetShipping
from signalling.commerce.offer import Search
from signalling.commerce.order import Order
from signalling.commerce.orders import PlaceRequest
from signalling.commerce.shop import connect
from signalling.commerce.shops.demo import DemoShop
from signalling.commerce.shops.seed import seed
from signalling.ids import new_id
from tests.signalling.paying import Client, kinds
from tests.signalling.paying import stripe as stripe
from tests.signalling.people import ADMIN, CUSTOMER, FOREIGN, OTHER_CUSTOMER, REP, SUPERVISOR, TENANT, bearer
from tests.signalling.shopping import KETTLE, Shopping
from tests.support.shop_stand_in import ShopStandIn
from tests.support.stripe_stand_in import StripeStandIn


async def ordered(core: SignallingCore) -> tuple[Shopping, Order]:
    shopping = Shopping(core)
    await shopping.begin()
    await shopping.do(AddLine(KETTLE, 2))
    await shopping.do(SetShipping("standard"))
    return shopping, await placed(shopping)


async def placed(shopping: Shopping) -> Order:
    request = PlaceRequest(new_id("ord"), shopping.cart_id, (await shopping.cart()).version)
    return await till.place(shopping.shops, shopping.store.write, CUSTOMER, request)


async def order_of(core: SignallingCore, order: Order) -> Order:
    return await core.store.read(orders.read, CUSTOMER, order.id)


async def pay(client: Client, core: SignallingCore, shopping: Shopping, wish: dict[str, Any], caller: Any = CUSTOMER) -> Any:
    url = f"/v1/conversations/{shopping.conversation_id}/payments"
    async with client.post(url, json=wish, headers=bearer(core, caller)) as answer:
        return answer.status, await answer.json()


async def test_an_order_is_paid_for_with_its_own_total_and_refunded(core: SignallingCore, client: Client, stripe: StripeStandIn) -> None:
    shopping, order = await ordered(core)
    status, made = await pay(client, core, shopping, {"order_id": order.id}, REP)
    assert (status, made["amount"]) == (201, {"amount": order.totals.total.amount, "currency": "EUR"})
    (session,) = stripe.sessions.values()
    assert session["amount_total"] == order.totals.total.amount
    await stripe.pay(session["id"])
    assert (await order_of(core, order)).financial_status == "paid"
    assert (await pay(client, core, shopping, {"order_id": order.id}))[1]["code"] == "nothing_to_pay"
    url = f"/v1/payments/{made['id']}/refunds"
    for amount, financial in ((100, "partially_refunded"), (None, "refunded")):
        async with client.post(url, json={"amount": amount}, headers=bearer(core, SUPERVISOR)) as answer:
            assert answer.status == 201
        assert (await order_of(core, order)).financial_status == financial
    told = await kinds(core.store, shopping.conversation_id)
    assert told == ["payment.link_created", "payment.succeeded", "payment.refunded", "payment.refunded"]


async def test_a_cart_is_paid_for_by_its_order(core: SignallingCore, client: Client, stripe: StripeStandIn) -> None:
    shopping = Shopping(core)
    await shopping.begin()
    await shopping.do(AddLine(KETTLE))
    await shopping.do(SetShipping("standard"))
    assert (await pay(client, core, shopping, {"cart_id": shopping.cart_id}))[1]["code"] == "order_first"
    order = await placed(shopping)
    status, made = await pay(client, core, shopping, {"cart_id": shopping.cart_id})
    assert (status, made["order_id"]) == (201, order.id)


async def test_an_order_of_somebody_else_is_not_found(core: SignallingCore, client: Client) -> None:
    shopping, order = await ordered(core)
    other = Shopping(core, OTHER_CUSTOMER)
    await other.begin()
    assert (await pay(client, core, other, {"order_id": order.id}, OTHER_CUSTOMER))[0] == 404
    assert (await pay(client, core, other, {"order_id": order.id}, REP))[0] == 404
    assert (await pay(client, core, shopping, {"order_id": order.id}, OTHER_CUSTOMER))[0] == 404


async def test_a_failed_payment_leaves_the_order_waiting_for_the_next(core: SignallingCore, client: Client, stripe: StripeStandIn) -> None:
    shopping, order = await ordered(core)
    await pay(client, core, shopping, {"order_id": order.id})
    (first,) = stripe.sessions
    await stripe.submit(first)
    await stripe.settle(first, paid=False)
    assert (await order_of(core, order)).financial_status == "pending"
    status, made = await pay(client, core, shopping, {"order_id": order.id})
    assert (status, made["status"]) == (201, "link_created")
    await stripe.pay(next(each for each in stripe.sessions if each != first))
    assert (await order_of(core, order)).financial_status == "paid"


@pytest.fixture
async def shop(core: SignallingCore, client: Client) -> AsyncIterator[ShopStandIn]:
    """The tenant's shop is elsewhere, and sends its webhooks here."""
    await core.store.write(tenants.create, FOREIGN, "Elsewhere")
    await core.store.write(seed, FOREIGN)
    made = ShopStandIn(DemoShop(core.store, FOREIGN, {}), core.store)
    await made.start()
    await core.store.write(connect, TENANT, "rest", made.config)
    made.webhook_url = f"{core.address}/v1/inbound/shop/{TENANT}"
    yield made
    await made.close()


async def test_a_shop_elsewhere_takes_the_order_and_tells_of_its_parcel(core: SignallingCore, shop: ShopStandIn) -> None:
    shopping, order = await ordered(core)
    ref = order.number
    parcel = {"carrier": "DHL", "number": "JJD1", "url": "https://dhl.example/JJD1"}
    for _ in range(2):
        assert await shop.send("order.status_changed", {"ref": ref, "event": "shipped", "tracking": parcel}, event_id="msg_1") == 200
    shown = await order_of(core, order)
    assert (shown.fulfillment_status, [each.number for each in shown.tracking]) == ("shipped", ["JJD1"])
    assert len([entry for entry in await shopping.entries() if entry.kind == "order.status_changed"]) == 1
    assert await shop.send("order.status_changed", {"ref": ref, "event": "started"}, event_id="msg_2") == 409
    assert await shop.send("order.status_changed", {"ref": "none", "event": "started"}, event_id="msg_3") == 404
    assert await shop.send("order.status_changed", {"ref": ref, "event": "lost"}, event_id="msg_4") == 422
    assert await shop.send("anything.else", {}, event_id="msg_5") == 200


async def test_a_shop_elsewhere_cancels(core: SignallingCore, shop: ShopStandIn) -> None:
    _, order = await ordered(core)
    assert await shop.send("order.status_changed", {"ref": order.number, "event": "cancelled", "reason": "broken"}, event_id="msg_1") == 200
    shown = await order_of(core, order)
    assert (shown.fulfillment_status, shown.cancel_reason) == ("cancelled", "broken")


async def test_a_shop_elsewhere_changes_a_cart_once(core: SignallingCore, shop: ShopStandIn) -> None:
    shopping = Shopping(core)
    await shopping.begin()
    change = {"cart_id": shopping.cart_id, "operation": {"kind": "add_line", "variant_id": KETTLE, "quantity": 2}}
    for _ in range(2):
        assert await shop.send("cart.changed", change, event_id="msg_1") == 200
    (line,) = (await shopping.cart()).lines
    assert (line.quantity, line.added_by.kind) == (2, "shop")
    assert await shop.send("cart.changed", {**change, "operation": {"kind": "explode"}}, event_id="msg_2") == 422
    assert await shop.send("cart.changed", {**change, "cart_id": new_id("cart")}, event_id="msg_3") == 404


async def test_a_changed_product_is_told_to_whoever_shows_it(core: SignallingCore, shop: ShopStandIn) -> None:
    heard: list[Any] = []
    core.bus.subscribe(f"staff/{TENANT}", lambda _, message: heard.append(message))
    assert await shop.send("product.changed", {"product_id": "prod_1"}, event_id="msg_1") == 200
    assert heard == [{"type": "product.changed", "product_id": "prod_1"}]


async def test_a_shops_webhook_that_is_old_or_of_another_secret_changes_nothing(core: SignallingCore, shop: ShopStandIn) -> None:
    shopping = Shopping(core)
    await shopping.begin()
    change = {"cart_id": shopping.cart_id, "operation": {"kind": "add_line", "variant_id": KETTLE}}
    assert await shop.send("cart.changed", change, event_id="msg_1", at_s=int(time.time()) - 3600) == 401
    assert await shop.send("cart.changed", change, event_id="msg_1", secret="whsec_b3RoZXI=") == 401
    assert (await core.store.read(carts.read, CUSTOMER, shopping.cart_id)).lines == ()


async def test_an_administrator_connects_a_shop_and_sees_no_secret_again(core: SignallingCore, client: Client, shop: ShopStandIn) -> None:
    await core.store.write(connect, TENANT, "demo", {})
    admin, url = bearer(core, ADMIN), "/v1/tenant/shop"
    async with client.get(url, headers=admin) as answer:
        assert (await answer.json())["kind"] == "demo"
    async with client.put(url, json={"kind": "rest", **shop.config}, headers=admin) as answer:
        assert answer.status == 200 and shop.config["token"] not in await answer.text()
    async with client.get(url, headers=admin) as answer:
        assert await answer.json() == {"kind": "rest", "url": shop.config["url"], "webhook_secrets": 1}
    assert (await (await core.services.shops.of(TENANT)).search(Search(limit=1))).products
    for wrong in ({"token": "short"}, {"url": "ftp://shop.example"}, {"url": ""}, {"more": 1}):
        async with client.put(url, json={"kind": "rest", **shop.config, **wrong}, headers=admin) as answer:
            assert answer.status == 422 and shop.config["token"] not in await answer.text()
    async with client.put(url, json={"kind": "demo"}, headers=bearer(core, REP)) as answer:
        assert answer.status == 403
