"""Canned replies of a shop: kept by supervisors, used by all its staff."""

from typing import Annotated

from pydantic import BaseModel, Field

from signalling.api.models import Body, ConversationId, Locale
from signalling.api.operation import Context, Operations
from signalling.conversation import canned
from signalling.conversation.canned import CannedReply
from signalling.identity.caller import STAFF, SUPERVISORS
from signalling.ids import pattern

operations = Operations("Canned replies")

CannedId = Annotated[str, Field(pattern=pattern("can"), description="Id of a canned reply.")]
Shortcut = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$", description="What a rep types for it.", examples=["returns"])]
Title = Annotated[str, Field(min_length=1, max_length=120)]
Text = Annotated[str, Field(min_length=1, max_length=4000, description="May have {customer_name}, {rep_name}, {conversation_id}.")]


class NewCanned(Body):
    """A reply to keep."""

    id: CannedId | None = None
    shortcut: Shortcut
    locale: Locale = "en"
    title: Title
    text: Text


class CannedChange(Body):
    """What is to be different; what is left out stays."""

    shortcut: Shortcut | None = None
    locale: Locale | None = None
    title: Title | None = None
    text: Text | None = None


class CannedQuery(Body):
    """Which."""

    locale: Locale | None = Field(default=None, description="Of each shortcut the reply that is nearest to this language.")


class CannedList(BaseModel):
    """All of a shop's, by shortcut."""

    data: list[CannedReply]


class RenderQuery(Body):
    """For whom."""

    conversation_id: ConversationId


class Rendered(BaseModel):
    """A text that is ready to be sent."""

    text: str


@operations.add("canned.list", "GET", "/v1/canned-replies", roles=STAFF)
async def list_canned(context: Context, query: CannedQuery) -> CannedList:
    """The shop's replies."""
    return CannedList(data=await context.read(canned.listing, context.caller, query.locale))


@operations.add("canned.create", "POST", "/v1/canned-replies", roles=SUPERVISORS, status=201, creates=True)
async def create(context: Context, body: NewCanned) -> CannedReply:
    """Keeps a reply. A shortcut has one for each language."""
    values = body.model_dump(exclude={"id"})
    return await context.write(canned.add, context.caller, values, body.id)


@operations.add("canned.update", "PATCH", "/v1/canned-replies/{reply_id}", roles=SUPERVISORS)
async def update(context: Context, reply_id: CannedId, body: CannedChange) -> CannedReply:
    """Changes a reply."""
    return await context.write(canned.change, context.caller, reply_id, body.model_dump(exclude_none=True))


@operations.add("canned.delete", "DELETE", "/v1/canned-replies/{reply_id}", roles=SUPERVISORS)
async def delete(context: Context, reply_id: CannedId) -> None:
    """Takes a reply away."""
    await context.write(canned.remove, context.caller, reply_id)


@operations.add("canned.render", "GET", "/v1/canned-replies/{reply_id}/text", roles=STAFF)
async def render(context: Context, reply_id: CannedId, query: RenderQuery) -> Rendered:
    """A reply's text for a conversation, with its placeholders filled in; nothing is sent."""
    return Rendered(text=await context.read(canned.rendered, context.caller, reply_id, query.conversation_id))
