"""Orders: placed once, from what the customer agreed to, with stock that there is; and what happens to them later."""

import asyncio
from dataclasses import replace

import pytest

from mediaserver.errors import Conflict, Forbidden, NotFound, RemoteError
from signalling.app import SignallingCore
from signalling.commerce import catalogue, order_events, order_returns, orders, till
from signalling.commerce.cart_change import AddLine, ApplyCode, SetShipping, SetStep
from signalling.commerce.money import Money
from signalling.commerce.order import Order, Returned, Tracking
from signalling.commerce.orders import PlaceRequest
from signalling.commerce.shop import Address
from signalling.identity.caller import Caller
from signalling.ids import new_id
from tests.signalling.people import ADMIN, CUSTOMER, OTHER_CUSTOMER, REP, TENANT
from tests.signalling.shopping import COPPER_KETTLE, HAMBURG, KETTLE, MUG, Shopping

HOME = Address("Ana Lima", "Am Sandtorkai 1", "Hamburg", "DE", "20457", email="ana@example.com")


async def filled(core: SignallingCore, customer: Caller = CUSTOMER, variant: str = KETTLE, pieces: int = 1) -> Shopping:
    shopping = Shopping(core, customer)
    await shopping.begin()
    await shopping.do(AddLine(variant, pieces))
    await shopping.do(SetShipping("standard"))
    return shopping


async def place(shopping: Shopping, order_id: str | None = None, caller: Caller | None = None, base: int | None = None) -> Order:
    version = base or (await shopping.cart()).version
    request = PlaceRequest(order_id or new_id("ord"), shopping.cart_id, version, HOME)
    return await till.place(shopping.shops, shopping.store.write, caller or shopping.customer, request)


async def stock(core: SignallingCore, variant: str) -> int:
    found = await core.store.read(catalogue.articles, TENANT, [variant])
    return found[variant].available


async def test_an_order_takes_the_stock_closes_the_cart_and_is_told(core: SignallingCore) -> None:
    shopping = await filled(core, pieces=2)
    await shopping.do(ApplyCode("MINUS20"))
    await shopping.do(SetStep("payment"))
    order = await place(shopping)
    assert (order.totals.total.amount, order.totals.discount.amount) == (9800, 2000)
    assert (order.financial_status, order.fulfillment_status) == ("pending", "unfulfilled")
    assert order.number.startswith("K") and order.address == HOME
    assert await stock(core, KETTLE) == 22
    cart = await shopping.cart()
    assert (cart.status, cart.checkout_step) == ("ordered", "done")
    entries = await shopping.entries()
    assert [entry.kind for entry in entries][-4:] == ["payment.step_entered", "payment.step_left", "cart.updated", "order.placed"]
    told = entries[-1].data["order"]
    assert told["number"] == order.number and "address" not in told
    with pytest.raises(Conflict) as refused:
        await shopping.ask(AddLine(MUG))
    assert refused.value.code == "cart_closed"


async def test_placing_again_gives_the_order_there_is(core: SignallingCore) -> None:
    shopping = await filled(core)
    order_id, version = new_id("ord"), (await shopping.cart()).version
    orders_made = await asyncio.gather(*(place(shopping, order_id, base=version) for _ in range(5)))
    assert len({order.number for order in orders_made}) == 1
    assert await stock(core, KETTLE) == 23
    with pytest.raises(Conflict):
        await place(shopping, base=version)  # another order of the same cart
    with pytest.raises(Conflict) as refused:
        await place(shopping, order_id, base=version + 1)
    assert refused.value.code == "order_id_reused"


async def test_two_hundred_buyers_of_ten_pieces_make_exactly_ten_orders(core: SignallingCore) -> None:
    buyers = []
    for number in range(200):
        customer = replace(CUSTOMER, id=new_id("cust"), name=f"Buyer {number}")
        buyers.append(Shopping(core, customer))
    await buyers[0].begin()
    await core.store.write(catalogue.set_stock, TENANT, COPPER_KETTLE, 10)
    limit = asyncio.Semaphore(8)

    async def ready(buyer: Shopping) -> None:
        async with limit:
            if buyer is not buyers[0]:
                await till.create(buyer.shops, buyer.store.write, buyer.customer, buyer.cart_id, "EUR", "en", buyer.customer.id, HAMBURG)
            await patiently(lambda: buyer.do(AddLine(COPPER_KETTLE), base=1, op_id="op_" + buyer.cart_id[5:]))
            await patiently(lambda: buyer.do(SetShipping("standard"), base=2, op_id="op_" + buyer.customer.id[5:]))

    await asyncio.gather(*(ready(buyer) for buyer in buyers))

    async def buy(buyer: Shopping) -> str:
        order_id = new_id("ord")
        try:
            order = await patiently(lambda: place(buyer, order_id, base=3))
        except Conflict as error:
            return error.code
        return order.number

    outcomes = await asyncio.gather(*(buy(buyer) for buyer in buyers))
    numbers = [outcome for outcome in outcomes if outcome.startswith("K")]
    assert len(numbers) == len(set(numbers)) == 10
    assert outcomes.count("out_of_stock") == 190
    assert await stock(core, COPPER_KETTLE) == 0
    found, _ = await core.store.read(orders.page, ADMIN, limit=200)
    assert sorted(order.number for order in found) == sorted(numbers)


async def patiently(ask: object) -> object:
    """As a good client does: told to come back later (a busy machine's pool), it asks the same again."""
    for _ in range(60):
        try:
            return await ask()
        except RemoteError as error:
            if error.status != 503:
                raise
            await asyncio.sleep(0.05)
    raise AssertionError("never served")


async def test_all_or_nothing_is_taken(core: SignallingCore) -> None:
    shopping = await filled(core, pieces=2)
    await shopping.do(AddLine(COPPER_KETTLE, 3))
    await core.store.write(catalogue.set_stock, TENANT, COPPER_KETTLE, 2)
    with pytest.raises(Conflict) as refused:
        await place(shopping)
    assert (refused.value.code, refused.value.pointer) == ("out_of_stock", "/lines/1")
    assert await stock(core, KETTLE) == 24
    assert (await shopping.cart()).status == "open"


async def test_what_was_agreed_to_is_ordered_or_nothing(core: SignallingCore) -> None:
    shopping = await filled(core)
    seen = (await shopping.cart()).version
    await shopping.do(AddLine(MUG))
    with pytest.raises(Conflict) as refused:
        await place(shopping, base=seen)
    assert refused.value.code == "cart_conflict"
    with pytest.raises(NotFound):
        await place(shopping, caller=OTHER_CUSTOMER)
    empty = Shopping(core)
    await empty.begin()
    with pytest.raises(Conflict) as refused:
        await place(empty)
    assert refused.value.code == "cart_incomplete"


async def test_a_code_for_once_is_used_up_by_an_order(core: SignallingCore) -> None:
    shopping = await filled(core)
    await shopping.do(ApplyCode("WELCOME10"))
    await place(shopping)
    second = await filled(core)
    cart = await second.do(ApplyCode("WELCOME10"))
    assert [(each.applicable, each.reason) for each in cart.discount_codes] == [(False, "used")]


async def test_money_moves_the_order_once_for_each_payment(core: SignallingCore) -> None:
    shopping = await filled(core)
    order = await place(shopping)
    half = Money(order.totals.total.amount // 2 - 100, "EUR")
    rest = order.totals.total - half
    write = core.store.write
    await write(order_events.payment_failed, TENANT, order.id, "pay_0", "declined")
    for _ in range(2):
        made = await write(order_events.paid, TENANT, order.id, "pay_1", half, "ref_1")
        assert (made.financial_status, made.paid) == ("partially_paid", half)
    made = await write(order_events.paid, TENANT, order.id, "pay_2", rest, "ref_2")
    assert (made.financial_status, made.version) == ("paid", 3)
    await write(order_events.payment_failed, TENANT, order.id, "pay_2", "late")
    made = await write(order_events.refunded, TENANT, order.id, "re_1", Money(100, "EUR"), "ref_3")
    assert made.financial_status == "partially_refunded"
    made = await write(order_events.refunded, TENANT, order.id, "re_2", made.paid - Money(100, "EUR"), "ref_4")
    assert made.financial_status == "refunded"
    told = [entry.data["changed"].get("financial_status", {}).get("to") for entry in await shopping.entries("order.status_changed")]
    assert told == ["partially_paid", "paid", "partially_refunded", "refunded"]
    with pytest.raises(Conflict):
        await write(order_events.paid, TENANT, order.id, "pay_1", rest, "ref_1")
    with pytest.raises(NotFound):
        await write(order_events.paid, TENANT, new_id("ord"), "pay_1", half, "ref_1")


async def test_goods_are_followed_and_can_be_cancelled_in_time(core: SignallingCore) -> None:
    write = core.store.write
    shopping = await filled(core)
    order = await place(shopping)
    parcel = Tracking("DHL", "00340434161094042557", "https://tracking.example/00340434161094042557")
    made = await write(order_events.fulfil, REP, order.id, "op_1", "shipped", parcel)
    assert (made.fulfillment_status, made.tracking) == ("shipped", (parcel,))
    assert await write(order_events.fulfil, REP, order.id, "op_1", "shipped", parcel) == made
    with pytest.raises(Conflict) as refused:
        await till.cancel(core.services.shops, write, REP, order.id, "op_2", "changed my mind")
    assert refused.value.code == "order_state"

    second = await filled(core)
    order = await place(second)
    assert await stock(core, KETTLE) == 22
    for _ in range(2):
        made = await till.cancel(core.services.shops, write, CUSTOMER, order.id, "op_3", "changed my mind")
        assert (made.fulfillment_status, made.financial_status, made.cancel_reason) == ("cancelled", "voided", "changed my mind")
    assert await stock(core, KETTLE) == 23
    with pytest.raises(NotFound):
        await core.store.read(orders.read, OTHER_CUSTOMER, order.id)


async def test_returns_are_bounded_by_what_was_bought(core: SignallingCore) -> None:
    write, shops = core.store.write, core.services.shops
    shopping = await filled(core, pieces=3)
    order = await place(shopping)
    line = order.lines[0].id
    back = (Returned(line, 2),)
    first = new_id("ret")
    with pytest.raises(Conflict):
        await till.request_return(shops, write, CUSTOMER, order.id, first, back, "too small")
    await write(order_events.fulfil, REP, order.id, "op_1", "shipped")
    made = await till.request_return(shops, write, CUSTOMER, order.id, first, back, "too small")
    assert await till.request_return(shops, write, CUSTOMER, order.id, first, back, "too small") == made
    with pytest.raises(Conflict) as refused:
        await till.request_return(shops, write, CUSTOMER, order.id, new_id("ret"), back, "also")
    assert refused.value.code == "return_too_many"
    with pytest.raises(Forbidden):
        await write(order_returns.advance, CUSTOMER, order.id, first, "approved")
    second = new_id("ret")
    await till.request_return(shops, write, CUSTOMER, order.id, second, (Returned(line, 1),), "also")
    for each in (first, second):
        await write(order_returns.advance, REP, order.id, each, "approved")
        await write(order_returns.advance, REP, order.id, each, "received")
    assert (await core.store.read(orders.read, CUSTOMER, order.id)).fulfillment_status == "returned"
    assert [each.status for each in await core.store.read(order_returns.listed, CUSTOMER, order.id)] == ["received", "received"]
    told = [entry.data["event"] for entry in await shopping.entries("order.status_changed")]
    assert told[:3] == ["shipped", "return_requested", "return_requested"] and told[-1] == "return_received"


async def test_orders_are_listed_page_by_page(core: SignallingCore) -> None:
    for _ in range(3):
        await place(await filled(core))
    first, cursor = await core.store.read(orders.page, CUSTOMER, limit=2)
    rest, end = await core.store.read(orders.page, CUSTOMER, limit=2, cursor=cursor)
    assert [len(first), len(rest), end] == [2, 1, None]
    assert len({order.id for order in [*first, *rest]}) == 3
    assert (await core.store.read(orders.page, OTHER_CUSTOMER))[0] == []
