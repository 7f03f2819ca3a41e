"""Help requests: a customer's own, or raised on their behalf because they are stuck. Works, for `trouble` and the door.

    help.requested   {help_id, reason, priority, channel, cart_id, note, page, step, unverified_attributes}

`reason`: asked | declined | code | idle | edits. A shop's page may say with the customer's wish what went wrong there (`declined`,
`code`): the rep reads it, but it earns no more priority than asking, since any script can say so. What the page says of the customer stays
under `unverified_attributes`, apart from what their token vouches for. Invariants: a request that was raised is brought to the desk, if not
now then after a restart (`status`); two raised ones of a conversation are a cooldown apart, whatever was forgotten in between; one that was
asked for is never held back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import Row, func, insert, select, update

from mediaserver.errors import Conflict
from signalling.conversation import conversation, timeline
from signalling.conversation.timeline import SYSTEM, Actor
from signalling.identity.caller import Caller
from signalling.ids import new_id
from signalling.store import Transaction
from signalling.store.tables.conversation import conversations
from signalling.store.tables.payment import help_requests
from signalling.times import SECOND_US, rfc3339

# In points of the queue (a point is a minute of waiting): who asks goes before who only waits; a payment that fails is an order lost.
PRIORITIES: Final[dict[str, int]] = {"asked": 5, "declined": 10, "code": 3, "idle": 3, "edits": 2}

Channel = Literal["chat", "voice", "video"]
Cause = Literal["asked", "declined", "code"]


@dataclass(frozen=True, slots=True)
class HelpRequest:
    """A request for help. `channel`: how the customer would like to be helped."""

    id: str
    conversation_id: str
    reason: str
    priority: int
    channel: Channel
    raised_at: str


@dataclass(frozen=True, slots=True)
class Situation:
    """Where the customer was when they asked, by their own page's account."""

    cause: Cause = "asked"
    note: str = ""
    page_url: str = ""
    page_title: str = ""
    step: str = ""
    unverified_attributes: Mapping[str, str] = field(default_factory=dict)


def ask(tx: Transaction, caller: Caller, conversation_id: str, help_id: str | None, channel: Channel, situation: Situation) -> HelpRequest:
    """The customer asks. With an id that was used before in this conversation: that request, unchanged."""
    held = conversation.require(tx, caller, conversation_id)
    if held.status != "open":
        raise Conflict("The conversation is closed.", code="conversation_closed")
    if help_id is not None and (known := _find(tx, caller.tenant_id, help_id)) is not None:
        if known.conversation_id != conversation_id:
            raise Conflict("This id names another request.", code="help_id_used")
        return _view(known)
    told = {
        "note": situation.note,
        "page": {"url": _without_query(situation.page_url), "title": situation.page_title},
        "step": situation.step,
        "unverified_attributes": dict(situation.unverified_attributes),
    }
    return _insert(tx, held, help_id or new_id("help"), situation.cause, PRIORITIES["asked"], channel, caller.actor, told)


def raise_(tx: Transaction, tenant_id: str, conversation_id: str, cause: str, cooldown_s: int) -> HelpRequest | None:
    """Asks on the customer's behalf. None where that was done within the cooldown, or the conversation is over."""
    here = (conversations.c.tenant_id == tenant_id) & (conversations.c.id == conversation_id)
    held = tx.first(select(conversations).where(here).with_for_update())
    if held is None or held.status != "open":
        return None
    last = tx.execute(
        select(func.max(help_requests.c.raised_at_us)).where(
            help_requests.c.tenant_id == tenant_id, help_requests.c.conversation_id == conversation_id
        )
    ).scalar()
    if last is not None and tx.now_us < last + cooldown_s * SECOND_US:
        return None
    return _insert(tx, held, new_id("help"), cause, PRIORITIES[cause], "chat", SYSTEM, {})


def unqueued(tx: Transaction) -> Sequence[Row[Any]]:
    """Requests, of all tenants, that the desk has not heard of: this process ended in between."""
    return tx.all(select(help_requests).where(help_requests.c.status == "raised").order_by(help_requests.c.raised_at_us).limit(1000))


def queued(tx: Transaction, tenant_id: str, help_id: str) -> None:
    """The desk knows."""
    here = (help_requests.c.tenant_id == tenant_id) & (help_requests.c.id == help_id)
    tx.execute(update(help_requests).where(here).values(status="queued"))


def open_since(tx: Transaction, since_us: int) -> Sequence[Row[Any]]:
    """Open conversations, of all tenants, in which something happened since then."""
    wanted = select(conversations.c.tenant_id, conversations.c.id, conversations.c.seq)
    return tx.all(wanted.where(conversations.c.status == "open", conversations.c.updated_at_us >= since_us))


def _insert(
    tx: Transaction, held: Row[Any], help_id: str, reason: str, priority: int, channel: Channel, actor: Actor, told: Mapping[str, Any]
) -> HelpRequest:
    made = HelpRequest(help_id, held.id, reason, priority, channel, rfc3339(tx.now_us))
    tx.execute(
        insert(help_requests).values(
            tenant_id=held.tenant_id,
            id=help_id,
            conversation_id=held.id,
            customer_id=held.customer_id,
            reason=reason,
            channel=channel,
            priority=made.priority,
            status="raised",
            raised_at_us=tx.now_us,
        )
    )
    data = {"help_id": help_id, "reason": reason, "priority": made.priority, "channel": channel, "cart_id": held.cart_id, **told}
    # That somebody seems stuck is said to the staff, not held up to the customer.
    visibility: timeline.Visibility = "staff" if actor == SYSTEM else "all"
    timeline.append(tx, held.tenant_id, held.id, "help.requested", actor, data, visibility=visibility)
    return made


def _find(tx: Transaction, tenant_id: str, help_id: str) -> Row[Any] | None:
    return tx.first(select(help_requests).where(help_requests.c.tenant_id == tenant_id, help_requests.c.id == help_id))


def _view(row: Row[Any]) -> HelpRequest:
    return HelpRequest(row.id, row.conversation_id, row.reason, row.priority, row.channel, rfc3339(row.raised_at_us))


def _without_query(url: str) -> str:
    """Queries and fragments carry tokens and search words; where the customer is, the path says."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
