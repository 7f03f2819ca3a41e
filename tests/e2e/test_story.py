"""The whole story, in two real browsers: a customer in the shop gets stuck, and the rep at the console helps until it is paid.

Chat, consent, the cart live at the rep's, a suggestion, a video call with decoded media both ways, reloads, a network that fails for 20
seconds, payment and transcript. What one part does for itself is tested beside it (`test_widget_*`, `test_console*`, `test_shop`).
"""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from signalling.identity.seed import PASSWORD
from tests.e2e.face import Face, browser, face
from tests.e2e.program import Demo, demo
from tests.e2e.sources import Caller
from tests.e2e.test_shop import fill_address

OFFLINE_S = 20.0


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo of the story's own: its queue and its reps are nobody else's."""
    with demo(tmp_path_factory.mktemp("story")) as found:
        yield found


async def sign_in(face_: Face, login: str) -> None:
    """Enters the console."""
    await face_.page.get_by_label("Login").fill(login)
    await face_.page.get_by_label("Password").fill(PASSWORD)
    await face_.page.keyboard.press("Enter")


async def rep_at(face_: Face, login: str) -> None:
    """Signs in and becomes available."""
    page = face_.page
    await sign_in(face_, login)
    await page.get_by_role("button", name="Become available").click()
    await page.get_by_role("button", name="Status: Available").wait_for()


async def write(face_: Face, text: str) -> None:
    """Writes into the conversation that is open."""
    await face_.page.locator("textarea:visible").last.fill(text)
    await face_.page.keyboard.press("Enter")


async def reads(face_: Face, text: str) -> None:
    """Waits until the conversation has these words, once."""
    found = face_.page.get_by_role("log").get_by_text(text, exact=True)
    await found.first.wait_for()
    assert await found.count() == 1, text


async def test_from_the_shelf_to_the_transcript(story: Demo, customer: Caller, rep: Caller) -> None:
    async with browser(customer) as shopping, browser(rep) as working:
        rita = await face(working, story.console)
        await rep_at(rita, "rita")
        ana = await face(shopping, f"{story.shop}/product/gooseneck-kettle")

        # Something is in the cart, and a question comes up.
        await ana.page.get_by_role("button", name="Add to cart").click()
        await ana.page.get_by_role("link", name="Cart, 1").wait_for()
        await ana.page.get_by_role("button", name="Talk to us").click()
        await ana.page.get_by_role("button", name=re.compile("^Chat")).click()
        await write(ana, "Does this kettle work on induction?")
        await rita.page.get_by_role("button", name="Accept").click()
        await reads(rita, "Does this kettle work on induction?")
        await write(rita, "Yes, on induction, gas and ceramic.")
        await reads(ana, "Yes, on induction, gas and ceramic.")
        await ana.page.get_by_text("Read", exact=True).wait_for()

        # Nothing of the cart is shown before the customer says so; then all of it, live.
        await rita.page.get_by_text("has not shown").first.wait_for()
        await ana.page.get_by_role("button", name="Yes, allow").click()
        await ana.page.get_by_text("Rita sees your cart").wait_for()
        await rita.page.get_by_text("Gooseneck kettle, Black").first.wait_for()

        # A suggestion with its reason, accepted: the shop's own page has it at once, and the rep sees whose it is.
        await rita.page.get_by_role("searchbox", name="Suggest a product").fill("dripper")
        await rita.page.get_by_role("button", name="Suggest Pour-over dripper White").click()
        await rita.page.get_by_label("Why?").fill("Fits the spout")
        await rita.page.get_by_role("button", name="Suggest", exact=True).last.click()
        await ana.page.get_by_text("Fits the spout").wait_for()
        await ana.screenshot("story-suggestion")
        await ana.page.get_by_role("button", name="Accept").click()
        await ana.page.get_by_role("link", name="Cart, 2").wait_for()
        await rita.page.get_by_text("Pour-over dripper, White").first.wait_for()

        # From writing to seeing each other, in the same conversation.
        await ana.page.get_by_role("button", name="Back to the start").click()
        await ana.page.get_by_role("button", name=re.compile("^Video")).click()
        await ana.page.get_by_role("button", name="Call now with video").click()
        await rita.page.locator("console-ring").get_by_role("button", name="Accept").click()
        await asyncio.gather(ana.sees(rep), rita.sees(customer))
        await asyncio.gather(ana.hears(rep), rita.hears(customer))
        await ana.screenshot("story-call-shop")
        await rita.screenshot("story-call-console")

        # Either may reload: back in the call without a click. (The page's own clock, from its navigation to a decoded picture.)
        await ana.page.reload(wait_until="commit")
        print(f"\ncustomer back in the call {await ana.frames_again():.2f} s after the reload")
        await rita.page.reload(wait_until="commit")
        print(f"rep back in the call {await rita.frames_again():.2f} s after the reload")
        await asyncio.gather(ana.sees(rep), rita.sees(customer))
        await asyncio.gather(ana.hears(rep), rita.hears(customer))

        # The customer's network is gone for a while: what both write meanwhile arrives once, in order, and the call goes on.
        await shopping.set_offline(True)
        await write(ana, "Are you still there?")
        await write(rita, "I am here.")
        await asyncio.sleep(OFFLINE_S)
        await shopping.set_offline(False)
        await reads(ana, "I am here.")
        await reads(rita, "Are you still there?")
        await asyncio.gather(ana.sees(rep), rita.sees(customer))
        await asyncio.gather(ana.hears(rep), rita.hears(customer))

        # The customer goes to pay, with the panel out of the way, and the rep follows the steps. (That nobody sees the paying itself is
        # `test_console_counter`'s.)
        remove = rita.page.get_by_role("button", name="Remove Gooseneck kettle, Black")
        await ana.page.get_by_role("button", name="Close the chat").click()
        await ana.page.get_by_role("link", name="Cart, 2").click()
        await ana.page.get_by_role("link", name="Checkout").click()
        await fill_address(ana)
        await ana.page.get_by_role("button", name="On to delivery").click()
        await ana.page.get_by_label("Standard delivery").check()
        await remove.wait_for()
        await ana.page.get_by_role("button", name="On to payment").click()
        await rita.page.get_by_text("went on to the review").wait_for()
        await ana.page.get_by_label("Visa ending in 4242").check()
        await ana.page.get_by_role("button", name="Order and pay").click()
        await ana.page.get_by_role("heading", name="Thank you!").wait_for()

        # What is taken back is taken back: with one press, at once.
        await ana.page.get_by_role("button", name="Talk to us").click()
        await ana.page.get_by_role("button", name="Hang up").click()
        await rita.page.get_by_text("hung up").first.wait_for()
        stop = ana.page.get_by_role("button", name="Stop showing your cart")
        if await stop.count():
            await stop.click()
            await rita.page.get_by_text("has not shown").first.wait_for()

        # Both read the same transcript, the order in it.
        for one, menu in ((ana, "More"), (rita, "More actions")):
            await one.page.get_by_role("button", name=menu, exact=True).click()
            async with one.page.expect_download() as waiting:
                await one.page.get_by_role("menuitem", name="Transcript as text").click()
            text = Path(await (await waiting.value).path()).read_text()
            for words in ("Does this kettle work on induction?", "I am here.", "Are you still there?"):
                assert text.count(words) == 1, text
            assert re.search(r"K1\d{4}", text), text
        assert ana.errors == rita.errors == []
        assert ana.violations == rita.violations == []
