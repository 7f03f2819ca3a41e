"""The demonstration's shop, as a browser without the widget uses it: visits, cart, checkout that fails and succeeds, who may send what."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import aiohttp
import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from mediaserver.http import edge
from signalling import demo, site
from signalling.app import SignallingCore
from signalling.demo_shop.identity import MARIA, Signer
from signalling.demo_shop.pictures import picture
from signalling.demo_shop.shop import DemoShop
from signalling.identity import seed as people
from signalling.identity import sites

ADDRESS = {"name": "Ana", "street": "Weg 1", "city": "Hamburg", "postcode": "20457", "country": "DE", "email": "ana@example.org"}
PAGE = b"<!doctype html><title>Shop</title>"


class Shop:
    """The shop and one browser in it."""

    def __init__(self, running: DemoShop, core: SignallingCore, tresen: str) -> None:
        self.running, self.core, self.tresen = running, core, tresen
        self.http = aiohttp.ClientSession(running.address, cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def get(self, path: str, status: int = 200) -> Any:
        async with self.http.get(path) as response:
            assert response.status == status, await response.text()
            return await response.json()

    async def post(self, path: str, body: Any, status: int = 200, method: str = "POST", **headers: str) -> Any:
        async with self.http.request(method, path, json=body, headers=headers) as response:
            assert response.status == status, await response.text()
            return await response.json()

    async def change(self, status: int = 200, **operation: Any) -> Any:
        return await self.post("/api/cart", {"operation": operation}, status)

    async def cart(self) -> Any:
        return (await self.get("/api/cart"))["cart"]

    async def filled(self) -> Any:
        """A cart that can be paid."""
        await self.change(kind="add_line", variant_id="STOM-SEA", quantity=2)
        await self.change(kind="set_shipping", option_id="standard", destination={"country": "DE", "postcode": "20457"})
        return (await self.change(kind="set_step", step="review"))["cart"]

    async def pay(self, card: str, version: int, status: int = 200) -> Any:
        return await self.post("/api/pay", {"card": card, "base_version": version, "address": ADDRESS}, status)


@pytest.fixture
async def shop(core: SignallingCore, tmp_path: Path) -> AsyncIterator[Shop]:
    await demo.prepare(core)
    application = web.Application(middlewares=[edge([])])
    core.mount(application)
    server = TestServer(application)
    await server.start_server()
    tresen = f"http://localhost:{server.port}"
    core.address = tresen
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/index.html").write_bytes(PAGE)
    running = DemoShop("127.0.0.1", 0, site.Built(tmp_path))

    async def admit(address: str) -> Signer:
        return await core.store.write(demo.admitted, address)

    await running.open()
    await running.start(tresen, admit)
    made = Shop(running, core, tresen)
    yield made
    await made.http.close()
    await running.stop()
    await server.close()


async def test_a_shop_whose_core_has_not_begun_has_its_address_and_says_so(tmp_path: Path) -> None:
    running = DemoShop("127.0.0.1", 0, site.Built(tmp_path))
    await running.open()
    async with aiohttp.ClientSession(running.address) as http, http.get("/") as response:
        assert response.status == 503 and "opening" in await response.text()
    await running.stop()


async def test_the_page_allows_what_an_embedding_shop_needs_and_no_more(shop: Shop) -> None:
    for path in ("/", "/category/kitchen", "/product/mug", "/search?q=x", "/cart", "/checkout/payment", "/orders", "/orders/ord_1"):
        async with shop.http.get(path) as response:
            assert response.status == 200 and await response.read() == PAGE
    policy = dict(each.split(" ", 1) for each in response.headers["Content-Security-Policy"].split("; "))
    assert policy["script-src"] == f"'self' {shop.tresen}" and policy["style-src"] == "'self'"
    assert policy["connect-src"].startswith(f"'self' {shop.tresen} ws://localhost:")
    assert not any(word in response.headers["Content-Security-Policy"] for word in ("unsafe", "*", "data:"))


async def test_the_site_admits_the_shops_origin_and_its_key_is_made_once(shop: Shop) -> None:
    known = await shop.core.store.read(sites.known, people.SITE)
    assert shop.running.address in known.origins and len(known.keys) == 1
    again = await shop.core.store.write(demo.admitted, shop.running.address)
    assert again.kid == known.keys[0].kid
    assert await shop.core.store.read(sites.known, people.SITE) == known


async def test_a_visitor_is_vouched_for_without_a_name(shop: Shop) -> None:
    await shop.change(kind="add_line", variant_id="STOM-SEA", quantity=1)
    token = (await shop.get("/tresen-token"))["token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["anonymous"] is True and "name" not in claims and claims["cart_id"] == (await shop.cart())["id"]
    assert claims["exp"] - claims["iat"] <= 900
    assert jwt.decode((await shop.get("/tresen-token"))["token"], options={"verify_signature": False})["jti"] != claims["jti"]


async def test_the_customer_who_signs_in_keeps_the_cart(shop: Shop) -> None:
    before = (await shop.change(kind="add_line", variant_id="GOOK-COP", quantity=2))["cart"]
    await shop.change(kind="apply_code", code="WELCOME10")
    visit = await shop.post("/api/sign-in", {})
    assert visit["account"]["name"] == MARIA.name
    cart = await shop.cart()
    assert [(line["variant_id"], line["quantity"]) for line in cart["lines"]] == [("GOOK-COP", 2)]
    assert cart["customer_id"] != before["customer_id"] and cart["discount_codes"][0]["applicable"]
    claims = jwt.decode((await shop.get("/tresen-token"))["token"], options={"verify_signature": False})
    assert (claims["sub"], claims["name"], claims["email_verified"]) == (MARIA.sub, MARIA.name, True) and "anonymous" not in claims
    await shop.post("/api/sign-out", {})
    assert await shop.cart() is None and (await shop.get("/api/visit"))["account"] is None


async def test_the_cart_of_a_conversation_goes_along_when_the_visitor_signs_in(shop: Shop) -> None:
    cart = (await shop.change(kind="add_line", variant_id="GOOK-COP", quantity=1))["cart"]
    token = (await shop.get("/tresen-token"))["token"]
    async with aiohttp.ClientSession(shop.tresen) as widget:
        async with widget.post("/v1/sessions", json={"site_id": people.SITE, "token": token}) as response:
            session = (await response.json())["token"]
        bearer = {"Authorization": f"Bearer {session}"}
        async with widget.post("/v1/conversations", json={}, headers=bearer) as response:
            conversation = (await response.json())["id"]
        async with widget.put(f"/v1/conversations/{conversation}/cart", json={"cart_id": cart["id"]}, headers=bearer) as response:
            assert response.status == 200, await response.text()
    await shop.post("/api/sign-in", {})
    assert (await shop.cart())["id"] == cart["id"]


async def test_a_cart_that_a_conversation_began_becomes_the_shops(shop: Shop) -> None:
    await shop.get("/api/products")
    token = (await shop.get("/tresen-token"))["token"]
    async with aiohttp.ClientSession(shop.tresen) as widget:
        async with widget.post("/v1/sessions", json={"site_id": people.SITE, "token": token}) as response:
            bearer = {"Authorization": f"Bearer {(await response.json())['token']}"}
        async with widget.post("/v1/carts", json={}, headers=bearer) as response:
            begun = (await response.json())["id"]
    assert (await shop.post("/api/cart", {"cart_id": begun}, method="PUT"))["cart"]["id"] == begun
    await shop.change(kind="add_line", variant_id="STOM-SEA", quantity=1)
    assert (await shop.cart())["id"] == begun
    stranger = Shop(shop.running, shop.core, shop.tresen)
    try:
        assert (await stranger.post("/api/cart", {"cart_id": begun}, method="PUT"))["cart"] is None
    finally:
        await stranger.http.close()


async def test_a_declined_card_orders_nothing_and_another_one_pays(shop: Shop) -> None:
    cart = await shop.filled()
    assert (await shop.pay("declined", cart["version"], 402))["code"] == "card_declined"
    after = await shop.cart()
    assert after["status"] == "open" and after["checkout_step"] == "review"
    assert (await shop.get("/api/orders"))["data"] == []
    order = await shop.pay("accepted", after["version"])
    assert order["financial_status"] == "paid" and order["paid"] == order["totals"]["total"]
    assert await shop.cart() is None
    assert (await shop.get(f"/api/orders/{order['id']}"))["address"]["name"] == "Ana"
    assert [each["id"] for each in (await shop.get("/api/orders"))["data"]] == [order["id"]]


async def test_what_the_customer_has_not_seen_is_not_paid(shop: Shop) -> None:
    cart = await shop.filled()
    await shop.change(kind="add_line", variant_id="GOOK-COP", quantity=1)
    refused = await shop.pay("accepted", cart["version"], 409)
    assert refused["code"] == "cart_conflict" and len(refused["cart"]["lines"]) == 2


async def test_another_browser_sees_nothing_of_it(shop: Shop) -> None:
    cart = await shop.filled()
    order = await shop.pay("accepted", cart["version"])
    stranger = Shop(shop.running, shop.core, shop.tresen)
    try:
        assert await stranger.cart() is None
        await stranger.get(f"/api/orders/{order['id']}", 404)
    finally:
        await stranger.http.close()


async def test_foreign_pages_and_odd_bodies_change_nothing(shop: Shop) -> None:
    operation = {"operation": {"kind": "add_line", "variant_id": "STOM-SEA", "quantity": 1}}
    assert (await shop.post("/api/cart", operation, 403, Origin="https://evil.example"))["code"] == "origin"
    for content_type, status in (("text/plain", 415), ("application/json", 422)):
        async with shop.http.post("/api/cart", data=b"{", headers={"Content-Type": content_type}) as response:
            assert response.status == status
    async with shop.http.post("/api/cart", data=b" " * 20_000, headers={"Content-Type": "application/json"}) as response:
        assert response.status == 413
    await shop.change(422, kind="set_step", step="payment")
    await shop.change(422, kind="delete_everything")
    await shop.change(404, kind="add_line", variant_id="NOPE", quantity=1)
    await shop.get("/api/products/..%2f..%2fme", 404)
    assert await shop.cart() is None or (await shop.cart())["lines"] == []


async def test_every_article_has_a_picture(shop: Shop) -> None:
    goods = (await shop.get("/api/products"))["data"]
    urls = {variant["image_url"] for product in goods for variant in product["variants"]}
    assert len(goods) == 42 and len(urls) == 81
    drawn = set()
    for url in urls:
        async with shop.http.get(url) as response:
            assert response.status == 200 and response.content_type == "image/svg+xml"
            assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
            text = await response.text()
        assert {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(text).iter()} <= {
            "svg",
            "g",
            "rect",
            "circle",
            "ellipse",
            "path",
        }
        drawn.add(text)
    assert len(drawn) > 70
    assert picture("NONE-1") is None
