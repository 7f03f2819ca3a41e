"""From a message's bytes to an operation's arguments: parse, cheaply refused where it is hostile, and put every field where it belongs.

For `api.socket`. A request's fields are the path's parameters and the fields of query and body, side by side, or the body's under `body`.
`id` is the client's name for the request; where the body has an `id` of its own (of what is made) and is given side by side, it is that.
Of a name that is there twice the last counts (RFC 8259 section 4 leaves it open).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from mediaserver.errors import BadRequest, RemoteError
from signalling.api.messages import json_frame
from signalling.api.operation import Context, Operation
from signalling.api.problem import invalid
from signalling.identity.caller import Caller
from signalling.services import Services


class Malformed(Exception):
    """Not a frame at all; says why."""


def parsed(data: bytes) -> dict[str, Any]:
    """The JSON object in a message. `Malformed` where there is none; nesting is bounded by the parser."""
    try:
        frame = from_json(data, allow_inf_nan=False)
    except ValueError:
        try:
            bytes(data).decode()
        except UnicodeDecodeError:
            raise Malformed("not UTF-8") from None
        raise Malformed("not JSON, or nested too deeply") from None
    if not isinstance(frame, dict):
        raise Malformed("not a JSON object")
    return frame


def validated(adapter: TypeAdapter[Any], value: Any) -> Any:
    """By its description. `problem.Invalid` otherwise."""
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise invalid(error) from None


@dataclass(frozen=True, slots=True)
class Form:
    """An operation as a frame: which of its fields belong where."""

    operation: Operation
    own_id: bool  # the body has an `id` of its own: what is made; the frame's `id` is that one
    query: frozenset[str]  # fields of the query, where there is a body too


def form(operation: Operation) -> Form:
    """See `Form`; worked out once."""
    properties = operation.body.json_schema().get("properties", {}) if operation.body is not None else {}
    query = operation.query.json_schema().get("properties", {}) if operation.query is not None and operation.body is not None else {}
    return Form(operation, "id" in properties, frozenset(query))


def request(services: Services, caller: Caller, form: Form, frame: Mapping[str, Any]) -> tuple[Context, dict[str, Any]]:
    """A frame as an operation's context and arguments. `problem.Invalid`, BadRequest."""
    operation = form.operation
    rest = dict(frame)
    del rest["type"]
    body = rest.pop("body", None)
    if body is not None or not form.own_id:
        rest.pop("id", None)
    key = rest.pop("idempotency_key", None)
    version = rest.pop("if_match", None)
    if key is not None and not (isinstance(key, str) and 0 < len(key) <= 255 and key.isprintable()):
        raise BadRequest("An idempotency key is a text of 1 to 255 characters.", pointer="/idempotency_key")
    if version is not None and not (type(version) is int and 0 <= version < 2**63):
        raise BadRequest("if_match is a version, a whole number.", pointer="/if_match")
    arguments: dict[str, Any] = {}
    for name, adapter in operation.params.items():
        if name not in rest:
            raise BadRequest(f"{name} is missing.", code="missing", pointer=f"/{name}")
        try:
            arguments[name] = adapter.validate_python(rest.pop(name))
        except ValidationError as error:
            raise invalid(error, f"/{name}") from None
    if operation.query is not None:
        names = form.query if operation.body is not None else rest.keys()
        arguments["query"] = validated(operation.query, {name: rest.pop(name) for name in tuple(names & rest.keys())})
    if operation.body is not None and body is None:
        arguments["body"] = validated(operation.body, rest)
        rest = {}
    elif operation.body is not None:
        arguments["body"] = validated(operation.body, body)
    if rest:
        raise BadRequest("There are fields that this request does not have.", code="extra_forbidden", pointer=f"/{min(rest)}")
    return Context(services, caller, operation, idempotency_key=key, if_match=version), arguments


def failure(identifier: str | None, error: RemoteError) -> bytes:
    """The answer to a request that was refused."""
    return json_frame({"type": "error", "id": identifier, "problem": error.problem()})
