"""The rep's console in a browser against a real demo: from the offer to the wrap-up, by keyboard, over a reload and without a network."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest
from playwright.async_api import BrowserContext, FilePayload, expect

from tests.e2e.axe import violations
from tests.e2e.counter_customer import CounterCustomer
from tests.e2e.counter_desk import PASSWORD, close, come, composer, helped, log, seated, sign_in, until
from tests.e2e.face import browser, face
from tests.e2e.program import Demo, demo

INJECTIONS = (
    "<img src=x onerror=window.pwned=1>",
    "<script>window.pwned=1</script>",
    '"><svg onload=window.pwned=1>',
    "javascript:window.pwned=1",
    "${window.pwned=1} {{window.pwned=1}} {who}",
)
OFFLINE_S = 20.0

# A busy machine included; only ever waited out by a test that fails.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo of its own: its queue is what these tests are about."""
    with demo(tmp_path_factory.mktemp("counter")) as found:
        yield found


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """For customers, who have gone when the test is over."""
    async with aiohttp.ClientSession() as session:
        try:
            yield session
        finally:
            await CounterCustomer.all_leave()


async def test_a_wrong_password_is_said_in_words(counter: Demo) -> None:
    async with browser(None, "--no-sandbox") as made:
        page = (await face(made, f"{counter.address}/console/history")).page
        await page.get_by_label("Login").fill("rita")
        await page.get_by_label("Password").fill("not her password")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("The login or the password is not right.")).to_be_visible()
        await expect(page.get_by_label("Password")).to_be_focused()
        assert await violations(page) == []
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        # The place that was asked for is kept over signing in, and again over signing out and in.
        await expect(page.get_by_role("heading", name="History")).to_be_visible()


async def test_the_whole_conversation_by_keyboard(counter: Demo, http: aiohttp.ClientSession) -> None:
    async with seated(counter) as rep:
        page = rep.page
        await expect(page.get_by_text("You take no work at the moment")).to_be_visible()
        await come(page)
        customer = await helped(page, http, counter, "Is the kettle available in black?", reason="idle")
        await expect(composer(page)).to_be_visible()
        await composer(page).focus()
        await page.keyboard.type("/hel")
        await expect(page.get_by_role("option", name="Greeting")).to_be_visible()
        await page.keyboard.press("Enter")
        await expect(composer(page)).to_have_value("Hello, this is Rita. How can I help you?")
        await page.keyboard.press("Enter")
        await until("the greeting", lambda: customer.said_by("rep"))
        assert await customer.said_by("rep") == ["Hello, this is Rita. How can I help you?"]
        await customer.say("In black, please.")
        await expect(log(page)).to_contain_text("In black, please.")

        await page.keyboard.press("Alt+n")
        await page.keyboard.type("Prefers black.")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("complementary", name="Note for the staff")).to_contain_text("Prefers black.")
        assert "Prefers black." not in str(await customer.timeline())

        await page.keyboard.press("Alt+p")
        await expect(page.get_by_label("What are you looking for?")).to_be_focused()
        await page.keyboard.type("gooseneck")
        await expect(page.get_by_role("button", name="Gooseneck kettle, Black")).to_be_visible()
        await page.get_by_role("button", name="Gooseneck kettle, Black").press("Enter")
        await expect(log(page).locator("console-product")).to_contain_text("Gooseneck kettle, Black")

        await page.keyboard.press("Alt+t")
        await expect(page.get_by_role("region", name="Timeline")).to_contain_text("Rita left a note: Prefers black.")
        await expect(page.get_by_role("region", name="Timeline")).to_contain_text("Rita showed a product")
        await page.keyboard.press("Alt+t")
        await close(page, "Sold", "One kettle.")
        entries = await customer.timeline()
        assert [each["data"]["reason"] for each in entries if each["type"] == "conversation.closed"] == ["sold"]


async def test_a_reload_keeps_conversation_draft_and_place(counter: Demo, http: aiohttp.ClientSession) -> None:
    async with seated(counter) as rep:
        page = rep.page
        await come(page)
        customer = await helped(page, http, counter, *(f"Line {number} of a long story." for number in range(60)))
        await composer(page).fill("not sent yet")
        scroll = page.locator("console-messages .scroll")
        await scroll.evaluate("element => { element.scrollTop = 200; }")
        await expect(page.get_by_role("button", name=re.compile("To the latest message|new message"))).to_be_visible()
        await page.reload()
        await expect(log(page)).to_contain_text("Line 59 of a long story.")
        assert page.url.endswith(customer.conversation_id)
        await expect(composer(page)).to_have_value("not sent yet")
        await until("the place", lambda: scroll.evaluate("element => Math.abs(element.scrollTop - 200) < 2"))
        await composer(page).fill("")
        await close(page, "Solved")


async def test_twenty_seconds_offline_lose_and_double_nothing(counter: Demo, http: aiohttp.ClientSession) -> None:
    async with seated(counter) as rep:
        page = rep.page
        await come(page)
        customer = await helped(page, http, counter, "Hello?")
        await composer(page).fill("before")
        await page.keyboard.press("Enter")
        await until("the first message", lambda: customer.said_by("rep"))
        await page.context.set_offline(True)
        await expect(page.get_by_text("No connection to the server.")).to_be_visible()
        gone_s = time.monotonic()
        for text in ("while away 1", "while away 2"):
            await composer(page).fill(text)
            await page.keyboard.press("Enter")
        await expect(log(page)).to_contain_text("while away 2")
        await customer.say("Are you there?")
        # The interruption is what is tested: a rep whose socket is gone for 15 s gives everything back.
        await asyncio.sleep(OFFLINE_S - (time.monotonic() - gone_s))
        await page.context.set_offline(False)
        await expect(page.get_by_text("No connection to the server.")).to_be_hidden()
        await expect(log(page)).to_contain_text("Are you there?")
        said = ["before", "while away 1", "while away 2"]
        await until("the messages", lambda: has(customer, said))
        assert await customer.said_by("rep") == said
        texts = await log(page).locator("console-bubble .text").all_inner_texts()
        assert [text for text in texts if text in [*said, "Are you there?"]].count("Are you there?") == 1
        assert all(texts.count(text) == 1 for text in said)


async def has(customer: CounterCustomer, said: list[str]) -> bool:
    """Whether all of it has arrived."""
    return len(await customer.said_by("rep")) >= len(said)


async def test_what_people_type_is_shown_as_text(counter: Demo, http: aiohttp.ClientSession) -> None:
    async with seated(counter) as rep:
        page = rep.page
        await come(page)
        customer = await helped(page, http, counter, *INJECTIONS)
        for text in INJECTIONS:
            await expect(log(page)).to_contain_text(text)
        await composer(page).fill(INJECTIONS[0])
        file: FilePayload = {"name": f"{INJECTIONS[0]}.txt", "mimeType": "text/plain", "buffer": b"words"}
        await page.locator("console-composer input[type=file]").set_input_files([file])
        await expect(page.get_by_role("button", name=re.compile("^Remove"))).to_be_visible()
        await expect(page.locator("console-composer tresen-ui-icon[name=loader-circle]")).to_have_count(0)
        await page.keyboard.press("Enter")
        await expect(log(page).locator("console-attachment")).to_contain_text("onerror")
        await page.keyboard.press("Alt+n")
        await page.keyboard.type(INJECTIONS[1])
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("complementary", name="Note for the staff")).to_contain_text(INJECTIONS[1])
        await page.keyboard.press("Alt+t")
        await expect(page.get_by_role("region", name="Timeline")).to_contain_text(INJECTIONS[4])
        await page.keyboard.press("Alt+t")
        assert await page.evaluate("window.pwned") is None
        assert (await customer.said_by("rep"))[0] == INJECTIONS[0]
        await close(page, "Solved", INJECTIONS[2])


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_view_is_accessible(counter: Demo, http: aiohttp.ClientSession, scheme: str) -> None:
    async with seated(counter, "sue", color_scheme=scheme) as rep:
        page = rep.page

        async def judged(name: str) -> None:
            await rep.screenshot(f"console-{name}-{scheme}")
            found = await violations(page)
            assert not found, f"{name}: {found}"

        await judged("away")
        await come(page)
        customer = await CounterCustomer.arrive(http, counter.address)
        await customer.begin("Could you help me with my order?", reason="declined")
        await expect(page.get_by_role("button", name="Accept")).to_be_visible()
        await judged("offer")
        await page.keyboard.press("Alt+a")
        await expect(log(page)).to_contain_text("Could you help me")
        await composer(page).fill("Of course. Which order is it?")
        await page.keyboard.press("Enter")
        await expect(log(page).get_by_text("Sent", exact=True)).to_be_visible()
        await judged("conversation")
        await composer(page).fill("/")
        await expect(page.get_by_role("listbox")).to_be_visible()
        await judged("canned")
        await composer(page).fill("")
        await page.keyboard.press("Alt+t")
        await expect(page.get_by_role("region", name="Timeline")).to_be_visible()
        await judged("timeline")
        await page.keyboard.press("Alt+t")
        for key, name in (("Alt+h", "hand-over"), ("Alt+p", "products"), ("Alt+w", "closing")):
            await page.keyboard.press(key)
            await expect(page.get_by_role("dialog")).to_be_visible()
            await judged(name)
            await page.keyboard.press("Escape")
            await expect(page.get_by_role("dialog")).to_be_hidden()
        await close(page, "Solved")
        await page.keyboard.press("Alt+Shift+H")
        await expect(page.get_by_role("heading", name="History")).to_be_visible()
        await expect(page.locator("console-history tresen-ui-row").first).to_be_visible()
        await judged("history")
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
        await judged("keys")
        await page.keyboard.press("Escape")


VIEWS: dict[str, dict[str, Any]] = {
    "wide": {"viewport": {"width": 1920, "height": 1000}},
    "tablet": {"viewport": {"width": 1000, "height": 740}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
    "rtl": {"viewport": {"width": 1440, "height": 900}, "query": "?dir=rtl"},
}


@pytest.mark.parametrize("view", VIEWS)
async def test_every_size_has_room_for_all_of_it(counter: Demo, http: aiohttp.ClientSession, view: str) -> None:
    given = dict(VIEWS[view])
    query = str(given.pop("query", ""))
    async with seated(counter, **given) as rep:
        page = rep.page
        await come(page)
        first = await helped(page, http, counter, "My parcel has not come yet.", locale="de")
        await composer(page).fill("I am looking for it.")
        await page.keyboard.press("Enter")
        await helped(page, http, counter, "Do you ship to Poland?", locale="pl")
        if query:
            await page.goto(page.url + query)
            await expect(log(page)).to_contain_text("Do you ship to Poland?")
            assert await page.evaluate("document.documentElement.dir") == "rtl"
        await rep.screenshot(f"console-{view}")
        assert await violations(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert await page.locator("console-conversation:visible").count() == (2 if view == "wide" else 1)
        if view == "phone":
            for name in ("Queue", "Customer", "Conversation"):
                await page.get_by_role("navigation", name="Parts of the desk").get_by_role("button", name=name).click()
                await rep.screenshot(f"console-phone-{name.lower()}")
        await close(page, "Solved")
        await page.goto(f"{counter.address}/console/c/{first.conversation_id}")
        await close(page, "Solved")


async def test_signing_out_keeps_nothing(counter: Demo) -> None:
    async with browser(None, "--no-sandbox") as made:
        page = (await face(made, f"{counter.address}/console")).page
        await sign_in(page, "rolf")
        await page.get_by_role("button", name="Settings and sign out").click()
        await page.get_by_role("menuitem", name="Sign out").click()
        await expect(page.get_by_label("Login")).to_be_visible()
        assert await kept_tokens(made) == []


async def kept_tokens(made: BrowserContext) -> list[str]:
    """What the browser still has of a session."""
    state = await made.storage_state()
    return [item["name"] for origin in state["origins"] for item in origin["localStorage"] if "token" in item["value"]]
