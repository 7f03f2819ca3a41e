"""The REST door: turns HTTP requests into operations and their answers into HTTP.

For `app`. Errors become problem documents in `api.edge`, around this. Reads nothing of a body before the caller may ask at all: token, then
role, then rate, then content.
"""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from mediaserver.errors import BadRequest, PreconditionFailed, TooLarge, Unauthorized, UnsupportedMediaType
from signalling.api import edge
from signalling.api.input import json_value, query_values, validated
from signalling.api.operation import Context, Operation, Raw
from signalling.api.perform import Answer, admit, claimed, perform
from signalling.identity.caller import Caller, Role
from signalling.services import Services

NOBODY = Caller(tenant_id="", id="", role=Role.CUSTOMER)
# Quoted, as RFC 9110 has it; without quotes it can mean nothing else.
ETAG = re.compile(r'"(0|[1-9][0-9]{0,17})"|(0|[1-9][0-9]{0,17})')
CHUNK_BYTES = 64 * 1024

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def mount(application: web.Application, operations: list[Operation], services: Services) -> None:
    """Adds a route for each operation; what can be got can be asked for its head too."""
    for operation in operations:
        handler = _handler(operation, services)
        application.router.add_route(operation.method, operation.path, handler)
        if operation.method == "GET":
            application.router.add_route("HEAD", operation.path, handler)


def _handler(operation: Operation, services: Services) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        request[edge.OPERATION] = operation.name
        remote = edge.address(request, services.settings.forwarded_hops)
        context = Context(
            services,
            await _caller(request, services, remote) if operation.roles else NOBODY,
            operation,
            remote=remote,
            content_type=request.content_type,
            request_headers=request.headers,
        )
        await edge.require_site_origin(request, services, context.caller)
        verdict = admit(context)
        if verdict is not None:
            context.headers.update(verdict.headers)
        arguments = await _arguments(request, context)
        return _response(request, context, await perform(context, arguments, "rest"))

    return handle


async def _caller(request: web.Request, services: Services, remote: str) -> Caller:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthorized("A bearer token is needed.", code="token_missing")
    services.doors.patience(remote)
    try:
        return await services.identity.authenticate(token.strip())
    except Unauthorized as error:
        services.doors.refused(remote)
        services.metrics.token_refused(error.code)
        raise


async def _arguments(request: web.Request, context: Context) -> dict[str, Any]:
    """Everything that was sent, validated. Fills the context's raw body, version and claim."""
    operation = context.operation
    pieces = {name: kind.read(request.match_info[name]) for name, kind in operation.param_kinds.items()}
    arguments = {name: validated(operation.params[name], value, f"/path/{name}") for name, value in pieces.items()}
    query: dict[str, Any] = {}
    if operation.query is not None:
        query = query_values(request.rel_url.raw_query_string, operation.query_kinds)
        arguments["query"] = validated(operation.query, query, "/query")
    body: Any = None
    if operation.body is not None or operation.body_types:
        context.raw = await _read(request, operation.body_bytes)
        if operation.body is not None:
            body = _json(request, context.raw)
            arguments["body"] = validated(operation.body, body)
        else:
            _require_type(request, operation.body_types)
            body = context.raw
            arguments["body"] = context.raw
    if operation.if_match:
        context.if_match = _version(request.headers.getall("If-Match", []))
    caller = context.caller
    sent = {"path": pieces, "query": query, "body": body}
    context.claim = claimed(operation, caller.tenant_id, caller.id, request.headers.get("Idempotency-Key"), sent)
    return arguments


def _json(request: web.Request, raw: bytes) -> Any:
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise UnsupportedMediaType("This takes application/json.", headers={"Accept": "application/json"})
    charset = request.charset
    if charset is not None and charset.lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType("JSON is UTF-8.")
    return json_value(raw)


def _require_type(request: web.Request, types: tuple[str, ...]) -> None:
    if "*/*" not in types and request.content_type not in types:
        raise UnsupportedMediaType(f"This takes {', '.join(types)}.")


def _response(request: web.Request, context: Context, answer: Answer) -> web.StreamResponse:
    headers = dict(context.headers)
    if answer.replayed:
        headers["Idempotency-Replayed"] = "true"
        _tag_again(answer, headers)
    body = answer.body
    if isinstance(body, Raw):
        headers = {**headers, **body.headers, "Content-Type": body.content_type}
        return web.Response(status=answer.status, body=body.content, headers=headers)
    if answer.status == 204:
        return web.Response(status=204, headers=headers)
    return web.Response(status=answer.status, body=body, content_type="application/json", headers=headers)


def _tag_again(answer: Answer, headers: dict[str, str]) -> None:
    """The ETag of an answer that is given once more: of the version it had then."""
    value = json.loads(answer.body) if isinstance(answer.body, bytes) and answer.body else None
    if isinstance(value, dict) and isinstance(value.get("version"), int):
        headers["ETag"] = f'"{value["version"]}"'


async def _read(request: web.Request, most: int) -> bytes:
    too_large = TooLarge(f"The body has at most {most} bytes.")
    if (request.content_length or 0) > most:
        raise too_large
    body = bytearray()
    async for chunk in request.content.iter_chunked(CHUNK_BYTES):
        body += chunk
        if len(body) > most:
            raise too_large
    return bytes(body)


def _version(headers: list[str]) -> int | None:
    """The version that If-Match names (RFC 9110 section 13.1.1); None where it names none, for the operation to judge.

    A weak tag matches nothing, as that section says. `*` would overwrite what the caller has not seen, so it counts as none.
    """
    if not headers or headers == ["*"]:
        return None
    text = ",".join(headers).strip()
    found = ETAG.fullmatch(text)
    if found:
        return int(found[1] or found[2])
    if re.fullmatch(r'(W/)?"[\x21\x23-\x7e]*"', text):
        raise PreconditionFailed("If-Match names no version that there is.")
    raise BadRequest('If-Match names one version, such as "7".', code="if_match")
