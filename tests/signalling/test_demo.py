"""What the demo begins with: made once, whole, and open to whoever tries it."""

from sqlalchemy import func, select

from signalling import demo, tenants
from signalling.app import SignallingCore
from signalling.conversation import canned
from signalling.identity.caller import Caller, Role
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


async def test_the_demo_has_canned_replies_in_each_language(core: SignallingCore) -> None:
    await demo.prepare(core)
    rep = Caller(demo.TENANT, "rep_01JD3Q8Z6W0V7M9K4C2T5B8N1X", Role.REP)
    german = {each.shortcut: each.text for each in await core.store.read(canned.listing, rep, "de")}
    english = {each.shortcut: each.text for each in await core.store.read(canned.listing, rep, "en-GB")}
    assert german.keys() == english.keys() and german["hello"].startswith("Guten Tag") and english["hello"].startswith("Hello")
