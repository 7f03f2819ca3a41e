"""Rate limits: so many requests of a kind for one caller or address, then patience.

A token bucket each (it fills steadily, and a full one allows a burst); time is an argument, so that tests run in virtual time. Answers
carry `RateLimit-Limit`, `-Remaining`, `-Reset` and `-Policy` (draft-ietf-httpapi-ratelimit-headers-07), refusals `Retry-After` besides.

Invariant: memory is bounded: the bucket that was used longest ago goes first, and it is the fullest.
"""

import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from mediaserver.errors import TooMany

# A bucket is some 200 bytes: 20 MB where somebody has as many addresses.
BUCKETS_MOST = 100_000
WINDOW_S = 60


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_minute` in the long run and as many at once. 0: no limit."""

    per_minute: int

    @property
    def per_second(self) -> float:
        """How fast a bucket fills."""
        return self.per_minute / WINDOW_S


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a request met. `retry_after_s` is None where it may pass."""

    rate: Rate
    remaining: int
    reset_s: int  # until the bucket is full again
    retry_after_s: float | None

    @property
    def headers(self) -> dict[str, str]:
        """Of the answer."""
        return {
            "RateLimit-Limit": str(self.rate.per_minute),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_s),
            "RateLimit-Policy": f"{self.rate.per_minute};w={WINDOW_S}",
        }

    def require(self) -> None:
        """TooMany where the request may not pass."""
        if self.retry_after_s is not None:
            raise TooMany("Too many requests; try again later.", code="rate_limited", retry_after_s=self.retry_after_s)


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_s: float


@dataclass(slots=True)
class Limiter:
    """The buckets of all callers. `rates`: by kind of request."""

    rates: Mapping[str, Rate]
    most: int = BUCKETS_MOST
    _buckets: OrderedDict[tuple[str, str], _Bucket] = field(default_factory=OrderedDict)

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, kind: str, who: str, now_s: float) -> Verdict | None:
        """One request of `who` at `now_s` (any steady clock). None where this kind has no limit."""
        rate = self.rates[kind]
        if not rate.per_minute:
            return None
        bucket = self._filled(rate, kind, who, now_s)
        passes = bucket.tokens >= 1.0
        if passes:
            bucket.tokens -= 1.0
        return Verdict(
            rate=rate,
            remaining=int(bucket.tokens),
            reset_s=math.ceil((rate.per_minute - bucket.tokens) / rate.per_second),
            retry_after_s=None if passes else (1.0 - bucket.tokens) / rate.per_second,
        )

    def exhausted(self, kind: str, who: str, now_s: float) -> Verdict | None:
        """The verdict on one more request, without counting it, where it may not pass; None where it may."""
        rate = self.rates[kind]
        bucket = self._buckets.get((kind, who))
        if bucket is None or not rate.per_minute:
            return None
        tokens = self._filled(rate, kind, who, now_s).tokens
        if tokens >= 1.0:
            return None
        return Verdict(rate, 0, math.ceil((rate.per_minute - tokens) / rate.per_second), (1.0 - tokens) / rate.per_second)

    def _filled(self, rate: Rate, kind: str, who: str, now_s: float) -> _Bucket:
        bucket = self._buckets.get((kind, who))
        if bucket is None:
            bucket = self._buckets[kind, who] = _Bucket(float(rate.per_minute), now_s)
            if len(self._buckets) > self.most:
                self._buckets.popitem(last=False)
            return bucket
        self._buckets.move_to_end((kind, who))
        bucket.tokens = min(float(rate.per_minute), bucket.tokens + max(0.0, now_s - bucket.at_s) * rate.per_second)
        bucket.at_s = max(bucket.at_s, now_s)
        return bucket
