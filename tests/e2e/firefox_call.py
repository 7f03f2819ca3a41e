"""One call between Chromium (customer) and Firefox (rep), checked both ways: `python -m tests.e2e.firefox_call FOLDER ADDRESS`.

A program of its own, since `test_firefox` runs it in a network namespace. ADDRESS is one of this machine that
Firefox takes. Ends with 0 when all is as it should be.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.e2e.browsers import GCM, THUMB, chromium
from tests.e2e.decoded import thumbnail
from tests.e2e.firefox import firefox, hears_firefox, recorded, sees_firefox
from tests.e2e.firefox_tab import Tab
from tests.e2e.program import ROOT, demo
from tests.e2e.sources import FRONT, make_caller

WATCH_S = 5.0
FPS_LEAST = 10.0


class FirefoxCall(Tab):
    """The call page in Firefox."""

    async def join(self, link: str) -> None:
        """Opens the call page and enters the call."""
        await self.goto(f"{link}?processing=off")
        await self.press("button", "Join the call")

    async def figures(self) -> dict[str, Any]:
        figures: dict[str, Any] = await self.run("() => tresenCall.stats()")
        return figures

    async def capture_sound(self, seconds: float) -> NDArray[np.float32]:
        return await recorded(self, "() => tresenCall.remoteStream.getAudioTracks()", seconds)

    async def thumb(self) -> NDArray[np.float32]:
        return thumbnail(await self.run(THUMB))

    async def state(self) -> Any:
        return [self.errors, await self.run("() => [tresenCall.view, tresenCall.state]")]


async def call(folder: Path, address: str) -> None:
    """Makes the call and checks it."""
    customer = make_caller(folder, "customer", FRONT, "carphone_pristine.mp4", 352, 288)
    with demo(folder, announced=address, udp_host=address) as running:
        async with chromium(customer) as one, firefox(folder) as browser:
            two = await FirefoxCall.open(browser)
            await one.join(running.links["customer"])
            await two.join(running.links["rep"])

            # What Firefox gets is the customer's voice and face.
            await asyncio.gather(one.moves(WATCH_S, FPS_LEAST), two.moves(WATCH_S, FPS_LEAST))
            last = await two.receiving()
            assert (last["width"], last["height"]) == (352, 288), last
            await two.hears(customer)
            await two.sees(customer)

            # What Chromium gets is Firefox's tone and its moving picture.
            now = await one.receiving()
            assert now["width"] >= 320 and now["height"] >= 240, now
            await hears_firefox(one)
            await sees_firefox(one)
            # Firefox, too, agrees to GCM where the server is the DTLS server.
            for page in (one, two):
                ciphers = {side: figures["srtpCipher"] for side, figures in (await page.figures()).items()}
                assert set(ciphers.values()) <= set(GCM), ciphers
            await two.screenshot(ROOT / "artifacts" / "firefox.png")
            assert one.errors == two.errors == two.violations == []


if __name__ == "__main__":
    asyncio.run(call(Path(sys.argv[1]), sys.argv[2]))
