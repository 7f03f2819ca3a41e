"""A signalling core on a port of this machine, in a thread with a loop of its own, for clients that are not asyncio's."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from mediaserver.http import edge
from signalling.app import SignallingCore
from signalling.config import Settings

T = TypeVar("T")
WITHIN_S = 60


class LiveCore:
    """Running until `close`."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        unlimited = dict.fromkeys(("reads", "writes", "logins", "inbound"), 0)
        limits = {f"rate_limit_{kind}_per_min": value for kind, value in unlimited.items()}
        url = f"sqlite:///{folder / 'tresen.db'}"
        self.settings = Settings(**{"data_dir": folder, "database_url": url, "webhook_private_addresses": True, **limits, **settings})
        self.loop = asyncio.new_event_loop()
        self.core: SignallingCore
        self._runner: web.AppRunner
        self._thread = threading.Thread(target=self._serve, name="live-core", daemon=True)
        self._thread.start()
        self.run(self._open())

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return self.core.address

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine on the core's own loop."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self.loop)
        return future.result(WITHIN_S)

    def write(self, work: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """`Store.write`."""
        return self.run(self.core.store.write(work, *arguments, **named))

    def read(self, work: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """`Store.read`."""
        return self.run(self.core.store.read(work, *arguments, **named))

    def close(self) -> None:
        """Ends it."""
        self.run(self._shut())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(WITHIN_S)

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    async def _open(self) -> None:
        self.core = SignallingCore(self.settings)
        application = web.Application(middlewares=[edge(["*"])])
        self.core.mount(application)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.core.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        await self.core.start()

    async def _shut(self) -> None:
        await self._runner.cleanup()
        await self.core.stop()
