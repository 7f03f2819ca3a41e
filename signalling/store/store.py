"""The store: runs units of work on whichever database is configured, and tells the bus what they changed.

    store = Store("sqlite:////var/lib/tresen/tresen.db", bus=bus, master_keys=keys)
    await store.open()
    message = await store.write(chat.send, tenant_id, draft)     # chat.send(tx, tenant_id, draft)

For every part of the signalling core. Promise: when `write` returns, the change, its timeline entries and its outbox rows are on disk in
one
transaction; when it raises, nothing of it is there (but see `faults`: after Unavailable nobody knows, so ask again with the same ids).
Unavailable (503) while the database is away, within a second.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection, literal, select
from sqlalchemy.engine import make_url

from mediaserver.errors import LocalError
from signalling.bus import Bus
from signalling.store.sealing import Sealer
from signalling.store.transaction import Transaction
from signalling.store.units import Deliver
from signalling.times import Clock, system_clock

P = ParamSpec("P")
T = TypeVar("T")


# Somebody waits for an answer within a second, even if it is that there is none.
PATIENCE_S = 0.8


class Backend(Protocol):
    """What `sqlite` and `postgres` have in common."""

    def observe(self, group: Callable[[int], None]) -> None:
        """Tells the size of each group of units that one commit held, where it has groups."""

    async def open(self) -> None:
        """Makes it ready."""

    async def close(self) -> None:
        """Finishes what was begun."""

    async def migrate(self, change: Callable[[Connection], None]) -> None:
        """Runs `change` before anything else."""

    async def write(self, work: Callable[[Transaction], Any]) -> Any:
        """Commits one unit of work."""

    async def read(self, work: Callable[[Transaction], Any]) -> Any:
        """Reads what is committed."""


class Store:
    """See the module."""

    def __init__(
        self,
        url: str,
        *,
        bus: Bus,
        master_keys: Mapping[str, bytes],
        reload_keys: Callable[[], Mapping[str, bytes]] | None = None,
        patience_s: float = PATIENCE_S,
        clock: Clock = system_clock,
    ) -> None:
        """`url`: `sqlite:///path` or `postgresql://user:password@host/name`. `reload_keys`: see `Sealer`. `patience_s`: until a server that
        does not answer is away. Opens nothing yet."""
        self.sealer = Sealer(master_keys, reload_keys)
        self.clock = clock
        self._observed: Callable[[str, float], None] = lambda kind, seconds: None
        self._bus = bus
        self._backend = _backend(url, self.sealer, clock, self._deliver, patience_s)

    def observe(self, unit: Callable[[str, float], None], group: Callable[[int], None]) -> None:
        """For metrics: `unit("read" | "write", seconds)` for each unit of work, `group(size)` for each commit that holds several."""
        self._observed = unit
        self._backend.observe(group)

    async def open(self, migrate: Callable[[Connection], None] | None = None) -> None:
        """Connects; `migrate` (see `migrations`) runs first."""
        if migrate is not None:
            await self._backend.migrate(migrate)
        await self._backend.open()

    async def migrate(self, change: Callable[[Connection], None]) -> None:
        """Runs `change` on a store that is not open, in a transaction of its own. Unavailable where there is no database."""
        await self._backend.migrate(change)

    async def close(self) -> None:
        """Finishes what was begun and disconnects."""
        await self._backend.close()

    async def write(self, work: Callable[Concatenate[Transaction, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `work(tx, ...)` in a transaction; committed when this returns."""
        began_s = time.perf_counter()
        try:
            value: T = await self._backend.write(partial(_call, work, args, kwargs))
            return value
        finally:
            self._observed("write", time.perf_counter() - began_s)

    async def read(self, work: Callable[Concatenate[Transaction, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `work(tx, ...)`, which changes nothing, on what is committed."""
        began_s = time.perf_counter()
        try:
            value: T = await self._backend.read(partial(_call, work, args, kwargs))
            return value
        finally:
            self._observed("read", time.perf_counter() - began_s)

    async def check(self) -> float:
        """Seconds that a unit of work which changes nothing takes now. Unavailable where the database does not answer."""
        before_s = time.perf_counter()
        await self._backend.write(_nothing)
        return time.perf_counter() - before_s

    def _deliver(self, notes: list[tuple[str, Any]]) -> None:
        for topic, message in notes:
            self._bus.publish(topic, message)


_ONE = select(literal(1))


def _nothing(tx: Transaction) -> None:
    tx.execute(_ONE)


def _call(work: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], tx: Transaction) -> Any:
    return work(tx, *args, **kwargs)


def _backend(text: str, sealer: Sealer, clock: Clock, deliver: Deliver, patience_s: float) -> Backend:
    # Imported here: whoever runs on SQLite needs no PostgreSQL driver.
    url = make_url(text)
    match url.get_backend_name():
        case "sqlite":
            from signalling.store.sqlite import SqliteBackend

            return SqliteBackend(url.set(drivername="sqlite+pysqlite"), sealer, clock, deliver)
        case "postgresql":
            from signalling.store.postgres import PostgresBackend

            return PostgresBackend(url.set(drivername="postgresql+asyncpg"), sealer, clock, deliver, patience_s)
        case other:
            raise LocalError(f"the database {other} is not supported; use sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME")
