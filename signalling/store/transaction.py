"""A unit of work as its functions see it: statements, the time, sealing, and what to tell others once it is committed.

A work is a plain function `work(tx, ...)`: it reads and writes through `tx`, decides, and returns a value or raises. It may run more
than once
(a serialisation failure, a connection that died), so it has no effect but through `tx`.

Invariants: `tell` reaches the bus only after the commit, in order; `now_us` is one moment for the whole unit.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable, Row, Select

from signalling.store.sealing import Sealer
from signalling.store.statement import Prepared

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class Transaction:
    """See the module."""

    __slots__ = ("connection", "cursor", "keys", "newest", "notes", "now_us", "sealer", "wrote")

    def __init__(self, connection: Connection, sealer: Sealer, now_us: int, cursor: sqlite3.Cursor | None = None) -> None:
        """`cursor`: the SQLite driver's own on this connection, for prepared statements."""
        self.connection = connection
        self.cursor = cursor
        self.sealer = sealer
        self.now_us = now_us
        # Whether it has sent anything but SELECT: then what it did must be undone when it fails.
        self.wrote = False
        self.notes: list[tuple[str, Any]] = []
        # Tenants' keys this unit has read: shared with others only once it is committed, as it may have made them.
        self.keys: dict[tuple[str, int], bytes] = {}
        self.newest: dict[str, int] = {}  # tenant -> number of its present key, as this unit has seen it

    def execute(self, statement: Executable, parameters: Parameters | None = None) -> CursorResult[Any]:
        """Runs one statement (or the same one for each of a list of parameters)."""
        self.wrote = self.wrote or not isinstance(statement, Select)
        try:
            return self.connection.execute(statement, parameters)
        except Exception:
            self.wrote = True  # PostgreSQL takes nothing more in a transaction in which a statement failed
            raise

    def run(self, statement: Prepared, parameters: Parameters | None = None) -> int:
        """Runs a prepared statement (for each of a list of parameters); how many rows it changed."""
        if self.cursor is not None:
            return statement.on(self.connection.dialect).run(self.cursor, parameters)
        return self.execute(statement.statement, parameters).rowcount

    def first(self, statement: Executable | Prepared, parameters: Mapping[str, Any] | None = None) -> Row[Any] | None:
        """The first row, or None. A prepared statement reads all of its rows: let it have a limit."""
        if isinstance(statement, Prepared):
            rows = self.all(statement, parameters)
            return rows[0] if rows else None
        return self.execute(statement, parameters).first()

    def all(self, statement: Executable | Prepared, parameters: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        """All rows."""
        if isinstance(statement, Prepared):
            if self.cursor is not None:
                return statement.on(self.connection.dialect).execute(self.cursor, parameters)
            statement = statement.statement
        return self.execute(statement, parameters).all()

    def tell(self, topic: str, message: Any) -> None:
        """Publishes on the bus once this unit is committed; nothing where it is not."""
        self.notes.append((topic, message))

    def seal(self, tenant_id: str, plain: bytes, about: str) -> bytes:
        """Encrypts with the tenant's current key. `about` names the place (table and row): what is moved elsewhere does not open."""
        return self.sealer.seal(self, tenant_id, plain, about)

    def unseal(self, tenant_id: str, sealed: bytes, about: str) -> bytes:
        """What `seal` was given. `sealing.SealBroken` where it was changed, moved, or its key is gone."""
        return self.sealer.unseal(self, tenant_id, sealed, about)
