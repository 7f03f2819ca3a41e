"""Messages: sent, edited, deleted, read; how far everybody has read."""

from typing import Annotated

from pydantic import Field, model_validator

from signalling.api.models import Body, ConversationId, MessageId
from signalling.api.operation import Context, Operations
from signalling.conversation import messages
from signalling.conversation.blocks import BLOCKS_MOST, Block
from signalling.conversation.messages import TEXT_MOST, Message, Said
from signalling.conversation.participants import Receipt
from signalling.identity.caller import ANYBODY
from signalling.ids import pattern

operations = Operations("Messages")

AttachmentId = Annotated[str, Field(pattern=pattern("att"), description="Id of an uploaded file.")]
FILES_MOST = 10


class Draft(Body):
    """A message to send. It says something: text, a block or a file."""

    id: MessageId = Field(description="Made by the sender: sending the same twice sends it once.")
    text: str = Field(default="", max_length=TEXT_MOST)
    blocks: list[Block] = Field(default=[], max_length=BLOCKS_MOST)
    reply_to: MessageId | None = Field(default=None, description="The message it answers.")
    attachment_ids: list[AttachmentId] = Field(default=[], max_length=FILES_MOST)

    @model_validator(mode="after")
    def _says_something(self) -> "Draft":
        if not (self.text.strip() or self.blocks or self.attachment_ids):
            raise ValueError("A message says something.")
        return self


class Edit(Body):
    """Other words for a message."""

    text: str = Field(min_length=1, max_length=TEXT_MOST)


class UpTo(Body):
    """How far."""

    up_to_seq: int = Field(ge=1, le=2**53, description="The last entry that has arrived or was read, and all before it.")


@operations.add("message.send", "POST", "/v1/conversations/{conversation_id}/messages", roles=ANYBODY, status=201, creates=True)
async def send(context: Context, conversation_id: ConversationId, body: Draft) -> Message:
    """Sends a message.

    Its `id` is the sender's: sending the same again is answered with what is stored, other words under the same id with 409.
    """
    blocks = [block.model_dump(exclude_none=True) for block in body.blocks] if body.blocks else ()
    said = Said(body.text, blocks, body.reply_to, body.attachment_ids)
    return await context.write(messages.send, context.caller, conversation_id, body.id, said)


@operations.add("message.read", "GET", "/v1/conversations/{conversation_id}/messages/{message_id}", roles=ANYBODY)
async def read(context: Context, conversation_id: ConversationId, message_id: MessageId) -> Message:
    """A message as it is now."""
    return await context.read(messages.read, context.caller, conversation_id, message_id)


@operations.add("message.edit", "PATCH", "/v1/conversations/{conversation_id}/messages/{message_id}", roles=ANYBODY)
async def edit(context: Context, conversation_id: ConversationId, message_id: MessageId, body: Edit) -> Message:
    """Changes one's own message, within 15 minutes."""
    return await context.write(messages.edit, context.caller, conversation_id, message_id, body.text)


@operations.add("message.delete", "DELETE", "/v1/conversations/{conversation_id}/messages/{message_id}", roles=ANYBODY)
async def delete(context: Context, conversation_id: ConversationId, message_id: MessageId) -> Message:
    """Takes a message back for good: its words and files are gone from the log. One's own, or anybody's for supervisors."""
    return await context.write(messages.delete, context.caller, conversation_id, message_id)


@operations.add("receipt.delivered", "POST", "/v1/conversations/{conversation_id}/delivered", roles=ANYBODY)
async def delivered(context: Context, conversation_id: ConversationId, body: UpTo) -> Receipt:
    """Says that everything up to there has arrived at a device of the caller's."""
    return await context.write(context.services.chat.receipt, context.caller, conversation_id, "delivered", body.up_to_seq)


@operations.add("receipt.read", "POST", "/v1/conversations/{conversation_id}/read", roles=ANYBODY)
async def read_receipt(context: Context, conversation_id: ConversationId, body: UpTo) -> Receipt:
    """Says that the caller has read everything up to there."""
    return await context.write(context.services.chat.receipt, context.caller, conversation_id, "read", body.up_to_seq)
