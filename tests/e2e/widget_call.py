"""A customer in the demo shop with the widget, and a rep who answers by the API and with a peer connection of the test's own.

The rep's side is none of our web code, so that what the widget sends and shows is judged by somebody else's ears and eyes.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

from playwright.async_api import BrowserContext, Locator

from tests.e2e.axe import violations
from tests.e2e.face import Face
from tests.e2e.participant import DEADLINE_S
from tests.e2e.program import Demo
from tests.e2e.shopper import Caller, Refused, staff, talking

# Sends camera and microphone by WHIP, receives by WHEP, plays what comes in elements of the page.
JOIN = """
async ({ whip, whep, token, video, ice }) => {
  const offer = async (url, connection) => {
    await connection.setLocalDescription();
    await new Promise((done) => {
      if (connection.iceGatheringState === "complete") done();
      connection.onicegatheringstatechange = () => connection.iceGatheringState === "complete" && done();
      setTimeout(done, 2000);
    });
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/sdp", Authorization: "Bearer " + token },
      body: connection.localDescription.sdp,
    });
    if (!answer.ok) throw new Error(url + ": " + answer.status + " " + (await answer.text()));
    await connection.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  };
  // Who enters anew leaves the former connections and what they showed behind.
  for (const each of tresenSeen.open()) each.close();
  for (const each of document.querySelectorAll("audio, video")) each.remove();
  const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const own = await navigator.mediaDevices.getUserMedia({ audio: plain, video });
  const out = new RTCPeerConnection({ iceServers: ice });
  for (const track of own.getTracks()) out.addTransceiver(track, { direction: "sendonly" });
  const back = new RTCPeerConnection({ iceServers: ice });
  for (const kind of ["audio", "audio", "video", "video"]) back.addTransceiver(kind, { direction: "recvonly" });
  back.ontrack = ({ track }) => {
    const element = document.createElement(track.kind);
    element.autoplay = true;
    element.srcObject = new MediaStream([track]);
    document.body.append(element);
    element.play().catch(() => {});
  };
  await Promise.all([offer(whip, out), offer(whep, back)]);
}
"""


class Rep(Face):
    """Rita: takes whatever is offered to her, by REST."""

    rest: Caller

    async def ask(self, method: str, path: str, body: Any = None, *, status: int | None = None) -> Any:
        """One request; its JSON. `status`: the one it is to be answered with."""
        return await self.rest.ask(method, path, body, status=status)

    async def try_to(self, path: str) -> None:
        """One thing done, if it is not too late for it."""
        try:
            await self.ask("POST", path, {})
        except Refused as refused:
            if refused.status not in (404, 409):
                raise

    async def sought(self, what: str, path: str, wanted: Any = lambda found: found["data"]) -> Any:
        """Asks until there is what is wanted."""
        end_s = time.monotonic() + DEADLINE_S
        while not (found := wanted(await self.ask("GET", path))):
            assert time.monotonic() < end_s, f"gave up waiting: {what}"
            await asyncio.sleep(0.05)
        return found

    async def rung(self) -> dict[str, Any]:
        """The call that rings at her."""
        found = await self.sought("a ring", "/v1/rings", lambda got: [each for each in got["data"] if each["state"] == "ringing"])
        return dict(found[0])

    async def take(self, *, video: bool = True) -> dict[str, Any]:
        """Accepts the call that rings and joins it with her devices."""
        call = await self.rung()
        await self.ask("POST", f"/v1/calls/{call['id']}/accept")
        await self.join(call["id"], video=video)
        return call

    async def join(self, call_id: str, *, video: bool = True) -> None:
        """Enters the call's room."""
        ticket = await self.ask("POST", f"/v1/calls/{call_id}/join")
        given = {"whip": ticket["whip"], "whep": ticket["whep"], "token": ticket["token"], "ice": ticket["ice_servers"], "video": video}
        await self.page.evaluate(JOIN, given)

    async def served(self, customer_id: str) -> str:
        """Takes the chat of this customer's that is offered, and leaves others' alone; its conversation."""
        path = f"/v1/conversations?customer_id={customer_id}"
        made = await self.sought("the conversation", path, lambda got: [each["id"] for each in got["data"]])

        end_s = time.monotonic() + DEADLINE_S
        while True:
            offers = (await self.ask("GET", "/v1/reps/me/work"))["data"]
            mine = [each for each in offers if each["conversation_id"] == made[0]]
            if any(each["state"] == "assigned" for each in mine):
                break
            for each in mine:
                # An offer may have gone by while she reached for it; the next one comes.
                await self.try_to(f"/v1/tickets/{each['id']}/accept")
            assert time.monotonic() < end_s, f"gave up waiting for an offer: {offers}"
            await asyncio.sleep(0.1)
        return str(made[0])


@asynccontextmanager
async def on_duty(context: BrowserContext, demo: Demo, login: str = "rita") -> AsyncIterator[Rep]:
    """Logs in and is available until the block ends."""
    async with talking() as client:
        rep = Rep(await context.new_page())
        rep.rest = await staff(client, demo.address, login)
        # Any page of the server's origin will do: it is only there for its devices.
        await rep.page.goto(f"{demo.address}/health/live")
        await rep.ask("PUT", "/v1/reps/me/status", {"status": "available"})
        try:
            yield rep
        finally:
            for call in (await rep.ask("GET", "/v1/rings"))["data"]:
                await rep.try_to(f"/v1/calls/{call['id']}/{'decline' if call['state'] == 'ringing' else 'hang_up'}")
            # What is left open would be offered to the next test's rep.
            for one in (await rep.ask("GET", "/v1/conversations?status=open&limit=100"))["data"]:
                await rep.ask("POST", f"/v1/conversations/{one['id']}/close", {})
            await rep.ask("PUT", "/v1/reps/me/status", {"status": "offline"})


# Each in another light, on another device, in the other direction; the first is how pages are opened.
WIDGET = "#tresen-widget"
VIEWS: dict[str, tuple[int, int, Literal["light", "dark"], str]] = {
    "": (1440, 900, "light", "ltr"),
    "-dark-rtl": (1440, 900, "dark", "rtl"),
    "-phone-dark": (390, 844, "dark", "ltr"),
    "-phone-rtl": (390, 844, "light", "rtl"),
}
# Turns the widget's direction; whether it is dark.
TURN = f"""
(way) => {{
  const host = document.querySelector("{WIDGET}");
  host.dir = way;
  const ground = document.createElement("i");
  ground.style.color = "var(--paper)";
  host.shadowRoot.append(ground);
  const [red, green, blue] = getComputedStyle(ground).color.match(/[\\d.]+/g).map(Number);
  ground.remove();
  return red + green + blue < 200;
}}
"""


class Shopper(Face):
    """The customer in the shop. Everything is pressed as a person would, by role and name."""

    async def looks_right(self, state: str) -> None:
        """Keeps pictures of this state in all views; in none of them axe-core finds anything within the widget."""
        for view in VIEWS:
            await self._turn(view)
            assert await violations(self.page, selector=WIDGET) == [], f"{state}{view}"
            await self.screenshot(f"widget-call-{state}{view}")
        await self._turn("")

    async def _turn(self, view: str) -> None:
        width, height, scheme, way = VIEWS[view]
        await self.page.set_viewport_size({"width": width, "height": height})
        await self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert await self.page.evaluate(TURN, way) == (scheme == "dark"), f"not {scheme}"

    def button(self, name: str) -> Locator:
        """A button of the widget's."""
        return self.page.get_by_role("button", name=name, exact=True)

    async def open(self, view: str) -> None:
        """As the shop's page opens the widget."""
        await self.becomes("the widget", "() => document.getElementById('tresen-widget') !== null")
        await self.page.evaluate("(view) => window.tresen('open', { view })", view)

    async def id(self) -> str:
        """Whom the server takes this visitor for."""
        name = "Object.keys(localStorage).find((name) => name.endsWith('.session'))"
        script = f"() => {{ const name = {name}; return name && JSON.parse(localStorage[name]).person_id; }}"
        return str(await self.becomes("a session", script))

    async def says(self, words: str) -> None:
        """Waits until the widget says so."""
        await self.page.get_by_text(words).first.wait_for()

    async def connected(self) -> None:
        """Waits until the call runs."""
        await self.says("In a call with")


async def shopper(context: BrowserContext, address: str) -> Shopper:
    """A new page in the shop."""
    found = Shopper(await context.new_page())
    await found.page.goto(address)
    return found
