"""The widget's chat on a shop's page of another origin, against a running demo: with a rep, in two tabs, offline, by keyboard."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e import axe
from tests.e2e.program import Demo, demo
from tests.e2e.shop_page import ask
from tests.e2e.visitor import counter, served, visitor

EVIL = '<img src=x onerror="window.stolen=1"><script>window.stolen=1</script>javascript:alert(1)'
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo of this module's own, as its queue is looked at."""
    with demo(tmp_path_factory.mktemp("widget")) as found:
        yield found


async def test_chat_with_a_rep(own: Demo) -> None:
    async with counter(own) as at:
        rita, context = await at.rita(), await at.browser()
        ana = await visitor(context, at.shop)
        assert await ana.page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
        await ana.chat()
        await ana.say("Does the kettle fit an induction stove?")
        conversation = await served(ana, rita)
        await rita.until("the words", lambda: rita.said(conversation) == ["Does the kettle fit an induction stove?"])

        # Both see the other write.
        await rita.typing(conversation, True)
        await expect(ana.page.get_by_text("Rita is writing")).to_be_visible()
        said = await rita.say(conversation, "It does. See https://shop.example/kettle.")
        await expect(ana.page.get_by_text("Rita is writing")).to_have_count(0)
        link = ana.log.get_by_role("link", name=re.compile("shop.example"))
        assert await link.get_attribute("href") == "https://shop.example/kettle"
        assert await link.get_attribute("rel") == "noopener noreferrer"
        # Told every three seconds at most, so not by the first letters for sure.
        await ana.input.press_sequentially("Thanks, that is good to know indeed", delay=150)
        await rita.until("typing", lambda: any(note["type"] == "typing" and note["active"] for note in rita.notes))

        # Receipts both ways: what is on the screen counts as read.
        await rita.until(
            "read",
            lambda: any(each["type"] == "message.read" and each["data"]["up_to_seq"] >= said["seq"] for each in rita.entries[conversation]),
        )
        await ana.say("Thank you!")
        await rita.until("two", lambda: len(rita.said(conversation)) == 2)
        await expect(ana.log.get_by_text("Sent", exact=True)).to_be_visible()
        last = rita.entries[conversation][-1]["seq"]
        await rita.ask("receipt.delivered", conversation_id=conversation, up_to_seq=last)
        await expect(ana.log.get_by_text("Delivered", exact=True)).to_be_visible()
        await rita.ask("receipt.read", conversation_id=conversation, up_to_seq=last)
        await expect(ana.log.get_by_text("Read", exact=True)).to_be_visible()

        # Changing and taking back one's own words.
        await ana.input.press("ArrowUp")
        await expect(ana.input).to_have_value("Thank you!")
        await ana.say("Thank you very much!")
        await expect(ana.bubble("Thank you very much!")).to_be_visible()
        await ana.bubble("Thank you very much!").hover()
        await ana.page.locator(".message", has_text="Thank you very much!").get_by_role("button", name="Delete this message").click()
        await ana.page.get_by_role("dialog").get_by_role("button", name="Delete this message").click()
        await expect(ana.log.get_by_text("This message was deleted")).to_be_visible()

        # Answers to choose from, a product with its price of now.
        await rita.say(conversation, blocks=[{"type": "quick_replies", "replies": [{"label": "Which colours?"}, {"label": "No, thanks"}]}])
        await ana.log.get_by_role("button", name="Which colours?").click()
        await rita.until("the choice", lambda: "Which colours?" in rita.said(conversation))
        await expect(ana.log.get_by_role("button", name="No, thanks")).to_have_count(0)
        await rita.say(
            conversation,
            blocks=[{"type": "product_card", "product_id": "gooseneck-kettle", "variant_id": "GOOK-BLK", "title": "Gooseneck kettle"}],
        )
        await expect(ana.log.get_by_text("€59.00")).to_be_visible()
        await ana.log.get_by_role("button", name="Put into my cart").click()
        await expect(ana.log.get_by_text("It is in your cart")).to_be_visible()

        # The end, by the rep, and what the visitor thought of it.
        await rita.ask("conversation.close", conversation_id=conversation)
        await ana.page.get_by_role("radio", name="Very good").check()
        await ana.page.get_by_role("textbox", name="Would you like to add anything?").fill("Quick.")
        await ana.page.get_by_role("button", name="Send my rating").click()
        await expect(ana.page.get_by_text("Thank you for your rating")).to_be_visible()
        await rita.until("the rating", lambda: any(each["type"] == "csat.submitted" for each in rita.entries[conversation]))
        assert ana.problems == []


async def test_files_both_ways(own: Demo, tmp_path: Path) -> None:
    async with counter(own) as at:
        rita, context = await at.rita(), await at.browser()
        ana = await visitor(context, at.shop)
        await ana.chat()
        await ana.say("Look:")
        conversation = await served(ana, rita)
        picker = ana.page.locator("tresen-composer input[type=file]")
        await picker.set_input_files(files=[{"name": f"{EVIL[:40]}.png".replace("/", "-"), "mimeType": "image/png", "buffer": PIXEL}])
        await expect(ana.page.get_by_role("button", name="Send", exact=True)).to_be_enabled()
        await ana.input.press("Enter")
        await rita.until(
            "the file",
            lambda: any(each["data"].get("attachments") for each in rita.entries[conversation] if each["type"] == "message.created"),
        )
        await expect(ana.log.get_by_role("img", name=re.compile("Picture:"))).to_be_visible()
        assert await ana.log.locator("tresen-attachment img").get_attribute("src") != ""

        await picker.set_input_files(
            files=[{"name": "large.pdf", "mimeType": "application/pdf", "buffer": b"%PDF" + b"0" * (10 * 1024 * 1024 + 1)}]
        )
        await expect(ana.page.get_by_text("Too large: 10.5 MB at most.")).to_be_visible()
        await ana.page.get_by_role("button", name="Remove large.pdf").click()
        await picker.set_input_files(files=[{"name": "run.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"}])
        await expect(ana.page.get_by_text("Only pictures")).to_be_visible()

        async with ana.page.expect_download() as started:
            await ana.page.get_by_role("button", name="More", exact=True).click()
            await ana.page.get_by_role("menuitem", name="Transcript as text").click()
        transcript = await (await started.value).path()
        assert "Look:" in Path(transcript).read_text()
        assert ana.problems == []


async def test_reload_navigation_second_tab(own: Demo) -> None:
    async with counter(own) as at:
        rita, context = await at.rita(), await at.browser()
        ana = await visitor(context, at.shop)
        await ana.chat()
        await ana.say("One")
        conversation = await served(ana, rita)
        await ana.input.fill("half a senten")

        await ana.page.reload()
        await expect(ana.bubble("One")).to_be_visible()
        await expect(ana.input).to_have_value("half a senten")
        await ana.page.get_by_role("link", name="Mugs").click()
        await expect(ana.bubble("One")).to_be_visible()

        # The other tab has the same conversation, its panel is closed, and it counts what it has not shown.
        second = await visitor(context, at.shop, "other")
        await expect(second.panel).to_have_count(0)
        await ana.say("Two")
        await rita.until("two", lambda: rita.said(conversation) == ["One", "Two"])
        await second.open()
        await expect(second.bubble("Two")).to_be_visible()
        await second.say("Three")
        await expect(ana.bubble("Three")).to_be_visible()
        await ana.page.get_by_role("button", name="Close", exact=True).click()
        await second.page.get_by_role("button", name="Close", exact=True).click()
        await rita.say(conversation, "Four")
        await expect(ana.page.get_by_role("button", name="Talk to us: 1 new message")).to_be_visible()
        await expect(second.page.get_by_role("button", name="Talk to us: 1 new message")).to_be_visible()
        await second.open()
        await expect(second.bubble("Four")).to_be_visible()
        await expect(ana.page.get_by_role("button", name="Talk to us", exact=True)).to_be_visible()
        assert rita.said(conversation) == ["One", "Two", "Three"]
        assert ana.problems == [] == second.problems


async def test_without_a_network(own: Demo) -> None:
    async with counter(own) as at:
        rita, context = await at.rita(), await at.browser()
        ana = await visitor(context, at.shop)
        await ana.chat()
        await ana.say("Before")
        conversation = await served(ana, rita)
        await context.set_offline(True)
        await expect(ana.page.get_by_text("No connection.")).to_be_visible()
        for text in ("First", "Second"):
            await ana.say(text)
        await expect(ana.log.get_by_text("Waits for the connection")).to_be_visible()
        await rita.say(conversation, "Meanwhile")
        await ana.say("Third")
        # As long as the connection stays away nothing is lost and nothing is given up.
        await asyncio.sleep(20)
        await expect(ana.bubble("Third")).to_be_visible()
        assert rita.said(conversation) == ["Before"]
        await context.set_offline(False)
        await rita.until("all of it", lambda: len(rita.said(conversation)) >= 4)
        await expect(ana.page.get_by_text("No connection.")).to_have_count(0)
        await expect(ana.bubble("Meanwhile")).to_have_count(1)
        for text in ("Before", "First", "Second", "Third"):
            await expect(ana.bubble(text)).to_have_count(1)
        assert rita.said(conversation) == ["Before", "First", "Second", "Third"]
        seqs = [each["seq"] for each in rita.entries[conversation]]
        assert seqs == list(range(1, len(seqs) + 1))


async def test_the_second_in_the_queue_moves_up(own: Demo) -> None:
    async with counter(own) as at:
        one, two = await at.browser(), await at.browser()
        ana, ben = await visitor(one, at.shop), await visitor(two, at.shop)
        await ana.chat()
        await ana.say("I am first")
        await expect(ana.panel.locator("header").get_by_role("status")).to_have_text("You are next")
        await ben.chat()
        await ben.say("I am second")
        state = ben.panel.locator("header").get_by_role("status")
        await expect(state).to_have_text("You are 2nd")
        rita = await at.rita()
        rita.accepts = True
        await expect(ana.panel.get_by_role("heading", name="Rita")).to_be_visible()
        await expect(ben.panel.get_by_role("heading", name="Rita")).to_be_visible()


async def test_whoever_leaves_keeps_a_callback(own: Demo) -> None:
    async with counter(own) as at:
        ana = await visitor(await at.browser(), at.shop)
        await ana.open()
        await ana.page.get_by_role("button", name=re.compile("^Call me back")).click()
        await ana.page.get_by_role("button", name="Ask for the call").click()
        await expect(ana.page.get_by_role("heading", name="Your place is kept")).to_be_visible()
        await ana.page.get_by_role("button", name="No call, thank you").click()
        await expect(ana.page.get_by_role("button", name="Ask for the call")).to_be_visible()


async def test_closed_shops_take_messages(own: Demo) -> None:
    async with counter(own) as at:
        tresen, token = at.shop.tresen, at.shop.admin_token
        hours = (await ask(tresen, "GET", "/v1/hours", token))["data"][0]
        always = {"name": hours["name"], "calendar": hours["calendar"]}
        never = {"name": hours["name"], "calendar": {"zone": "Europe/Berlin", "week": {}, "holidays": {"2099-01-05": [["09:00", "17:00"]]}}}
        await ask(tresen, "PUT", f"/v1/hours/{hours['id']}", token, json=never)
        try:
            ana = await visitor(await at.browser(), at.shop)
            await ana.open()
            await expect(ana.page.get_by_text("We are closed")).to_be_visible()
            await ana.page.get_by_role("button", name=re.compile("^Chat")).click()
            await ana.page.get_by_role("button", name="Send the message").click()
            await expect(ana.page.get_by_text("Please write a few words.")).to_be_visible()
            await ana.page.get_by_role("textbox", name="Your message").fill("When is my parcel here?")
            await ana.page.get_by_role("textbox", name="E-mail address").fill("ana@example.com")
            await ana.page.get_by_role("button", name="Send the message").click()
            await expect(ana.page.get_by_text("Thank you, we have it")).to_be_visible()
            waiting = (await ask(tresen, "GET", "/v1/conversations?assigned=nobody", token))["data"][0]
            customer = await ask(tresen, "GET", f"/v1/customers/{waiting['customer_id']}", token)
            assert customer["unverified_attributes"]["email"] == "ana@example.com"
        finally:
            await ask(tresen, "PUT", f"/v1/hours/{hours['id']}", token, json=always)


async def test_words_stay_words(own: Demo) -> None:
    async with counter(own) as at:
        rita, context = await at.rita(), await at.browser()
        ana = await visitor(context, at.shop)
        await ana.chat()
        await ana.say(EVIL)
        conversation = await served(ana, rita)
        said = await rita.say(conversation, EVIL)
        await rita.say(conversation, EVIL, reply_to=said["id"])
        await rita.say(
            conversation,
            blocks=[
                {"type": "text", "text": EVIL},
                {
                    "type": "product_card",
                    "product_id": "none",
                    "title": EVIL,
                    "description": EVIL,
                    "image_url": "https://x.invalid/a.png",
                    "url": "https://x.invalid/",
                },
                {"type": "quick_replies", "replies": [{"label": EVIL[:80]}]},
            ],
        )
        await expect(ana.bubble(EVIL)).to_have_count(4)
        await expect(ana.log.get_by_role("button", name=EVIL[:80])).to_be_visible()
        await ana.input.fill(EVIL)
        await ana.page.reload()
        await expect(ana.bubble(EVIL)).to_have_count(4)
        assert await ana.page.evaluate("window.stolen") is None
        assert await ana.log.locator("script, img[onerror], [href^='javascript']").count() == 0


async def test_another_customer_starts_anew(own: Demo) -> None:
    async with counter(own) as at:
        rita, context = await at.rita(), await at.browser()
        ana = await visitor(context, at.shop, "?customer=ana")
        await ana.open()
        await ana.page.get_by_role("button", name=re.compile("^Chat")).click()
        await ana.say("My street is Elm Street")
        await served(ana, rita)
        await ana.page.reload()
        await expect(ana.bubble("Elm Street")).to_be_visible()
        await ana.page.goto(f"{at.shop.address}/?customer=ben")
        await expect(ana.page.get_by_role("heading", name=re.compile("How can we help"))).to_be_visible()
        await expect(ana.bubble("Elm Street")).to_have_count(0)
        kept = await ana.page.evaluate("JSON.stringify(localStorage)")
        assert "Elm" not in kept and "conv_" not in kept


async def test_by_keyboard_and_without_barriers(own: Demo) -> None:
    async with counter(own) as at:
        rita, context = await at.rita(), await at.browser()
        ana = await visitor(context, at.shop)
        press = ana.page.keyboard.press
        await ana.page.get_by_role("button", name="Talk to us").focus()
        assert await axe.violations(ana.page) == []
        await press("Enter")
        await expect(ana.panel).to_be_visible()
        await expect(ana.page.get_by_role("heading", name=re.compile("How can we help"))).to_be_visible()
        assert await axe.violations(ana.page) == []
        for _ in range(12):
            if await ana.page.get_by_role("button", name=re.compile("^Chat")).evaluate(
                "(each) => each.getRootNode().activeElement === each"
            ):
                break
            await press("Tab")
        await press("Enter")
        await expect(ana.input).to_be_focused()
        await ana.page.keyboard.type("By hand")
        await press("Enter")
        conversation = await served(ana, rita)
        await rita.say(
            conversation,
            "Good day",
            blocks=[{"type": "product_card", "product_id": "gooseneck-kettle", "variant_id": "GOOK-BLK", "title": "Gooseneck kettle"}],
        )
        await expect(ana.log.get_by_text("€59.00")).to_be_visible()
        assert await axe.violations(ana.page) == []
        await press("Tab")
        await press("Enter")
        await expect(ana.page.get_by_role("group", name="Emoji to choose from")).to_be_visible()
        assert await axe.violations(ana.page) == []
        await ana.page.keyboard.type("heart")
        await press("Enter")
        await expect(ana.input).to_have_value("❤️")
        await press("Escape")
        await expect(ana.panel).to_have_count(0)
        await expect(ana.page.get_by_role("button", name="Talk to us")).to_be_focused()


async def test_the_whole_screen_on_a_phone(own: Demo) -> None:
    async with counter(own) as at:
        context = await at.browser(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, device_scale_factor=2)
        ana = await visitor(context, at.shop, "?dir=rtl")
        await ana.open()
        box = await ana.panel.bounding_box()
        assert box == {"x": 0, "y": 0, "width": 390, "height": 844}
        assert await axe.violations(ana.page) == []
        small = await ana.page.evaluate(
            """() => {
              const deep = (root) => [...root.querySelectorAll("*")].flatMap((each) =>
                [each, ...(each.shadowRoot ? deep(each.shadowRoot) : [])]);
              const boxes = deep(document).filter((each) => each.localName === "button" && each.checkVisibility())
                .map((each) => each.getBoundingClientRect());
              return boxes.filter((box) => box.width < 43.5 || box.height < 43.5).length;
            }"""
        )
        assert small == 0
