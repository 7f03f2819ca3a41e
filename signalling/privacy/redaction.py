"""What stays of a row when the customer it tells of is erased: its place, ids and figures, and nothing that says who they were.

Works for `erasure`, one per table that the register marks `redact`. An order stays with its goods, amounts and dates, which tax law asks
for; the shop's own books hold the address that an invoice needs. Invariant: doing it twice is doing it once.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, update

from signalling.conversation import timeline
from signalling.privacy.register import table
from signalling.privacy.subject import Subject
from signalling.store import Transaction

ERASED = "privacy.erased"
# Entries that hold ids and dates only, and are needed as proof.
PROOF = ("consent.granted", "consent.revoked", ERASED)
# Fields of orders and returns that tell of a person, and what each becomes; texts, lists and objects become empty ones.
BLANK = frozenset({"note", "tracking", "postcode", "attributes", "reason", "comment", "message", "name", "email", "phone"})
NOTHING = frozenset({"address", "customer_id", "cancel_reason"})
# Below these, `name` is a product's or an option's.
GOODS = frozenset({"shipping", "totals", "discount_codes"})

Redact = Callable[[Transaction, Subject, Row[Any]], None]


def conversation(tx: Transaction, whose: Subject, row: Row[Any]) -> None:
    """Its customer has no name any more."""
    _set(tx, "conversations", row, customer_name=_seal(tx, "conversations", "customer_name", row, b""))


def entry(tx: Transaction, whose: Subject, row: Row[Any]) -> None:
    """Its body and its actor's name go, but for what is proof; a message counts as deleted."""
    before = json.loads(tx.unseal(row.tenant_id, row.body, timeline.about(row.conversation_id, row.seq)))["data"]
    data: dict[str, Any] = {"erased": True}
    if row.kind in PROOF:
        data = before
    elif row.kind.startswith("message."):
        data |= {"deleted": True, **({"id": before["id"]} if "id" in before else {})}
    timeline.redact(tx, row.tenant_id, row.conversation_id, row.seq, data)


def message(tx: Transaction, whose: Subject, row: Row[Any]) -> None:
    """It counts as deleted."""
    if row.deleted_seq is None:
        _set(tx, "messages", row, deleted_seq=row.updated_seq or row.seq)


def participant(tx: Transaction, whose: Subject, row: Row[Any]) -> None:
    """The customer has no name any more; reps keep theirs."""
    if row.person_id in whose.ids:
        _set(tx, "participants", row, name=_seal(tx, "participants", "name", row, b""))


def order(tx: Transaction, whose: Subject, row: Row[Any]) -> None:
    """Goods, amounts and dates stay; it is nobody's any more."""
    _set(tx, "orders", row, customer_id=None, body=_body(tx, "orders", row))


def order_return(tx: Transaction, whose: Subject, row: Row[Any]) -> None:
    """What goes back stays, why does not."""
    _set(tx, "order_returns", row, body=_body(tx, "order_returns", row))


def payment(tx: Transaction, whose: Subject, row: Row[Any]) -> None:
    """Amounts and the provider's references stay; the page to pay on and, once it is over, what the provider was asked do not."""
    _set(tx, "payments", row, url=None)
    if row.due_at_us is None:
        _set(tx, "payments", row, charge=_seal(tx, "payments", "charge", row, b"{}"))


def refund(tx: Transaction, whose: Subject, row: Row[Any]) -> None:
    """The amount stays, why does not."""
    _set(tx, "refunds", row, reason=None)


REDACTIONS: Mapping[str, Redact] = {
    "conversations": conversation,
    "timeline": entry,
    "messages": message,
    "participants": participant,
    "orders": order,
    "order_returns": order_return,
    "payments": payment,
    "refunds": refund,
}


def blanked(value: Any, below: str = "") -> Any:
    """A JSON value without the fields that tell of a person."""
    if isinstance(value, Mapping):
        made: dict[str, Any] = {}
        for name, each in value.items():
            if name in NOTHING:
                made[name] = None
            elif name in BLANK and not (name == "name" and below in GOODS):
                made[name] = type(each)() if isinstance(each, str | list | dict) else each
            else:
                made[name] = blanked(each, name)
        return made
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [blanked(each, below) for each in value]
    return value


def _body(tx: Transaction, name: str, row: Row[Any]) -> bytes:
    place = table(name).c.body.info["sealed"].format_map(row._mapping)
    stored = json.loads(tx.unseal(row.tenant_id, row.body, place))
    return tx.seal(row.tenant_id, json.dumps(blanked(stored), ensure_ascii=False).encode(), place)


def _seal(tx: Transaction, name: str, column: str, row: Row[Any], plain: bytes) -> bytes:
    return tx.seal(row.tenant_id, plain, table(name).c[column].info["sealed"].format_map(row._mapping))


def _set(tx: Transaction, of: str, row: Row[Any], /, **values: Any) -> None:
    here = table(of)
    key = [column == getattr(row, column.name) for column in here.primary_key.columns]
    tx.execute(update(here).where(*key).values(**values))
