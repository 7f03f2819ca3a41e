"""What a durable append to a timeline costs, beside the same SQL on a bare driver, and beside a driver that crosses threads per statement.

For `tresen bench store`. CPU time of the whole process per append (user and system), medians over runs that take turns. `store`: concurrent
`store.write(timeline.append, ...)`. `sqlite3`: the same statements with the same bytes, prepared, in groups of the same size, without
sealing, futures or bus: what no store could beat. `aiosqlite`: the same statements through SQLAlchemy's async engine, one transaction an
append, as SQLAlchemy's own documentation would have it.
"""

import asyncio
import importlib.util
import json
import resource
import sqlite3
import statistics
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine

from signalling import tenants
from signalling.app import SignallingCore
from signalling.config import Settings
from signalling.conversation import conversation, timeline
from signalling.conversation.timeline import Actor
from signalling.store.units import GROUP_MOST

TENANT = "ten_01JD3Q8Z6W0V7M9K4C2T5B8N1X"
ANA = Actor("customer", "cust_01JD3Q8Z6W0V7M9K4C2T5B8N1X", "Ana")
CONVERSATIONS = 10
TEXT = "Is this one in stock, and when would it be here? " * 2
# As the store's own connections have it.
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
ADVANCE = "UPDATE conversations SET seq=(seq + 1), updated_at_us=? WHERE tenant_id = ? AND id = ? RETURNING seq"
COLUMNS = "tenant_id, conversation_id, seq, kind, at_us, actor_kind, actor_id, visibility, body"
INSERT = f"INSERT INTO timeline ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
ENDPOINTS = "SELECT id, kinds FROM webhook_endpoints WHERE tenant_id = ? AND status = 'enabled'"


def cpu_s() -> float:
    """Of this process, all threads, kernel time too."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class Subjects:
    """The three, on one database each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ids: list[str] = []

    async def open(self) -> None:
        """Makes the databases, the same in all."""
        self._core = SignallingCore(Settings(data_dir=self._folder, database_url=f"sqlite:///{self._folder / 'store.db'}"))
        await self._core.start()
        await self._core.store.write(tenants.create, TENANT, "Shop")
        for _ in range(CONVERSATIONS):
            self._ids.append((await self._core.store.write(conversation.begin, TENANT, ANA.id, ANA)).id)
        body = json.dumps({"name": ANA.name, "data": {"text": TEXT}}).encode()
        self._body = await self._core.store.read(lambda tx: tx.seal(TENANT, body, "bench"))
        source = sqlite3.connect(self._folder / "store.db")
        for name in ("bare", "aio"):
            with sqlite3.connect(self._folder / f"{name}.db") as copy:
                source.backup(copy)
        source.close()
        self._bare = sqlite3.connect(self._folder / "bare.db", isolation_level=None)
        for pragma in PRAGMAS:
            self._bare.execute(f"PRAGMA {pragma}")
        self._aio = create_async_engine(f"sqlite+aiosqlite:///{self._folder / 'aio.db'}", pool_size=1, max_overflow=0)

        @event.listens_for(self._aio.sync_engine, "connect")
        def connected(connection: Any, _: Any) -> None:
            cursor = connection.cursor()
            for pragma in PRAGMAS:
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

    async def close(self) -> None:
        """Ends them."""
        await self._core.stop()
        self._bare.close()
        await self._aio.dispose()

    async def store(self, appends: int) -> None:
        """As the program does it."""
        write = self._core.store.write
        made = (write(timeline.append, TENANT, self._at(n), "message.created", ANA, {"text": TEXT}) for n in range(appends))
        await asyncio.gather(*made)

    async def bare(self, appends: int) -> None:
        """The driver alone."""
        cursor = self._bare.cursor()
        for first in range(0, appends, GROUP_MOST):
            cursor.execute("BEGIN IMMEDIATE")
            for n in range(first, min(first + GROUP_MOST, appends)):
                cursor.execute("SAVEPOINT unit")
                [(seq,)] = cursor.execute(ADVANCE, (n, TENANT, self._at(n))).fetchall()
                cursor.execute(INSERT, self._row(n, seq))
                cursor.execute(ENDPOINTS, (TENANT,)).fetchall()
                cursor.execute("RELEASE unit")
            cursor.execute("COMMIT")

    async def aiosqlite(self, appends: int) -> None:
        """A transaction an append, every statement handed to another thread."""

        def work(connection: Any, n: int) -> None:
            [(seq,)] = connection.exec_driver_sql(ADVANCE, (n, TENANT, self._at(n))).fetchall()
            connection.exec_driver_sql(INSERT, self._row(n, seq))
            connection.exec_driver_sql(ENDPOINTS, (TENANT,)).fetchall()

        async def one(n: int) -> None:
            async with self._aio.begin() as connection:
                await connection.run_sync(work, n)

        await asyncio.gather(*(one(n) for n in range(appends)))

    def _at(self, n: int) -> str:
        return self._ids[n % CONVERSATIONS]

    def _row(self, n: int, seq: int) -> tuple[Any, ...]:
        return (TENANT, self._at(n), seq, "message.created", n, ANA.kind, ANA.id, "all", self._body)


async def measure(appends: int, repeats: int) -> dict[str, Any]:
    """Microseconds of CPU per append of each subject, and what the first two have to do with each other."""
    with tempfile.TemporaryDirectory() as folder:
        subjects = Subjects(Path(folder))
        await subjects.open()
        runs: dict[str, tuple[Callable[[int], Awaitable[None]], int]] = {
            "store": (subjects.store, appends),
            "sqlite3": (subjects.bare, appends),
        }
        if importlib.util.find_spec("aiosqlite") is not None:  # of the extra `bench`
            runs["aiosqlite"] = (subjects.aiosqlite, max(1, appends // 10))  # an order of magnitude slower: fewer say the same
        used: dict[str, list[float]] = {name: [] for name in runs}
        for turn in range(repeats + 1):
            for name, (run, count) in runs.items():
                before_s = cpu_s()
                await run(count)
                if turn:  # the first is for caches and allocators
                    used[name].append((cpu_s() - before_s) / count * 1e6)
        await subjects.close()
    medians = {f"{name}_us": round(statistics.median(values), 1) for name, values in used.items()}
    ratios = [ours / theirs for ours, theirs in zip(used["store"], used["sqlite3"], strict=True)]
    return {**medians, "store_to_sqlite3": round(statistics.median(ratios), 2), "appends": appends, "repeats": repeats}


ROWS = {
    "store_us": ("store.write(timeline.append), µs CPU", 1, ".1f"),
    "sqlite3_us": ("the same SQL on bare sqlite3, µs CPU", 1, ".1f"),
    "aiosqlite_us": ("the same SQL through aiosqlite, µs CPU", 1, ".1f"),
    "store_to_sqlite3": ("store to bare sqlite3", 1, ".2f"),
}
