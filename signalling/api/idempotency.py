"""Idempotency keys: a request that is sent twice is done once, and answered twice.

For `Context.write` of operations that create. The answer is kept in the same transaction as the change it tells of, so that after a crash
either both are there or neither; it is sealed like everything else that may hold personal content, and forgotten after a day.
The field's convention (draft-ietf-httpapi-idempotency-key-header): same key and request, same answer; same key and another request, 422;
same key while the first is being answered, 409. A refusal is not kept: the repetition is tried anew.

Invariant: a key belongs to one caller and one operation of one tenant; nobody meets another's.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from mediaserver.errors import BadRequest, Conflict, Unprocessable
from signalling.store import Transaction
from signalling.store.tables.idempotency import idempotency_keys as table
from signalling.times import SECOND_US

T = TypeVar("T")

# Longer than any client goes on trying, short enough to be no archive.
KEPT_US = 24 * 3600 * SECOND_US
KEY_CHARACTERS_MOST = 255
# A cleaning never holds the writer for long.
CLEANED_AT_ONCE = 500


class Replayed(Exception):
    """Not an error: the request was answered before, with this. Caught by `perform` alone."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__("answered before")
        self.status = status
        self.body = body


@dataclass(frozen=True, slots=True)
class Claim:
    """One request under its key."""

    tenant_id: str
    caller_id: str
    operation: str
    key: str
    fingerprint: str

    @property
    def place(self) -> tuple[str, str, str, str]:
        """What the key is unique within, and the key."""
        return self.tenant_id, self.caller_id, self.operation, self.key


class InFlight:
    """The claims that this process is answering at the moment."""

    def __init__(self) -> None:
        self._places: set[tuple[str, str, str, str]] = set()

    def __len__(self) -> int:
        return len(self._places)

    def enter(self, claim: Claim) -> None:
        """Conflict (409) where the same key is being answered."""
        if claim.place in self._places:
            raise Conflict("A request with this Idempotency-Key is being answered.", code="idempotency_in_flight")
        self._places.add(claim.place)

    def leave(self, claim: Claim) -> None:
        """It was answered, whatever the answer."""
        self._places.discard(claim.place)


def checked(key: str) -> str:
    """The key, if it may be one. BadRequest otherwise."""
    if not 0 < len(key) <= KEY_CHARACTERS_MOST or not key.isascii() or not key.isprintable():
        raise BadRequest(f"An Idempotency-Key has 1 to {KEY_CHARACTERS_MOST} printable ASCII characters.", code="idempotency_key")
    return key


def fingerprint(operation: str, request: Mapping[str, Any]) -> str:
    """Tells requests apart: SHA-256 of operation, path, query and body, whatever the order of keys and the white space were."""
    canonical = json.dumps([operation, request], sort_keys=True, separators=(",", ":"), default=_digest)
    return hashlib.sha256(canonical.encode("utf-8", "backslashreplace")).hexdigest()


def keep(tx: Transaction, claim: Claim, work: Callable[[Transaction], T], answer: Callable[[T], tuple[int, bytes]]) -> T:
    """A work: does `work` and keeps its answer, or raises `Replayed` with the one that was kept. Unprocessable for another request."""
    _begin(tx, claim)
    value = work(tx)
    status, body = answer(value)
    kept = {"fingerprint": claim.fingerprint, "status": status, "body": body.decode()}
    sealed = tx.seal(claim.tenant_id, json.dumps(kept, ensure_ascii=False).encode(), _about(claim))
    tx.execute(update(table).where(*_here(claim)).values(answer=sealed))
    return value


def clean(tx: Transaction) -> int:
    """A work: forgets what is older than a day, oldest first, so many at once. How many."""
    old = (
        select(table.c.tenant_id, table.c.caller_id, table.c.operation, table.c.key)
        .where(table.c.created_at_us <= tx.now_us - KEPT_US)
        .order_by(table.c.created_at_us)
        .limit(CLEANED_AT_ONCE)
    )
    rows = tx.all(old)
    for row in rows:
        tx.execute(
            delete(table).where(
                table.c.tenant_id == row.tenant_id,
                table.c.caller_id == row.caller_id,
                table.c.operation == row.operation,
                table.c.key == row.key,
            )
        )
    return len(rows)


def _begin(tx: Transaction, claim: Claim) -> None:
    """Takes the key's row, which makes another node's request with the same key wait until this one is done."""
    tx.execute(delete(table).where(*_here(claim), table.c.created_at_us <= tx.now_us - KEPT_US))
    dialect = postgresql if tx.connection.dialect.name == "postgresql" else sqlite
    row = dict(tenant_id=claim.tenant_id, caller_id=claim.caller_id, operation=claim.operation, key=claim.key, created_at_us=tx.now_us)
    taken = dialect.insert(table).values(row).on_conflict_do_nothing().returning(table.c.key)
    if tx.first(taken) is not None:
        return
    found = tx.first(select(table.c.answer).where(*_here(claim)))
    if found is None or found.answer is None:
        raise Conflict("A request with this Idempotency-Key is being answered.", code="idempotency_in_flight")
    kept = json.loads(tx.unseal(claim.tenant_id, found.answer, _about(claim)))
    if kept["fingerprint"] != claim.fingerprint:
        raise Unprocessable("This Idempotency-Key was used for another request.", code="idempotency_key_reused")
    raise Replayed(kept["status"], kept["body"].encode())


def _digest(body: bytes) -> str:
    """A file, in place of itself."""
    return hashlib.sha256(body).hexdigest()


def _here(claim: Claim) -> tuple[Any, ...]:
    return (
        table.c.tenant_id == claim.tenant_id,
        table.c.caller_id == claim.caller_id,
        table.c.operation == claim.operation,
        table.c.key == claim.key,
    )


def _about(claim: Claim) -> str:
    return f"idempotency/{claim.caller_id}/{claim.operation}/{claim.key}"
