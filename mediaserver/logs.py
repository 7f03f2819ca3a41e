"""Structured logs: one event a line on stderr, as JSON for machines or coloured for people.

For the program, once at its start (`configure`); modules take `get_logger(...)` or the standard library's `logging`, both end in the
same lines. Embedders configure logging themselves. Not for per-packet events: those are counters.

Invariants: one event is one line, whatever a peer put into a value (only the console shows a traceback on lines of its own); from
level info up no line has a field that names or locates a person (`PERSONAL`). What is put into an event's text is the caller's care.
"""

import logging
import sys
from typing import Any, TextIO

import structlog
from structlog.contextvars import bound_contextvars
from structlog.typing import EventDict, Processor

__all__ = ["bound", "configure", "get_logger"]

# Binds ids (room, participant, transport) to every event of a block and of the tasks started in it: `with bound(room=room.id):`
bound = bound_contextvars

# Fields that are left out above debug. Ids (room, participant, transport) are ours and random.
PERSONAL = frozenset(
    {
        *("address", "city", "client", "email", "fingerprint", "forwarded_for", "host", "identity", "ip", "message_text", "metadata"),
        *("name", "peer", "phone", "remote", "sdp", "token", "user", "user_agent", "username"),
    }
)

# Libraries whose info is a line per request with the caller's address.
QUIET = ("aiohttp.access", "asyncio")

LINE_BREAKS = {ord(character): f"\\x{ord(character):02x}" for character in map(chr, (*range(32), 127, 0x85))} | {
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}


def configure(level: str = "info", format: str = "auto", *, stream: TextIO | None = None) -> None:
    """Sends all logs of this process to `stream` (stderr). `format`: json, console, or auto (console on a terminal). Repeatable."""
    out = sys.stderr if stream is None else stream
    console = format == "console" or (format == "auto" and out.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        impersonal,
        structlog.processors.format_exc_info,
        structlog.processors.UnicodeDecoder(),
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=out.isatty())
        if console
        else structlog.processors.JSONRenderer(ensure_ascii=True, default=repr)
    )
    ending: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *([one_line] if console else []), renderer]
    handler = logging.StreamHandler(out)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=ending))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def get_logger(name: str, **ids: Any) -> structlog.stdlib.BoundLogger:
    """A logger of this name with these ids bound: `get_logger(__name__, room=room_id)`. Events are past participles: "room_closed"."""
    return structlog.stdlib.get_logger(name, **ids)


def impersonal(_logger: Any, method: str, event: EventDict) -> EventDict:
    """Takes personal fields out of every event above debug."""
    if event.get("level", method) != "debug":
        for field in PERSONAL & event.keys():
            del event[field]
    return event


def one_line(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """For the console: escapes line breaks and control characters (terminal sequences) in all texts. JSON does that by itself."""
    escaped = {name: value.translate(LINE_BREAKS) if isinstance(value, str) else value for name, value in event.items()}
    if isinstance(event.get("exception"), str):  # people want to read tracebacks: these keep their lines
        escaped["exception"] = "\n".join(line.translate(LINE_BREAKS) for line in event["exception"].split("\n"))
    return escaped
