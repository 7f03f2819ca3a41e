"""Reps' logins: with a password of ours, or through the tenant's OpenID provider. What fails, fails with one message and after one time.

For `Identity`. Says nothing about whether a login exists: not by words (one message), not by time (`passwords.Passwords.fits` hashes for
nobody as well), not by limits (they count attempts at logins that do not exist alike).
"""

import time
from collections.abc import Callable

from mediaserver.errors import NotFound, Unauthorized, Unprocessable
from signalling import tenants
from signalling.config import Settings
from signalling.identity import arrival, openid, reps
from signalling.identity.arrival import Arrived
from signalling.identity.attempts import PER_ADDRESS, PER_LOGIN, Attempts
from signalling.identity.caller import Caller
from signalling.identity.digests import digest
from signalling.identity.jwks import KeySets
from signalling.identity.passwords import Passwords
from signalling.privacy import audit
from signalling.store import Store, Transaction
from signalling.tenants import OpenId


class Logins:
    """See the module."""

    def __init__(
        self, settings: Settings, store: Store, sets: KeySets, passwords: Passwords, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock`: monotonic seconds."""
        self._settings = settings
        self._store = store
        self._sets = sets
        self._clock = clock
        self.passwords = passwords
        self._by_login = Attempts(PER_LOGIN)
        self._by_address = Attempts(PER_ADDRESS)

    async def tenant(self, tenant_id: str | None) -> str:
        """The tenant that somebody names, or the only one there is. Unprocessable where that is not clear."""
        if tenant_id is not None:
            return tenant_id
        found = await self._store.read(tenants.list_all)
        if len(found) != 1:
            raise Unprocessable("Say which tenant.", code="tenant", pointer="/tenant_id")
        return found[0].id

    async def password(self, tenant_id: str, login: str, password: str, remote: str) -> Arrived:
        """A session for whoever knows the password. Unauthorized otherwise, TooMany beyond the limits."""
        key = digest("attempt", tenant_id, login.casefold())
        now_s = self._clock()
        self._by_address.spend(remote, now_s)
        self._by_login.spend(key, now_s)
        found = await self._store.read(reps.find, tenant_id, login)
        good = await self.passwords.fits(found.password_hash if found is not None else None, password)
        if found is None or not good or found.disabled:
            raise _refused()
        self._by_login.forgive(key)
        stored = found.password_hash
        renewed = await self.passwords.hash(password) if stored is not None and self.passwords.outdated(stored) else None
        return await self._store.write(_entered, tenant_id, found.id, renewed)

    async def change_password(self, caller: Caller, old: str, new: str) -> None:
        """Replaces one's own password; one's other sessions end. Unauthorized where the old one is wrong."""
        key = digest("attempt", caller.tenant_id, caller.id)
        self._by_login.spend(key, self._clock())
        try:
            found = await self._store.read(reps.credentials, caller.tenant_id, caller.id)
        except NotFound:
            raise _refused() from None
        if found.password_hash is None or not await self.passwords.fits(found.password_hash, old):
            raise _refused()
        self._by_login.forgive(key)
        hashed = await self.passwords.hash(new)
        await self._store.write(reps.set_password, caller.tenant_id, caller.actor, caller.id, hashed, keep_session=caller.session_id)

    async def openid_begin(self, tenant_id: str, redirect_uri: str, public_url: str, remote: str) -> openid.Begun:
        """Where to send a rep's browser. Unprocessable where the tenant has no provider, or the way back does not lead to `public_url`."""
        self._by_address.spend(remote, self._clock())
        if not redirect_uri.startswith(public_url.rstrip("/") + "/"):
            raise Unprocessable("The way back must lead to this server.", code="redirect_uri", pointer="/redirect_uri")
        chosen, _ = await self._openid(tenant_id)
        provider = await openid.discover(self._sets, chosen.issuer)
        return await self._store.write(openid.begin, tenant_id, chosen, provider, redirect_uri)

    async def openid_finish(self, tenant_id: str, state: str, login_secret: str, code: str, remote: str) -> Arrived:
        """A session for whomever the provider has sent back. Unauthorized otherwise."""
        self._by_address.spend(remote, self._clock())
        pending = await self._store.write(openid.take, tenant_id, state, login_secret)
        chosen, secret = await self._openid(tenant_id)
        provider = await openid.discover(self._sets, chosen.issuer)
        private = self._settings.webhook_private_addresses
        answered = await openid.exchange(provider, chosen, secret, pending, code, private=private)
        who = await openid.verified(self._sets, provider, chosen, answered, pending.nonce, self._store.clock() / 1e6)
        return await self._store.write(_vouched, tenant_id, chosen.issuer, who)

    async def _openid(self, tenant_id: str) -> tuple[OpenId, str]:
        try:
            chosen, secret = await self._store.read(_provider, tenant_id)
        except NotFound:
            chosen, secret = None, ""
        if chosen is None:
            raise Unprocessable("This tenant has no login provider.", code="openid", pointer="/tenant_id")
        return chosen, secret


def _provider(tx: Transaction, tenant_id: str) -> tuple[OpenId | None, str]:
    secret = tenants.secret(tx, tenant_id, "openid") or {}
    return tenants.settings(tx, tenant_id).openid, str(secret.get("client_secret", ""))


def _entered(tx: Transaction, tenant_id: str, rep_id: str, password_hash: str | None) -> Arrived:
    found = reps.credentials(tx, tenant_id, rep_id)
    if found.disabled:  # in the meantime
        raise _refused()
    if password_hash is not None:
        reps.rehash(tx, tenant_id, rep_id, password_hash)
    return _arrived(tx, tenant_id, found, "password")


def _vouched(tx: Transaction, tenant_id: str, issuer: str, who: openid.Person) -> Arrived:
    found = reps.vouched(tx, tenant_id, issuer=issuer, subject=who.subject, email=who.email, name=who.name, role=who.role)
    return _arrived(tx, tenant_id, found, "openid")


def _arrived(tx: Transaction, tenant_id: str, found: reps.Credentials, how: str) -> Arrived:
    arrived = arrival.staff(tx, tenant_id, found)
    audit.record(tx, tenant_id, arrived.caller.actor, "session.begun", found.id, {"how": how})
    return arrived


def _refused() -> Unauthorized:
    return Unauthorized("The login or the password is wrong, or the account cannot log in.", code="login")
