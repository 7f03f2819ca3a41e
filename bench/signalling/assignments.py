"""How many assignments a second the desk makes while many wait: deciding alone, and decided, written and told.

    measure(waiting=10_000) -> [Row, ...]          python -m bench.signalling.assignments

Scenario: `waiting` chats in one queue, of four requirement classes and mixed priorities; REPS reps with one chat each, auto-accepted. In
each round every rep finishes and is given the next, while as many new ones enter. An assignment is a rep's finish, the choice of the next
ticket and, durable, its rows, its timeline entries, the conversation's rep and the notes, in the batches the desk makes by itself, on
SQLite with its flushes; whoever asks the desk (a socket, a request) is not part of it.
Entering is done between the runs and not counted. Figures are medians of REPEATS runs: per second of CPU time of this process (all
threads), which does not depend on who else is using the machine, and per second of real time, which does.
"""

import argparse
import asyncio
import gc
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import insert

from bench.machine import machine
from signalling import tenants
from signalling.bus import LocalBus
from signalling.config import Settings
from signalling.ids import new_id
from signalling.routing import events, queues
from signalling.routing.desk import Desk
from signalling.routing.floor import Floor
from signalling.routing.presence import Profile
from signalling.routing.queue import Queue
from signalling.routing.requirement import Step, parse
from signalling.routing.ticket import Ticket
from signalling.store import Store, Transaction
from signalling.store.tables import metadata
from signalling.store.tables.conversation import conversations
from signalling.times import system_clock

WAITING = 10_000
REPS = 200
REPEATS = 7
ROUNDS = 10
WARM_UP = 1
TENANT = new_id("ten")
CLASSES = [(Step(0, parse(text)),) for text in ("anybody", "billing >= 2", "language = de", "billing and language in (de, en)")]


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: assignments a second of CPU time and of real time."""

    name: str
    waiting: int
    reps: int
    per_cpu_second: float
    per_second: float
    repeats: int


def measure(waiting: int = WAITING, repeats: int = REPEATS) -> list[Row]:
    """Both rows."""
    return [pure(waiting, repeats), asyncio.run(durable(waiting, repeats))]


def pure(waiting: int, repeats: int) -> Row:
    """Decisions alone."""
    floor = Floor(TENANT)
    floor.receive(events.QueueSet(Queue("que", auto_accept=frozenset({"chat"}), wrap_up_us={})), 0)
    numbers = itertools.count()
    for _ in range(waiting + REPS):
        number = next(numbers)
        floor.receive(events.Enter(ticket(number, f"conv_{number}", "que", number)), number)
    for profile in profiles():
        floor.receive(events.ProfileSet(profile), waiting)
        floor.receive(events.StatusSet(profile.rep_id, "available"), waiting)
    costs = []
    for run in range(WARM_UP + repeats):
        finishes = [events.Finish(rep.id, work.conversation_id, "chat") for rep in floor.reps.values() for work in rep.work.values()]
        gc.collect()
        began, cpu = time.perf_counter(), time.process_time()
        now_us = waiting + run
        for event in finishes:
            floor.receive(event, now_us)
        spent = (len(finishes) / (time.process_time() - cpu), len(finishes) / (time.perf_counter() - began))
        assert sum(len(rep.work) for rep in floor.reps.values()) == REPS
        for _ in finishes:
            number = next(numbers)
            floor.receive(events.Enter(ticket(number, f"conv_{number}", "que", number)), now_us)
        floor.changed_tickets.clear()
        if run >= WARM_UP:
            costs.append(spent)
    return row("decided", waiting, costs)


async def durable(waiting: int, repeats: int) -> Row:
    """Decided, written to SQLite and told."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        bus = LocalBus()
        store = Store(settings.database, bus=bus, master_keys={"bench": bytes(32)})
        await store.open(metadata.create_all)
        await store.write(tenants.create, TENANT, "Shop")
        view = await store.write(queues.add, TENANT, "Everybody", {"auto_accept": ["chat"]})
        desk = Desk(settings, store, bus)
        await desk.start()
        numbers = itertools.count()
        await enter(store, desk, view.id, waiting + REPS, numbers)
        for profile in profiles():
            await store.write(queues.set_profile, TENANT, profile)
        await asyncio.gather(*(desk.set_status(TENANT, profile.rep_id, "available") for profile in profiles()))
        costs = []
        for run in range(WARM_UP + repeats):
            floor = desk.floor(TENANT)
            gc.collect()
            began, cpu = time.perf_counter(), time.process_time()
            for _ in range(ROUNDS):
                work = [(rep.id, ticket.conversation_id) for rep in floor.reps.values() for ticket in rep.work.values()]
                assert len(work) == REPS
                for rep_id, conversation_id in work:
                    desk.post(TENANT, events.Finish(rep_id, conversation_id, "chat"))
                await desk.ask(TENANT, None, lambda _: None)  # all of it is on disk and told
            count = ROUNDS * REPS
            spent = (count / (time.process_time() - cpu), count / (time.perf_counter() - began))
            await enter(store, desk, view.id, count, numbers)
            if run >= WARM_UP:
                costs.append(spent)
        await desk.stop()
        await store.close()
    return row("decided, written and told", waiting, costs)


async def enter(store: Store, desk: Desk, queue_id: str, count: int, numbers: Iterator[int]) -> None:
    """So many more conversations wait."""
    made = [(next(numbers), new_id("conv")) for _ in range(count)]
    now_us = system_clock()

    def begin(tx: Transaction) -> None:
        tx.execute(
            insert(conversations),
            [
                {
                    "tenant_id": TENANT,
                    "id": conversation_id,
                    "seq": 0,
                    "status": "open",
                    "channel": "chat",
                    "customer_id": "cust_bench",
                    "locale": "en",
                    "created_at_us": now_us,
                    "updated_at_us": now_us,
                }
                for _, conversation_id in made
            ],
        )

    await store.write(begin)
    enters = [events.Enter(ticket(number, conversation_id, queue_id, now_us + number)) for number, conversation_id in made]
    for event in enters:
        desk.post(TENANT, event)
    await desk.ask(TENANT, None, lambda _: None)


def ticket(number: int, conversation_id: str, queue_id: str, now_us: int) -> Ticket:
    """Of class and priority by its number."""
    steps = CLASSES[number % len(CLASSES)]
    priority = number * 7919 % 11
    return Ticket(f"tick_{number:09}", conversation_id, "cust_bench", queue_id, "chat", now_us, now_us, priority=priority, steps=steps)


def profiles() -> list[Profile]:
    """Reps of whom each class finds some."""
    return [
        Profile(f"rep_{n:04}", "Rep", {"billing": n % 4}, frozenset({"de" if n % 2 else "en"}), {"chat": 1, "voice": 0, "video": 0})
        for n in range(REPS)
    ]


def row(name: str, waiting: int, costs: list[tuple[float, float]]) -> Row:
    cpu, real = (statistics.median(each) for each in zip(*costs, strict=True))
    return Row(name, waiting, REPS, round(cpu), round(real), len(costs))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--waiting", type=int, default=WAITING)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = measure(options.waiting, options.repeats)
    if options.json:
        print(json.dumps({"machine": machine(), "rows": [asdict(each) for each in rows]}, indent=1))
        return
    for each in rows:
        print(f"{each.name:28} {each.waiting:7} waiting  {each.per_cpu_second:9,.0f}/CPU s  {each.per_second:9,.0f}/s")


if __name__ == "__main__":
    main()
