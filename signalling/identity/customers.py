"""Customers: whom a shop has vouched for, and visitors nobody has. What they said themselves is kept apart from what the shop signed.

Works for `arrival` and for whoever shows a customer. Invariants: a signed value never comes from a page's script, nor the other way round;
a visitor becomes part of a customer only by `merge`, which only a fresh identity token causes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Row, insert, select, update

from mediaserver.errors import NotFound
from signalling import tenants
from signalling.conversation import participants, timeline
from signalling.conversation.conversation import about_name
from signalling.conversation.timeline import Actor
from signalling.identity.caller import Caller
from signalling.identity.digests import digest
from signalling.identity.site_token import Claims
from signalling.ids import new_id
from signalling.privacy import audit, consent, register
from signalling.privacy.masking import concealed, mask_emails
from signalling.store import Transaction
from signalling.store.tables import metadata
from signalling.store.tables.conversation import conversations
from signalling.store.tables.identity import customers
from signalling.times import rfc3339

# An open conversation each is what a shopper has; the bound keeps one unit of work small.
MERGE_MOST = 20


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as staff see them. `verified`: the shop vouches for the fields above `unverified_attributes`."""

    id: str
    site_id: str
    verified: bool
    name: str
    email: str
    email_verified: bool
    locale: str
    attributes: dict[str, Any]
    unverified_attributes: dict[str, Any]
    created_at: str
    seen_at: str
    merged_into: str | None = None
    order_ids: list[str] = field(default_factory=list)


def visitor(tx: Transaction, tenant_id: str, site_id: str, unverified: Mapping[str, Any]) -> str:
    """A new anonymous visitor. Its id."""
    made = new_id("cust")
    _insert(tx, tenant_id, made, site_id, None, {}, unverified)
    return made


def vouched(tx: Transaction, tenant_id: str, site_id: str, claims: Claims, unverified: Mapping[str, Any]) -> str:
    """The customer that the shop's claims are about, with their newest profile. Its id."""
    subject = digest("subject", tenant_id, site_id, claims.sub)
    profile = claims.model_dump(include={"sub", "name", "email", "email_verified", "locale", "attributes", "order_ids", "anonymous"})
    row = tx.first(
        select(customers.c.id).where(
            customers.c.tenant_id == tenant_id, customers.c.site_id == site_id, customers.c.subject_digest == subject
        )
    )
    if row is None:
        made = new_id("cust")
        _insert(tx, tenant_id, made, site_id, subject, profile, unverified)
        return made
    values: dict[str, Any] = {"profile": _sealed(tx, tenant_id, row.id, "profile", profile), "seen_at_us": tx.now_us}
    if unverified:
        values["unverified"] = _sealed(tx, tenant_id, row.id, "unverified", unverified)
    tx.execute(update(customers).where(customers.c.tenant_id == tenant_id, customers.c.id == row.id).values(**values))
    return str(row.id)


def set_unverified(tx: Transaction, tenant_id: str, customer_id: str, unverified: Mapping[str, Any]) -> None:
    """Replaces what the page's script says about them."""
    tx.execute(
        update(customers)
        .where(customers.c.tenant_id == tenant_id, customers.c.id == customer_id)
        .values(unverified=_sealed(tx, tenant_id, customer_id, "unverified", unverified), seen_at_us=tx.now_us)
    )


def merge(tx: Transaction, tenant_id: str, visitor_id: str, customer_id: str, name: str) -> list[str]:
    """Gives a visitor's open conversations, and what hangs on them, to the customer they turned out to be. The conversations.

    Their messages, files, places in the queue, calls and carts go along (`moves` in `privacy.register`), and the consents that hold are
    granted anew. Closed conversations stay the visitor's: whoever used this browser before need not be the one who has logged in.
    """
    here = (customers.c.tenant_id == tenant_id) & (customers.c.id == visitor_id)
    row = tx.first(select(customers).where(here))
    if row is None or _verified(row, _profile(tx, row)) or row.merged_into is not None or visitor_id == customer_id:
        return []
    tx.execute(update(customers).where(here).values(merged_into=customer_id))
    theirs = (conversations.c.tenant_id == tenant_id) & (conversations.c.customer_id == visitor_id) & (conversations.c.status == "open")
    moved = [row.id for row in tx.all(select(conversations.c.id).where(theirs).order_by(conversations.c.id).limit(MERGE_MOST))]
    actor = Actor("customer", customer_id, name)
    for conversation_id in moved:
        _move(tx, tenant_id, conversation_id, visitor_id, actor)
        data = {"customer": {"id": customer_id, "name": name}, "visitor_id": visitor_id, "verified": True}
        timeline.append(tx, tenant_id, conversation_id, "customer.identified", actor, data)
        _grant_anew(tx, tenant_id, conversation_id, visitor_id, actor)
    return moved


def _move(tx: Transaction, tenant_id: str, conversation_id: str, visitor_id: str, customer: Actor) -> None:
    tx.execute(
        update(conversations)
        .where(conversations.c.tenant_id == tenant_id, conversations.c.id == conversation_id)
        .values(customer_id=customer.id, customer_name=tx.seal(tenant_id, customer.name.encode(), about_name(conversation_id)))
    )
    participants.leave(tx, tenant_id, conversation_id, visitor_id)
    participants.join(tx, tenant_id, conversation_id, customer)
    cart_id = tx.execute(
        select(conversations.c.cart_id).where(conversations.c.tenant_id == tenant_id, conversations.c.id == conversation_id)
    ).scalar()
    for name, holding in register.REGISTER.items():
        if holding.moves is None or name not in metadata.tables:
            continue
        other = register.table(name)
        within = other.c.conversation_id == conversation_id if "conversation_id" in other.c else other.c.id == cart_id
        tx.execute(
            update(other)
            .where(other.c.tenant_id == tenant_id, within, other.c[holding.moves] == visitor_id)
            .values({holding.moves: customer.id})
        )


def _grant_anew(tx: Transaction, tenant_id: str, conversation_id: str, visitor_id: str, customer: Actor) -> None:
    for purpose in sorted(consent.PURPOSES):
        held = consent.current_row(tx, tenant_id, conversation_id, visitor_id, purpose)
        if held is not None:
            consent.grant(
                tx,
                tenant_id,
                conversation_id,
                customer.id,
                purpose,
                json.loads(held.scope),
                held.expires_at_us,
                customer,
                text_version=held.text_version,
                locale=held.locale,
                how="identified",
            )


def get(tx: Transaction, tenant_id: str, customer_id: str) -> Customer:
    """A customer. NotFound where the tenant has none of this id."""
    row = tx.first(select(customers).where(customers.c.tenant_id == tenant_id, customers.c.id == customer_id))
    if row is None:
        raise NotFound("There is no such customer.")
    return _view(tx, row)


def seen_by(tx: Transaction, caller: Caller, customer_id: str) -> Customer:
    """A customer as a caller of the shop's may see them: the address masked for the roles that the tenant has chosen. Looking is written
    down."""
    found = get(tx, caller.tenant_id, customer_id)
    audit.record(tx, caller.tenant_id, caller.actor, "customer.read", customer_id)
    if caller.role.value not in tenants.settings(tx, caller.tenant_id).mask_emails_for:
        return found
    hidden = {name: concealed(getattr(found, name), mask_emails) for name in ("email", "name", "attributes", "unverified_attributes")}
    return replace(found, **hidden)


def _insert(
    tx: Transaction,
    tenant_id: str,
    customer_id: str,
    site_id: str,
    subject: str | None,
    profile: Mapping[str, Any],
    unverified: Mapping[str, Any],
) -> None:
    tx.execute(
        insert(customers).values(
            tenant_id=tenant_id,
            id=customer_id,
            site_id=site_id,
            subject_digest=subject,
            profile=_sealed(tx, tenant_id, customer_id, "profile", profile),
            unverified=_sealed(tx, tenant_id, customer_id, "unverified", unverified),
            created_at_us=tx.now_us,
            seen_at_us=tx.now_us,
        )
    )


def _sealed(tx: Transaction, tenant_id: str, customer_id: str, column: str, value: Mapping[str, Any]) -> bytes:
    return tx.seal(tenant_id, json.dumps(dict(value), ensure_ascii=False).encode(), f"customers/{customer_id}/{column}")


def _profile(tx: Transaction, row: Row[Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(tx.unseal(row.tenant_id, row.profile, f"customers/{row.id}/profile"))
    return found


def _verified(row: Row[Any], profile: Mapping[str, Any]) -> bool:
    """Whether the shop has said who it is; of an anonymous visitor it may have said which browser."""
    return row.subject_digest is not None and not profile.get("anonymous", False)


def _view(tx: Transaction, row: Row[Any]) -> Customer:
    profile = _profile(tx, row)
    unverified = json.loads(tx.unseal(row.tenant_id, row.unverified, f"customers/{row.id}/unverified"))
    return Customer(
        id=row.id,
        site_id=row.site_id,
        verified=_verified(row, profile),
        name=profile.get("name", ""),
        email=profile.get("email", ""),
        email_verified=profile.get("email_verified", False),
        locale=profile.get("locale", ""),
        attributes=profile.get("attributes", {}),
        unverified_attributes=unverified,
        created_at=rfc3339(row.created_at_us),
        seen_at=rfc3339(row.seen_at_us),
        merged_into=row.merged_into,
        order_ids=profile.get("order_ids", []),
    )
