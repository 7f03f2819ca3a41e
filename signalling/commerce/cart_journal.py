"""What has been done to a cart, operation by operation: for repetitions, conflicts, undo and attribution.

For `carts` alone. A row holds what an operation touched and what was answered, sealed. Invariant: an `op_id` is done at most once on a
cart; one that met a conflict is kept as well, so that trying again tells nobody twice.
"""

import functools
import hashlib
import json
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter
from pydantic_core import to_json
from sqlalchemy import Row, bindparam, insert, select, update

from signalling.commerce.cart import Cart
from signalling.commerce.cart_change import Operation, Touch
from signalling.conversation.timeline import Actor
from signalling.store import Transaction, prepared
from signalling.store.tables.commerce import cart_operations

# Further behind than this nobody merges: whoever has missed so much looks anew.
MISSED_MOST = 200


@dataclass(frozen=True, slots=True)
class Undo:
    """The operation that undoes another one."""

    of: str
    kind: Literal["undo"] = "undo"


@dataclass(frozen=True, slots=True)
class Done:
    """An operation that was done. `answer`: the cart it made."""

    op_id: str
    by: Actor
    operation: dict[str, Any]
    touches: list[Touch]
    answer: Cart | None


_COLUMNS = cart_operations.c
_HERE = (_COLUMNS.tenant_id == bindparam("tenant"), _COLUMNS.cart_id == bindparam("cart"))
_ONE = prepared(select(cart_operations).where(*_HERE, _COLUMNS.op_id == bindparam("op")))
_SINCE = prepared(
    select(cart_operations).where(*_HERE, _COLUMNS.version > bindparam("version")).order_by(_COLUMNS.version).limit(MISSED_MOST + 1)
)
_INSERT = prepared(insert(cart_operations))
_UPDATE = prepared(
    update(cart_operations)
    .where(*_HERE, _COLUMNS.op_id == bindparam("op"))
    .values(version=bindparam("made"), body=bindparam("sealed"), at_us=bindparam("now_us"))
)


def digest(operation: Operation | Undo) -> str:
    """What tells a repetition from another operation with the same id: all of it, but not the version its caller had seen."""
    return hashlib.sha256(json.dumps(plain(operation), sort_keys=True).encode()).hexdigest()


def plain(operation: Operation | Undo) -> dict[str, Any]:
    """As entries show it."""
    made: dict[str, Any] = _operation_json().dump_python(operation, mode="json")
    return made


def read_operation(given: dict[str, Any]) -> Operation:
    """The other way."""
    made = _operation_json().validate_python(given)
    assert not isinstance(made, Undo), "an undo is never suggested"
    return made


def find(tx: Transaction, tenant_id: str, cart_id: str, op_id: str) -> Row[Any] | None:
    """The row of an operation: `version` is None where it met a conflict."""
    return tx.first(_ONE, {"tenant": tenant_id, "cart": cart_id, "op": op_id})


def since(tx: Transaction, tenant_id: str, cart_id: str, version: int) -> list[Done]:
    """What was done after this version, `MISSED_MOST` + 1 at most."""
    return [done(tx, row) for row in tx.all(_SINCE, {"tenant": tenant_id, "cart": cart_id, "version": version})]


def done(tx: Transaction, row: Row[Any]) -> Done:
    """A row, opened."""
    body = json.loads(tx.unseal(row.tenant_id, row.body, _about(row.cart_id, row.op_id)))
    touches = [Touch(**touch) for touch in body["touches"]]
    by = Actor(row.actor_kind, row.actor_id, body["name"])
    answer = cart_json().validate_python(body["answer"]) if body["answer"] is not None else None
    return Done(row.op_id, by, body["operation"], touches, answer)


def write(
    tx: Transaction,
    tenant_id: str,
    cart_id: str,
    op_id: str,
    operation: Operation | Undo,
    by: Actor,
    touches: list[Touch],
    answer: dict[str, Any] | None,
    version: int | None,
    known: Row[Any] | None,
) -> None:
    """Writes it down. `version`, `answer`: None for a conflict; `known`: the row of an earlier attempt."""
    body = {
        "name": by.name,
        "operation": plain(operation),
        "touches": [{"key": each.key, "before": each.before, "after": each.after, "added": each.added} for each in touches],
        "answer": answer,
    }
    sealed = tx.seal(tenant_id, to_json(body), _about(cart_id, op_id))
    if known is not None:
        changed = {"made": version, "sealed": sealed, "now_us": tx.now_us}
        tx.run(_UPDATE, {"tenant": tenant_id, "cart": cart_id, "op": op_id, **changed})
        return
    tx.run(
        _INSERT,
        {
            "tenant_id": tenant_id,
            "cart_id": cart_id,
            "op_id": op_id,
            "version": version,
            "digest": digest(operation),
            "actor_kind": by.kind,
            "actor_id": by.id,
            "body": sealed,
            "at_us": tx.now_us,
        },
    )


@functools.cache
def cart_json() -> TypeAdapter[Cart]:
    """Reads and writes `Cart`."""
    return TypeAdapter(Cart)


@functools.cache
def _operation_json() -> TypeAdapter[Operation | Undo]:
    made: TypeAdapter[Operation | Undo] = TypeAdapter(Annotated[Operation | Undo, Field(discriminator="kind")])
    return made


def _about(cart_id: str, op_id: str) -> str:
    return f"cart_operations/{cart_id}/{op_id}"
