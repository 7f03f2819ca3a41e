"""A circuit breaker: whom we ask in vain again and again is left alone for a while.

For `commerce.remote`. Pure: time is an argument. After `failures` in a row it opens, and for `rest_us` nobody is let through; then one
trial is, and its outcome closes or opens it again. Invariant: while it is half open there is one trial on its way at most, and a trial
whose outcome never comes (a cancelled request) gives way to another after `rest_us`.
"""

from dataclasses import dataclass

from signalling.times import SECOND_US

# Fewer would open it at a deploy's short pause; more would keep customers waiting for timeouts.
FAILURES = 5
# Longer keeps a shop away that is back; shorter asks one that is down too often.
REST_US = 20 * SECOND_US


@dataclass(slots=True)
class Breaker:
    """See the module."""

    failures: int = FAILURES
    rest_us: int = REST_US
    _failed: int = 0
    _closed_until_us: int = 0

    def allows(self, now_us: int) -> bool:
        """Whether to ask now; where it is a trial, the next one is `rest_us` away."""
        if self._failed < self.failures:
            return True
        if now_us < self._closed_until_us:
            return False
        self._closed_until_us = now_us + self.rest_us
        return True

    def left_us(self, now_us: int) -> int:
        """How long until somebody is let through."""
        return max(0, self._closed_until_us - now_us) if self._failed >= self.failures else 0

    def succeeded(self) -> None:
        """It answered."""
        self._failed = 0

    def failed(self, now_us: int) -> None:
        """It did not, or with an error of its own."""
        self._failed += 1
        if self._failed >= self.failures:
            self._closed_until_us = now_us + self.rest_us
