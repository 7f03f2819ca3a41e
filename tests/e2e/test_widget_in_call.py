"""What a customer does while a call runs in the widget: from voice to video, the camera off and on, other devices, devices that vanish,
picture in picture, full screen, a shared screen, a bad network, and the rating afterwards. The other side decodes what is said to be
sent."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.async_api import Page

from tests.e2e.axe import violations
from tests.e2e.decoded import SMALL, thumbnail
from tests.e2e.face import Face, browser, face
from tests.e2e.participant import attempts
from tests.e2e.program import Demo, demo, free_udp_port
from tests.e2e.sources import ALIKE, THUMB_HEIGHT, THUMB_WIDTH, Caller, likeness
from tests.e2e.test_story import sign_in
from tests.e2e.widget_call import WIDGET, on_duty, shopper
from tests.support.relay import Impairment, relaying

# Their pictures differ a little, and all microphones speak the caller's words.
THREE_OF_EACH = ("--use-fake-device-for-media-stream=device-count=3", "--allow-loopback-in-peer-connection")
SHARED = "The tab that is shared"
SHARING = (
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
    f"--auto-select-tab-capture-source-by-title={SHARED}",
)
DEVICES = ["camera", "microphone"]
# What the browser shows beside its pages.
BESIDE = f"""
() => {{
  const seen = tresenSeen.deep(document).find((element) => element.matches(":picture-in-picture"));
  return seen && {SMALL}(seen);
}}
"""
# The page keeps its size, and less of it is seen.
KEYBOARD = """
(height) => {
  Object.defineProperty(visualViewport, "height", { value: height, configurable: true });
  visualViewport.dispatchEvent(new Event("resize"));
}
"""


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo of its own: who else is at work decides what becomes of a call."""
    with demo(tmp_path_factory.mktemp("in-call")) as found:
        yield found


def green(colour: tuple[int, int, int]) -> bool:
    """As Chromium's fake cameras."""
    red, middle, blue = colour
    return middle > 60 and middle > 2 * max(red, blue)


def black(colour: tuple[int, int, int]) -> bool:
    return max(colour) < 12


async def looks(face: Face, wanted: Callable[[tuple[int, int, int]], bool]) -> None:
    """Looks until the decoded picture is of that colour."""
    found = []
    for _ in attempts():
        found.append(await face.colour())
        if wanted(found[-1]):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"not {wanted.__name__}: {found[-5:]}; {await face.state()}")


def shown(screenshot: bytes) -> NDArray[np.float32]:
    """A picture of a page as a clip of one thumbnail."""
    small = Image.open(io.BytesIO(screenshot)).convert("L").resize((THUMB_WIDTH, THUMB_HEIGHT), Image.Resampling.BOX)
    return np.array(small, dtype=np.float32)[None]


@asynccontextmanager
async def camera_forbidden(page: Page) -> AsyncIterator[None]:
    """Takes the camera's permission away, as somebody does in the address bar: the browser ends its tracks. Gives it back in the end."""
    cdp = await page.context.new_cdp_session(page)
    target = await cdp.send("Target.getTargetInfo")
    camera = {"permission": {"name": "camera"}, "browserContextId": target["targetInfo"]["browserContextId"]}
    await cdp.send("Browser.setPermission", {**camera, "setting": "denied"})
    yield
    await cdp.send("Browser.setPermission", {**camera, "setting": "granted"})


async def test_from_voice_to_video_with_other_devices(process: Demo, customer: Caller, rep: Caller) -> None:
    voice = f"--use-file-for-fake-audio-capture={customer.wav}"
    async with browser(None, *THREE_OF_EACH, voice, permissions=DEVICES) as shop, browser(rep) as desk, on_duty(desk, process) as rita:
        ana = await shopper(shop, process.shop)
        await ana.open("voice")
        await ana.button("Call now").click()
        call = await rita.take(video=False)
        await ana.connected()
        await asyncio.gather(ana.hears(rep), rita.hears(customer))
        await ana.looks_right("voice")

        # The call becomes one with pictures while it runs, for both.
        await ana.button("Turn the camera on").click()
        await looks(rita, green)
        await rita.join(call["id"])
        await ana.sees(rep)
        await ana.button("Turn the camera off").click()
        await looks(rita, black)
        await ana.button("Turn the camera on").click()
        await looks(rita, green)

        # Other devices. Of the former camera nothing can come any more: its track has ended.
        await ana.button("Choose devices").click()
        await ana.page.get_by_label("Camera", exact=True).select_option(label="fake_device_2")
        await ana.becomes("the other camera", "() => tresenSeen.sent('video').some((track) => track.label === 'fake_device_2')")
        await rita.seeing()
        await looks(rita, green)
        await ana.page.get_by_label("Microphone", exact=True).select_option(label="Fake Audio Input 2")
        await ana.becomes("the other microphone", "() => tresenSeen.sent('audio').some((track) => track.label === 'Fake Audio Input 2')")
        await rita.hears(customer)
        await ana.page.get_by_label("Loudspeaker", exact=True).select_option(label="Fake Audio Output 1")
        await ana.becomes("the other loudspeaker", "() => tresenSeen.playing('audio').some((element) => element.sinkId)")
        await ana.hears(rep)
        await ana.looks_right("devices")

        # One that vanishes is said, and taken again when something is plugged in.
        async with camera_forbidden(ana.page):
            await ana.says("The browser does not let this page use your devices.")
            await ana.looks_right("camera-lost")
            await ana.button("Turn the camera on").wait_for()
        await ana.page.evaluate("navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
        await ana.button("Turn the camera off").wait_for()
        await rita.seeing()
        await looks(rita, green)
        assert not await ana.page.get_by_text("The browser does not let").count()
        await ana.button("Choose devices").click()

        # The rep beside the page, and over all of it.
        await ana.button("Picture in picture").click()
        await ana.button("End picture in picture").wait_for()
        for _ in attempts():
            if likeness(thumbnail(await ana.becomes("picture in picture", BESIDE)), rep.thumbs) > ALIKE:
                break
        else:
            raise AssertionError("not the rep's picture")
        await ana.screenshot("widget-call-pip")
        await ana.page.keyboard.press("Escape")
        await ana.button("Picture in picture").wait_for()
        await ana.button("Full screen").click()
        await ana.button("Leave full screen").wait_for()
        await ana.sees(rep)
        assert await ana.page.evaluate("tresenSeen.largest().clientWidth === innerWidth")
        # axe-core takes what lies behind the full screen for something that covers its buttons.
        assert not [each for each in await violations(ana.page, selector=WIDGET) if "partially obscured" not in each]
        await ana.screenshot("widget-call-full")
        await ana.button("Leave full screen").click()
        await ana.button("Full screen").wait_for()

        # A phone's keyboard leaves half of the screen: what is typed stays in sight, and so do the controls.
        await ana.page.set_viewport_size({"width": 390, "height": 844})
        await ana.page.evaluate(KEYBOARD, 420)
        for one in (ana.page.get_by_role("textbox", name="Write a message"), ana.button("Hang up")):
            box = await one.bounding_box()
            assert box and box["y"] > 0 and box["y"] + box["height"] <= 420, box
        await ana.screenshot("widget-call-phone-keyboard")
        await ana.page.evaluate(KEYBOARD, 844)

        await rita.ask("POST", f"/v1/calls/{call['id']}/hang_up")
        await ana.says("Rita ended the call.")
        await ana.looks_right("ended-by-rep")
        await ana.button("Rate this conversation").click()
        await ana.looks_right("csat")
        await ana.page.get_by_role("radio", name="Good", exact=True).check()
        await ana.page.get_by_label("Would you like to add anything?").fill("Quick and kind")
        await ana.button("Send my rating").click()
        await ana.says("Thank you for your rating")
        await rita.sought("the rating", f"/v1/conversations/{call['conversation_id']}", lambda got: got["conversation"]["csat_score"] == 4)
        assert not ana.errors and not ana.violations


async def test_a_shared_screen_is_seen_until_either_button_stops_it(process: Demo, customer: Caller, rep: Caller) -> None:
    """The shared thing is another tab of the shop; that tab's end is what the browser's own button is: the track ends by itself."""
    async with browser(customer, *SHARING, permissions=DEVICES) as shop, browser(rep) as desk, on_duty(desk, process):
        rita = await face(desk, process.console)
        await sign_in(rita, "rita")
        await rita.page.get_by_role("button", name="Status: Available").wait_for()
        other = await shop.new_page()
        await other.goto(f"{process.shop}/product/gooseneck-kettle")
        await other.get_by_role("button", name="Add to cart").wait_for()
        await other.evaluate(f"document.title = '{SHARED}'")
        picture = shown(await other.screenshot())
        ana = await shopper(shop, process.shop)
        await ana.open("video")
        await ana.button("Call now with video").click()
        await rita.page.locator("console-ring").get_by_role("button", name="Accept").click()
        await asyncio.gather(ana.sees(rep), rita.sees(customer))

        await ana.button("Share your screen").click()
        await ana.says("Our team sees your screen.")
        await rita.shows("the shared tab", picture)
        await rita.screenshot("widget-call-screen-desk")
        # The browser has put what is shared in front.
        await ana.page.bring_to_front()
        await ana.looks_right("screen")
        await ana.button("Stop sharing your screen").first.click()
        await rita.sees(customer)
        await ana.button("Share your screen").click()
        await rita.shows("the shared tab", picture)
        await other.close()
        await ana.page.bring_to_front()
        await ana.button("Share your screen").wait_for()
        await rita.sees(customer)

        await ana.button("Hang up").click()
        await ana.says("You ended the call.")
        await rita.page.get_by_text("hung up").first.wait_for()
        assert ana.errors == rita.errors == []
        assert ana.violations == rita.violations == []


async def test_a_poor_path_is_said_with_its_reason_and_a_lost_one_restored(tmp_path: Path, customer: Caller, rep: Caller) -> None:
    async with relaying(seed=11, up=Impairment(), down=Impairment()) as relay:
        relay.target = ("127.0.0.1", free_udp_port())
        with demo(tmp_path, announced=relay.endpoint, udp_port=relay.target[1]) as running:
            async with browser(customer) as shop, browser(rep) as desk, on_duty(desk, running) as rita:
                ana = await shopper(shop, running.shop)
                await ana.open("video")
                await ana.button("Call now with video").click()
                call = await rita.take()
                await asyncio.gather(ana.sees(rep), rita.sees(customer))

                relay.up = Impairment(loss=0.2)
                await ana.says("losing packets")
                await ana.button("Connection details").click()
                await ana.page.get_by_role("table", name="Connection details").wait_for()
                await ana.looks_right("poor")
                await ana.button("Hide connection details").click()

                relay.up = relay.down = Impairment(loss=1)
                await ana.says("The connection was lost and is being restored.")
                await ana.looks_right("reconnecting")
                relay.up = relay.down = Impairment()
                await ana.connected()
                # The rep's side of this test does not repair itself.
                await rita.join(call["id"])
                await asyncio.gather(ana.sees(rep), rita.sees(customer))
                await asyncio.gather(ana.hears(rep), rita.hears(customer))
                assert not ana.errors and not ana.violations
