"""A signalling core on SQLite and on PostgreSQL: every test that takes `core`, `store` or `client` runs on both."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bench.postgres import Postgres
from mediaserver.http import edge
from signalling import tenants
from signalling.app import SignallingCore
from signalling.bus import LocalBus
from signalling.config import Settings
from signalling.store import Store, migrations
from signalling.store.tables import metadata
from tests.signalling.people import TENANT, clock_now


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Postgres(port)
    yield server
    server.close()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database of the present shape, to copy: making the shape takes longer than most tests."""
    path = tmp_path_factory.mktemp("shape") / "shape.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_database(postgres: Postgres) -> str:
    """The same on PostgreSQL, to be emptied for each test: making a database takes longer still."""
    postgres.sql("CREATE DATABASE shape")
    migrate(postgres.url("shape"))
    return "shape"


def migrate(url: str) -> None:
    """Brings a new database to the present shape."""

    async def run() -> None:
        store = Store(url, bus=LocalBus(), master_keys={"shape": bytes(32)})
        await store.open(migrations.upgrade)
        await store.close()

    asyncio.run(run())


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        path = tmp_path / "tresen.db"
        shutil.copy(request.getfixturevalue("migrated_file"), path)
        return f"sqlite:///{path}"
    server: Postgres = request.getfixturevalue("postgres")
    name: str = request.getfixturevalue("migrated_database")
    server.sql("; ".join(f"DELETE FROM {table.name}" for table in metadata.sorted_tables), name)
    return server.url(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with nothing in it, for tests that give it a shape of their own."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    server.sql("CREATE DATABASE empty")
    yield server.url("empty")
    server.sql("DROP DATABASE empty WITH (FORCE)")


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    # Patient: on a busy machine a server that starts a process for a connection is slow, not away.
    return Settings(data_dir=tmp_path, database_url=database_url, webhook_private_addresses=True, database_patience_s=20)


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
