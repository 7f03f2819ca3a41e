"""One call between Chromium (customer) and Firefox (rep), checked both ways: `python -m tests.e2e.firefox_call FOLDER`.

A program of its own, since `test_firefox` runs it in a network namespace. Ends with 0 when all is as it should be.
"""

import asyncio
import sys
import time
from pathlib import Path

from tests.e2e.browsers import THUMB, chromium
from tests.e2e.firefox import TONE_HZ, firefox
from tests.e2e.hearing import SAME, loudness, same_speech
from tests.e2e.program import ROOT, demo
from tests.e2e.sources import ALIKE, FRONT, THUMB_HEIGHT, THUMB_WIDTH, likeness, make_caller
from tests.support.seeing import hear

# On the namespace's loopback interface. Documentation range, RFC 5737: nobody's.
ADDRESS = "192.0.2.1"
FRAMES = 60
FPS_LEAST = 10


async def call(folder: Path) -> None:
    """Makes the call and checks it."""
    customer = make_caller(folder, "customer", FRONT, "carphone_pristine.mp4", 352, 288)
    with demo(folder, announced=ADDRESS, udp_host=ADDRESS) as running:
        async with chromium(customer) as one, firefox(folder) as two:
            await one.join(running.links["customer"])
            await two.join(running.links["rep"])

            # What Firefox gets is the customer's voice and face.
            first = await two.seeing(1)
            started_s = time.monotonic()
            last = await two.seeing(first["framesDecoded"] + FRAMES)
            assert (last["framesDecoded"] - first["framesDecoded"]) / (time.monotonic() - started_s) >= FPS_LEAST
            assert (last["width"], last["height"]) == (352, 288), last
            heard = await two.record(4.0)
            assert loudness(heard) > 0.01, loudness(heard)
            assert same_speech(heard, customer.speech) > SAME, same_speech(heard, customer.speech)
            assert likeness((await two.thumb(THUMB)).reshape(THUMB_HEIGHT, THUMB_WIDTH), customer.thumbs) > ALIKE

            # What Chromium gets is Firefox's tone and its moving picture.
            now = await one.seeing(FRAMES)
            assert now["width"] >= 320 and now["height"] >= 240, now
            tone = (await one.record(1.0) * 32767).clip(-32768, 32767).astype("int16")
            sound = hear(tone)
            assert sound.rms > 0.02 and abs(sound.frequency_hz - TONE_HZ) < 6 and sound.purity > 0.9, sound
            assert now["srtpCipher"] in ("AEAD_AES_128_GCM", "SRTP_AEAD_AES_128_GCM"), now
            assert (await one.thumb()).std() > 1
            await two.screenshot(ROOT / "artifacts" / "firefox.png")
            assert one.errors == []


if __name__ == "__main__":
    asyncio.run(call(Path(sys.argv[1])))
