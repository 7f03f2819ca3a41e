"""Any face of ours in Firefox, as `face` is it in Chromium: judged by the browser's own connections and elements, and by its screen."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.e2e.bidi import Bidi
from tests.e2e.decoded import thumbnail
from tests.e2e.face import FIGURES, NOTE, SCREENS, THUMB
from tests.e2e.firefox import recorded
from tests.e2e.firefox_tab import Tab

# How many elements on the screen have these words, each counted once, in the innermost.
SAYS = """
(words) => {
  const says = (element) => element.textContent.includes(words);
  return tresenSeen.deep(document).filter((each) => says(each) && each.checkVisibility() && ![...each.children].some(says)).length;
}
"""
# How many messages of the conversation are these words.
READS = """
(words) => {
  const is = (element) => element.textContent.trim() === words;
  const logs = tresenSeen.deep(document).filter((each) => each.role === "log");
  return logs.flatMap((log) => tresenSeen.deep(log)).filter((each) => is(each) && ![...each.children].some(is)).length;
}
"""


class FirefoxFace(Tab):
    """One page of the widget's, the console's or the shop's."""

    @classmethod
    async def at(cls, browser: Bidi, address: str) -> "FirefoxFace":
        """A new tab with the page of this address."""
        face = await cls.open(browser, preload=f"() => {{ {NOTE} }}")
        await face.goto(address)
        return face

    async def figures(self) -> dict[str, Any]:
        figures: dict[str, Any] = await self.run(FIGURES)
        return figures

    async def state(self) -> Any:
        page = "() => [location.href, tresenSeen.connections.map((each) => each.connectionState)]"
        return [self.errors, self.violations, await self.run(page)]

    async def capture_sound(self, seconds: float) -> NDArray[np.float32]:
        return await recorded(self, "tresenSeen.heard", seconds)

    async def thumb(self) -> NDArray[np.float32]:
        return thumbnail(await self.wait("an element with the other's picture", THUMB))

    async def says(self, words: str) -> None:
        """Waits until these words are on the screen."""
        await self.wait(words, SAYS, words)

    async def reads(self, words: str) -> None:
        """Waits until the conversation has these words, once."""
        assert await self.wait(words, READS, words) == 1, words

    async def keep(self, name: str) -> None:
        """Keeps a picture of the page among the others' screens."""
        await self.screenshot(SCREENS / f"firefox-{name}.png")
