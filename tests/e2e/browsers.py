"""Chromium with a caller's face and voice as its devices, and the call page in it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Page, async_playwright

from tests.e2e.decoded import SAMPLES, SMALL, samples, thumbnail
from tests.e2e.participant import DEADLINE_S, Participant
from tests.e2e.sources import Caller, chromium_path

# As Chromium names AEAD_AES_128_GCM (RFC 7714), with and without the prefix of the IANA registry.
GCM = ("AEAD_AES_128_GCM", "SRTP_AEAD_AES_128_GCM")

QUIET = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--disable-default-apps",
    "--disable-extensions",
    "--mute-audio",
]
CALL = [
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    # Media to and from 127.0.0.1, which browsers otherwise leave out of ICE.
    "--allow-loopback-in-peer-connection",
]
NO_CAMERA = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream=device-count=0"]
DENIED = ["--use-fake-device-for-media-stream", "--deny-permission-prompts"]

RECORD = f"(seconds) => {SAMPLES}(tresenCall.remoteStream.getAudioTracks()[0], seconds)"
THUMB = f"() => {SMALL}(document.getElementById('remote'))"


class CallPage(Participant):
    """The call page in Chromium."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    async def join(self, link: str, **query: str) -> None:
        """Opens the link and enters the call."""
        query = {"processing": "off"} | query
        await self.page.goto(f"{link}?{'&'.join(f'{name}={value}' for name, value in query.items())}")
        await self.page.click("#join:enabled")

    async def join_plainly(self, link: str) -> None:
        """Enters as a visitor does: with echo cancellation, noise suppression, gain control and adaptation at work."""
        await self.page.goto(link)
        await self.page.click("#join:enabled")

    async def rejoin(self) -> None:
        """Reloads the page and enters again, as somebody does who pressed the wrong key."""
        await self.page.reload()
        await self.page.click("#join:enabled")

    async def connected(self) -> None:
        """Waits until the page says so."""
        await self.page.wait_for_selector("#status[data-state=connected]")

    async def previewing(self) -> None:
        """Waits until the lobby shows the caller's own picture. (The page's policy forbids Playwright's `wait_for_function`.)"""
        end_s = time.monotonic() + DEADLINE_S
        while not await self.page.evaluate("document.getElementById('preview').videoWidth"):
            assert time.monotonic() < end_s, "no picture in the lobby"
            await asyncio.sleep(0.05)

    async def figures(self) -> dict[str, Any]:
        figures: dict[str, Any] = await self.page.evaluate("tresenCall.stats()")
        return figures

    async def state(self) -> Any:
        return [await self.page.evaluate("[tresenCall.view, tresenCall.state]"), self.errors]

    async def capture_sound(self, seconds: float) -> NDArray[np.float32]:
        return samples(await asyncio.wait_for(self.page.evaluate(RECORD, seconds), seconds + DEADLINE_S))

    async def thumb(self) -> NDArray[np.float32]:
        return thumbnail(await self.page.evaluate(THUMB))


@asynccontextmanager
async def chromium(caller: Caller | None, *extra: str) -> AsyncIterator[CallPage]:
    """A browser of its own (its fake devices are a property of the process), with one page in it."""
    devices = []
    if caller is not None:
        devices = [f"--use-file-for-fake-audio-capture={caller.wav}", f"--use-file-for-fake-video-capture={caller.video}"]
    async with async_playwright() as playwright:
        options = [*QUIET, *(extra or CALL), *devices]
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=options, timeout=1000 * DEADLINE_S)
        try:
            context = await browser.new_context(viewport={"width": 1100, "height": 720})
            context.set_default_timeout(1000 * DEADLINE_S)
            yield CallPage(await context.new_page())
        finally:
            await browser.close()


async def screenshot(page: CallPage, name: str) -> Path:
    """Keeps a picture of the page in artifacts/."""
    target = Path(__file__).resolve().parents[2] / "artifacts" / f"{name}.png"
    target.parent.mkdir(exist_ok=True)
    await page.page.screenshot(path=target)
    return target
