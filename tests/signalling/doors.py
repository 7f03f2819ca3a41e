"""A door with operations of the tests' own, so that what is tested is the door and not what is behind it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import Field

from mediaserver.errors import Conflict
from mediaserver.http import edge as outer_edge
from signalling.api import edge, rest
from signalling.api.models import Body, ConversationId
from signalling.api.operation import Context, Operations
from signalling.app import SignallingCore
from signalling.conversation import conversation
from signalling.identity.caller import ANYBODY, PUBLIC
from signalling.store import Transaction

Client = TestClient[web.Request, web.Application]


class Thing(Body):
    name: str = Field(max_length=40)
    text: str = Field(default="", max_length=1000)
    count: int = 0
    anything: Any = None
    kind: Literal["a", "b"] = "a"
    tags: list[str] = Field(default=[], max_length=3)


class Search(Body):
    limit: int = Field(default=10, ge=1, le=100)
    open: bool | None = None
    kinds: list[str] = Field(default=[], max_length=3)
    q: str = Field(default="", max_length=20)


@dataclass(frozen=True, slots=True)
class Made:
    id: str
    version: int
    text: str


@dataclass(slots=True)
class Bench:
    """The operations and what they have seen."""

    calls: int = 0
    gate: asyncio.Event | None = None
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    refuse: bool = False

    def operations(self) -> Operations:
        made = Operations("Test")

        @made.add("thing.make", "POST", "/v1/things", roles=ANYBODY, status=201, creates=True)
        async def make(context: Context, body: Thing) -> Made:
            """Makes a thing."""
            self.calls += 1
            self.begun.set()
            if self.gate is not None:
                await self.gate.wait()

            def work(tx: Transaction) -> Made:
                begun = conversation.begin(tx, context.tenant_id, context.caller.id, context.caller.actor)
                if self.refuse:
                    raise Conflict("Not now.")
                return Made(begun.id, 7, body.text)

            return await context.write(work)

        @made.add("thing.change", "PUT", "/v1/things/{thing_id}", roles=ANYBODY, if_match=True)
        async def change(context: Context, thing_id: ConversationId, body: Thing) -> Made:
            """Changes a thing."""
            return Made(thing_id, context.version(), body.text)

        @made.add("thing.search", "GET", "/v1/things", roles=PUBLIC)
        async def search(context: Context, query: Search) -> dict[str, Any]:
            """Echoes what was understood."""
            return query.model_dump()

        @made.add("thing.fail", "GET", "/v1/failing", roles=PUBLIC)
        async def fail(context: Context) -> Made:
            """A fault of ours."""
            words = ["something", "secret"]
            raise RuntimeError(" ".join(words))

        @made.add("thing.take", "POST", "/v1/raw", roles=PUBLIC, body_types=("text/csv",), body_bytes=100)
        async def take(context: Context, body: bytes) -> dict[str, int]:
            """Takes a file."""
            return {"bytes": len(body), "at": int(time.time())}

        return made


@asynccontextmanager
async def opened(core: SignallingCore, bench: Bench) -> AsyncIterator[Client]:
    """HTTP to the bench's operations on this core."""
    application = web.Application(middlewares=[outer_edge(["*"])])
    edge.mount(application, core.services)
    rest.mount(application, bench.operations(), core.services)
    async with TestClient(TestServer(application)) as client:
        yield client
