"""The console's right column and the supervisor's board in a browser, beside a customer who is driven over REST.

Needs `web/dist` (`cd web && npm run build`). Pictures are kept in artifacts/screens/.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Locator, Page, expect

from signalling.identity.seed import PASSWORD
from tests.e2e import axe
from tests.e2e.face import Face, browser, face
from tests.e2e.program import Demo
from tests.e2e.shopper import Shopper, shopper, staff, talking

expect.set_options(timeout=30_000)

KETTLE, MUG = "GOOK-BLK", "STOM-SND"
INJECTION = '<img src=x onerror="window.injected=1"><script>window.injected=1</script>'
ADDRESS = {"name": "Maria Lopes", "street": "Weg 1", "city": "Hamburg"}
# What a page holds of a conversation's cart, wherever its parts keep it.
HELD = """
() => {
  const opened = tresenSeen.deep(document).find((each) => each.localName === "console-customer").opened;
  const told = opened.log.entries.filter((entry) => entry.type.startsWith("cart.") && "cart" in entry.data).length;
  return { told, cart: opened.cart.value !== null };
}
"""


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with talking() as made:
        yield made


@asynccontextmanager
async def console(process: Demo, login: str, path: str, **context: Any) -> AsyncIterator[Face]:
    """A browser with somebody signed in to the console. Its own mistakes fail the test."""
    async with browser(None, "--no-sandbox", **context) as opened:
        opened.set_default_timeout(45_000)
        shown = await face(opened, f"{process.address}/console")
        await shown.page.locator("tresen-ui-field[name=login] input").fill(login)
        await shown.page.locator("tresen-ui-field[name=password] input").fill(PASSWORD)
        await shown.page.keyboard.press("Enter")
        await shown.page.locator("console-shell").wait_for()
        await shown.page.goto(f"{process.address}{path}")
        yield shown
        assert shown.errors == [] and shown.violations == []
        assert not await shown.page.evaluate("'injected' in window")


@asynccontextmanager
async def beside(
    process: Demo, client: aiohttp.ClientSession, *scopes: str, login: str = "rita", **context: Any
) -> AsyncIterator[tuple[Face, Shopper]]:
    """A customer with a cart of two lines, and the console of the rep who looks after them."""
    maria = await shopper(client, process.address)
    await maria.do("add_line", variant_id=KETTLE, quantity=2)
    await maria.do("add_line", variant_id=MUG)
    if scopes:
        await maria.grant(*scopes)
    rep = await staff(client, process.address, login)
    await rep.ask("POST", f"/v1/conversations/{maria.conversation_id}/claim", {})
    async with console(process, login, f"/console/c/{maria.conversation_id}", **context) as shown:
        await expect(shown.page.locator("console-customer h2.name")).to_have_text("Maria Lopes")
        yield shown, maria
        await rep.ask("POST", f"/v1/conversations/{maria.conversation_id}/close", {})


async def faults(page: Page, part: str) -> list[str]:
    """What axe-core finds inside this element."""
    return [each for each in await axe.violations(page) if part in each]


def lines(page: Page) -> Locator:
    return page.locator("console-cart li[data-line]")


def tab(page: Page, name: str) -> Locator:
    return page.locator("console-customer").get_by_role("tab", name=name)


async def test_the_cart_follows_the_customer_and_says_who_did_what(process: Demo, client: aiohttp.ClientSession) -> None:
    async with beside(process, client, "view") as (shown, maria):
        page = shown.page
        await expect(page.locator("console-customer")).to_contain_text("Identity confirmed by the shop")
        await expect(page.locator("console-customer")).to_contain_text("Kettles <b>now</b>")
        await expect(lines(page)).to_have_count(2)
        kettle = (await maria.cart())["lines"][0]
        await maria.do("set_quantity", line_id=kettle["id"], quantity=3)
        await expect(page.locator("console-cart .news")).to_contain_text("Maria Lopes: set the quantity of Gooseneck kettle, Black to 3")
        await expect(lines(page).first).to_contain_text("€177.00")
        await expect(lines(page).first).to_contain_text("Added by: Maria Lopes")
        await maria.do("apply_code", code="SUMMER25")
        await expect(page.locator("console-cart .codes")).to_contain_text("It has expired.")
        await maria.do("set_step", step="address")
        await expect(page.locator("cart-stepper [aria-current=step]")).to_contain_text("Address")
        await shown.screenshot("console-cart-light")
        assert await faults(page, "console-customer") == []


async def test_a_suggestion_that_is_accepted_becomes_a_line_with_both_names(process: Demo, client: aiohttp.ClientSession) -> None:
    async with beside(process, client, "view") as (shown, maria):
        page = shown.page
        await expect(lines(page)).to_have_count(2)
        await page.keyboard.press("Alt+s")
        await page.keyboard.type("gooseneck")
        await page.get_by_role("button", name="Suggest Gooseneck kettle Copper").click()
        await page.get_by_label("Why?").fill(INJECTION)
        await shown.screenshot("console-suggest")
        await page.locator("cart-proposal").get_by_role("button", name="Suggest").click()
        suggestions = page.locator("cart-suggestions li")
        await expect(suggestions).to_contain_text("waiting")
        await expect(suggestions).to_contain_text(INJECTION)
        path = f"/v1/conversations/{maria.conversation_id}/suggestions"
        [made] = (await maria.ask("GET", path))["data"]
        await maria.ask("POST", f"{path}/{made['id']}/accept", {})
        await expect(lines(page)).to_have_count(3)
        await expect(lines(page).last).to_contain_text("Suggested by: You, accepted by Maria Lopes")
        await expect(suggestions).to_contain_text("accepted")
        # What is not allowed is suggested, and what is refused changes nothing.
        await lines(page).first.get_by_role("button", name="Remove Gooseneck kettle, Black").click()
        await page.locator("cart-proposal").get_by_role("button", name="Suggest").click()
        await expect(suggestions.first).to_contain_text("waiting")
        newest = (await maria.ask("GET", path))["data"][0]
        await maria.ask("POST", f"{path}/{newest['id']}/refuse", {})
        await expect(suggestions.first).to_contain_text("refused")
        await expect(lines(page)).to_have_count(3)


async def test_taking_the_view_back_hides_the_cart_at_once_and_paying_does_too(process: Demo, client: aiohttp.ClientSession) -> None:
    async with beside(process, client) as (shown, maria):
        page = shown.page
        await expect(page.locator("console-cart")).to_contain_text("Maria Lopes has not shown the cart")
        assert await page.evaluate(HELD) == {"told": 0, "cart": False}
        await page.get_by_role("button", name="Ask to see the cart").click()
        await expect(page.locator("console-cart")).to_contain_text("has not answered yet")
        await shown.screenshot("console-cart-hidden")
        assert await faults(page, "console-customer") == []
        await maria.ask("POST", "/v1/me/consents/refuse", {"purpose": "cart_view", "conversation_id": maria.conversation_id})
        await expect(page.locator("console-cart")).to_contain_text("Maria Lopes would rather not.")
        await maria.grant("view")
        await expect(lines(page)).to_have_count(2)
        assert (await page.evaluate(HELD))["told"] >= 2
        await maria.revoke()
        await expect(page.locator("console-cart")).to_contain_text("Maria Lopes has not shown the cart")
        assert await page.evaluate(HELD) == {"told": 0, "cart": False}
        await expect(page.get_by_text("Gooseneck")).to_have_count(0)
        await maria.grant("view")
        await expect(lines(page)).to_have_count(2)
        await maria.do("set_step", step="payment")
        await expect(page.locator("console-cart")).to_contain_text("Maria Lopes is paying; hidden")
        assert await page.evaluate(HELD) == {"told": 0, "cart": False}
        await maria.do("set_step", step="cart")
        await expect(lines(page)).to_have_count(2)


async def test_a_view_that_runs_out_by_itself_is_over_on_the_page_too(process: Demo, client: aiohttp.ClientSession) -> None:
    async with beside(process, client) as (shown, maria):
        await maria.grant("view", ttl_s=10)
        await expect(lines(shown.page)).to_have_count(2)
        await expect(shown.page.locator("console-cart")).to_contain_text("Maria Lopes has not shown the cart")
        assert await shown.page.evaluate(HELD) == {"told": 0, "cart": False}


async def test_a_rep_with_the_grant_edits_undoes_and_meets_a_conflict(process: Demo, client: aiohttp.ClientSession) -> None:
    async with beside(process, client, "edit", "apply_code") as (shown, maria):
        page = shown.page
        await lines(page).last.get_by_role("button", name="One more of Stoneware mug, Sand").click()
        await expect(page.locator("console-cart .news")).to_contain_text("You: set the quantity of Stoneware mug, Sand to 2")
        await expect(lines(page).last.locator("output")).to_have_text("2")
        await page.get_by_role("button", name="Undo").click()
        await expect(lines(page).last.locator("output")).to_have_text("1")
        await expect(page.get_by_role("button", name="Undo")).to_have_count(0)
        await page.locator("console-cart form tresen-ui-field input").fill("welcome10")
        await page.keyboard.press("Enter")
        await expect(page.locator("console-cart .codes")).to_contain_text("applies")
        # The page is behind: it shows an older cart, and what it asks for meets what the customer has done since.
        mug = (await maria.cart())["lines"][1]
        await page.context.set_offline(True)
        await maria.do("set_quantity", line_id=mug["id"], quantity=7)
        await lines(page).last.get_by_role("button", name="One more of Stoneware mug, Sand").click()
        await page.context.set_offline(False)
        await expect(
            page.get_by_role("region", name="Notices").get_by_text("The cart has changed meanwhile; here is the present one.")
        ).to_be_visible()
        await expect(lines(page).last.locator("output")).to_have_text("7")


async def test_a_rep_starts_a_cart_where_the_customer_lets_them(process: Demo, client: aiohttp.ClientSession) -> None:
    maria = await shopper(client, process.address, cart=False)
    await maria.grant("edit")
    async with console(process, "rita", f"/console/c/{maria.conversation_id}") as shown:
        await shown.page.get_by_role("button", name="Start a cart").click()
        await expect(shown.page.get_by_text("The cart is empty")).to_be_visible()
        await shown.page.locator("cart-search input").fill("stoneware mug")
        await shown.page.get_by_role("button", name="Add Stoneware mug").first.click()
        await expect(lines(shown.page)).to_have_count(1)
        await expect(lines(shown.page).first).to_contain_text("Added by: You")


async def test_an_order_is_placed_paid_shipped_and_refunded(process: Demo, client: aiohttp.ClientSession) -> None:
    async with beside(process, client, "edit", "place_order", login="sue") as (shown, maria):
        page = shown.page
        await page.keyboard.press("Alt+2")
        await page.get_by_role("button", name="Place the order").click()
        form = page.locator("order-place")
        await form.get_by_role("button", name="Order with payment due").click()
        await expect(form).to_contain_text("Please fill this in.")
        for name, value in ADDRESS.items():
            await form.locator(f"tresen-ui-field[name={name}] input").fill(value)
        await form.locator("tresen-ui-field[name=note] textarea").fill(INJECTION)
        await shown.screenshot("console-order-place")
        await form.get_by_role("button", name="Order with payment due").click()
        await expect(form).to_contain_text("Something is missing, such as the delivery.")
        await maria.do("set_shipping", option_id="standard")
        await expect(form.get_by_role("button", name="Order with payment due")).to_be_visible()
        await form.get_by_role("button", name="Order with payment due").click()
        order = page.locator("console-order")
        await expect(order).to_contain_text("not paid")
        await expect(order).to_contain_text(INJECTION)
        await order.get_by_role("button", name="Send a payment link").click()
        await expect(order).to_contain_text("link sent")
        [payment] = (await maria.ask("GET", f"/v1/conversations/{maria.conversation_id}/payments"))["data"]
        async with client.get(payment["url"], allow_redirects=False) as answer:
            page_url = answer.headers["Location"]
        await client.post(page_url if "://" in page_url else process.address + page_url, data={"outcome": "pay"})
        await expect(order.locator("tresen-ui-badge", has_text="paid").first).to_be_visible()
        await expect(order).to_contain_text("Paid so far")
        await order.get_by_role("button", name="Mark as shipped").click()
        deed = page.locator("order-deed")
        await deed.locator("tresen-ui-field[name=carrier] input").fill("DHL")
        await deed.locator("tresen-ui-field[name=number] input").fill("0034")
        await deed.locator("tresen-ui-field[name=url] input").fill("https://track.example/0034")
        await deed.get_by_role("button", name="Confirm").click()
        await expect(order.get_by_role("link", name="DHL 0034")).to_have_attribute("href", "https://track.example/0034")
        await expect(order).to_contain_text("on its way")
        await shown.screenshot("console-order-light")
        assert await faults(page, "console-customer") == []
        await order.get_by_role("button", name="Announce a return").click()
        returning = page.locator("order-returns")
        await returning.locator("input[type=number]").first.fill("1")
        await returning.locator("textarea").fill("Too small")
        await returning.locator("tresen-ui-dialog").get_by_role("button", name="Announce a return").click()
        await returning.get_by_role("button", name="Approve").click()
        await expect(returning).to_contain_text("approved")
        await order.get_by_role("button", name="Refund").first.click()
        await page.locator("order-payment tresen-ui-dialog input").fill("9,90")
        await page.locator("order-payment tresen-ui-dialog").get_by_role("button", name="Refund").click()
        await expect(order).to_contain_text("€9.90 refunded")
        await expect(order).to_contain_text("partly refunded")


async def test_notes_consents_and_history_are_words(process: Demo, client: aiohttp.ClientSession) -> None:
    async with beside(process, client, "view", color_scheme="dark") as (shown, _):
        page = shown.page
        await tab(page, "About").click()
        about = page.locator("customer-about")
        await about.get_by_label("New note").fill(INJECTION)
        await about.get_by_role("button", name="Add note").click()
        await expect(about.locator(".note")).to_contain_text(INJECTION)
        await expect(about).to_contain_text("See the cart")
        await expect(about).to_contain_text("allowed")
        await shown.screenshot("console-about-dark")
        assert await faults(page, "console-customer") == []
        await tab(page, "Cart").click()
        await shown.screenshot("console-cart-dark")
        assert await faults(page, "console-customer") == []


async def waits(shopper_: Shopper, **more: Any) -> Any:
    return await shopper_.ask("POST", f"/v1/conversations/{shopper_.conversation_id}/queue", {"channel": "chat", **more})


async def test_the_board_follows_who_waits_and_gives_work_away(process: Demo, client: aiohttp.ClientSession) -> None:
    rolf = await staff(client, process.address, "rolf")
    await rolf.ask("GET", "/v1/reps/me")
    async with console(process, "sue", "/console/board") as shown:
        page = shown.page
        tiles = page.get_by_role("group", name="Key figures")
        await expect(tiles).to_contain_text("Waiting")
        queue = page.locator("board-queue tbody tr")
        before = await queue.count()
        jonas = await shopper(client, process.address, f"Jonas {INJECTION}", cart=False)
        await waits(jonas, reason="idle")
        row = page.locator("board-queue tr", has_text="Jonas")
        await expect(row).to_contain_text(INJECTION)
        await expect(row).to_contain_text("stuck at the checkout")
        await expect(tiles.locator("tresen-ui-tile").first).to_contain_text(str(before + 1))
        await row.get_by_role("button", name="minutes ahead").click()
        await expect(row).to_contain_text("5 minutes ahead")
        await shown.screenshot("console-board-light")
        assert await faults(page, "console-board") == []
        await page.locator("board-charts").get_by_role("button").first.click()
        await expect(page.locator("board-charts table").first).to_be_visible()
        await rolf.ask("PUT", "/v1/reps/me/status", {"status": "away"})
        await expect(page.locator("board-reps tr", has_text="Rolf")).to_contain_text("away")
        await row.get_by_role("button", name="Give to").click()
        await page.get_by_role("menuitem", name="Rolf").click()
        await expect(row).to_have_count(0)
        await expect(page.locator("board-reps tr", has_text="Rolf")).to_contain_text("Chat 1/3")
        await page.emulate_media(color_scheme="dark")
        await shown.screenshot("console-board-dark")
        assert await faults(page, "console-board") == []
        await page.set_viewport_size({"width": 390, "height": 844})
        await shown.screenshot("console-board-phone")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_a_rep_has_no_board(process: Demo) -> None:
    async with console(process, "rolf", "/console/board") as shown:
        await expect(shown.page.get_by_text("supervisors")).to_be_visible()
        await expect(shown.page.locator("console-board")).to_have_count(0)
