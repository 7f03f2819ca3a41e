"""Webhook endpoints: who is told what, what became of each message, and sending again."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field

from mediaserver.errors import Unprocessable
from signalling import webhooks
from signalling.addresses import checked_url
from signalling.api.models import Body, Page, PageQuery, id_field
from signalling.api.operation import Context, Operations
from signalling.identity.caller import ADMINS
from signalling.ids import is_id, new_id
from signalling.times import from_datetime
from signalling.webhooks import EVENTS, Attempt, Endpoint, EndpointSecret, Replayed

operations = Operations("Webhooks")

EndpointId = Annotated[str, id_field("we", "a webhook endpoint")]
EventName = Literal[EVENTS]  # type: ignore[valid-type]  # mypy wants the names written out; there is one list of them
Description = Annotated[str, Field(max_length=200)]
Url = Annotated[
    str,
    Field(min_length=1, max_length=2048, description="https, public address, no user name.", examples=["https://shop.example/hooks"]),
]


class NewEndpoint(Body):
    """Where events go, and which; no kinds: all of them."""

    url: Url
    kinds: list[EventName] = Field(default=[], max_length=len(EVENTS))
    description: Description = ""


class EndpointChange(Body):
    """What is left out stays."""

    url: Url | None = None
    kinds: list[EventName] | None = Field(default=None, max_length=len(EVENTS))
    description: Description | None = None
    status: Literal["enabled", "disabled"] | None = None


class Endpoints(BaseModel):
    """All of them."""

    data: list[Endpoint]


class AttemptsQuery(PageQuery):
    """Which messages."""

    status: Literal["pending", "done", "dead"] | None = None


class Replay(Body):
    """Which messages to send again: these, or all that are dead, since a time where one is given."""

    ids: list[Annotated[str, id_field("evt", "a message")]] = Field(default=[], max_length=100)
    since: AwareDatetime | None = None


@operations.add("webhook.create", "POST", "/v1/webhooks", roles=ADMINS, status=201, creates=True)
async def create(context: Context, body: NewEndpoint) -> EndpointSecret:
    """Adds an endpoint.

    The answer holds the secret that signs its messages (Standard Webhooks); it is not shown again.
    """
    url = str(checked_url(body.url, private=context.services.settings.webhook_private_addresses))
    return await context.write(webhooks.create, context.tenant_id, new_id("we"), url, body.kinds, body.description)


@operations.add("webhook.list", "GET", "/v1/webhooks", roles=ADMINS)
async def listed(context: Context) -> Endpoints:
    """All endpoints."""
    return Endpoints(data=await context.read(webhooks.listed, context.tenant_id))


@operations.add("webhook.read", "GET", "/v1/webhooks/{endpoint_id}", roles=ADMINS)
async def read(context: Context, endpoint_id: EndpointId) -> Endpoint:
    """One endpoint."""
    return await context.read(webhooks.read, context.tenant_id, endpoint_id)


@operations.add("webhook.change", "PATCH", "/v1/webhooks/{endpoint_id}", roles=ADMINS)
async def change(context: Context, endpoint_id: EndpointId, body: EndpointChange) -> Endpoint:
    """Changes an endpoint.

    Disabling drops what is on its way; `POST .../replay` sends it again later.
    """
    url = None if body.url is None else str(checked_url(body.url, private=context.services.settings.webhook_private_addresses))
    return await context.write(
        webhooks.change, context.tenant_id, endpoint_id, url=url, kinds=body.kinds, description=body.description, status=body.status
    )


@operations.add("webhook.remove", "DELETE", "/v1/webhooks/{endpoint_id}", roles=ADMINS)
async def remove(context: Context, endpoint_id: EndpointId) -> None:
    """Removes an endpoint, and what was on its way to it."""
    await context.write(webhooks.remove, context.tenant_id, endpoint_id)


@operations.add("webhook.rotate", "POST", "/v1/webhooks/{endpoint_id}/secret", roles=ADMINS, creates=True)
async def rotate(context: Context, endpoint_id: EndpointId) -> EndpointSecret:
    """Makes a new secret. For 24 hours messages carry the signatures of both."""
    return await context.write(webhooks.rotate, context.tenant_id, endpoint_id)


@operations.add("webhook.messages", "GET", "/v1/webhooks/{endpoint_id}/messages", roles=ADMINS)
async def messages(context: Context, endpoint_id: EndpointId, query: AttemptsQuery) -> Page[Attempt]:
    """What was sent or is to be sent, the newest first, with how the last attempt went."""
    if query.cursor is not None and not is_id("evt", query.cursor):
        raise Unprocessable("This cursor is not one of ours.", code="cursor")
    found = await context.read(
        webhooks.attempts, context.tenant_id, endpoint_id, status=query.status, before_id=query.cursor, limit=query.limit + 1
    )
    page, more = found[: query.limit], len(found) > query.limit
    return Page[Attempt](data=page, next_cursor=page[-1].id if more else None, has_more=more)


@operations.add("webhook.replay", "POST", "/v1/webhooks/{endpoint_id}/replay", roles=ADMINS)
async def replay(context: Context, endpoint_id: EndpointId, body: Replay) -> Replayed:
    """Sends messages again, with their former ids, in their order."""
    since_us = None if body.since is None else from_datetime(body.since)
    return await context.write(webhooks.replay, context.tenant_id, endpoint_id, ids=body.ids, since_us=since_us)
