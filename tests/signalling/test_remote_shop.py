"""A shop that is asked outside the transaction: its prices are for one draft, and an order survives a crash at any moment."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from mediaserver.errors import Conflict, Unavailable
from signalling.app import SignallingCore
from signalling.commerce import errands, order_events, orders, till
from signalling.commerce.cart_change import AddLine, SetShipping
from signalling.commerce.money import Money
from signalling.commerce.offer import Draft, Quote
from signalling.commerce.orders import PlaceRequest
from signalling.commerce.shop import Finish, OrderRequest, Placed, Pricer, Stale, connect
from signalling.commerce.shops.demo import DemoShop
from signalling.ids import new_id
from signalling.store import Store, Transaction
from tests.signalling.people import CUSTOMER, OTHER_CUSTOMER, TENANT
from tests.signalling.shopping import KETTLE, MUG, Shopping


class Afar(DemoShop):
    """The demo shop as if it were far away: everything happens in the awaited half. `away`, `refuses`: how it behaves next."""

    embedded = False

    def __init__(self, store: Store) -> None:
        super().__init__(store, TENANT, {})
        self.away = False
        self.unanswered = 0
        self.refuses: Conflict | None = None
        self.meanwhile: Callable[[], Awaitable[object]] | None = None
        self.told: list[tuple[str, str, Money]] = []
        self.placed: dict[str, Placed] = {}

    def answer(self) -> None:
        if self.away:
            self.unanswered += 1
            raise Unavailable("The shop does not answer.")

    async def pricer(self, draft: Callable[[], Awaitable[Draft]]) -> Pricer:
        asked = await draft()
        quote = await self.store.read(await super().pricer(draft), asked)
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()

        def price(_: Transaction, wanted: Draft) -> Quote:
            if wanted != asked:
                raise Stale("another draft")
            return quote

        return price

    async def place(self, op_id: str, request: OrderRequest) -> Finish[Placed]:
        self.answer()
        if self.refuses is not None:
            raise self.refuses
        placed = self.placed[op_id] = await self.store.write(await super().place(op_id, request))
        return lambda _: placed

    async def paid(self, op_id: str, ref: str, amount: Money, reference: str) -> Finish[None]:
        self.answer()
        self.told.append((op_id, ref, amount))
        return lambda _: None


@pytest.fixture
async def afar(core: SignallingCore) -> Afar:
    made = Afar(core.store)
    core.services.shops.adapters["afar"] = lambda *_: made
    await core.store.write(connect, TENANT, "afar", {"url": "https://shop.example"})
    return made


async def filled(core: SignallingCore) -> Shopping:
    shopping = Shopping(core)
    await shopping.begin()
    await shopping.do(AddLine(KETTLE))
    await shopping.do(SetShipping("standard"))
    return shopping


async def until(core: SignallingCore, holds: Callable[[], Awaitable[bool]]) -> None:
    """Runs the errands as if their time had come, the courier's own task beside, until this is so."""

    def hasten(tx: Transaction) -> None:
        tx.execute(errands.table.update().values(due_at_us=0))

    courier = core.services.shops.courier
    assert courier is not None
    async with asyncio.timeout(30):
        while not await holds():
            await core.store.write(hasten)
            await courier.run_due()


async def refused(afar: Afar, times: int) -> bool:
    return afar.unanswered >= times


async def heard(core: SignallingCore) -> bool:
    return await core.store.read(errands.find, TENANT, "paid:pay_1") is None


async def test_a_price_is_asked_again_when_the_cart_moved_on_meanwhile(core: SignallingCore, afar: Afar) -> None:
    shopping = await filled(core)
    version = (await shopping.cart()).version
    afar.meanwhile = lambda: shopping.do(AddLine(MUG), base=version)
    cart = await shopping.do(AddLine(KETTLE), base=version)
    assert (cart.version, [line.quantity for line in cart.lines]) == (version + 2, [2, 1])


async def test_an_order_that_the_shop_took_before_a_crash_is_finished(core: SignallingCore, afar: Afar) -> None:
    shopping = await filled(core)
    request = PlaceRequest(new_id("ord"), shopping.cart_id, 3)

    async def crash(*_: object, **__: object) -> None:
        raise ConnectionError("the process died here")

    with pytest.raises(ConnectionError):
        await till.place(shopping.shops, crash, CUSTOMER, request)
    assert len(afar.placed) == 1
    with pytest.raises(Conflict):
        await shopping.ask(AddLine(MUG))  # nothing changes what is being ordered
    with pytest.raises(Conflict):
        await till.place(shopping.shops, core.store.write, CUSTOMER, replace(request, order_id=new_id("ord"), base_version=4))
    with pytest.raises(Exception, match="no such"):
        await till.place(shopping.shops, core.store.write, OTHER_CUSTOMER, request)
    await until(core, shopping.ordered)
    order = await core.store.read(orders.read, CUSTOMER, request.order_id)
    assert [order.number] == [placed.number for placed in afar.placed.values()]
    assert (await shopping.cart()).status == "ordered"
    assert await till.place(shopping.shops, core.store.write, CUSTOMER, request) == order
    assert await core.store.write(errands.due) == []


async def test_while_the_shop_is_away_the_order_waits_and_is_then_placed(core: SignallingCore, afar: Afar) -> None:
    shopping = await filled(core)
    request = PlaceRequest(new_id("ord"), shopping.cart_id, 3)
    afar.away = True
    with pytest.raises(Unavailable):
        await till.place(shopping.shops, core.store.write, CUSTOMER, request)
    await until(core, lambda: refused(afar, 3))
    assert (await shopping.cart()).status == "placing"
    afar.away = False
    await until(core, shopping.ordered)
    assert (await core.store.read(orders.read, CUSTOMER, request.order_id)).cart_id == shopping.cart_id


async def test_what_the_shop_refuses_can_be_changed_again(core: SignallingCore, afar: Afar) -> None:
    shopping = await filled(core)
    afar.refuses = Conflict("There are not enough.", code="out_of_stock")
    with pytest.raises(Conflict) as error:
        await till.place(shopping.shops, core.store.write, CUSTOMER, PlaceRequest(new_id("ord"), shopping.cart_id, 3))
    assert error.value.code == "out_of_stock"
    assert (await shopping.cart()).status == "open"
    afar.refuses = None
    cart = await shopping.do(AddLine(MUG))
    order = await till.place(shopping.shops, core.store.write, CUSTOMER, PlaceRequest(new_id("ord"), shopping.cart_id, cart.version))
    assert [line.variant_id for line in order.lines] == [KETTLE, MUG]


async def test_money_is_told_to_the_shop_until_it_has_heard(core: SignallingCore, afar: Afar) -> None:
    shopping = await filled(core)
    order = await till.place(shopping.shops, core.store.write, CUSTOMER, PlaceRequest(new_id("ord"), shopping.cart_id, 3))
    afar.away = True
    amount = order.totals.total
    await core.store.write(order_events.paid, TENANT, order.id, "pay_1", amount, "ref_1")
    await until(core, lambda: refused(afar, 3))
    assert afar.told == []
    afar.away = False
    await until(core, lambda: heard(core))
    assert (afar.told[0][0], afar.told[0][2]) == ("paid:pay_1", amount)
