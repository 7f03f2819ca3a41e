"""The parts of `web/ui` in a real browser, by their gallery: nothing for axe-core to find, everything by keyboard, under a strict policy.

Needs `web/dist` (`cd web && npm run build`). Pictures of every look are kept in artifacts/screens/.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright

from tests.e2e.axe import violations
from tests.e2e.browsers import QUIET
from tests.e2e.participant import DEADLINE_S
from tests.e2e.sources import chromium_path

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "web" / "dist"
SCREENS = ROOT / "artifacts" / "screens"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"
LOOKS = [
    pytest.param(scheme, direction, width, id=f"{scheme}-{direction}-{width}")
    for scheme in ("light", "dark")
    for direction in ("ltr", "rtl")
    for width in (390, 1440)
]


async def no_picture(_: web.Request) -> web.Response:
    return web.Response(status=204)


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[str]:
    """Serves the built pages under the policy, on a port of its own."""

    async def strict(_: web.Request, response: web.StreamResponse) -> None:
        response.headers["Content-Security-Policy"] = POLICY

    app = web.Application()
    app.on_response_prepare.append(strict)
    # Browsers ask for it by themselves.
    app.router.add_get("/favicon.ico", no_picture)
    app.router.add_static("/", folder)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class Gallery:
    """The gallery in a window, and what it complained about."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self.errors.append(message.text) if message.type in ("error", "warning") else None)

    async def open(self, **query: str) -> None:
        await self.page.goto(f"{self.address}/ui/gallery/index.html?{urlencode(query)}")
        await self.page.locator("tresen-ui-chart canvas").first.wait_for()

    async def focused(self) -> str:
        """What has the focus, inside whatever shadow roots: its name or text."""
        text: str = await self.page.evaluate(
            "() => { let one = document.activeElement; while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;"
            " const own = one?.getAttribute('aria-label') || one?.labels?.[0]?.textContent || one?.textContent || one?.localName;"
            " const host = one?.getRootNode().host; return (own.trim() || host?.textContent.trim() || '').split('\\n')[0].trim(); }"
        )
        return text

    async def toasted(self, text: str) -> None:
        await self.page.locator("tresen-ui-toasts .toast", has_text=text).wait_for()


@asynccontextmanager
async def gallery(
    width: int = 1440, height: int = 900, *, dark: bool = False, still: bool = True, forced: bool = False
) -> AsyncIterator[Gallery]:
    async with serving(DIST) as address, async_playwright() as playwright:
        browser: Browser = await playwright.chromium.launch(executable_path=chromium_path(), args=QUIET, timeout=1000 * DEADLINE_S)
        try:
            context = await browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
                reduced_motion="reduce" if still else "no-preference",
                forced_colors="active" if forced else "none",
                timezone_id="Europe/Berlin",
            )
            context.set_default_timeout(1000 * DEADLINE_S)
            yield Gallery(await context.new_page(), address)
        finally:
            await browser.close()


async def keep(page: Page, name: str, *, whole: bool = False) -> None:
    """Keeps a picture of the window, or of the whole page (which resizes the window meanwhile: menus close)."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SCREENS / f"parts-{name}.png", full_page=whole)


@pytest.mark.parametrize(("scheme", "direction", "width"), LOOKS)
async def test_axe_finds_nothing_and_nothing_runs_over(scheme: str, direction: str, width: int) -> None:
    async with gallery(width, dark=scheme == "dark") as parts:
        await parts.open(dir=direction)
        await keep(parts.page, f"{scheme}-{direction}-{width}", whole=True)
        assert await violations(parts.page) == []
        assert await parts.page.evaluate("document.documentElement.scrollWidth") <= width
        assert parts.errors == []


async def test_a_scheme_can_be_chosen_against_the_system() -> None:
    async with gallery(dark=True) as parts:
        await parts.open(scheme="light", accent="#7a3cc2")
        await keep(parts.page, "light-chosen-accent")
        assert await violations(parts.page) == []
        assert await parts.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(251, 250, 247)"
        button = parts.page.locator("tresen-ui-button[kind=primary]").first.locator("button")
        assert await button.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(122, 60, 194)"


async def test_an_accent_that_cannot_be_seen_is_moved_until_it_can() -> None:
    async with gallery() as parts:
        await parts.open(accent="#ffe600")
        await keep(parts.page, "light-yellow-accent")
        assert await violations(parts.page) == []


async def test_nothing_is_lost_in_forced_colours_and_at_200_percent() -> None:
    async with gallery(720, forced=True) as parts:
        await parts.open()
        await keep(parts.page, "forced-colours", whole=True)
        assert await parts.page.evaluate("document.documentElement.scrollWidth") <= 720
        assert parts.errors == []


@pytest.mark.parametrize("locale", ["de", "el"])
async def test_parts_speak_the_language_of_the_page(locale: str) -> None:
    async with gallery() as parts:
        await parts.open(locale=locale)
        close = {"de": "Ausblenden", "el": "Απόκρυψη"}[locale]
        assert await parts.page.locator("tresen-ui-strip[dismissible] button").get_attribute("aria-label") == close
        assert await parts.page.get_attribute("html", "lang") == locale


async def test_a_menu_by_keyboard() -> None:
    async with gallery() as parts:
        await parts.open()
        keyboard = parts.page.keyboard
        trigger = parts.page.locator("#menu tresen-ui-button[slot=trigger] button")
        await trigger.focus()
        await keyboard.press("ArrowDown")
        assert await parts.focused() == "Put on hold"
        assert await trigger.get_attribute("aria-expanded") == "true"
        await keep(parts.page, "menu")
        assert await violations(parts.page) == []
        walked = []
        for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "End", "ArrowUp", "Home"):
            await keyboard.press(key)
            walked.append(await parts.focused())
        assert walked == [
            "TransferTo a colleague or a queue",
            "Record",
            "End the call",
            "Put on hold",
            "End the call",
            "Record",
            "Put on hold",
        ]
        await keyboard.type("en")
        assert await parts.focused() == "End the call"
        await keyboard.press("Escape")
        assert await parts.focused() == "Call"
        assert await trigger.get_attribute("aria-expanded") == "false"
        await keyboard.press("ArrowUp")
        assert await parts.focused() == "End the call"
        await keyboard.press("Enter")
        await parts.toasted("Chosen: end")
        assert await parts.focused() == "Call"


@pytest.mark.parametrize(("direction", "forward"), [("ltr", "ArrowRight"), ("rtl", "ArrowLeft")])
async def test_tabs_by_keyboard(direction: str, forward: str) -> None:
    async with gallery() as parts:
        await parts.open(dir=direction)
        tabs = parts.page.locator("tresen-ui-tabs")
        await tabs.locator("[role=tab]").first.focus()
        await parts.page.keyboard.press(forward)
        assert (await parts.focused()).startswith("Orders")
        assert await tabs.locator("[role=tabpanel]:visible").get_attribute("id") == "panel-orders"
        await parts.page.keyboard.press("End")
        await parts.page.keyboard.press(forward)
        assert (await parts.focused()).startswith("Cart")
        await parts.page.keyboard.press("Tab")
        assert await parts.page.evaluate("document.activeElement.shadowRoot.activeElement.shadowRoot.activeElement.id") == "panel-cart"


async def test_a_dialog_keeps_the_focus_and_gives_it_back() -> None:
    async with gallery() as parts:
        await parts.open()
        keyboard = parts.page.keyboard
        await parts.page.locator("#ask button").focus()
        await keyboard.press("Enter")
        dialog = parts.page.locator("#question dialog")
        await dialog.wait_for()
        await keep(parts.page, "dialog")
        assert await violations(parts.page) == []
        seen = set()
        for _ in range(6):
            seen.add(await parts.focused())
            await keyboard.press("Tab")
        # The browser's own frame is a stop on the way round.
        assert {"Close", "Stay", "End the call"} <= seen and "Ask in a panel" not in seen
        # Keys of the page rest meanwhile.
        await keyboard.press("j")
        await keyboard.press("Escape")
        await dialog.wait_for(state="hidden")
        assert await parts.focused() == "Ask"
        assert await parts.page.locator("tresen-ui-toasts .toast").count() == 0


async def test_a_question_inside_a_panel_has_to_be_answered() -> None:
    async with gallery() as parts:
        await parts.open()
        await parts.page.locator("#ask-firmly button").focus()
        await parts.page.keyboard.press("Enter")
        dialog = parts.page.locator("#consent dialog")
        await dialog.wait_for()
        await keep(parts.page, "dialog-contained")
        assert await violations(parts.page) == []
        assert await parts.page.locator("#beneath").evaluate("one => one.closest('.panel').inert")
        await parts.page.keyboard.press("Escape")
        assert await dialog.is_visible()
        await dialog.page.locator("#consent tresen-ui-button[kind=primary] button").click()
        await dialog.wait_for(state="hidden")
        assert await parts.focused() == "Ask in a panel"
        assert not await parts.page.locator("#beneath").evaluate("one => one.closest('.panel').inert")


async def test_a_form_says_in_words_what_is_missing_and_sends_on_enter() -> None:
    async with gallery() as parts:
        await parts.open()
        keyboard = parts.page.keyboard
        await parts.page.locator("form tresen-ui-button button").click()
        assert await parts.focused() in ("Your name*", "Your name")
        name, mail = parts.page.locator("#form-name"), parts.page.locator("#form-mail")
        await name.locator(".error").wait_for()
        assert "Please fill this in." in await name.locator("#note").inner_text()
        assert await name.locator("input").get_attribute("aria-invalid") == "true"
        assert await violations(parts.page) == []
        await name.locator("input").fill("Grace <b>Hopper</b>")
        await mail.locator("input").fill("grace")
        await keyboard.press("Enter")
        assert "e-mail address" in await mail.locator("#note").inner_text()
        assert await name.locator(".error").count() == 0
        await mail.locator("input").fill("grace@example.com")
        await keyboard.press("Enter")
        await parts.toasted("Sent.")
        sent = await parts.page.locator("form").evaluate("form => Object.fromEntries(new FormData(form))")
        assert sent == {"name": "Grace <b>Hopper</b>", "mail": "grace@example.com"}


async def test_toasts_are_announced_and_stay_while_they_are_read() -> None:
    async with gallery() as parts:
        await parts.open()
        for button in ("#say", "#undo", "#fail"):
            await parts.page.locator(f"{button} button").click()
        await parts.toasted("The payment was declined.")
        await keep(parts.page, "toasts")
        assert await violations(parts.page) == []
        stack = parts.page.locator("tresen-ui-toasts")
        assert await stack.locator("[role=alert]").inner_text() == "The payment was declined."
        assert await stack.locator("[role=status]").inner_text() == "The line was removed."
        await stack.locator(".toast", has_text="removed").locator("tresen-ui-button", has_text="Undo").click()
        await parts.toasted("It is back.")
        # Those without an action go by themselves, the error stays.
        await parts.page.mouse.move(10, 10)
        await stack.locator(".toast", has_text="It is back.").wait_for(state="detached")
        assert await stack.locator(".toast").all_inner_texts() == ["The payment was declined."]


async def test_keys_act_and_are_listed_and_can_be_turned_off() -> None:
    async with gallery() as parts:
        await parts.open()
        keyboard = parts.page.keyboard
        await keyboard.press("j")
        await parts.toasted("Next conversation")
        # Somebody who types means letters.
        search = parts.page.locator("tresen-ui-field[type=search] input")
        await search.focus()
        await keyboard.type("jkh?")
        assert await search.input_value() == "jkh?"
        assert await parts.page.locator("tresen-ui-toasts .toast").count() == 1
        await keyboard.press("Control+k")
        await parts.toasted("Search")
        await parts.page.locator("h1").click()
        await keyboard.press("?")
        dialog = parts.page.locator("tresen-ui-shortcuts dialog")
        await dialog.wait_for()
        await keep(parts.page, "shortcuts")
        assert await violations(parts.page) == []
        assert {"Next conversation", "Put on hold", "Show keyboard shortcuts"} <= set(
            await parts.page.locator("tresen-ui-shortcuts dt").all_inner_texts()
        )
        await parts.page.locator("tresen-ui-shortcuts [role=switch]").click()
        await keyboard.press("Escape")
        await dialog.wait_for(state="hidden")
        await keyboard.press("h")
        await keyboard.press("Control+k")
        assert await parts.page.locator("tresen-ui-toasts .toast", has_text="On hold").count() == 0


async def test_a_chart_is_a_table_too() -> None:
    async with gallery() as parts:
        await parts.open()
        chart = parts.page.locator("tresen-ui-chart").nth(1)
        await chart.locator("tresen-ui-button button").click()
        await chart.locator("table").wait_for()
        assert await chart.locator("tbody tr").first.inner_text() == "Mon\t12"
        assert await violations(parts.page) == []
        await chart.locator("tresen-ui-button button").click()
        await chart.locator("canvas").wait_for()
        await parts.page.locator("tresen-ui-chart").first.locator(".u-over").hover()
        await keep(parts.page, "chart-hover")
        assert parts.errors == []


async def test_a_tooltip_names_the_icon_and_its_key() -> None:
    async with gallery() as parts:
        await parts.open()
        await parts.page.locator("#hang-up button").focus()
        for _ in range(2):
            await parts.page.keyboard.press("Shift+Tab")
        tip = parts.page.locator("tresen-ui-tooltip").first.locator(".tip")
        # Two steps back from the end is the camera, three the microphone (the disabled one is no stop).
        await tip.wait_for()
        assert await tip.inner_text() == "Mute" and await tip.locator("kbd").inner_text() == "M"
        await parts.page.keyboard.press("Escape")
        await tip.wait_for(state="hidden")
