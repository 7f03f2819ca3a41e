"""The demonstration's shop in a browser, from the shelf to the order, with its widget blocked: a shop must not need it.

And with it: its policy is kept, accessibility is sound, and what somebody else has written is shown as text.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import Route, expect

from tests.e2e import axe
from tests.e2e.face import Face, browser, face
from tests.e2e.program import Demo

expect.set_options(timeout=30_000)

INJECTION = '<img src=x onerror="window.injected=1"><script>window.injected=1</script>'
ADDRESS = {"name": "Ana Souza", "email": "ana@example.org", "street": "Weg 1", "postcode": "20457", "city": "Hamburg"}
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}


@pytest.fixture
async def shop(process: Demo) -> AsyncIterator[Face]:
    """A browser in the shop, without the widget."""
    async with browser(None, "--no-sandbox") as context:
        await context.route(f"{process.address}/widget/**", lambda route: route.abort())
        shown = await face(context, process.shop)
        yield shown
        assert shown.errors == [] and shown.violations == []


async def put_in(shown: Face, product: str) -> None:
    await shown.page.goto(f"{shown.page.url.split('/', 3)[0]}//{shown.page.url.split('/')[2]}/product/{product}")
    await shown.page.get_by_role("button", name="Add to cart").click()
    await expect(shown.page.get_by_role("status")).to_contain_text("in your cart")


async def fill_address(shown: Face) -> None:
    for name, value in ADDRESS.items():
        await shown.page.locator(f"input[name={name}]").fill(value)


async def test_from_the_shelf_to_the_order(shop: Face) -> None:
    page = shop.page
    await expect(page.locator(".goods .card:not(.blank)")).to_have_count(42)
    await page.get_by_role("searchbox").fill("kettle")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("kettle")
    await page.get_by_role("link", name="Gooseneck kettle").click()
    await page.get_by_label("Copper").check()
    await expect(page.get_by_text("Only 3 left")).to_be_visible()
    await page.get_by_label("Quantity").fill("2")
    await page.get_by_role("button", name="Add to cart").click()
    await page.get_by_role("link", name="Cart, 2 pieces").click()
    await expect(page.locator(".line")).to_have_count(1)

    await page.get_by_label("Discount code").fill("SUMMER25")
    await page.get_by_role("button", name="Apply").click()
    await expect(page.get_by_text("The code SUMMER25 does not count")).to_be_visible()
    await expect(page.get_by_role("button", name="Need help?")).to_be_visible()
    await page.get_by_role("button", name="Remove: SUMMER25").click()
    await page.get_by_label("Discount code").fill("welcome10")
    await page.get_by_role("button", name="Apply").click()
    await expect(page.locator(".totals")).to_contain_text("-€11.80")

    await page.get_by_role("link", name="Checkout").click()
    await page.get_by_role("button", name="On to delivery").click()  # nothing typed yet
    assert page.url.endswith("/checkout/address")
    await fill_address(shop)
    await page.get_by_role("button", name="On to delivery").click()
    await page.get_by_label("Standard delivery").check()
    await expect(page.locator(".totals")).to_contain_text("Delivery")
    await page.get_by_role("button", name="On to payment").click()

    await page.get_by_label("Mastercard ending in 0002").check()
    await page.get_by_role("button", name="Order and pay").click()
    await expect(page.get_by_role("status")).to_contain_text("declined")
    await expect(page.get_by_role("status").get_by_role("button", name="Need help?")).to_be_visible()
    await page.get_by_label("Visa ending in 4242").check()
    await page.get_by_role("button", name="Order and pay").click()
    await expect(page.get_by_role("heading", name="Thank you!")).to_be_visible()
    await expect(page.get_by_text("Paid", exact=True)).to_be_visible()
    await expect(page.locator("#cart-link .count")).to_be_hidden()


async def test_navigation_loads_no_page_and_the_browsers_buttons_work(shop: Face) -> None:
    page = shop.page
    await page.evaluate("window.same = true")
    await page.get_by_role("navigation", name="Categories").get_by_role("link", name="Bath").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Bath")
    await page.get_by_role("link", name="Olive soap").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Olive soap")
    await page.go_back()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Bath")
    await page.get_by_label("Sort by").select_option("-price")
    await expect(page.locator(".card .title").first).to_have_text("Cork bath mat")
    assert await page.evaluate("window.same") is True
    await page.reload()
    await expect(page.locator(".card .title").first).to_have_text("Cork bath mat")


async def test_who_signs_in_keeps_the_cart_and_is_known(shop: Face) -> None:
    page = shop.page
    await put_in(shop, "soap-bar")
    await page.get_by_role("button", name="Sign in as Maria").click()
    await expect(page.get_by_role("link", name="Maria Lindner")).to_be_visible()
    await expect(page.get_by_role("link", name="Cart, 1 piece")).to_be_visible()
    await page.get_by_role("link", name="Cart, 1 piece").click()
    await page.get_by_role("link", name="Checkout").click()
    await expect(page.locator("input[name=name]")).to_have_value("Maria Lindner")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("button", name="Sign in as Maria")).to_be_visible()
    await expect(page.get_by_role("heading", name="Your cart is empty")).to_be_visible()


async def test_what_the_cart_becomes_elsewhere_is_shown_at_once(shop: Face) -> None:
    """Another tab of the same visitor changes the cart; this one follows without being touched."""
    await put_in(shop, "soap-bar")
    await shop.page.locator("#cart-link").click()
    await expect(shop.page.locator(".line")).to_have_count(1)
    origin = "/".join(shop.page.url.split("/")[:3])
    body = {"operation": {"kind": "add_line", "variant_id": "GOOK-COP", "quantity": 1}}
    changed = await shop.page.context.request.post(f"{origin}/api/cart", data=body)
    assert changed.ok
    await expect(shop.page.locator(".line")).to_have_count(2)


async def test_where_the_widget_tells_nobody_asks_for_the_cart(process: Demo) -> None:
    """With the widget there, the page follows its cart by events alone: the widget's, and those of the shop's other tabs."""
    async with browser(None, "--no-sandbox") as context:
        await context.clock.install()
        shown = await face(context, process.shop)
        asked: list[str] = []
        await put_in(shown, "soap-bar")
        await expect(shown.page.locator("#tresen-widget button.launcher")).to_be_visible()
        shown.page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/api/cart") else None)
        other = await face(context, process.shop)
        for _ in range(3):
            await context.clock.fast_forward("00:30")
        await put_in(other, "gooseneck-kettle")
        await expect(shown.page.get_by_role("link", name="Cart, 2 pieces")).to_be_visible()
        assert len(asked) == 1, asked
        assert shown.errors == [] == other.errors


async def test_words_of_others_are_shown_as_text(shop: Face) -> None:
    page = shop.page
    origin = "/".join(page.url.split("/")[:3])
    await page.goto(f"{origin}/search?q={quote(INJECTION)}")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("<img src=x")

    async def wicked(route: Route) -> None:
        answer = await route.fetch()
        made: Any = await answer.json()
        for product in made["data"] if "data" in made else [made]:
            for name in ("title", "description", "brand"):
                product[name] = INJECTION
            product["image_url"] = "javascript:window.injected=1"
            for variant in product["variants"]:
                variant["title"], variant["image_url"] = INJECTION, "javascript:window.injected=1"
        await route.fulfill(response=answer, body=json.dumps(made))

    await page.route("**/api/products**", wicked)
    await page.goto(origin)
    await expect(page.locator(".card .title").first).to_have_text(INJECTION)
    await page.route("**/api/products/**", wicked)
    await page.goto(f"{origin}/product/soap-bar")
    await expect(page.get_by_role("heading", level=1)).to_have_text(INJECTION)
    assert await page.evaluate("window.injected") is None
    assert await page.locator('img[src^="javascript"]').count() == 0


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_is_sound(process: Demo, size: str, scheme: str) -> None:
    """axe-core finds nothing, nothing sticks out sideways; kept as pictures."""
    width, height = SIZES[size]
    look_like: dict[str, Any] = {"viewport": {"width": width, "height": height}, "color_scheme": scheme, "reduced_motion": "reduce"}
    async with browser(None, "--no-sandbox", **look_like) as context:
        await context.route(f"{process.address}/widget/**", lambda route: route.abort())
        shown = await face(context, process.shop)
        page = shown.page

        async def look(name: str) -> None:
            await page.wait_for_load_state("networkidle")
            assert await axe.violations(page) == [], name
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
            await shown.screenshot(f"shop-{name}-{size}-{scheme}")

        await expect(page.locator(".card:not(.blank)").first).to_be_visible()
        await look("home")
        await put_in(shown, "chef-knife")
        await look("product")
        await page.locator("#cart-link").click()
        await page.get_by_label("Discount code").fill("NONSENSE")
        await page.get_by_role("button", name="Apply").click()
        await expect(page.get_by_text("The code NONSENSE")).to_be_visible()
        await look("cart")
        await page.get_by_role("link", name="Checkout").click()
        await fill_address(shown)
        await look("address")
        await page.get_by_role("button", name="On to delivery").click()
        await page.get_by_label("Standard delivery").check()
        await look("delivery")
        await expect(page.locator(".totals")).to_contain_text("Delivery")
        await page.get_by_role("button", name="On to payment").click()
        await page.get_by_label("Mastercard ending in 0002").check()
        await page.get_by_role("button", name="Order and pay").click()
        await expect(page.get_by_role("status")).to_contain_text("declined")
        await look("declined")
        await page.get_by_label("Visa ending in 4242").check()
        await page.get_by_role("button", name="Order and pay").click()
        await expect(page.get_by_role("heading", name="Thank you!")).to_be_visible()
        await look("order")
        assert shown.errors == [] and shown.violations == []


async def test_whoever_is_stuck_gets_to_a_rep_and_stays_the_same_after_signing_in(process: Demo) -> None:
    """The button beside a declined card opens the widget; the rep is told the reason, and later who it is."""
    async with browser(None, "--no-sandbox") as context:
        shown = await face(context, process.shop)
        page = shown.page
        await put_in(shown, "table-runner")
        await page.goto(f"{process.shop}/checkout/address")
        await fill_address(shown)
        await page.get_by_role("button", name="On to delivery").click()
        await page.get_by_label("Standard delivery").check()
        await expect(page.locator(".totals")).to_contain_text("Delivery")
        await page.get_by_role("button", name="On to payment").click()
        await page.get_by_label("Mastercard ending in 0002").check()
        await page.get_by_role("button", name="Order and pay").click()
        await page.get_by_role("status").get_by_role("button", name="Need help?").click()
        await expect(page.locator("#tresen-widget").get_by_role("textbox")).to_be_visible()

        api = context.request
        login = await api.post(f"{process.address}/v1/login", data={"login": "rita", "password": "tresen-demo-counter"})
        rep = {"Authorization": f"Bearer {(await login.json())['token']}"}

        async def told(but: str = "") -> dict[str, Any]:
            """The conversation in which a rep was asked for because of the card, once it is there and not this customer's."""
            async with asyncio.timeout(60):
                while True:
                    found = await look()
                    if found is not None and found["customer_id"] != but:
                        return found
                    await asyncio.sleep(0.2)

        async def look() -> dict[str, Any] | None:
            listed = await (await api.get(f"{process.address}/v1/conversations?status=open", headers=rep)).json()
            for each in listed["data"]:
                entries = await (await api.get(f"{process.address}/v1/conversations/{each['id']}/timeline", headers=rep)).json()
                if any(entry["type"] == "help.requested" and entry["data"]["reason"] == "declined" for entry in entries["entries"]):
                    return dict(each)
            return None

        before = await told()
        customer = await (await api.get(f"{process.address}/v1/customers/{before['customer_id']}", headers=rep)).json()
        assert customer["verified"] is False

        await page.get_by_role("button", name="Sign in as Maria").click()
        await expect(page.get_by_role("link", name="Maria Lindner")).to_be_visible()
        after = await told(but=before["customer_id"])
        assert after["id"] == before["id"]
        customer = await (await api.get(f"{process.address}/v1/customers/{after['customer_id']}", headers=rep)).json()
        assert (customer["verified"], customer["name"]) == (True, "Maria Lindner")
        await expect(page.get_by_role("link", name="Cart, 1 piece")).to_be_visible()
        assert shown.errors == [] and shown.violations == []


async def test_the_page_runs_from_right_to_left(process: Demo) -> None:
    async with browser(None, "--no-sandbox", viewport={"width": 390, "height": 844}) as context:
        await context.route(f"{process.address}/widget/**", lambda route: route.abort())
        shown = await face(context, f"{process.shop}/product/wool-blanket?dir=rtl&lang=de")
        await expect(shown.page.get_by_role("button", name="In den Warenkorb")).to_be_visible()
        assert await shown.page.evaluate("document.documentElement.dir") == "rtl"
        assert await shown.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await shown.screenshot("shop-product-phone-rtl")


async def test_the_shop_goes_through_by_keyboard(shop: Face) -> None:
    page = shop.page
    await put_in(shop, "soap-bar")

    async def onward(script: str) -> None:
        """Tab until this is so of the focused element, then Enter."""
        for _ in range(60):
            await page.keyboard.press("Tab")
            if await page.evaluate(f"(({script})(document.activeElement))"):
                return await page.keyboard.press("Enter")
        raise AssertionError(f"no such element within 60 tabs: {script}")

    await page.reload()
    await expect(page.get_by_role("link", name="Cart, 1 piece")).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await onward("(at) => at.id === 'cart-link'")
    await expect(page.get_by_role("heading", name="Your cart")).to_be_visible()
    await onward("(at) => at.textContent.trim() === 'Checkout'")
    await expect(page.get_by_role("heading", name="Address")).to_be_visible()
    for value in ADDRESS.values():
        await page.keyboard.press("Tab")
        while await page.evaluate("document.activeElement.name") not in ADDRESS:
            await page.keyboard.press("Tab")
        await page.keyboard.type(value)
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Standard delivery")).to_be_visible()
