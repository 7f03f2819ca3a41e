"""What a customer lets a rep do with their cart: scoped, for a time, for one rep or any, taken back at any moment.

    view          see the cart and the checkout step
    suggest       have several suggestions waiting (one may always be made)
    edit          change lines, quantities and shipping
    apply_code    put discount codes in and take them out
    place_order   move the checkout on, and order on the customer's behalf

Works on the consent ledger, which is the only record: for each scope the customer's last consent of that purpose in that conversation,
whose `scope` says which reps it covers and until when each: `{"reps": {"rep_...": us, "*": us}}`. So a revocation through the ledger ends
a grant as well. Invariants: what is not granted, expired or was taken back is not allowed; a grant is never wider than its conversation.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from sqlalchemy import select

from mediaserver.errors import Forbidden, NotFound, Unprocessable
from signalling.conversation.timeline import Actor
from signalling.privacy import consent
from signalling.store import Transaction
from signalling.store.tables.conversation import conversations
from signalling.times import rfc3339

Scope = Literal["view", "suggest", "edit", "apply_code", "place_order"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
PURPOSES: Final[Mapping[Scope, str]] = {
    "view": "cart_view",
    "suggest": "cart_suggest",
    "edit": "cart_edit",
    "apply_code": "apply_code",
    "place_order": "place_order",
}
ANY_REP: Final = "*"
# A conversation has a handful of reps in its life; the ledger bounds a row's size.
REPS_MOST: Final = 20


@dataclass(frozen=True, slots=True)
class Grant:
    """One scope as one rep has it (`rep_id` None: any rep). `consent_id` names the ledger's row."""

    scope: Scope
    rep_id: str | None
    expires_at: str
    consent_id: str


def grant(
    tx: Transaction,
    tenant_id: str,
    conversation_id: str,
    customer_id: str,
    scopes: Iterable[Scope],
    rep_id: str | None,
    ttl_us: int,
    actor: Actor,
) -> list[Grant]:
    """A work: the customer allows it from now on. Whoever may do something with the cart may also see it: `view` comes with every other."""
    _lock(tx, tenant_id, conversation_id)
    wanted = {"view", *scopes}
    for scope in (scope for scope in SCOPES if scope in wanted):
        reps = _reps(tx, tenant_id, conversation_id, customer_id, scope)
        reps[rep_id or ANY_REP] = tx.now_us + ttl_us
        if len(reps) > REPS_MOST:
            raise Unprocessable(f"At most {REPS_MOST} reps can be named.", code="too_many_reps")
        consent.grant(tx, tenant_id, conversation_id, customer_id, PURPOSES[scope], {"reps": reps}, max(reps.values()), actor)
    return granted(tx, tenant_id, conversation_id, customer_id)


def revoke(
    tx: Transaction,
    tenant_id: str,
    conversation_id: str,
    customer_id: str,
    scopes: Iterable[Scope],
    rep_id: str | None,
    actor: Actor,
    *,
    everybody: bool = False,
) -> list[Grant]:
    """A work: takes these scopes back, from that rep (None: from the grant to any rep) or from `everybody`. Without `view` nothing else
    holds: taking it back takes all.
    """
    _lock(tx, tenant_id, conversation_id)
    asked = set(scopes)
    wanted = set(SCOPES) if "view" in asked else asked
    for scope in (scope for scope in SCOPES if scope in wanted):
        reps = _reps(tx, tenant_id, conversation_id, customer_id, scope)
        left = {} if everybody else {rep: until for rep, until in reps.items() if rep != (rep_id or ANY_REP)}
        if not left:
            consent.revoke(tx, tenant_id, conversation_id, customer_id, PURPOSES[scope], actor)
        elif left != reps:
            consent.grant(tx, tenant_id, conversation_id, customer_id, PURPOSES[scope], {"reps": left}, max(left.values()), actor)
    return granted(tx, tenant_id, conversation_id, customer_id)


def granted(tx: Transaction, tenant_id: str, conversation_id: str, customer_id: str) -> list[Grant]:
    """A work: all that holds at this moment."""
    found = []
    for scope in SCOPES:
        held = consent.current(tx, tenant_id, conversation_id, customer_id, PURPOSES[scope])
        for rep, until in sorted(_named(held, tx.now_us).items()):
            assert held is not None
            found.append(Grant(scope, None if rep == ANY_REP else rep, rfc3339(until), held.id))
    return found


def allowed(tx: Transaction, tenant_id: str, conversation_id: str, customer_id: str, rep_id: str, scope: Scope) -> str | None:
    """The id of the consent by which this rep may do it now; None: they may not."""
    held = consent.current(tx, tenant_id, conversation_id, customer_id, PURPOSES[scope])
    named = _named(held, tx.now_us)
    return held.id if held is not None and (rep_id in named or ANY_REP in named) else None


def until(tx: Transaction, tenant_id: str, conversation_id: str, customer_id: str, rep_id: str, scope: Scope) -> int | None:
    """The moment (us) at which it ends by itself; None: it does not hold."""
    named = _named(consent.current(tx, tenant_id, conversation_id, customer_id, PURPOSES[scope]), tx.now_us)
    return max((named[rep] for rep in (rep_id, ANY_REP) if rep in named), default=None)


def require(tx: Transaction, tenant_id: str, conversation_id: str, customer_id: str, rep_id: str, scope: Scope) -> str:
    """`allowed`. Without `view` the cart does not exist for a rep: NotFound; without another scope Forbidden `consent_missing`."""
    found = allowed(tx, tenant_id, conversation_id, customer_id, rep_id, scope)
    if found is None:
        if scope == "view":
            raise NotFound("There is no such cart.")
        raise Forbidden(f"The customer has not allowed this ({scope}).", code="consent_missing")
    return found


def _lock(tx: Transaction, tenant_id: str, conversation_id: str) -> None:
    """One at a time: a grant is read, widened and written again."""
    here = (conversations.c.tenant_id == tenant_id) & (conversations.c.id == conversation_id)
    tx.first(select(conversations.c.id).where(here).with_for_update())


def _reps(tx: Transaction, tenant_id: str, conversation_id: str, customer_id: str, scope: Scope) -> dict[str, int]:
    return _named(consent.current(tx, tenant_id, conversation_id, customer_id, PURPOSES[scope]), tx.now_us)


def _named(held: consent.Consent | None, now_us: int) -> dict[str, int]:
    if held is None:
        return {}
    scope: Any = held.scope
    if not isinstance(scope, Mapping) or not isinstance(scope.get("reps"), Mapping):
        return {}  # a consent that somebody gave in other words names no rep
    return {str(rep): int(ends) for rep, ends in scope["reps"].items() if int(ends) > now_us}
