"""Does one operation for one caller, whichever door they came through: role, rate limit, idempotency, handler, figures.

For the REST door and the socket, after both have read and validated what was sent. Not for authentication: each door has its own way to it.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mediaserver.errors import RemoteError, TooMany
from signalling.api import idempotency
from signalling.api.idempotency import Claim, Replayed
from signalling.api.limits import Verdict
from signalling.api.operation import Context, Operation, Raw

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation answered. `body`: its JSON, empty for none, or what is not JSON."""

    status: int
    body: bytes | Raw
    replayed: bool = False


def admit(context: Context) -> Verdict | None:
    """Forbidden without the role, TooMany beyond the rate; otherwise what is left of it. Before the request is read any further."""
    operation, caller = context.operation, context.caller
    if operation.roles:
        caller.require(operation.roles)
    who = f"{caller.tenant_id}/{caller.id}" if operation.roles else context.remote
    try:
        return context.services.doors.admit(operation.limit, who)
    except TooMany:
        context.services.metrics.rate_limited(operation.limit)
        raise


def claimed(operation: Operation, tenant_id: str, caller_id: str, key: str | None, request: Mapping[str, Any]) -> Claim | None:
    """The request's claim on its Idempotency-Key; None where it has none or the operation takes none. BadRequest for a bad key."""
    if key is None or not operation.creates or not tenant_id:
        return None
    return Claim(
        tenant_id, caller_id, operation.name, idempotency.checked(key), fingerprint=idempotency.fingerprint(operation.name, request)
    )


async def perform(context: Context, arguments: Mapping[str, Any], door: str = "socket") -> Answer:
    """Calls the handler with validated arguments. Raises what it raises; a repetition under the same key gets the first one's answer."""
    operation, claim, doors = context.operation, context.claim, context.services.doors
    began_s = time.perf_counter()
    status = 500
    if claim is not None:
        doors.in_flight.enter(claim)
    try:
        value = await operation.handler(context, **arguments)
        if isinstance(value, Raw):
            status = operation.status
            return Answer(status, value)
        status, body = operation.answer(value)
        _tag(context, value)
        if operation.limit == "login":
            context.services.metrics.count("sessions_started", operation=operation.name)
        return Answer(status, body)
    except Replayed as answer:
        status = answer.status
        return Answer(answer.status, answer.body, replayed=True)
    except RemoteError as error:
        status = error.status
        raise
    finally:
        if claim is not None:
            doors.in_flight.leave(claim)
        if door != "rest":  # whose requests the edge counts, refused ones too
            context.services.metrics.request(door, operation.name, status, time.perf_counter() - began_s)


def _tag(context: Context, value: Any) -> None:
    """Whatever has a version is answered with it as its ETag, for the next If-Match."""
    version = getattr(value, "version", None)
    if isinstance(version, int) and not isinstance(version, bool):
        context.headers.setdefault("ETag", f'"{version}"')
