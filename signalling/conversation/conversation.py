"""A conversation: whose it is, who may see it, how it begins and ends.

Works (see `store.transaction`) for the doors and for other parts. Invariant: whoever may not see a conversation is told that there is none.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, insert, select

from mediaserver.errors import NotFound
from signalling.conversation import timeline
from signalling.conversation.timeline import Actor
from signalling.identity.caller import Caller
from signalling.ids import new_id
from signalling.store import Transaction
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
    rep_id: str | None
    locale: str
    cart_id: str | None
    created_at: str
    updated_at: str
    closed_at: str | None


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
) -> Conversation:
    """A new conversation, with its `conversation.created`. With an id that this customer has used before: that one, unchanged."""
    made = conversation_id or new_id("conv")
    row = find(tx, tenant_id, made)
    if row is None:
        tx.execute(
            insert(conversations).values(
                tenant_id=tenant_id,
                id=made,
                seq=0,
                status="open",
                channel=channel,
                customer_id=customer_id,
                locale=locale,
                cart_id=cart_id,
                created_at_us=tx.now_us,
                updated_at_us=tx.now_us,
            )
        )
        timeline.append(tx, tenant_id, made, "conversation.created", actor, {"channel": channel, "locale": locale, "cart_id": cart_id})
        row = find(tx, tenant_id, made)
    if row is None or row.customer_id != customer_id:
        raise NotFound("There is no such conversation.")
    return view(row)


def find(tx: Transaction, tenant_id: str, conversation_id: str) -> Row[Any] | None:
    """The row, whoever asks."""
    return tx.first(select(conversations).where(conversations.c.tenant_id == tenant_id, conversations.c.id == conversation_id))


def require(tx: Transaction, caller: Caller, conversation_id: str) -> Row[Any]:
    """The row, if the caller may see it: the shop's staff all of the shop's, a customer their own. NotFound otherwise."""
    row = find(tx, caller.tenant_id, conversation_id)
    if row is None or not (caller.staff or row.customer_id == caller.id):
        raise NotFound("There is no such conversation.")
    return row


def view(row: Row[Any]) -> Conversation:
    """A row as callers see it."""
    return Conversation(
        id=row.id,
        seq=row.seq,
        status=row.status,
        channel=row.channel,
        customer_id=row.customer_id,
        rep_id=row.rep_id,
        locale=row.locale,
        cart_id=row.cart_id,
        created_at=rfc3339(row.created_at_us),
        updated_at=rfc3339(row.updated_at_us),
        closed_at=rfc3339(row.closed_at_us) if row.closed_at_us is not None else None,
    )
