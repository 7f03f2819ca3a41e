"""One call between Chromium (customer) and Firefox (rep), checked both ways: `python -m tests.e2e.firefox_call FOLDER ADDRESS`.

A program of its own, since `test_firefox` runs it in a network namespace. ADDRESS is one of this machine that
Firefox takes. Ends with 0 when all is as it should be.
"""

import asyncio
import sys
from pathlib import Path

from tests.e2e.browsers import GCM, chromium
from tests.e2e.firefox import TONE_HZ, firefox
from tests.e2e.participant import attempts
from tests.e2e.program import ROOT, demo
from tests.e2e.sources import FRONT, make_caller
from tests.support.seeing import hear

WATCH_S = 5.0
FPS_LEAST = 10.0


async def call(folder: Path, address: str) -> None:
    """Makes the call and checks it."""
    customer = make_caller(folder, "customer", FRONT, "carphone_pristine.mp4", 352, 288)
    with demo(folder, announced=address, udp_host=address) as running:
        async with chromium(customer) as one, firefox(folder) as two:
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
            heard = []
            for _ in attempts():
                heard.append(hear((await one.record(1.0) * 32767).clip(-32768, 32767).astype("int16")))
                if heard[-1].rms > 0.02 and abs(heard[-1].frequency_hz - TONE_HZ) < 6 and heard[-1].purity > 0.9:
                    break
            else:
                raise AssertionError(f"not Firefox's tone: {heard}")
            assert (await one.thumb()).std() > 1
            # Firefox, too, agrees to GCM where the server is the DTLS server.
            for browser in (one, two):
                ciphers = {side: figures["srtpCipher"] for side, figures in (await browser.figures()).items()}
                assert set(ciphers.values()) <= set(GCM), ciphers
            await two.screenshot(ROOT / "artifacts" / "firefox.png")
            assert one.errors == []


if __name__ == "__main__":
    asyncio.run(call(Path(sys.argv[1]), sys.argv[2]))
