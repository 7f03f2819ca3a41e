"""Time as the signalling core keeps it: microseconds since 1970 UTC inside (`_us`), RFC 3339 outside.

Decisions never read a clock; `now_us` is handed to them (in a unit of work: `tx.now_us`).
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

SECOND_US = 1_000_000

# () -> microseconds since 1970 UTC.
Clock = Callable[[], int]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def system_clock() -> int:
    """The clock of this machine."""
    return time.time_ns() // 1000


def rfc3339(at_us: int) -> str:
    """`2026-03-01T09:30:00.000000Z`: always six decimals, so that text sorts as time does."""
    return (_EPOCH + timedelta(microseconds=at_us)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_datetime(moment: datetime) -> int:
    """Microseconds of an aware datetime. ValueError for one without a zone."""
    if moment.tzinfo is None:
        raise ValueError("a time needs a zone")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def to_datetime(at_us: int) -> datetime:
    """An aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=at_us)
