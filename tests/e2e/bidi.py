"""WebDriver BiDi, the W3C's protocol to steer a browser: JSON over one WebSocket. Only its wire; what is said over it is `firefox`'s.

Playwright's Firefox is a patched build; over this one drives the Firefox that people have.
"""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp

from tests.e2e.participant import DEADLINE_S

Handler = Callable[[dict[str, Any]], None]


class BidiError(Exception):
    """The browser said no. `code`: the standard's name for why."""

    def __init__(self, command: str, code: str, message: str) -> None:
        super().__init__(f"{command}: {code}: {message}")
        self.code = code


class Bidi:
    """A session. Commands may be under way side by side; events go to the handlers that `on` has named."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._handlers: dict[str, list[Handler]] = {}

    async def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Sends one command and gives its result; raises a BidiError."""
        number = next(self._numbers)
        self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        answer = await asyncio.wait_for(self._answers[number], DEADLINE_S)
        if answer["type"] != "success":
            raise BidiError(f"{method} {parameters}"[:500], answer["error"], answer["message"])
        return dict(answer["result"])

    async def on(self, event: str, handler: Handler) -> None:
        """Hands every such event's parameters to the handler from now on."""
        self._handlers.setdefault(event, []).append(handler)
        await self.command("session.subscribe", events=[event])

    async def read(self) -> None:
        """Reads until the browser ends the session."""
        async for message in self._socket:
            said = message.json()
            if said["type"] == "event":
                for handler in self._handlers.get(said["method"], []):
                    handler(said["params"])
            elif (answer := self._answers.pop(said["id"], None)) and not answer.done():
                answer.set_result(said)
        for answer in self._answers.values():
            answer.cancel()


@contextlib.asynccontextmanager
async def session(port: int) -> AsyncIterator[Bidi]:
    """A session with the browser that listens at this port of 127.0.0.1."""
    async with aiohttp.ClientSession() as client, client.ws_connect(f"ws://127.0.0.1:{port}/session", max_msg_size=0) as socket:
        bidi = Bidi(socket)
        reading = asyncio.create_task(bidi.read())
        try:
            await bidi.command("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": False}})
            yield bidi
        finally:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading
