"""What a day at the desk is made of besides the conversation itself: being called, breaks, wrapping up, handing over, two at once, keys."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.axe import violations
from tests.e2e.counter_customer import CounterCustomer
from tests.e2e.counter_desk import close, come, composer, helped, log, seated, until
from tests.e2e.program import Demo, demo
from tests.e2e.shopper import Caller, staff

# Notices of the system's and tones are noted instead of shown and played; whether the rep looks is for the test to say.
CALLED = """
window.called = { asked: 0, answer: "denied", notes: [], tones: 0, away: false };
window.Notification = class {
  static permission = "default";
  static async requestPermission() { called.asked += 1; return (this.permission = called.answer); }
  constructor(title, { body, tag }) { Object.assign(this, { title, body, tag }); called.notes.push(this); }
  close() { this.closed = true; }
};
Object.defineProperty(document, "hidden", { get: () => called.away });
document.hasFocus = () => !called.away;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) { called.tones += 1; return start.apply(this, when); };
"""
NOTES = "called.notes.map((note) => [note.title, note.body])"
# The keys that the list shows, as they are registered; those of calls have tests of their own.
LISTED = """
tresenSeen.deep(document).find((each) => each.localName === "console-shell").app.shortcuts.all
  .filter((each) => !/call/i.test(each.group?.() ?? "")).map((each) => each.keys)
"""

expect.set_options(timeout=30_000)


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo of its own: its queues are what these tests are about."""
    with demo(tmp_path_factory.mktemp("desk")) as found:
        yield found


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """For customers, who have gone when the test is over."""
    async with aiohttp.ClientSession() as session:
        try:
            yield session
        finally:
            await CounterCustomer.all_leave()


def status(page: Page, words: str) -> Locator:
    """The status, when it says this."""
    return page.get_by_role("button", name=f"Status: {words}")


async def admin(http: aiohttp.ClientSession, counter: Demo) -> Caller:
    return await staff(http, counter.address, "ada")


async def wish(page: Page, name: str) -> Locator:
    """A switch of the settings, which are opened for it."""
    await page.get_by_role("button", name=re.compile("Settings and sign out")).click()
    await page.get_by_role("menuitem", name="Settings").click()
    return page.get_by_role("switch", name=name)


async def test_a_rep_who_looks_elsewhere_is_called_as_they_wish(counter: Demo, http: aiohttp.ClientSession) -> None:
    async with seated(counter, init_script=CALLED) as rep:
        page = rep.page
        await come(page)
        assert await page.evaluate("called.asked") == 0, "nobody is asked before they want it"
        await (await wish(page, "Desktop notifications")).press("Space")
        await expect(page.get_by_role("region", name="Notices")).to_contain_text("The browser does not let this page notify you.")
        await expect(page.get_by_role("switch", name="Desktop notifications")).not_to_be_checked()
        await page.evaluate("called.answer = 'granted'")
        await page.get_by_role("switch", name="Desktop notifications").press("Space")
        await expect(page.get_by_role("switch", name="Desktop notifications")).to_be_checked()
        assert await page.evaluate("called.asked") == 2
        assert await violations(page) == []
        await rep.screenshot("console-settings")
        await page.keyboard.press("Escape")

        await page.evaluate("called.away = true")
        customer = await CounterCustomer.arrive(http, counter.address)
        await customer.begin("Is anybody there?", reason="idle")
        await rep.becomes("the notification", f"() => {NOTES}.length === 1")
        [[title, body]] = await page.evaluate(NOTES)
        assert title == "A customer is waiting for your answer" and "checkout" in body
        assert await page.evaluate("called.tones") == 2
        await expect(page).to_have_title(re.compile(r"^\(1\)"))
        # A press on the notification leads to the conversation.
        await page.evaluate("called.notes[0].onclick()")
        await page.wait_for_url(f"**/console/c/{customer.conversation_id}*")
        await page.keyboard.press("Alt+a")
        await expect(composer(page)).to_be_visible()
        await customer.say("Hello again?")
        await rep.becomes("the second notification", f"() => {NOTES}.length === 2")
        assert (await page.evaluate(NOTES))[1][0].endswith("has written")
        assert await page.evaluate("called.tones") == 4

        # Whoever looks is not called; whoever wants neither sound nor notification gets neither.
        await page.evaluate("called.away = false")
        await customer.say("Looking now?")
        await expect(log(page)).to_contain_text("Looking now?")
        await (await wish(page, "Sound")).press("Space")
        await page.get_by_role("switch", name="Desktop notifications").press("Space")
        await page.keyboard.press("Escape")
        await page.evaluate("called.away = true")
        await customer.say("And now?")
        await expect(log(page)).to_contain_text("And now?")
        assert await page.evaluate("[called.notes.length, called.tones, called.asked]") == [2, 4, 2]
        await close(page, "Solved")


async def test_breaks_have_reasons_work_has_a_bound_and_what_it_came_to_is_written_down(counter: Demo, http: aiohttp.ClientSession) -> None:
    ada = await admin(http, counter)
    [queue] = (await ada.ask("GET", "/v1/queues"))["data"]
    await ada.ask("PATCH", f"/v1/queues/{queue['id']}", {"settings": {"wrap_up_s": {"chat": 60}}})
    async with seated(counter) as rep:
        page = rep.page
        await page.get_by_role("button", name="Status:").click()
        await page.get_by_role("menuitem", name="Lunch").or_(page.get_by_role("menuitemradio", name="Lunch")).click()
        await expect(status(page, "Lunch")).to_be_visible()
        await page.reload()
        await expect(status(page, "Lunch")).to_be_visible()
        assert [each["status"] for each in (await ada.ask("GET", "/v1/reps"))["data"] if each["name"] == "Rita"] == ["away"]
        await come(page)
        await expect(page.get_by_role("img", name="Chat: 0 of 3")).to_be_visible()
        customer = await helped(page, http, counter, "Thank you, that was all.")
        await expect(page.get_by_role("img", name="Chat: 1 of 3")).to_be_visible()

        await customer.ask("POST", f"/v1/conversations/{customer.conversation_id}/close", {})
        await expect(page.get_by_text("How did the chat go?")).to_be_visible()
        await expect(status(page, "Wrapping up")).to_be_visible()
        await expect(page.get_by_role("img", name="Chat: 0 of 3")).to_be_visible()
        assert await violations(page) == []
        await rep.screenshot("console-wrap-up")
        panel = page.locator("console-sum-up")
        await panel.get_by_role("radio", name="To be called again").check()
        await panel.get_by_label("Note", exact=True).fill("Wants to hear from us on Monday.")
        await panel.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("How did the chat go?")).to_have_count(0)
        await expect(status(page, "Available")).to_be_visible()
        kept = await ada.ask("GET", f"/v1/tickets/{customer.ticket_id}/wrap-up")
        assert (kept["code"], kept["note"]) == ("call_again", "Wants to hear from us on Monday.")
    await ada.ask("PATCH", f"/v1/queues/{queue['id']}", {"settings": {"wrap_up_s": {"chat": 0}}})


async def test_a_chat_goes_to_a_colleague_and_from_there_to_a_queue(counter: Demo, http: aiohttp.ClientSession) -> None:
    async with seated(counter) as rita, seated(counter, "rolf") as rolf:
        ada = await admin(http, counter)
        await ada.ask("POST", "/v1/queues", {"name": "Returns", "settings": {"wrap_up_codes": ["solved"]}})
        # Only she is free when the customer comes.
        await come(rita.page)
        customer = await helped(rita.page, http, counter, "I would like to give something back.")
        await rita.page.keyboard.press("Alt+n")
        await rita.page.keyboard.type("Order 1001, the lid.")
        await rita.page.keyboard.press("Enter")
        await expect(rita.page.get_by_role("complementary", name="Note for the staff")).to_contain_text("Order 1001")
        await come(rolf.page)
        await rita.page.keyboard.press("Alt+h")
        await rita.page.get_by_role("button", name=re.compile("Rolf")).press("Enter")
        await expect(rita.page.get_by_role("region", name="Notices").get_by_text("Handed over to Rolf.")).to_be_visible()
        await expect(rolf.page).to_have_title(re.compile(r"^\(1\)"))
        await rolf.page.keyboard.press("Alt+a")
        await expect(log(rolf.page)).to_contain_text("I would like to give something back.")
        await expect(rolf.page.get_by_role("complementary", name="Note for the staff")).to_contain_text("Order 1001")
        await composer(rolf.page).fill("Hello, this is Rolf.")
        await rolf.page.keyboard.press("Enter")
        await until("his words", lambda: customer.said_by("rep"))
        await expect(rita.page.get_by_text("with Rolf")).to_be_visible()

        # Whoever has a break keeps what they have; what they hand to a queue comes to who is free.
        await rolf.page.keyboard.press("Alt+Shift+P")
        await expect(status(rolf.page, "On a break")).to_be_visible()
        await rolf.page.keyboard.press("Alt+h")
        await rolf.page.get_by_role("button", name=re.compile("Returns")).press("Enter")
        await expect(rolf.page.get_by_role("region", name="Notices").get_by_text("Handed over to Returns.")).to_be_visible()
        await expect(rita.page).to_have_title(re.compile(r"^\(1\)"))
        await rita.page.keyboard.press("Alt+a")
        await expect(composer(rita.page)).to_be_visible()
        await expect(log(rita.page)).to_contain_text("Hello, this is Rolf.")
        await close(rita.page, "Solved")


async def by_mail(customer: CounterCustomer, text: str) -> None:
    """Writes in a conversation that is kept by mail, which nobody has been asked for yet."""
    customer.conversation_id = (await customer.ask("POST", "/v1/conversations", {"locale": "en", "channel": "email"}))["id"]
    await customer.say(text)


async def test_two_stand_side_by_side_and_every_key_does_what_its_line_says(counter: Demo, http: aiohttp.ClientSession) -> None:
    wide: dict[str, Any] = {"viewport": {"width": 1920, "height": 1000}}
    async with seated(counter, "sue", **wide) as rep:
        page = rep.page
        await come(page)
        first = await helped(page, http, counter, "Where is my parcel?")
        await helped(page, http, counter, "Do you have it in blue?")
        sections = page.locator("section.one")
        await expect(sections).to_have_count(2)
        # Each is written to where one writes, and that one comes to the front.
        other = page.locator("section.one:not(.front)")
        await other.get_by_role("textbox", name="Message to the customer").fill("It is on its way.")
        await page.wait_for_url(f"**/console/c/{first.conversation_id}*")
        await page.keyboard.press("Enter")
        await until("the answer", lambda: first.said_by("rep"))
        assert await first.said_by("rep") == ["It is on its way."]
        assert await violations(page) == []
        await rep.screenshot("console-side-by-side")

        dialog, noting = page.get_by_role("dialog"), page.get_by_role("button", name=re.compile("Note", re.I), pressed=True)

        async def shows(key: str, what: Locator, back: str = "Escape") -> None:
            await page.keyboard.press(key)
            await expect(what.first).to_be_visible()
            await page.keyboard.press(back)

        shown = set(await page.evaluate(LISTED))
        await page.keyboard.press("Escape")
        await page.locator("main#main").focus()
        await shows("?", page.get_by_role("dialog", name="Keyboard shortcuts"))
        await expect(dialog).to_have_count(0)
        here = page.url
        for onward, back in (("j", "k"), ("Alt+ArrowDown", "Alt+ArrowUp")):
            await page.keyboard.press(onward)
            await expect(page).not_to_have_url(here)
            await page.keyboard.press(back)
            await expect(page).to_have_url(here)
        await page.keyboard.press("Alt+b")
        await expect(sections).to_have_count(1)
        await page.keyboard.press("Alt+b")
        await expect(sections).to_have_count(2)
        await page.locator("main#main").focus()
        await page.keyboard.press("r")
        await expect(page.locator("section.front").get_by_role("textbox", name="Message to the customer")).to_be_focused()
        await shows("Alt+n", noting)
        async with page.expect_file_chooser():
            await page.keyboard.press("Alt+u")
        for key in ("Alt+p", "Alt+h", "Alt+w"):
            await shows(key, dialog)
            await expect(dialog).to_have_count(0)
        await shows("Alt+t", page.get_by_role("region", name="Timeline"), "Alt+t")
        for key, tab in (("Alt+2", "Orders"), ("Alt+3", "About"), ("Alt+1", "Cart")):
            await page.keyboard.press(key)
            await expect(page.locator("console-customer").get_by_role("tab", name=tab, selected=True)).to_be_visible()
        await page.keyboard.press("Alt+i")
        await page.keyboard.press("Alt+i")

        # Conversations that are kept by mail come to nobody: they are taken by their key.
        mail = await CounterCustomer.arrive(http, counter.address)
        await by_mail(mail, "My invoice has a wrong address.")
        row = page.locator("console-queue-row", has_text="wrong address")
        await expect(row.get_by_role("img", name="E-mail")).to_be_visible()
        await row.click()
        await expect(log(page)).to_contain_text("wrong address")
        await page.keyboard.press("Alt+k")
        await expect(composer(page)).to_be_visible()
        await composer(page).fill("I have corrected it.")
        await page.keyboard.press("Enter")
        await until("the answer", lambda: mail.said_by("rep"))
        await close(page, "Solved")

        # Waiting, offered and refused.
        await page.keyboard.press("Alt+Shift+P")
        await expect(status(page, "On a break")).to_be_visible()
        waiting = await CounterCustomer.arrive(http, counter.address)
        await waiting.begin("I am waiting.")
        await expect(page.get_by_role("heading", name="Waiting")).to_be_visible()
        await page.keyboard.press("Alt+g")
        await page.wait_for_url(f"**/console/c/{waiting.conversation_id}*")
        await close(page, "Solved")
        await come(page)
        refused = await CounterCustomer.arrive(http, counter.address)
        await refused.begin("Not this one.")
        await expect(page).to_have_title(re.compile(r"^\(1\)"))
        await page.keyboard.press("Alt+d")
        await expect(page).not_to_have_title(re.compile(r"^\(1\)"))
        await refused.ask("POST", f"/v1/tickets/{refused.ticket_id}/leave")

        for key, heading in (("Alt+Shift+H", "History"), ("Alt+Shift+B", "Board")):
            await page.keyboard.press(key)
            await expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
        assert set(await page.evaluate(LISTED)) - shown == {"alt+r"}
        await page.keyboard.press("Alt+r")
        await page.keyboard.press("Alt+Shift+D")
        await expect(page.locator("console-queue")).to_be_visible()

        tried = """? j k alt+arrowdown alt+arrowup alt+b alt+i r alt+n alt+u alt+p alt+h alt+w alt+t alt+1 alt+2 alt+3 alt+k alt+g alt+d
            alt+a alt+shift+a alt+shift+p alt+shift+o alt+shift+d alt+shift+h alt+shift+b""".split()
        # The customer's cart and calls have tests of their own.
        elsewhere = {"alt+s", "alt+z", "alt+c", "alt+v"}
        assert shown == {*tried, *elsewhere}
