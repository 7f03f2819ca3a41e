"""The process under test: `python -m bench.signalling.server core|bare`, driven over its standard input (`bench.pipe`).

    core   the signalling core on SQLite in a temporary folder, its HTTP on loopback
    bare   an aiohttp server that echoes text frames: what the sockets alone cost

Limits meant for strangers are lifted; everything else is as it is served.
"""

import asyncio
import gc
import logging
import sys
import tempfile
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import WSMsgType, web

from bench.pipe import serve
from bench.server import pin
from signalling import tenants
from signalling.app import SignallingCore
from signalling.config import Settings
from signalling.conversation import conversation
from signalling.identity.caller import Caller, Role
from signalling.ids import new_id
from signalling.store import Transaction

HOST = "127.0.0.1"
TENANT = new_id("ten")
TOKEN_S = 3600


class Subject:
    """What both have in common."""

    def __init__(self) -> None:
        self.runner: web.AppRunner | None = None

    async def serve(self, application: web.Application) -> int:
        """The port it is served on."""
        self.runner = web.AppRunner(application, access_log=None)
        await self.runner.setup()
        await web.TCPSite(self.runner, HOST, 0, backlog=4096).start()
        return int(self.runner.addresses[0][1])

    async def do_settle(self) -> None:
        """What is garbage is gone afterwards."""
        await asyncio.sleep(0.2)
        gc.collect()


class Bare(Subject):
    """An echo."""

    async def do_open(self, core: int | None) -> dict[str, Any]:
        pin(core)
        application = web.Application()
        application.router.add_get("/echo", self._echo)
        return {"port": await self.serve(application)}

    async def _echo(self, request: web.Request) -> web.WebSocketResponse[Any]:
        ws: web.WebSocketResponse[Any] = web.WebSocketResponse()
        await ws.prepare(request)
        async for message in ws:
            if message.type is WSMsgType.TEXT:
                await ws.send_str(message.data)
        return ws

    async def do_close(self) -> None:
        assert self.runner is not None
        await self.runner.cleanup()


class Core(Subject):
    """The signalling core."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="tresen-bench-")
        self.core: SignallingCore

    async def do_open(self, core: int | None) -> dict[str, Any]:
        pin(core)
        settings = Settings(
            data_dir=Path(self.folder.name),
            socket_requests_per_s=1_000_000,
            sockets_max=100_000,
            rate_limit_reads_per_min=0,
            rate_limit_writes_per_min=0,
        )
        self.core = SignallingCore(settings)
        await self.core.start()
        await self.core.store.write(tenants.create, TENANT, "Bench")
        application = web.Application()
        self.core.mount(application)
        return {"port": await self.serve(application)}

    async def do_conversations(self, count: int) -> list[dict[str, str]]:
        """Conversations of as many customers, and a rep who may watch them all: ids and tokens."""

        def begun(tx: Transaction, customers: list[Caller]) -> list[str]:
            return [conversation.begin(tx, TENANT, each.id, each.actor).id for each in customers]

        customers = [Caller(TENANT, new_id("cust"), Role.CUSTOMER, "Ana", session_id=new_id("ses")) for _ in range(count)]
        rep = self._token(Caller(TENANT, new_id("rep"), Role.REP, "Rita", session_id=new_id("ses")))
        made = [each for at in range(0, count, 500) for each in await self.core.store.write(begun, customers[at : at + 500])]
        return [{"id": each, "customer": self._token(customer), "rep": rep} for each, customer in zip(made, customers, strict=True)]

    async def do_seqs(self, ids: list[str]) -> dict[str, int]:
        """The last entry of each of these conversations, as stored."""

        def read(tx: Transaction) -> dict[str, int]:
            rows = ((each, conversation.find(tx, TENANT, each)) for each in ids)
            return {each: row.seq for each, row in rows if row is not None}

        return await self.core.store.read(read)

    async def do_close(self) -> None:
        assert self.runner is not None
        await self.runner.cleanup()
        await self.core.stop()
        self.folder.cleanup()

    def _token(self, caller: Caller) -> str:
        return self.core.services.identity.session_token(caller, TOKEN_S)


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    uvloop.run(serve({"core": Core, "bare": Bare}[sys.argv[1]]()))
