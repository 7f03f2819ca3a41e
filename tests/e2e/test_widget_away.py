"""The widget when somebody is away: nobody at the counter, or the visitor looking elsewhere, asleep, or in another language."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import expect

from tests.e2e import axe
from tests.e2e.face import SCREENS
from tests.e2e.program import Demo, demo, free_tcp_port
from tests.e2e.shop_page import ShopPage, ask
from tests.e2e.visitor import Visitor, counter, looked_at, served, visitor
from tests.support.mailbox import Mailbox

SMTP_PORT = free_tcp_port()
NEVER = {"zone": "Europe/Berlin", "week": {}, "holidays": {"2099-01-05": [["09:00", "17:00"]]}}
LONG = "03:00:00"
# A page cannot be put into the background here, so it is told that it is; sounds are counted as they are made.
HEARD = """
window.tones = 0;
const make = AudioContext.prototype.createOscillator;
AudioContext.prototype.createOscillator = function () { window.tones += 1; return make.call(this); };
"""
LOOKS = """(state) => {
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo of this module's own, whose desk is changed and which sends mail."""
    folder = tmp_path_factory.mktemp("away")
    with demo(folder, TRESEN_SMTP_URL=f"smtp://127.0.0.1:{SMTP_PORT}", TRESEN_MAIL_FROM="Copper & Clay <help@shop.example>") as found:
        yield found


@asynccontextmanager
async def changed(shop: ShopPage, method: str, path: str, now: Any, before: Any) -> AsyncIterator[None]:
    """The desk as it is to be; afterwards as it was."""
    await ask(shop.tresen, method, path, shop.admin_token, json=now)
    try:
        yield
    finally:
        await ask(shop.tresen, method, path, shop.admin_token, json=before)


async def home(who: Visitor) -> None:
    """Back to the beginning, the conversation left."""
    await who.page.evaluate("localStorage.clear(); sessionStorage.clear()")
    await who.page.reload()


async def test_nobody_at_the_counter(own: Demo) -> None:
    """All reps busy: what is offered. Closed: a message, which a rep answers here and by mail."""
    async with counter(own) as at:
        shop = at.shop
        ana = await visitor(await at.browser(), shop)
        queue = (await ask(shop.tresen, "GET", "/v1/queues", shop.admin_token))["data"][0]
        busy, before = ({"settings": {"overflow": each}} for each in ([{"after_s": 0, "action": "offer_callback"}], []))
        async with changed(shop, "PATCH", f"/v1/queues/{queue['id']}", busy, before):
            await ana.chat()
            await ana.say("Is somebody there?")
            offered = ana.page.locator("tresen-waiting")
            await expect(offered.get_by_text("It takes longer than usual")).to_be_visible()
            await looked_at(ana, "overflow")
            await offered.get_by_role("button", name="Leave a message").click()
            await expect(ana.page.get_by_role("heading", name="Leave us a message")).to_be_visible()
            await ana.page.get_by_role("button", name="Back to the start").click()
            await ana.page.get_by_role("button", name=re.compile("Go on with your conversation")).click()
            await offered.get_by_role("button", name="Call me back").click()
            await ana.page.get_by_label("Where shall we call?").select_option("phone")
            await ana.page.get_by_role("textbox", name="Telephone number").fill("030 123")
            await ana.page.get_by_role("button", name="Ask for the call").click()
            await expect(ana.page.get_by_text("beginning with +")).to_be_visible()
            await looked_at(ana, "callback")
            await ana.page.get_by_role("textbox", name="Telephone number").fill("+49 30 1234567")
            await ana.page.get_by_role("button", name="Ask for the call").click()
            await expect(ana.page.get_by_role("heading", name="Your place is kept")).to_be_visible()
            await looked_at(ana, "callback-kept")
            await ana.page.get_by_role("button", name="No call, thank you").click()
            await expect(ana.page.get_by_role("button", name="Ask for the call")).to_be_visible()
            await home(ana)

        hours = (await ask(shop.tresen, "GET", "/v1/hours", shop.admin_token))["data"][0]
        always = {"name": hours["name"], "calendar": hours["calendar"]}
        async with changed(shop, "PUT", f"/v1/hours/{hours['id']}", {"name": hours["name"], "calendar": NEVER}, always):
            await ana.open()
            await expect(ana.page.get_by_text("We are closed")).to_be_visible()
            await looked_at(ana, "closed")
            await ana.page.get_by_role("button", name=re.compile("^Chat")).click()
            await ana.page.get_by_role("textbox", name="E-mail address").fill("ana")
            await ana.page.get_by_role("button", name="Send the message").click()
            await expect(ana.page.get_by_text("This does not look like an e-mail address.")).to_be_visible()
            await looked_at(ana, "offline-form")
            await ana.page.get_by_role("textbox", name="Your message").fill("When is my parcel here?")
            await ana.page.get_by_role("textbox", name="E-mail address").fill("ana@example.com")
            await ana.page.get_by_role("button", name="Send the message").click()
            await expect(ana.page.get_by_text("Thank you, we have it")).to_be_visible()
            await looked_at(ana, "offline-sent")

        # Somebody is there again, answers, and mails it to the address that was left.
        left = (await ask(shop.tresen, "GET", "/v1/conversations?assigned=nobody", shop.admin_token))["data"][0]
        customer = await ask(shop.tresen, "GET", f"/v1/customers/{left['customer_id']}", shop.admin_token)
        to = customer["unverified_attributes"]["email"]
        mailbox = Mailbox(SMTP_PORT)
        await mailbox.start()
        try:
            rita = await at.rita()
            await rita.ask("conversation.claim", conversation_id=left["id"])
            await rita.ask("conversation.watch", conversation_id=left["id"], after_seq=0)
            await rita.say(left["id"], "Tomorrow before noon.")
            await ana.page.get_by_role("button", name="Look at the conversation").click()
            await expect(ana.bubble("Tomorrow before noon.")).to_be_visible()
            await rita.ask("transcript.mail", conversation_id=left["id"], to=to, zone="Europe/Berlin")
            await rita.until("the mail", lambda: mailbox.mails)
            assert ana.problems == []
        finally:
            await mailbox.stop()
        [mail] = mailbox.mails
        plain = mail.get_body(("plain",)).get_content()
        assert mail["To"] == "ana@example.com"
        for said in ("When is my parcel here?", "Tomorrow before noon."):
            assert plain.count(said) == 1, plain


async def test_while_the_visitor_is_elsewhere(own: Demo) -> None:
    """New messages are told on the launcher, in the title, by a sound; after hours of sleep everything goes on; and in another language."""
    async with counter(own) as at:
        rita, context = await at.rita(), await at.browser()
        await context.clock.install()
        await context.add_init_script(HEARD)
        ana = await visitor(context, at.shop)
        await ana.chat()
        await ana.say("I will be back")
        conversation = await served(ana, rita)

        # Beside the closed panel: a number and a sound. The title is the shop's.
        await ana.page.get_by_role("button", name="Close", exact=True).click()
        await rita.say(conversation, "One")
        await expect(ana.page.get_by_role("button", name="Talk to us: 1 new message")).to_be_visible()
        await expect(ana.page).to_have_title("Copper & Clay")
        assert await ana.page.evaluate("window.tones") > 0
        assert await axe.violations(ana.page) == []
        SCREENS.mkdir(parents=True, exist_ok=True)
        await ana.page.screenshot(path=SCREENS / "widget-unread-desktop-light.png")

        # In another tab: in the title as well.
        await ana.page.evaluate(LOOKS, "hidden")
        await rita.say(conversation, "Two")
        await expect(ana.page).to_have_title("(2) Copper & Clay")
        await ana.page.evaluate(LOOKS, "visible")
        await expect(ana.page).to_have_title("Copper & Clay")
        await ana.open()
        await expect(ana.bubble("Two")).to_be_visible()
        await ana.page.get_by_role("button", name="More", exact=True).click()
        await ana.page.get_by_role("menuitemcheckbox", name="Turn the sound off").click()
        await ana.page.get_by_role("button", name="Close", exact=True).click()
        tones = await ana.page.evaluate("window.tones")
        await rita.say(conversation, "Three")
        await expect(ana.page.get_by_role("button", name="Talk to us: 1 new message")).to_be_visible()
        assert await ana.page.evaluate("window.tones") == tones

        # The lid is shut for hours: no connection, and the clock jumps.
        await ana.open()
        await context.set_offline(True)
        await context.clock.fast_forward(LONG)
        await rita.say(conversation, "While you slept")
        await context.set_offline(False)
        await expect(ana.bubble("While you slept")).to_have_count(1)
        await ana.say("Good morning")
        await rita.until("it", lambda: "Good morning" in rita.said(conversation))
        await expect(ana.log.get_by_text("Sent", exact=True).or_(ana.log.get_by_text("Delivered", exact=True))).to_be_visible()
        for text in ("I will be back", "One", "Two", "Three", "While you slept", "Good morning"):
            await expect(ana.bubble(text)).to_have_count(1)
        assert rita.said(conversation) == ["I will be back", "Good morning"]
        seqs = [each["seq"] for each in rita.entries[conversation]]
        assert seqs == list(range(1, len(seqs) + 1))

        # The shop switches its language; then one that runs from right to left.
        await ana.page.goto(f"{at.shop.address}/?locale=de")
        await expect(ana.bubble("While you slept")).to_be_visible()
        await expect(ana.page.get_by_role("textbox", name="Nachricht schreiben")).to_be_visible()
        await expect(ana.page.get_by_text("Rita ist jetzt für Sie da.")).to_be_visible()
        await ana.page.goto(f"{at.shop.address}/?locale=de&dir=rtl")
        await expect(ana.bubble("While you slept")).to_be_visible()
        assert await axe.violations(ana.page) == []
        await ana.page.screenshot(path=SCREENS / "widget-chat-desktop-rtl.png")
        assert ana.problems == []
