"""Business hours across midnight, holidays and both changes of the clocks; total on any input."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediaserver.errors import Unprocessable
from signalling.routing.hours import DAYS, Calendar, calendar_of, calendar_written
from signalling.times import from_datetime, to_datetime

H = 3600 * 1_000_000

OFFICE = {"zone": "Europe/Berlin", "week": {day: [["09:00", "12:30"], ["13:30", "18:00"]] for day in DAYS[:5]}}
NIGHT = {"zone": "Europe/Berlin", "week": {day: [["22:00", "06:00"]] for day in DAYS}}
ALWAYS = {"zone": "Europe/Berlin", "week": {day: [["00:00", "24:00"]] for day in DAYS}}
HOLIDAYS = {
    "zone": "Europe/Berlin",
    "week": {**OFFICE["week"], "wed": [["22:00", "02:00"]]},  # type: ignore[dict-item]  # a plain dict of dicts
    "holidays": {"2026-12-24": [["09:00", "12:00"]], "2026-12-25": []},
}
EARLY = {"zone": "Europe/Berlin", "week": {"sun": [["02:30", "04:00"]]}}
PARTS = {"zone": "Europe/Berlin", "week": {"sun": [["02:30", "02:45"], ["03:00", "05:00"]]}}
LORD_HOWE = {"zone": "Australia/Lord_Howe", "week": {"sun": [["01:00", "03:00"]]}}  # its clocks move by half an hour


def us(text: str) -> int:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=UTC))


def iso(at_us: int | None) -> str | None:
    return None if at_us is None else to_datetime(at_us).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize(
    ("calendar", "now", "open_", "change"),
    [
        (OFFICE, "2026-03-02T07:59", False, "2026-03-02T08:00"),  # Monday, winter: UTC+1
        (OFFICE, "2026-03-02T08:00", True, "2026-03-02T11:30"),
        (OFFICE, "2026-03-02T11:30", False, "2026-03-02T12:30"),
        (OFFICE, "2026-03-06T17:00", False, "2026-03-09T08:00"),  # over the weekend
        (OFFICE, "2026-07-06T07:00", True, "2026-07-06T10:30"),  # summer: UTC+2
        (NIGHT, "2026-03-02T03:00", True, "2026-03-02T05:00"),
        (NIGHT, "2026-03-28T22:00", True, "2026-03-29T04:00"),  # the night that is an hour shorter ends at 06:00 CEST
        (NIGHT, "2026-10-24T22:00", True, "2026-10-25T05:00"),  # and the one that is an hour longer at 06:00 CET
        (NIGHT, "2026-10-25T00:30", True, "2026-10-25T05:00"),  # 02:30 for the first time
        (NIGHT, "2026-10-25T01:30", True, "2026-10-25T05:00"),  # and for the second
        (ALWAYS, "2026-03-29T01:00", True, None),  # whole days touch, and never change
        (EARLY, "2026-03-29T01:29", False, "2026-03-29T01:30"),  # 02:30 does not exist: it is 03:30 CEST
        (EARLY, "2026-03-29T01:30", True, "2026-03-29T02:00"),
        (EARLY, "2026-10-25T00:30", True, "2026-10-25T03:00"),  # the first 02:30 opens, and it stays open through the second
        (EARLY, "2026-10-25T01:15", True, "2026-10-25T03:00"),
        (PARTS, "2026-03-29T01:10", True, "2026-03-29T03:00"),  # in the gap the later span begins first
        (LORD_HOWE, "2026-10-03T14:30", True, "2026-10-03T16:00"),
        (LORD_HOWE, "2026-04-04T15:45", True, "2026-04-04T16:30"),
        (HOLIDAYS, "2026-12-24T00:30", True, "2026-12-24T01:00"),  # what began on Wednesday goes on into the holiday
        (HOLIDAYS, "2026-12-24T13:00", False, "2026-12-28T08:00"),
        (HOLIDAYS, "2026-12-25T09:00", False, "2026-12-28T08:00"),
        ({"zone": "Asia/Kathmandu", "week": {"mon": [["09:00", "17:00"]]}}, "2026-03-02T03:15", True, "2026-03-02T11:15"),
        ({}, "2026-03-02T03:15", False, None),
    ],
)
def test_open_and_the_next_change(calendar: Any, now: str, open_: bool, change: str | None) -> None:
    made = calendar_of(calendar)
    assert made.open_at(us(now)) is open_
    if change is None and open_:
        assert made.next_change(us(now)) is None or made.next_change(us(now)) > us(now) + 300 * 24 * H  # type: ignore[operator]  # see `or`
    else:
        assert iso(made.next_change(us(now))) == change


@pytest.mark.parametrize(
    ("calendar", "start", "hours", "end"),
    [
        (OFFICE, "2026-03-02T08:00", 2, "2026-03-02T10:00"),
        (OFFICE, "2026-03-02T10:30", 2, "2026-03-02T13:30"),  # over lunch
        (OFFICE, "2026-03-06T16:00", 2, "2026-03-09T09:00"),  # over the weekend
        (OFFICE, "2026-03-07T10:00", 0, "2026-03-09T08:00"),  # nothing is due when nobody is there
        (NIGHT, "2026-03-28T21:00", 8, "2026-03-29T21:00"),  # seven hours that night, one in the next
        (NIGHT, "2026-10-24T20:00", 9, "2026-10-25T05:00"),
        (HOLIDAYS, "2026-12-24T10:00", 4, "2026-12-28T11:00"),
        ({}, "2026-03-02T08:00", 1, None),
    ],
)
def test_business_time_is_added_while_somebody_is_there(calendar: Any, start: str, hours: int, end: str | None) -> None:
    made = calendar_of(calendar)
    found = made.add_business_time(us(start), hours * H)
    assert iso(found) == end
    if found is not None:
        assert made.business_time(us(start), found) == hours * H


WRONG: list[Any] = [
    None,
    [],
    {"zone": "Europe/Atlantis"},
    {"zone": "../../etc/passwd"},
    {"zone": "Europe"},
    {"zone": "x" * 1000},
    {"zone": 5},
    {"week": {"monday": []}},
    {"week": {"mon": [["09:00"]]}},
    {"week": {"mon": [["9:00", "10:00"]]}},
    {"week": {"mon": [["09:60", "10:00"]]}},
    {"week": {"mon": [["24:00", "10:00"]]}},
    {"week": {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}},
    {"week": {"mon": [["09:00", "10:00"]] * 13}},
    {"week": {"mon": "09:00-10:00"}},
    {"holidays": {"2026-02-30": []}},
    {"holidays": {"20260230": []}},
    {"holidays": {"9999-12-31": []}},
    {"holidays": []},
    {"days": {}},
]


@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_what_is_no_calendar_is_refused_with_a_reason(value: Any) -> None:
    with pytest.raises(Unprocessable):
        calendar_of(value)


times = st.integers(0, 1439).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")
json = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | times, lambda of: st.lists(of, max_size=3) | st.dictionaries(st.text(), of)
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # the alphabet of all of Unicode is made at the first draw
@given(st.fixed_dictionaries({}, optional={"zone": json, "week": st.dictionaries(st.sampled_from(DAYS), json), "holidays": json}))
def test_any_input_is_a_calendar_or_refused(value: Any) -> None:
    try:
        made = calendar_of(value)
    except Unprocessable:
        return
    assert calendar_of(calendar_written(made)) == made


zones = st.sampled_from(["UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"])
days = st.lists(st.tuples(times, times), max_size=2)


@given(zones, st.dictionaries(st.sampled_from(DAYS), days), st.integers(us("2011-12-20T00:00"), us("2030-01-01T00:00")), st.integers(0, 90))
def test_what_is_asked_agrees_with_itself(zone: str, week: Any, now: int, hours: int) -> None:
    try:
        made: Calendar = calendar_of({"zone": zone, "week": week})
    except Unprocessable:
        return
    change = made.next_change(now)
    if change is not None:
        assert change > now and made.open_at(change) is not made.open_at(change - 1)
        middle = (now + change) // 2
        assert made.open_at(middle) is made.open_at(now)
    opening = made.next_opening(now)
    assert (opening == now) is made.open_at(now)
    due = made.add_business_time(now, hours * H)
    if due is not None:
        assert made.business_time(now, due) == hours * H
