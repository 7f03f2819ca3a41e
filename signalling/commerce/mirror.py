"""Who sees a cart in a conversation's entries: customers their own, the shop's back office all, a rep only while the customer lets them.

For the socket and whoever shows entries to people. Entries that tell of a cart (`cart.*`) hold it under `data`; a rep who may not look gets
the entry without its data, so that their `seq` has no gap. Invariant: no grant, an expired one, or a customer who is paying: nothing.
"""

from dataclasses import dataclass, replace
from typing import Final

from signalling.commerce import carts, grants, payment_step
from signalling.conversation import conversation
from signalling.conversation.timeline import Entry
from signalling.identity.caller import Caller
from signalling.store import Transaction

# Kinds that may change what `viewing` said.
CHANGES: Final = frozenset({"consent.granted", "consent.revoked", "payment.step_entered", "payment.step_left"})
# A suggestion is the rep's own words: reps see it without a grant.
OPEN: Final = frozenset({"cart.suggested", "cart.suggestion_accepted", "cart.suggestion_refused"})


@dataclass(frozen=True, slots=True)
class Viewing:
    """Whether somebody sees a conversation's cart. Holds until `until_us`, or an entry of one of the kinds in `CHANGES`."""

    allowed: bool
    until_us: int | None = None


def viewing(tx: Transaction, caller: Caller, conversation_id: str) -> Viewing:
    """A work: what the caller may see of this conversation's cart from now on. To be kept as long as `Viewing` says."""
    if not carts.is_rep(caller):
        return Viewing(True)
    row = conversation.find(tx, caller.tenant_id, conversation_id)
    if row is None or payment_step.current(tx, caller.tenant_id, conversation_id) is not None:
        return Viewing(False)
    until_us = grants.until(tx, caller.tenant_id, conversation_id, row.customer_id, caller.id, "view")
    return Viewing(until_us is not None, until_us)


def shown(tx: Transaction, caller: Caller, entry: Entry) -> Entry:
    """A work: the entry as the caller may see it. For one at a time; for many, keep `viewing` and use `redacted`."""
    if not of_cart(entry) or viewing(tx, caller, entry.conversation_id).allowed:
        return entry
    return redacted(entry)


def visible(tx: Transaction, caller: Caller, conversation_id: str, entries: list[Entry]) -> list[Entry]:
    """A work: a stretch of a conversation as the caller may see it at this moment."""
    if not any(of_cart(entry) for entry in entries) or viewing(tx, caller, conversation_id).allowed:
        return entries
    return [redacted(entry) for entry in entries]


def of_cart(entry: Entry) -> bool:
    """Whether it tells what is in a cart."""
    return entry.kind.startswith("cart.") and entry.kind not in OPEN


def redacted(entry: Entry) -> Entry:
    """Without what it tells of the cart: that there is a change, by whom, and no more."""
    return replace(entry, data={"redacted": "cart_view"}) if of_cart(entry) else entry
