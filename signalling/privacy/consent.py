"""The consent ledger: what a customer agreed to, when, in which words, for how long, and when they took it back.

Works for whoever needs consent: recording, a look at the cart, help with it, mail, marketing. Rows are never changed: a revocation is a row
of its own, and what holds now is what the last row of a subject, purpose and conversation says (GDPR article 7, LGPD article 8: consent
must be demonstrable and as easy to take back as to give). Consent that belongs to a conversation is on its timeline as well; so is that a
rep has asked for it (`consent.asked`), and a customer's no (`consent.refused`), neither of which is a row: nobody agreed to anything.

Invariants: consent without a row is no consent; an expired one is none; consent for one conversation says nothing about another.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import Row, bindparam, insert, select

from mediaserver.errors import Unprocessable
from signalling.conversation import timeline
from signalling.conversation.timeline import Actor, Entry
from signalling.ids import new_id
from signalling.store import Transaction
from signalling.store.tables.privacy import consents
from signalling.times import rfc3339

Purpose = Literal["recording", "cart_view", "cart_suggest", "cart_edit", "apply_code", "place_order", "transcript_mail", "marketing"]
PURPOSES: frozenset[str] = frozenset(get_args(Purpose))
# What it covers: a word, or fields such as {"cart_id": ...}.
Scope = str | Mapping[str, Any]
# Identifies things; prose belongs into the text that `text_version` names.
SCOPE_BYTES_MAX = 2048
LIST_MOST = 500

_LAST = (
    select(consents)
    .where(
        consents.c.tenant_id == bindparam("tenant_id"),
        consents.c.subject_id == bindparam("subject_id"),
        consents.c.purpose == bindparam("purpose"),
        consents.c.conversation_id.is_not_distinct_from(bindparam("conversation_id")),
    )
    .order_by(consents.c.at_us.desc(), consents.c.id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Consent:
    """One row of the ledger. `expires_at`: None until revoked."""

    id: str
    subject_id: str
    conversation_id: str | None
    purpose: str
    action: str
    scope: Any
    text_version: str
    locale: str
    how: str
    actor_kind: str
    actor_id: str
    at: str
    expires_at: str | None


def grant(
    tx: Transaction,
    tenant_id: str,
    conversation_id: str | None,
    subject_id: str,
    purpose: str,
    scope: Scope,
    expires_at_us: int | None,
    actor: Actor,
    *,
    text_version: str = "",
    locale: str = "",
    how: str = "widget",
    consent_id: str | None = None,
) -> Consent:
    """Writes down that `subject_id` agreed. `conversation_id` None: not for one conversation. Unprocessable for an unknown purpose or one
    that would be over before it begins. Granting anew replaces what held before. `text_version`, `locale`: of the words they were shown."""
    if expires_at_us is not None and expires_at_us <= tx.now_us:
        raise Unprocessable("This consent would have expired already.", code="consent_expired")
    return _add(
        tx, tenant_id, conversation_id, subject_id, purpose, "granted", scope, expires_at_us, actor, text_version, locale, how, consent_id
    )


def revoke(
    tx: Transaction, tenant_id: str, conversation_id: str | None, subject_id: str, purpose: str, actor: Actor, *, how: str = "widget"
) -> Consent | None:
    """Takes back what holds; None, and nothing written, where nothing does."""
    held = current(tx, tenant_id, conversation_id, subject_id, purpose)
    if held is None:
        return None
    return _add(
        tx, tenant_id, conversation_id, subject_id, purpose, "revoked", held.scope, None, actor, held.text_version, held.locale, how, None
    )


def ask(tx: Transaction, tenant_id: str, conversation_id: str, subject_id: str, purpose: str, scope: Scope, actor: Actor) -> Entry:
    """Puts the question before the customer, as `consent.asked` on the timeline."""
    data = {"subject_id": subject_id, "purpose": purpose, "scope": scope}
    return timeline.append(tx, tenant_id, conversation_id, "consent.asked", actor, data)


def refuse(tx: Transaction, tenant_id: str, conversation_id: str, subject_id: str, purpose: str, actor: Actor) -> Entry:
    """Tells whoever asked that the customer does not want it. What holds already stays: taking back is `revoke`."""
    return timeline.append(tx, tenant_id, conversation_id, "consent.refused", actor, {"subject_id": subject_id, "purpose": purpose})


def current(tx: Transaction, tenant_id: str, conversation_id: str | None, subject_id: str, purpose: str) -> Consent | None:
    """The consent that holds at this moment, or None."""
    row = current_row(tx, tenant_id, conversation_id, subject_id, purpose)
    return view(row) if row is not None else None


def current_row(tx: Transaction, tenant_id: str, conversation_id: str | None, subject_id: str, purpose: str) -> Row[Any] | None:
    """`current`, as the row that says so."""
    row = tx.first(_LAST, {"tenant_id": tenant_id, "conversation_id": conversation_id, "subject_id": subject_id, "purpose": purpose})
    if row is None or row.action != "granted" or (row.expires_at_us is not None and row.expires_at_us <= tx.now_us):
        return None
    return row


def list_all(tx: Transaction, tenant_id: str, subject_id: str, conversation_id: str | None = None) -> list[Consent]:
    """The ledger of one customer, the newest first; of one conversation, where it is named."""
    wanted = select(consents).where(consents.c.tenant_id == tenant_id, consents.c.subject_id == subject_id)
    if conversation_id is not None:
        wanted = wanted.where(consents.c.conversation_id == conversation_id)
    return [view(row) for row in tx.all(wanted.order_by(consents.c.at_us.desc(), consents.c.id.desc()).limit(LIST_MOST))]


def view(row: Row[Any]) -> Consent:
    """A row as callers see it."""
    return Consent(
        id=row.id,
        subject_id=row.subject_id,
        conversation_id=row.conversation_id,
        purpose=row.purpose,
        action=row.action,
        scope=json.loads(row.scope),
        text_version=row.text_version,
        locale=row.locale,
        how=row.how,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        at=rfc3339(row.at_us),
        expires_at=rfc3339(row.expires_at_us) if row.expires_at_us is not None else None,
    )


def _add(
    tx: Transaction,
    tenant_id: str,
    conversation_id: str | None,
    subject_id: str,
    purpose: str,
    action: str,
    scope: Scope,
    expires_at_us: int | None,
    actor: Actor,
    text_version: str,
    locale: str,
    how: str,
    consent_id: str | None,
) -> Consent:
    if purpose not in PURPOSES:
        raise Unprocessable(f"Consent is for one of {', '.join(sorted(PURPOSES))}.", code="consent_purpose")
    text = json.dumps(scope, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode()) > SCOPE_BYTES_MAX:
        raise Unprocessable(f"The scope of a consent has at most {SCOPE_BYTES_MAX} bytes.", code="consent_scope")
    made = consent_id or new_id("cons")
    tx.execute(
        insert(consents).values(
            tenant_id=tenant_id,
            id=made,
            subject_id=subject_id,
            conversation_id=conversation_id,
            purpose=purpose,
            action=action,
            scope=text,
            text_version=text_version,
            locale=locale,
            how=how,
            actor_kind=actor.kind,
            actor_id=actor.id,
            at_us=tx.now_us,
            expires_at_us=expires_at_us,
        )
    )
    row = tx.first(select(consents).where(consents.c.tenant_id == tenant_id, consents.c.id == made))
    assert row is not None
    consent = view(row)
    if conversation_id is not None:
        timeline.append(
            tx,
            tenant_id,
            conversation_id,
            f"consent.{action}",
            actor,
            {
                "consent_id": made,
                "subject_id": subject_id,
                "purpose": purpose,
                "scope": consent.scope,
                "expires_at": consent.expires_at,
                "text_version": text_version,
                "locale": locale,
                "how": how,
            },
        )
    return consent
