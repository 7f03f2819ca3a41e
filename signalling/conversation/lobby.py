"""Lists of conversations: the lobby the reps watch, and a customer's own.

Works. Ordered by beginning, which never changes, so that pages neither repeat nor leave out what was there when paging began.
"""

import base64
import binascii
from typing import Literal

from sqlalchemy import and_, or_, select

from mediaserver.errors import Unprocessable
from signalling.conversation.conversation import Conversation, view
from signalling.identity.caller import Caller
from signalling.store import Transaction
from signalling.store.tables.conversation import conversations

Status = Literal["open", "closed"]
Whose = Literal["anybody", "nobody", "mine"]
Order = Literal["newest", "oldest"]


def page(
    tx: Transaction,
    caller: Caller,
    *,
    status: Status | None = None,
    whose: Whose = "anybody",
    customer_id: str | None = None,
    order: Order = "newest",
    limit: int = 50,
    cursor: str | None = None,
) -> tuple[list[Conversation], str | None]:
    """A page, and the cursor of the next one or None. Customers see their own whatever they ask for."""
    column = conversations.c
    wanted = select(conversations).where(column.tenant_id == caller.tenant_id)
    if not caller.staff:
        wanted = wanted.where(column.customer_id == caller.id)
    elif customer_id is not None:
        wanted = wanted.where(column.customer_id == customer_id)
    if status is not None:
        wanted = wanted.where(column.status == status)
    if whose == "nobody":
        wanted = wanted.where(column.rep_id.is_(None))
    elif whose == "mine":
        wanted = wanted.where(column.rep_id == caller.id)
    if cursor is not None:
        at_us, last = _place(cursor)
        same = column.created_at_us == at_us
        if order == "newest":
            wanted = wanted.where(or_(column.created_at_us < at_us, and_(same, column.id < last)))
        else:
            wanted = wanted.where(or_(column.created_at_us > at_us, and_(same, column.id > last)))
    if order == "newest":
        wanted = wanted.order_by(column.created_at_us.desc(), column.id.desc())
    else:
        wanted = wanted.order_by(column.created_at_us, column.id)
    rows = tx.all(wanted.limit(limit + 1))
    following = _cursor(rows[limit - 1].created_at_us, rows[limit - 1].id) if len(rows) > limit else None
    return [view(tx, row) for row in rows[:limit]], following


def _cursor(at_us: int, conversation_id: str) -> str:
    return base64.urlsafe_b64encode(f"{at_us}:{conversation_id}".encode()).decode().rstrip("=")


def _place(cursor: str) -> tuple[int, str]:
    try:
        at_us, _, last = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii").partition(":")
        if not at_us.isdigit() or len(at_us) > 18 or not last.isprintable():
            raise ValueError("not a place in this list")
        return int(at_us), last
    except (binascii.Error, ValueError):
        raise Unprocessable("This cursor is not from this list.", code="cursor", pointer="/query/cursor") from None
