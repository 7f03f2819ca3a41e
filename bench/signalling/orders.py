"""How many orders a second are placed, and cart operations done, durably.

    measure(repeats=7) -> {"median": {...}, "runs": [...]}          python -m bench.signalling.orders

Scenario: CUSTOMERS customers, each with a conversation and a cart of three lines with a discount code; AT_ONCE of them order at once,
through `commerce.till` as the API does, on SQLite with its flushes. An order is: the cart read, priced anew, stock of three variants
taken, order, cart, the shop's own books, and two entries of the timeline, in one transaction; after it the order is on disk. A cart
operation is one change of a quantity by the cart's own customer: priced, journalled, told. HTTP and sockets are not part of either. Making
the carts is not counted. Latencies are of one order among AT_ONCE. CPU time is of this process, all threads.
"""

import argparse
import asyncio
import gc
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from bench.machine import machine
from signalling import tenants
from signalling.bus import LocalBus
from signalling.commerce import till
from signalling.commerce.cart import Cart
from signalling.commerce.cart_change import AddLine, ApplyCode, Operation, SetQuantity, SetShipping
from signalling.commerce.carts import Changed, Request
from signalling.commerce.offer import Destination
from signalling.commerce.orders import PlaceRequest
from signalling.commerce.shop import Address, Shops
from signalling.commerce.shops.seed import seed
from signalling.config import Settings
from signalling.conversation import conversation
from signalling.identity.caller import Caller, Role
from signalling.ids import new_id
from signalling.store import Store, Transaction
from signalling.store.tables import metadata
from signalling.store.tables.commerce import variants

CUSTOMERS = 300
AT_ONCE = 64
REPEATS = 7
WARM_UP = 1
TENANT = new_id("ten")
ADDRESS = Address("Ana Lima", "Am Sandtorkai 1", "Hamburg", "DE", "20457")
GOODS = ("GOOK-BLK", "STOM-SND", "DINP-INK")


def measure(repeats: int = REPEATS) -> dict[str, Any]:
    """Medians over the runs, and the runs."""
    runs = asyncio.run(_runs(repeats))
    return {"median": {name: statistics.median(run[name] for run in runs) for name in runs[0]}, "runs": runs}


async def _runs(repeats: int) -> list[dict[str, float]]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        bus = LocalBus()
        store = Store(settings.database, bus=bus, master_keys={"bench": bytes(32)})
        await store.open(metadata.create_all)
        await store.write(tenants.create, TENANT, "Shop")
        await store.write(seed, TENANT)
        await store.write(_plenty)
        shops = Shops(settings, store, bus)
        await shops.start()
        runs = []
        for run in range(WARM_UP + repeats):
            figures = await _run(shops, store)
            if run >= WARM_UP:
                runs.append(figures)
        await shops.stop()
        await store.close()
        return runs


async def _run(shops: Shops, store: Store) -> dict[str, float]:
    customers = [Caller(TENANT, new_id("cust"), Role.CUSTOMER, "Ana") for _ in range(CUSTOMERS)]
    carts = await _at_once([lambda customer=customer: _filled(shops, store, customer) for customer in customers])

    async def change(customer: Caller, cart: Cart) -> Cart:
        return await _do(shops, store, customer, cart, SetQuantity(cart.lines[0].id, 2))

    async def order(customer: Caller, cart: Cart) -> float:
        began = time.perf_counter()
        await till.place(shops, store.write, customer, PlaceRequest(new_id("ord"), cart.id, cart.version, ADDRESS))
        return time.perf_counter() - began

    gc.collect()
    began, cpu = time.perf_counter(), time.process_time()
    carts = await _at_once([lambda each=each: change(*each) for each in zip(customers, carts, strict=True)])
    changed_s, changed_cpu_s = time.perf_counter() - began, time.process_time() - cpu
    gc.collect()
    began, cpu = time.perf_counter(), time.process_time()
    took = await _at_once([lambda each=each: order(*each) for each in zip(customers, carts, strict=True)])
    spent_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    return {
        "orders_per_s": CUSTOMERS / spent_s,
        "cpu_us_per_order": cpu_s / CUSTOMERS * 1e6,
        "order_p50_ms": statistics.median(took) * 1e3,
        "order_p99_ms": statistics.quantiles(took, n=100)[98] * 1e3,
        "cart_operations_per_s": CUSTOMERS / changed_s,
        "cpu_us_per_cart_operation": changed_cpu_s / CUSTOMERS * 1e6,
    }


async def _filled(shops: Shops, store: Store, customer: Caller) -> Cart:
    begun = await store.write(conversation.begin, TENANT, customer.id, customer.actor)
    there = Destination("DE", "20457")
    cart = await till.create(shops, store.write, customer, new_id("cart"), "EUR", "en", customer.id, there, begun.id)
    for operation in (*(AddLine(variant) for variant in GOODS), ApplyCode("TABLE15"), SetShipping("standard")):
        cart = await _do(shops, store, customer, cart, operation)
    return cart


async def _do(shops: Shops, store: Store, customer: Caller, cart: Cart, operation: Operation) -> Cart:
    made = await till.operate(shops, store.write, customer, cart.id, Request(new_id("op"), cart.version, operation))
    assert isinstance(made, Changed)
    return made.cart


async def _at_once(works: list[Callable[[], Awaitable[Any]]]) -> list[Any]:
    """Their values; AT_ONCE at a time."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(work: Callable[[], Awaitable[Any]]) -> Any:
        async with room:
            return await work()

    return await asyncio.gather(*(one(work) for work in works))


def _plenty(tx: Transaction) -> None:
    tx.execute(variants.update().values(available=1_000_000))


def main() -> None:
    """Prints the medians."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = measure(options.repeats)
    if options.json:
        print(json.dumps({"machine": machine(), **figures}, indent=1))
        return
    for name, value in figures["median"].items():
        print(f"{name.replace('_', ' '):28} {value:12,.1f}")


if __name__ == "__main__":
    main()
