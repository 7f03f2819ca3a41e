"""A whole media server in this process: native workers, real UDP, its HTTP edge on a free loopback port."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from mediaserver import MediaServer
from mediaserver.http import application
from tests.support.serving import settings, token

# Only ever waited out by a test that fails.
DEADLINE_S = 60.0
POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Live:
    server: MediaServer
    url: str

    def counters(self) -> dict[str, int]:
        """The first worker's."""
        return self.server.counters()[0]

    def endpoint(self, protocol: str, identity: str, room: str = "shop") -> tuple[str, str]:
        """URL and Bearer token of a WHIP or WHEP client."""
        return f"{self.url}/{protocol}/{room}", token(identity, room, ttl_s=600)


@asynccontextmanager
async def living(mount: Callable[[web.Application], None] = lambda _: None, **changes: Any) -> AsyncIterator[Live]:
    """A started server; media on 127.0.0.1 unless told otherwise. `mount` adds to its HTTP application."""
    server = MediaServer(settings(**({"announced_addresses": ["127.0.0.1"]} | changes)))
    await server.start()
    edge = application(server)
    mount(edge)
    runner = web.AppRunner(edge)
    try:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield Live(server, f"http://127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()
        await server.stop()


async def until(condition: Callable[[], object], what: str, instead: Callable[[], object] = lambda: "") -> None:
    """Waits for a condition of this process to hold; the test fails, with `what` and what there is `instead`, where it does not."""
    end_s = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end_s, f"gave up waiting: {what}; {instead()}"
        await asyncio.sleep(POLL_S)
