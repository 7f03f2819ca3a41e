"""PostgreSQL through asyncpg: one lane of units of work that are committed together, and a pool of connections for reading.

For `store.Store`. A work is a plain function; SQLAlchemy lets it run on the loop's thread and suspends it at each statement. Units run one
after the other, as on SQLite, since their works were written so; against other processes they are SERIALIZABLE, and a group that lost a
race runs again, unseen from outside. A group has no savepoints at first, which would be two more ways to the server and back for each
unit; when a unit fails that had already changed something, the group runs again with them.

Invariants: a unit is answered after its commit; a connection that has not answered in time is not waited for, not even to close it.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Coroutine
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from signalling.store.faults import is_outage, is_race, unavailable
from signalling.store.sealing import Sealer
from signalling.store.transaction import Transaction
from signalling.store.units import GROUP_MOST, Deliver, Unit, Waiting, Work
from signalling.times import Clock

log = logging.getLogger(__name__)

READERS = 8
# One that works, and those that are being closed while the server does not answer.
WRITERS = 4
# At start there is time: the server may be starting too.
OPENING_S = 30.0
ATTEMPTS = 6
# After a lost race: a random wait up to this, so that two processes do not meet again.
APART_S = 0.02


class PostgresBackend:
    """See the module."""

    def __init__(self, url: URL, sealer: Sealer, clock: Clock, deliver: Deliver, patience_s: float) -> None:
        """`patience_s`: how long nothing may come from the server until whoever waits is told so."""
        self._url = url
        self._sealer = sealer
        self._clock = clock
        self._patience_s = patience_s
        self._writing = _engine(url, WRITERS, "SERIALIZABLE", patience_s)
        self._reading = _engine(url, READERS, "REPEATABLE READ", patience_s)
        self._units: asyncio.Queue[Unit | None] = asyncio.Queue()
        self._waiting = Waiting(patience_s, deliver)
        self._lane: asyncio.Task[None] | None = None
        # Whose connection does not answer: they end by themselves, some seconds later.
        self._given_up: set[asyncio.Task[Any]] = set()
        self._observed: Callable[[int], None] = lambda size: None

    def observe(self, group: Callable[[int], None]) -> None:
        """See `Backend`."""
        self._observed = group

    async def open(self) -> None:
        """Starts the lane; connections are made when they are needed."""
        self._lane = asyncio.create_task(self._write_until_closed(), name="store-writer")

    async def close(self) -> None:
        """Commits what was given so far, then closes the pools."""
        if self._lane is not None:
            self._units.put_nowait(None)
            await self._lane
            self._lane = None
        self._waiting.stop()
        if self._given_up:
            await asyncio.wait(self._given_up, timeout=self._patience_s)
        await self._writing.dispose()
        await self._reading.dispose()

    async def migrate(self, change: Callable[[Connection], None]) -> None:
        """Runs `change` in a transaction of its own, before anything else."""
        # READ COMMITTED: whoever waits for the lock must then see what its holder committed.
        engine = _engine(self._url, 1, "READ COMMITTED", OPENING_S)
        try:
            async with engine.begin() as connection:
                await connection.run_sync(change)
        except Exception as error:
            if _lost(error):
                log.warning("The database cannot be opened: %s", type(error).__name__)
                raise unavailable() from error
            raise
        finally:
            await engine.dispose()

    async def write(self, work: Work) -> Any:
        """The work's value, once it is on disk."""
        unit = self._waiting.new(work)
        self._units.put_nowait(unit)
        return await unit.future

    async def read(self, work: Work) -> Any:
        """The work's value, on a snapshot of what is committed."""
        for attempt in range(ATTEMPTS):
            try:
                return await self._in_time(self._read(work))
            except Exception as error:
                if not _lost(error):
                    raise
                if attempt == 0 and not isinstance(error, TimeoutError):
                    continue  # a connection that had died in the pool
                self._waiting.fail(type(error).__name__, ())
                raise unavailable() from error
        raise AssertionError("unreachable: the second attempt returns or raises")

    async def _read(self, work: Work) -> Any:
        async with self._reading.connect() as connection, connection.begin():
            value, transaction = await connection.run_sync(self._call, work)
        self._sealer.committed(transaction)
        return value

    async def _in_time(self, asked: Coroutine[Any, Any, Any]) -> Any:
        """What it returns, or TimeoutError: then it is not waited for, since a connection to a server that hangs takes long to close."""
        task = asyncio.create_task(asked)
        try:
            done, _ = await asyncio.wait({task}, timeout=self._patience_s)
        except asyncio.CancelledError:
            self._give_up(task)
            raise
        if not done:
            self._give_up(task)
            raise TimeoutError
        return task.result()

    def _give_up(self, task: asyncio.Task[Any]) -> None:
        task.cancel()
        self._given_up.add(task)
        task.add_done_callback(self._given_up.discard)
        task.add_done_callback(_seen)

    async def _write_until_closed(self) -> None:
        open_ = True
        while open_:
            unit = await self._units.get()
            group = []
            while unit is not None:
                if not unit.abandoned:
                    group.append(unit)
                if len(group) >= GROUP_MOST or self._units.empty():
                    break
                unit = self._units.get_nowait()
            open_ = unit is not None
            if group:
                try:
                    await self._commit(group)
                except Exception as error:
                    if not _lost(error):
                        log.exception("The writing lane failed")
                    # Whoever came meanwhile waits for the same connection.
                    self._waiting.fail(type(error).__name__)

    async def _commit(self, group: list[Unit]) -> None:
        """Runs, commits and answers a group."""
        savepoints = False
        for attempt in range(ATTEMPTS):
            progress = _Progress(self._waiting)
            task = asyncio.create_task(self._transaction(group, savepoints, progress))
            while not task.done():
                await asyncio.wait({task}, timeout=self._patience_s)
                if not task.done() and self._waiting.stuck():
                    self._give_up(task)
                    raise TimeoutError
            try:
                if await task:
                    self._waiting.progress()
                    self._waiting.resolve(group)
                    self._observed(len(group))
                    return
                savepoints = True
            except Exception as error:
                again = is_race(error) or (_lost(error) and attempt == 0 and not progress.committing)
                if not again or attempt + 1 == ATTEMPTS:
                    raise
                if is_race(error):
                    await asyncio.sleep(random.uniform(0, APART_S))  # noqa: S311 - keeps processes apart, protects nothing
        raise TimeoutError

    async def _transaction(self, group: list[Unit], savepoints: bool, progress: "_Progress") -> bool:
        """Whether that is it; if not, the group has to run again with savepoints."""
        async with self._writing.connect() as connection:
            async with connection.begin() as begun:
                whole = await connection.run_sync(self._run, group, savepoints, progress)
                if not whole:
                    await begun.rollback()
                    return len(group) == 1  # it was refused; with others it has to be told apart from them
                progress.committing = True
        for unit in group:
            if unit.error is None and unit.transaction is not None:
                self._sealer.committed(unit.transaction)
        return True

    def _run(self, connection: Connection, group: list[Unit], savepoints: bool, progress: "_Progress") -> bool:
        for unit in group:
            unit.error = None
            unit.transaction = Transaction(connection, self._sealer, self._clock())
            if savepoints:
                connection.exec_driver_sql("SAVEPOINT unit")
            try:
                unit.value = unit.work(unit.transaction)
            except Exception as error:
                if is_outage(error) or is_race(error) or connection.invalidated:
                    raise
                unit.error = error
                if savepoints:
                    connection.exec_driver_sql("ROLLBACK TO SAVEPOINT unit")
                elif unit.transaction.wrote:
                    return False
            if savepoints:
                connection.exec_driver_sql("RELEASE SAVEPOINT unit")
            progress.made()
        return True

    def _call(self, connection: Connection, work: Work) -> tuple[Any, Transaction]:
        transaction = Transaction(connection, self._sealer, self._clock())
        return work(transaction), transaction


class _Progress:
    """How far a group has come, told to those who wait."""

    def __init__(self, waiting: Waiting) -> None:
        self._waiting = waiting
        self.committing = False
        waiting.progress()

    def made(self) -> None:
        self._waiting.progress()


def _lost(error: BaseException) -> bool:
    """Whether the connection, not the work, is at fault. Works never let OSError or TimeoutError through: they do no I/O."""
    return is_outage(error) or isinstance(error, OSError | TimeoutError)


def _seen(task: asyncio.Task[Any]) -> None:
    """What a task that was given up ended with is nobody's concern any more."""
    if not task.cancelled():
        with contextlib.suppress(Exception):
            task.result()


def _engine(url: URL, connections: int, isolation: Any, patience_s: float) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=patience_s,
        isolation_level=isolation,
        hide_parameters=True,
        connect_args={"timeout": patience_s},
    )
