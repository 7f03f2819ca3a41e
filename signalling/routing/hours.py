"""Business hours: when somebody is there, in the shop's own time, summer time and holidays included.

    calendar = calendar_of({"zone": "Europe/Berlin", "week": {"mon": [["09:00", "12:30"], ["13:30", "18:00"]], "fri": [["22:00", "02:00"]]},
                            "holidays": {"2026-12-24": [["09:00", "12:00"]], "2026-12-25": []}})

A span that ends at or before its beginning goes past midnight and belongs to the day on which it begins; `["00:00", "24:00"]` is a whole
day. A holiday
has spans of its own, or none, in place of the weekday's; a span that began the day before goes on into it.

Local times are resolved as RFC 5545 does: one that the clocks skip counts with the offset before the change (02:30 in a gap is 03:30), one
that they
show twice is the first. So a span across a change is an hour shorter or longer in real time, as it is for whoever works it.

For `desk` (whether the shop is open), SLA timers (`add_business_time`) and the operations. Pure; IANA zones by `zoneinfo`. Invariant:
`calendar_of`
is total: a calendar or Unprocessable with the place of the fault.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from mediaserver.errors import Unprocessable
from signalling.times import from_datetime, to_datetime

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPANS_MOST = 12
HOLIDAYS_MOST = 400
# How far ahead the next change is looked for: a season's shop is closed for months.
HORIZON_DAYS = 400
MINUTES_OF_DAY = 24 * 60

# From and to, in minutes since midnight; `to` beyond a day is the next day.
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Calendar:
    """See the module. `week`: Monday first."""

    zone: str = "UTC"
    week: tuple[tuple[Span, ...], ...] = ((),) * 7
    holidays: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)

    def open_at(self, now_us: int) -> bool:
        """Whether somebody is there."""
        return any(begin <= now_us < end for begin, end in self._stretches(now_us, days=1))

    def next_change(self, now_us: int) -> int | None:
        """When it opens or closes next; None: not within HORIZON_DAYS."""
        for begin, end in self._stretches(now_us):
            if now_us < begin:
                return begin
            if now_us < end:
                return end
        return None

    def next_opening(self, now_us: int) -> int | None:
        """When somebody is there next: now, if somebody is; None: not within HORIZON_DAYS."""
        for begin, end in self._stretches(now_us):
            if now_us < end:
                return max(begin, now_us)
        return None

    def add_business_time(self, start_us: int, duration_us: int) -> int | None:
        """When so much time has passed while somebody was there; None: not within HORIZON_DAYS. Of nothing: the next opening."""
        left_us = duration_us
        for begin, end in self._stretches(start_us):
            begin = max(begin, start_us)
            if begin < end:
                if left_us <= end - begin:
                    return begin + left_us
                left_us -= end - begin
        return None

    def business_time(self, start_us: int, end_us: int) -> int:
        """How much of the time between was somebody there. At most HORIZON_DAYS are counted."""
        total_us = 0
        for begin, end in self._stretches(start_us):
            if begin >= end_us:
                break
            total_us += max(0, min(end, end_us) - max(begin, start_us))
        return total_us

    def _stretches(self, from_us: int, days: int = HORIZON_DAYS) -> Iterator[tuple[int, int]]:
        """Open stretches in real time, ascending, those that touch or overlap as one; the first may have begun before."""
        zone = _zone(self.zone)
        # The day before, for what began then and goes past midnight.
        day = to_datetime(from_us).astimezone(zone).date() - timedelta(days=1)
        pending: tuple[int, int] | None = None
        for _ in range(days + 2):
            spans = self.holidays.get(day)
            if spans is None:
                spans = self.week[day.weekday()]
            for begin, end in spans:
                stretch = (_moment(zone, day, begin), _moment(zone, day, end))
                if stretch[0] >= stretch[1]:
                    continue  # all of it was skipped by the clocks
                if pending is not None and stretch[0] <= pending[1]:
                    # In a gap of the clocks a later span may begin earlier.
                    pending = (min(pending[0], stretch[0]), max(pending[1], stretch[1]))
                    continue
                if pending is not None:
                    yield pending
                pending = stretch
            day += timedelta(days=1)
        if pending is not None:
            yield pending


def calendar_of(value: Any) -> Calendar:
    """From JSON as Python objects; see the module."""
    if not isinstance(value, Mapping) or not set(value) <= {"zone", "week", "holidays"}:
        raise _wrong("A calendar has zone, week and holidays.")
    zone = value.get("zone", "UTC")
    if not isinstance(zone, str) or not _is_zone(zone):
        raise _wrong("This is no IANA time zone, such as Europe/Berlin.", "/zone")
    week, holidays = value.get("week", {}), value.get("holidays", {})
    if not isinstance(week, Mapping) or not set(week) <= set(DAYS):
        raise _wrong(f"A week has the days {', '.join(DAYS)}.", "/week")
    if not isinstance(holidays, Mapping) or len(holidays) > HOLIDAYS_MOST:
        raise _wrong(f"There are at most {HOLIDAYS_MOST} holidays, each by its date.", "/holidays")
    return Calendar(
        zone=zone,
        week=tuple(_spans(week.get(day, ()), f"/week/{day}") for day in DAYS),
        holidays={_date(day): _spans(spans, f"/holidays/{_date(day).isoformat()}") for day, spans in holidays.items()},
    )


def calendar_written(calendar: Calendar) -> dict[str, Any]:
    """As JSON; `calendar_of` gives the same again."""

    def written(spans: Sequence[Span]) -> list[list[str]]:
        return [[_clock(begin), _clock(end if end <= MINUTES_OF_DAY else end - MINUTES_OF_DAY)] for begin, end in spans]

    return {
        "zone": calendar.zone,
        "week": {day: written(spans) for day, spans in zip(DAYS, calendar.week, strict=True) if spans},
        "holidays": {day.isoformat(): written(spans) for day, spans in sorted(calendar.holidays.items())},
    }


def _spans(value: Any, pointer: str) -> tuple[Span, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > SPANS_MOST:
        raise _wrong(f"A day has a list of at most {SPANS_MOST} spans.", pointer)
    spans = []
    for number, pair in enumerate(value):
        if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
            raise _wrong('A span is a pair of times, such as ["09:00", "17:30"].', f"{pointer}/{number}")
        begin, end = _minutes(pair[0], f"{pointer}/{number}/0"), _minutes(pair[1], f"{pointer}/{number}/1")
        if begin == MINUTES_OF_DAY:
            raise _wrong("A span begins before midnight.", f"{pointer}/{number}/0")
        spans.append((begin, end if end > begin else end + MINUTES_OF_DAY))
    spans.sort()
    for number in range(1, len(spans)):
        if spans[number][0] < spans[number - 1][1]:
            raise _wrong("Spans of a day do not overlap.", pointer)
    return tuple(spans)


def _minutes(value: Any, pointer: str) -> int:
    if isinstance(value, str) and len(value) == 5 and value[2] == ":" and value.isascii() and (value[:2] + value[3:]).isdigit():
        minutes = int(value[:2]) * 60 + int(value[3:])
        if int(value[3:]) < 60 and minutes <= MINUTES_OF_DAY:
            return minutes
    raise _wrong("A time is HH:MM, up to 24:00.", pointer)


def _date(value: Any) -> date:
    if isinstance(value, str) and len(value) == 10:
        try:
            day = date.fromisoformat(value)
        except ValueError:
            day = date.min
        if 2000 <= day.year <= 2200:
            return day
    raise _wrong("A holiday is a date, such as 2026-12-25.", "/holidays")


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _moment(zone: ZoneInfo, day: date, minutes: int) -> int:
    """Of a local time: the first of two, and in a gap by the offset before it (`fold=0` is both)."""
    local = datetime.combine(day, time(), zone) + timedelta(minutes=minutes)
    return from_datetime(local.replace(fold=0).astimezone(UTC))


def _is_zone(name: str) -> bool:
    if not 0 < len(name) <= 64 or not name.isascii():
        return False
    try:
        _zone(name)
    except (KeyError, ValueError, OSError):  # unknown; not a plain path; the name of a folder
        return False
    return True


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _wrong(detail: str, pointer: str | None = None) -> Unprocessable:
    return Unprocessable(detail, code="calendar", pointer=pointer)
