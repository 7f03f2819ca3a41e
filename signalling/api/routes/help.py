"""The help button."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from signalling.api.models import Body, ConversationId, id_field
from signalling.api.operation import Context, Operations
from signalling.commerce import help as helping
from signalling.commerce.help import HelpRequest
from signalling.identity.caller import CUSTOMERS

operations = Operations("Help")

HelpId = Annotated[str, id_field("help", "a request for help")]
# No control characters: this is shown to reps as it is.
Word = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]


class PageContext(Body):
    """Where the customer is, by the page's own account. Query and fragment of the address are dropped."""

    url: Annotated[str, StringConstraints(max_length=2048, pattern=r"^(https?://[^\x00-\x20\x7f]*)?$")] = ""
    title: Word = ""


class HelpWish(Body):
    """What the customer wants help with, and where they are."""

    id: HelpId | None = Field(default=None, description="Made by you, so that asking twice is harmless; left out: made here.")
    channel: Literal["chat", "voice", "video"] = Field(default="chat", description="How the customer would like to be helped.")
    cause: helping.Cause = Field(
        default="asked", description="What went wrong at your page: a payment was declined, a discount code does not work. Reps read it."
    )
    note: Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")] = ""
    page: PageContext = PageContext()
    step: Word = ""
    unverified_attributes: dict[Name, Word] = Field(
        default={}, max_length=32, description="What the page's script says of the customer. Shown apart from what their token vouches for."
    )


@operations.add("help.request", "POST", "/v1/conversations/{conversation_id}/help", roles=CUSTOMERS, status=201, creates=True)
async def request(context: Context, conversation_id: ConversationId, body: HelpWish) -> HelpRequest:
    """The help button.

    Puts `help.requested` on the timeline with the page and step the customer is at, and the conversation into the queue with a higher
    priority; one that waits already moves up, one that a rep has already is only told of it.
    """
    situation = helping.Situation(body.cause, body.note, body.page.url, body.page.title, body.step, body.unverified_attributes)
    made = await context.write(helping.ask, context.caller, conversation_id, body.id, body.channel, situation)
    await context.services.trouble.queue(context.tenant_id, made)
    return made
