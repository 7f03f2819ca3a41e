"""Conversations: begun, found, looked after, ended; and their timeline read from any place."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from mediaserver.errors import Unprocessable
from signalling.api.models import Body, CartId, ConversationId, CustomerId, Locale, Page, PageQuery, RepId
from signalling.api.operation import Context, Operations
from signalling.conversation import conversation, handling, lobby
from signalling.conversation.conversation import Conversation, ConversationDetail
from signalling.conversation.lobby import Order, Status, Whose
from signalling.conversation.timeline import Actor
from signalling.identity.caller import ANYBODY, CUSTOMERS, STAFF
from signalling.ids import pattern

operations = Operations("Conversations")

Channel = Literal["chat", "voice", "video", "email"]
NoteId = Annotated[str, Field(pattern=pattern("note"), description="Id of a note, made by its writer.")]


class NewConversation(Body):
    """A conversation to begin."""

    id: ConversationId | None = Field(default=None, description="Made by the caller, so that asking twice makes one.")
    customer_id: CustomerId | None = Field(default=None, description="For staff: whom it is with.")
    customer_name: str = Field(default="", max_length=200, description="For staff: how the customer is called.")
    channel: Channel = "chat"
    locale: Locale = "en"
    cart_id: CartId | None = None


class ConversationsQuery(PageQuery):
    """Which conversations. Customers see their own."""

    status: Status | None = None
    assigned: Whose = Field(default="anybody", description="`nobody`: those that wait to be claimed.")
    customer_id: CustomerId | None = None
    order: Order = "newest"


class Change(Body):
    """What is to be different; what is left out stays."""

    channel: Channel | None = None
    locale: Locale | None = None
    cart_id: CartId | None = None


class Assignment(Body):
    """To whom."""

    rep_id: RepId
    rep_name: str = Field(default="", max_length=200)


class Closing(Body):
    """Why, in a word of the shop's own."""

    reason: str = Field(default="", max_length=200)


class Note(Body):
    """A note for the shop's staff."""

    id: NoteId
    text: str = Field(min_length=1, max_length=4000)


class Rating(Body):
    """How satisfied the customer is: 1 not at all, 5 very."""

    score: int = Field(ge=1, le=5)
    comment: str = Field(default="", max_length=2000)


class TimelineQuery(Body):
    """Which stretch."""

    after_seq: int = Field(default=0, ge=0, le=2**53, description="The last `seq` you have.")
    limit: int = Field(default=200, ge=1, le=500)


class TimelineView(BaseModel):
    """Entries, oldest first."""

    entries: list[dict[str, object]]
    has_more: bool


@operations.add("conversation.create", "POST", "/v1/conversations", roles=ANYBODY, status=201, creates=True)
async def create(context: Context, body: NewConversation) -> Conversation:
    """Begins a conversation.

    A customer begins one of their own, staff one with a customer. With an `id` that the customer has used before: that conversation.
    """
    caller = context.caller
    if caller.staff and body.customer_id is None:
        raise Unprocessable("Say which customer it is with.", code="customer_needed", pointer="/customer_id")
    if not caller.staff and body.customer_id not in (None, caller.id):
        raise Unprocessable("A customer begins conversations of their own.", code="customer_other", pointer="/customer_id")
    return await context.write(
        conversation.begin,
        caller.tenant_id,
        body.customer_id or caller.id,
        caller.actor,
        conversation_id=body.id,
        channel=body.channel,
        locale=body.locale,
        cart_id=body.cart_id,
        customer_name=body.customer_name if caller.staff else None,
    )


@operations.add("conversation.list", "GET", "/v1/conversations", roles=ANYBODY)
async def list_conversations(context: Context, query: ConversationsQuery) -> Page[Conversation]:
    """Conversations, a page at a time: the lobby for staff, their own for customers."""
    data, following = await context.read(
        lobby.page,
        context.caller,
        status=query.status,
        whose=query.assigned,
        customer_id=query.customer_id,
        order=query.order,
        limit=query.limit,
        cursor=query.cursor,
    )
    return Page(data=data, next_cursor=following, has_more=following is not None)


@operations.add("conversation.read", "GET", "/v1/conversations/{conversation_id}", roles=ANYBODY)
async def read_conversation(context: Context, conversation_id: ConversationId) -> ConversationDetail:
    """A conversation's present state and its participants."""
    return await context.read(conversation.read, context.caller, conversation_id)


@operations.add("conversation.update", "PATCH", "/v1/conversations/{conversation_id}", roles=ANYBODY)
async def update(context: Context, conversation_id: ConversationId, body: Change) -> Conversation:
    """Changes channel, locale or the attached cart."""
    return await context.write(handling.change, context.caller, conversation_id, body.model_dump(exclude_none=True))


@operations.add("conversation.claim", "POST", "/v1/conversations/{conversation_id}/claim", roles=STAFF)
async def claim(context: Context, conversation_id: ConversationId) -> Conversation:
    """Takes a conversation that is nobody's. The first claim wins; the others are answered 409 `already_claimed`."""
    return await context.services.chat.claim(context.caller, conversation_id)


@operations.add("conversation.assign", "POST", "/v1/conversations/{conversation_id}/assign", roles=STAFF)
async def assign(context: Context, conversation_id: ConversationId, body: Assignment) -> Conversation:
    """Hands a conversation to a rep: one's own by its rep, any by supervisors."""
    return await context.services.chat.transfer(context.caller, conversation_id, Actor("rep", body.rep_id, body.rep_name))


@operations.add("conversation.release", "POST", "/v1/conversations/{conversation_id}/release", roles=STAFF)
async def release(context: Context, conversation_id: ConversationId) -> Conversation:
    """Gives a conversation back to the lobby."""
    return await context.services.chat.release(context.caller, conversation_id)


@operations.add("conversation.close", "POST", "/v1/conversations/{conversation_id}/close", roles=ANYBODY)
async def close(context: Context, conversation_id: ConversationId, body: Closing) -> Conversation:
    """Ends a conversation. It can be reopened."""
    return await context.services.chat.close(context.caller, conversation_id, body.reason)


@operations.add("conversation.reopen", "POST", "/v1/conversations/{conversation_id}/reopen", roles=ANYBODY)
async def reopen(context: Context, conversation_id: ConversationId) -> Conversation:
    """Goes on with a closed conversation, with the rep it had."""
    return await context.write(handling.reopen, context.caller, conversation_id)


@operations.add("conversation.note", "POST", "/v1/conversations/{conversation_id}/notes", roles=STAFF, status=201, creates=True)
async def note(context: Context, conversation_id: ConversationId, body: Note) -> dict[str, object]:
    """Leaves a note that only staff see; it is answered as its timeline entry."""
    return await context.write(handling.note, context.caller, conversation_id, body.id, body.text)


@operations.add("conversation.rate", "POST", "/v1/conversations/{conversation_id}/csat", roles=CUSTOMERS)
async def rate(context: Context, conversation_id: ConversationId, body: Rating) -> Conversation:
    """Says how satisfied the customer is; once."""
    return await context.write(handling.rate, context.caller, conversation_id, body.score, body.comment)


@operations.add("timeline.read", "GET", "/v1/conversations/{conversation_id}/timeline", roles=ANYBODY)
async def read_timeline(context: Context, conversation_id: ConversationId, query: TimelineQuery) -> TimelineView:
    """A stretch of a conversation's timeline.

    Entries are gap-free by `seq`; what the caller may not see is there as an entry of type `hidden`.
    """
    shown = await context.read(
        context.services.chat.timeline, context.caller, conversation_id, after_seq=query.after_seq, limit=query.limit + 1
    )
    return TimelineView(
        entries=[entry.shown(staff=context.caller.staff) for entry in shown[: query.limit]], has_more=len(shown) > query.limit
    )
