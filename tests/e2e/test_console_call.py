"""The rep's side of calls in a browser against a real demo: rung, declined, accepted, held, handed over, listened to, reloaded."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Locator

from tests.e2e.consoles import Console, Customer, browser_of, console_of, customer_page, visitor
from tests.e2e.hearing import OTHER, loudness, same_speech
from tests.e2e.participant import DEADLINE_S, LISTEN_S, QUIETEST, attempts
from tests.e2e.program import Demo, demo, free_udp_port
from tests.e2e.shopper import staff, talking
from tests.e2e.sources import Caller
from tests.support.relay import Impairment, relaying

# One to begin with, another to change to.
TWO_DEVICES = ("--use-fake-device-for-media-stream=device-count=2", "--auto-select-desktop-capture-source=Entire screen")
SCREEN = """
() => tresenSeen.playing("video").some((each) => each.getRootNode().host?.matches(".screen") && each.videoWidth > 0)
"""


async def first_ringing(*consoles: Console) -> Console:
    """Whose console the queue has chosen."""
    end_s = time.monotonic() + DEADLINE_S
    while True:
        for console in consoles:
            if await console.rings():
                return console
        assert time.monotonic() < end_s, [console.errors for console in consoles]
        await asyncio.sleep(0.05)


async def says(where: Locator, text: str) -> None:
    """Waits until the words are there to be seen."""
    await where.get_by_text(text).first.wait_for()


async def comes_to(listen: Callable[[], Awaitable[NDArray[np.float32]]], wanted: Callable[[float], bool]) -> None:
    """Listens until it is as loud as wanted."""
    found = []
    for _ in attempts():
        found.append(loudness(await listen()))
        if wanted(found[-1]):
            return
    raise AssertionError(f"not as loud as it should be: {found}")


async def hang_up(customer: Customer, *consoles: Console) -> None:
    """The customer's leaving ends the call, everywhere."""
    await customer.ask("POST", f"/v1/calls/{customer.call_id}/hang_up")
    for console in consoles:
        await console.stage.wait_for(state="detached")
        assert console.errors == []


async def test_a_video_call_from_the_ring_to_the_end(process: Demo, customer: Caller, rep: Caller) -> None:
    async with aiohttp.ClientSession() as client, browser_of(rep) as reps, browser_of(customer) as visitors:
        rita = await console_of(reps, client, process.address, "rita")
        rolf = await console_of(reps, client, process.address, "rolf")
        ana = await visitor(client, process.address)
        await ana.request("video")

        one = await first_ringing(rita, rolf)
        other = rolf if one is rita else rita
        await says(one.card, "is calling with video")
        await says(one.card, "Does the kettle switch itself off?")
        await one.clean("console-ring")
        await one.shot("ring")
        await one.page.keyboard.press("Escape")
        await other.card.wait_for()  # the next one is rung
        await one.card.wait_for(state="detached")
        await other.page.keyboard.press("Enter")
        await other.stage.wait_for()
        await other.card.wait_for(state="detached")

        page = await customer_page(visitors, ana)
        await other.hears(customer)
        await other.sees(customer, "Visitor")
        await page.hears(rep)
        await page.sees(rep)
        await says(other.stage, "In a call with Visitor")
        await other.clean("console-")
        await other.shot("stage-video")
        await other.page.emulate_media(color_scheme="dark")
        await other.shot("stage-video-dark")
        await other.page.emulate_media(color_scheme="light")

        # Held: the customer hears music and sees nobody.
        await other.page.keyboard.press("h")
        await says(other.stage, "is on hold and hears music")
        await ana.until("held", lambda call: call["state"] == "held")
        await other.shot("held")
        for _ in attempts():
            music = await page.capture_sound(LISTEN_S)
            if loudness(music) > QUIETEST / 2 and same_speech(music, rep.speech) < OTHER:
                break
        else:
            raise AssertionError("no music")
        await other.page.keyboard.press("h")
        await ana.until("resumed", lambda call: call["state"] == "active")
        await page.hears(rep)

        # Muted: silence for the customer, not for the rep.
        await other.page.keyboard.press("m")
        await other.stage.get_by_role("button", name="Mute", pressed=True).wait_for()
        await comes_to(lambda: page.capture_sound(1.0), lambda volume: volume < QUIETEST / 10)
        await other.page.keyboard.press("m")
        await page.hears(rep)

        # Another conversation in front: the call goes on behind a bar.
        await other.page.get_by_role("button", name="History").click()
        bar = other.page.locator("console-running")
        await says(bar, "In a call with Visitor")
        await page.hears(rep)
        await other.clean("console-running")
        await other.shot("elsewhere")
        await bar.get_by_role("button", name="Back to the call").click()
        await other.stage.wait_for()

        # A reload: back without a click.
        await other.page.reload(wait_until="commit")
        print(f"\nback in the call {await other.frames_again():.2f} s after the reload")
        await other.hears(customer)
        await page.hears(rep)
        await page.sees(rep)

        await hang_up(ana, other)
        await says(other.page.locator("console-call"), "Visitor hung up.")
        await other.shot("ended")


async def test_the_rep_rings_and_the_customer_declines(process: Demo, customer: Caller, rep: Caller) -> None:
    async with aiohttp.ClientSession() as client, browser_of(rep) as reps:
        rita = await console_of(reps, client, process.address, "rita")
        ana = await visitor(client, process.address)
        await ana.request("voice")
        rolf = await console_of(reps, client, process.address, "rolf")
        one = await first_ringing(rita, rolf)
        await one.page.keyboard.press("Enter")
        await one.stage.wait_for()
        await hang_up(ana, one)

        # Theirs now: rings back, is declined, and is told so in words.
        await one.page.get_by_role("button", name="Voice call to the customer").click()
        await says(one.page.locator("console-call"), "Calling Visitor")
        await one.clean("console-call")
        await one.shot("calling")
        calls = (await ana.ask("GET", "/v1/rings"))["data"]
        await ana.ask("POST", f"/v1/calls/{calls[0]['id']}/decline")
        await says(one.page.locator("console-call"), "Visitor declined the call.")
        await one.shot("declined")
        await one.page.get_by_role("button", name="Call again").click()
        await says(one.page.locator("console-call"), "Calling Visitor")
        await one.page.get_by_role("button", name="Cancel call").click()
        await says(one.page.locator("console-call"), "The call was cancelled.")
        assert one.errors == []


async def test_transfer_conference_and_a_listening_supervisor(process: Demo, customer: Caller, rep: Caller) -> None:
    async with aiohttp.ClientSession() as client, browser_of(rep) as reps, browser_of(customer) as visitors:
        rita = await console_of(reps, client, process.address, "rita")
        rolf = await console_of(reps, client, process.address, "rolf")
        ana = await visitor(client, process.address)
        await ana.request("voice")
        one = await first_ringing(rita, rolf)
        other = rolf if one is rita else rita
        name = "Rolf" if other is rolf else "Rita"
        mine = "Rita" if one is rita else "Rolf"
        await one.page.keyboard.press("Enter")
        await one.stage.wait_for()
        page = await customer_page(visitors, ana)
        await one.hears(customer)
        await one.shot("stage-voice")

        # Declined: back with the customer, and told so.
        async def transfer() -> None:
            await one.page.keyboard.press("t")
            dialog = one.page.locator("console-call-panels")
            await dialog.get_by_role("radio", name=name).check()
            await one.clean("console-call-panels")
            await one.shot("transfer")
            await dialog.get_by_role("button", name="Start the transfer").click()
            await other.card.wait_for()

        await transfer()
        await says(one.stage, f"It is ringing at {name}.")
        await one.shot("transfer-ringing")
        await says(other.card, f"{mine} hands Visitor over to you")
        await other.card.get_by_role("button", name="Decline").click()
        await says(one.stage, f"{name} declined. You are back with Visitor.")
        await one.shot("transfer-declined")
        await ana.until("active again", lambda call: call["state"] == "active")

        # Accepted: consult, turn to the customer and back, hand over.
        await transfer()
        await other.page.keyboard.press("Enter")
        await other.stage.wait_for()
        await says(one.stage, f"You are talking with {name}. Visitor hears music.")
        await says(other.stage, f"{mine} wants to hand Visitor over.")
        await one.shot("consulting")
        await one.stage.get_by_role("button", name="Talk with Visitor").click()
        await says(one.stage, f"You are talking with Visitor. {name} hears music.")
        await one.stage.get_by_role("button", name=f"Talk with {name}").click()
        await says(one.stage, f"You are talking with {name}. Visitor hears music.")
        await one.stage.get_by_role("button", name=f"Hand over to {name}").click()
        await one.stage.wait_for(state="detached")
        await says(one.page.locator("console-call"), f"Visitor is with {name} now.")
        await other.hears(customer)
        await page.hears(rep)

        # A conference: the first rep comes back as a third one, and is taken out again.
        await other.button("Add a colleague").click()
        dialog = other.page.locator("console-call-panels")
        await dialog.get_by_role("radio", name=mine).check()
        await dialog.get_by_role("button", name="Ring", exact=True).click()
        await one.card.wait_for()
        await says(one.card, f"{name} asks you to join the call with Visitor")
        await one.page.keyboard.press("Enter")
        await one.stage.wait_for()
        await one.hears(customer, "customer")
        await says(other.stage, mine)
        await other.shot("conference")
        await other.button(f"Actions for {mine}").click()
        await other.page.get_by_role("menuitem", name=f"Remove {mine} from the call").click()
        await one.stage.wait_for(state="detached")
        await says(one.page.locator("console-call"), "You were taken out of the call.")

        # A supervisor listens; the customer does not know.
        sue = await console_of(reps, client, process.address, "sue")
        await sue.be("away")
        await sue.page.get_by_role("button", name="Board").click()
        await sue.page.locator("board-calls").get_by_role("button", name="Join").first.click()
        seat = sue.page.locator("console-supervise")
        await seat.get_by_role("button", name="Enter the call").click()
        await sue.stage.wait_for()
        await says(sue.stage, "You are listening. Nobody hears you.")
        await sue.hears(customer, "customer")
        await sue.clean("console-supervise")
        await sue.shot("listening")
        legs = (await ana.call())["legs"]
        assert [leg["role"] for leg in legs if leg["role"] == "supervisor"] == [], "the customer knows of the supervisor"
        timeline = await ana.ask("GET", f"/v1/conversations/{ana.conversation_id}/timeline")
        assert not any(entry["type"].startswith("supervisor.") for entry in timeline["entries"])
        await seat.get_by_text("Join in").click()
        await says(sue.stage, "You are in the call. Everybody hears you.")
        await ana.until("knows of the supervisor", lambda call: any(leg["role"] == "supervisor" for leg in call["legs"]))
        await sue.hears(customer, "customer")
        await sue.button("Leave the call").click()
        await sue.stage.wait_for(state="detached")
        await hang_up(ana, other)
        assert [each.errors for each in (one, other, sue)] == [[], [], []]


async def test_three_in_one_call_with_a_screen_and_other_devices(process: Demo, customer: Caller, rep: Caller) -> None:
    async with aiohttp.ClientSession() as client, browser_of(rep, *TWO_DEVICES) as reps, browser_of(customer) as visitors:
        rita = await console_of(reps, client, process.address, "rita")
        rolf = await console_of(reps, client, process.address, "rolf")
        ana = await visitor(client, process.address)
        await ana.request("video")
        one = await first_ringing(rita, rolf)
        other = rolf if one is rita else rita
        mine, name = ("Rita", "Rolf") if one is rita else ("Rolf", "Rita")
        await one.page.keyboard.press("Enter")
        page = await customer_page(visitors, ana)
        await one.sees(customer, "Visitor")

        # Three in one call: everybody's picture is there.
        await one.button("Add a colleague").click()
        await one.panel.get_by_role("radio", name=name).check()
        await one.clean("console-call-panels")
        await one.panel.get_by_role("button", name="Ring", exact=True).click()
        await other.card.wait_for()
        await other.page.keyboard.press("Enter")
        await other.sees(customer, "Visitor")
        await other.sees(rep, mine)
        await one.sees(rep, name)
        await one.in_every_shape("three", "light", "phone-dark-rtl")

        # Muted for everybody by one; by their own hand they speak again.
        await comes_to(lambda: one.capture_sound(1.0, "rep"), lambda volume: volume > QUIETEST)
        await one.button(f"Actions for {name}").click()
        await one.page.get_by_role("menuitem", name=f"Mute {name} for everybody").click()
        await says(one.stage.locator("console-call-tile", has_text=name), "Muted")
        await other.stage.get_by_role("button", name="Mute", pressed=True).wait_for()
        await comes_to(lambda: one.capture_sound(1.0, "rep"), lambda volume: volume < QUIETEST / 10)
        await other.page.keyboard.press("m")
        await comes_to(lambda: one.capture_sound(1.0, "rep"), lambda volume: volume > QUIETEST)

        # A screen is shown to the others, until it is taken away.
        await one.page.keyboard.press("s")
        await says(one.stage, "You are sharing your screen")
        shown = other.stage.locator("console-call-tile.screen", has_text=f"Screen of {mine}")
        await shown.locator("video").wait_for()
        await other.becomes("the screen", SCREEN)
        await other.in_every_shape("screen", "light")
        await one.in_every_shape("screen-own", "phone")
        await one.stage.get_by_role("button", name="Stop sharing").last.click()
        await shown.wait_for(state="detached")

        # Another camera and another microphone, without a pause in the call.
        await one.button("More call actions").click()
        await one.page.get_by_role("menuitem", name="Devices").click()
        devices = one.panel.locator("console-devices")
        await devices.locator("video").wait_for()
        for label in ("Camera", "Microphone"):
            field = devices.get_by_label(label, exact=True)
            options = await field.locator("option").all_text_contents()
            await field.select_option(label=options[-1])
        await one.in_every_shape("devices", "light", "phone")
        kept = await one.page.evaluate("JSON.parse(localStorage['tresen.devices'])")
        assert kept["camera"] and kept["microphone"], kept
        await devices.get_by_role("button", name="Done").click()
        await page.hears(rep)
        await other.sees(rep, mine)

        await hang_up(ana, one, other)


async def test_handed_over_at_once_to_a_colleague_and_to_the_queue(process: Demo, customer: Caller, rep: Caller) -> None:
    async with talking() as client, browser_of(rep) as reps, browser_of(customer) as visitors:
        rita = await console_of(reps, client, process.address, "rita")
        rolf = await console_of(reps, client, process.address, "rolf")
        ana = await visitor(client, process.address)
        await ana.request("voice")
        one = await first_ringing(rita, rolf)
        other = rolf if one is rita else rita
        mine, name = ("Rita", "Rolf") if one is rita else ("Rolf", "Rita")
        await one.page.keyboard.press("Enter")
        page = await customer_page(visitors, ana)
        await one.hears(customer)

        # The first is out as soon as the second is in.
        await one.page.keyboard.press("t")
        await one.panel.get_by_text("Hand over at once").click()
        await one.panel.get_by_role("radio", name=name).check()
        await one.panel.get_by_role("button", name="Start the transfer").click()
        await says(other.card, f"{mine} hands Visitor over to you")
        await says(one.stage, f"It is ringing at {name}.")
        await other.page.keyboard.press("Enter")
        await one.stage.wait_for(state="detached")
        await says(one.page.locator("console-call"), f"Visitor is with {name} now.")
        await other.hears(customer)
        await page.hears(rep)

        # To whoever the queue finds.
        await one.be("available")
        await one.page.get_by_role("button", name="Skip").click()
        await other.page.keyboard.press("t")
        await other.panel.get_by_text("Hand over at once").click()
        await other.panel.get_by_text("Whoever the queue finds").click()
        await other.in_every_shape("transfer-queue", "phone")
        await other.panel.get_by_role("button", name="Start the transfer").click()
        await says(one.card, f"{name} hands Visitor over to you")
        await one.page.keyboard.press("Enter")
        await other.stage.wait_for(state="detached")
        await one.hears(customer)
        await hang_up(ana, one, other)


async def test_recorded_with_consent_paid_and_summed_up(process: Demo, customer: Caller, rep: Caller) -> None:
    async with talking() as client, browser_of(rep) as reps, browser_of(customer) as visitors:
        for login in ("rolf", "sue"):
            await (await staff(client, process.address, login)).ask("PUT", "/v1/reps/me/status", {"status": "away"})
        rita = await console_of(reps, client, process.address, "rita")
        ana = await visitor(client, process.address)
        await ana.request("video")
        await rita.card.wait_for()
        await rita.in_every_shape("ring", "light", "phone-dark-rtl")
        await rita.page.keyboard.press("Enter")
        page = await customer_page(visitors, ana)
        await rita.sees(customer, "Visitor")

        # Refused, asked once more, allowed: only then is anything recorded, and it is said wherever the rep is.
        await rita.button("Record").click()
        await says(rita.panel, "has not agreed to a recording")
        await rita.panel.get_by_role("button", name="Ask for consent").click()
        await says(rita.panel, "was asked")
        await ana.answers("refuse")
        await says(rita.panel, "does not want to be recorded")
        await rita.in_every_shape("consent-refused", "light", "phone-dark-rtl")
        assert (await ana.call())["recording"] is None
        await rita.panel.get_by_role("button", name="Ask for consent").click()
        await says(rita.panel, "was asked")
        await ana.answers("grant")
        await says(rita.panel, "agrees to a recording")
        await rita.panel.get_by_role("button", name="Record").click()
        await says(rita.stage, "Recording")
        await ana.until("recorded", lambda call: call["recording"])
        await rita.in_every_shape("recording")
        await rita.page.get_by_role("button", name="History").click()
        bar = rita.page.locator("console-running")
        await bar.get_by_role("img", name="Recording").wait_for()
        await rita.shot("recording-elsewhere")
        await bar.get_by_role("button", name="Back to the call").click()

        # The rep orders for the customer and asks for the money; the customer pays, and nobody sees it: no picture, no recording.
        await ana.take_a_cart()
        await ana.do("add_line", variant_id="GOOK-BLK")
        await ana.do("set_shipping", option_id="standard")
        await ana.grant("edit", "place_order")
        await rita.page.keyboard.press("Alt+2")
        await rita.page.get_by_role("button", name="Place the order").click()
        form = rita.page.locator("order-place")
        for name, value in {"name": "Ana Sol", "street": "Weg 1", "city": "Hamburg"}.items():
            await form.locator(f"tresen-ui-field[name={name}] input").fill(value)
        await form.get_by_role("button", name="Order with payment due").click()
        order = rita.page.locator("console-order")
        await order.get_by_role("button", name="Send a payment link").click()
        await says(order, "link sent")
        [payment] = (await ana.ask("GET", f"/v1/conversations/{ana.conversation_id}/payments"))["data"]
        async with client.get(payment["url"]) as answer:
            entry = answer.url
        await says(rita.stage, "Visitor is paying. Picture and recording are paused.")
        await says(rita.stage, "Recording paused")
        await rita.stage.locator("console-call-tile", has_text="Paying").wait_for()
        await rita.hears(customer)
        before = (await rita.receiving())["framesDecoded"]
        await rita.hears(customer)
        assert (await rita.receiving())["framesDecoded"] == before, "a picture reaches the rep while the customer pays"
        await rita.in_every_shape("paying", "light", "phone-dark-rtl")
        async with client.post(entry, data={"outcome": "pay"}) as answer:
            assert answer.status == 200, await answer.text()
        await order.get_by_text("Paid so far").wait_for()
        await rita.stage.get_by_text("Recording paused").wait_for(state="detached")
        await rita.sees(customer, "Visitor")

        # Hung up, summed up, free again.
        [ticket] = [each["id"] for each in (await rita.rest.ask("GET", "/v1/reps/me/work"))["data"] if each["channel"] == "video"]
        await rita.button("Hang up").click()
        await says(rita.page.locator("console-call"), "You hung up.")
        form = rita.page.locator("console-sum-up")
        await says(form, "How did the video call go?")
        await form.get_by_role("timer").wait_for()
        await rita.page.get_by_role("button", name="Status: Wrapping up").wait_for()
        await rita.in_every_shape("wrap-up")
        await form.get_by_text("Sold").click()
        await form.get_by_label("Note").fill("Wants the matching cups, too.")
        await form.get_by_role("button", name="Save").click()
        await form.get_by_role("timer").wait_for(state="detached")
        await rita.page.get_by_role("button", name="Status: Available").wait_for()
        kept = await rita.rest.ask("GET", f"/v1/tickets/{ticket}/wrap-up")
        assert (kept["code"], kept["note"]) == ("sold", "Wants the matching cups, too.")

        # All of it stands in the timeline, and any moment of it can be looked at again.
        await rita.page.get_by_role("tab", name="Timeline").click()
        timeline = rita.page.locator("console-timeline")
        for words in (
            "Rita asked for consent: recording of the call",
            "Visitor did not agree: recording of the call",
            "Visitor agreed: recording of the call",
            "Rita began recording",
            "The recording pauses",
            "The customer is paying; nobody looks on",
            "was paid",
            "The recording goes on",
            "The call ended after",
            "The recording is saved",
        ):
            await says(timeline, words)
        await timeline.get_by_role("button", name="The recording goes on").click()
        then = timeline.locator("console-then")
        await says(then, "How it stood then")
        await says(then, "recording")
        await rita.in_every_shape("timeline", "light", "phone-dark-rtl")
        await timeline.get_by_role("button", name="The call ended after").click()
        await says(then, "No call")

        # What was recorded lies where the timeline says, whole.
        saved = await timeline.get_by_role("button", name="The recording is saved").text_content()
        [manifest] = (process.folder / "recordings").glob(f"*/{(saved or '').partition('(')[2].rstrip(')')}/manifest.json")
        found = json.loads(manifest.read_text())
        assert found["state"] == "complete" and found["files"], found
        assert page.errors == rita.errors == rita.violations == []


async def test_a_bad_connection_is_said_with_its_reason(tmp_path: Path, customer: Caller, rep: Caller) -> None:
    async with relaying(seed=7) as relay:
        relay.target = ("127.0.0.1", free_udp_port())
        with demo(tmp_path, announced=relay.endpoint, udp_port=relay.target[1]) as process:
            async with talking() as client, browser_of(rep) as reps, browser_of(customer) as visitors:
                rita = await console_of(reps, client, process.address, "rita")
                ana = await visitor(client, process.address)
                await ana.request("voice")
                await rita.card.wait_for()
                await rita.page.keyboard.press("Enter")
                await customer_page(visitors, ana)
                await says(rita.stage, "Good connection")
                await rita.hears(customer)
                relay.up = relay.down = Impairment(loss=0.3)
                await rita.button("Poor connection").wait_for()
                await (
                    rita.stage.get_by_text("Packets to you are being lost.")
                    .or_(rita.stage.get_by_text("is losing packets"))
                    .first.wait_for()
                )
                # What the server measures of the customer's connection: for everybody on the stage, and for later on the timeline.
                await says(rita.stage, "Visitor: poor connection")
                await says(rita.stage, "of packets are lost.")
                await rita.in_every_shape("poor", "light", "dark", "phone", "narrow-rtl")
                await rita.button("Poor connection").click()
                details = rita.page.locator("console-call-quality")
                await says(details, "Poor connection")
                await details.get_by_role("row", name="Visitor").get_by_text("of packets are lost").wait_for()
                await rita.in_every_shape("details", "light", "phone-dark-rtl")
                await rita.page.keyboard.press("Escape")
                await rita.page.get_by_role("tab", name="Timeline").click()
                await says(rita.page.locator("console-timeline"), "Connection of Visitor: poor")
                relay.up = relay.down = Impairment()
                await rita.button("Good connection").wait_for()
                await hang_up(ana, rita)
