"""A client of `/v1/socket` for tests: says hello, asks, collects what is pushed, and holds every frame it gets against its model."""

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestClient

from signalling.api.messages import SERVER_FRAMES

# Far beyond what anything takes; reached only where it would never come.
WITHIN_S = 30.0


class Refused(Exception):
    """An `error` frame."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(f"{problem['status']} {problem['code']}: {problem['detail']}")
        self.problem = problem


class Closed(AssertionError):
    """The server closed the socket, with `code`, while something was awaited."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"the socket was closed: {code}")
        self.code = code


class SocketClient:
    """One socket. Reads in a task of its own; what is pushed lies in `pushed`, in order."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self.pushed: list[dict[str, Any]] = []
        self.welcome: dict[str, Any] = {}
        self.resume = ""
        self._answers: dict[str, asyncio.Future[Any]] = {}
        self._numbers = itertools.count(1)
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._read())

    @classmethod
    async def connect(
        cls, http: TestClient[web.Request, web.Application], token: str, *, hello: dict[str, Any] | None = None
    ) -> "SocketClient":
        """A socket that was welcomed. Comes back where the database of a busy machine did not answer in time (1013)."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                made = cls(await http.ws_connect("/v1/socket"))
                await made.ws.send_json({"type": "hello", "token": token, **(hello or {})})
                try:
                    await made.until(lambda made=made: bool(made.welcome))  # type: ignore[misc]
                    return made
                except Closed as closed:
                    if closed.code != 1013:
                        raise

    async def ask(self, kind: str, **fields: Any) -> Any:
        """The result of a request. `Refused` where it is an error; asks again where the database did not answer in time (503)."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                try:
                    return await self._asked(kind, dict(fields))
                except Refused as refused:
                    if refused.problem["status"] != 503:
                        raise

    async def _asked(self, kind: str, fields: dict[str, Any]) -> Any:
        identifier = fields.pop("id", None) or f"r{next(self._numbers)}"
        future = self._answers[identifier] = asyncio.get_running_loop().create_future()
        await self.tell(kind, id=identifier, **fields)
        return await future

    async def tell(self, kind: str, **fields: Any) -> None:
        """Sends a frame and awaits nothing."""
        await self.ws.send_str(json.dumps({"type": kind, **fields}))

    async def until(self, holds: Callable[[], bool]) -> None:
        """Waits for frames until this is so."""
        async with asyncio.timeout(WITHIN_S):
            while not holds():
                if self._task.done():
                    self._task.result()
                    raise Closed(self.ws.close_code)
                self._changed.clear()
                await self._changed.wait()

    def entries(self, conversation_id: str | None = None) -> list[dict[str, Any]]:
        """The entries pushed so far."""
        found = [frame["entry"] for frame in self.pushed if frame["type"] == "entry"]
        return [entry for entry in found if conversation_id in (None, entry["conversation_id"])]

    def seqs(self, conversation_id: str | None = None) -> list[int]:
        """Their numbers."""
        return [entry["seq"] for entry in self.entries(conversation_id)]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The pushed frames of this type."""
        return [frame for frame in self.pushed if frame["type"] == kind]

    async def closed(self) -> int | None:
        """The code the server closes with, once it has."""
        async with asyncio.timeout(WITHIN_S):
            await asyncio.wait((self._task,))
        return self.ws.close_code

    def cut(self) -> None:
        """The network is gone: no close frame, nothing."""
        assert self.ws._response.connection is not None and self.ws._response.connection.transport is not None
        self.ws._response.connection.transport.abort()
        self._task.cancel()

    async def close(self) -> None:
        """Leaves."""
        self._task.cancel()
        await self.ws.close()

    async def _read(self) -> None:
        try:
            async for message in self.ws:
                assert message.type is WSMsgType.TEXT
                frame = json.loads(message.data)
                if (model := SERVER_FRAMES.get(frame["type"])) is not None:
                    model.model_validate(frame)
                self._take(frame)
                self._changed.set()
        finally:
            self._changed.set()

    def _take(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "welcome":
                self.welcome = frame
                self.resume = frame["resume"]
            case "resume":
                self.resume = frame["resume"]
            case "result" | "pong" if frame["id"] in self._answers:
                self._answers.pop(frame["id"]).set_result(frame.get("result"))
            case "error" if frame["id"] in self._answers:
                self._answers.pop(frame["id"]).set_exception(Refused(frame["problem"]))
            case _:
                self.pushed.append(frame)
