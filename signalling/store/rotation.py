"""Key rotation: seals everything of a tenant's anew with a new data key, and wraps the data keys anew with a new master key.

For `tresen keys`, beside running servers. Works in bounded batches, in the order of each table's key, so that it can be interrupted at any
place and go on (`after`), and so that nobody waits for it longer than for any other work. What a value's place is, its column says
(`tables.base.sealed`). NIST SP 800-57 part 1, section 5.3 (cryptoperiods). Invariant: a value that does not open is left as it is and
counted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table, select, tuple_, update

from signalling.store.sealing import NUMBER_BYTES, SealBroken
from signalling.store.tables import metadata
from signalling.store.tables.tenants import tenant_keys, tenants
from signalling.store.transaction import Transaction

# A batch holds the lock of an SQLite database for some ten milliseconds.
BATCH_ROWS = 200


@dataclass(frozen=True, slots=True)
class Step:
    """What one batch did. `after`: the last key it saw; None: the table is through."""

    rows: int
    sealed: int
    broken: int
    after: tuple[Any, ...] | None


def sealed_tables() -> Iterator[tuple[Table, list[Column[Any]]]]:
    """Every table that has sealed columns, with them."""
    for table in metadata.sorted_tables:
        columns = [column for column in table.columns if "sealed" in column.info]
        if columns:
            yield table, columns


def tenant_ids(tx: Transaction) -> list[str]:
    """A work: everybody who has a key."""
    return [row.id for row in tx.all(select(tenants.c.id).where(tenants.c.id.in_(select(tenant_keys.c.tenant_id))).order_by(tenants.c.id))]


def new_key(tx: Transaction, tenant_id: str) -> int:
    """A work: the tenant's next data key. Servers use it when they next look (`sealing.LOOK_AGAIN_S`)."""
    return tx.sealer.add_key(tx, tenant_id)


def newest(tx: Transaction, tenant_id: str) -> int:
    """A work: the number of the tenant's present key."""
    return tx.sealer.newest(tx, tenant_id)


def reseal(tx: Transaction, tenant_id: str, table_name: str, number: int, after: Sequence[Any] | None) -> Step:
    """A work: one batch of a table's rows behind `after`: what is sealed with a key older than `number` is sealed with the present one."""
    table = metadata.tables[table_name]
    columns = [column for column in table.columns if "sealed" in column.info]
    keys = list(table.primary_key.columns)
    wanted = select(table).where(table.c.tenant_id == tenant_id)
    if after is not None:
        wanted = wanted.where(tuple_(*keys) > tuple(after))
    rows = tx.all(wanted.order_by(*keys).limit(BATCH_ROWS))
    count = broken = 0
    for row in rows:
        values = dict(row._mapping)
        fresh: dict[str, bytes] = {}
        for column in columns:
            value = values[column.name]
            if value is None or int.from_bytes(value[:NUMBER_BYTES], "big") >= number:
                continue
            place = column.info["sealed"].format_map(values)
            try:
                fresh[column.name] = tx.seal(tenant_id, tx.unseal(tenant_id, value, place), place)
            except SealBroken:
                broken += 1
        if fresh:
            here = [key == values[key.name] for key in keys]
            tx.execute(update(table).where(*here).values(fresh))
            count += len(fresh)
    last = tuple(rows[-1]._mapping[key.name] for key in keys) if len(rows) == BATCH_ROWS else None
    return Step(len(rows), count, broken, last)


def rewrap(tx: Transaction) -> int:
    """A work: wraps every data key with the present master key that is wrapped with another; how many there were. LocalError if one is
    lost."""
    count = 0
    for row in tx.all(select(tenant_keys.c.tenant_id, tenant_keys.c.number)):
        count += tx.sealer.rewrap(tx, row.tenant_id, row.number)
    return count
