"""Consoles of signed-in reps in Chromium, and a customer who asks for calls by REST and talks through the plain call page."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Browser, Locator, Page, async_playwright

from signalling.identity.seed import PASSWORD, SITE
from tests.e2e.axe import violations
from tests.e2e.browsers import CALL, QUIET, CallPage
from tests.e2e.decoded import SAMPLES, SMALL, samples, thumbnail
from tests.e2e.face import NOTE, Face
from tests.e2e.hearing import SAME, loudness, same_speech
from tests.e2e.participant import DEADLINE_S, LISTEN_S, QUIETEST, attempts
from tests.e2e.shopper import Caller as Rest
from tests.e2e.shopper import Shopper
from tests.e2e.sources import ALIKE, Caller, chromium_path, likeness

# Width and height, scheme of colours, direction of writing: every state is looked at in each of these.
SHAPES = {
    "light": (1440, 900, "light", "ltr"),
    "dark": (1440, 900, "dark", "ltr"),
    "narrow-rtl": (1024, 768, "light", "rtl"),
    "phone": (390, 844, "light", "ltr"),
    "phone-dark-rtl": (390, 844, "dark", "rtl"),
}
STAGE = 'tresenSeen.deep(document).find((each) => each.localName === "console-stage")'
# All that is played in a call, as the ear has it, or what is played of the leg in that part alone.
HEAR = f"""
async ([seconds, whose]) => {{
  let wanted = tresenSeen.heard();
  if (whose !== "all") {{
    const active = ({STAGE})?.active;
    if (!active?.media) return null;
    const legs = active.call.legs.filter((leg) => leg.role === whose).map((leg) => leg.id);
    const its = active.media.remotes.filter((one) => legs.includes(one.id)).map((one) => one.audio);
    wanted = wanted.filter((track) => its.includes(track));
  }}
  if (whose === "all" && !wanted.length) return null;
  const context = new AudioContext({{ sampleRate: 48000 }});
  const together = context.createMediaStreamDestination();
  together.channelCount = 1;
  // Silence is sound too: without any the track would stand still.
  const silence = new ConstantSourceNode(context, {{ offset: 0 }});
  silence.connect(together);
  silence.start();
  for (const each of wanted) context.createMediaStreamSource(new MediaStream([each])).connect(together);
  const got = await {SAMPLES}(together.stream.getAudioTracks()[0], seconds);
  await context.close();
  return got;
}}
"""
# The tile of that name on the stage; without a name the largest picture there is.
LOOK = f"""
(name) => {{
  const tile = tresenSeen.largest((element) => !name || element.getRootNode().host?.caption === name);
  return tile && {SMALL}(tile);
}}
"""


class Customer(Shopper):
    """A visitor with a conversation, who may ask for calls."""

    call_id = ""

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

    async def answers(self, consent: str, purpose: str = "recording") -> None:
        """Says yes (`grant`) or no (`refuse`) to what was asked, or takes it back (`withdraw`)."""
        given = {"purpose": purpose, "conversation_id": self.conversation_id}
        if consent == "grant":
            await self.ask("POST", "/v1/me/consents", {**given, "scope": "call", "text_version": "1", "locale": "en"})
        else:
            await self.ask("POST", f"/v1/me/consents/{consent}", given)

    async def until(self, what: str, condition: Any) -> Any:
        """Waits until the call, as the customer sees it, fulfils the condition."""
        end_s = time.monotonic() + DEADLINE_S
        while True:
            call = await self.call()
            if condition(call):
                return call
            assert time.monotonic() < end_s, f"gave up waiting: {what}; {call}"
            await asyncio.sleep(0.1)


class Console(Face):
    """A rep's console."""

    def __init__(self, page: Page, rest: Rest) -> None:
        super().__init__(page)
        self.rest = rest

    @property
    def card(self) -> Locator:
        return self.page.locator("console-ring-card")

    @property
    def stage(self) -> Locator:
        return self.page.locator("console-stage")

    @property
    def panel(self) -> Locator:
        """What the stage's controls open."""
        return self.page.locator("console-call-panels")

    def button(self, name: str) -> Locator:
        """One of the stage's."""
        return self.stage.get_by_role("button", name=name)

    async def open(self) -> None:
        """Signed in already, free for work."""
        await self.page.goto(f"{self.rest.address}/console")
        await self.page.locator("console-ring").wait_for(state="attached")
        await self.be("available")

    async def be(self, status: str) -> None:
        await self.rest.ask("PUT", "/v1/reps/me/status", {"status": status})

    async def rings(self) -> bool:
        return await self.card.count() > 0

    async def capture_sound(self, seconds: float, whose: str = "all") -> NDArray[np.float32]:
        return samples(await self._given(lambda: self.page.evaluate(HEAR, [seconds, whose]), "nothing of a call is played"))

    async def hears(self, other: Caller, whose: str = "all") -> NDArray[np.float32]:
        """Listens until all that is played, or what that part (customer, rep) says, is the other's speech."""
        found = []
        for _ in attempts():
            recording = await self.capture_sound(LISTEN_S, whose)
            found.append((round(same_speech(recording, other.speech), 3), round(loudness(recording), 4)))
            if found[-1][0] > SAME and found[-1][1] > QUIETEST:
                return recording
        raise AssertionError(f"not {other.wav.stem}'s speech; likeness and loudness: {found}; {await self.state()}")

    async def thumb(self, name: str = "") -> NDArray[np.float32]:
        return thumbnail(await self._given(lambda: self.page.evaluate(LOOK, name), f"no picture {name}"))

    async def sees(self, other: Caller, name: str = "") -> NDArray[np.float32]:
        """Looks until the tile of that name, or the largest, shows the other's picture."""
        found = []
        for _ in attempts():
            thumb = await self.thumb(name)
            found.append(likeness(thumb, other.thumbs))
            if found[-1] > ALIKE:
                return thumb
            await self.seeing(5)
        raise AssertionError(f"not {other.wav.stem}'s picture: {found[-5:]}; {await self.state()}")

    async def clean(self, within: str = "console-") -> None:
        """Nothing that axe-core finds there, by WCAG 2.2 A and AA."""
        ours = [each for each in await violations(self.page) if within in each]
        assert not ours, ours

    async def shot(self, name: str) -> None:
        """Keeps a picture of the page in artifacts/screens/."""
        await self.screenshot(f"console-call-{name}")

    async def in_every_shape(self, name: str, *shapes: str) -> None:
        """Looks at the present state in these shapes (all, where none is named): pictures are kept, nothing is wider than the page, and
        axe finds nothing."""
        for shape in shapes or SHAPES:
            width, height, scheme, direction = SHAPES[shape]
            await self.page.set_viewport_size({"width": width, "height": height})
            await self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            await self.page.evaluate("(direction) => { document.documentElement.dir = direction; }", direction)
            await self.shot(f"{name}-{shape}")
            await self.clean()
            wider = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wider <= 0, f"{name}, {shape}: {wider} px wider than the page"
        await self.page.set_viewport_size({"width": 1440, "height": 900})
        await self.page.emulate_media(color_scheme="light", reduced_motion="no-preference")
        await self.page.evaluate("() => { document.documentElement.dir = 'ltr'; }")


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
    rest = Rest(client, address)
    session = await rest.ask("POST", "/v1/login", {"login": login, "password": PASSWORD})
    rest.token, rest.id = session["token"], session["person_id"]
    context = await browser.new_context(**{"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", **options})
    context.set_default_timeout(1000 * DEADLINE_S)
    await context.add_init_script(NOTE)
    place = "'tresen.console.session'"
    kept = f"if (!localStorage.getItem({place})) localStorage.setItem({place}, {json.dumps(json.dumps(session))})"
    await context.add_init_script(kept)
    console = Console(await context.new_page(), rest)
    await console.open()
    return console


async def visitor(client: aiohttp.ClientSession, address: str, said: str = "Does the kettle switch itself off?") -> Customer:
    """A visitor with a conversation that has begun."""
    customer = Customer(client, address)
    customer.token = (await customer.ask("POST", "/v1/sessions", {"site_id": SITE}))["token"]
    customer.conversation_id = (await customer.ask("POST", "/v1/conversations", {}))["id"]
    await customer.say(said)
    return customer


async def customer_page(browser: Browser, customer: Customer) -> CallPage:
    """The customer's seat, entered."""
    context = await browser.new_context(viewport={"width": 1100, "height": 720})
    context.set_default_timeout(1000 * DEADLINE_S)
    page = CallPage(await context.new_page())
    await page.page.goto(await customer.link())
    await page.page.click("#join:enabled")
    return page
