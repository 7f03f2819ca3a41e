"""Privacy: consents, export, erasure, retention and the audit log."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from mediaserver.errors import Unprocessable
from signalling.api.models import Body, ConversationId, CustomerId, Locale, Page, id_field
from signalling.api.operation import Context, Operations, Raw
from signalling.conversation import conversation
from signalling.identity.caller import ADMINS, CUSTOMERS, STAFF
from signalling.privacy import audit, consent, erasure
from signalling.privacy.audit import Fault, Head, Line
from signalling.privacy.consent import Consent, Purpose
from signalling.privacy.erasure import Erasure
from signalling.privacy.retention import Report
from signalling.store import Transaction
from signalling.times import from_datetime

operations = Operations("Privacy")

ErasureId = Annotated[str, id_field("era", "an erasure")]


Scope = (
    Annotated[str, Field(max_length=256)]
    | Annotated[dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=256)]], Field(max_length=10)]
)


class NewConsent(Body):
    """What the customer agrees to, in which words. Without a conversation: not for one alone (`marketing`)."""

    purpose: Purpose
    conversation_id: ConversationId | None = None
    scope: Scope = ""
    text_version: Annotated[str, Field(min_length=1, max_length=64, description="Of the words that were shown.")]
    locale: Locale
    how: Literal["widget", "email", "voice", "messenger", "api"] = "widget"
    expires_at: AwareDatetime | None = None


class Withdrawal(Body):
    """Which consent is taken back."""

    purpose: Purpose
    conversation_id: ConversationId | None = None
    how: Literal["widget", "email", "voice", "messenger", "api"] = "widget"


class Question(Body):
    """What the customer is to be asked."""

    purpose: Purpose
    scope: Scope = Field(default="", description="What the consent is to cover, as the customer will give it.")


class Refusal(Body):
    """What the customer does not agree to."""

    purpose: Purpose
    conversation_id: ConversationId


class Told(BaseModel):
    """Where on the timeline it stands."""

    conversation_id: str
    seq: int
    purpose: Purpose


class Consents(BaseModel):
    """The ledger, the newest first."""

    data: list[Consent]


class Lines(Page[Line]):
    """A stretch of the audit log, the newest first."""


class LinesQuery(Body):
    """Which stretch. `subject`: of one customer, rep, key ... alone."""

    limit: int = Field(default=50, ge=1, le=200)
    cursor: Annotated[str, Field(max_length=18, pattern=r"^[0-9]+$")] | None = None
    subject: Annotated[str, Field(max_length=128)] | None = None


class Verification(BaseModel):
    """Whether the audit log is as it was written."""

    good: bool
    checked: int
    head: Head
    faults: list[Fault]


@operations.add("consent.list", "GET", "/v1/me/consents", roles=CUSTOMERS)
async def my_consents(context: Context) -> Consents:
    """What the caller has agreed to and taken back."""
    return Consents(data=await context.read(consent.list_all, context.tenant_id, context.caller.id))


@operations.add("consent.give", "POST", "/v1/me/consents", roles=CUSTOMERS, status=201, creates=True)
async def give(context: Context, body: NewConsent) -> Consent:
    """Agrees to something; it holds until it expires or is taken back."""
    return await context.write(_give, context, body)


@operations.add("consent.withdraw", "POST", "/v1/me/consents/withdraw", roles=CUSTOMERS)
async def withdraw(context: Context, body: Withdrawal) -> Consents:
    """Takes a consent back. Idempotent; the answer is the ledger of that purpose."""
    return Consents(data=await context.write(_withdraw, context, body))


@operations.add("consent.ask", "POST", "/v1/conversations/{conversation_id}/consents/ask", roles=STAFF, creates=True)
async def ask(context: Context, conversation_id: ConversationId, body: Question) -> Told:
    """Asks the customer for a consent: `consent.asked` on the timeline, which their client shows in plain words.

    The answer is `consent.granted` or `consent.refused`, or none. Asking again is allowed and asks again.
    """
    return await context.write(_ask, context, conversation_id, body)


@operations.add("consent.refuse", "POST", "/v1/me/consents/refuse", roles=CUSTOMERS, creates=True)
async def refuse(context: Context, body: Refusal) -> Told:
    """Says no to what was asked: `consent.refused` on the timeline. Takes nothing back that was agreed to before."""
    return await context.write(_refuse, context, body)


@operations.add("customer.consents", "GET", "/v1/customers/{customer_id}/consents", roles=STAFF)
async def consents(context: Context, customer_id: CustomerId) -> Consents:
    """What a customer has agreed to and taken back."""
    return Consents(data=await context.read(consent.list_all, context.tenant_id, customer_id))


@operations.add("privacy.export_mine", "GET", "/v1/me/export", roles=CUSTOMERS, media_type="application/zip")
async def export_mine(context: Context) -> Raw:
    """Everything kept about the caller, as a zip file: JSON, files, recordings, and an index to read."""
    return await _archive(context, context.caller.id)


@operations.add("privacy.export", "GET", "/v1/customers/{customer_id}/export", roles=ADMINS, media_type="application/zip")
async def export_customer(context: Context, customer_id: CustomerId) -> Raw:
    """Everything kept about a customer, as a zip file; it is written down who asked."""
    return await _archive(context, customer_id)


@operations.add("privacy.erase_me", "POST", "/v1/me/erasure", roles=CUSTOMERS, status=202, creates=True)
async def erase_me(context: Context) -> Erasure:
    """Erases the caller: their sessions end now, what is kept about them goes within minutes. Not to be undone."""
    return await context.write(erasure.begin, context.tenant_id, context.caller.actor, context.caller.id)


@operations.add("privacy.erase", "POST", "/v1/customers/{customer_id}/erasure", roles=ADMINS, status=202, creates=True)
async def erase(context: Context, customer_id: CustomerId) -> Erasure:
    """Erases a customer. Asking again gives the same erasure. Not to be undone.

    Conversations lose every text, name and file; orders stay without name and address; consents and the audit log stay as proof.
    """
    return await context.write(erasure.begin, context.tenant_id, context.caller.actor, customer_id)


@operations.add("privacy.erasure", "GET", "/v1/erasures/{erasure_id}", roles=ADMINS)
async def read_erasure(context: Context, erasure_id: ErasureId) -> Erasure:
    """An erasure and, once it is done, its receipt."""
    return await context.read(erasure.get, context.tenant_id, erasure_id)


@operations.add("privacy.retention", "GET", "/v1/retention/preview", roles=ADMINS)
async def preview(context: Context) -> Report:
    """What retention would remove today (a dry run)."""
    return await context.services.privacy.preview(context.tenant_id)


@operations.add("audit.list", "GET", "/v1/audit", roles=ADMINS)
async def lines(context: Context, query: LinesQuery) -> Lines:
    """The audit log: who looked at, exported, erased or changed what."""
    before = int(query.cursor) if query.cursor is not None else None
    found = await context.read(audit.read, context.tenant_id, before=before, limit=query.limit + 1, subject=query.subject)
    page = found[: query.limit]
    more = len(found) > query.limit
    return Lines(data=page, next_cursor=str(page[-1].position) if more else None, has_more=more)


@operations.add("audit.verify", "GET", "/v1/audit/verification", roles=ADMINS, socket=False)
async def verify(context: Context) -> Verification:
    """Reads the whole audit log and says whether anything in it was changed, removed, moved or cut off, and where."""
    verdict = await audit.verify(context.services.store, context.tenant_id)
    return Verification(good=verdict.good, checked=verdict.checked, head=verdict.head, faults=verdict.faults)


async def _archive(context: Context, customer_id: str) -> Raw:
    content = await context.services.privacy.archive(context.caller, customer_id)
    return Raw(content, "application/zip", {"Content-Disposition": f'attachment; filename="{customer_id}.zip"'})


def _give(tx: Transaction, context: Context, body: NewConsent) -> Consent:
    caller = context.caller
    if body.conversation_id is not None:
        conversation.require(tx, caller, body.conversation_id)
    elif body.purpose not in ("marketing", "transcript_mail"):
        raise Unprocessable("This consent is for one conversation: say which.", code="consent_conversation", pointer="/conversation_id")
    expires_at_us = from_datetime(body.expires_at) if body.expires_at is not None else None
    return consent.grant(
        tx,
        caller.tenant_id,
        body.conversation_id,
        caller.id,
        body.purpose,
        body.scope,
        expires_at_us,
        caller.actor,
        text_version=body.text_version,
        locale=body.locale,
        how=body.how,
    )


def _ask(tx: Transaction, context: Context, conversation_id: str, body: Question) -> Told:
    caller = context.caller
    row = conversation.require(tx, caller, conversation_id)
    entry = consent.ask(tx, caller.tenant_id, conversation_id, row.customer_id, body.purpose, body.scope, caller.actor)
    return Told(conversation_id=conversation_id, seq=entry.seq, purpose=body.purpose)


def _refuse(tx: Transaction, context: Context, body: Refusal) -> Told:
    caller = context.caller
    conversation.require(tx, caller, body.conversation_id)
    entry = consent.refuse(tx, caller.tenant_id, body.conversation_id, caller.id, body.purpose, caller.actor)
    return Told(conversation_id=body.conversation_id, seq=entry.seq, purpose=body.purpose)


def _withdraw(tx: Transaction, context: Context, body: Withdrawal) -> list[Consent]:
    caller = context.caller
    if body.conversation_id is not None:
        conversation.require(tx, caller, body.conversation_id)
    consent.revoke(tx, caller.tenant_id, body.conversation_id, caller.id, body.purpose, caller.actor, how=body.how)
    rows: list[Any] = consent.list_all(tx, caller.tenant_id, caller.id, body.conversation_id)
    return [row for row in rows if row.purpose == body.purpose]
