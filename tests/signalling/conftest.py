"""A signalling core on SQLite and on PostgreSQL: every test that takes `core`, `store` or `client` runs on both."""

import itertools
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from mediaserver.http import edge
from signalling import tenants
from signalling.app import SignallingCore
from signalling.config import Settings
from signalling.store import Store
from tests.signalling.people import TENANT, clock_now
from tests.support.postgres import Postgres

DATABASES = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Postgres(port)
    yield server
    server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'tresen.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    name = f"test_{next(DATABASES)}"
    server.sql(f"CREATE DATABASE {name}")
    return server.url(name)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, database_url=database_url, webhook_private_addresses=True)


@pytest.fixture
async def core(settings: Settings) -> AsyncIterator[SignallingCore]:
    """Started, with the tenants of `people`."""
    made = SignallingCore(settings, clock=clock_now)
    await made.start()
    await made.store.write(tenants.create, TENANT, "Shop")
    yield made
    await made.stop()


@pytest.fixture
def store(core: SignallingCore) -> Store:
    return core.store


@pytest.fixture
async def client(core: SignallingCore) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    """HTTP to that core."""
    application = web.Application(middlewares=[edge(["*"])])
    core.mount(application)
    async with TestClient(TestServer(application)) as made:
        core.address = str(made.make_url("")).rstrip("/")
        yield made
