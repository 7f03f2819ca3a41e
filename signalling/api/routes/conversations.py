"""Conversations: their state, and their timeline read from any place."""

from pydantic import BaseModel, Field

from signalling.api.models import Body, ConversationId
from signalling.api.operation import Context, Operations
from signalling.identity.caller import ANYBODY

operations = Operations("Conversations")


class TimelineQuery(Body):
    """Which stretch."""

    after_seq: int = Field(default=0, ge=0, description="The last `seq` you have.")
    limit: int = Field(default=200, ge=1, le=500)


class TimelineView(BaseModel):
    """Entries, oldest first."""

    entries: list[dict[str, object]]
    has_more: bool


@operations.add("timeline.read", "GET", "/v1/conversations/{conversation_id}/timeline", roles=ANYBODY)
async def read_timeline(context: Context, conversation_id: ConversationId, query: TimelineQuery) -> TimelineView:
    """A stretch of a conversation's timeline.

    Entries are gap-free by `seq`; what the caller may not see is there as an entry of type `hidden`.
    """
    entries = await context.read(
        context.services.chat.timeline, context.caller, conversation_id, after_seq=query.after_seq, limit=query.limit + 1
    )
    shown = [entry.shown(staff=context.caller.staff) for entry in entries[: query.limit]]
    return TimelineView(entries=shown, has_more=len(entries) > query.limit)
