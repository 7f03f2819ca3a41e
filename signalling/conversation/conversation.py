"""A conversation: whose it is, who may see it, how it begins.

Works (see `store.transaction`) for the doors and for other parts; what changes it later is in `handling`, lists of it in `lobby`.
Invariant: whoever may not see a conversation is told that there is none.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, insert, select

from mediaserver.errors import NotFound
from signalling.conversation import participants, timeline
from signalling.conversation.participants import Participant
from signalling.conversation.timeline import Actor
from signalling.identity.caller import Caller
from signalling.ids import new_id
from signalling.store import Transaction, prepared
from signalling.store.tables.conversation import conversations
from signalling.times import rfc3339


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation's present state."""

    id: str
    seq: int
    status: str
    channel: str
    customer_id: str
    customer_name: str
    rep_id: str | None
    locale: str
    cart_id: str | None
    csat_score: int | None
    created_at: str
    updated_at: str
    closed_at: str | None


@dataclass(frozen=True, slots=True)
class ConversationDetail:
    """A conversation with who takes part in it and how far each has read."""

    conversation: Conversation
    participants: list[Participant]


# SQLite takes 32,766 parameters, older ones 999.
AT_ONCE = 500
_FIND = prepared(select(conversations).where(conversations.c.tenant_id == bindparam("of_tenant"), conversations.c.id == bindparam("of_id")))


def begin(
    tx: Transaction,
    tenant_id: str,
    customer_id: str,
    actor: Actor,
    *,
    conversation_id: str | None = None,
    channel: str = "chat",
    locale: str = "en",
    cart_id: str | None = None,
    customer_name: str | None = None,
) -> Conversation:
    """A new conversation, with its `conversation.created`. With an id that this customer has used before: that one, unchanged.

    `customer_name`: where somebody else than the customer begins it; else it is the actor's.
    """
    made = conversation_id or new_id("conv")
    row = find(tx, tenant_id, made)
    if row is None:
        name = customer_name if customer_name is not None else (actor.name if actor.kind == "customer" else "")
        tx.execute(
            insert(conversations).values(
                tenant_id=tenant_id,
                id=made,
                seq=0,
                status="open",
                channel=channel,
                customer_id=customer_id,
                customer_name=tx.seal(tenant_id, name.encode(), about_name(made)),
                locale=locale,
                cart_id=cart_id,
                created_at_us=tx.now_us,
                updated_at_us=tx.now_us,
            )
        )
        participants.join(tx, tenant_id, made, Actor("customer", customer_id, name))
        data = {"channel": channel, "locale": locale, "cart_id": cart_id, "customer": {"id": customer_id, "name": name}, "status": "open"}
        timeline.append(tx, tenant_id, made, "conversation.created", actor, data)
        row = find(tx, tenant_id, made)
    if row is None or row.customer_id != customer_id:
        raise NotFound("There is no such conversation.")
    return view(tx, row)


def find(tx: Transaction, tenant_id: str, conversation_id: str) -> Row[Any] | None:
    """The row, whoever asks."""
    return tx.first(_FIND, {"of_tenant": tenant_id, "of_id": conversation_id})


def require(tx: Transaction, caller: Caller, conversation_id: str) -> Row[Any]:
    """The row, if the caller may see it: the shop's staff all of the shop's, a customer their own. NotFound otherwise."""
    return admit(caller, find(tx, caller.tenant_id, conversation_id))


def existing(tx: Transaction, tenant_id: str, conversation_id: str) -> Row[Any]:
    """The row, for parts that act for the shop itself. NotFound."""
    row = find(tx, tenant_id, conversation_id)
    if row is None:
        raise NotFound("There is no such conversation.")
    return row


def existing_all(tx: Transaction, tenant_id: str, ids: Collection[str]) -> dict[str, Row[Any]]:
    """The rows of these, by id. NotFound where one is missing."""
    rows: dict[str, Row[Any]] = {}
    wanted = sorted(set(ids))
    for at in range(0, len(wanted), AT_ONCE):
        some = conversations.c.id.in_(wanted[at : at + AT_ONCE])
        rows |= {row.id: row for row in tx.all(select(conversations).where(conversations.c.tenant_id == tenant_id, some))}
    if len(rows) < len(wanted):
        raise NotFound("There is no such conversation.")
    return rows


def admit(caller: Caller, row: Row[Any] | None) -> Row[Any]:
    """This row of the caller's tenant, if the caller may see it. NotFound otherwise."""
    if row is None or not (caller.staff or row.customer_id == caller.id):
        raise NotFound("There is no such conversation.")
    return row


def read(tx: Transaction, caller: Caller, conversation_id: str) -> ConversationDetail:
    """A conversation that the caller may see."""
    row = require(tx, caller, conversation_id)
    return ConversationDetail(view(tx, row), participants.of(tx, caller.tenant_id, conversation_id))


def view(tx: Transaction, row: Row[Any]) -> Conversation:
    """A row as callers see it."""
    name = tx.unseal(row.tenant_id, row.customer_name, about_name(row.id)).decode() if row.customer_name else ""
    return Conversation(
        id=row.id,
        seq=row.seq,
        status=row.status,
        channel=row.channel,
        customer_id=row.customer_id,
        customer_name=name,
        rep_id=row.rep_id,
        locale=row.locale,
        cart_id=row.cart_id,
        csat_score=row.csat_score,
        created_at=rfc3339(row.created_at_us),
        updated_at=rfc3339(row.updated_at_us),
        closed_at=rfc3339(row.closed_at_us) if row.closed_at_us is not None else None,
    )


def about_name(conversation_id: str) -> str:
    """The place of the customer's sealed name."""
    return f"conversations/{conversation_id}/customer_name"
