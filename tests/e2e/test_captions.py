"""Captions in a call: what one says, the other reads, once the speaker has agreed.

Debian's Chromium has no recogniser behind its Web Speech API. A stand-in with the API's own shape is put in its place, which hears what the
test says; everything from its first word on, to the letters on the other's page, is real.
"""

import asyncio
import re
from pathlib import Path

from tests.e2e.axe import violations
from tests.e2e.face import Face, browser, face
from tests.e2e.program import demo
from tests.e2e.sources import Caller
from tests.e2e.test_story import rep_at, write

RECOGNISER = """
(() => {
  const running = new Set();
  window.SpeechRecognition = class extends EventTarget {
    static async available() { return "available"; }
    start(track) { this.track = track; running.add(this); }
    abort() { running.delete(this); }
  };
  window.tresenSay = (text, isFinal) => {
    for (const each of running) {
      if (each.track.readyState !== "live" || !each.track.enabled) throw new Error("a track that is not to be heard");
      const results = [Object.assign([{ transcript: text }], { isFinal })];
      each.dispatchEvent(Object.assign(new Event("result"), { resultIndex: 0, results }));
    }
    return running.size;
  };
})();
"""


async def listens(one: Face, recognisers: int) -> None:
    """Waits until so many recognisers hear this page's person."""
    await one.becomes(f"{recognisers} recognisers", "(count) => tresenSay('…', false) === count", recognisers)


async def says(one: Face, *texts: str) -> None:
    """A sentence as it grows."""
    for text in texts:
        await one.page.evaluate("([text, isFinal]) => tresenSay(text, isFinal)", [text, text == texts[-1]])
        await asyncio.sleep(0.3)


async def test_what_one_says_the_other_reads_once_the_speaker_agrees(tmp_path: Path, customer: Caller, rep: Caller) -> None:
    with demo(tmp_path) as running:
        async with browser(customer) as shopping, browser(rep) as working:
            await working.add_init_script(RECOGNISER)
            await shopping.add_init_script("delete window.SpeechRecognition; delete window.webkitSpeechRecognition;")
            rita = await face(working, running.console)
            await rep_at(rita, "rita")
            ana = await face(shopping, running.shop)
            await ana.page.get_by_role("button", name="Talk to us").click()
            await ana.page.get_by_role("button", name=re.compile("^Chat")).click()
            await write(ana, "I cannot hear well.")
            await rita.page.get_by_role("button", name="Accept").click()
            await rita.page.get_by_text("I cannot hear well.").first.wait_for()
            await ana.page.get_by_role("button", name="Back to the start").click()
            await ana.page.get_by_role("button", name=re.compile("^Video")).click()
            await ana.page.get_by_role("button", name="Call now with video").click()
            await rita.page.locator("console-ring").get_by_role("button", name="Accept").click()
            await asyncio.gather(ana.sees(rep), rita.sees(customer))

            # The customer reads; not a word is written before the rep agrees, and it is said where the sound goes.
            await ana.page.get_by_role("button", name="Captions").click()
            await ana.page.get_by_text("What is said will be written here.").wait_for()
            await rita.page.get_by_text("May your browser write down what you say? The sound stays on this device.").wait_for()
            await listens(rita, 0)
            await rita.screenshot("captions-asked")
            await rita.page.get_by_role("button", name="Yes, write it").click()
            await listens(rita, 1)
            await says(rita, "The kettle", "The kettle works on <b>induction</b>")
            await ana.page.get_by_text("The kettle works on <b>induction</b>", exact=True).wait_for()
            await rita.page.get_by_text("reads what you say").wait_for()
            for one, name in ((ana, "captions-widget"), (rita, "captions-writing")):
                await one.screenshot(name)
                assert await violations(one.page) == []

            # Muted is muted for the recogniser, too; and back with the microphone.
            await rita.page.get_by_role("button", name="Mute", exact=True).click()
            await listens(rita, 0)
            await rita.page.get_by_role("button", name="Mute", exact=True).click()
            await listens(rita, 1)

            # The other way the customer's browser cannot: the rep is told, not left waiting.
            await rita.page.get_by_role("button", name="Captions").click()
            await rita.page.get_by_text("cannot be written here").wait_for()

            # Nobody reads any more: nothing is written any more. What was said is kept nowhere.
            await ana.page.get_by_role("button", name="Captions").click()
            await listens(rita, 0)
            await ana.page.reload()
            await ana.sees(rep)
            assert await ana.page.get_by_text("works on").count() == 0
            assert ana.errors == rita.errors == []
            assert ana.violations == rita.violations == []
