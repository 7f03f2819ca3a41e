"""SQLite behind one writing thread that commits many units of work at once, and a few reading threads.

For `store.Store`. SQLite lets one writer in at a time, and a commit costs a flush of the disk however much it holds; so whatever has come
in during one commit is the next one (group commit). Each unit has its own savepoint: what one refuses does not touch its neighbours.

Invariants: `synchronous=FULL` in WAL mode, so a commit that returned survives a power cut; a unit's future is resolved after that commit.
"""

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from signalling.store.faults import is_outage, unavailable
from signalling.store.sealing import Sealer
from signalling.store.transaction import Transaction
from signalling.times import Clock

log = logging.getLogger(__name__)

# A larger group saves no more flushes, but makes its first unit wait for its last.
GROUP_MOST = 256
READERS = 2
# Another process (a command) may hold the lock for a moment.
BUSY_MS = 5000

Work = Callable[[Transaction], Any]
# What a committed unit wants told: (topic, message) each.
Deliver = Callable[[list[tuple[str, Any]]], None]


@dataclass(slots=True)
class Unit:
    """A work on its way through the writing thread."""

    work: Work
    future: asyncio.Future[Any]
    value: Any = None
    error: BaseException | None = None
    transaction: Transaction | None = None


class SqliteBackend:
    """See the module."""

    def __init__(self, url: URL, sealer: Sealer, clock: Clock, deliver: Deliver) -> None:
        self._deliver = deliver
        self._sealer = sealer
        self._clock = clock
        self._writing = _engine(url, "BEGIN IMMEDIATE")
        self._reading = _engine(url, "BEGIN")
        self._units: queue.SimpleQueue[Unit | None] = queue.SimpleQueue()
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def open(self) -> None:
        """Starts the writing thread."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._write_until_closed, name="store-writer", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        """Commits what was given so far, then closes."""
        if self._thread is not None:
            self._units.put(None)
            await asyncio.get_running_loop().run_in_executor(None, self._thread.join)
            self._thread = None
        self._readers.shutdown(wait=True)
        self._writing.dispose()
        self._reading.dispose()

    async def migrate(self, change: Callable[[Connection], None]) -> None:
        """Runs `change` on a connection of its own, before anything else."""

        def run() -> None:
            with self._writing.begin() as connection:
                change(connection)

        await asyncio.get_running_loop().run_in_executor(self._readers, run)

    async def write(self, work: Work) -> Any:
        """The work's value, once it is on disk."""
        assert self._loop is not None, "open() first"
        unit = Unit(work, self._loop.create_future())
        self._units.put(unit)
        return await unit.future

    async def read(self, work: Work) -> Any:
        """The work's value, on a snapshot of what is committed."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    def _read(self, work: Work) -> Any:
        try:
            with self._reading.connect() as connection, connection.begin():
                transaction = Transaction(connection, self._sealer, self._clock(), _cursor(connection))
                value = work(transaction)
            self._sealer.committed(transaction)
            return value
        except Exception as error:
            if is_outage(error):
                log.warning("Cannot read the database: %s", error)
                raise unavailable() from error
            raise

    def _write_until_closed(self) -> None:
        connection: Connection | None = None
        open_ = True
        while open_:
            unit = self._units.get()
            if unit is None:
                break
            group = [unit]
            while len(group) < GROUP_MOST:
                try:
                    following = self._units.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    open_ = False
                    break
                group.append(following)
            connection = self._commit(connection, group)
            assert self._loop is not None
            self._loop.call_soon_threadsafe(self._resolve, group)
        if connection is not None:
            connection.close()

    def _commit(self, connection: Connection | None, group: list[Unit]) -> Connection | None:
        """Runs and commits a group; None where the connection is not to be trusted any more."""
        try:
            if connection is None:
                connection = self._writing.connect()
            with connection.begin():
                cursor = _cursor(connection)
                for unit in group:
                    self._run(connection, cursor, unit)
        except Exception as error:
            if not is_outage(error):
                log.exception("The writing thread failed")
            else:
                log.warning("Cannot write the database: %s", error)
            for unit in group:
                unit.error = unavailable()
            if connection is not None:
                connection.invalidate()
                connection.close()
            return None
        for unit in group:
            if unit.error is None and unit.transaction is not None:
                self._sealer.committed(unit.transaction)
        return connection

    def _run(self, connection: Connection, cursor: sqlite3.Cursor, unit: Unit) -> None:
        unit.error = None
        unit.transaction = Transaction(connection, self._sealer, self._clock(), cursor)
        cursor.execute("SAVEPOINT unit")
        try:
            unit.value = unit.work(unit.transaction)
        except Exception as error:
            if is_outage(error):
                raise
            unit.error = error
            cursor.execute("ROLLBACK TO unit")
        cursor.execute("RELEASE unit")

    def _resolve(self, group: list[Unit]) -> None:
        for unit in group:
            if unit.error is None and unit.transaction is not None:
                self._deliver(unit.transaction.notes)
            if unit.future.done():  # whoever asked has gone; it is committed all the same
                continue
            if unit.error is not None:
                unit.future.set_exception(unit.error)
            else:
                unit.future.set_result(unit.value)


def _cursor(connection: Connection) -> sqlite3.Cursor:
    driver = connection.connection.dbapi_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver.cursor()


def _engine(url: URL, begin: str) -> Engine:
    engine = create_engine(url, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
