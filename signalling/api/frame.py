"""From a message's bytes to an operation's arguments: parse, cheaply refused where it is hostile, and put every field where it belongs.

For `api.socket`. A request's fields are the path's parameters and the fields of query and body, side by side, or the body's under `body`.
`id` is the client's name for the request; where the body has an `id` of its own (of what is made) and is given side by side, it is that.
Of a name that is there twice the last counts (RFC 8259 section 4 leaves it open).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from mediaserver.errors import BadRequest, RemoteError
from signalling.api.input import check
from signalling.api.messages import json_frame
from signalling.api.operation import Context, Operation
from signalling.api.perform import claimed
from signalling.api.problem import invalid


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


def validated(adapter: TypeAdapter[Any], value: Any, where: str = "") -> Any:
    """By its description, as strictly as the REST door: no text becomes a number. `problem.Invalid` otherwise."""
    try:
        return adapter.validate_json(to_json(value), strict=True)
    except ValidationError as error:
        raise invalid(error, where) from None


@dataclass(frozen=True, slots=True)
class Form:
    """An operation as a frame: which of its fields belong where."""

    operation: Operation
    own_id: bool  # the body has an `id` of its own: what is made; the frame's `id` is that one
    query: frozenset[str]  # fields of the query, where there is a body too


# By name: the operations are the program's, whichever server serves them, and to look into their models takes a while.
_FORMS: dict[str, Form] = {}


def form(operation: Operation) -> Form:
    """See `Form`; worked out once."""
    known = _FORMS.get(operation.name)
    if known is None or known.operation is not operation:
        known = _FORMS[operation.name] = _form(operation)
    return known


def _form(operation: Operation) -> Form:
    properties = operation.body.json_schema().get("properties", {}) if operation.body is not None else {}
    query = operation.query.json_schema().get("properties", {}) if operation.query is not None and operation.body is not None else {}
    return Form(operation, "id" in properties, frozenset(query))


def request(context: Context, form: Form, frame: Mapping[str, Any]) -> dict[str, Any]:
    """A frame as its operation's arguments; fills the context's version and claim. `problem.Invalid`, BadRequest."""
    operation = form.operation
    rest = dict(frame)
    del rest["type"]
    body = rest.pop("body", None)
    if body is not None or not form.own_id:
        rest.pop("id", None)
    key = rest.pop("idempotency_key", None)
    version = rest.pop("if_match", None)
    if not (key is None or isinstance(key, str)):
        raise BadRequest("An idempotency key is a text.", code="idempotency_key", pointer="/idempotency_key")
    if not (version is None or (type(version) is int and version >= 0)):
        raise BadRequest("if_match is a version, a whole number.", code="if_match", pointer="/if_match")
    check(rest)
    sent = {"frame": dict(rest), "body": body}
    arguments: dict[str, Any] = {}
    for name, adapter in operation.params.items():
        if name not in rest:
            raise BadRequest(f"{name} is missing.", code="missing", pointer=f"/{name}")
        arguments[name] = validated(adapter, rest.pop(name), f"/{name}")
    if operation.query is not None:
        names = form.query if operation.body is not None else rest.keys()
        arguments["query"] = validated(operation.query, {name: rest.pop(name) for name in tuple(names & rest.keys())})
    if operation.body is not None and body is None:
        arguments["body"] = validated(operation.body, rest)
        rest = {}
    elif operation.body is not None:
        check(body, "/body")
        arguments["body"] = validated(operation.body, body, "/body")
    if rest or (body is not None and operation.body is None):
        raise BadRequest("There are fields that this request does not have.", code="extra_forbidden")
    context.if_match = version if operation.if_match else None
    context.claim = claimed(operation, context.caller.tenant_id, context.caller.id, key, sent)
    return arguments


def failure(identifier: str | None, error: RemoteError) -> bytes:
    """The answer to a request that was refused."""
    return json_frame({"type": "error", "id": identifier, "problem": error.problem()})
