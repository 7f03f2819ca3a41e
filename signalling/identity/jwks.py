"""Key sets that shops and OpenID providers publish: fetched, kept, and fetched again when a token names a key they do not hold.

For `Identity` and `openid`. RFC 7517 (JWK sets), RFC 8037 (Ed25519). A foreign token can make this fetch, so it is bounded in size,
time, keys and how often, and follows the rule for foreign URLs (`addresses`): no private address, no redirect. Invariants: a key is
used for its one algorithm only; two who ask at once cause one request; what was fetched serves on while the other side is away, until
it is too old.
"""

import asyncio
import json
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import jwt

from mediaserver.errors import Unavailable, Unprocessable
from signalling import addresses
from signalling.identity.compact import KID_CHARS_MAX
from signalling.identity.site_token import Algorithm, Key
from signalling.identity.sites import fits

log = logging.getLogger(__name__)

BYTES_MAX = 64 * 1024
KEYS_MOST = 50
TOTAL_S = 5.0
# A removed key is believed for this long at most; a new one is found at once (its id is unknown).
FRESH_S = 600.0
# Made-up key ids cause no more requests than this; a shop that rotates keys publishes the new one before it signs with it.
AGAIN_S = 30.0
# While the other side does not answer.
STALE_S = 86_400.0
SETS_MOST = 1000


@dataclass(slots=True)
class _Held:
    keys: tuple[Key, ...] = ()
    fetched_s: float | None = None
    tried_s: float | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class KeySets:
    """See the module. `clock`: monotonic seconds."""

    def __init__(self, *, private: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._private = private
        self._clock = clock
        self._sets: OrderedDict[tuple[str, str], _Held] = OrderedDict()
        self._client: aiohttp.ClientSession | None = None

    async def keys(self, url: str, algorithm: Algorithm, kid: str | None) -> Sequence[Key]:
        """The keys of this algorithm at `url`; fetched anew where none of them is `kid`. Unavailable where nothing could be fetched."""
        held = self._sets.setdefault((url, algorithm), _Held())
        self._sets.move_to_end((url, algorithm))
        while len(self._sets) > SETS_MOST:
            self._sets.popitem(last=False)
        if self._wants(held, kid):
            async with held.lock:
                if self._wants(held, kid):  # whoever had the lock before may have fetched it
                    await self._fetch(held, url, algorithm)
        if held.fetched_s is None or self._clock() - held.fetched_s > STALE_S:
            raise Unavailable("The shop's keys cannot be fetched at the moment.", code="keys", retry_after_s=AGAIN_S)
        return held.keys

    async def close(self) -> None:
        """Ends its connections. Idempotent."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _wants(self, held: _Held, kid: str | None) -> bool:
        now_s = self._clock()
        if held.tried_s is not None and now_s - held.tried_s < AGAIN_S:
            return False
        unknown = kid is not None and all(key.kid != kid for key in held.keys)
        return held.fetched_s is None or now_s - held.fetched_s > FRESH_S or unknown

    async def _fetch(self, held: _Held, url: str, algorithm: Algorithm) -> None:
        held.tried_s = self._clock()
        try:
            keys = parsed(await self.document(url), algorithm)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError, RecursionError, Unprocessable) as error:
            log.warning("A key set cannot be fetched: %s", type(error).__name__)
            return
        held.keys, held.fetched_s = keys, self._clock()

    async def document(self, url: str, bearer: str = "") -> bytes:
        """What is at a foreign URL, within the bounds. ClientError, OSError, ValueError or Unprocessable where it cannot be had.

        `bearer`: a token to be shown there.
        """
        if self._client is None:
            self._client = addresses.client(private=self._private, total_s=TOTAL_S)
        where = addresses.checked_url(url, private=self._private)
        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
        async with self._client.get(where, allow_redirects=False, headers=headers) as response:
            if response.status != 200:
                raise ValueError(f"answered {response.status}")
            body = await response.content.read(BYTES_MAX + 1)
            while len(body) <= BYTES_MAX and (more := await response.content.read(BYTES_MAX + 1 - len(body))):
                body += more
            if len(body) > BYTES_MAX:
                raise ValueError("too large")
            return body


def parsed(document: bytes, algorithm: Algorithm) -> tuple[Key, ...]:
    """The keys in a JWK set that are meant for signatures of this algorithm. ValueError where it is no set."""
    said = json.loads(document)
    listed = said.get("keys") if isinstance(said, dict) else None
    if not isinstance(listed, list):
        raise ValueError("no JWK set")
    found: dict[str, Key] = {}
    for each in listed[:KEYS_MOST]:
        kid = each.get("kid", "") if isinstance(each, dict) else None
        if not isinstance(kid, str) or len(kid) > KID_CHARS_MAX or not _meant(each, algorithm):
            continue
        try:
            material = jwt.PyJWK(each, algorithm=algorithm).key
        except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError):
            continue  # of a kind this cannot use; others may do
        if fits(algorithm, material):
            found.setdefault(kid, Key(kid, algorithm, material))
    return tuple(found.values())


def _meant(each: dict[str, Any], algorithm: str) -> bool:
    kind = {"RS256": "RSA", "EdDSA": "OKP"}.get(algorithm)
    return each.get("kty") == kind and each.get("use", "sig") == "sig" and each.get("alg", algorithm) == algorithm and "d" not in each
