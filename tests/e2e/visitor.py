"""A visitor of a bare shop's page with the widget in it, in a browser; and the counter: that page, browsers and reps on demand."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import BrowserContext, Locator, Page, expect

from tests.e2e import axe
from tests.e2e.face import SCREENS, browser
from tests.e2e.program import Demo
from tests.e2e.shop_page import Rep, ShopPage, rep_on_duty, shop_page

WAIT_MS = 45_000


@dataclass(slots=True)
class Visitor:
    """One tab with the shop's page."""

    page: Page
    problems: list[str] = field(default_factory=list)

    @property
    def panel(self) -> Locator:
        return self.page.get_by_role("dialog", name=re.compile("Help from"))

    @property
    def input(self) -> Locator:
        return self.page.get_by_role("textbox", name="Write a message")

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    def bubble(self, text: str) -> Locator:
        return self.page.locator(".bubble", has_text=text)

    async def open(self) -> None:
        await self.page.get_by_role("button", name=re.compile("Talk to us")).click()
        await expect(self.panel).to_be_visible()

    async def chat(self) -> None:
        await self.open()
        await self.page.get_by_role("button", name=re.compile("^Chat")).click()
        await expect(self.input).to_be_focused()

    async def say(self, text: str) -> None:
        await self.input.fill(text)
        await self.input.press("Enter")

    async def conversation(self) -> str:
        return str(await self.page.evaluate("heard.findLast((each) => each[0] === 'conversation')[1].id"))


async def visitor(context: BrowserContext, shop: ShopPage, query: str = "") -> Visitor:
    """A new tab."""
    found = Visitor(await context.new_page())
    found.page.set_default_timeout(WAIT_MS)
    found.page.on("pageerror", lambda error: found.problems.append(str(error)))
    found.page.on("console", lambda message: found.problems.append(message.text) if "Content Security Policy" in message.text else None)
    # What fades in is not yet as it will be read.
    await found.page.emulate_media(reduced_motion="reduce")
    await found.page.goto(f"{shop.address}/{query}")
    return found


@dataclass(slots=True)
class Counter:
    """The shop's page, browsers on demand, reps on demand."""

    shop: ShopPage
    stack: AsyncExitStack

    async def rita(self) -> Rep:
        return await self.stack.enter_async_context(rep_on_duty(self.shop.tresen))

    async def browser(self, **options: Any) -> BrowserContext:
        context: BrowserContext = await self.stack.enter_async_context(browser(None, "--no-sandbox"))
        if options:
            assert context.browser is not None
            context = await context.browser.new_context(**options)
        expect.set_options(timeout=WAIT_MS)
        return context


@asynccontextmanager
async def counter(own: Demo) -> AsyncIterator[Counter]:
    async with AsyncExitStack() as stack:
        yield Counter(await stack.enter_async_context(shop_page(own)), stack)


async def served(who: Visitor, rita: Rep) -> str:
    """Waits until the rep has the visitor's conversation. Its id."""
    conversation = await who.conversation()
    await rita.until("the rep has it", lambda: conversation in rita.entries)
    await expect(who.panel.get_by_role("heading", name="Rita")).to_be_visible()
    return conversation


async def looked_at(who: Visitor, name: str) -> None:
    """Kept as pictures, as a computer and as a phone in the dark show it; axe-core finds nothing in either."""
    for device, (width, height), scheme in (("desktop", (1280, 800), "light"), ("phone", (390, 844), "dark")):
        await who.page.set_viewport_size({"width": width, "height": height})
        await who.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await expect(who.panel.locator("tresen-header")).to_be_in_viewport(ratio=1)
        assert await axe.violations(who.page) == [], (name, device, scheme)
        assert await who.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, device)
        SCREENS.mkdir(parents=True, exist_ok=True)
        await who.page.screenshot(path=SCREENS / f"widget-{name}-{device}-{scheme}.png")
    await who.page.set_viewport_size({"width": 1280, "height": 800})
    await who.page.emulate_media(color_scheme="light", reduced_motion="reduce")
