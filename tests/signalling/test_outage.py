"""The database is gone, or hangs: an answer all the same, nothing piles up, and it goes on by itself.

How soon an answer comes is measured in `docs/storage.md`; here it only has to come.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bench.postgres import Postgres
from mediaserver.errors import Unavailable
from mediaserver.http import edge
from signalling import tenants
from signalling.app import SignallingCore
from signalling.config import Settings
from signalling.conversation import conversation, timeline
from signalling.store import Store
from tests.signalling.people import CUSTOMER, TENANT, bearer, clock_now
from tests.support.until import until

Client = TestClient[web.Request, web.Application]
# Far above what it takes; far below for ever.
ANSWERED_WITHIN_S = 20.0
WAYS = {"gone": (Postgres.kill, Postgres.restart), "hanging": (Postgres.pause, Postgres.resume)}


@pytest.fixture(scope="module")
def fragile() -> Iterator[Postgres]:
    """A server of its own, since it suffers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Postgres(port)
    server.sql("CREATE DATABASE outage")
    yield server
    server.close()


@pytest.fixture
async def core(fragile: Postgres, tmp_path: Path) -> AsyncIterator[SignallingCore]:
    fragile.sql("DROP DATABASE outage WITH (FORCE)")
    fragile.sql("CREATE DATABASE outage")
    limits = {f"rate_limit_{each}_per_min": 0 for each in ("reads", "writes")}
    made = SignallingCore(Settings(data_dir=tmp_path, database_url=fragile.url("outage"), **limits), clock=clock_now)
    await made.start()
    await made.store.write(tenants.create, TENANT, "Shop")
    yield made
    await made.stop()


@pytest.fixture
async def client(core: SignallingCore) -> AsyncIterator[Client]:
    application = web.Application(middlewares=[edge(["*"])])
    core.mount(application)
    async with TestClient(TestServer(application)) as made:
        yield made


async def answers(store: Store) -> bool:
    try:
        return await store.check() >= 0
    except Unavailable:
        return False


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ends", "begins"), [(Postgres.kill, Postgres.restart), (Postgres.pause, Postgres.resume)], ids=["gone", "hanging"]
)
async def test_while_the_database_is_away_everybody_is_told_so_and_then_it_goes_on(
    fragile: Postgres, core: SignallingCore, client: Client, ends: Callable[[Postgres], None], begins: Callable[[Postgres], None]
) -> None:
    mine = bearer(core, CUSTOMER)
    made = (await core.store.write(conversation.begin, TENANT, CUSTOMER.id, CUSTOMER.actor)).id
    kept = [await core.store.write(timeline.append, TENANT, made, "message.created", CUSTOMER.actor, {"n": n}) for n in range(3)]
    socket_ = await client.ws_connect("/v1/socket")
    await socket_.send_json({"type": "hello", "token": mine["Authorization"].removeprefix("Bearer ")})
    await asyncio.to_thread(ends, fragile)
    try:
        for _ in range(2):
            async with asyncio.timeout(ANSWERED_WITHIN_S):
                asked = [client.get(f"/v1/conversations/{made}/timeline", headers=mine) for _ in range(60)]
                asked += [client.post("/v1/conversations", json={}, headers=mine) for _ in range(60)]
                replies = await asyncio.gather(*asked)
            assert {reply.status for reply in replies} == {503}
            assert all(int(reply.headers["Retry-After"]) >= 1 for reply in replies)
        with pytest.raises(Unavailable):
            await core.store.check()
        assert not socket_.closed
    finally:
        await asyncio.to_thread(begins, fragile)
    await until(lambda: answers(core.store))
    entry = await core.store.write(timeline.append, TENANT, made, "message.created", CUSTOMER.actor, {})
    assert entry.seq == kept[-1].seq + 1
    assert (await client.get(f"/v1/conversations/{made}/timeline", headers=mine)).status == 200
    assert not socket_.closed
    await socket_.close()
