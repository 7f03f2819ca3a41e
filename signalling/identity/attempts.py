"""How often somebody may try to log in: a few times at once, then one more every so often, for each name and for each address.

Token buckets; pure, time is an argument. For `Identity`. Kept in memory: a restart forgives. Invariant: memory is bounded; when it is full,
the buckets that have been quiet for longest are forgotten, which a flood of made-up names can only use to be counted by address.
"""

from collections import OrderedDict
from dataclasses import dataclass

from mediaserver.errors import TooMany

BUCKETS_MOST = 20_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """`burst` at once; one more every `every_s` seconds."""

    burst: int
    every_s: float


# A person mistypes a few times; a list of leaked passwords has thousands.
PER_LOGIN = Allowance(burst=6, every_s=20.0)
# Behind one address there may be a whole office.
PER_ADDRESS = Allowance(burst=60, every_s=1.0)


class Attempts:
    """See the module."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        # key -> when the bucket would be full again, in seconds
        self._full_at_s: OrderedDict[str, float] = OrderedDict()

    def spend(self, key: str, now_s: float) -> None:
        """Counts an attempt. TooMany, with the time to wait, where there are none left."""
        full_at_s = max(self._full_at_s.get(key, now_s), now_s)
        wait_s = full_at_s + self._allowance.every_s - (now_s + self._allowance.burst * self._allowance.every_s)
        if wait_s > 0:
            raise TooMany("Too many attempts; wait a little.", code="attempts", retry_after_s=wait_s)
        self._full_at_s[key] = full_at_s + self._allowance.every_s
        self._full_at_s.move_to_end(key)
        while len(self._full_at_s) > BUCKETS_MOST:
            self._full_at_s.popitem(last=False)

    def forgive(self, key: str) -> None:
        """It was them: the count begins anew."""
        self._full_at_s.pop(key, None)
