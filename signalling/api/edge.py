"""The edge of the API: request ids, security headers, who may call from a web page (CORS), errors as problem documents.

Inside `mediaserver.http.edge`, around the REST door and the socket. RFC 9457, RFC 9110, RFC 6797 (HSTS), the Fetch standard. A page may
call from our own origin, from one of a site's or from a configured one; a foreign page's request that could change something, or open a
socket, is refused before anything else looks at it, whatever token it has.

Invariant: an answer tells nothing of ours: no stack, no value; what failed is in the log once, under the id that the answer carries.
"""

import json
import logging
import re
import secrets
import time
import traceback
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from mediaserver import http
from mediaserver.errors import PROBLEM_CONTENT_TYPE, Forbidden, RemoteError, Unavailable
from signalling.identity.caller import Caller
from signalling.services import Services

log = logging.getLogger(__name__)

PREFIX = "/v1/"
OPERATION = web.RequestKey("tresen.operation", str)
IDENTITY = web.RequestKey("tresen.request_id", str)
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

CORS_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
CORS_REQUEST_HEADERS = "Authorization, Content-Type, Idempotency-Key, If-Match, X-Request-Id"
CORS_EXPOSED_HEADERS = (
    "Content-Disposition, ETag, Idempotency-Replayed, Location, RateLimit-Limit, RateLimit-Policy, RateLimit-Remaining, RateLimit-Reset, "
    "Retry-After, X-Request-Id"
)
# Browsers cap it at two hours (Chromium) or a day (Firefox); a changed site is seen within ten minutes.
CORS_MAX_AGE_S = 600
# A year, as browsers' preload lists ask; without subdomains, which may not be ours.
HSTS = "max-age=31536000"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
API_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
}


def mount(application: web.Application, services: Services) -> None:
    """Adds the middleware and the headers of every answer to an application that is not running yet."""
    application.middlewares.append(middleware(services))
    application.on_response_prepare.append(header_writer(services))


def middleware(services: Services) -> Middleware:
    """See the module; paths outside the API pass untouched."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith(PREFIX):
            return await handler(request)
        began_s = time.perf_counter()
        request[http.CORS_DONE] = True
        asked = request.headers.get("X-Request-Id", "")
        request_id = request[IDENTITY] = asked if REQUEST_ID.fullmatch(asked) else secrets.token_hex(12)
        origin = request.headers.get("Origin")
        admitted = False
        response: web.StreamResponse
        try:
            admitted = origin is not None and (_own(request, services, origin) or await services.doors.origins.admits(origin))
            if origin is not None and not admitted and (request.method not in SAFE or _upgrades(request) or _preflight(request)):
                raise Forbidden("This origin may not call here; add it to the site's origins.", code="origin")
            response = _options(request) if request.method == "OPTIONS" else await handler(request)
        except RemoteError as error:
            response = http.problem(error)
        except web.HTTPException as error:
            response = http.of_framework(error)
        except Exception as error:  # noqa: BLE001 - whatever failed, the caller is answered and the log has it
            # Without the error's own words, which may quote a customer's.
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error("Request failed: request=%s operation=%s %s\n%s", request_id, request.get(OPERATION), type(error).__name__, where)
            body = {"type": "about:blank", "title": HTTPStatus.INTERNAL_SERVER_ERROR.phrase, "status": 500, "request_id": request_id}
            response = web.Response(status=500, body=json.dumps(body).encode(), content_type=PROBLEM_CONTENT_TYPE)
        if not response.prepared:
            response.headers["X-Request-Id"] = request_id
            response.headers["Vary"] = "Origin"
            if admitted and origin is not None:
                _allow(request, response, origin)
        services.metrics.request("rest", request.get(OPERATION, "none"), response.status, time.perf_counter() - began_s)
        return response

    return guard


def header_writer(services: Services) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """A signal handler that gives every answer, streams too, its security headers; what an answer says itself stays."""

    async def write(request: web.Request, response: web.StreamResponse) -> None:
        wanted = {**HEADERS, **API_HEADERS} if request.path.startswith(PREFIX) else HEADERS
        if is_https(request, services):
            wanted = {**wanted, "Strict-Transport-Security": HSTS}
        for name, value in wanted.items():
            if name not in response.headers:
                response.headers[name] = value

    return write


def address(request: web.Request, hops: int) -> str:
    """The caller's address: the peer's, or what the outermost of `hops` trusted proxies saw."""
    if hops:
        seen = [each.strip() for each in ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")]
        if len(seen) >= hops and seen[-hops]:
            return seen[-hops][:64]
    return request.remote or ""


def is_https(request: web.Request, services: Services) -> bool:
    """Whether the caller reached us by HTTPS, here or at a proxy in front."""
    forwarded = services.settings.forwarded_hops and request.headers.get("X-Forwarded-Proto", "") == "https"
    return bool(request.secure or forwarded or services.settings.public_url.startswith("https://"))


async def require_site_origin(request: web.Request, services: Services, caller: Caller) -> None:
    """Forbidden for a page of another site than the caller's token is for."""
    origin = request.headers.get("Origin")
    if origin is None or not caller.site_id or _own(request, services, origin):
        return
    if not await services.doors.origins.admits_for(caller.tenant_id, caller.site_id, origin):
        raise Forbidden("This origin is not one of the token's site.", code="origin")


def _own(request: web.Request, services: Services, origin: str) -> bool:
    """Our own origin, as the request or the configuration names it, one that the configuration adds, or a site's."""
    if origin in services.settings.api_origins or services.identity.admits(origin):
        return True
    public = urlsplit(services.public_url())
    if public.scheme and origin == f"{public.scheme}://{public.netloc}":
        return True
    return origin in (f"http://{request.host}", f"https://{request.host}")


def _upgrades(request: web.Request) -> bool:
    return request.headers.get("Upgrade", "").lower() == "websocket"


def _preflight(request: web.Request) -> bool:
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def _options(request: web.Request) -> web.StreamResponse:
    """What may be done here, which aiohttp's router knows when it finds no handler for OPTIONS."""
    error = request.match_info.http_exception
    if isinstance(error, web.HTTPMethodNotAllowed):
        return web.Response(status=204, headers={"Allow": ", ".join(sorted({*error.allowed_methods, "OPTIONS"}))})
    raise error or Unavailable("There is a handler for OPTIONS that nobody made.")


def _allow(request: web.Request, response: web.StreamResponse, origin: str) -> None:
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = CORS_METHODS
        response.headers["Access-Control-Allow-Headers"] = CORS_REQUEST_HEADERS
        response.headers["Access-Control-Max-Age"] = str(CORS_MAX_AGE_S)
    else:
        response.headers["Access-Control-Expose-Headers"] = CORS_EXPOSED_HEADERS
