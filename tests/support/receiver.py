"""A shop's webhook receiver on loopback: keeps what it gets, answers what it is told to."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Received:
    """One request."""

    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Receiver:
    """`answers` are used up one a request; then it is 204. `answer` decides instead, where it is set."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    answer: Callable[[Received], int] | None = None
    runner: Any = None
    _more: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def start(self) -> None:
        application = web.Application()
        application.router.add_post("/hook", self._take)
        self.runner = web.AppRunner(application)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}/hook"

    async def stop(self) -> None:
        await self.runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        got = Received({name.lower(): value for name, value in request.headers.items()}, await request.read())
        async with self._more:
            self.received.append(got)
            self._more.notify_all()
        if self.answer is not None:
            return web.Response(status=self.answer(got))
        status, headers = self.answers.pop(0) if self.answers else (204, {})
        return web.Response(status=status, headers=headers)

    async def until(self, count: int, within_s: float = 30.0) -> list[Received]:
        """What was received, once that many have come."""
        async with asyncio.timeout(within_s):
            async with self._more:
                await self._more.wait_for(lambda: len(self.received) >= count)
        return self.received
