"""A machine of an installation: the signalling core and, where it is wanted, the media server beside it, behind one HTTP port.

For `cli`. The media plane does not wait for the database: it serves from the start, and goes on while the database is away; the core
begins as soon as there is one, and answers 503 until then. Decides nothing else.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from mediaserver import http
from mediaserver.errors import LocalError, Unavailable
from mediaserver.server import MediaServer
from signalling.app import SignallingCore
from signalling.calling.media import MediaPlane
from signalling.config import Settings
from signalling.port import HttpPort

log = logging.getLogger(__name__)

# How often a database is looked for that was not there at the start.
AGAIN_S = 2.0

# Makes the calls' media plane of this process's media server.
Plane = Callable[[MediaServer], MediaPlane]
Prepare = Callable[[SignallingCore], Awaitable[None]]


async def nothing(_: SignallingCore) -> None:
    """Prepares nothing."""


class Node:
    """See the module. A `process.Server`."""

    def __init__(self, settings: Settings, *, plane: Plane | None = None, prepare: Prepare = nothing) -> None:
        """`plane` None: without a media server. `prepare`: runs when the core has begun. Opens nothing yet."""
        self.settings = settings
        self.media = MediaServer(settings) if plane is not None else None
        if self.media is not None:
            self.application = http.application(self.media, admits=self._admits)
        else:
            self.application = web.Application(middlewares=[http.edge(settings.cors_origins, self._admits)])
        self.core = SignallingCore(settings, plane(self.media) if plane is not None and self.media is not None else None)
        self.core.mount(self.application)
        if self.media is not None:
            self.core.services.metrics.expose(self.media.metrics.registry)
        self._port = HttpPort(settings.http_host, settings.http_port, self.application)
        self._prepare = prepare
        self._later: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        """Where a browser on this machine finds it."""
        return self._port.address

    async def start(self) -> None:
        """Opens the ports, then the store; a database that is not there is looked for until it is. LocalError for a wrong one."""
        try:
            if self.media is not None:
                await self.media.start()
            await self._port.open()
            self.core.address = self.address
            await self._begin()
        except Unavailable:
            log.warning("The database is not there; the signalling core begins when it is")
            self._later = asyncio.create_task(self._begin_later(), name="node-begin")
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Drains the media server with the configured deadline, then closes everything. Idempotent."""
        if self._later is not None:
            self._later.cancel()
            await asyncio.gather(self._later, return_exceptions=True)
            self._later = None
        if self.media is not None:
            await self.media.stop(self.settings.drain_deadline_s)
        await self.core.stop()
        await self._port.close()

    def _admits(self, origin: str) -> bool:
        """The pages of sites call WHIP and WHEP too, whatever `cors_origins` says of others."""
        return self.core.services.identity.admits(origin)

    async def _begin(self) -> None:
        await self.core.start()
        await self._prepare(self.core)

    async def _begin_later(self) -> None:
        while True:
            await asyncio.sleep(AGAIN_S)
            try:
                await self._begin()
            except Unavailable:
                continue
            except LocalError as error:
                log.error("The signalling core cannot begin: %s", error)
            return
