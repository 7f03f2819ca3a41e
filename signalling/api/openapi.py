"""The OpenAPI 3.1 document, written from the very adapters that validate what comes in and shape what goes out.

For `/v1/openapi.json`, the rendered documentation and whoever generates a client. JSON Schema 2020-12. Invariants: it says neither more nor
less than the doors do (schemathesis compares them); the same operations give the same document.
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Literal

from pydantic import TypeAdapter

from signalling.api.idempotency import KEY_CHARACTERS_MOST
from signalling.api.operation import Operation

Json = dict[str, Any]
Mode = Literal["validation", "serialization"]

REF = "#/components/schemas/{model}"
SUMMARY = "Conversations, queue, calls, carts, orders and transcripts on one durable timeline."
DESCRIPTION = """
Everything a shop's back office, a rep's console and the widget can ask for. The same operations are served on the socket (`/v1/socket`).

**Identity.** `Authorization: Bearer TOKEN`, with a session token or an API key. What is another shop's or
customer's is not there (404).

**Errors** are problem details (RFC 9457); `code` is a stable word for programs, `errors[]` names every fault by its JSON pointer.

**Idempotency.** An operation that creates takes an `Idempotency-Key`: sent again with the same request within 24 hours it answers what it
answered then (`Idempotency-Replayed: true`); with another request 422; while the first is being answered 409. Refusals are not kept.

**Pages.** `limit` and `cursor`; the next page's cursor is `next_cursor`, and it is opaque.

**Versions.** What has a version is answered with it as its `ETag`. Where `If-Match` is needed, leaving it out is 428, naming another
version than the present one 412.

**Rates.** `RateLimit-Limit`, `-Remaining` and `-Reset` say what is left of a minute's requests; beyond it 429 with `Retry-After`.

**Text.** Control characters, and half surrogate pairs, are refused in any text; integers have at most 64 bits.
""".strip()

# What any operation may answer instead; which of them depends on what it takes.
PROBLEMS: Mapping[int, str] = {
    400: "Cannot be read: not JSON, not UTF-8, a field given twice.",
    401: "No token, or one that does not verify.",
    403: "The token's role may not do this, or the page's origin may not call here.",
    404: "There is no such thing, or it is somebody else's.",
    409: "It is in another state, or a request with the same Idempotency-Key is being answered.",
    412: "If-Match names another version than the present one.",
    413: "The body is too large.",
    415: "The body has another type than this takes.",
    422: "Can be read, but not taken; `errors` says where.",
    428: "This needs If-Match.",
    429: "Too many requests; Retry-After says when to come back.",
    503: "Not at the moment; Retry-After says when to come back. Nothing was changed, or it is not known: send it again with the same key.",
}

INTEGER: Json = {"type": "integer", "minimum": 0}
HEADERS: Json = {
    "ETag": {"description": "The version, for If-Match.", "schema": {"type": "string", "pattern": '^"[0-9]{1,18}"$'}},
    "Idempotency-Replayed": {"description": "This was answered before.", "schema": {"type": "string", "enum": ["true"]}},
    "RateLimit-Limit": {"description": "Requests a minute.", "schema": INTEGER},
    "RateLimit-Remaining": {"description": "Requests that are left.", "schema": INTEGER},
    "RateLimit-Reset": {"description": "Seconds until all of them are there again.", "schema": INTEGER},
    "RateLimit-Policy": {"description": "The limit and its window in seconds.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
    "X-Request-Id": {"description": "Names this request in our log; yours, if you sent one.", "schema": {"type": "string"}},
}
PARAMETERS: Json = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Makes sending this again harmless, for 24 hours.",
        "schema": {"type": "string", "pattern": f"^[ -~]{{1,{KEY_CHARACTERS_MOST}}}$", "examples": ["01JD3Q8Z6W0V7M9K4C2T5B8N1X"]},
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "description": "The version that you have seen, as its ETag. Needed (428) where the body names none.",
        "schema": {"type": "string", "pattern": '^"(0|[1-9][0-9]{0,17})"$', "examples": ['"7"']},
    },
}
PROBLEM: Json = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "const": "about:blank"},
        "title": {"type": "string", "examples": ["Unprocessable content"]},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "One sentence for a person."},
        "code": {"type": "string", "description": "A stable word for programs.", "examples": ["invalid"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer (RFC 6901).", "examples": ["/lines/0/quantity"]},
                    "code": {"type": "string", "examples": ["less_than_equal"]},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


def document(operations: Iterable[Operation], address: str = "") -> Json:
    """The whole document. `address`: where the server is reached; relative where empty."""
    operations = list(operations)
    schemas, components = _schemas(operations)
    paths: dict[str, Json] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schemas, components)
    kept = _used({"paths": paths}, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tresen", "version": version("tresen"), "summary": SUMMARY, "description": DESCRIPTION},
        "servers": [{"url": address or "/"}],
        "tags": [{"name": name} for name in dict.fromkeys(each.tag for each in operations)],
        "paths": paths,
        "components": {
            "schemas": {"Problem": PROBLEM, **kept},
            "responses": {_response_name(status): _problem(status, text) for status, text in PROBLEMS.items()},
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "A session token or an API key."},
            },
        },
    }


def _schemas(operations: list[Operation]) -> tuple[Mapping[tuple[str, Mode], Json], Json]:
    """Schema by (operation.name/place, mode), and the components that they refer to, each once."""
    inputs: list[tuple[str, Mode, TypeAdapter[Any]]] = []
    for operation in operations:
        parts = {"query": operation.query, "body": operation.body, **{f"path/{n}": a for n, a in operation.params.items()}}
        inputs += [(f"{operation.name}/{place}", "validation", adapter) for place, adapter in parts.items() if adapter is not None]
        if operation.returns is not None:
            inputs.append((f"{operation.name}/returns", "serialization", operation.returns))
    schemas, rest = TypeAdapter.json_schemas(inputs, ref_template=REF)
    components = {name: _mended(schema) for name, schema in rest.get("$defs", {}).items()}
    return {key: _mended(schema) for key, schema in schemas.items()}, components


def _operation(operation: Operation, schemas: Mapping[tuple[str, Mode], Json], components: Json) -> Json:
    made: Json = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": _parameters(operation, schemas, components),
        "responses": _responses(operation, schemas),
        "security": [{"bearer": []}] if operation.roles else [],
    }
    if operation.description:
        made["description"] = operation.description
    if operation.roles:
        made["x-roles"] = sorted(operation.roles)
    if operation.socket:
        made["x-socket"] = True
    if operation.body is not None:
        schema = schemas[f"{operation.name}/body", "validation"]
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    elif operation.body_types:
        made["requestBody"] = {
            "required": True,
            "description": f"{operation.body_bytes} bytes at most.",
            "content": {each: {} for each in operation.body_types},
        }
    return {name: value for name, value in made.items() if value != [] or name == "security"}


def _parameters(operation: Operation, schemas: Mapping[tuple[str, Mode], Json], components: Json) -> list[Json]:
    found: list[Json] = []
    for name in operation.params:
        found.append(_parameter(name, "path", schemas[f"{operation.name}/path/{name}", "validation"], required=True))
    if operation.query is not None:
        whole = _target(schemas[f"{operation.name}/query", "validation"], components)
        for name, schema in whole.get("properties", {}).items():
            found.append(_parameter(name, "query", _without_null(schema), required=name in whole.get("required", ())))
    if operation.creates and operation.roles:
        found.append({"$ref": "#/components/parameters/IdempotencyKey"})
    if operation.if_match:
        found.append({"$ref": "#/components/parameters/IfMatch"})
    return found


def _parameter(name: str, place: str, schema: Json, *, required: bool) -> Json:
    made: Json = {"name": name, "in": place, "required": required, "schema": schema}
    if "description" in schema:
        made["description"] = schema["description"]
    return made


def _responses(operation: Operation, schemas: Mapping[tuple[str, Mode], Json]) -> Json:
    names = ["X-Request-Id", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy"]
    names += ["Idempotency-Replayed"] if operation.creates else []
    names += ["ETag"] if operation.returns is not None else []
    success: Json = {
        "description": operation.summary or "Done.",
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
    }
    status = operation.status
    if operation.returns is not None:
        success["content"] = {"application/json": {"schema": schemas[f"{operation.name}/returns", "serialization"]}}
    elif operation.raw:
        success["content"] = {each.strip(): {} for each in operation.media_type.split(",")}
    else:
        status = 204 if status == 200 else status
    answers: Json = {str(status): success}
    for problem in _problems(operation):
        answers[str(problem)] = {"$ref": f"#/components/responses/{_response_name(problem)}"}
    return answers


def _problems(operation: Operation) -> list[int]:
    """Every status but those of what the operation does not take."""
    absent: set[int] = set()
    if not operation.roles:
        absent |= {401} if operation.limit == "read" else set()
    if operation.body is None and not operation.body_types:
        absent |= {413, 415}
    if not operation.if_match:
        absent |= {428}
    return [status for status in PROBLEMS if status not in absent]


def _problem(status: int, text: str) -> Json:
    headers = ["X-Request-Id", *(["Retry-After"] if status in (429, 503) else [])]
    return {
        "description": text,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
        "content": {"application/problem+json": {"schema": {"$ref": REF.format(model="Problem")}}},
    }


def _response_name(status: int) -> str:
    return HTTPStatus(status).name.title().replace("_", "")


def _without_null(schema: Json) -> Json:
    """A query cannot say null; leaving the field out means it."""
    choices = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    rest = {name: value for name, value in schema.items() if name != "anyOf" and not (name == "default" and value is None)}
    if not choices:
        return rest
    return {**rest, **choices[0]} if len(choices) == 1 else {**rest, "anyOf": choices}


def _target(schema: Json, components: Json) -> Json:
    while "$ref" in schema:
        schema = components[schema["$ref"].rpartition("/")[2]]
    return schema


def _used(value: Any, components: Json) -> Json:
    """The components that are referred to, directly or by others, in the order of their names."""
    names: set[str] = set()
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, dict):
            name = str(each.get("$ref", "")).removeprefix("#/components/schemas/")
            if name in components and name not in names:
                names.add(name)
                pending.append(components[name])
            pending.extend(each.values())
        elif isinstance(each, list):
            pending.extend(each)
    return {name: components[name] for name in sorted(names)}


def _mended(schema: Any) -> Any:
    """Pydantic's schema with its noise taken out, and said exactly what it leaves open."""
    if isinstance(schema, list):
        return [_mended(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _mended(value) for name, value in schema.items()}
    if isinstance(made.get("title"), str):  # derived from the field's name: says nothing
        del made["title"]
    if "patternProperties" in made:
        # Pydantic refuses the keys that the pattern does not fit; JSON Schema would let them pass.
        ((pattern, values),) = made.pop("patternProperties").items()
        made["propertyNames"] = {**made.get("propertyNames", {}), "pattern": pattern}
        made["additionalProperties"] = values
    return made
