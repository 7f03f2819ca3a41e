"""The REST door: turns HTTP requests into operations and their answers into HTTP.

For `app`. Errors become problem documents in `mediaserver.http.edge`, around this.
"""

from typing import Any

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from mediaserver.errors import BadRequest, TooLarge, Unauthorized, UnsupportedMediaType
from signalling.api.operation import Context, Operation, Raw
from signalling.api.problem import invalid
from signalling.identity.caller import Caller, Role
from signalling.services import Services

NOBODY = Caller(tenant_id="", id="", role=Role.CUSTOMER)


def mount(application: web.Application, operations: list[Operation], services: Services) -> None:
    """Adds a route for each operation."""
    for operation in operations:
        application.router.add_route(operation.method, operation.path, _handler(operation, services))


def _handler(operation: Operation, services: Services) -> Any:
    async def handle(request: web.Request) -> web.StreamResponse:
        caller = NOBODY
        if operation.roles:
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            if scheme.lower() != "bearer":
                raise Unauthorized("A bearer token is needed.", code="token_missing")
            caller = await services.identity.authenticate(token.strip())
            caller.require(operation.roles)
        context = Context(
            services,
            caller,
            operation,
            idempotency_key=request.headers.get("Idempotency-Key"),
            if_match=_version(request.headers.get("If-Match")),
            remote=request.remote or "",
            content_type=request.content_type,
            request_headers=request.headers,
        )
        arguments: dict[str, Any] = {
            name: _validated(adapter, request.match_info[name], f"/path/{name}") for name, adapter in operation.params.items()
        }
        if operation.query is not None:
            arguments["query"] = _validated(operation.query, dict(request.query), "/query")
        if operation.body is not None or operation.body_types:
            context.raw = await _read(request, operation.body_bytes)
            if operation.body is not None:
                arguments["body"] = _validated_json(operation.body, context.raw)
            elif request.content_type not in operation.body_types and "*/*" not in operation.body_types:
                raise UnsupportedMediaType(f"This takes {', '.join(operation.body_types)}.")
            else:
                arguments["body"] = context.raw
        answer = await operation.handler(context, **arguments)
        return _response(operation, context, answer)

    return handle


def _response(operation: Operation, context: Context, answer: Any) -> web.StreamResponse:
    if isinstance(answer, Raw):
        headers = {**context.headers, **answer.headers, "Content-Type": answer.content_type}
        return web.Response(status=operation.status, body=answer.content, headers=headers)
    if operation.returns is None:
        return web.Response(status=204 if operation.status == 200 else operation.status, headers=context.headers)
    body = operation.returns.dump_json(answer)
    return web.Response(status=operation.status, body=body, content_type="application/json", headers=context.headers)


async def _read(request: web.Request, most: int) -> bytes:
    if (request.content_length or 0) > most:
        raise TooLarge(f"The body has at most {most} bytes.")
    body = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > most:
            raise TooLarge(f"The body has at most {most} bytes.")
    return bytes(body)


def _validated(adapter: TypeAdapter[Any], value: Any, where: str) -> Any:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise invalid(error, where) from None


def _validated_json(adapter: TypeAdapter[Any], body: bytes) -> Any:
    try:
        return adapter.validate_json(body)
    except ValidationError as error:
        raise invalid(error) from None


def _version(header: str | None) -> int | None:
    if header is None:
        return None
    text = header.strip().removeprefix("W/").strip('"')
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise BadRequest('If-Match names a version, such as "7".')
    return int(text)
