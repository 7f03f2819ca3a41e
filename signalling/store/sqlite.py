"""SQLite behind one writing thread that commits many units of work at once, and a few reading threads.

For `store.Store`. SQLite lets one writer in at a time, and a commit costs a flush of the disk however much it holds; so whatever has come
in during one commit is the next one (group commit). Each unit has its own savepoint: what one refuses does not touch its neighbours. A
thread of our own rather than aiosqlite's, which hands every single statement over to one: see docs/storage.md.

Invariants: `synchronous=FULL` in WAL mode, so a commit that returned survives a power cut; a unit's future is resolved after that commit;
a connection on which anything failed that was not the statement's fault is closed and never used again.
"""

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from signalling.store.faults import is_outage, unavailable
from signalling.store.sealing import Sealer
from signalling.store.transaction import Transaction
from signalling.store.units import GROUP_MOST, Deliver, Unit, Waiting, Work
from signalling.times import Clock

log = logging.getLogger(__name__)

READERS = 2
# Another process (a command) may hold the lock for a moment; a disk of a busy machine may take as long for a flush.
BUSY_MS = 5000
PATIENCE_S = 5.0
# At start, somebody else may be bringing a large database up to date.
MIGRATING_MS = 600_000


class SqliteBackend:
    """See the module."""

    def __init__(self, url: URL, sealer: Sealer, clock: Clock, deliver: Deliver) -> None:
        self._sealer = sealer
        self._clock = clock
        self._writing = _engine(url, "BEGIN IMMEDIATE")
        self._reading = _engine(url, "BEGIN")
        self._units: queue.SimpleQueue[Unit | None] = queue.SimpleQueue()
        self._waiting = Waiting(PATIENCE_S, deliver)
        self._readers = _readers()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._observed: Callable[[int], None] = lambda size: None

    def observe(self, group: Callable[[int], None]) -> None:
        """See `Backend`. Called on the writing thread."""
        self._observed = group

    async def open(self) -> None:
        """Starts the writing thread."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._write_until_closed, name="store-writer", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        """Commits what was given so far, then closes; may be opened again. Idempotent."""
        if self._thread is not None:
            self._units.put(None)
            await asyncio.get_running_loop().run_in_executor(None, self._thread.join)
            self._thread = None
            await asyncio.sleep(0)  # the last group's answers are on their way to this loop
        self._waiting.stop()
        self._readers.shutdown(wait=True)
        self._readers = _readers()
        self._writing.dispose()
        self._reading.dispose()

    async def migrate(self, change: Callable[[Connection], None]) -> None:
        """Runs `change` on a connection of its own, before anything else."""

        def run() -> None:
            try:
                with self._writing.connect() as connection:
                    driver = connection.connection.cursor()
                    driver.execute(f"PRAGMA busy_timeout={MIGRATING_MS}")
                    with connection.begin():
                        change(connection)
                    driver.execute(f"PRAGMA busy_timeout={BUSY_MS}")
            except Exception as error:
                if is_outage(error):
                    log.warning("The database cannot be opened: %s", error)
                    raise unavailable() from error
                raise

        await asyncio.get_running_loop().run_in_executor(self._readers, run)

    async def write(self, work: Work) -> Any:
        """The work's value, once it is on disk."""
        unit = self._waiting.new(work)
        self._units.put(unit)
        return await unit.future

    async def read(self, work: Work) -> Any:
        """The work's value, on a snapshot of what is committed."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    def _read(self, work: Work) -> Any:
        with self._reading.connect() as connection:
            try:
                with connection.begin():
                    transaction = Transaction(connection, self._sealer, self._clock(), _cursor(connection))
                    value = work(transaction)
            except Exception as error:
                if is_outage(error):
                    log.warning("Cannot read the database: %s", error)
                    connection.invalidate()
                    raise unavailable() from error
                raise
        self._sealer.committed(transaction)
        return value

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
            group = [each for each in group if not each.abandoned]
            if group:
                connection = self._commit(connection, group)
                self._observed(len(group))
        if connection is not None:
            connection.close()

    def _commit(self, connection: Connection | None, group: list[Unit]) -> Connection | None:
        """Runs, commits and answers a group; None where the connection is not to be trusted any more."""
        assert self._loop is not None
        try:
            if connection is None:
                connection = self._writing.connect()
            with connection.begin():
                cursor = _cursor(connection)
                for unit in group:
                    self._run(connection, cursor, unit)
                    self._waiting.progress()
            for unit in group:
                if unit.error is None and unit.transaction is not None:
                    self._sealer.committed(unit.transaction)
        except Exception as error:
            if not is_outage(error):
                log.exception("The writing thread failed")
            if connection is not None:
                connection.invalidate()
                connection.close()
            self._loop.call_soon_threadsafe(self._waiting.fail, str(error).partition("\n")[0], group)
            return None
        self._waiting.progress()
        self._loop.call_soon_threadsafe(self._waiting.resolve, group)
        return connection

    def _run(self, connection: Connection, cursor: sqlite3.Cursor, unit: Unit) -> None:
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


def _readers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")


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
