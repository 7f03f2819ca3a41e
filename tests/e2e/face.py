"""Any page of ours in a browser, the widget on a shop's page and the console alike: what of a call's media is decoded there.

Looks at the browser's own peer connections and elements, not at what our code says of them: connections are noted as the page makes them,
and only a picture or sound that an element on the page plays counts as seen or heard.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.async_api import BrowserContext, ConsoleMessage, Page, async_playwright

from tests.e2e.browsers import CALL, QUIET
from tests.e2e.decoded import PIXELS, SAMPLES, SMALL, samples, thumbnail
from tests.e2e.participant import DEADLINE_S, Participant
from tests.e2e.sources import Caller, chromium_path

SCREENS = Path(__file__).resolve().parents[2] / "artifacts" / "screens"

# Before the page's own scripts: every connection that is made, and ways to look through open shadow roots.
NOTE = """
(() => {
  const connections = [];
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...given) { super(...given); connections.push(this); }
  };
  const deep = (root, found = []) => {
    for (const element of root.querySelectorAll("*")) {
      found.push(element);
      if (element.shadowRoot) deep(element.shadowRoot, found);
    }
    return found;
  };
  // What is heard need not lie on the page.
  const played = new Set();
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () { played.add(this); return play.call(this); };
  const open = () => connections.filter((each) => each.connectionState !== "closed");
  const received = (kind) => open().flatMap((each) => each.getReceivers()).map((each) => each.track)
    .filter((track) => track && track.kind === kind && track.readyState === "live");
  const sent = (kind) => open().flatMap((each) => each.getSenders()).map((each) => each.track)
    .filter((track) => track && track.kind === kind && track.readyState === "live");
  const playing = (kind) => [...new Set([...deep(document), ...played])].filter((element) => {
    if (!(element instanceof HTMLMediaElement) || element.paused || !(element.srcObject instanceof MediaStream)) return false;
    if (kind === "audio" && (element.muted || element.volume === 0)) return false;
    const ids = new Set(received(kind).map((track) => track.id));
    return element.srcObject.getTracks().some((track) => track.kind === kind && ids.has(track.id));
  });
  const heard = () => {
    const ids = new Set(received("audio").map((track) => track.id));
    return playing("audio").flatMap((element) => element.srcObject.getAudioTracks()).filter((track) => ids.has(track.id));
  };
  const area = (element) => element.clientWidth * element.clientHeight;
  const largest = (wanted = () => true) => playing("video")
    .filter((element) => element.videoWidth > 0 && element.checkVisibility() && wanted(element))
    .reduce((one, two) => (one && area(one) >= area(two) ? one : two), null);
  window.tresenSeen = { connections, deep, open, received, sent, playing, heard, largest };
})();
"""
FIGURES = """
async () => {
  const side = { receiving: null, sending: null };
  for (const connection of tresenSeen.open()) {
    for (const report of (await connection.getStats()).values()) {
      const into = { "inbound-rtp": "receiving", "outbound-rtp": "sending" }[report.type];
      if (!into) continue;
      const now = (side[into] ??= { at_ms: 0, bytes: 0 });
      now.at_ms = Math.max(now.at_ms, report.timestamp);
      now.bytes += report.bytesReceived ?? report.bytesSent ?? 0;
      if (report.kind === "video") {
        now.framesDecoded = (now.framesDecoded ?? 0) + (report.framesDecoded ?? 0);
        now.keyFrames = (now.keyFrames ?? 0) + (report.keyFramesDecoded ?? 0);
        now.width = report.frameWidth ?? now.width;
        now.height = report.frameHeight ?? now.height;
      } else now.samplesReceived = (now.samplesReceived ?? 0) + (report.totalSamplesReceived ?? 0);
    }
  }
  return side;
}
"""
RECORD = f"""
async (seconds) => {{
  const track = tresenSeen.heard()[0]?.clone();
  if (!track) return null;
  const got = await {SAMPLES}(track, seconds);
  track.stop();
  return got;
}}
"""
# What is largest is what one looks at.
THUMB = f"() => tresenSeen.largest() && {SMALL}(tresenSeen.largest())"
COLOUR = f"() => tresenSeen.largest() && {PIXELS}(tresenSeen.largest(), 1, 1)"


class Face(Participant):
    """One page. `errors`: uncaught exceptions; `violations`: what the page's Content-Security-Policy has refused."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        self.violations: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._logged)

    def _logged(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.violations.append(message.text)

    async def figures(self) -> dict[str, Any]:
        figures: dict[str, Any] = await self.page.evaluate(FIGURES)
        return figures

    async def state(self) -> Any:
        return [self.page.url, self.errors, await self.page.evaluate("tresenSeen.connections.map((each) => each.connectionState)")]

    async def capture_sound(self, seconds: float) -> NDArray[np.float32]:
        return samples(await self._given(lambda: self.page.evaluate(RECORD, seconds), "no element plays the other's sound"))

    async def thumb(self) -> NDArray[np.float32]:
        return thumbnail(await self._given(lambda: self.page.evaluate(THUMB), "no element shows the other's picture"))

    async def colour(self) -> tuple[int, int, int]:
        """Of the picture as a whole: red, green, blue."""
        red, green, blue = await self._given(lambda: self.page.evaluate(COLOUR), "no element shows the other's picture")
        return red, green, blue

    async def _given(self, look: Callable[[], Any], otherwise: str) -> Any:
        end_s = time.monotonic() + DEADLINE_S
        while True:
            got = await look()
            if got is not None:
                return got
            assert time.monotonic() < end_s, f"{otherwise}; {await self.state()}"
            await asyncio.sleep(0.1)

    async def becomes(self, what: str, script: str, argument: Any = None) -> Any:
        """Waits until the script gives something true. (The pages' policy forbids Playwright's `wait_for_function`.)"""
        end_s = time.monotonic() + DEADLINE_S
        while True:
            got = await self.page.evaluate(script, argument)
            if got:
                return got
            assert time.monotonic() < end_s, f"gave up waiting: {what}; {await self.state()}"
            await asyncio.sleep(0.05)

    async def frames_again(self) -> float:
        """Seconds of the page's own clock from its navigation until an element shows a received picture."""
        script = "() => tresenSeen.playing('video').some((each) => each.videoWidth > 0) && performance.now() / 1000"
        return float(await self.becomes("a picture of the other side", script))

    async def screenshot(self, name: str) -> None:
        """Keeps a picture of the page."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=SCREENS / f"{name}.png")


@asynccontextmanager
async def browser(caller: Caller | None, *extra: str, **context: Any) -> AsyncIterator[BrowserContext]:
    """A browser of its own with a caller's devices; `context`: as Playwright's `new_context` takes it."""
    devices = []
    if caller is not None:
        devices = [f"--use-file-for-fake-audio-capture={caller.wav}", f"--use-file-for-fake-video-capture={caller.video}"]
    async with async_playwright() as playwright:
        options = [*QUIET, *(extra or CALL), *devices]
        chromium = await playwright.chromium.launch(executable_path=chromium_path(), args=options, timeout=1000 * DEADLINE_S)
        try:
            made = await chromium.new_context(**({"viewport": {"width": 1440, "height": 900}, "locale": "en-GB"} | context))
            made.set_default_timeout(1000 * DEADLINE_S)
            await made.add_init_script(NOTE)
            yield made
        finally:
            await chromium.close()


async def face(context: BrowserContext, address: str) -> Face:
    """A new page of the browser at this address."""
    made = Face(await context.new_page())
    await made.page.goto(address)
    return made
