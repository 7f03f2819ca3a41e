"""Erasing a customer, with a receipt: what the register says must go goes, what must stay loses its name, and everybody is told.

    erasure = erasure.begin(tx, tenant_id, actor, customer_id)       # a work: on record from here on
    await erasure.run(store, tenant_id, erasure.id, recordings_root)

GDPR article 17, LGPD article 18 VI. Done in many small units of work, each of which writes down how far it came, so that it goes on
where it was after a crash; and doing it again changes nothing. The receipt is a hash over what was erased: for each table, how many
rows, and a digest over their keys and (sealed) content. The shop hears `privacy.erased` on each conversation and by webhook, and must
erase its own.

Invariants: their sessions end before anything is erased; the row that leads to the others (`customers`) goes last; consents and the
audit log stay, as proof, with ids that lead nowhere any more.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from mediaserver.errors import NotFound
from signalling import outbox
from signalling.conversation import handling, timeline
from signalling.conversation.timeline import SYSTEM, Actor
from signalling.identity import revocation
from signalling.ids import new_id
from signalling.privacy import audit, recordings, register, subject
from signalling.privacy.redaction import ERASED, REDACTIONS
from signalling.privacy.subject import Subject
from signalling.store import Store, Transaction
from signalling.store.tables import metadata
from signalling.store.tables.conversation import conversations
from signalling.store.tables.identity import customers
from signalling.store.tables.outward import outbox as outbox_table
from signalling.store.tables.privacy import erasures
from signalling.times import rfc3339

# A unit of work that holds SQLite's only writer for a few milliseconds.
BATCH = 50
PENDING_MOST = 100
# An erasure has begun: `(tenant_id, erasure_id)`.
REQUESTED = "erasures"
NO_HASH = hashlib.sha256().hexdigest()


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure and, once it is done, its receipt. `rows`: erased or redacted, by table."""

    id: str
    customer_id: str
    status: str
    requested_at: str
    done_at: str | None
    rows: dict[str, int]
    receipt: str | None


def begin(tx: Transaction, tenant_id: str, actor: Actor, customer_id: str, erasure_id: str | None = None) -> Erasure:
    """A work: writes down that a customer is to be erased, and ends their sessions. One that has begun, or has nothing left to do, is given
    again. NotFound where nothing here is about such a customer."""
    mine = (erasures.c.tenant_id == tenant_id) & (erasures.c.customer_id == customer_id)
    before = tx.first(select(erasures).where(mine).order_by(erasures.c.requested_at_us.desc(), erasures.c.id.desc()).limit(1))
    known = tx.first(select(customers.c.id).where(customers.c.tenant_id == tenant_id, customers.c.id == customer_id))
    if before is not None and (before.status == "pending" or known is None):
        return _view(before)
    whose = subject.find(tx, tenant_id, customer_id)
    made = erasure_id or new_id("era")
    progress = {"ids": list(whose.ids), "tables": {}, "recordings": 0, "told": None}
    tx.execute(
        insert(erasures).values(
            tenant_id=tenant_id,
            id=made,
            customer_id=customer_id,
            status="pending",
            requested_by=actor.id,
            requested_at_us=tx.now_us,
            progress=json.dumps(progress),
        )
    )
    for person_id in whose.ids:
        revocation.revoke_person(tx, tenant_id, person_id, "erased")
    audit.record(tx, tenant_id, actor, "privacy.erasure_requested", customer_id, {"erasure_id": made})
    tx.tell(REQUESTED, (tenant_id, made))
    return get(tx, tenant_id, made)


def get(tx: Transaction, tenant_id: str, erasure_id: str) -> Erasure:
    """A work. NotFound where there is none."""
    return _view(_row(tx, tenant_id, erasure_id))


def pending(tx: Transaction) -> list[tuple[str, str]]:
    """A work: (tenant, erasure) of those that are not done, the oldest first."""
    rows = tx.all(
        select(erasures.c.tenant_id, erasures.c.id)
        .where(erasures.c.status == "pending")
        .order_by(erasures.c.requested_at_us)
        .limit(PENDING_MOST)
    )
    return [(row.tenant_id, row.id) for row in rows]


async def run(store: Store, tenant_id: str, erasure_id: str, recordings_root: Path) -> Erasure:
    """Does it, or what is left of it."""
    while await store.write(_close, tenant_id, erasure_id):
        pass
    calls = await store.read(_calls, tenant_id, erasure_id)
    for each in await asyncio.to_thread(recordings.of, recordings_root, tenant_id, calls):
        await asyncio.to_thread(recordings.remove, each)
        await store.write(_removed_recording, tenant_id, erasure_id)
    while await store.write(_mails, tenant_id, erasure_id):
        pass
    for name in register.personal():
        while await store.write(_step, tenant_id, erasure_id, name):
            pass
    while await store.write(_tell, tenant_id, erasure_id):
        pass
    return await store.write(_finish, tenant_id, erasure_id)


def _close(tx: Transaction, tenant_id: str, erasure_id: str) -> bool:
    """Ends a conversation that is still open; whether there was one."""
    whose, _ = _state(tx, tenant_id, erasure_id)
    open_ = register.whose("conversations", tenant_id, whose.ids) & (conversations.c.status == "open")
    found = tx.execute(select(conversations.c.id).where(open_).order_by(conversations.c.id).limit(1)).scalar()
    if found is not None:
        handling.end(tx, tenant_id, found, SYSTEM, "erased")
    return found is not None


def _calls(tx: Transaction, tenant_id: str, erasure_id: str) -> set[str]:
    if "calls" not in metadata.tables:
        return set()
    whose, _ = _state(tx, tenant_id, erasure_id, lock=False)  # only read
    calls = register.table("calls")
    return set(tx.execute(select(calls.c.id).where(register.whose("calls", tenant_id, whose.ids))).scalars())


def _removed_recording(tx: Transaction, tenant_id: str, erasure_id: str) -> None:
    _, progress = _state(tx, tenant_id, erasure_id)
    progress["recordings"] += 1
    _save(tx, tenant_id, erasure_id, progress)


def _mails(tx: Transaction, tenant_id: str, erasure_id: str) -> bool:
    """Removes mails to the customer's address, sent or not, from a stretch of the outbox; whether there is more of it."""
    whose, progress = _state(tx, tenant_id, erasure_id)
    done = progress["tables"].setdefault("mail", _nothing())
    if done["done"]:
        return False
    addresses = _addresses(tx, whose)
    wanted = select(outbox_table).where(outbox_table.c.tenant_id == tenant_id, outbox_table.c.target == "mail")
    if done["after"] is not None:
        wanted = wanted.where(outbox_table.c.id > done["after"][0])
    rows = tx.all(wanted.order_by(outbox_table.c.id).limit(BATCH)) if addresses else []
    for row in rows:
        body = subject.opened(tx, "outbox", row)["body"]
        if isinstance(body, Mapping) and str(body.get("to", "")).casefold() in addresses:
            _count(done, "outbox", row)
            tx.execute(delete(outbox_table).where(outbox_table.c.tenant_id == tenant_id, outbox_table.c.id == row.id))
    done["after"] = [rows[-1].id] if rows else done["after"]
    done["done"] = len(rows) < BATCH
    _save(tx, tenant_id, erasure_id, progress)
    return not done["done"]


def _step(tx: Transaction, tenant_id: str, erasure_id: str, name: str) -> bool:
    """Erases or redacts some rows of a table; whether there are more."""
    whose, progress = _state(tx, tenant_id, erasure_id)
    holding = register.REGISTER[name]
    done = progress["tables"].setdefault(name, _nothing())
    if done["done"] or holding.erase == "keep":
        return False
    here = register.table(name)
    # Redacted rows stay and may not be found by their customer any more: go on behind the last. Deleted ones are gone: begin anew.
    rows = subject.page(tx, whose, name, done["after"] if holding.erase == "redact" else None, BATCH)
    for row in rows:
        _count(done, name, row)
        if holding.erase == "redact":
            REDACTIONS[name](tx, whose, row)
        else:
            tx.execute(delete(here).where(*(column == getattr(row, column.name) for column in here.primary_key.columns)))
    done["after"] = subject.key_of(name, rows[-1]) if rows and holding.erase == "redact" else None
    done["done"] = len(rows) < BATCH
    _save(tx, tenant_id, erasure_id, progress)
    return not done["done"]


def _tell(tx: Transaction, tenant_id: str, erasure_id: str) -> bool:
    """Tells one conversation; whether there are more."""
    whose, progress = _state(tx, tenant_id, erasure_id)
    wanted = select(conversations.c.id).where(register.whose("conversations", tenant_id, whose.ids))
    if progress["told"] is not None:
        wanted = wanted.where(conversations.c.id > progress["told"])
    found = tx.execute(wanted.order_by(conversations.c.id).limit(1)).scalar()
    if found is None:
        return False
    timeline.append(tx, tenant_id, found, ERASED, SYSTEM, {"customer_id": whose.customer_id, "erasure_id": erasure_id})
    progress["told"] = found
    _save(tx, tenant_id, erasure_id, progress)
    return True


def _finish(tx: Transaction, tenant_id: str, erasure_id: str) -> Erasure:
    row = _row(tx, tenant_id, erasure_id)
    if row.status == "done":
        return _view(row)
    progress = json.loads(row.progress)
    receipt = hashlib.sha256(json.dumps(progress["tables"], sort_keys=True).encode()).hexdigest()
    if progress["told"] is None:  # a customer without a conversation: the shop must hear of it all the same
        body = {
            "type": ERASED,
            "conversation_id": None,
            "seq": 1,
            "at": rfc3339(tx.now_us),
            "actor": {"kind": "system", "id": "system", "name": ""},
            "data": {"customer_id": row.customer_id, "erasure_id": erasure_id},
        }
        outbox.add_webhooks(tx, tenant_id, erasure_id, 1, ERASED, lambda: body)
    here = (erasures.c.tenant_id == tenant_id) & (erasures.c.id == erasure_id)
    # The other ids have done their work: what is left names the erasure and one id that leads nowhere.
    kept = {**progress, "ids": [row.customer_id]}
    tx.execute(update(erasures).where(here).values(status="done", done_at_us=tx.now_us, receipt_hash=receipt, progress=json.dumps(kept)))
    detail = {"erasure_id": erasure_id, "receipt": receipt}
    audit.record(tx, tenant_id, Actor("system", "system"), ERASED, row.customer_id, detail)
    return get(tx, tenant_id, erasure_id)


def _addresses(tx: Transaction, whose: Subject) -> set[str]:
    found = set()
    for row in tx.all(select(customers).where(register.whose("customers", whose.tenant_id, whose.ids))):
        opened = subject.opened(tx, "customers", row)
        for part in (opened["profile"], opened["unverified"]):
            if isinstance(part, Mapping) and isinstance(part.get("email"), str) and part["email"]:
                found.add(part["email"].casefold())
    return found


def _nothing() -> dict[str, Any]:
    return {"rows": 0, "digest": NO_HASH, "after": None, "done": False}


def _count(done: dict[str, Any], name: str, row: Row[Any]) -> None:
    """Adds a row to the digest: its key, and its content as it lay there (sealed)."""
    made = hashlib.sha256(bytes.fromhex(done["digest"]))
    for column in register.table(name).columns:
        value = getattr(row, column.name)
        raw = bytes(value) if isinstance(value, bytes | memoryview) else json.dumps(value, default=str).encode()
        made.update(len(raw).to_bytes(8, "big") + raw)
    done["rows"] += 1
    done["digest"] = made.hexdigest()


def _state(tx: Transaction, tenant_id: str, erasure_id: str, *, lock: bool = True) -> tuple[Subject, dict[str, Any]]:
    row = _row(tx, tenant_id, erasure_id, lock=lock)
    progress: dict[str, Any] = json.loads(row.progress)
    return Subject(tenant_id, row.customer_id, tuple(progress["ids"])), progress


def _save(tx: Transaction, tenant_id: str, erasure_id: str, progress: Mapping[str, Any]) -> None:
    here = (erasures.c.tenant_id == tenant_id) & (erasures.c.id == erasure_id)
    tx.execute(update(erasures).where(here).values(progress=json.dumps(progress)))


def _row(tx: Transaction, tenant_id: str, erasure_id: str, *, lock: bool = False) -> Row[Any]:
    """`lock`: another process that does the same erasure waits, and then goes on from there."""
    wanted = select(erasures).where(erasures.c.tenant_id == tenant_id, erasures.c.id == erasure_id)
    row = tx.first(wanted.with_for_update() if lock else wanted)
    if row is None:
        raise NotFound("There is no such erasure.")
    return row


def _view(row: Row[Any]) -> Erasure:
    tables = json.loads(row.progress)["tables"]
    return Erasure(
        id=row.id,
        customer_id=row.customer_id,
        status=row.status,
        requested_at=rfc3339(row.requested_at_us),
        done_at=rfc3339(row.done_at_us) if row.done_at_us is not None else None,
        rows={name: done["rows"] for name, done in tables.items() if done["rows"]},
        receipt=row.receipt_hash,
    )
