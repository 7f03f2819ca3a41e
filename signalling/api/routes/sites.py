"""Sites and what they sign with; API keys; for a tenant's admins."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field

from signalling.addresses import checked_url
from signalling.api.models import Body, id_field
from signalling.api.operation import Context, Operations
from signalling.api.routes.sessions import SiteId
from signalling.identity import api_keys, sites
from signalling.identity.api_keys import ApiKey
from signalling.identity.caller import ADMINS, PUBLIC
from signalling.identity.sites import Site, SiteKey
from signalling.routing.place import Reception
from signalling.times import from_datetime

operations = Operations("Sites and keys")

Name = Annotated[str, Field(min_length=1, max_length=200)]
Origins = Annotated[list[Annotated[str, Field(max_length=300)]], Field(max_length=50, examples=[["https://shop.example"]])]
# What shops name their keys; those we name begin with `skey_`.
KeyId = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9._~-]+$")]
ApiKeyId = Annotated[str, id_field("key", "an API key")]


class NewSite(Body):
    """A site and the origins of its pages; `*`: any page."""

    name: Name
    origins: Origins


class SiteChange(Body):
    """What is left out stays."""

    name: Name | None = None
    origins: Origins | None = None
    status: Literal["enabled", "disabled"] | None = None


class NewSiteKey(Body):
    """One key, one algorithm. HS256: the secret is made here. EdDSA, RS256: a public key in PEM, or the URL of a JWK set."""

    algorithm: Literal["HS256", "EdDSA", "RS256"]
    kid: KeyId | None = None
    public_key_pem: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    jwks_url: Annotated[str, Field(min_length=1, max_length=1024)] | None = None


class NewApiKey(Body):
    """What the key is for, and what its holder may do."""

    name: Name
    role: Literal["rep", "supervisor", "admin"] = "admin"
    expires_at: AwareDatetime | None = None


class Sites(BaseModel):
    """All of a tenant's."""

    data: list[Site]


class ApiKeys(BaseModel):
    """All of a tenant's."""

    data: list[ApiKey]


@operations.add("site.list", "GET", "/v1/sites", roles=ADMINS)
async def list_sites(context: Context) -> Sites:
    """The tenant's sites."""
    return Sites(data=await context.read(sites.list_all, context.tenant_id))


@operations.add("site.create", "POST", "/v1/sites", roles=ADMINS, status=201, creates=True)
async def create(context: Context, body: NewSite) -> Site:
    """A new site."""
    return await context.write(sites.add, context.tenant_id, context.caller.actor, body.name, body.origins)


@operations.add("site.read", "GET", "/v1/sites/{site_id}", roles=ADMINS)
async def read(context: Context, site_id: SiteId) -> Site:
    """A site with its keys."""
    return await context.read(sites.get, context.tenant_id, site_id)


@operations.add("site.reception", "GET", "/v1/sites/{site_id}/reception", roles=PUBLIC, socket=False)
async def reception(context: Context, site_id: SiteId) -> Reception:
    """Whether somebody is there, for the site's pages to say before anybody asks for help. Who, and how many, is not told."""
    site = await context.services.identity.entered_by(site_id, context.request_headers.get("Origin"))
    return await context.services.desk.reception(site.tenant_id)


@operations.add("site.change", "PATCH", "/v1/sites/{site_id}", roles=ADMINS)
async def change(context: Context, site_id: SiteId, body: SiteChange) -> Site:
    """Changes a site. A disabled one admits nobody new."""
    return await context.write(
        sites.change, context.tenant_id, context.caller.actor, site_id, name=body.name, origins=body.origins, status=body.status
    )


@operations.add("site.add_key", "POST", "/v1/sites/{site_id}/keys", roles=ADMINS, status=201, creates=True)
async def add_key(context: Context, site_id: SiteId, body: NewSiteKey) -> SiteKey:
    """A key that the shop signs its customers' tokens with.

    For HS256 the answer holds the secret, once.
    """
    url = body.jwks_url
    if url is not None:
        url = str(checked_url(url, private=context.services.settings.webhook_private_addresses, pointer="/jwks_url"))
    return await context.write(
        sites.add_key,
        context.tenant_id,
        context.caller.actor,
        site_id,
        body.algorithm,
        kid=body.kid,
        public_key_pem=body.public_key_pem,
        jwks_url=url,
    )


@operations.add("site.remove_key", "DELETE", "/v1/sites/{site_id}/keys/{key_id}", roles=ADMINS)
async def remove_key(context: Context, site_id: SiteId, key_id: KeyId) -> None:
    """Removes a key: tokens signed with it are refused from now on."""
    await context.write(sites.remove_key, context.tenant_id, context.caller.actor, site_id, key_id)


@operations.add("api_key.list", "GET", "/v1/api-keys", roles=ADMINS)
async def list_keys(context: Context) -> ApiKeys:
    """The tenant's API keys, without their secrets."""
    return ApiKeys(data=await context.read(api_keys.list_all, context.tenant_id))


@operations.add("api_key.create", "POST", "/v1/api-keys", roles=ADMINS, status=201, creates=True)
async def create_key(context: Context, body: NewApiKey) -> ApiKey:
    """A new API key. The answer holds its secret, once."""
    expires_at_us = from_datetime(body.expires_at) if body.expires_at is not None else None
    return await context.write(api_keys.add, context.tenant_id, context.caller.actor, body.name, body.role, expires_at_us)


@operations.add("api_key.revoke", "DELETE", "/v1/api-keys/{key_id}", roles=ADMINS)
async def revoke_key(context: Context, key_id: ApiKeyId) -> None:
    """Ends an API key."""
    await context.write(api_keys.revoke, context.tenant_id, context.caller.actor, key_id)
