"""Sessions that were ended before their time: rows, and the topic on which whoever holds one's socket hears of it.

Works. `Identity` keeps the revoked ones in memory for as long as a token of theirs could be good, and asks for those of other processes
(a command that disables an account while the server runs). A token whose session is in no row, such as one for development, is good until
it expires.
"""

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from signalling.identity.caller import Caller
from signalling.ids import new_id
from signalling.store import Transaction
from signalling.store.tables.identity import sessions
from signalling.times import SECOND_US

# How long a session's token is good between renewals: what was revoked must be remembered in memory for as long.
TOKEN_S = 4 * 3600
# Every revocation, for those who look up rather than wait: `Revoked`.
REVOCATIONS = "sessions"
PRUNE_MOST = 1000


@dataclass(frozen=True, slots=True)
class Revoked:
    """A session that is over. Told on its own topic and on `REVOCATIONS`."""

    tenant_id: str
    session_id: str
    reason: str
    until_us: int  # when the last token of it is over in any case


def session_topic(tenant_id: str, session_id: str) -> str:
    """Where sockets of one session hear that it is over."""
    return f"session/{tenant_id}/{session_id}"


def begin(tx: Transaction, tenant_id: str, person_id: str, site_id: str, life_s: int) -> str:
    """Writes a session down; no renewal of it goes beyond `life_s`. Its id."""
    session_id = new_id("ses")
    tx.execute(
        insert(sessions).values(
            tenant_id=tenant_id,
            id=session_id,
            person_id=person_id,
            site_id=site_id,
            created_at_us=tx.now_us,
            ends_at_us=tx.now_us + life_s * SECOND_US,
        )
    )
    return session_id


def ends_at_us(tx: Transaction, tenant_id: str, session_id: str) -> int | None:
    """When a session ends for good; None where it is over or unknown."""
    row = tx.first(
        select(sessions.c.ends_at_us, sessions.c.revoked_at_us).where(sessions.c.tenant_id == tenant_id, sessions.c.id == session_id)
    )
    return None if row is None or row.revoked_at_us is not None or row.ends_at_us <= tx.now_us else row.ends_at_us


def revoke(tx: Transaction, caller: Caller, reason: str) -> None:
    """Ends the session of a token that verified, whether it has a row or not. Idempotent."""
    here = (sessions.c.tenant_id == caller.tenant_id) & (sessions.c.id == caller.session_id)
    row = tx.first(select(sessions.c.revoked_at_us).where(here))
    if row is None:
        tx.execute(
            insert(sessions).values(
                tenant_id=caller.tenant_id,
                id=caller.session_id,
                person_id=caller.id,
                site_id=caller.site_id,
                created_at_us=tx.now_us,
                ends_at_us=max(caller.expires_at_us, tx.now_us + SECOND_US),
                revoked_at_us=tx.now_us,
            )
        )
    elif row.revoked_at_us is None:
        tx.execute(update(sessions).where(here).values(revoked_at_us=tx.now_us))
    _tell(tx, Revoked(caller.tenant_id, caller.session_id, reason, max(caller.expires_at_us, tx.now_us) + SECOND_US))


def revoke_person(tx: Transaction, tenant_id: str, person_id: str, reason: str, *, but: str = "") -> int:
    """Ends all sessions of somebody, except for the session `but`. How many."""
    mine = (sessions.c.tenant_id == tenant_id) & (sessions.c.person_id == person_id) & sessions.c.revoked_at_us.is_(None)
    ended = [row.id for row in tx.all(select(sessions.c.id).where(mine, sessions.c.id != but))]
    if ended:
        tx.execute(update(sessions).where(mine, sessions.c.id != but).values(revoked_at_us=tx.now_us))
    for session_id in ended:
        _tell(tx, Revoked(tenant_id, session_id, reason, tx.now_us + TOKEN_S * SECOND_US))
    return len(ended)


def revoked_since(tx: Transaction, at_us: int) -> list[Revoked]:
    """The sessions revoked at or after `at_us`, and those longer ago whose token was made without a row and could still be good."""
    rowless = (sessions.c.created_at_us == sessions.c.revoked_at_us) & (sessions.c.ends_at_us > tx.now_us)
    rows = tx.all(select(sessions).where((sessions.c.revoked_at_us >= at_us) | rowless))
    return [
        Revoked(
            row.tenant_id,
            row.id,
            "revoked",
            row.ends_at_us if row.created_at_us == row.revoked_at_us else row.revoked_at_us + TOKEN_S * SECOND_US,
        )
        for row in rows
    ]


def prune(tx: Transaction) -> int:
    """Removes sessions that have ended, a thousand at most. How many."""
    old = tx.all(select(sessions.c.tenant_id, sessions.c.id).where(sessions.c.ends_at_us <= tx.now_us).limit(PRUNE_MOST))
    for row in old:
        tx.execute(delete(sessions).where(sessions.c.tenant_id == row.tenant_id, sessions.c.id == row.id))
    return len(old)


def _tell(tx: Transaction, ended: Revoked) -> None:
    tx.tell(session_topic(ended.tenant_id, ended.session_id), ended)
    tx.tell(REVOCATIONS, ended)
