"""How a customer arrives: an anonymous visitor of a site, or somebody for whom the site's shop has signed a token. Either gets a session.

    arrived = arrival.visit(tx, site, ...)          # a work
    arrived = arrival.identify(tx, site, claims, token, previous, ...)   # a work, after `site_token.verify`

For the door of sessions through `Identity`. The replay window: an identity token is good for one session. The same token once more within
`RETRY_S` of its first use is taken for a repetition of a request whose answer was lost, and makes a session again; later, or another token
with the same `jti`, is refused. A repetition merges nobody. Used `jti`s are remembered until their tokens have expired.

Invariants: a visitor is merged into a customer in the very unit of work that consumes a fresh token for that customer; whoever identifies
as another customer than before loses the session they had.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select

from mediaserver.errors import Unauthorized
from signalling.identity import customers, reps, revocation
from signalling.identity.caller import Caller, Role
from signalling.identity.digests import digest
from signalling.identity.site_token import SKEW_S, Claims
from signalling.identity.sites import KnownSite
from signalling.store import Transaction
from signalling.store.tables.identity import used_tokens
from signalling.times import SECOND_US

RETRY_S = 60
DAY_S = 86_400


# How long a session may be renewed. A visitor has nothing but their conversation to lose, and would lose it with the session; a verified
# customer can be verified again; a rep's is a long shift.
VISITOR_S = 90 * DAY_S
VERIFIED_S = DAY_S
STAFF_S = 16 * 3600


@dataclass(frozen=True, slots=True)
class Arrived:
    """A session that has begun. `merged`: conversations that moved from the visitor to the customer."""

    caller: Caller
    ends_at_us: int  # no renewal goes beyond
    merged: tuple[str, ...] = ()


def visit(tx: Transaction, site: KnownSite, unverified: Mapping[str, Any]) -> Arrived:
    """A work: an anonymous visitor."""
    customer_id = customers.visitor(tx, site.tenant_id, site.id, unverified)
    session_id = revocation.begin(tx, site.tenant_id, customer_id, site.id, VISITOR_S)
    return Arrived(
        Caller(site.tenant_id, customer_id, Role.CUSTOMER, site_id=site.id, session_id=session_id), tx.now_us + VISITOR_S * SECOND_US
    )


def identify(
    tx: Transaction, site: KnownSite, claims: Claims, token: str, previous: Caller | None, unverified: Mapping[str, Any]
) -> Arrived:
    """A work: somebody whom the shop vouches for. `previous`: of the session they had on this site. Unauthorized for a used token."""
    fresh = use(tx, site, claims, token)
    customer_id = customers.vouched(tx, site.tenant_id, site.id, claims, unverified)
    merged: list[str] = []
    if (
        fresh
        and previous is not None
        and (previous.tenant_id, previous.site_id) == (site.tenant_id, site.id)
        and previous.role is Role.CUSTOMER
    ):
        if not previous.verified:
            merged = customers.merge(tx, site.tenant_id, previous.id, customer_id, claims.name)
        revocation.revoke(tx, previous, "identified" if previous.id == customer_id or not previous.verified else "other_customer")
    session_id = revocation.begin(tx, site.tenant_id, customer_id, site.id, VERIFIED_S)
    caller = Caller(
        site.tenant_id,
        customer_id,
        Role.CUSTOMER,
        claims.name,
        verified=not claims.anonymous,
        site_id=site.id,
        session_id=session_id,
        order_ids=frozenset(claims.order_ids),
        cart_id=claims.cart_id,
    )
    return Arrived(caller, tx.now_us + VERIFIED_S * SECOND_US, tuple(merged))


def use(tx: Transaction, site: KnownSite, claims: Claims, token: str) -> bool:
    """Consumes a token; False for a repetition, see the module. Unauthorized where it was used."""
    jti, whole = digest("jti", claims.jti), digest("token", token)
    row = tx.first(
        select(used_tokens).where(
            used_tokens.c.tenant_id == site.tenant_id, used_tokens.c.site_id == site.id, used_tokens.c.jti_digest == jti
        )
    )
    if row is not None:
        if row.token_digest == whole and tx.now_us < row.used_at_us + RETRY_S * SECOND_US:
            return False
        raise Unauthorized("The token was used before; ask the shop for a fresh one.", code="token_used")
    tx.execute(
        insert(used_tokens).values(
            tenant_id=site.tenant_id,
            site_id=site.id,
            jti_digest=jti,
            token_digest=whole,
            used_at_us=tx.now_us,
            expires_at_us=(claims.exp + SKEW_S) * SECOND_US,
        )
    )
    return True


def staff(tx: Transaction, tenant_id: str, rep: reps.Credentials) -> Arrived:
    """A work: a rep who has shown who they are."""
    session_id = revocation.begin(tx, tenant_id, rep.id, "", STAFF_S)
    return Arrived(Caller(tenant_id, rep.id, Role(rep.role), rep.name, session_id=session_id), tx.now_us + STAFF_S * SECOND_US)


def renewed(tx: Transaction, caller: Caller) -> Arrived:
    """A work: the same session, if it still is one. Unauthorized otherwise."""
    ends_at_us = revocation.ends_at_us(tx, caller.tenant_id, caller.session_id)
    if ends_at_us is None:
        raise Unauthorized("The session has ended.", code="session_over")
    return Arrived(caller, ends_at_us)
