"""Who a token's holder is, whichever kind of token it is; how they came by it, and when it is over.

For the doors. A session token costs a look into two dictionaries once it has been seen; an API key a read of the database every few
seconds. Invariants: what this process revoked is refused by its next request, what another one revoked within `POLL_S`; caches are bounded.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy.exc import IntegrityError

from mediaserver.errors import RemoteError, Unauthorized, Unprocessable
from signalling import tenants
from signalling.bus import Bus
from signalling.config import Settings
from signalling.identity import api_keys, arrival, compact, revocation, sessions, site_token, sites
from signalling.identity.arrival import Arrived
from signalling.identity.caller import Caller
from signalling.identity.digests import digest
from signalling.identity.jwks import KeySets
from signalling.identity.logins import Logins
from signalling.identity.passwords import Passwords
from signalling.identity.revocation import Revoked
from signalling.identity.site_token import Key
from signalling.store import Store
from signalling.times import SECOND_US, rfc3339

log = logging.getLogger(__name__)

# Tokens seen lately: an entry has about 2 KiB with its token.
TOKENS_MOST = 10_000
# An API key that another process revoked is refused after this.
API_KEY_FRESH_US = 5 * SECOND_US
POLL_S = 2.0
# Commits of other processes become visible a little after the time they carry.
MASKED_BY_DEFAULT = frozenset(tenants.TenantSettings().mask_emails_for)
OVERLAP_US = 10 * SECOND_US


@dataclass(frozen=True, slots=True)
class Session:
    """A session as its holder gets it. Ask for a renewal before `expires_at`; none goes beyond `ends_at`."""

    token: str = field(repr=False)
    session_id: str
    tenant_id: str
    person_id: str
    role: str
    name: str
    verified: bool
    expires_at: str
    ends_at: str
    cart_id: str | None
    conversations: list[str]  # those that the visitor had begun and that are now the customer's


class Identity:
    """See the module."""

    def __init__(self, settings: Settings, store: Store, bus: Bus, session_secret: str, passwords: Passwords | None = None) -> None:
        self.settings = settings
        self.store = store
        self.bus = bus
        self._session_secret = session_secret
        self._sets = KeySets(private=settings.webhook_private_addresses)
        self._passwords = passwords or Passwords()
        self.logins = Logins(settings, store, self._sets, self._passwords)
        self._verified: OrderedDict[str, Caller] = OrderedDict()
        self._holders: OrderedDict[str, tuple[Caller, int]] = OrderedDict()
        self._revoked: dict[tuple[str, str], int] = {}  # -> until when a token of it could be good
        self._origins: dict[str, tuple[str, ...]] = {}  # by site
        self._admitted: frozenset[str] = frozenset()
        self._masked: dict[str, frozenset[str]] = {}  # by tenant: roles
        self._cancels: list[Any] = []
        self._polling: asyncio.Task[None] | None = None

    async def authenticate(self, token: str) -> Caller:
        """The holder of a session token or API key. Unauthorized otherwise."""
        now_us = self.store.clock()
        if token.startswith(api_keys.PREFIX):
            return await self._api_key(token, now_us)
        caller = self._verified.get(token)
        if caller is None:
            caller = sessions.verify(self._session_secret, token, now_us / SECOND_US)
            self._verified[token] = caller
            if len(self._verified) > TOKENS_MOST:
                self._verified.popitem(last=False)
        elif now_us >= caller.expires_at_us:
            del self._verified[token]
            raise Unauthorized("The session has ended.", code="token_expired")
        if (caller.tenant_id, caller.session_id) in self._revoked:
            raise Unauthorized("The session has ended.", code="session_over")
        return caller

    def session_token(self, caller: Caller, ttl_s: int) -> str:
        """A session token for somebody who has shown who they are."""
        return sessions.mint(self._session_secret, caller, ttl_s)

    def admits(self, origin: str) -> bool:
        """Whether a page of this origin is one of any site's, so that a browser may call from it. Who it is for, the token says."""
        return origin in self._admitted or "*" in self._admitted

    def masks(self, caller: Caller) -> bool:
        """Whether e-mail addresses are hidden from the caller, by their tenant's settings of some seconds ago at most."""
        return caller.staff and caller.role.value in self._masked.get(caller.tenant_id, MASKED_BY_DEFAULT)

    async def entered_by(self, site_id: str, origin: str | None) -> sites.KnownSite:
        """The site that a page names. NotFound for an unknown one, Forbidden for a foreign page."""
        site = await self.store.read(sites.known, site_id)
        sites.check_origin(site, origin)
        return site

    async def visit(self, site_id: str, origin: str | None, unverified: Mapping[str, Any]) -> Session:
        """A session for an anonymous visitor of a site. NotFound for an unknown site, Forbidden for a foreign page."""
        return self._session(await self.store.write(arrival.visit, await self.entered_by(site_id, origin), unverified))

    async def identify(self, site_id: str, origin: str | None, token: str, previous: str | None, unverified: Mapping[str, Any]) -> Session:
        """A session for whom the shop vouches by `token`. `previous`: the session token they had, which ends."""
        site = await self.entered_by(site_id, origin)
        claims = site_token.verify(token, await self._keys(site, token), site_id=site.id, now_s=self.store.clock() / SECOND_US)
        before = self._previous(previous)
        work = partial(arrival.identify, site=site, claims=claims, token=token, previous=before, unverified=unverified)
        try:
            arrived = await self.store.write(work)
        except IntegrityError:  # the same customer, or the same token, at the same moment elsewhere: now it is there to be found
            arrived = await self.store.write(work)
        return self._session(arrived)

    async def renew(self, token: str) -> Session:
        """The same session for longer, also by a token whose time is over. Unauthorized where the session is."""
        now_us = self.store.clock()
        caller = sessions.verify(self._session_secret, token, now_us / SECOND_US, expired=True)
        return self._session(await self.store.write(arrival.renewed, caller))

    async def end(self, caller: Caller) -> None:
        """Ends a session; its sockets hear of it. Unprocessable for an API key, which is revoked instead."""
        if caller.id.startswith("key_"):
            raise Unprocessable("An API key has no session; revoke the key.", code="api_key")
        await self.store.write(revocation.revoke, caller, "logout")

    def entered(self, arrived: Arrived) -> Session:
        """The session of a rep who has logged in."""
        return self._session(arrived)

    async def start(self) -> None:
        """Reads what was revoked lately, and begins to listen for more."""
        self._cancels = [
            self.bus.subscribe(revocation.REVOCATIONS, self._on_revoked),
            self.bus.subscribe(sites.CHANGED, self._on_site),
            self.bus.subscribe(tenants.CHANGED, self._on_settings),
            self.bus.subscribe(api_keys.CHANGED, lambda _topic, _message: self._holders.clear()),
        ]
        await self._catch_up(self.store.clock() - revocation.TOKEN_S * SECOND_US)
        self._polling = asyncio.create_task(self._poll(), name="identity-revocations")

    async def stop(self) -> None:
        """Ends. Idempotent."""
        for cancel in self._cancels:
            cancel()
        self._cancels = []
        if self._polling is not None:
            self._polling.cancel()
            await asyncio.gather(self._polling, return_exceptions=True)
            self._polling = None
        await self._sets.close()
        self._passwords.close()

    def _session(self, arrived: Arrived) -> Session:
        now_us = self.store.clock()
        caller = arrived.caller
        ttl_s = max(1, min(revocation.TOKEN_S, (arrived.ends_at_us - now_us) // SECOND_US))
        return Session(
            token=sessions.mint(self._session_secret, caller, ttl_s, now_us // SECOND_US),
            session_id=caller.session_id,
            tenant_id=caller.tenant_id,
            person_id=caller.id,
            role=caller.role.value,
            name=caller.name,
            verified=caller.verified,
            expires_at=rfc3339((now_us // SECOND_US + ttl_s) * SECOND_US),
            ends_at=rfc3339(arrived.ends_at_us),
            cart_id=caller.cart_id,
            conversations=list(arrived.merged),
        )

    def _previous(self, token: str | None) -> Caller | None:
        """Whose session a page has had; a token that does not verify is no reason to refuse the shop's word."""
        if not token:
            return None
        try:
            caller = sessions.verify(self._session_secret, token, self.store.clock() / SECOND_US, expired=True)
        except Unauthorized:
            return None
        return None if (caller.tenant_id, caller.session_id) in self._revoked else caller

    async def _keys(self, site: sites.KnownSite, token: str) -> list[Key]:
        said = compact.header(token)
        found = [Key(key.kid, key.algorithm, key.material) for key in site.keys if key.material is not None]
        if said.kid is not None and any(key.kid == said.kid for key in found):
            return found
        for key in site.keys:
            if key.jwks_url is not None and key.algorithm == said.algorithm:
                found += await self._sets.keys(key.jwks_url, key.algorithm, said.kid)
        return found

    async def _api_key(self, token: str, now_us: int) -> Caller:
        if len(token) != api_keys.CHARS:
            raise Unauthorized("The API key does not verify.", code="api_key_invalid")
        key = digest("api_key", token)
        held = self._holders.get(key)
        if held is not None and now_us < held[1] and (not held[0].expires_at_us or now_us < held[0].expires_at_us):
            return held[0]
        caller = await self.store.read(api_keys.holder, token)
        if caller is None:
            self._holders.pop(key, None)
            raise Unauthorized("The API key does not verify.", code="api_key_invalid")
        self._holders[key] = (caller, now_us + API_KEY_FRESH_US)
        if len(self._holders) > TOKENS_MOST:
            self._holders.popitem(last=False)
        return caller

    def _on_revoked(self, _topic: str, ended: Revoked) -> None:
        self._revoked[ended.tenant_id, ended.session_id] = ended.until_us

    def _on_settings(self, _topic: str, message: tuple[str, tenants.TenantSettings]) -> None:
        self._masked[message[0]] = frozenset(message[1].mask_emails_for)

    def _on_site(self, _topic: str, message: tuple[str, tuple[str, ...]]) -> None:
        self._set_origins({**self._origins, message[0]: message[1]})

    def _set_origins(self, origins: dict[str, tuple[str, ...]]) -> None:
        self._origins = origins
        self._admitted = frozenset(each for listed in origins.values() for each in listed)

    async def _catch_up(self, since_us: int) -> None:
        """Takes in what other processes have changed; whose sockets are here hear that they are over."""
        self._set_origins(await self.store.read(sites.all_origins))
        self._masked = await self.store.read(tenants.masking)
        for ended in await self.store.read(revocation.revoked_since, since_us):
            key = (ended.tenant_id, ended.session_id)
            if key not in self._revoked:
                self._revoked[key] = ended.until_us
                self.bus.publish(revocation.session_topic(*key), ended)
        now_us = self.store.clock()
        for key in [key for key, until_us in self._revoked.items() if until_us < now_us]:
            del self._revoked[key]

    async def _poll(self) -> None:
        seen_us = self.store.clock()
        while True:
            await asyncio.sleep(POLL_S)
            moment_us = self.store.clock()
            try:
                await self._catch_up(seen_us - OVERLAP_US)
            except RemoteError as error:  # the database is away; what it holds is read when it is back
                log.warning("Cannot read what was revoked: %s", error.code)
                continue
            seen_us = moment_us
