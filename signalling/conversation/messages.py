"""Messages of a conversation: sent, edited, deleted. All works, called by the doors and by parts that speak for the shop.

Card numbers are masked before anything is stored. A message is one `message.created` entry; an edit and a deletion are entries of their
own, and a deletion also redacts what was said. The table `messages` only says where a message is, so that its sender's own id makes
sending it twice harmless.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from mediaserver.errors import Conflict, Forbidden, NotFound, Unprocessable
from signalling import tenants
from signalling.conversation import attachments, greeting, timeline
from signalling.conversation.conversation import admit, require
from signalling.conversation.timeline import SYSTEM, Actor, Entry
from signalling.identity.caller import SUPERVISORS, Caller
from signalling.ids import new_id
from signalling.privacy.masking import concealed, mask_cards, mask_emails
from signalling.store import Transaction, prepared
from signalling.store.tables.conversation import conversations, messages
from signalling.times import SECOND_US, rfc3339

TEXT_MOST = 4000
# Long enough to mend a slip, too short to change what was agreed.
EDIT_WITHIN_US = 15 * 60 * SECOND_US


@dataclass(frozen=True, slots=True)
class Said:
    """What a message says. `blocks`, `files` as `conversation.blocks` and `conversation.attachments` describe them."""

    text: str = ""
    blocks: Sequence[Mapping[str, Any]] = ()
    reply_to: str | None = None
    attachment_ids: Sequence[str] = ()

    def without_cards(self) -> "Said":
        """The same without the numbers of payment cards, which must not even be stored."""
        text = mask_cards(self.text)
        if text == self.text and not self.blocks:
            return self
        # Only where people write: an article's number on a card may look like a card's.
        blocks = [{**each, "text": mask_cards(each["text"])} if each["type"] == "text" else each for each in self.blocks]
        return replace(self, text=text, blocks=blocks)


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is now. `seq` is its place; `text` and `blocks` are those of its last edit, empty once it is deleted."""

    id: str
    conversation_id: str
    seq: int
    at: str
    actor: dict[str, str]
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    reply_to: str | None = None
    attachments: list[dict[str, Any]] = field(default_factory=list)
    edited: bool = False
    deleted: bool = False


_KEY = (messages.c.tenant_id == bindparam("of_tenant")) & (messages.c.conversation_id == bindparam("of_id"))
_ONE = _KEY & (messages.c.id == bindparam("of_message"))
_FIND = prepared(select(messages).where(_ONE))
_PLACE = {
    "sqlite": prepared(sqlite.insert(messages).on_conflict_do_nothing()),
    "postgresql": prepared(postgresql.insert(messages).on_conflict_do_nothing()),
}
_SPOKE = {
    side: prepared(
        update(conversations)
        .where(conversations.c.tenant_id == bindparam("of_tenant"), conversations.c.id == bindparam("of_id"))
        .values({f"{side}_spoke_at_us": bindparam("at")})
    )
    for side in ("customer", "rep")
}


def send(tx: Transaction, caller: Caller, conversation_id: str, message_id: str, said: Said) -> Message:
    """The caller says something. With an id used before and the same words: the stored message; with other words: Conflict (409)."""
    actor = caller.actor
    said = said.without_cards()
    row = timeline.advance(tx, caller.tenant_id, conversation_id)
    admit(caller, row)
    entry = _put(tx, row, actor, message_id, said)
    if entry is None:
        timeline.retreat(tx, caller.tenant_id, conversation_id)
        return _repeated(tx, caller, conversation_id, message_id, said)
    if actor.kind == "customer" and row.customer_spoke_at_us is None:
        tx.run(_SPOKE["customer"], {"of_tenant": caller.tenant_id, "of_id": conversation_id, "at": tx.now_us})
        # That somebody will come is said while nobody is there.
        text = greeting.acknowledgement(tx, caller.tenant_id, row.locale) if row.rep_id is None else ""
        if text:
            system(tx, caller.tenant_id, conversation_id, "acknowledgement", text)
    elif actor.kind == "rep" and row.rep_spoke_at_us is None:
        tx.run(_SPOKE["rep"], {"of_tenant": caller.tenant_id, "of_id": conversation_id, "at": tx.now_us})
    return _created(entry)


def post(tx: Transaction, tenant_id: str, conversation_id: str, actor: Actor, said: Said, message_id: str | None = None) -> Message:
    """A message from the shop's side that no caller sent: a bot's answer, a card, a payment link. With an id used before: nothing new."""
    row = timeline.advance(tx, tenant_id, conversation_id)
    made = message_id or new_id("msg", tx.now_us)
    entry = _put(tx, row, actor, made, said.without_cards())
    if entry is None:
        timeline.retreat(tx, tenant_id, conversation_id)
        return _current(tx, _find(tx, tenant_id, conversation_id, made))
    return _created(entry)


def system(tx: Transaction, tenant_id: str, conversation_id: str, code: str, text: str) -> Entry:
    """A message of nobody's: an acknowledgement, somebody's coming and going. `code` lets a client say it in its own words."""
    return timeline.append(tx, tenant_id, conversation_id, "message.created", SYSTEM, system_data(tx, code, text))


def system_data(tx: Transaction, code: str, text: str) -> dict[str, Any]:
    """The data of such a message's entry."""
    return {"id": new_id("msg", tx.now_us), "text": text, "blocks": [], "reply_to": None, "attachments": [], "system": code}


def edit(tx: Transaction, caller: Caller, conversation_id: str, message_id: str, text: str) -> Message:
    """Other words for one's own message, soon after it was sent. Forbidden for somebody else's, Conflict when it is too late."""
    text = mask_cards(text)
    row = _own(tx, caller, conversation_id, message_id)
    if row.deleted_seq is not None:
        raise Conflict("This message was deleted.", code="message_deleted")
    if tx.now_us - row.sent_at_us > EDIT_WITHIN_US:
        raise Conflict("A message can be edited for 15 minutes.", code="too_late")
    if _current(tx, row).text == text:
        return _current(tx, row)
    entry = timeline.append(
        tx, caller.tenant_id, conversation_id, "message.updated", caller.actor, {"id": message_id, "seq": row.seq, "text": text}
    )
    _note(tx, row, updated_seq=entry.seq)
    return _current(tx, _find(tx, caller.tenant_id, conversation_id, message_id))


def delete(tx: Transaction, caller: Caller, conversation_id: str, message_id: str) -> Message:
    """Takes a message back for good: its words and files go from the log too. One's own, or anybody's for supervisors. Idempotent."""
    row = _own(tx, caller, conversation_id, message_id, or_supervisor=True)
    if row.deleted_seq is None:
        for entry in _versions(tx, row):
            for file in entry.data.get("attachments", ()):
                attachments.erase(tx, caller.tenant_id, file["id"])
            timeline.redact(tx, row.tenant_id, conversation_id, entry.seq, {"id": message_id, "deleted": True})
        entry = timeline.append(tx, caller.tenant_id, conversation_id, "message.deleted", caller.actor, {"id": message_id, "seq": row.seq})
        _note(tx, row, deleted_seq=entry.seq)
    return _current(tx, _find(tx, caller.tenant_id, conversation_id, message_id))


def read(tx: Transaction, caller: Caller, conversation_id: str, message_id: str) -> Message:
    """A message as it is now, as the caller may see it."""
    require(tx, caller, conversation_id)
    found = _current(tx, _find(tx, caller.tenant_id, conversation_id, message_id))
    if not (caller.staff and tenants.settings(tx, caller.tenant_id).masks(caller.role.value)):
        return found
    return replace(found, text=mask_emails(found.text), blocks=concealed(found.blocks, mask_emails))


def place(tx: Transaction, row: Row[Any], message_id: str, sender_id: str) -> bool:
    """Whether this id is new in the conversation; it stands for the entry at `row.seq` from now on."""
    values = {
        "tenant_id": row.tenant_id,
        "conversation_id": row.id,
        "id": message_id,
        "seq": row.seq,
        "sender_id": sender_id,
        "sent_at_us": tx.now_us,
    }
    return tx.run(_PLACE[tx.connection.dialect.name], values) > 0


def placed(tx: Transaction, tenant_id: str, conversation_id: str, message_id: str) -> Entry:
    """The entry this id stands for. NotFound."""
    return timeline.one(tx, tenant_id, conversation_id, _find(tx, tenant_id, conversation_id, message_id).seq)


def _put(tx: Transaction, row: Row[Any], actor: Actor, message_id: str, said: Said) -> Entry | None:
    """The entry, at the number `row` was given; None where this conversation has a message with this id."""
    if not place(tx, row, message_id, actor.id):
        return None
    if row.status != "open":
        raise Conflict("The conversation is closed. Reopen it to say something.", code="conversation_closed")
    if said.reply_to is not None:
        _find(tx, row.tenant_id, row.id, said.reply_to, pointer="/reply_to")
    files = [attachments.use(tx, row.tenant_id, row.id, actor.id, each) for each in said.attachment_ids]
    data = {"id": message_id, "text": said.text, "blocks": list(said.blocks), "reply_to": said.reply_to, "attachments": files}
    return timeline.append(tx, row.tenant_id, row.id, "message.created", actor, data, at=row)


def _created(entry: Entry) -> Message:
    data = entry.data
    return Message(
        id=data["id"],
        conversation_id=entry.conversation_id,
        seq=entry.seq,
        at=rfc3339(entry.at_us),
        actor=entry.actor.json(),
        text=data.get("text", ""),
        blocks=data.get("blocks", []),
        reply_to=data.get("reply_to"),
        attachments=data.get("attachments", []),
    )


def _repeated(tx: Transaction, caller: Caller, conversation_id: str, message_id: str, said: Said) -> Message:
    row = _find(tx, caller.tenant_id, conversation_id, message_id)
    stored = timeline.one(tx, caller.tenant_id, conversation_id, row.seq).data
    same = stored.get("deleted") or (
        (stored["text"], stored["blocks"], stored["reply_to"], [each["id"] for each in stored["attachments"]])
        == (said.text, [dict(each) for each in said.blocks], said.reply_to, list(said.attachment_ids))
    )
    if row.sender_id != caller.id or not same:
        raise Conflict("This id has been used for another message.", code="message_id_used", pointer="/id")
    return _current(tx, row)


def _current(tx: Transaction, row: Row[Any]) -> Message:
    created = _created(timeline.one(tx, row.tenant_id, row.conversation_id, row.seq))
    if row.updated_seq is None and row.deleted_seq is None:
        return created
    text = (
        created.text if row.updated_seq is None else timeline.one(tx, row.tenant_id, row.conversation_id, row.updated_seq).data.get("text")
    )
    return Message(
        id=row.id,
        conversation_id=created.conversation_id,
        seq=created.seq,
        at=created.at,
        actor=created.actor,
        text=text or "",
        blocks=created.blocks,
        reply_to=created.reply_to,
        attachments=created.attachments,
        edited=row.updated_seq is not None,
        deleted=row.deleted_seq is not None,
    )


def _versions(tx: Transaction, row: Row[Any]) -> list[Entry]:
    """The message's own entry and those of its edits."""
    first = timeline.one(tx, row.tenant_id, row.conversation_id, row.seq)
    if row.updated_seq is None:
        return [first]
    after = row.seq
    found = [first]
    while edits := timeline.read(tx, row.tenant_id, row.conversation_id, after_seq=after, kinds=("message.updated",)):
        found += [entry for entry in edits if entry.data.get("id") == row.id]
        after = edits[-1].seq
    return found


def _find(tx: Transaction, tenant_id: str, conversation_id: str, message_id: str, pointer: str | None = None) -> Row[Any]:
    row = tx.first(_FIND, {"of_tenant": tenant_id, "of_id": conversation_id, "of_message": message_id})
    if row is None and pointer is not None:
        raise Unprocessable("There is no such message in this conversation.", code="no_such_message", pointer=pointer)
    if row is None:
        raise NotFound("There is no such message.")
    return row


def _own(tx: Transaction, caller: Caller, conversation_id: str, message_id: str, *, or_supervisor: bool = False) -> Row[Any]:
    require(tx, caller, conversation_id)
    row = _find(tx, caller.tenant_id, conversation_id, message_id)
    if row.sender_id != caller.id and not (or_supervisor and caller.role in SUPERVISORS):
        raise Forbidden("This message is somebody else's.", code="not_yours")
    return row


def _note(tx: Transaction, row: Row[Any], **values: int) -> None:
    key = {"of_tenant": row.tenant_id, "of_id": row.conversation_id, "of_message": row.id}
    tx.execute(update(messages).where(_ONE).values(**values), key)
