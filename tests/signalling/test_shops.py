"""Both adapters keep what any adapter promises; the one over HTTP besides bears whatever the other side does."""

from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediaserver.errors import Conflict, LocalError, RemoteError, Unavailable
from signalling import tenants
from signalling.app import SignallingCore
from signalling.commerce.offer import Search
from signalling.commerce.shop import connect
from signalling.commerce.shops.demo import DemoShop
from signalling.commerce.shops.rest import RestShop
from signalling.commerce.shops.seed import seed
from tests.signalling.people import FOREIGN, TENANT
from tests.signalling.shop_conformance import Counter, ShopConformance, same
from tests.support.shop_stand_in import TOKEN, ShopStandIn


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """SQLite alone: an adapter has no statements of its own, and the demo shop's run on both elsewhere."""
    return f"sqlite:///{tmp_path / 'tresen.db'}"


@pytest.fixture
async def there(core: SignallingCore) -> AsyncIterator[ShopStandIn]:
    """A shop elsewhere: the demo's goods, of a tenant that only the stand-in knows."""
    await core.store.write(tenants.create, FOREIGN, "Elsewhere")
    await core.store.write(seed, FOREIGN)
    made = ShopStandIn(DemoShop(core.store, FOREIGN, {}), core.store)
    await made.start()
    yield made
    await made.close()


async def no_pause(_: float) -> None:
    pass


@pytest.fixture
async def rest(core: SignallingCore, there: ShopStandIn) -> AsyncIterator[RestShop]:
    made = RestShop(core.store, TENANT, there.config, private=True)
    made.remote._sleep = no_pause
    yield made
    await made.close()


class TestDemo(ShopConformance):
    """The embedded shop."""

    @pytest.fixture
    async def counter(self, core: SignallingCore) -> Counter:
        await core.store.write(seed, TENANT)
        return Counter(DemoShop(core.store, TENANT, {}), core.store)


class TestRest(ShopConformance):
    """A shop over HTTP."""

    @pytest.fixture
    async def counter(self, core: SignallingCore, rest: RestShop) -> Counter:
        return Counter(rest, core.store)


async def test_a_shop_tells_the_same_over_http(core: SignallingCore, there: ShopStandIn, rest: RestShop) -> None:
    near, far = Counter(there.shop, core.store), Counter(rest, core.store)
    for search in (Search(), Search(text="mug", sort="-price"), Search(price_most=5000, in_stock=True, limit=3)):
        assert same(asdict(await near.shop.search(search)), asdict(await far.shop.search(search)))
    draft = (await near.request(2)).draft
    assert same(asdict(await near.quote(draft)), asdict(await far.quote(draft)))


async def test_an_answer_that_was_lost_is_asked_for_again_and_orders_once(there: ShopStandIn, rest: RestShop) -> None:
    counter = Counter(rest, there.store)
    product = await counter.some()
    before = await counter.available(product.id)
    request = await counter.request(1, product.variants[0].id)
    there.faults.extend(["drop", 503, "drop"])
    with pytest.raises(Unavailable):
        await counter.place(request)  # ATTEMPTS are used up; nobody knows
    placed = await counter.place(request)
    assert await counter.available(product.id) == before - 1
    assert {key for method, path, key in there.requests if path == "/orders"} == {request.order_id}
    assert placed.number


@pytest.mark.parametrize("fault", ["garbage", "huge", "redirect", 500, 301, 418, 401, b"[]", b"{}", b'{"products": 1}', b'"a"', b""])
async def test_an_answer_that_is_none_is_unavailable(there: ShopStandIn, rest: RestShop, fault: Any) -> None:
    there.faults.extend([fault] * 3)
    with pytest.raises(Unavailable):
        await rest.search(Search())


async def test_a_quote_that_does_not_add_up_is_no_answer(core: SignallingCore, there: ShopStandIn, rest: RestShop) -> None:
    counter = Counter(rest, core.store)
    draft = (await counter.request()).draft
    quote = await counter.quote(draft)

    class Wrong:
        async def pricer(self, _: Any) -> Any:
            total = replace(quote.totals, total=replace(quote.totals.total, amount=1))
            return lambda tx, draft: replace(quote, totals=total)

    there.shop = Wrong()  # type: ignore[assignment] # nothing else of it is asked
    with pytest.raises(Unavailable):
        await counter.quote(draft)


async def test_texts_that_cannot_be_shown_are_no_answer(there: ShopStandIn, rest: RestShop, core: SignallingCore) -> None:
    product = await Counter(rest, core.store).some()
    shop = there.shop
    for change in (
        {"title": "a\x00b"},
        {"url": "javascript:alert(1)"},
        {"image_url": "//elsewhere.example/x"},
        {"description": "x" * 30_000},
    ):
        wrong = replace(product, **change)

        class Wrong:
            async def product(self, *_: Any, told: Any = wrong) -> Any:
                return told

        there.shop = Wrong()  # type: ignore[assignment] # nothing else of it is asked
        with pytest.raises(Unavailable):
            await rest.product(product.id, "EUR", "en")
    there.shop = shop
    assert await rest.product(product.id, "EUR", "en")


async def test_a_shop_that_is_down_is_left_alone_for_a_while(there: ShopStandIn, rest: RestShop) -> None:
    there.faults.extend([503] * 50)
    for _ in range(10):
        with pytest.raises(Unavailable):
            await rest.search(Search())
    assert len(there.requests) == rest.remote.breaker.failures


async def test_a_shops_own_words_do_not_reach_customers(there: ShopStandIn, rest: RestShop, core: SignallingCore) -> None:
    counter = Counter(rest, core.store)
    request = await counter.request()
    with pytest.raises(Conflict) as refused:
        await counter.place(replace(request, expected=request.expected + request.expected))
    assert "costs" not in refused.value.detail and refused.value.code == "price_changed"


ANY = st.one_of(st.binary(max_size=200), st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda x: repr(x).encode()))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(ANY)
async def test_any_bytes_are_an_answer_or_unavailable(there: ShopStandIn, rest: RestShop, raw: bytes) -> None:
    there.faults.clear()
    there.faults.extend([raw] * 2)
    rest.remote.breaker.succeeded()
    for ask in (rest.search(Search()), rest.product("p", "EUR", "en")):
        try:
            await ask
        except RemoteError as error:
            assert isinstance(error, Unavailable)


async def test_a_tenants_shop_is_found_by_its_connection(core: SignallingCore, there: ShopStandIn) -> None:
    await core.store.write(connect, TENANT, "rest", there.config)
    shop = await core.services.shops.of(TENANT)
    assert (await shop.search(Search(limit=1))).products


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"url": "ftp://shop.example", "token": TOKEN},
        {"url": "https://user:secret@shop.example/", "token": TOKEN},
        {"url": "https://shop.example/", "token": "short"},
        {"url": "http://127.0.0.1/", "token": TOKEN},
        {"url": "https://10.0.0.1/", "token": TOKEN},
        {"url": "https://shop.example/?q=1", "token": TOKEN},
        {"url": "https://shop.example/", "token": TOKEN, "more": 1},
    ],
)
async def test_a_configuration_that_does_not_fit_is_refused_without_its_secrets(core: SignallingCore, config: dict[str, Any]) -> None:
    with pytest.raises(LocalError) as refused:
        RestShop(core.store, TENANT, config)
    assert "secret" not in str(refused.value) and TOKEN not in str(refused.value)
