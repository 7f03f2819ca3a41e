"""A tab of Firefox: looks at a page, presses and types in it as a person does, by the roles and names of assistive technology.

What a call's page or one of our faces is in it: `firefox_call`, `firefox_face`.
"""

import asyncio
import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from tests.e2e.bidi import Bidi, BidiError
from tests.e2e.participant import DEADLINE_S, Participant

# The page's and every open shadow root, or those within the first element that fits the selector.
ROOTS = """
(within) => {
  let roots = [];
  const gather = (root) => {
    roots.push(root);
    for (const each of [root, ...root.querySelectorAll("*")]) if (each.shadowRoot) gather(each.shadowRoot);
  };
  gather(document);
  if (!within) return roots;
  const found = roots.map((root) => root.querySelector(within)).find(Boolean);
  roots = [];
  if (found) gather(found);
  return roots;
}
"""
# It is on the screen, can be used, and nothing lies over its middle.
READY = """
(element) => {
  element.scrollIntoView({ block: "nearest", inline: "nearest" });
  const { left, top, width, height } = element.getBoundingClientRect();
  if (!width || !height || element.matches(":disabled, [aria-disabled=true]")) return false;
  const under = (root) => {
    const at = root.elementFromPoint(left + width / 2, top + height / 2);
    return (at?.shadowRoot && at.getRootNode() === root && under(at.shadowRoot)) || at;
  };
  for (let at = under(document); at; at = at.assignedSlot ?? at.parentNode ?? at.host) if (at === element) return true;
  return false;
}
"""
# The field that has the focus ends with this.
HOLDS = """
(text) => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return Boolean(at?.value?.endsWith(text));
}
"""
# Firefox tells of a network that fails where it tells of exceptions.
NO_EXCEPTION = "Firefox can’t establish a connection"
# What was found may have gone by the time it is looked at.
GONE = ("no such node", "no such element", "stale element reference")
KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "Tab": "\ue004", "Alt": "\ue00a", "Shift": "\ue008"}


class Tab(Participant):
    """A tab, with a profile's part of its own. `errors`: uncaught exceptions; `violations`: of the page's Content-Security-Policy."""

    def __init__(self, bidi: Bidi, context: str) -> None:
        self._bidi, self._context = bidi, context
        self.errors: list[str] = []
        self.violations: list[str] = []

    @classmethod
    async def open(cls, bidi: Bidi, preload: str = "() => {}", width: int = 1440, height: int = 900) -> Self:
        """A new one. `preload`: a function that runs before every page's own scripts."""
        user = (await bidi.command("browser.createUserContext"))["userContext"]
        tab = cls(bidi, (await bidi.command("browsingContext.create", type="tab", userContext=user))["context"])
        await bidi.on("log.entryAdded", tab._logged)
        await bidi.command("script.addPreloadScript", functionDeclaration=preload, contexts=[tab._context])
        await bidi.command("browsingContext.setViewport", context=tab._context, viewport={"width": width, "height": height})
        return tab

    def _logged(self, entry: dict[str, Any]) -> None:
        ours = entry["source"].get("context") == self._context and entry["type"] == "javascript" and entry["level"] == "error"
        if not ours or entry["text"].startswith(NO_EXCEPTION):
            return
        (self.violations if "Content-Security-Policy" in entry["text"] else self.errors).append(entry["text"])

    async def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command about this tab."""
        return await self._bidi.command(method, context=self._context, **parameters)

    async def goto(self, address: str) -> None:
        """Opens the page."""
        await self.command("browsingContext.navigate", url=address, wait="complete")

    async def reload(self) -> None:
        """Loads the page again."""
        await self.command("browsingContext.reload", wait="complete")

    async def offline(self, cut: bool) -> None:
        """Takes the page's network away, or gives it back. (Media goes on: it is UDP.)"""
        conditions = {"type": "offline"} if cut else None
        await self._bidi.command("emulation.setNetworkConditions", networkConditions=conditions, contexts=[self._context])

    async def call(self, function: str, *arguments: dict[str, Any]) -> dict[str, Any]:
        """What a JavaScript function gives, its promise awaited, as the wire has it."""
        result = await self._bidi.command(
            "script.callFunction",
            functionDeclaration=function,
            arguments=list(arguments),
            target={"context": self._context},
            awaitPromise=True,
        )
        assert result["type"] == "success", result["exceptionDetails"]["text"]
        return dict(result["result"])

    async def run(self, function: str, *arguments: Any, on: str | None = None) -> Any:
        """The same with values of JSON. `on`: a found element, the last argument."""
        wrapped = f"async (given, ...on) => JSON.stringify(await ({function})(...JSON.parse(given), ...on))"
        element = [{"sharedId": on}] if on else []
        found = await self.call(wrapped, {"type": "string", "value": json.dumps(arguments)}, *element)
        return json.loads(found.get("value", "null"))

    async def find(self, role: str, name: str, within: str = "") -> str | None:
        """An element that assistive technology knows by this role and name, which a person could use now."""
        roots = (await self.call(ROOTS, {"type": "string", "value": within}))["value"]
        if not roots:
            return None
        locator = {"type": "accessibility", "value": {"role": role, "name": name}}
        starts = [{"sharedId": each["sharedId"]} for each in roots]
        for node in (await self.command("browsingContext.locateNodes", locator=locator, startNodes=starts))["nodes"]:
            if await self.run(READY, on=node["sharedId"]):
                return str(node["sharedId"])
        return None

    async def shown(self, role: str, name: str, within: str = "") -> str:
        """Waits for such an element."""
        end_s = time.monotonic() + DEADLINE_S
        while True:
            try:
                found = await self.find(role, name, within)
            except BidiError as error:
                if error.code not in GONE:
                    raise
                found = None
            if found:
                return found
            assert time.monotonic() < end_s, f"gave up waiting: {role} {name}; {await self.state()}"
            await asyncio.sleep(0.1)

    async def press(self, role: str, name: str, within: str = "") -> None:
        """Presses the mouse in the middle of such an element."""
        element = {"sharedId": await self.shown(role, name, within)}
        move = {"type": "pointerMove", "x": 0, "y": 0, "origin": {"type": "element", "element": element}}
        await self._act("pointer", [move, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}])

    async def fill(self, role: str, name: str, text: str, within: str = "") -> None:
        """Types into such a field."""
        await self.press(role, name, within)
        await self.type(text)

    async def wait(self, what: str, function: str, *arguments: Any, until: Callable[[Any], object] = bool) -> Any:
        """Asks again until the answer will do."""
        end_s = time.monotonic() + DEADLINE_S
        while not until(value := await self.run(function, *arguments)):
            assert time.monotonic() < end_s, f"gave up waiting: {what}; {value}, {await self.state()}"
            await asyncio.sleep(0.1)
        return value

    async def key(self, keys: str) -> None:
        """Presses keys together: `Enter`, `Alt+Shift+O`."""
        pressed = [KEYS.get(each, each) for each in keys.split("+")]
        ups = [{"type": "keyUp", "value": each} for each in reversed(pressed)]
        await self._act("key", [*({"type": "keyDown", "value": each} for each in pressed), *ups])

    async def type(self, text: str) -> None:
        """Types where the focus is, until it is there to be read."""
        await self._act("key", [{"type": act, "value": each} for each in text for act in ("keyDown", "keyUp")])
        await self.wait("what was typed", HOLDS, text)

    async def _act(self, source: str, actions: list[dict[str, Any]]) -> None:
        await self.command("input.performActions", actions=[{"type": source, "id": source, "actions": actions}])

    async def screenshot(self, target: Path) -> None:
        """Keeps a picture of what is on the screen."""
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(base64.b64decode((await self.command("browsingContext.captureScreenshot"))["data"]))
