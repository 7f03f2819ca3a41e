"""What the call page says when something is missing, and that it can be used without a mouse."""

import re

import pytest

from tests.e2e.browsers import CALL, DENIED, NO_CAMERA, CallPage, chromium
from tests.e2e.hearing import loudness
from tests.e2e.program import Demo
from tests.e2e.sources import Caller


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
        await page.page.click("#join")
        await page.connected()
        assert page.errors == []


async def test_a_camera_that_is_allowed_after_all_comes_into_the_lobby(running: Demo) -> None:
    async with chromium(None, *DENIED, *CALL[-1:]) as page:
        await trouble(page, running.links["customer"])
        await page.page.context.grant_permissions(["camera", "microphone"])
        await page.page.click("#trouble-retry")
        await page.page.wait_for_selector("#trouble", state="hidden")
        await page.previewing()
        assert await page.page.inner_text("#join") == "Join the call"


async def test_without_a_camera_one_is_heard_and_sees_the_other(running: Demo, rep: Caller) -> None:
    async with chromium(None, *NO_CAMERA, *CALL[-1:]) as one, chromium(rep) as two:
        assert "No camera was found" in await trouble(one, running.links["customer"])
        await one.page.click("#join")
        await two.join(running.links["rep"])
        await one.seeing()
        await one.sees(rep)
        # Chromium's own fake microphone beeps once a second.
        assert loudness(await two.record(2.0)) > 0.001
        # What is not there cannot be turned off, nor is there a picture of oneself.
        assert await one.page.is_hidden("#self")
        assert one.errors == []


async def test_one_who_only_listens_hears_and_sees(running: Demo, rep: Caller) -> None:
    async with chromium(None, *DENIED, *CALL[-1:]) as one, chromium(rep) as two:
        await trouble(one, running.links["customer"])
        await one.page.click("#join")
        await two.join(running.links["rep"])
        await one.seeing()
        await one.sees(rep)
        await one.hears(rep)
        assert (await one.figures())["sending"] is None


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


@pytest.mark.parametrize("path", ["/call/demo", "/call/demo/customer"])
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
        assert await one.page.inner_text("#over-title") == "This link does not open the call"
        assert "not for this room" in await one.page.inner_text("#over-text")
