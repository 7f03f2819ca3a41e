"""What a chat in the widget carries besides words: goods, orders, payments, the transcript by mail; with a rep, and a real mail server."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Page, expect

from signalling.ids import new_id
from tests.e2e.program import Demo, demo, free_tcp_port
from tests.e2e.shop_page import SITE, Rep
from tests.e2e.shopper import Shopper, talking
from tests.e2e.visitor import Visitor, counter, looked_at, served, visitor
from tests.support.mailbox import Mailbox

ADDRESS = {"name": "Ana Souza", "street": "Weg 1", "city": "Hamburg", "country": "DE", "postcode": "20457", "email": "ana@example.com"}
# Cards of each kind of stock, in the order they are sent: what they say of it.
GOODS = {
    ("gooseneck-kettle", "GOOK-BLK"): "In stock",
    ("day-backpack", "DAYB-BLK"): "Only 1 left",
    ("linen-apron", "LINA-MOS"): "Sold out",
}


NAMES = {"gooseneck-kettle": "Gooseneck kettle", "day-backpack": "Day backpack", "linen-apron": "Linen apron"}


@dataclass(frozen=True, slots=True)
class Posted:
    """A demo whose mail goes to `port`."""

    demo: Demo
    port: int


@pytest.fixture(scope="module")
def posted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Posted]:
    """A demo of this module's own, which sends mail."""
    port = free_tcp_port()
    folder = tmp_path_factory.mktemp("cards")
    with demo(folder, TRESEN_SMTP_URL=f"smtp://127.0.0.1:{port}", TRESEN_MAIL_FROM="Copper & Clay <help@shop.example>") as found:
        yield Posted(found, port)


async def customer(client: aiohttp.ClientSession, ana: Visitor, tresen: str, conversation: str) -> Shopper:
    """The visitor's own session by REST: what the shop's pages do for them."""
    kept = json.loads(await ana.page.evaluate(f"localStorage.getItem('tresen.{SITE}.session')"))
    return Shopper(client, tresen, kept["token"], kept["person_id"], conversation)


async def ordered(ana: Shopper, variant: str) -> dict[str, Any]:
    """Puts it into a cart and orders it."""
    ana.cart_id = new_id("cart")
    draft = {"cart_id": ana.cart_id, "conversation_id": ana.conversation_id, "destination": {"country": "DE", "postcode": "20457"}}
    await ana.ask("POST", "/v1/carts", draft)
    await ana.do("add_line", variant_id=variant, quantity=1)
    cart = await ana.do("set_shipping", option_id="standard")
    body = {"order_id": new_id("ord"), "cart_id": ana.cart_id, "base_version": cart["version"], "address": ADDRESS}
    return dict(await ana.ask("POST", "/v1/orders", body))


async def payment_page(ana: Visitor) -> Page:
    """Presses "Pay now" on the card."""
    async with ana.page.context.expect_page() as opened:
        await ana.log.get_by_role("button", name=re.compile("Pay now")).click()
    return await opened.value


async def happened(rita: Rep, conversation: str, kind: str) -> dict[str, Any]:
    """The rep's side of it."""
    found = await rita.until(kind, lambda: next((each for each in rita.entries[conversation] if each["type"] == kind), None))
    return dict(found)


async def test_goods_order_payment_transcript_and_rating(posted: Posted) -> None:
    async with counter(posted.demo) as at, talking() as client:
        rita, context = await at.rita(), await at.browser(locale="en-DE")
        ana = await visitor(context, at.shop, "?customer=ana")
        await ana.chat()
        await ana.say("I need a kettle.")
        conversation = await served(ana, rita)
        buyer = await customer(client, ana, at.shop.tresen, conversation)

        # Goods, with the shop's price, stock and delivery of now.
        for product, variant in GOODS:
            card = {"type": "product_card", "product_id": product, "variant_id": variant, "title": NAMES[product]}
            await rita.say(conversation, blocks=[card])
        cards = ana.log.locator("tresen-product")
        for number, stock in enumerate(GOODS.values()):
            await expect(cards.nth(number).get_by_text(stock)).to_be_visible()
            buys = cards.nth(number).get_by_role("button", name="Put into my cart")
            await expect(buys).to_have_count(0 if stock == "Sold out" else 1)
        await expect(cards.first.get_by_text("€59.00")).to_be_visible()
        await expect(cards.first.get_by_text("Standard delivery: 2–3 working days, €3.90")).to_be_visible()
        await expect(cards.nth(2).get_by_text("working days")).to_have_count(0)
        replies = [{"label": "The kettle"}, {"label": "None"}]
        await rita.say(conversation, "Which do you like?", blocks=[{"type": "quick_replies", "replies": replies}])
        await expect(ana.log.get_by_role("button", name="The kettle")).to_be_visible()
        await looked_at(ana, "goods")
        await ana.log.get_by_role("button", name="The kettle").click()
        await rita.until("the choice", lambda: rita.said(conversation)[-1] == "The kettle")

        # An order, then its payment: declined, paid; the receipt is on both sides.
        order = await ordered(buyer, "GOOK-BLK")
        await expect(ana.log.get_by_role("heading", name=f"Order {order['number']} placed")).to_be_visible()
        await rita.ask("payment.create", id=new_id("pay"), conversation_id=conversation, order_id=order["id"])
        asked = ana.log.locator("tresen-payment")
        await expect(asked.get_by_text(re.compile("You can pay until"))).to_be_visible()
        await looked_at(ana, "payment")
        page = await payment_page(ana)
        await page.get_by_role("button", name="Card is declined").click()
        await happened(rita, conversation, "payment.declined")
        await expect(asked.get_by_text("The payment was declined")).to_be_visible()
        await looked_at(ana, "payment-declined")
        await page.get_by_role("button", name="Pay", exact=True).click()
        await expect(page.get_by_text("Your payment has arrived")).to_be_visible()
        await page.close()
        await expect(asked.get_by_text("Paid", exact=True)).to_be_visible()
        await expect(asked.get_by_role("button")).to_have_count(0)
        receipt = (await happened(rita, conversation, "payment.succeeded"))["data"]
        assert receipt["amount"] == order["totals"]["total"], receipt

        # On its way: the same card says where.
        parcel = {"carrier": "DHL", "number": "00340434", "url": "https://track.example/00340434"}
        for event, more in (("started", {}), ("shipped", {"tracking": parcel})):
            await rita.ask("order.fulfil", order_id=order["id"], op_id=new_id("op"), event=event, **more)
        shipped = ana.log.locator("tresen-order")
        await expect(shipped).to_have_count(1)
        await expect(shipped.get_by_text("Shipped")).to_be_visible()
        await expect(shipped.get_by_role("link", name=re.compile("00340434"))).to_have_attribute("href", "https://track.example/00340434")

        # A link that nobody uses in time.
        second = await ordered(buyer, "POUD-WHT")
        await rita.ask("payment.create", id=new_id("pay"), conversation_id=conversation, order_id=second["id"])
        page = await payment_page(ana)
        await page.get_by_role("button", name="Let the link expire").click()
        await expect(asked.last.get_by_text("Expired")).to_be_visible()
        await page.close()
        await happened(rita, conversation, "payment.expired")
        await looked_at(ana, "order")

        # The transcript by mail.
        mailbox = Mailbox(posted.port)
        await mailbox.start()
        try:
            await ana.page.get_by_role("button", name="More", exact=True).click()
            await ana.page.get_by_role("menuitem", name="Send the transcript by e-mail").click()
            asking = ana.page.locator("tresen-menu")
            await asking.get_by_role("textbox", name="E-mail address").fill("ana@example.com")
            await looked_at(ana, "transcript")
            await asking.get_by_role("button", name="Send", exact=True).click()
            await expect(ana.page.get_by_text("is on its way to ana@example.com")).to_be_visible()
            await rita.until("the mail", lambda: mailbox.mails)
        finally:
            await mailbox.stop()
        [mail] = mailbox.mails
        assert (mail["To"], mail["From"]) == ("ana@example.com", "Copper & Clay <help@shop.example>")
        lines = mail.get_body(("plain",)).get_content().splitlines()
        for said in ("Ana: I need a kettle.", "Rita: Which do you like?", "Ana: The kettle"):
            assert [line.endswith(f"  {said}") for line in lines].count(True) == 1, lines

        # The end, and what she thought of it.
        await rita.ask("conversation.close", conversation_id=conversation)
        await expect(ana.page.get_by_role("heading", name="How did Rita help you?")).to_be_visible()
        await looked_at(ana, "rating")
        await ana.page.get_by_role("radio", name="Good", exact=True).check()
        await ana.page.get_by_role("button", name="Send my rating").click()
        await expect(ana.page.get_by_text("Thank you for your rating")).to_be_visible()
        assert (await happened(rita, conversation, "csat.submitted"))["data"]["score"] == 4
        assert ana.problems == []
