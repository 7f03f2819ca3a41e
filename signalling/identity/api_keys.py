"""API keys of back offices: `sk_` and 43 random characters, of which only a digest is kept.

Works for the doors, the commands and `Identity`. A key has 256 random bits, so a plain hash is enough to keep it (there is nothing to
guess) and finding it by that hash tells nobody anything by its timing. Invariant: a key is shown once, in the answer that made it.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from mediaserver.errors import Conflict, NotFound
from signalling.conversation.timeline import Actor
from signalling.identity.caller import Caller, Role
from signalling.identity.digests import digest
from signalling.ids import new_id
from signalling.privacy import audit
from signalling.store import Transaction
from signalling.store.tables.identity import api_keys
from signalling.times import rfc3339

PREFIX = "sk_"
CHARS = len(PREFIX) + 43
KEYS_MOST = 200
# That a key was revoked or made: `(tenant_id, key_id)`.
CHANGED = "api_keys"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as admins see it; `secret` only in the answer that made it."""

    id: str
    name: str
    role: str
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    secret: str | None = None


def add(tx: Transaction, tenant_id: str, actor: Actor, name: str, role: str, expires_at_us: int | None = None) -> ApiKey:
    """A new key."""
    if tx.execute(select(func.count()).select_from(api_keys).where(api_keys.c.tenant_id == tenant_id)).scalar_one() >= KEYS_MOST:
        raise Conflict(f"A tenant has at most {KEYS_MOST} keys.", code="keys_most")
    key_id, secret = new_id("key"), PREFIX + secrets.token_urlsafe(32)
    tx.execute(
        insert(api_keys).values(
            tenant_id=tenant_id,
            id=key_id,
            name=name,
            role=role,
            secret_digest=digest("api_key", secret),
            created_at_us=tx.now_us,
            expires_at_us=expires_at_us,
        )
    )
    audit.record(tx, tenant_id, actor, "api_key.made", key_id, {"role": role})
    row = tx.first(select(api_keys).where(api_keys.c.tenant_id == tenant_id, api_keys.c.id == key_id))
    assert row is not None
    return _view(row, secret)


def revoke(tx: Transaction, tenant_id: str, actor: Actor, key_id: str) -> None:
    """Ends a key. NotFound where there is none; idempotent."""
    here = (api_keys.c.tenant_id == tenant_id) & (api_keys.c.id == key_id)
    row = tx.first(select(api_keys.c.revoked_at_us).where(here))
    if row is None:
        raise NotFound("There is no such key.")
    if row.revoked_at_us is None:
        tx.execute(update(api_keys).where(here).values(revoked_at_us=tx.now_us))
        audit.record(tx, tenant_id, actor, "api_key.revoked", key_id)
    tx.tell(CHANGED, (tenant_id, key_id))


def list_all(tx: Transaction, tenant_id: str) -> list[ApiKey]:
    """A tenant's keys, the oldest first."""
    return [_view(row) for row in tx.all(select(api_keys).where(api_keys.c.tenant_id == tenant_id).order_by(api_keys.c.id))]


def holder(tx: Transaction, secret: str) -> Caller | None:
    """Whose key this is; None where it is nobody's, revoked or expired."""
    row = tx.first(select(api_keys).where(api_keys.c.secret_digest == digest("api_key", secret)))
    if row is None or row.revoked_at_us is not None or (row.expires_at_us is not None and row.expires_at_us <= tx.now_us):
        return None
    return Caller(row.tenant_id, row.id, Role(row.role), row.name, session_id=row.id, expires_at_us=row.expires_at_us or 0)


def _view(row: Row[Any], secret: str | None = None) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        role=row.role,
        created_at=rfc3339(row.created_at_us),
        expires_at=rfc3339(row.expires_at_us) if row.expires_at_us is not None else None,
        revoked_at=rfc3339(row.revoked_at_us) if row.revoked_at_us is not None else None,
        secret=secret,
    )
