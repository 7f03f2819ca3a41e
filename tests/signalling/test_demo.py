"""What the demo begins with: made once, whole, and open to whoever tries it."""

from sqlalchemy import func, select

from signalling import demo, tenants
from signalling.app import SignallingCore
from signalling.store import Transaction
from signalling.store.tables import metadata


def sizes(tx: Transaction) -> dict[str, int]:
    found = {}
    for table in metadata.sorted_tables:
        row = tx.first(select(func.count().label("n")).select_from(table))
        found[table.name] = row.n if row is not None else 0
    return found


async def test_the_demo_begins_with_a_shop_once(core: SignallingCore) -> None:
    await demo.prepare(core)
    assert await core.store.read(tenants.exists, demo.TENANT)
    first = await core.store.read(sizes)
    assert first["products"] >= 30 and first["queues"] >= 1
    await demo.prepare(core)
    assert await core.store.read(sizes) == first
