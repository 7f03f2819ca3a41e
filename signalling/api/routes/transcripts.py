"""Transcripts: a conversation to download, or by mail."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, EmailStr, Field

from mediaserver.errors import Conflict, Forbidden
from signalling import tenants
from signalling.api.models import Body, ConversationId
from signalling.api.operation import Context, Operations, Raw
from signalling.channels import email
from signalling.commerce import mirror
from signalling.conversation import conversation, transcript
from signalling.conversation.timeline import PAGE_MOST, Entry, append, read
from signalling.delivery import configured_mail
from signalling.identity.caller import ANYBODY, Caller
from signalling.store import Transaction

operations = Operations("Transcripts")

# A transcript is made in memory; a conversation this long has gone wrong.
ENTRIES_MOST = 20_000


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("this is not an IANA time zone, such as Europe/Berlin")
    return name


Zone = Annotated[
    str, Field(max_length=64, description="IANA time zone of the times in it.", examples=["Europe/Berlin"]), AfterValidator(_zone)
]


class TranscriptQuery(Body):
    """How it is to look."""

    format: Literal["text", "html", "json"] = "text"
    zone: Zone = "UTC"


class TranscriptMail(Body):
    """To whom, and how it is to look."""

    to: EmailStr = Field(max_length=254)
    zone: Zone = "UTC"


class MailQueued(BaseModel):
    """The mail is on its way; it is tried again for three days where the mail server is not there."""

    id: str


@operations.add(
    "transcript.read",
    "GET",
    "/v1/conversations/{conversation_id}/transcript",
    roles=ANYBODY,
    media_type="text/plain, text/html, application/json",
)
async def read_transcript(context: Context, conversation_id: ConversationId, query: TranscriptQuery) -> Raw:
    """A conversation as text, as a page, or as JSON.

    Messages, calls, cart, orders, payments and consent in their order. What the caller may not see is left out.
    """
    caller = context.caller
    content = await context.read(_rendered, caller, conversation_id, query.format, query.zone, staff=caller.staff)
    suffix = transcript.FILE_SUFFIXES[query.format]
    return Raw(
        content,
        transcript.CONTENT_TYPES[query.format],
        {
            "Content-Disposition": f'attachment; filename="{conversation_id}.{suffix}"',
            "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
            "Cache-Control": "private, no-store",
        },
    )


@operations.add("transcript.mail", "POST", "/v1/conversations/{conversation_id}/transcript/mail", roles=ANYBODY, status=202, creates=True)
async def mail_transcript(context: Context, conversation_id: ConversationId, body: TranscriptMail) -> MailQueued:
    """Sends the transcript by mail, as the customer sees it.

    A customer whom the shop has not vouched for may not send mail: it could go to anybody.
    """
    if not configured_mail(context.services.settings):
        raise Conflict("No mail server is configured here.", code="mail_not_configured")
    if not (context.caller.staff or context.caller.verified):
        raise Forbidden("This needs a customer whom the shop has vouched for.", code="unverified")
    return await context.write(_mail, context.caller, conversation_id, body.to, body.zone)


def _rendered(tx: Transaction, caller: Caller, conversation_id: str, form: transcript.Format, zone: str, *, staff: bool) -> bytes:
    conversation.require(tx, caller, conversation_id)
    entries = _entries(tx, caller.tenant_id, conversation_id)
    if staff:
        entries = mirror.visible(tx, caller, conversation_id, entries)
    if staff and tenants.settings(tx, caller.tenant_id).masks(caller.role.value):
        entries = [entry.masked() for entry in entries]
    return transcript.render(entries, form, staff=staff, zone=ZoneInfo(zone), title=f"Conversation {conversation_id}")


def _mail(tx: Transaction, caller: Caller, conversation_id: str, to: str, zone: str) -> MailQueued:
    text = _rendered(tx, caller, conversation_id, "text", zone, staff=False)
    page = _rendered(tx, caller, conversation_id, "html", zone, staff=False)
    attachment = email.Attachment(f"{conversation_id}.html", "text/html", page)
    row_id = email.enqueue(tx, caller.tenant_id, to, "Your conversation with us", text.decode(), page.decode(), [attachment])
    append(tx, caller.tenant_id, conversation_id, "transcript.mailed", caller.actor, {"id": row_id})
    return MailQueued(id=row_id)


def _entries(tx: Transaction, tenant_id: str, conversation_id: str) -> list[Entry]:
    entries: list[Entry] = []
    while len(entries) < ENTRIES_MOST:
        page = read(tx, tenant_id, conversation_id, after_seq=entries[-1].seq if entries else 0)
        entries += page
        if len(page) < PAGE_MOST:
            break
    return entries
