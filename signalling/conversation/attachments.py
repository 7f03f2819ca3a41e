"""Files of a conversation: kept sealed in the database in pieces, given to whoever may read the conversation, erasable.

Works. What a file is, is decided by `files`, which has looked into it and taken its metadata out before it comes here.
Invariant: a file belongs to one conversation and is found through it only.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select

from mediaserver.errors import NotFound, TooMany, Unprocessable
from signalling.conversation.conversation import require
from signalling.conversation.files import Clean
from signalling.identity.caller import Caller
from signalling.ids import new_id
from signalling.store import Transaction, prepared
from signalling.store.tables.conversation import attachment_chunks, attachments
from signalling.times import rfc3339

# Small enough that one piece in memory does not matter, large enough that a photograph is a few rows.
CHUNK_BYTES = 256 * 1024
# Of one conversation: far beyond what people send each other, well below what fills a disk.
FILES_MOST = 500


@dataclass(frozen=True, slots=True)
class Attachment:
    """A stored file. `width`, `height`: of images, in pixels."""

    id: str
    conversation_id: str
    name: str
    content_type: str
    size_bytes: int
    width: int | None
    height: int | None
    created_at: str


_ONE = (attachments.c.tenant_id == bindparam("of_tenant")) & (attachments.c.id == bindparam("of_id"))
_FIND = prepared(select(attachments).where(_ONE))
_CHUNKS = (attachment_chunks.c.tenant_id == bindparam("of_tenant")) & (attachment_chunks.c.attachment_id == bindparam("of_id"))


def keep(tx: Transaction, caller: Caller, conversation_id: str, name: str, clean: Clean, attachment_id: str | None = None) -> Attachment:
    """Stores a cleaned file for a message to come."""
    require(tx, caller, conversation_id)
    if len(tx.all(_of(caller.tenant_id, conversation_id))) >= FILES_MOST:
        raise TooMany(f"A conversation holds {FILES_MOST} files.", code="too_many_files")
    made = attachment_id or new_id("att", tx.now_us)
    tx.execute(
        insert(attachments).values(
            tenant_id=caller.tenant_id,
            id=made,
            conversation_id=conversation_id,
            owner_id=caller.id,
            name=tx.seal(caller.tenant_id, name.encode(), f"attachments/{made}/name"),
            content_type=clean.content_type,
            size_bytes=len(clean.content),
            width=clean.width,
            height=clean.height,
            created_at_us=tx.now_us,
        )
    )
    for number, start in enumerate(range(0, len(clean.content), CHUNK_BYTES)):
        piece = tx.seal(caller.tenant_id, clean.content[start : start + CHUNK_BYTES], f"attachments/{made}/{number}")
        tx.execute(insert(attachment_chunks).values(tenant_id=caller.tenant_id, attachment_id=made, number=number, body=piece))
    return _view(tx, _find(tx, caller.tenant_id, made))


def fetch(tx: Transaction, caller: Caller, conversation_id: str, attachment_id: str) -> tuple[Attachment, bytes]:
    """A file and its content. NotFound, unless the caller may read its conversation."""
    require(tx, caller, conversation_id)
    row = _find(tx, caller.tenant_id, attachment_id)
    if row.conversation_id != conversation_id:
        raise NotFound("There is no such file.")
    return _view(tx, row), content(tx, caller.tenant_id, attachment_id)


def content(tx: Transaction, tenant_id: str, attachment_id: str) -> bytes:
    """A file's bytes, whoever asks."""
    pieces = tx.all(
        select(attachment_chunks.c.number, attachment_chunks.c.body).where(_CHUNKS).order_by(attachment_chunks.c.number),
        {"of_tenant": tenant_id, "of_id": attachment_id},
    )
    return b"".join(tx.unseal(tenant_id, piece.body, f"attachments/{attachment_id}/{piece.number}") for piece in pieces)


def use(tx: Transaction, tenant_id: str, conversation_id: str, owner_id: str, attachment_id: str) -> dict[str, Any]:
    """A file as a message shows it. Unprocessable, unless its sender uploaded it for this conversation."""
    row = tx.first(_FIND, {"of_tenant": tenant_id, "of_id": attachment_id})
    if row is None or row.conversation_id != conversation_id or row.owner_id != owner_id:
        raise Unprocessable("There is no such file of yours in this conversation.", code="no_such_attachment", pointer="/attachment_ids")
    shown = _view(tx, row)
    return {
        "id": shown.id,
        "name": shown.name,
        "content_type": shown.content_type,
        "size_bytes": shown.size_bytes,
        "width": shown.width,
        "height": shown.height,
    }


def listing(tx: Transaction, tenant_id: str, conversation_id: str) -> list[Attachment]:
    """All files of a conversation, whoever asks."""
    return [_view(tx, row) for row in tx.all(_of(tenant_id, conversation_id))]


def erase(tx: Transaction, tenant_id: str, attachment_id: str) -> None:
    """Removes a file for good. Nothing where it has gone."""
    key = {"of_tenant": tenant_id, "of_id": attachment_id}
    tx.execute(delete(attachment_chunks).where(_CHUNKS), key)
    tx.execute(delete(attachments).where(_ONE), key)


def _of(tenant_id: str, conversation_id: str) -> Any:
    here = (attachments.c.tenant_id == tenant_id) & (attachments.c.conversation_id == conversation_id)
    return select(attachments).where(here).order_by(attachments.c.created_at_us, attachments.c.id)


def _find(tx: Transaction, tenant_id: str, attachment_id: str) -> Row[Any]:
    row = tx.first(_FIND, {"of_tenant": tenant_id, "of_id": attachment_id})
    if row is None:
        raise NotFound("There is no such file.")
    return row


def _view(tx: Transaction, row: Row[Any]) -> Attachment:
    return Attachment(
        id=row.id,
        conversation_id=row.conversation_id,
        name=tx.unseal(row.tenant_id, row.name, f"attachments/{row.id}/name").decode(),
        content_type=row.content_type,
        size_bytes=row.size_bytes,
        width=row.width,
        height=row.height,
        created_at=rfc3339(row.created_at_us),
    )
