"""The media server's HTTP edge: WHIP and WHEP, metrics, health; errors as problem details, CORS.

`application(server)` is a whole aiohttp application; a larger one mounts it as a sub-application or takes `setup`. The only place
here that turns errors into responses. RFC 9457 (problem details), the Fetch standard (CORS), RFC 9110.
"""

import json
import logging
from collections.abc import Callable, Sequence
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from mediaserver.errors import PROBLEM_CONTENT_TYPE, MethodNotAllowed, NotFound, RemoteError
from mediaserver.metrics import Metrics
from mediaserver.protocol.whip import Whip
from mediaserver.server import MediaServer

log = logging.getLogger(__name__)


# A request whose CORS headers an inner middleware gives, by rules of its own, has this set.
CORS_DONE = web.RequestKey("tresen.cors_done", bool)
CORS_METHODS = "GET, POST, PATCH, DELETE, OPTIONS"
CORS_REQUEST_HEADERS = "Authorization, Content-Type, If-Match, If-None-Match"
CORS_EXPOSED_HEADERS = "Location, ETag, Link, Retry-After, Accept-Post, Accept-Patch"
# Browsers cap it at two hours (Chromium) or a day (Firefox); a changed configuration is seen within one.
CORS_MAX_AGE_S = 3600


def problem(error: RemoteError) -> web.Response:
    """The RFC 9457 response for an error of the peer's."""
    return web.Response(
        status=error.status, body=json.dumps(error.problem()).encode(), content_type=PROBLEM_CONTENT_TYPE, headers=error.headers
    )


def of_framework(error: web.HTTPException) -> web.Response:
    """aiohttp's own refusals (no such route, no such method) in the same form as ours."""
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = sorted({*error.allowed_methods, "OPTIONS"})
        return problem(MethodNotAllowed(f"{error.method} is not one of {', '.join(allowed)}.", headers={"Allow": ", ".join(allowed)}))
    if isinstance(error, web.HTTPNotFound):
        return problem(NotFound("There is no such resource."))
    body = {"type": "about:blank", "title": error.reason, "status": error.status}
    return web.Response(status=error.status, body=json.dumps(body).encode(), content_type=PROBLEM_CONTENT_TYPE)


def nobody(_: str) -> bool:
    """Admits no origin."""
    return False


def edge(origins: Sequence[str], admits: Callable[[str], bool] = nobody) -> Middleware:
    """The middleware: every error is a problem document, every response carries CORS headers for `origins` ("*" is everybody) and for those
    that `admits` at the time, which an application knows from elsewhere.
    """
    anybody = "*" in origins
    allowed = frozenset(origins)

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            response = await handler(request)
        except RemoteError as error:
            response = problem(error)
        except web.HTTPException as error:
            response = of_framework(error)
        except Exception:
            log.exception("Request failed: %s %s", request.method, request.match_info.route.resource)
            body = {"type": "about:blank", "title": HTTPStatus.INTERNAL_SERVER_ERROR.phrase, "status": 500}
            response = web.Response(status=500, body=json.dumps(body).encode(), content_type=PROBLEM_CONTENT_TYPE)
        if request.get(CORS_DONE):
            return response
        origin = request.headers.get("Origin")
        if not anybody:
            own = response.headers.get("Vary")
            response.headers["Vary"] = f"{own}, Origin" if own else "Origin"
        if origin is not None and (anybody or origin in allowed or admits(origin)):
            response.headers["Access-Control-Allow-Origin"] = "*" if anybody else origin
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Methods"] = CORS_METHODS
                response.headers["Access-Control-Allow-Headers"] = CORS_REQUEST_HEADERS
                response.headers["Access-Control-Max-Age"] = str(CORS_MAX_AGE_S)
            else:
                response.headers["Access-Control-Expose-Headers"] = CORS_EXPOSED_HEADERS
        return response

    return middleware


def setup(app: web.Application, server: MediaServer, metrics: Metrics | None = None) -> None:
    """Adds the routes to an application that has the `edge` middleware. `metrics`: to render in place of the server's own."""

    async def live(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def ready(_: web.Request) -> web.Response:
        if server.ready:
            return web.json_response({"status": "ok"})
        return web.json_response({"status": "draining" if server.draining else "stopped"}, status=503, headers={"Retry-After": "5"})

    async def exposition(request: web.Request) -> web.Response:
        body, content_type = (metrics or server.metrics).render(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})

    app.router.add_get("/health/live", live)
    app.router.add_get("/health/ready", ready)
    app.router.add_get("/metrics", exposition)
    Whip(server, "whip").add_to(app)
    Whip(server, "whep").add_to(app)


def application(server: MediaServer, metrics: Metrics | None = None, admits: Callable[[str], bool] = nobody) -> web.Application:
    """An aiohttp application of this server's endpoints; starting and stopping the server is the caller's. `admits`: see `edge`."""
    app = web.Application(middlewares=[edge(server.settings.cors_origins, admits)])
    setup(app, server, metrics)
    return app
