"""Who takes part in a conversation, and how far everything has reached them: delivered to a device, read by the person.

Works for `conversation`, `handling` and the doors. Invariant: both marks only rise, and neither passes the conversation's last entry;
what is read is delivered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row, bindparam, null, select, update
from sqlalchemy.dialects import postgresql, sqlite

from mediaserver.errors import Unprocessable
from signalling.conversation import timeline
from signalling.conversation.timeline import Actor
from signalling.store import Transaction, prepared
from signalling.store.tables.conversation import participants
from signalling.times import rfc3339

Mark = Literal["delivered", "read"]

_HERE = (participants.c.tenant_id == bindparam("of_tenant")) & (participants.c.conversation_id == bindparam("of_id"))
_ONE = _HERE & (participants.c.person_id == bindparam("of_person"))
_FIND = prepared(select(participants).where(_ONE))
_KEY = [participants.c.tenant_id, participants.c.conversation_id, participants.c.person_id]
_JOIN = {
    name: prepared(
        dialect.insert(participants).on_conflict_do_update(index_elements=_KEY, set_={"left_at_us": null()})  # back again
    )
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
_ALL = prepared(select(participants).where(_HERE).order_by(participants.c.joined_at_us, participants.c.person_id))


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody in a conversation. `delivered_seq`, `read_seq`: everything up to there has reached them."""

    id: str
    kind: str
    name: str
    joined_at: str
    left_at: str | None
    delivered_seq: int
    read_seq: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """How far somebody has received or read a conversation."""

    conversation_id: str
    person_id: str
    delivered_seq: int
    read_seq: int


def join(tx: Transaction, tenant_id: str, conversation_id: str, actor: Actor) -> None:
    """They take part from now on (again). No entry: what made them join has its own."""
    join_all(tx, tenant_id, [(conversation_id, actor)])


def join_all(tx: Transaction, tenant_id: str, joining: Sequence[tuple[str, Actor]]) -> None:
    """`join` for many: (conversation, who) each."""
    rows = [
        {
            "tenant_id": tenant_id,
            "conversation_id": conversation_id,
            "person_id": actor.id,
            "kind": actor.kind,
            "name": tx.seal(tenant_id, actor.name.encode(), about_name(conversation_id, actor.id)),
            "joined_at_us": tx.now_us,
            "delivered_seq": 0,
            "read_seq": 0,
        }
        for conversation_id, actor in joining
    ]
    if rows:
        tx.run(_JOIN[tx.connection.dialect.name], rows)


def leave(tx: Transaction, tenant_id: str, conversation_id: str, person_id: str) -> None:
    """They take part no longer. No entry."""
    key = {"of_tenant": tenant_id, "of_id": conversation_id, "of_person": person_id}
    tx.execute(update(participants).where(_ONE, participants.c.left_at_us.is_(None)).values(left_at_us=tx.now_us), key)


def of(tx: Transaction, tenant_id: str, conversation_id: str) -> list[Participant]:
    """All who take or took part, in the order they joined."""
    return [_view(tx, row) for row in tx.all(_ALL, {"of_tenant": tenant_id, "of_id": conversation_id})]


def advance(tx: Transaction, tenant_id: str, conversation_id: str, last_seq: int, actor: Actor, mark: Mark, up_to_seq: int) -> Receipt:
    """Everything up to `up_to_seq` has reached them; an entry `message.delivered|read` where that is further than before.

    `last_seq`: of the conversation. Whoever only looks on (staff who do not take part) leaves no receipts. Unprocessable beyond the end.
    """
    if up_to_seq > last_seq:
        raise Unprocessable("There is no entry with this number yet.", code="seq_beyond_end", pointer="/up_to_seq")
    key = {"of_tenant": tenant_id, "of_id": conversation_id, "of_person": actor.id}
    row = tx.first(_FIND, key)
    if row is None:
        return Receipt(conversation_id, actor.id, 0, 0)
    delivered = max(row.delivered_seq, up_to_seq)
    read = max(row.read_seq, up_to_seq) if mark == "read" else row.read_seq
    if (delivered, read) == (row.delivered_seq, row.read_seq):
        return Receipt(conversation_id, actor.id, delivered, read)
    tx.execute(update(participants).where(_ONE).values(delivered_seq=delivered, read_seq=read), key)
    timeline.append(tx, tenant_id, conversation_id, f"message.{mark}", actor, {"up_to_seq": up_to_seq})
    return Receipt(conversation_id, actor.id, delivered, read)


def about_name(conversation_id: str, person_id: str) -> str:
    """The place of a participant's sealed name."""
    return f"participants/{conversation_id}/{person_id}/name"


def _view(tx: Transaction, row: Row[Any]) -> Participant:
    return Participant(
        id=row.person_id,
        kind=row.kind,
        name=tx.unseal(row.tenant_id, row.name, about_name(row.conversation_id, row.person_id)).decode(),
        joined_at=rfc3339(row.joined_at_us),
        left_at=rfc3339(row.left_at_us) if row.left_at_us is not None else None,
        delivered_seq=row.delivered_seq,
        read_seq=row.read_seq,
    )
