"""A conversation's ordered log: the only way a conversation changes. Everything else reads it.

`append` is called inside the unit of work that makes the change it tells of, so that the change, its entry and the outbox rows that
follow from it
are one transaction. `read` gives a stretch of it, to whoever may see it. Kinds are the event names of the interface (`message.created`,
`cart.updated`, ...; see `kinds`).

Invariants: `seq` begins with 1 and has no gap; an entry's place, kind, time and actor never change; its body may be redacted (deletion,
erasure).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pydantic_core import from_json, to_json
from sqlalchemy import Row, bindparam, insert, select, update

from mediaserver.errors import NotFound
from signalling import outbox
from signalling.bus import EVERYTHING, conversation_topic, tenant_topic
from signalling.privacy.masking import concealed, mask_emails
from signalling.store import Transaction, prepared
from signalling.store.tables.conversation import conversations, timeline
from signalling.times import rfc3339

ActorKind = Literal["customer", "rep", "bot", "shop", "system"]
Visibility = Literal["all", "staff"]
PAGE_MOST = 500


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something."""

    kind: ActorKind
    id: str
    name: str = ""

    def json(self) -> dict[str, str]:
        """As callers see it."""
        return {"kind": self.kind, "id": self.id, "name": self.name}


SYSTEM = Actor("system", "system")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a timeline. `data` is the body; its shape follows from `kind`."""

    tenant_id: str
    conversation_id: str
    seq: int
    kind: str
    at_us: int
    actor: Actor
    data: Mapping[str, Any] = field(default_factory=dict)
    visibility: Visibility = "all"

    def json(self) -> dict[str, Any]:
        """As sockets, webhooks and transcripts show it."""
        return {
            "conversation_id": self.conversation_id,
            "seq": self.seq,
            "type": self.kind,
            "at": rfc3339(self.at_us),
            "actor": self.actor.json(),
            "data": self.data,
        }

    def hidden(self) -> dict[str, Any]:
        """What somebody sees who may not see it: that there is something, so that their `seq` has no gap either."""
        return {"conversation_id": self.conversation_id, "seq": self.seq, "type": "hidden", "at": rfc3339(self.at_us)}

    def shown(self, *, staff: bool) -> dict[str, Any]:
        """`json` or `hidden`, by who looks."""
        return self.json() if staff or self.visibility == "all" else self.hidden()

    def masked(self) -> "Entry":
        """As roles see it from whom the tenant hides e-mail addresses."""
        return replace(self, data=concealed(self.data, mask_emails), actor=replace(self.actor, name=mask_emails(self.actor.name)))


# One of `append_all`: conversation id, kind, actor, data, visibility.
Line = tuple[str, str, Actor, Mapping[str, Any], Visibility]

_HERE = (conversations.c.tenant_id == bindparam("tenant")) & (conversations.c.id == bindparam("conversation"))
# Locks the row, takes the next number and gives back the state it is taken in: one statement where most works would need three.
_ADVANCE = prepared(
    update(conversations)
    .where(_HERE)
    .values(seq=conversations.c.seq + bindparam("count"), updated_at_us=bindparam("now_us"))
    .returning(*conversations.c)
)
_RETREAT = prepared(update(conversations).where(_HERE).values(seq=conversations.c.seq - 1))
_INSERT = prepared(insert(timeline))
_STRETCH = (
    select(timeline)
    .where(
        timeline.c.tenant_id == bindparam("tenant"),
        timeline.c.conversation_id == bindparam("conversation"),
        timeline.c.seq > bindparam("after_seq"),
    )
    .order_by(timeline.c.seq)
    .limit(bindparam("most"))
)
_ANY_STRETCH = prepared(_STRETCH)


def advance(tx: Transaction, tenant_id: str, conversation_id: str, count: int = 1) -> Row[Any]:
    """Takes the conversation's next `seq` for an `append(..., at=row)` in the same work; its row with that `seq`. NotFound."""
    row = tx.first(_ADVANCE, {"tenant": tenant_id, "conversation": conversation_id, "now_us": tx.now_us, "count": count})
    if row is None:
        raise NotFound("There is no such conversation.")
    return row


def retreat(tx: Transaction, tenant_id: str, conversation_id: str) -> None:
    """Gives back what `advance` took, where the same work finds that there is nothing to say."""
    tx.run(_RETREAT, {"tenant": tenant_id, "conversation": conversation_id})


def append(
    tx: Transaction,
    tenant_id: str,
    conversation_id: str,
    kind: str,
    actor: Actor,
    data: Mapping[str, Any] | None = None,
    *,
    visibility: Visibility = "all",
    at: Row[Any] | None = None,
) -> Entry:
    """Adds one entry, and the outbox rows of whoever wants to hear of it. NotFound where this tenant has no such conversation.

    `at`: what `advance` gave, where the work has already called it.
    """
    seq = (at if at is not None else advance(tx, tenant_id, conversation_id)).seq
    entry = Entry(tenant_id, conversation_id, seq, kind, tx.now_us, actor, dict(data or {}), visibility)
    tx.run(_INSERT, _columns(tx, entry))
    outbox.add_webhooks(tx, tenant_id, conversation_id, entry.seq, kind, entry.json)
    _tell(tx, entry)
    return entry


def append_all(tx: Transaction, tenant_id: str, lines: Sequence[Line]) -> list[Entry]:
    """`append` for many at once, in this order: (conversation, kind, actor, data, visibility) each. For whoever changes many conversations
    in one work, such as the queue when everybody's position moves."""
    counts = Counter(line[0] for line in lines)
    nexts = {}
    for conversation_id, count in sorted(counts.items()):  # all take their locks in one order, so that nobody waits for each other
        nexts[conversation_id] = advance(tx, tenant_id, conversation_id, count).seq - count + 1
    entries = []
    for conversation_id, kind, actor, data, visibility in lines:
        entries.append(Entry(tenant_id, conversation_id, nexts[conversation_id], kind, tx.now_us, actor, data, visibility))
        nexts[conversation_id] += 1
    if entries:
        tx.run(_INSERT, [_columns(tx, entry) for entry in entries])
        outbox.add_webhooks_all(tx, tenant_id, [(each.conversation_id, each.seq, each.kind, each.json) for each in entries])
    for entry in entries:
        _tell(tx, entry)
    return entries


def read(
    tx: Transaction, tenant_id: str, conversation_id: str, *, after_seq: int = 0, limit: int = PAGE_MOST, kinds: Sequence[str] = ()
) -> list[Entry]:
    """The entries after `after_seq`, oldest first, `limit` at most; of these `kinds` only, where some are named."""
    here = {"tenant": tenant_id, "conversation": conversation_id, "after_seq": after_seq, "most": limit}
    rows = tx.all(_STRETCH.where(timeline.c.kind.in_(kinds)), here) if kinds else tx.all(_ANY_STRETCH, here)
    return [_entry(tx, row) for row in rows]


def one(tx: Transaction, tenant_id: str, conversation_id: str, seq: int) -> Entry:
    """The entry with this number, which must be there."""
    [entry] = read(tx, tenant_id, conversation_id, after_seq=seq - 1, limit=1)
    assert entry.seq == seq, "seq has no gap"
    return entry


def redact(tx: Transaction, tenant_id: str, conversation_id: str, seq: int, data: Mapping[str, Any]) -> None:
    """Replaces an entry's body and its actor's name for good; its place stays."""
    body = to_json({"name": "", "data": dict(data)})
    tx.execute(
        update(timeline)
        .where(timeline.c.tenant_id == tenant_id, timeline.c.conversation_id == conversation_id, timeline.c.seq == seq)
        .values(body=tx.seal(tenant_id, body, about(conversation_id, seq)))
    )


def _columns(tx: Transaction, entry: Entry) -> dict[str, Any]:
    body = to_json({"name": entry.actor.name, "data": entry.data})
    return {
        "tenant_id": entry.tenant_id,
        "conversation_id": entry.conversation_id,
        "seq": entry.seq,
        "kind": entry.kind,
        "at_us": entry.at_us,
        "actor_kind": entry.actor.kind,
        "actor_id": entry.actor.id,
        "visibility": entry.visibility,
        "body": tx.seal(entry.tenant_id, body, about(entry.conversation_id, entry.seq)),
    }


def _tell(tx: Transaction, entry: Entry) -> None:
    tx.tell(conversation_topic(entry.tenant_id, entry.conversation_id), entry)
    tx.tell(tenant_topic(entry.tenant_id), entry)
    tx.tell(EVERYTHING, entry)


def about(conversation_id: str, seq: int) -> str:
    """The place of an entry's sealed body."""
    return f"timeline/{conversation_id}/{seq}"


def _entry(tx: Transaction, row: Row[Any]) -> Entry:
    body = from_json(tx.unseal(row.tenant_id, row.body, about(row.conversation_id, row.seq)))
    actor = Actor(row.actor_kind, row.actor_id, body["name"])
    return Entry(row.tenant_id, row.conversation_id, row.seq, row.kind, row.at_us, actor, body["data"], row.visibility)
