"""Asking another system over HTTP with patience and suspicion: a payment provider, a shop.

For `providers.stripe` and `shops.rest`, which know what to ask and what an answer means. What this takes care of: a deadline for each
attempt, repetition with growing pauses where the caller says that repeating is harmless, a circuit breaker, and that we go nowhere but to
the base URL we were given.

Invariants: no redirect is followed; no cookie is kept; no proxy of the environment is used; an answer beyond `answer_bytes` is not read;
neither the request nor the answer is logged.
"""

import asyncio
import json
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
from yarl import URL

from mediaserver.errors import LocalError, TresenError
from signalling.commerce.breaker import Breaker
from signalling.times import Clock, system_clock

log = logging.getLogger(__name__)

ATTEMPT_S = 8.0
ATTEMPTS = 4
PAUSE_S = 0.4
PAUSE_MOST_S = 5.0
ANSWER_BYTES = 2 * 1024 * 1024
# Statuses that say "not now": too many requests, and faults of theirs.
RETRIED = frozenset({429, 500, 502, 503, 504})
# What says that they, not our request, are in trouble.
TROUBLED = 500


class Unreachable(TresenError):
    """No usable answer: nobody knows whether the request was carried out. `retry_after_s`: when to come back."""

    def __init__(self, what: str, retry_after_s: float = 5.0) -> None:
        super().__init__(what)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


def path(*segments: str) -> str:
    """`/a/b` of segments, each quoted. ValueError for one that would lead elsewhere: empty, `.`, `..`, or with a slash, which some servers
    take for one even when it is quoted.
    """
    if any(segment in ("", ".", "..") or "/" in segment or "\\" in segment for segment in segments):
        raise ValueError("a segment of a path leads elsewhere")
    return "".join("/" + quote(segment, safe="") for segment in segments)


class Remote:
    """One system. Make it on the loop; `close` it."""

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        attempt_s: float = ATTEMPT_S,
        attempts: int = ATTEMPTS,
        answer_bytes: int = ANSWER_BYTES,
        retried: frozenset[int] = RETRIED,
        clock: Clock = system_clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        connector: Callable[[], aiohttp.BaseConnector] | None = None,
    ) -> None:
        """`base_url`: http(s), without query; everything asked lies below it. `connector`: makes the connections, for a guard's sake."""
        url = URL(base_url)
        if url.scheme not in ("http", "https") or not url.host or url.query_string or url.fragment or url.user:
            raise LocalError("a remote system's address is http(s)://HOST[:PORT][/PATH]")
        self._base = base_url.rstrip("/")
        self._headers = dict(headers or {})
        self._attempt_s = attempt_s
        self._attempts = attempts
        self._answer_bytes = answer_bytes
        self._retried = retried
        self._clock = clock
        self._sleep = sleep
        self._connector = connector
        self._session: aiohttp.ClientSession | None = None
        self.breaker = Breaker()

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool,
    ) -> Reply:
        """The answer to `method base_url + path` (already quoted, see `path`). Repeats it only where it is `repeatable`: it changes
        nothing, or carries an idempotency key. Unreachable where there is no answer, or the breaker is open.
        """
        url = URL(self._base + path + ("?" + urlencode(query) if query else ""), encoded=True)
        for attempt in range(1, self._attempts + 1):
            if not self.breaker.allows(self._clock()):
                raise Unreachable("it has not answered lately and is left alone for a while", self.breaker.left_us(self._clock()) / 1e6)
            reply: Reply | None = None
            fault = ""
            try:
                reply = await self._once(method, url, body, headers)
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
                fault = type(error).__name__
            if reply is None or reply.status >= TROUBLED:
                self.breaker.failed(self._clock())
            else:
                self.breaker.succeeded()
            if reply is not None and not _again(reply, self._retried):
                return reply
            if not repeatable or attempt == self._attempts:
                if reply is not None:
                    return reply
                raise Unreachable(f"no answer: {fault}")
            await self._sleep(_pause_s(attempt, reply))
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _once(self, method: str, url: URL, body: bytes | None, headers: Mapping[str, str] | None) -> Reply:
        async with asyncio.timeout(self._attempt_s):
            async with self._opened().request(
                method, url, data=body, headers={**self._headers, **(headers or {})}, allow_redirects=False
            ) as response:
                read = bytearray()
                async for chunk in response.content.iter_chunked(64 * 1024):
                    read += chunk
                    if len(read) > self._answer_bytes:
                        raise ValueError("the answer is larger than anything we asked for")
                return Reply(response.status, response.headers, bytes(read))

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=self._connector() if self._connector is not None else None,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,  # so that `answer_bytes` bounds what is kept in memory
                headers={"Accept-Encoding": "identity", "Accept": "application/json", "User-Agent": "tresen"},
            )
        return self._session

    async def close(self) -> None:
        """Ends the connections. Idempotent."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def _again(reply: Reply, retried: frozenset[int]) -> bool:
    # Stripe says it outright; others' statuses must do.
    said = reply.headers.get("Stripe-Should-Retry")
    return said == "true" if said in ("true", "false") else reply.status in retried


def _pause_s(attempt: int, reply: Reply | None) -> float:
    asked = reply.headers.get("Retry-After", "") if reply is not None else ""
    if asked.isascii() and asked.isdigit() and len(asked) < 6:
        return min(float(asked), PAUSE_MOST_S)
    return min(PAUSE_S * (1 << (attempt - 1)), PAUSE_MOST_S) * random.uniform(0.5, 1.0)  # noqa: S311 (spreads load, guards nothing)
