"""What the core leans on, and whether it answers: for people and dashboards, not for whoever restarts processes.

`/health/dependencies` asks the database, the mail server's settings and the media server, each within a second. Always 200 with a verdict
for each, since a missing mail server is no reason to restart anything; liveness and readiness are the media server's own. Where there is
no media server in the process, `/health/live`, `/health/ready` and `/metrics` are served here too.
"""

import asyncio
import time
from typing import Any

from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import select

from mediaserver.errors import TresenError
from signalling.calling.media import NoMedia
from signalling.services import Services
from signalling.store import Transaction
from signalling.store.tables.tenants import tenants

ASKED_S = 1.0


def mount(application: web.Application, services: Services) -> None:
    """Adds the routes that the application has not got."""

    async def dependencies(_: web.Request) -> web.Response:
        found = {"database": await database(services), "mail": mail(services), "media": media(services)}
        verdict = "ok" if all(each["status"] in ("ok", "off") for each in found.values()) else "degraded"
        return web.json_response({"status": verdict, "dependencies": found}, headers={"Cache-Control": "no-store"})

    async def live(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def ready(_: web.Request) -> web.Response:
        found = await database(services)
        if found["status"] == "ok":
            return web.json_response({"status": "ok"})
        return web.json_response({"status": "waiting"}, status=503, headers={"Retry-After": "5"})

    async def exposition(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(services.metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    there = {resource.canonical for resource in application.router.resources()}
    routes = {"/health/dependencies": dependencies, "/health/live": live, "/health/ready": ready, "/metrics": exposition}
    for path, handler in routes.items():
        if path not in there:
            application.router.add_get(path, handler)


async def database(services: Services) -> dict[str, Any]:
    """Whether a work comes back, and how soon."""

    def work(tx: Transaction) -> None:
        tx.first(select(tenants.c.id).limit(1))

    began_s = time.perf_counter()
    try:
        async with asyncio.timeout(ASKED_S):
            await services.store.read(work)
    except (TresenError, TimeoutError):
        return {"status": "failed", "detail": "does not answer"}
    return {"status": "ok", "seconds": round(time.perf_counter() - began_s, 6)}


def mail(services: Services) -> dict[str, Any]:
    """Whether mail can be sent at all."""
    return {"status": "ok"} if services.settings.smtp_url else {"status": "off", "detail": "TRESEN_SMTP_URL is not set"}


def media(services: Services) -> dict[str, Any]:
    """Whether there is a media plane for calls."""
    if isinstance(services.media, NoMedia):
        return {"status": "off", "detail": "there is no media server in this process"}
    return {"status": "ok"}
