"""Calls, consents and the seen cart in the widget, in the demo shop, with a rep at the other end who hears and sees."""

import asyncio
from collections.abc import Iterator

import pytest

from signalling.ids import new_id
from tests.e2e.axe import violations
from tests.e2e.browsers import DENIED, NO_CAMERA
from tests.e2e.face import browser
from tests.e2e.program import Demo, demo
from tests.e2e.sources import Caller
from tests.e2e.widget_call import WIDGET, Rep, Shopper, on_duty, shopper

# Whether what has the focus, within whatever shadow roots, is called so.
FOCUSED = """
(id) => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at?.id === id;
}
"""
NOTHING = "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('none', 'NotFoundError'));"


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo of its own: who else is at work decides what becomes of a call."""
    with demo(tmp_path_factory.mktemp("calls")) as found:
        yield found


async def call(ana: Shopper, media: str = "video") -> None:
    """Asks for a call and goes through the check of devices."""
    await ana.open(media)
    await ana.button("Call now with video" if media == "video" else "Call now").click()
    await ana.says("Calling")


async def chat_with_a_cart(ana: Shopper, rita: Rep) -> tuple[str, str]:
    """Puts something into the cart and writes; Rita takes the chat. Conversation and cart."""
    await ana.page.locator("a[href*='/product']").first.click()
    await ana.page.get_by_role("button", name="Add to cart").click()
    await ana.open("chat")
    await ana.page.get_by_role("textbox", name="Write a message").fill("Hello")
    await ana.page.keyboard.press("Enter")
    made = await rita.served(await ana.id())
    read = f"/v1/conversations/{made}"
    return made, await rita.sought("the cart", read, lambda found: found["conversation"]["cart_id"])


async def test_a_video_call_and_back_after_a_reload(process: Demo, customer: Caller, rep: Caller) -> None:
    async with browser(customer) as shop, browser(rep) as desk, on_duty(desk, process) as rita:
        ana = await shopper(shop, process.shop)
        await ana.open("video")
        await ana.button("Call now with video").wait_for()
        # Who listens to a screen is told of the check, not left in the chat below.
        await ana.becomes("the focus in the check", FOCUSED, "title")
        await ana.looks_right("check")
        await ana.button("Call now with video").click()
        await ana.says("Calling")
        await ana.looks_right("asked")
        await rita.take()
        await ana.connected()
        await asyncio.gather(ana.sees(rep), rita.sees(customer))
        await asyncio.gather(ana.hears(rep), rita.hears(customer))
        await ana.looks_right("video")
        await ana.page.reload()
        back_s = await ana.frames_again()
        print(f"back in the call {back_s:.2f} s after the reload began")
        await ana.connected()
        await asyncio.gather(ana.sees(rep), rita.sees(customer))
        await ana.button("Hang up").click()
        await ana.says("You ended the call.")
        await ana.looks_right("ended")
        assert not ana.errors and not ana.violations


async def test_a_second_tab_takes_the_call_over(process: Demo, customer: Caller, rep: Caller) -> None:
    async with browser(customer) as shop, browser(rep) as desk, on_duty(desk, process) as rita:
        ana = await shopper(shop, process.shop)
        await call(ana)
        await rita.take()
        await ana.connected()
        other = await shopper(shop, process.shop)
        await other.says("You are in a call in another tab.")
        await other.looks_right("elsewhere")
        await other.button("Take it over here").first.click()
        await other.connected()
        await other.sees(rep)
        await ana.says("You are in a call in another tab.")
        await rita.sees(customer)
        assert not ana.errors and not other.errors


async def test_who_is_declined_is_told_what_can_be_done(process: Demo, customer: Caller) -> None:
    async with browser(customer) as shop, on_duty(shop, process) as rita:
        ana = await shopper(shop, process.shop)
        made, _ = await chat_with_a_cart(ana, rita)
        await ana.button("No, thanks").click()
        await call(ana, "voice")
        ringing = await rita.rung()
        assert ringing["conversation_id"] == made
        await rita.ask("POST", f"/v1/calls/{ringing['id']}/decline")
        # The queue asks the next rep; there is none, so the customer goes on waiting and may stop.
        await ana.button("Cancel").click()
        await ana.says("You cancelled the call.")
        await ana.button("Call again").wait_for()
        assert await violations(ana.page, selector=WIDGET) == []
        assert not ana.errors


async def test_a_rep_rings_beside_the_launcher_and_is_declined(process: Demo, customer: Caller) -> None:
    async with browser(customer) as shop, on_duty(shop, process) as rita:
        ana = await shopper(shop, process.shop)
        made, _ = await chat_with_a_cart(ana, rita)
        await ana.page.evaluate("() => window.tresen('close')")
        await rita.ask("POST", f"/v1/conversations/{made}/calls", {"media": "video"})
        await ana.says("Rita is calling you")
        await ana.looks_right("ring")
        await ana.button("Decline").click()
        ended = await rita.sought(
            "its end", f"/v1/conversations/{made}/calls", lambda got: [each for each in got["data"] if each["state"] == "ended"]
        )
        assert ended[0]["end_reason"] == "declined"
        assert not ana.errors


async def test_denied_devices_are_helped_with(process: Demo) -> None:
    async with browser(None, *DENIED) as shop:
        ana = await shopper(shop, process.shop)
        await ana.open("video")
        await ana.says("The browser does not let this page use your devices.")
        await ana.says("address bar")
        for way in ("Try again", "Go on with voice only", "Only listen"):
            await ana.button(way).wait_for()
        await ana.looks_right("denied")
        assert not ana.errors


async def test_without_devices_one_listens_and_writes(process: Demo) -> None:
    async with browser(None, *NO_CAMERA) as shop:
        # A fake microphone is always there; this page is told that there is none, as on a machine without.
        await shop.add_init_script(NOTHING)
        ana = await shopper(shop, process.shop)
        await ana.open("video")
        await ana.says("Neither camera nor microphone was found.")
        await ana.button("Only listen").click()
        await ana.button("Cancel").click()
        await ana.says("You cancelled the call.")
        assert not ana.errors


async def test_without_a_camera_one_calls_with_voice(process: Demo) -> None:
    async with browser(None, *NO_CAMERA) as shop:
        ana = await shopper(shop, process.shop)
        await ana.open("video")
        await ana.says("No camera was found.")
        await ana.looks_right("no-camera")
        await ana.button("Go on with voice only").click()
        await ana.button("Cancel").click()
        await ana.says("You cancelled the call.")
        assert not ana.errors


async def test_no_hides_the_cart_and_stop_hides_it_again(process: Demo, customer: Caller) -> None:
    async with browser(customer) as shop, on_duty(shop, process) as rita:
        ana = await shopper(shop, process.shop)
        made, cart_id = await chat_with_a_cart(ana, rita)
        path = f"/v1/carts/{cart_id}"
        await ana.says("May Rita see your cart?")
        await ana.screenshot("widget-consent")
        assert await violations(ana.page, selector=WIDGET) == []
        await rita.ask("GET", path, status=404)
        await ana.button("No, thanks").click()
        await ana.says("nothing was allowed")
        await rita.ask("GET", path, status=404)
        # No is no, until Rita asks again.
        await ana.page.reload()
        await ana.says("Hello")
        assert await ana.page.get_by_text("May Rita see your cart?").count() == 0
        await rita.ask("POST", f"/v1/conversations/{made}/consents/ask", {"purpose": "cart_view"})
        await ana.button("Yes, allow").click()
        await ana.says("Rita sees your cart")
        cart = await rita.ask("GET", path)
        change = {
            "kind": "set_quantity",
            "op_id": new_id("op"),
            "base_version": cart["version"],
            "line_id": cart["lines"][0]["id"],
            "quantity": 3,
        }
        await rita.ask("POST", f"{path}/operations", change | {"reason": "One for <img src=x onerror=window.injected=1>you"})
        await ana.says("One for <img")
        await ana.screenshot("widget-cart-suggestion")
        assert await violations(ana.page, selector=WIDGET) == []
        await ana.button("Accept").click()
        await ana.says("Done. Your total is now")
        assert (await rita.ask("GET", path))["lines"][0]["quantity"] == 3
        await ana.button("Stop showing your cart").click()
        await ana.says("Nobody sees your cart any more.")
        await rita.ask("GET", path, status=404)
        assert await ana.page.evaluate("window.injected") is None
        assert not ana.errors and not ana.violations


async def test_what_a_rep_changes_is_shown_and_undone(process: Demo, customer: Caller) -> None:
    async with browser(customer) as shop, on_duty(shop, process) as rita:
        ana = await shopper(shop, process.shop)
        made, cart_id = await chat_with_a_cart(ana, rita)
        path = f"/v1/carts/{cart_id}"
        await rita.ask("POST", f"/v1/conversations/{made}/consents/ask", {"purpose": "cart_edit"})
        await ana.says("May Rita change your cart?")
        await ana.button("Yes, allow").click()
        await ana.says("May also change it.")
        cart = await rita.ask("GET", path)
        change = {
            "kind": "set_quantity",
            "op_id": new_id("op"),
            "base_version": cart["version"],
            "line_id": cart["lines"][0]["id"],
            "quantity": 5,
        }
        await rita.ask("POST", f"{path}/operations", change)
        await ana.says("Rita changed the quantity")
        await ana.screenshot("widget-cart-change")
        await ana.button("Undo").click()
        await ana.says("Undone.")
        assert (await rita.ask("GET", path))["lines"][0]["quantity"] == cart["lines"][0]["quantity"]
        assert not ana.errors


async def test_a_recording_is_asked_for_shown_and_stopped(process: Demo, customer: Caller, rep: Caller) -> None:
    async with browser(customer) as shop, browser(rep) as desk, on_duty(desk, process) as rita:
        ana = await shopper(shop, process.shop)
        await call(ana, "voice")
        taken = await rita.take(video=False)
        await ana.connected()
        path = f"/v1/calls/{taken['id']}/recording"
        await rita.ask("POST", path, {}, status=409)
        await rita.ask("POST", f"/v1/conversations/{taken['conversation_id']}/consents/ask", {"purpose": "recording", "scope": "call"})
        await ana.says("May we record this call?")
        await ana.button("Yes, allow").click()
        await ana.says("Thank you.")
        await rita.ask("POST", path, {})
        await ana.page.get_by_text("Recorded", exact=True).wait_for()
        await ana.looks_right("recorded")
        await ana.button("Stop the recording").click()
        await rita.sought("its end", f"/v1/calls/{taken['id']}", lambda found: found["recording"] is None)
        assert not ana.errors
