"""A rep at the console of a real demo, by keyboard, for tests of the desk."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from playwright.async_api import Locator, Page, expect

from tests.e2e.counter_customer import CounterCustomer
from tests.e2e.face import Face, browser, face
from tests.e2e.participant import DEADLINE_S
from tests.e2e.program import Demo

PASSWORD = "tresen-demo-counter"


@asynccontextmanager
async def seated(counter: Demo, login: str = "rita", init_script: str = "", **context: Any) -> AsyncIterator[Face]:
    """The console of somebody who has signed in by keyboard. Gives everything back at the end. `init_script`: runs before the pages'."""
    async with browser(None, "--no-sandbox", **context) as made:
        if init_script:
            await made.add_init_script(init_script)
        page = await face(made, f"{counter.address}/console")
        await sign_in(page.page, login)
        try:
            yield page
        finally:
            await made.set_offline(False)
            await page.page.keyboard.press("Alt+Shift+O")
            await expect(page.page.get_by_role("button", name=re.compile("Status:.*Offline"))).to_be_visible()
        assert (page.errors, page.violations) == ([], [])


async def sign_in(page: Page, login: str) -> None:
    """By keyboard: the login has the focus."""
    await expect(page.get_by_label("Login")).to_be_focused()
    await page.keyboard.type(login)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name=re.compile("Status:"))).to_be_enabled()


async def come(page: Page) -> None:
    """Is available."""
    await page.keyboard.press("Alt+Shift+A")
    await expect(page.get_by_role("button", name=re.compile("Status:.*Available"))).to_be_visible()


def composer(page: Page) -> Locator:
    """Where one writes to the customer in front."""
    return page.get_by_role("textbox", name="Message to the customer").first


def log(page: Page) -> Locator:
    """The messages in front."""
    return page.get_by_role("log").first


async def helped(page: Page, http: aiohttp.ClientSession, counter: Demo, *texts: str, **more: Any) -> CounterCustomer:
    """A customer whom the rep has taken by the key, with the conversation in front."""
    customer = await CounterCustomer.arrive(http, counter.address)
    await customer.begin(*texts, **more)
    # Also where the queue is out of sight, as on a phone.
    await expect(page).to_have_title(re.compile(r"^\(1\)"))
    await page.keyboard.press("Alt+a")
    await page.wait_for_url(f"**/console/c/{customer.conversation_id}*")
    await expect(log(page)).to_contain_text(texts[-1])
    return customer


async def until(what: str, look: Callable[[], Awaitable[Any]]) -> Any:
    """Waits until this gives something true."""
    end_s = time.monotonic() + DEADLINE_S
    while True:
        got = await look()
        if got:
            return got
        assert time.monotonic() < end_s, f"gave up waiting: {what}"
        await asyncio.sleep(0.1)


async def close(page: Page, code: str, note: str = "") -> None:
    """Ends the conversation in front, by keyboard."""
    await expect(page.get_by_role("button", name=re.compile(r"^\W*Close\W*$")).first).to_be_visible()
    await page.keyboard.press("Alt+w")
    first = page.get_by_role("radio").first
    await expect(first).to_be_focused()
    await page.get_by_role("radio", name=code).press("Space")
    if note:
        await page.get_by_label("Note", exact=True).fill(note)
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("This conversation is closed. Reopen it to write.").first).to_be_visible()
    # Behind it no key counts.
    await expect(page.get_by_role("dialog")).to_have_count(0)
