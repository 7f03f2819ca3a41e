"""What must hold after any number of crashes; every sentence that comes back is a broken promise.

For `bench.crash`. Works (see `store.transaction`), so that both databases are looked at by the same eyes.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import func, select

from bench.crash.storm import Customer
from signalling.conversation import timeline
from signalling.conversation.timeline import Entry
from signalling.store import Transaction
from signalling.store.tables import commerce, conversation, outward


def pending(tx: Transaction, tenant_id: str) -> int:
    """Outbox rows that still have to leave."""
    table = outward.outbox
    row = tx.first(select(func.count().label("n")).where(table.c.tenant_id == tenant_id, table.c.status == "pending"))
    return int(row.n) if row is not None else 0


def waiting(tx: Transaction, tenant_id: str) -> list[str]:
    """What has not left the outbox, and why."""
    table = outward.outbox
    wanted = select(table.c.lane, table.c.position, table.c.attempts, table.c.due_at_us, table.c.last_error)
    rows = tx.all(wanted.where(table.c.tenant_id == tenant_id, table.c.status != "done").order_by(table.c.lane, table.c.position).limit(20))
    return [
        f"{row.lane} {row.position}: {row.attempts} attempts, due in {(row.due_at_us - tx.now_us) / 1e6:.0f} s: {row.last_error}"
        for row in rows
    ]


def broken(tx: Transaction, tenant_id: str, customers: Iterable[Customer], received: Mapping[str, Sequence[int]]) -> list[str]:
    """All of it."""
    found: list[str] = []
    entries = _entries(tx, tenant_id, found)
    for customer in customers:
        found += customer.memory.strange
        found += _acknowledged(tx, tenant_id, customer, entries.get(customer.conversation_id, []))
    found += _whole(tx, tenant_id, entries)
    for conversation_id, log in entries.items():
        missing = {entry.seq for entry in log} - set(received.get(conversation_id, ()))
        if missing:
            found.append(f"{conversation_id}: never delivered: {sorted(missing)[:10]}")
        first = list(dict.fromkeys(received.get(conversation_id, ())))
        if first != sorted(first):
            found.append(f"{conversation_id}: delivered out of order")
    return found


def _entries(tx: Transaction, tenant_id: str, found: list[str]) -> dict[str, list[Entry]]:
    """Every timeline, opened; gap-free as its conversation says."""
    table, logs = conversation.conversations, {}
    for row in tx.all(select(table.c.id, table.c.seq).where(table.c.tenant_id == tenant_id)):
        log: list[Entry] = []
        while page := timeline.read(tx, tenant_id, row.id, after_seq=log[-1].seq if log else 0):
            log += page
        if [entry.seq for entry in log] != list(range(1, row.seq + 1)):
            found.append(f"{row.id}: {len(log)} entries, {row.seq} promised")
        logs[row.id] = log
    return logs


def _acknowledged(tx: Transaction, tenant_id: str, customer: Customer, log: list[Entry]) -> list[str]:
    """Everything that this customer was told is done is there once."""
    memory, found = customer.memory, []
    said = Counter(entry.data.get("id") or entry.data.get("message_id") for entry in log if entry.kind == "message.created")
    found += [f"{each}: {said[each]} times in the log" for each in memory.messages if said[each] != 1]
    operations, orders = commerce.cart_operations, commerce.orders
    rows = tx.all(select(operations.c.op_id, operations.c.version).where(operations.c.tenant_id == tenant_id))
    versions: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        versions[row.op_id].append(row.version)
    found += [
        f"{op_id}: acknowledged as version {version}, kept as {versions[op_id]}"
        for op_id, version in memory.operations.items()
        if len(versions[op_id]) != 1 or (versions[op_id][0] or 0) > version
    ]
    kept = Counter(row.id for row in tx.all(select(orders.c.id).where(orders.c.tenant_id == tenant_id)))
    found += [f"{each}: {kept[each]} orders" for each in memory.orders if kept[each] != 1]
    return found


def _whole(tx: Transaction, tenant_id: str, logs: Mapping[str, list[Entry]]) -> list[str]:
    """Nothing is half there: a message and its entry, a cart's version and its journal, an order and its entry."""
    found = []
    messages, carts, operations = conversation.messages, commerce.carts, commerce.cart_operations
    rows = tx.all(select(messages.c.conversation_id, messages.c.seq).where(messages.c.tenant_id == tenant_id))
    there = {(row.conversation_id, row.seq) for row in rows}
    # The house's own acknowledgement is an entry without a message that somebody could edit.
    told = {(each, entry.seq) for each, log in logs.items() for entry in log if entry.kind == "message.created"}
    told -= {(each, entry.seq) for each, log in logs.items() for entry in log if entry.actor.kind == "system"}
    if there != told:
        found.append(f"messages and entries differ: {sorted(there ^ told)[:5]}")
    rows = tx.all(
        select(operations.c.cart_id, operations.c.version).where(operations.c.tenant_id == tenant_id, operations.c.version.is_not(None))
    )
    journal: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        journal[row.cart_id].append(row.version)
    for row in tx.all(select(carts.c.id, carts.c.version).where(carts.c.tenant_id == tenant_id)):
        versions = sorted(journal[row.id])
        if len(versions) != len(set(versions)) or (versions and versions[-1] > row.version):
            found.append(f"{row.id}: at version {row.version}, journal {versions}")
    ordered = Counter(
        entry.data.get("order_id") or entry.data.get("id") or (entry.data.get("order") or {}).get("id")
        for log in logs.values()
        for entry in log
        if entry.kind == "order.placed"
    )
    for row in tx.all(select(commerce.orders.c.id).where(commerce.orders.c.tenant_id == tenant_id)):
        if ordered[row.id] != 1:
            found.append(f"{row.id}: {ordered[row.id]} times in a log")
    return found
