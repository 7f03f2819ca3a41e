"""What the call page says when something is missing, and that it can be used without a mouse."""

import re

import pytest

from tests.e2e.browsers import CALL, CallPage, chromium, screenshot
from tests.e2e.program import Demo
from tests.e2e.sources import Caller

NO_DEVICES = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream=device-count=0"]
DENIED = ["--use-fake-device-for-media-stream", "--deny-permission-prompts"]


async def trouble(page: CallPage, link: str) -> str:
    """Opens the lobby and reads what it complains about."""
    await page.page.goto(link)
    await page.page.wait_for_selector("#trouble:not([hidden])")
    await page.page.wait_for_selector("#join:enabled")
    return await page.page.inner_text("#trouble-text")


async def test_a_refused_camera_is_explained_with_the_way_out(running: Demo) -> None:
    async with chromium(None, *DENIED) as page:
        text = await trouble(page, running.links["customer"])
        assert "may not use your camera" in text and "address bar" in text
        assert await page.page.is_visible("#trouble-retry")
        assert await page.page.inner_text("#join") == "Join and listen"
        await screenshot(page, "denied")
        await page.page.click("#join")
        await page.connected()
        assert page.errors == []


async def test_a_machine_without_devices_can_still_listen(running: Demo) -> None:
    async with chromium(None, *NO_DEVICES) as page:
        text = await trouble(page, running.links["rep"])
        assert "No camera" in text or "No microphone" in text
        assert page.errors == []


async def test_the_whole_call_can_be_led_by_keyboard(running: Demo, customer: Caller) -> None:
    async with chromium(customer) as one:
        page = one.page
        await page.goto(running.links["customer"])
        await page.wait_for_selector("#join:enabled")
        focused = []
        for _ in range(6):
            await page.keyboard.press("Tab")
            focused.append(await page.evaluate("document.activeElement.id"))
            if focused[-1] == "join":
                break
        assert focused == ["camera-choice", "microphone-choice", "join"]
        await page.keyboard.press("Enter")
        await one.connected()
        assert await page.evaluate("document.activeElement.id") == "hang-up-button"
        for key, button in (("m", "#microphone-button"), ("v", "#camera-button")):
            await page.keyboard.press(key)
            assert await page.get_attribute(button, "aria-pressed") == "true"
            await page.keyboard.press(key)
            assert await page.get_attribute(button, "aria-pressed") == "false"
        await page.keyboard.press("d")
        assert await page.is_visible("#details-panel")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#over:not([hidden])")
        assert await page.evaluate("document.activeElement.id") == "again"


async def test_everything_that_can_be_operated_has_a_name(running: Demo, customer: Caller) -> None:
    nameless = """
    () => [...document.querySelectorAll("button, select, video, input")]
      .filter(one => !(one.textContent.trim() || one.getAttribute("aria-label") || (one.labels && one.labels.length)))
      .map(one => one.id)
    """
    async with chromium(customer) as one:
        await one.join(running.links["customer"])
        await one.connected()
        selects = await one.page.evaluate("[...document.querySelectorAll('select')].filter(one => one.labels.length !== 1).length")
        assert await one.page.evaluate(nameless) == [] and selects == 0


@pytest.mark.parametrize("path", ["/call/demo/customer", "/call-assets/call.js", "/ui/tokens.css"])
async def test_pages_come_with_a_strict_policy(running: Demo, path: str) -> None:
    async with chromium(None, *CALL) as page:
        response = await page.page.request.get(running.address + path)
        policy = response.headers["content-security-policy"]
        assert response.status == 200
        assert "default-src 'none'" in policy and "unsafe" not in policy and "*" not in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"<script(?![^>]*src)|\son\w+=|style=", await response.text())


async def test_a_link_with_a_token_joins_without_the_demo(running: Demo, customer: Caller) -> None:
    async with chromium(customer) as one:
        seat = await one.page.request.post(f"{running.address}/demo/session", data={"room": "shop", "role": "rep"})
        token = (await seat.json())["token"]
        await one.page.goto(f"{running.address}/call/shop#token={token}")
        await one.page.click("#join:enabled")
        await one.connected()
        wrong = f"{running.address}/call/elsewhere#token={token}"
        await one.page.goto("about:blank")
        await one.page.goto(wrong)
        await one.page.click("#join:enabled")
        await one.page.wait_for_selector("#over:not([hidden])")
        assert "not for this room" in await one.page.inner_text("#over-text")
