"""Logs: one event a line, ids bound, nobody named."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from mediaserver.logs import PERSONAL, bound, configure, get_logger


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture
def stream() -> io.StringIO:
    out = io.StringIO()
    configure("info", "json", stream=out)
    return out


def test_an_event_is_one_json_line_with_its_ids(stream: io.StringIO) -> None:
    log = get_logger("mediaserver.room", room="room_1")
    with bound(participant="part_1"):
        log.info("participant_joined", transport=7)
    log.info("room_closed")
    joined, closed = lines(stream)
    assert joined.pop("timestamp").endswith("Z")
    ids = {"room": "room_1", "participant": "part_1", "transport": 7}
    assert joined == {"event": "participant_joined", "level": "info", "logger": "mediaserver.room", **ids}
    assert "participant" not in closed and closed["room"] == "room_1"


def test_the_standard_library_ends_in_the_same_lines(stream: io.StringIO) -> None:
    with bound(room="room_1"):
        logging.getLogger("library").warning("it took %d s", 3, extra={"step": "x"})
    (line,) = lines(stream)
    assert (line["event"], line["level"], line["logger"], line["room"], line["step"]) == (
        "it took 3 s",
        "warning",
        "library",
        "room_1",
        "x",
    )


@pytest.mark.parametrize("field", sorted(PERSONAL))
def test_personal_fields_are_for_debug_only(field: str) -> None:
    out = io.StringIO()
    configure("debug", "json", stream=out)
    log = get_logger("x")
    for method in (log.debug, log.info, log.error):
        method("seen", **{field: "203.0.113.7"})
    logging.getLogger("x").info("seen", extra={} if field in ("name",) else {field: "203.0.113.7"})
    debug, *others = lines(out)
    assert debug[field] == "203.0.113.7"
    assert len(others) == 3 and all(field not in line for line in others)


def test_lines_of_the_access_log_stay_out(stream: io.StringIO) -> None:
    logging.getLogger("aiohttp.access").info("203.0.113.7 GET /")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("format", ["json", "console"])
@pytest.mark.parametrize("hostile", ["a\nb", "a\r\nlevel=error", "\x1b[2Jgone", "\u2028x\u2029\x85", "\ud800"])
def test_a_hostile_value_cannot_break_the_line(format: str, hostile: str) -> None:
    out = io.StringIO()
    configure("info", format, stream=out)
    get_logger("x").info(hostile, room=hostile)
    logging.getLogger("x").info("%s", hostile)
    text = out.getvalue()
    assert len(text.splitlines()) == 2 and "\x1b[2J" not in text


def test_a_traceback_stays_in_its_line(stream: io.StringIO) -> None:
    try:
        raise ZeroDivisionError("fault")
    except ZeroDivisionError:
        get_logger("x").exception("room_failed", room="room_1")
    (line,) = lines(stream)
    assert line["level"] == "error" and "ZeroDivisionError: fault" in line["exception"]


def test_people_get_readable_tracebacks_without_terminal_sequences() -> None:
    out = io.StringIO()
    configure("info", "console", stream=out)
    try:
        raise ZeroDivisionError("\x1b[2Jfault")
    except ZeroDivisionError:
        logging.getLogger("x").exception("failed")
    assert "ZeroDivisionError: \\x1b[2Jfault" in out.getvalue().splitlines()[-1]


def test_levels_and_formats(stream: io.StringIO) -> None:
    get_logger("x").debug("hidden")
    assert stream.getvalue() == ""
    out = io.StringIO()
    configure("warning", "auto", stream=out)  # not a terminal
    get_logger("x").info("hidden")
    get_logger("x").warning("shown")
    assert [line["event"] for line in lines(out)] == ["shown"]
    out = io.StringIO()
    configure("info", "console", stream=out)
    get_logger("x").info("shown", room="room_1")
    assert "shown" in out.getvalue() and "room=room_1" in out.getvalue() and not out.getvalue().startswith("{")
