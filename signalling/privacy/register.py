"""What the database holds about people: for each table whose it is, what erasure does with it, and how long it is kept.

The record of processing (GDPR article 30, LGPD article 37) that export, erasure and retention all read, so that none of them forgets a
table: a law test refuses a table that is not in here. Pure data and the conditions made of it; deletes and shows nothing itself.

A table's rows are a customer's by a column with their id (`customer`), or because a row of another table is theirs (`parent`); or they are
nobody's (the shop's own catalogue, its staff, its keys).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, Table, false, select

from signalling.store.tables import metadata

# delete: rows go. redact: rows stay without what tells of a person (`erasure` knows how). keep: rows hold ids and are needed as proof.
Erase = Literal["delete", "redact", "keep"]
# A field of `tenants.Retention` without its `_days`.
Class = Literal[
    "messages", "attachments", "recordings", "calls", "carts", "orders", "consents", "audit", "customers", "outbox", "technical"
]


@dataclass(frozen=True, slots=True)
class Parent:
    """Whose row is whose: `column` holds `key` of the parent."""

    column: str
    table: str
    key: str = "id"


@dataclass(frozen=True, slots=True)
class Holding:
    """One table. `since`: the column retention counts from; without it rows go with their parent, or stay for as long as the tenant."""

    what: str
    customer: str | None = None
    parent: Parent | None = None
    erase: Erase | None = None  # None: not about customers
    kept: Class | None = None
    since: str | None = None
    only: tuple[str, tuple[str, ...]] | None = None  # retention looks at rows whose column has one of these values
    moves: str | None = None  # column that names a visitor, and the customer once they are known

    @property
    def personal(self) -> bool:
        """Whether rows belong to customers."""
        return self.customer is not None or self.parent is not None


def _of(table: str, column: str | None = None) -> Parent:
    return Parent(column or f"{table.removesuffix('s')}_id", table)


_CONVERSATION = _of("conversations")

REGISTER: dict[str, Holding] = {
    # Conversations
    "conversations": Holding(
        "what a customer and the shop have to do with each other",
        customer="customer_id",
        erase="redact",
        kept="messages",
        since="updated_at_us",
    ),
    "timeline": Holding("everything said and done in it", parent=_CONVERSATION, erase="redact"),
    "messages": Holding("where each message is", parent=_CONVERSATION, erase="redact", moves="sender_id"),
    "participants": Holding("who takes part, how far they have read", parent=_CONVERSATION, erase="redact"),
    "attachments": Holding(
        "files that were sent", parent=_CONVERSATION, erase="delete", kept="attachments", since="created_at_us", moves="owner_id"
    ),
    "attachment_chunks": Holding("their content", parent=_of("attachments"), erase="delete"),
    "wrap_ups": Holding("a rep's note on the work done", parent=_CONVERSATION, erase="delete"),
    "help_requests": Holding(
        "that a customer was stuck, and why",
        customer="customer_id",
        erase="delete",
        kept="calls",
        since="raised_at_us",
        moves="customer_id",
    ),
    "tickets": Holding(
        "places in the queue",
        customer="customer_id",
        erase="delete",
        kept="calls",
        since="ended_at_us",
        only=("state", ("ended",)),  # until then the time is 0
        moves="customer_id",
    ),
    "callback_numbers": Holding("where to call back", parent=_of("tickets"), erase="delete"),
    # Calls
    "calls": Holding(
        "who called whom and when", customer="customer_id", erase="delete", kept="calls", since="ended_at_us", moves="customer_id"
    ),
    "call_legs": Holding("who was in a call", parent=_of("calls"), erase="delete"),
    "call_transfers": Holding("how a call was handed over", parent=_of("calls"), erase="delete"),
    "call_chores": Holding("what the desk must still do for a call", parent=_of("calls"), erase="delete"),
    # Carts, orders, payments
    "carts": Holding(
        "carts",
        customer="customer_id",
        erase="delete",
        kept="carts",
        since="updated_at_us",
        only=("status", ("open", "abandoned", "ordered")),
        moves="customer_id",
    ),
    "cart_operations": Holding("how a cart came about", parent=_of("carts"), erase="delete"),
    "cart_suggestions": Holding("what reps suggested", parent=_CONVERSATION, erase="delete"),
    "orders": Holding("orders; law asks to keep them", customer="customer_id", erase="redact", kept="orders", since="placed_at_us"),
    "order_events": Holding("what was done to an order, so that it is done once", parent=_of("orders"), erase="keep"),
    "order_returns": Holding("what a customer sends back", parent=_of("orders"), erase="redact"),
    "shop_errands": Holding("what the shop must still be told of an order", parent=_of("orders"), erase="keep"),
    "shop_orders": Holding("the embedded shop's own books: goods and prices, nobody's name", kept="orders"),
    "discount_uses": Holding("which codes a customer has used", customer="customer_id", erase="delete"),
    "payments": Holding(
        "payments: amounts and the provider's references", parent=_CONVERSATION, erase="redact", kept="orders", since="created_at_us"
    ),
    "refunds": Holding("money given back", parent=_of("payments"), erase="redact"),
    "payment_steps": Holding("that a customer is paying at the moment", parent=_CONVERSATION, erase="delete"),
    # People
    "customers": Holding("who a customer is", customer="id", erase="delete", kept="customers", since="seen_at_us"),
    "consents": Holding("what a customer agreed to, as proof", customer="subject_id", erase="keep", kept="consents", since="at_us"),
    "sessions": Holding("that somebody is or was logged in", customer="person_id", erase="keep", kept="technical", since="ends_at_us"),
    "idempotency_keys": Holding(
        "answers for whoever asks again", customer="caller_id", erase="delete", kept="technical", since="created_at_us"
    ),
    "erasures": Holding("receipts of erasures: an id and what went", customer="customer_id", erase="keep"),
    # Outward
    "outbox": Holding(
        "messages to the shop and mails",
        parent=Parent("lane", "conversations"),
        erase="delete",
        kept="outbox",
        since="created_at_us",
        only=("status", ("done", "dead")),
    ),
    # Technical: no person in it that is not also elsewhere
    "used_tokens": Holding("digests of identity tokens, each good once", kept="technical", since="expires_at_us"),
    "openid_logins": Holding("logins that have begun", kept="technical", since="expires_at_us"),
    "inbound_events": Holding("ids of what shops and providers have told us", kept="technical", since="at_us"),
    "desk_batches": Holding("that the queue's writes have happened"),
    "retention_runs": Holding("what retention removed", kept="audit", since="at_us"),
    "audit_log": Holding("who did what; cut from its beginning", kept="audit"),
    "audit_heads": Holding("the end of the audit log"),
    # The shop's own
    "tenants": Holding("shops"),
    "tenant_keys": Holding("their data keys"),
    "tenant_secrets": Holding("their access to others"),
    "sites": Holding("their pages"),
    "site_keys": Holding("what they sign with"),
    "api_keys": Holding("digests of their programs' keys"),
    "rep_accounts": Holding("their staff's accounts, for as long as they work there"),
    "rep_profiles": Holding("what their staff can do"),
    "rep_presence": Holding("who of their staff is there at the moment"),
    "canned_replies": Holding("their prepared answers"),
    "queues": Holding("their queues"),
    "hours": Holding("their business hours"),
    "shops": Holding("how their shop is reached"),
    "shop_rules": Holding("the embedded shop's rules"),
    "products": Holding("the embedded shop's goods"),
    "variants": Holding("the embedded shop's stock"),
    "discounts": Holding("the embedded shop's codes"),
    "webhook_endpoints": Holding("where their programs are told"),
}


def table(name: str) -> Table:
    """The table of a name in the register."""
    return metadata.tables[name]


def personal() -> list[str]:
    """Tables whose rows are customers', children before parents, so that what leads to a row is there until it has gone."""
    ordered: list[str] = []

    def place(name: str) -> None:
        for child, holding in REGISTER.items():
            if holding.parent is not None and holding.parent.table == name and child in metadata.tables:
                place(child)
        if name not in ordered and REGISTER[name].personal and name in metadata.tables:
            ordered.append(name)

    for name in REGISTER:
        if name != "customers":
            place(name)
    return [*(each for each in ordered if each != "customers"), "customers"]


def children(name: str) -> list[tuple[str, Parent]]:
    """Tables whose rows go with a row of this one, with how they name it."""
    return [
        (child, holding.parent)
        for child, holding in REGISTER.items()
        if holding.parent is not None and holding.parent.table == name and child in metadata.tables
    ]


def whose(name: str, tenant_id: str, customer_ids: Sequence[str]) -> ColumnElement[bool]:
    """The condition on a table's rows that are these customers'."""
    here, holding = table(name), REGISTER[name]
    mine = here.c.tenant_id == tenant_id
    if holding.customer is not None:
        return mine & here.c[holding.customer].in_(customer_ids)
    if holding.parent is not None:
        above = table(holding.parent.table)
        theirs = select(above.c[holding.parent.key]).where(whose(holding.parent.table, tenant_id, customer_ids))
        return mine & here.c[holding.parent.column].in_(theirs)
    return false()
