"""What any shop adapter must do, as tests: a class to inherit from, with a fixture `counter` that gives a shop and its store.

    class TestMine(ShopConformance):
        @pytest.fixture
        async def counter(self, core): ... yield Counter(shop, core.store)

The shop must hold the demo's catalogue (`shops/goods.toml`). Every promise of `commerce.shop` that a caller relies on is here.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pytest

from mediaserver.errors import Conflict, NotFound, Unprocessable
from signalling.commerce.money import Money
from signalling.commerce.offer import Destination, Draft, Product, Quote, Search, Wanted
from signalling.commerce.shop import Finish, OrderRequest, Placed, ReturnLine, Shop
from signalling.ids import new_id
from signalling.store import Store

T = TypeVar("T")
HAMBURG = Destination("DE", "20457")


@dataclass
class Counter:
    """A shop, and the store its finishing halves run in."""

    shop: Shop
    store: Store

    async def quote(self, draft: Draft) -> Quote:
        async def asked() -> Draft:
            return draft

        return await self.store.read(await self.shop.pricer(asked), draft)

    async def done(self, first_half: Awaitable[Finish[T]]) -> T:
        return await self.store.write(await first_half)

    async def place(self, request: OrderRequest, op_id: str | None = None) -> Placed:
        return await self.done(self.shop.place(op_id or request.order_id, request))

    async def some(self) -> Product:
        """A product with much in stock."""
        found = await self.shop.search(Search(in_stock=True, limit=100))
        return max(found.products, key=lambda product: product.variants[0].stock.available or 0)

    async def request(self, quantity: int = 1, variant_id: str | None = None) -> OrderRequest:
        """An order that the shop takes."""
        variant = variant_id or (await self.some()).variants[0].id
        asked = Draft("EUR", "en", "cust_1", (Wanted("line_1", variant, quantity),), (), None, HAMBURG)
        options = await self.shop.delivery(asked)
        asked = replace(asked, selected_shipping=options[0].id)
        return OrderRequest(new_id("ord"), asked, (await self.quote(asked)).totals.total)

    async def available(self, product_id: str) -> int:
        told = (await self.shop.product(product_id, "EUR", "en")).variants[0].stock.available
        assert told is not None
        return told


class ShopConformance:
    """See the module."""

    async def test_a_search_finds_what_it_should_and_pages_to_its_end(self, counter: Counter) -> None:
        everything: list[Product] = []
        cursor = None
        while True:
            page = await counter.shop.search(Search(limit=7, cursor=cursor))
            assert len(page.products) <= 7
            everything += page.products
            cursor = page.next_cursor
            if cursor is None:
                break
        ids = [product.id for product in everything]
        assert len(ids) == len(set(ids)) >= 20
        assert (await counter.shop.search(Search(text="no such thing anywhere"))).products == ()
        kettles = (await counter.shop.search(Search(text="kettle"))).products
        assert kettles and {each.id for each in kettles} <= set(ids)

    async def test_every_fact_says_who_told_it_and_when(self, counter: Counter) -> None:
        product = await counter.some()
        for fact in (product.variants[0].price, product.variants[0].stock):
            assert fact.source == counter.shop.name and fact.at.endswith("Z")
        quote = await counter.quote((await counter.request()).draft)
        assert quote.source == counter.shop.name and quote.at.endswith("Z")

    async def test_a_cursor_that_is_not_its_own_is_unprocessable(self, counter: Counter) -> None:
        with pytest.raises(Unprocessable):
            await counter.shop.search(Search(cursor="!!not-a-cursor"))

    @pytest.mark.parametrize("product_id", ["prod_none", "..", "a/b", "\N{GREEK SMALL LETTER ALPHA}", "%2e%2e"])
    async def test_a_product_that_is_not_there_is_not_found(self, counter: Counter, product_id: str) -> None:
        with pytest.raises(NotFound):
            await counter.shop.product(product_id, "EUR", "en")

    async def test_a_quote_adds_up_whatever_is_asked(self, counter: Counter) -> None:
        found = (await counter.shop.search(Search(limit=100))).products
        lines = tuple(Wanted(f"line_{n}", product.variants[0].id, 1 + n % 3) for n, product in enumerate(found[:12]))
        for codes in ((), ("WELCOME10",), ("WELCOME10", "NO-SUCH-CODE")):
            for destination in (None, HAMBURG, Destination("PL", "00-001")):
                asked = Draft("EUR", "de", "cust_1", lines, codes, None, destination)
                quote = await counter.quote(asked)
                assert quote.faults(asked) == []

    async def test_a_code_that_does_not_count_is_said_not_refused(self, counter: Counter) -> None:
        asked = replace((await counter.request()).draft, discount_codes=("NO-SUCH-CODE",))
        (state,) = (await counter.quote(asked)).discount_codes
        assert (state.applicable, state.reason) == (False, "unknown")

    async def test_a_variant_that_is_gone_is_said_not_refused(self, counter: Counter) -> None:
        asked = Draft("EUR", "en", None, (Wanted("line_1", "NO-SUCH-VARIANT", 1),))
        assert (await counter.quote(asked)).gone == ("line_1",)

    async def test_another_currency_than_it_sells_in_is_unprocessable(self, counter: Counter) -> None:
        with pytest.raises(Unprocessable):
            await counter.quote(replace((await counter.request()).draft, currency="JPY"))

    async def test_delivery_is_cheapest_first_and_empty_where_there_is_none(self, counter: Counter) -> None:
        asked = (await counter.request()).draft
        prices = [option.price.amount for option in await counter.shop.delivery(asked)]
        assert prices and prices == sorted(prices)
        assert await counter.shop.delivery(replace(asked, destination=Destination("AQ"), selected_shipping=None)) == ()

    async def test_an_order_takes_stock_and_cancelling_puts_it_back(self, counter: Counter) -> None:
        product = await counter.some()
        before = await counter.available(product.id)
        placed = await counter.place(await counter.request(2, product.variants[0].id))
        assert await counter.available(product.id) == before - 2
        for _ in range(2):
            await counter.done(counter.shop.cancel("op_cancel", placed.ref, "changed their mind"))
        assert await counter.available(product.id) == before

    async def test_asking_again_with_the_same_id_orders_once(self, counter: Counter) -> None:
        product = await counter.some()
        before = await counter.available(product.id)
        request = await counter.request(1, product.variants[0].id)
        first = await counter.place(request)
        again = await counter.place(request)
        assert (again.ref, again.number) == (first.ref, first.number)
        assert await counter.available(product.id) == before - 1

    async def test_an_id_that_was_used_for_something_else_is_a_conflict(self, counter: Counter) -> None:
        request = await counter.request(1)
        await counter.place(request)
        other = await counter.request(2)
        with pytest.raises(Conflict) as refused:
            await counter.place(replace(other, order_id=request.order_id), request.order_id)
        assert refused.value.code == "op_id_reused"

    async def test_another_total_than_was_agreed_is_a_conflict(self, counter: Counter) -> None:
        request = await counter.request()
        with pytest.raises(Conflict) as refused:
            await counter.place(replace(request, expected=request.expected + Money(1, "EUR")))
        assert refused.value.code == "price_changed"

    async def test_more_than_there_is_is_not_sold_however_many_ask_at_once(self, counter: Counter) -> None:
        product = await counter.some()
        left = await counter.available(product.id)
        half = left // 2 + 1
        requests = [await counter.request(half, product.variants[0].id) for _ in range(4)]

        async def bought(request: OrderRequest) -> bool:
            try:
                await counter.place(request)
            except Conflict as error:
                assert (error.code, error.pointer) == ("out_of_stock", "/lines/0")
                return False
            return True

        assert sum(await asyncio.gather(*(bought(request) for request in requests))) == 1
        assert await counter.available(product.id) == left - half

    async def test_returns_and_money_are_taken_note_of_for_orders_there_are(self, counter: Counter) -> None:
        request = await counter.request()
        placed = await counter.place(request)
        line = ReturnLine("line_1", request.draft.lines[0].variant_id, 1)
        tell: list[Callable[[str], Awaitable[Finish[None]]]] = [
            lambda ref: counter.shop.request_return("op_return", ref, (line,), "too small"),
            lambda ref: counter.shop.paid("op_paid", ref, request.expected, "pi_1"),
            lambda ref: counter.shop.refunded("op_refunded", ref, request.expected, "re_1"),
        ]
        for each in tell:
            await counter.done(each(placed.ref))
            await counter.done(each(placed.ref))
            with pytest.raises(NotFound):
                await counter.done(each("no-such-order"))

    async def test_closing_twice_is_harmless(self, counter: Counter) -> None:
        await counter.shop.close()
        await counter.shop.close()


def same(one: Any, other: Any) -> bool:
    """Whether two shops told the same, but for who told it when."""
    return bool(_bare(one) == _bare(other))


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _bare(each) for name, each in value.items() if name not in ("source", "at")}
    return [_bare(each) for each in value] if isinstance(value, list | tuple) else value
