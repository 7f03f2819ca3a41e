"""Firefox at our faces, Chromium at the other end: `python -m tests.e2e.firefox_story FOLDER ADDRESS`, as `firefox_call` is run.

First Firefox is the customer's, in the shop; then the rep's, at the console of somebody who likes it dark, and the supervisor's.
"""

import asyncio
import re
import sys
from pathlib import Path

from signalling.identity.seed import PASSWORD
from tests.e2e.face import Face, browser, face
from tests.e2e.firefox import firefox, hears_firefox, sees_firefox
from tests.e2e.firefox_face import FirefoxFace
from tests.e2e.program import Demo, demo
from tests.e2e.sources import BACK, FRONT, Caller, make_caller
from tests.e2e.test_story import reads, rep_at, write

# A canvas that has ink.
DRAWN = """
() => tresenSeen.deep(document).some((each) => {
  if (!(each instanceof HTMLCanvasElement) || !each.width || !each.checkVisibility()) return false;
  return each.getContext("2d").getImageData(0, 0, each.width, each.height).data.some((value) => value > 0);
})
"""


async def customer_in_firefox(running: Demo, folder: Path, rep: Caller) -> None:
    """From the shelf through chat, consent and suggestion into a call, over a reload, to the end of it."""
    async with firefox(folder) as shopping, browser(rep) as working:
        rita = await face(working, running.console)
        await rep_at(rita, "rita")
        ana = await FirefoxFace.at(shopping, f"{running.shop}/product/gooseneck-kettle")
        await ana.press("button", "Add to cart")
        await ana.shown("link", "Cart, 1 piece")
        await ana.keep("shop")

        # Words, both ways, once.
        await ana.press("button", "Talk to us")
        await ana.shown("button", "Chat Write with one of us")
        await ana.keep("widget-home")
        await ana.press("button", "Chat Write with one of us")
        await ana.fill("textbox", "Write a message", "Does this kettle work on induction?")
        await ana.key("Enter")
        await rita.page.get_by_role("button", name="Accept").click()
        await reads(rita, "Does this kettle work on induction?")
        await write(rita, "Yes, on induction, gas and ceramic.")
        await ana.reads("Yes, on induction, gas and ceramic.")

        # The cart is shown when the customer says so, and what is suggested is in it when the customer accepts.
        await rita.page.get_by_text("has not shown").first.wait_for()
        await ana.keep("widget-consent")
        await ana.press("button", "Yes, allow")
        await ana.says("Rita sees your cart")
        await rita.page.get_by_text("Gooseneck kettle, Black").first.wait_for()
        await rita.page.get_by_role("searchbox", name="Suggest a product").fill("dripper")
        await rita.page.get_by_role("button", name="Suggest Pour-over dripper White").click()
        await rita.page.get_by_label("Why?").fill("Fits the spout")
        await rita.page.get_by_role("button", name="Suggest", exact=True).last.click()
        await ana.says("Fits the spout")
        await ana.keep("widget-suggestion")
        await ana.press("button", "Accept")
        await ana.shown("link", "Cart, 2 pieces")
        await rita.page.get_by_text("Pour-over dripper, White").first.wait_for()

        # What is written without a network goes out, once, when it is back.
        await ana.offline(True)
        await ana.says("No connection.")
        await ana.fill("textbox", "Write a message", "Let us talk.")
        await ana.key("Enter")
        await ana.says("Waits for the connection")
        await ana.offline(False)
        await reads(rita, "Let us talk.")

        # A call, and again after a reload, without a click.
        await ana.press("button", "Back to the start")
        await ana.press("button", "Video See who helps you; your camera is your choice")
        await ana.shown("button", "Call now with video")
        await ana.keep("widget-check")
        await ana.press("button", "Call now with video")
        await rita.page.locator("console-ring").get_by_role("button", name="Accept").click()
        await see_and_hear(rita, ana, rep)
        await ana.keep("widget-call")
        await ana.reload()
        await see_and_hear(rita, ana, rep)
        await ana.reads("Does this kettle work on induction?")
        await ana.press("button", "Hang up")
        await ana.says("You ended the call.")
        await rita.page.get_by_text("hung up").first.wait_for()
        await ana.keep("widget-ended")
        nothing_wrong(rita, ana)


async def rep_in_firefox(running: Demo, folder: Path, customer: Caller) -> None:
    """From signing in to a call with the cart beside it, over a reload, to its end; and the board over all of it."""
    async with firefox(folder, dark=True) as working, browser(customer) as shopping:
        rolf = await FirefoxFace.at(working, running.console)
        await rolf.keep("console-sign-in")
        await sign_in(rolf, "rolf")
        await rolf.press("button", "Become available")
        await rolf.shown("button", "Status: Available")

        ben = await face(shopping, f"{running.shop}/product/gooseneck-kettle")
        await ben.page.get_by_role("button", name="Add to cart").click()
        await ben.page.get_by_role("button", name="Talk to us").click()
        await ben.page.get_by_role("button", name=re.compile("^Chat")).click()
        await write(ben, "Is the handle cool?")
        await rolf.press("button", "Accept")
        await rolf.reads("Is the handle cool?")
        await rolf.fill("textbox", "Message to the customer", "It stays cool.")
        await rolf.key("Enter")
        await reads(ben, "It stays cool.")
        await ben.page.get_by_role("button", name="Yes, allow").click()
        await rolf.says("Gooseneck kettle, Black")
        await rolf.keep("console-chat")

        await ben.page.get_by_role("button", name="Back to the start").click()
        await ben.page.get_by_role("button", name=re.compile("^Video")).click()
        await ben.page.get_by_role("button", name="Call now with video").click()
        await rolf.shown("button", "Accept", "console-ring")
        await rolf.keep("console-ring")
        await rolf.press("button", "Accept", "console-ring")
        await see_and_hear(ben, rolf, customer)
        await rolf.keep("console-call")
        await rolf.reload()
        await see_and_hear(ben, rolf, customer)
        await rolf.reads("Is the handle cool?")

        sue = await FirefoxFace.at(working, running.console)
        await sign_in(sue, "sue")
        await sue.press("button", "Board")
        await sue.says("Longest wait")
        await sue.shown("button", "Join", "board-calls")
        await sue.wait("a drawn chart", DRAWN)
        await sue.keep("board")

        await rolf.press("button", "Hang up")
        await ben.page.get_by_text("ended the call").first.wait_for()
        nothing_wrong(ben, rolf, sue)


async def sign_in(console: FirefoxFace, login: str) -> None:
    """By keyboard."""
    await console.fill("textbox", "Login", login)
    await console.key("Tab")
    await console.type(PASSWORD)
    await console.key("Enter")


async def see_and_hear(other: Face, ours: FirefoxFace, caller: Caller) -> None:
    """Firefox gets the other one's voice and face, and the other one what Firefox's devices give."""
    await asyncio.gather(ours.sees(caller), sees_firefox(other))
    await asyncio.gather(ours.hears(caller), hears_firefox(other))


def nothing_wrong(*faces: Face | FirefoxFace) -> None:
    """No page has thrown, nor done what its policy forbids."""
    wrong = [*(each.errors for each in faces), *(each.violations for each in faces)]
    assert not any(wrong), wrong


async def story(folder: Path, address: str) -> None:
    """Both halves, each with a demo of its own: what the first leaves open is not offered in the second."""
    customer = make_caller(folder, "customer", FRONT, "carphone_pristine.mp4", 352, 288)
    rep = make_caller(folder, "rep", BACK, "bikes.mp4", 480, 272)
    for half, caller in ((customer_in_firefox, rep), (rep_in_firefox, customer)):
        own = folder / half.__name__
        own.mkdir()
        with demo(own, announced=address, udp_host=address) as running:
            await half(running, own, caller)


if __name__ == "__main__":
    asyncio.run(story(Path(sys.argv[1]), sys.argv[2]))
