"""Units of work that go wrong, beside others that do not: nobody loses what they were promised, and the store goes on."""

import asyncio

from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from mediaserver.errors import Conflict, TresenError
from signalling.store import Store, Transaction
from signalling.store.tables.tenants import tenants


def add(tx: Transaction, name: str, fails: Exception | None = None) -> str:
    tx.execute(insert(tenants).values(id=name, name=name, settings="{}", created_at_us=0))
    tx.tell("told", name)
    if fails is not None:
        raise fails
    return name


async def names(store: Store) -> set[str]:
    return {row.id for row in await store.read(lambda tx: tx.all(select(tenants.c.id).where(tenants.c.id.like("t-%"))))}


async def test_what_one_refuses_does_not_touch_its_neighbours(store: Store) -> None:
    """Whatever they raise is theirs: a refusal, a fault of the program, even what looks like a broken network."""
    faults = [Conflict("no"), OSError("a file"), TimeoutError(), KeyError("x"), RuntimeError("on purpose")]
    told: list[str] = []
    store._bus.subscribe("told", lambda _, name: told.append(name))  # the bus that nobody else needs to be handed
    asked = [store.write(add, f"t-{n}", faults[n % 10] if n % 10 < 5 else None) for n in range(40)]
    made = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(each) for each in made[:5]] == [type(fault) for fault in faults]
    good = {f"t-{n}" for n in range(40) if n % 10 >= 5}
    assert {each for each in made if isinstance(each, str)} == good == await names(store) == set(told)
    assert len(told) == len(good)


async def test_a_statement_that_fails_is_the_units_own(store: Store) -> None:
    def bad(tx: Transaction) -> None:
        tx.execute(text("SELECT nonsense FROM nowhere"))

    made = await asyncio.gather(
        store.write(add, "t-1"), store.write(bad), store.write(add, "t-2"), store.read(bad), store.write(add, "t-1"), return_exceptions=True
    )
    assert (made[0], made[2]) == ("t-1", "t-2")
    assert all(isinstance(each, Exception) and not isinstance(each, TresenError) for each in (made[1], made[3], made[4]))
    assert await names(store) == {"t-1", "t-2"}


async def test_a_refusal_that_a_work_catches_itself_does_not_end_it(store: Store) -> None:
    """Works ask first rather than catch: on PostgreSQL a statement that failed ends its transaction. They are refused, never half done."""

    def catches(tx: Transaction) -> None:
        add(tx, "t-1")
        try:
            add(tx, "t-1")
        except IntegrityError:  # as such a work would
            tx.tell("told", "twice")
        add(tx, "t-2")

    [made] = await asyncio.gather(store.write(catches), return_exceptions=True)
    assert await names(store) == (set() if isinstance(made, Exception) else {"t-1", "t-2"})
    assert await store.write(add, "t-3") == "t-3"


async def test_whoever_goes_away_leaves_nothing_behind_that_others_wait_for(store: Store) -> None:
    for n in range(20):
        task = asyncio.create_task(store.write(add, f"t-{n}"))
        for _ in range(n % 4):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        reading = asyncio.create_task(names(store))
        await asyncio.sleep(0)
        reading.cancel()
    assert await store.write(add, "t-last") == "t-last"
    assert "t-last" in await names(store)
    assert await store.check() >= 0


async def test_a_poisoned_connection_is_not_used_again(store: Store) -> None:
    def poison(tx: Transaction) -> None:
        driver = tx.connection.connection.dbapi_connection
        assert driver is not None
        driver.rollback()
        driver.close()
        tx.execute(select(tenants.c.id))

    for _ in range(12):  # more than either pool holds
        made = await asyncio.gather(store.write(poison), store.read(poison), return_exceptions=True)
        assert all(isinstance(each, Exception) for each in made)
    assert await store.write(add, "t-1") == "t-1"
    assert await names(store) == {"t-1"}
