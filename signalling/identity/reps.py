"""Rep accounts: local ones with a password and those that an OpenID provider answers for.

Works for the doors, the commands and `Identity`. Who may do what to whom: admins manage everybody, supervisors nobody's account.
Invariants: a login is one account's per tenant, however its letters are written; a tenant never loses its last admin; what changes an
account's rights ends its sessions.
"""

import json
import unicodedata
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from mediaserver.errors import Conflict, NotFound, Unauthorized
from signalling.conversation.timeline import Actor
from signalling.identity import revocation
from signalling.identity.digests import digest
from signalling.ids import new_id
from signalling.privacy import audit
from signalling.store import Transaction
from signalling.store.tables.identity import rep_accounts
from signalling.times import rfc3339

ACCOUNTS_MOST = 5000


@dataclass(frozen=True, slots=True)
class Account:
    """An account as admins see it."""

    id: str
    login: str
    name: str
    email: str
    role: str
    local: bool  # has a password here
    disabled: bool
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a login is judged by."""

    id: str
    name: str
    role: str
    password_hash: str | None
    disabled: bool


def add(
    tx: Transaction,
    tenant_id: str,
    actor: Actor,
    *,
    login: str,
    name: str,
    role: str,
    email: str = "",
    password_hash: str | None = None,
    subject: str | None = None,
    rep_id: str | None = None,
) -> Account:
    """A new account. Conflict where the login is taken. `subject`: digest of the OpenID provider's issuer and subject."""
    if (
        tx.execute(select(func.count()).select_from(rep_accounts).where(rep_accounts.c.tenant_id == tenant_id)).scalar_one()
        >= ACCOUNTS_MOST
    ):
        raise Conflict(f"A tenant has at most {ACCOUNTS_MOST} accounts.", code="accounts_most")
    if find(tx, tenant_id, login) is not None:
        raise Conflict("This login is taken.", code="login_taken", pointer="/login")
    made = rep_id or new_id("rep")
    try:
        tx.execute(
            insert(rep_accounts).values(
                tenant_id=tenant_id,
                id=made,
                login_digest=_login(tenant_id, login),
                subject_digest=subject,
                profile=_sealed(tx, tenant_id, made, {"login": login, "name": name, "email": email}),
                role=role,
                password_hash=password_hash,
                disabled=False,
                created_at_us=tx.now_us,
                updated_at_us=tx.now_us,
            )
        )
    except IntegrityError:  # somebody else was as fast
        raise Conflict("This login is taken.", code="login_taken", pointer="/login") from None
    audit.record(tx, tenant_id, actor, "account.made", made, {"role": role})
    return get(tx, tenant_id, made)


def change(
    tx: Transaction,
    tenant_id: str,
    actor: Actor,
    rep_id: str,
    *,
    name: str | None = None,
    role: str | None = None,
    disabled: bool | None = None,
) -> Account:
    """Changes what is given; a new role or being disabled ends their sessions. Conflict where no admin would be left."""
    row = _row(tx, tenant_id, rep_id)
    values: dict[str, Any] = {}
    if name is not None:
        values["profile"] = _sealed(tx, tenant_id, rep_id, {**_profile(tx, row), "name": name})
    if role is not None and role != row.role:
        values["role"] = role
    if disabled is not None and disabled != row.disabled:
        values["disabled"] = disabled
    loses = row.role == "admin" and not row.disabled and (values.get("role", "admin") != "admin" or values.get("disabled", False))
    if loses and _admins(tx, tenant_id) <= 1:
        raise Conflict("This is the last admin.", code="last_admin")
    if values:
        tx.execute(update(rep_accounts).where(_here(tenant_id, rep_id)).values(updated_at_us=tx.now_us, **values))
    if "role" in values or "disabled" in values:
        revocation.revoke_person(tx, tenant_id, rep_id, "account_changed")
        told: dict[str, Any] = {each: values[each] for each in ("role", "disabled") if each in values}
        audit.record(tx, tenant_id, actor, "account.changed", rep_id, told)
    return get(tx, tenant_id, rep_id)


def set_password(tx: Transaction, tenant_id: str, actor: Actor, rep_id: str, password_hash: str, *, keep_session: str = "") -> None:
    """Replaces the password and ends their other sessions."""
    _row(tx, tenant_id, rep_id)
    tx.execute(update(rep_accounts).where(_here(tenant_id, rep_id)).values(password_hash=password_hash, updated_at_us=tx.now_us))
    revocation.revoke_person(tx, tenant_id, rep_id, "password_changed", but=keep_session)
    audit.record(tx, tenant_id, actor, "account.password_changed", rep_id)


def rehash(tx: Transaction, tenant_id: str, rep_id: str, password_hash: str) -> None:
    """The same password, hashed with today's parameters."""
    tx.execute(update(rep_accounts).where(_here(tenant_id, rep_id)).values(password_hash=password_hash))


def find(tx: Transaction, tenant_id: str, login: str) -> Credentials | None:
    """The account of a login."""
    row = tx.first(
        select(rep_accounts).where(rep_accounts.c.tenant_id == tenant_id, rep_accounts.c.login_digest == _login(tenant_id, login))
    )
    return _credentials(tx, row) if row is not None else None


def credentials(tx: Transaction, tenant_id: str, rep_id: str) -> Credentials:
    """What this account is judged by. NotFound where there is none."""
    return _credentials(tx, _row(tx, tenant_id, rep_id))


def vouched(tx: Transaction, tenant_id: str, *, issuer: str, subject: str, email: str, name: str, role: str) -> Credentials:
    """The account of somebody for whom an OpenID provider answers: made at their first login, their role and name renewed at each.

    Unauthorized where it is disabled here.
    """
    who = digest("openid", tenant_id, issuer, subject)
    actor = Actor("system", "openid")
    row = tx.first(select(rep_accounts).where(rep_accounts.c.tenant_id == tenant_id, rep_accounts.c.subject_digest == who))
    if row is None:
        # A login of its own: an address that somebody else has here as well must not lead into their account.
        made = add(tx, tenant_id, actor, login=f"openid:{issuer}#{subject}", name=name, role=role, email=email, subject=who)
        return credentials(tx, tenant_id, made.id)
    if row.disabled:
        raise Unauthorized("This account cannot log in.", code="login")
    profile = {**_profile(tx, row), "name": name, "email": email}
    tx.execute(update(rep_accounts).where(_here(tenant_id, row.id)).values(profile=_sealed(tx, tenant_id, row.id, profile)))
    if role != row.role:
        tx.execute(update(rep_accounts).where(_here(tenant_id, row.id)).values(role=role, updated_at_us=tx.now_us))
        revocation.revoke_person(tx, tenant_id, row.id, "account_changed")
        audit.record(tx, tenant_id, actor, "account.changed", row.id, {"role": role})
    return credentials(tx, tenant_id, row.id)


def get(tx: Transaction, tenant_id: str, rep_id: str) -> Account:
    """An account. NotFound where there is none."""
    return _view(tx, _row(tx, tenant_id, rep_id))


def list_all(tx: Transaction, tenant_id: str, *, after: str = "", limit: int = 200) -> list[Account]:
    """A tenant's accounts by id."""
    rows = tx.all(
        select(rep_accounts)
        .where(rep_accounts.c.tenant_id == tenant_id, rep_accounts.c.id > after)
        .order_by(rep_accounts.c.id)
        .limit(limit)
    )
    return [_view(tx, row) for row in rows]


def _admins(tx: Transaction, tenant_id: str) -> int:
    wanted = (rep_accounts.c.tenant_id == tenant_id) & (rep_accounts.c.role == "admin") & rep_accounts.c.disabled.is_(False)
    # Locked, so that two admins cannot take away each other's rights at once.
    return len(tx.all(select(rep_accounts.c.id).where(wanted).order_by(rep_accounts.c.id).with_for_update()))


def _login(tenant_id: str, login: str) -> str:
    return digest("login", tenant_id, unicodedata.normalize("NFKC", login).casefold().strip())


def _here(tenant_id: str, rep_id: str) -> Any:
    return (rep_accounts.c.tenant_id == tenant_id) & (rep_accounts.c.id == rep_id)


def _row(tx: Transaction, tenant_id: str, rep_id: str) -> Row[Any]:
    row = tx.first(select(rep_accounts).where(_here(tenant_id, rep_id)))
    if row is None:
        raise NotFound("There is no such account.")
    return row


def _profile(tx: Transaction, row: Row[Any]) -> dict[str, Any]:
    opened: dict[str, Any] = json.loads(tx.unseal(row.tenant_id, row.profile, f"rep_accounts/{row.id}"))
    return opened


def _sealed(tx: Transaction, tenant_id: str, rep_id: str, profile: dict[str, Any]) -> bytes:
    return tx.seal(tenant_id, json.dumps(profile, ensure_ascii=False).encode(), f"rep_accounts/{rep_id}")


def _credentials(tx: Transaction, row: Row[Any]) -> Credentials:
    return Credentials(row.id, _profile(tx, row)["name"], row.role, row.password_hash, row.disabled)


def _view(tx: Transaction, row: Row[Any]) -> Account:
    profile = _profile(tx, row)
    return Account(
        id=row.id,
        login=profile["login"],
        name=profile["name"],
        email=profile["email"],
        role=row.role,
        local=row.password_hash is not None,
        disabled=row.disabled,
        created_at=rfc3339(row.created_at_us),
        updated_at=rfc3339(row.updated_at_us),
    )
