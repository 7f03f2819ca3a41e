"""The audit log: who looked at, exported, erased or changed what. Each line carries the hash of the one before it, per tenant.

    audit.record(tx, tenant_id, caller.actor, "privacy.exported", customer_id, {"files": 3})

`record` is a work for whoever does such a thing, in the same unit of work: what was not written down was not done. `verify` finds a
line that was changed, removed, put elsewhere or cut off, and says where. Details hold ids and words, no names, addresses or texts.

What it can show: with the last line's hash sealed by a key outside the database, somebody who can write the database but lacks the
master key cannot change, remove or add a line unseen. They could put back a whole older copy, lines and head; only a head kept
elsewhere (`tresen audit head`, and the daily log line) shows that. Invariants: positions are 1, 2, 3 ... after the cut that retention
made; one writer at a time per tenant.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select, update

from signalling.conversation.timeline import Actor
from signalling.store import Store, Transaction
from signalling.store.sealing import SealBroken
from signalling.store.tables.privacy import audit_heads, audit_log
from signalling.times import rfc3339

GENESIS = "0" * 64
PAGE = 500
FAULTS_MOST = 20

# Takes the head's lock, so that two units cannot both continue the same line.
_ADVANCE = (
    update(audit_heads)
    .where(audit_heads.c.tenant_id == bindparam("tenant"))
    .values(position=audit_heads.c.position + 1)
    .returning(audit_heads.c.position, audit_heads.c.hash, audit_heads.c.cut_position, audit_heads.c.cut_hash)
)
_HEAD = select(audit_heads).where(audit_heads.c.tenant_id == bindparam("tenant"))
_LINES = (
    select(audit_log)
    .where(audit_log.c.tenant_id == bindparam("tenant"), audit_log.c.position > bindparam("after"))
    .order_by(audit_log.c.position)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line as callers see it."""

    position: int
    at: str
    actor_kind: str
    actor_id: str
    action: str
    subject: str
    detail: dict[str, Any]
    hash: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Where the log is not as it was written, and how."""

    position: int
    what: str


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the log; kept elsewhere, it shows later that nothing before it was lost."""

    position: int
    hash: str


@dataclass(slots=True)
class Verdict:
    """What `verify` found. `head`: the end of the log, as it should be."""

    checked: int = 0
    head: Head = Head(0, GENESIS)
    faults: list[Fault] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether the log is as it was written."""
        return not self.faults


def begin(tx: Transaction, tenant_id: str) -> None:
    """A new tenant's empty log."""
    values = {"position": 0, "hash": GENESIS, "cut_position": 0, "cut_hash": GENESIS}
    tx.execute(insert(audit_heads).values(tenant_id=tenant_id, seal=_sealed(tx, tenant_id, values), **values))


def record(tx: Transaction, tenant_id: str, actor: Actor, action: str, subject: str, detail: Mapping[str, Any] | None = None) -> Head:
    """Adds a line. `action`: such as `privacy.exported`; `subject`: the id of whom or what it was done to. The new end of the log."""
    head = tx.first(_ADVANCE, {"tenant": tenant_id})
    assert head is not None, "a tenant is made with its audit log"
    plain = json.dumps({"salt": secrets.token_hex(16), "detail": detail or {}}, ensure_ascii=False, separators=(",", ":")).encode()
    line: dict[str, Any] = {
        "tenant_id": tenant_id,
        "position": head.position,
        "at_us": tx.now_us,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "action": action,
        "subject": subject,
        "detail_hash": hashlib.sha256(plain).hexdigest(),
        "previous_hash": head.hash,
    }
    made = hashed(line)
    tx.execute(insert(audit_log).values(detail=tx.seal(tenant_id, plain, _about(head.position)), hash=made, **line))
    _set_head(tx, tenant_id, {"position": head.position, "hash": made, "cut_position": head.cut_position, "cut_hash": head.cut_hash})
    return Head(head.position, made)


def read(tx: Transaction, tenant_id: str, *, before: int | None = None, limit: int = PAGE, subject: str | None = None) -> list[Line]:
    """The newest lines before a position, the newest first."""
    wanted = select(audit_log).where(audit_log.c.tenant_id == tenant_id)
    if before is not None:
        wanted = wanted.where(audit_log.c.position < before)
    if subject is not None:
        wanted = wanted.where(audit_log.c.subject == subject)
    return [_view(tx, row) for row in tx.all(wanted.order_by(audit_log.c.position.desc()).limit(limit))]


def head(tx: Transaction, tenant_id: str) -> Head:
    """The end of the log."""
    row = tx.first(_HEAD, {"tenant": tenant_id})
    return Head(row.position, row.hash) if row is not None else Head(0, GENESIS)


def cut(tx: Transaction, tenant_id: str, before_us: int, most: int) -> int:
    """Retention: removes the oldest lines, `most` at most, and writes down where the log begins now. How many."""
    rows = tx.all(_LINES, {"tenant": tenant_id, "after": 0, "most": most + 1})
    old = [row for row in rows[:most] if row.at_us < before_us]
    if not old:
        return 0
    here = tx.first(_ADVANCE, {"tenant": tenant_id})  # for its lock
    assert here is not None
    last = old[-1]
    tx.execute(delete(audit_log).where(audit_log.c.tenant_id == tenant_id, audit_log.c.position <= last.position))
    _set_head(tx, tenant_id, {"position": here.position - 1, "hash": here.hash, "cut_position": last.position, "cut_hash": last.hash})
    return len(old)


async def verify(store: Store, tenant_id: str, *, expected: Head | None = None) -> Verdict:
    """Reads the whole log, a page a unit of work. `expected`: an end that was kept elsewhere and must lie on the way."""
    verdict = Verdict()
    start = await store.read(head_row, tenant_id)
    if start is None:
        verdict.faults.append(Fault(0, "the log's head is missing"))
        return verdict
    position, previous = start["cut_position"], start["cut_hash"]
    if expected is not None and expected.position <= position:
        expected = None  # retention has removed that line since
    while True:
        rows, last = await store.read(_page, tenant_id, position)
        if last is None:
            verdict.faults.append(Fault(position, "the log's head is missing"))
            return verdict
        for row, opened in rows:
            verdict.faults += judged(row, opened, position, previous)
            verdict.checked += 1
            position, previous = row["position"], row["hash"]
            if expected is not None and expected.position == position and expected.hash != previous:
                verdict.faults.append(Fault(position, "is another line than the one that was kept elsewhere"))
            if len(verdict.faults) >= FAULTS_MOST:
                return verdict
        if len(rows) < PAGE:
            verdict.head = Head(last["position"], last["hash"])
            verdict.faults += judged_end(last, position, previous, expected)
            return verdict


def judged(row: Mapping[str, Any], opened: bytes | None, position: int, previous: str) -> list[Fault]:
    """What is wrong with one line, after the line at `position` with the hash `previous`. `opened`: its plain detail."""
    faults = []
    if row["position"] != position + 1:
        faults.append(Fault(position + 1, f"{row['position'] - position - 1} lines are missing"))
    elif row["previous_hash"] != previous:
        faults.append(Fault(row["position"], "does not follow the line before it"))
    if hashed(row) != row["hash"]:
        faults.append(Fault(row["position"], "was changed"))
    elif opened is None or hashlib.sha256(opened).hexdigest() != row["detail_hash"]:
        faults.append(Fault(row["position"], "its detail was changed"))
    return faults


def judged_end(last: Mapping[str, Any], position: int, previous: str, expected: Head | None) -> list[Fault]:
    """What is wrong with the head, where the lines end at `position` with the hash `previous`."""
    faults = []
    if not last["sealed"]:
        faults.append(Fault(last["position"], "the head was changed"))
    if position < last["position"]:
        faults.append(Fault(position + 1, f"{last['position'] - position} lines at the end are missing"))
    elif position > last["position"]:
        faults.append(Fault(last["position"] + 1, "lines were added past the head"))
    elif previous != last["hash"]:
        faults.append(Fault(position, "is another line than the head says"))
    if expected is not None and expected.position > position:
        faults.append(Fault(position + 1, "lines up to the one that was kept elsewhere are missing"))
    return faults


def hashed(line: Mapping[str, Any]) -> str:
    """The hash of a line: of everything in it but the sealed detail, for which its own hash stands."""
    names = ("tenant_id", "position", "at_us", "actor_kind", "actor_id", "action", "subject", "detail_hash", "previous_hash")
    return hashlib.sha256(json.dumps([line[name] for name in names], ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


def head_row(tx: Transaction, tenant_id: str) -> dict[str, Any] | None:
    """The head's fields, and whether its seal says the same (`sealed`)."""
    row = tx.first(_HEAD, {"tenant": tenant_id})
    if row is None:
        return None
    values = {"position": row.position, "hash": row.hash, "cut_position": row.cut_position, "cut_hash": row.cut_hash}
    try:
        good = json.loads(tx.unseal(tenant_id, row.seal, f"audit_heads/{tenant_id}")) == values
    except SealBroken:
        good = False
    return {**values, "sealed": good}


def _page(tx: Transaction, tenant_id: str, after: int) -> tuple[Sequence[tuple[Mapping[str, Any], bytes | None]], dict[str, Any] | None]:
    rows = tx.all(_LINES, {"tenant": tenant_id, "after": after, "most": PAGE})
    return [(row._asdict(), _opened(tx, row)) for row in rows], head_row(tx, tenant_id)


def _opened(tx: Transaction, row: Row[Any]) -> bytes | None:
    try:
        return tx.unseal(row.tenant_id, row.detail, _about(row.position))
    except SealBroken:
        return None


def _view(tx: Transaction, row: Row[Any]) -> Line:
    opened = _opened(tx, row)
    detail = json.loads(opened)["detail"] if opened is not None else {}
    return Line(row.position, rfc3339(row.at_us), row.actor_kind, row.actor_id, row.action, row.subject, detail, row.hash)


def _set_head(tx: Transaction, tenant_id: str, values: Mapping[str, Any]) -> None:
    tx.execute(update(audit_heads).where(audit_heads.c.tenant_id == tenant_id).values(seal=_sealed(tx, tenant_id, values), **values))


def _sealed(tx: Transaction, tenant_id: str, values: Mapping[str, Any]) -> bytes:
    return tx.seal(tenant_id, json.dumps(dict(values)).encode(), f"audit_heads/{tenant_id}")


def _about(position: int) -> str:
    return f"audit/{position}"
