"""One run: a storm, kills at random moments, and what is left.

For `python -m bench.crash` and the tests. The moments are drawn from a seed; what the server is doing then is its own.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import update

from bench.crash import verdict
from bench.crash.program import Program
from bench.crash.receiver import Receiver
from bench.crash.storm import TENANT, Customer, customer
from signalling import tenants
from signalling.bus import LocalBus
from signalling.commerce.shops.seed import seed as fill_shop
from signalling.identity.caller import Caller, Role
from signalling.installation import installation_secrets
from signalling.store import Store, Transaction, migrations
from signalling.store.tables.commerce import variants

CUSTOMERS = 8
# From the server's readiness to its death: through everything it does at first, and into the middle of the storm.
LIVES_S = (0.02, 1.2)
DELIVERED_WITHIN_S = 120.0
LOOK_S = 0.1
# Of whoever looks at what is left; the server under test has its own.
PATIENCE_S = 60.0
ADMIN = Caller(TENANT, "rep_01JD3Q8Z6W0V7M9K4C2T5B8N4X", Role.ADMIN, "Ada", session_id="ses_admin")
Meanwhile = Callable[[int], Awaitable[bool]]


async def nothing(_: int) -> bool:
    """Kills the server, each time."""
    return True


async def crash(folder: Path, url: str, kills: int, seed: int = 1, meanwhile: Meanwhile = nothing) -> dict[str, Any]:
    """Figures, and under `broken` every promise that was not kept. `meanwhile(n)` may do something else than a kill: then it says False."""
    dice = random.Random(seed)
    program, receiver = Program(folder, url), Receiver()
    began_s = time.monotonic()
    await receiver.open()
    masters = installation_secrets(program.settings).master_keys
    store = Store(program.settings.database, bus=LocalBus(), master_keys=masters, patience_s=PATIENCE_S)
    await store.open(migrations.upgrade)
    await store.write(prepare)
    await store.close()
    people = [Customer(program.address, {}, customer(number), dice.randrange(2**32)) for number in range(CUSTOMERS)]
    for each in people:
        each.use(program.token(each.caller))
    ended = asyncio.Event()
    try:
        await program.start()
        async with aiohttp.ClientSession() as client:
            await _hook(client, program, receiver.url)
            lives = [asyncio.create_task(each.live(client, ended)) for each in people]
            for number in range(kills):
                await asyncio.sleep(dice.uniform(*LIVES_S))
                if await meanwhile(number):
                    await program.kill()
                    await program.start()
            ended.set()
            await asyncio.gather(*lives)
            await store.open()
            await _delivered(store)
        broken = await store.read(verdict.broken, TENANT, people, receiver.seqs)
        waiting = await store.read(verdict.waiting, TENANT)
    finally:
        ended.set()
        await store.close()
        program.close()
        await receiver.close()
    tried = sum((each.memory.tried for each in people), Counter())
    return {
        "kills": kills,
        "seconds": round(time.monotonic() - began_s, 1),
        "acknowledged": {
            "messages": sum(len(each.memory.messages) for each in people),
            "operations": sum(len(each.memory.operations) for each in people),
            "orders": sum(len(each.memory.orders) for each in people),
        },
        "tried": dict(tried),
        "webhooks": sum(len(each) for each in receiver.seqs.values()),
        "waiting": waiting,
        "broken": broken,
    }


def prepare(tx: Transaction) -> None:
    """A work: a tenant with a shop that does not sell out."""
    if not tenants.exists(tx, TENANT):
        tenants.create(tx, TENANT, "Shop")
        fill_shop(tx, TENANT)
        tx.execute(update(variants).where(variants.c.tenant_id == TENANT).values(available=1_000_000))


async def _hook(client: aiohttp.ClientSession, program: Program, url: str) -> None:
    async with client.post(f"{program.address}/v1/webhooks", json={"url": url}, headers=program.token(ADMIN)) as answer:
        if answer.status != 201:
            raise RuntimeError(f"no webhook: {answer.status} {await answer.text()}")


async def _delivered(store: Store) -> None:
    for _ in range(round(DELIVERED_WITHIN_S / LOOK_S)):
        if not await store.read(verdict.pending, TENANT):
            return
        await asyncio.sleep(LOOK_S)
