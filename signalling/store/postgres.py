"""PostgreSQL through asyncpg: each unit of work is a transaction of its own on a connection of the pool.

For `store.Store`. A work is a plain function; SQLAlchemy lets it run on the loop's thread and suspends it at each statement. PostgreSQL
gathers
concurrent commits itself. Invariant: a unit that lost a race (serialisation failure, deadlock) runs again, unseen from outside.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from signalling.store.faults import is_outage, unavailable
from signalling.store.sealing import Sealer
from signalling.store.transaction import Transaction
from signalling.times import Clock

log = logging.getLogger(__name__)

CONNECTIONS = 10
# Somebody waits for an answer within a second, even if it is that there is none.
DEADLINE_S = 0.9
ATTEMPTS = 5
# serialization_failure, deadlock_detected
RACES = frozenset({"40001", "40P01"})

Work = Callable[[Transaction], Any]
# What a committed unit wants told: (topic, message) each.
Deliver = Callable[[list[tuple[str, Any]]], None]


class PostgresBackend:
    """See the module."""

    def __init__(self, url: URL, sealer: Sealer, clock: Clock, deliver: Deliver) -> None:
        self._deliver = deliver
        self._sealer = sealer
        self._clock = clock
        self._engine = create_async_engine(
            url,
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_timeout=DEADLINE_S,
            hide_parameters=True,
            connect_args={"timeout": DEADLINE_S},
        )

    async def open(self) -> None:
        """Nothing: connections are made when they are needed."""

    async def close(self) -> None:
        """Closes the pool."""
        await self._engine.dispose()

    async def migrate(self, change: Callable[[Connection], None]) -> None:
        """Runs `change` in a transaction of its own, before anything else."""
        async with self._engine.begin() as connection:
            await connection.run_sync(change)

    async def write(self, work: Work) -> Any:
        """The work's value, once it is on disk."""
        for attempt in range(ATTEMPTS):
            try:
                async with asyncio.timeout(DEADLINE_S):
                    value, transaction = await self._run(work)
            except Exception as error:
                if attempt + 1 < ATTEMPTS and isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in RACES:
                    continue
                if is_outage(error):
                    log.warning("Cannot write the database: %s", type(error).__name__)
                    raise unavailable() from error
                raise
            self._sealer.committed(transaction)
            self._deliver(transaction.notes)
            return value
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def read(self, work: Work) -> Any:
        """The work's value."""
        return await self.write(work)

    async def _run(self, work: Work) -> tuple[Any, Transaction]:
        async with self._engine.connect() as connection, connection.begin():
            return await connection.run_sync(self._call, work)

    def _call(self, connection: Connection, work: Work) -> tuple[Any, Transaction]:
        transaction = Transaction(connection, self._sealer, self._clock())
        return work(transaction), transaction
