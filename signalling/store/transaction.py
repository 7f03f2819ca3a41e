"""A unit of work as its functions see it: statements, the time, sealing, and what to tell others once it is committed.

A work is a plain function `work(tx, ...)`: it reads and writes through `tx`, decides, and returns a value or raises. It may run more
than once
(a serialisation failure, a connection that died), so it has no effect but through `tx`.

Invariants: `tell` reaches the bus only after the commit, in order; `now_us` is one moment for the whole unit.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable, Row

from signalling.store.sealing import Sealer

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class Transaction:
    """See the module."""

    __slots__ = ("connection", "keys", "notes", "now_us", "sealer")

    def __init__(self, connection: Connection, sealer: Sealer, now_us: int) -> None:
        self.connection = connection
        self.sealer = sealer
        self.now_us = now_us
        self.notes: list[tuple[str, Any]] = []
        # Tenants' keys this unit has read: shared with others only once it is committed, as it may have made them.
        self.keys: dict[tuple[str, int], bytes] = {}

    def execute(self, statement: Executable, parameters: Parameters | None = None) -> CursorResult[Any]:
        """Runs one statement (or the same one for each of a list of parameters)."""
        return self.connection.execute(statement, parameters)

    def first(self, statement: Executable, parameters: Parameters | None = None) -> Row[Any] | None:
        """The first row, or None."""
        return self.connection.execute(statement, parameters).first()

    def all(self, statement: Executable, parameters: Parameters | None = None) -> Sequence[Row[Any]]:
        """All rows."""
        return self.connection.execute(statement, parameters).all()

    def tell(self, topic: str, message: Any) -> None:
        """Publishes on the bus once this unit is committed; nothing where it is not."""
        self.notes.append((topic, message))

    def seal(self, tenant_id: str, plain: bytes, about: str) -> bytes:
        """Encrypts with the tenant's current key. `about` names the place (table and row): what is moved elsewhere does not open."""
        return self.sealer.seal(self, tenant_id, plain, about)

    def unseal(self, tenant_id: str, sealed: bytes, about: str) -> bytes:
        """What `seal` was given. `sealing.SealBroken` where it was changed, moved, or its key is gone."""
        return self.sealer.unseal(self, tenant_id, sealed, about)
