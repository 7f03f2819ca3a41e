"""Consoles of signed-in reps in Chromium, and a customer who asks for calls by REST and talks through the plain call page."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Browser, Locator, Page, async_playwright

from signalling.identity.seed import PASSWORD, SITE
from signalling.ids import new_id
from tests.e2e.axe import violations
from tests.e2e.browsers import CALL, QUIET, RECORD, CallPage
from tests.e2e.hearing import SAME, loudness, same_speech
from tests.e2e.participant import DEADLINE_S, LISTEN_S, QUIETEST, attempts
from tests.e2e.sources import ALIKE, THUMB_HEIGHT, THUMB_WIDTH, Caller, chromium_path, likeness

ROOT = Path(__file__).resolve().parents[2]
SCREENS = ROOT / "artifacts" / "screens"
# Through shadow roots, to the stage that is drawn.
DEEP = """
  const deep = (root, wanted) => {
    for (const each of root.querySelectorAll("*")) {
      if (each.matches(wanted)) return each;
      const found = each.shadowRoot && deep(each.shadowRoot, wanted);
      if (found) return found;
    }
    return null;
  };
"""
HEAR = (
    RECORD.replace(
        "const track = tresenCall.remoteStream.getAudioTracks()[0];",
        DEEP
        + """
  // All that is played, as the ear has it.
  const context = new AudioContext({ sampleRate: 48000 });
  const together = context.createMediaStreamDestination();
  together.channelCount = 1;
  // Silence is sound too: without any the track would stand still.
  const silence = new ConstantSourceNode(context, { offset: 0 });
  silence.connect(together);
  silence.start();
  const { call, media } = deep(document, "console-stage").active;
  const customer = call.legs.find((leg) => leg.role === "customer").id;
  const alone = media.remotes.filter((one) => one.id === customer && one.audio).map((one) => one.audio);
  for (const each of whose === "customer" ? alone : media.sounds)
    context.createMediaStreamSource(new MediaStream([each])).connect(together);
  const [track] = together.stream.getAudioTracks();
""",
    )
    .replace("await reader.cancel();", "await reader.cancel(); await context.close();")
    .replace("async (seconds) =>", "async ([seconds, whose]) =>")
)
ENTERED = f"""() => {{ {DEEP} return Boolean(deep(document, "console-stage")?.active?.media?.sounds?.length); }}"""
LOOK = f"""
(name) => {{
  {DEEP}
  const stage = deep(document, "console-stage");
  const tile = [...stage.shadowRoot.querySelectorAll("console-call-tile")].find((each) => each.video && each.caption === name);
  const video = tile && tile.shadowRoot.querySelector("video");
  if (!video || !video.videoWidth) return null;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [{THUMB_WIDTH}, {THUMB_HEIGHT}];
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
  const grey = [];
  for (let i = 0; i < pixels.length; i += 4) grey.push(0.299 * pixels[i] + 0.587 * pixels[i + 1] + 0.114 * pixels[i + 2]);
  return grey;
}}
"""
FRAMES = f"""
() => {{
  {DEEP}
  const stage = deep(document, "console-stage");
  const tile = stage && [...stage.shadowRoot.querySelectorAll("console-call-tile:not(.own)")].find((each) => each.video);
  const video = tile && tile.shadowRoot.querySelector("video");
  return video ? video.getVideoPlaybackQuality().totalVideoFrames : 0;
}}
"""


class Rest:
    """Somebody's session, for REST."""

    def __init__(self, client: aiohttp.ClientSession, address: str, token: str) -> None:
        self.client, self.address, self.token = client, address, token

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The answer; fails with the server's words where it refuses."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.client.request(method, f"{self.address}{path}", json=body, headers=headers) as response:
            answer = await response.json() if response.content_type.endswith("json") else None
            assert response.status < 300, (method, path, response.status, answer)
            return answer


class Customer(Rest):
    """A visitor with a conversation."""

    conversation_id = ""
    call_id = ""

    async def begin(self, said: str) -> None:
        """Opens a conversation and says something."""
        self.conversation_id = (await self.ask("POST", "/v1/conversations", {}))["id"]
        await self.ask("POST", f"/v1/conversations/{self.conversation_id}/messages", {"id": new_id("msg"), "text": said})

    async def request(self, media: str = "video") -> str:
        """Asks for a call: the queue looks for a rep."""
        self.call_id = (await self.ask("POST", f"/v1/conversations/{self.conversation_id}/calls", {"media": media}))["id"]
        return self.call_id

    async def call(self) -> Any:
        return await self.ask("GET", f"/v1/calls/{self.call_id}")

    async def link(self) -> str:
        """The plain call page with this customer's seat in the call."""
        ticket = await self.ask("POST", f"/v1/calls/{self.call_id}/join")
        return f"{self.address}/call/{ticket['room']}?processing=off#token={ticket['token']}"

    async def until(self, what: str, condition: Any) -> Any:
        """Waits until the call, as the customer sees it, fulfils the condition."""
        end_s = time.monotonic() + DEADLINE_S
        while True:
            call = await self.call()
            if condition(call):
                return call
            assert time.monotonic() < end_s, f"gave up waiting: {what}; {call}"
            await asyncio.sleep(0.1)


class Console:
    """A rep's console."""

    def __init__(self, page: Page, rest: Rest, session: dict[str, Any]) -> None:
        self.page, self.rest, self.session = page, rest, session
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    @property
    def card(self) -> Locator:
        return self.page.locator("console-ring-card")

    @property
    def stage(self) -> Locator:
        return self.page.locator("console-stage")

    def button(self, name: str) -> Locator:
        """One of the stage's."""
        return self.page.locator("console-stage").get_by_role("button", name=name)

    async def open(self, address: str) -> None:
        """Signed in already, free for work."""
        await self.page.goto(f"{address}/console")
        await self.page.locator("console-ring").wait_for(state="attached")
        await self.rest.ask("PUT", "/v1/reps/me/status", {"status": "available"})

    async def rings(self) -> bool:
        return await self.card.count() > 0

    async def frames(self) -> int:
        return int(await self.page.evaluate(FRAMES))

    async def sees_movement(self, frames: int = 10) -> None:
        """Waits for so many more decoded frames of somebody else."""
        start = await self.frames()
        end_s = time.monotonic() + DEADLINE_S
        while await self.frames() < max(start, 0) + frames:
            assert time.monotonic() < end_s, f"no moving picture; {self.errors}"
            await asyncio.sleep(0.05)

    async def sees(self, name: str, other: Caller) -> None:
        """Looks until the tile of that name shows the other's picture."""
        found = []
        for _ in attempts():
            grey = await self.page.evaluate(LOOK, name)
            if grey is not None:
                found.append(likeness(np.array(grey, dtype=np.float32).reshape(THUMB_HEIGHT, THUMB_WIDTH), other.thumbs))
                if found[-1] > ALIKE:
                    return
            await asyncio.sleep(0.1)
        raise AssertionError(f"not {other.wav.stem}'s picture: {found[-5:]}; {self.errors}")

    async def sound(self, seconds: float = LISTEN_S, whose: str = "all") -> NDArray[np.float32]:
        """What is heard from now on, of everybody or of the customer alone."""
        end_s = time.monotonic() + DEADLINE_S
        while not await self.page.evaluate(ENTERED):
            assert time.monotonic() < end_s, f"no media of a call; {self.errors}"
            await asyncio.sleep(0.05)
        got = await asyncio.wait_for(self.page.evaluate(HEAR, [seconds, whose]), seconds + DEADLINE_S)
        return np.frombuffer(base64.b64decode(got["samples"]), dtype="<f4")

    async def hears(self, other: Caller, whose: str = "all") -> None:
        """Listens until it is the other's speech."""
        found = []
        for _ in attempts():
            recording = await self.sound(whose=whose)
            found.append((round(same_speech(recording, other.speech), 3), round(loudness(recording), 4)))
            if found[-1][0] > SAME and found[-1][1] > QUIETEST:
                return
        raise AssertionError(f"not {other.wav.stem}'s speech; likeness and loudness: {found}; {self.errors}")

    async def clean(self, within: str) -> None:
        """Nothing that axe-core finds there, by WCAG 2.2 A and AA."""
        ours = [each for each in await violations(self.page) if within in each]
        assert not ours, ours

    async def shot(self, name: str) -> None:
        """Keeps a picture of the page in artifacts/screens/."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=SCREENS / f"console-call-{name}.png")


@asynccontextmanager
async def browser_of(caller: Caller, *more: str) -> AsyncIterator[Browser]:
    """A browser whose devices are this caller's face and voice."""
    devices = [f"--use-file-for-fake-audio-capture={caller.wav}", f"--use-file-for-fake-video-capture={caller.video}"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path(), args=[*QUIET, *CALL, *devices, *more], timeout=1000 * DEADLINE_S
        )
        try:
            yield browser
        finally:
            await browser.close()


async def console_of(browser: Browser, client: aiohttp.ClientSession, address: str, login: str, **options: Any) -> Console:
    """A context of its own in the browser, with somebody signed in."""
    async with client.post(f"{address}/v1/login", json={"login": login, "password": PASSWORD}) as response:
        session = await response.json()
        assert response.status < 300, session
    context = await browser.new_context(**{"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", **options})
    context.set_default_timeout(1000 * DEADLINE_S)
    place = "'tresen.console.session'"
    kept = f"if (!localStorage.getItem({place})) localStorage.setItem({place}, {json.dumps(json.dumps(session))})"
    await context.add_init_script(kept)
    console = Console(await context.new_page(), Rest(client, address, session["token"]), session)
    await console.open(address)
    return console


async def visitor(client: aiohttp.ClientSession, address: str, said: str = "Does the kettle switch itself off?") -> Customer:
    """A visitor with a conversation that has begun."""
    async with client.post(f"{address}/v1/sessions", json={"site_id": SITE}) as response:
        session = await response.json()
        assert response.status < 300, session
    customer = Customer(client, address, session["token"])
    await customer.begin(said)
    return customer


async def customer_page(browser: Browser, customer: Customer) -> CallPage:
    """The customer's seat, entered."""
    context = await browser.new_context(viewport={"width": 1100, "height": 720})
    context.set_default_timeout(1000 * DEADLINE_S)
    page = CallPage(await context.new_page())
    await page.page.goto(await customer.link())
    await page.page.click("#join:enabled")
    return page
