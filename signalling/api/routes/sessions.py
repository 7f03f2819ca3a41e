"""Sessions: how customers and reps get one, renew it and end it."""

from typing import Annotated

from pydantic import Field, SecretStr

from signalling.api.models import Body
from signalling.api.operation import Context, Operations
from signalling.identity import customers
from signalling.identity.caller import ANYBODY, CUSTOMERS, PUBLIC, STAFF, Caller
from signalling.identity.identity import Session
from signalling.identity.openid import Begun

operations = Operations("Sessions")

SiteId = Annotated[str, Field(pattern=r"^site_[0-9A-Z]{26}$", description="Id of a site.", examples=["site_01JD3Q8Z6W0V7M9K4C2T5B8N1X"])]
TenantId = Annotated[
    str,
    Field(
        pattern=r"^ten_[0-9A-Z]{26}$",
        description="Id of a tenant; may be left out where there is only one.",
        examples=["ten_01JD3Q8Z6W0V7M9K4C2T5B8N1X"],
    ),
]
Token = Annotated[str, Field(min_length=1, max_length=8192, pattern=r"^[\x21-\x7e]+$")]
Attributes = Annotated[
    dict[Annotated[str, Field(min_length=1, max_length=64)], Annotated[str, Field(max_length=1024)] | int | float | bool | None],
    Field(max_length=50),
]
Word = Annotated[str, Field(min_length=1, max_length=512)]


class Arrival(Body):
    """Who comes to which site: nobody known, or somebody for whom the shop has signed a token."""

    site_id: SiteId
    token: Token | None = Field(default=None, description="The shop's identity token; left out: an anonymous visitor.")
    previous_token: Token | None = Field(default=None, description="The session token held so far; its session ends.")
    unverified_attributes: Attributes = Field(default={}, description="What the page's script knows; kept apart from what the shop signs.")


class Renewal(Body):
    """Which session."""

    token: Token


class UnverifiedAttributes(Body):
    """What the page's script knows about its visitor."""

    unverified_attributes: Attributes


class Login(Body):
    """A local account's login and password."""

    tenant_id: TenantId | None = None
    login: Word
    password: SecretStr = Field(min_length=1, max_length=256)


class OpenIdBegin(Body):
    """Where the provider shall send the browser back to: a page of this server's public address."""

    tenant_id: TenantId | None = None
    redirect_uri: Annotated[str, Field(min_length=1, max_length=1024, pattern=r"^https?://[\x21-\x7e]+$")]


class OpenIdFinish(Body):
    """What the provider sent back, and the secret the login was begun with."""

    tenant_id: TenantId | None = None
    state: Word
    code: Annotated[str, Field(min_length=1, max_length=4096, pattern=r"^[\x21-\x7e]+$")]
    login_secret: Word


class PasswordChange(Body):
    """The old one and the new one."""

    old: SecretStr = Field(min_length=1, max_length=256)
    new: SecretStr = Field(min_length=12, max_length=256)


@operations.add("session.begin", "POST", "/v1/sessions", roles=PUBLIC, status=201, socket=False, limit="login")
async def begin(context: Context, body: Arrival) -> Session:
    """Begins a customer's session.

    With a token, the shop vouches for who it is; the token is good once (the same once more within a minute is taken for a repetition).
    Where `previous_token` was an anonymous visitor's, their open conversations become the customer's. A browser's Origin must be one of the
    site's.
    """
    identity = context.services.identity
    origin = context.request_headers.get("Origin")
    if body.token is None:
        return await identity.visit(body.site_id, origin, body.unverified_attributes)
    return await identity.identify(body.site_id, origin, body.token, body.previous_token, body.unverified_attributes)


@operations.add("session.renew", "POST", "/v1/sessions/renew", roles=PUBLIC, socket=False)
async def renew(context: Context, body: Renewal) -> Session:
    """Makes a session last longer.

    A token whose time is over will do, as long as the session itself has not ended (`ends_at`) and was not revoked.
    """
    return await context.services.identity.renew(body.token)


@operations.add("session.end", "DELETE", "/v1/session", roles=ANYBODY, socket=False)
async def end(context: Context) -> None:
    """Ends the caller's session: its token is refused and its sockets are closed."""
    await context.services.identity.end(context.caller)


@operations.add("session.read", "GET", "/v1/me", roles=ANYBODY)
async def me(context: Context) -> Caller:
    """Who the caller is."""
    return context.caller


@operations.add("session.attributes", "PUT", "/v1/me/unverified-attributes", roles=CUSTOMERS)
async def set_attributes(context: Context, body: UnverifiedAttributes) -> None:
    """Replaces what the page's script says about the caller."""
    await context.write(customers.set_unverified, context.tenant_id, context.caller.id, body.unverified_attributes)


@operations.add("login.password", "POST", "/v1/login", roles=PUBLIC, status=201, socket=False, limit="login")
async def login(context: Context, body: Login) -> Session:
    """Begins a rep's session with a local account.

    One answer for an unknown login, a wrong password and a disabled account. A few attempts at once, then one every 20 seconds.
    """
    identity = context.services.identity
    tenant_id = await identity.logins.tenant(body.tenant_id)
    return identity.entered(await identity.logins.password(tenant_id, body.login, body.password.get_secret_value(), context.remote))


@operations.add("login.change_password", "PUT", "/v1/me/password", roles=STAFF, socket=False)
async def change_password(context: Context, body: PasswordChange) -> None:
    """Changes the caller's password; their other sessions end."""
    await context.services.identity.logins.change_password(context.caller, body.old.get_secret_value(), body.new.get_secret_value())


@operations.add("login.openid", "POST", "/v1/login/openid", roles=PUBLIC, socket=False, limit="login")
async def openid_begin(context: Context, body: OpenIdBegin) -> Begun:
    """Begins a login through the tenant's OpenID provider.

    Send the browser to `authorization_url`; keep `login_secret` in the page. The provider sends the browser back with `state` and `code`.
    """
    identity = context.services.identity
    tenant_id = await identity.logins.tenant(body.tenant_id)
    return await identity.logins.openid_begin(tenant_id, body.redirect_uri, context.services.public_url(), context.remote)


@operations.add("login.openid_finish", "POST", "/v1/login/openid/finish", roles=PUBLIC, status=201, socket=False, limit="login")
async def openid_finish(context: Context, body: OpenIdFinish) -> Session:
    """Finishes a login through the tenant's OpenID provider."""
    identity = context.services.identity
    tenant_id = await identity.logins.tenant(body.tenant_id)
    return identity.entered(await identity.logins.openid_finish(tenant_id, body.state, body.login_secret, body.code, context.remote))
