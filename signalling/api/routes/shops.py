"""Which shop a tenant has: the embedded one, or one that is attached over HTTP."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr, StringConstraints

from signalling.api.models import Body
from signalling.api.operation import Context, Operations
from signalling.commerce import shop
from signalling.commerce.shops import rest
from signalling.identity.caller import ADMINS
from signalling.privacy import audit
from signalling.store import Transaction

operations = Operations("Shop")

Printable = r"^[\x21-\x7e]*$"


class ShopAccess(Body):
    """Where an attached shop is and how we and it know each other. The embedded shop needs none of it."""

    kind: Literal["demo", "rest"]
    url: Annotated[str, StringConstraints(max_length=2048, pattern=Printable)] = Field(
        default="", description="Base URL of its endpoints.", examples=["https://shop.example/tresen"]
    )
    token: Annotated[SecretStr, Field(max_length=512)] = Field(
        default=SecretStr(""), description="Bearer token that we show it; at least 16 characters."
    )
    webhook_secrets: list[Annotated[SecretStr, Field(max_length=512)]] = Field(
        default=[],
        max_length=4,
        description="What signs its webhooks, `whsec_...`; the old one too while it is rolled.",
    )


class ShopView(BaseModel):
    """Which shop the tenant has. Secrets are never shown."""

    kind: str
    url: str | None = None
    webhook_secrets: int = Field(default=0, description="How many there are.")


@operations.add("shop.read", "GET", "/v1/tenant/shop", roles=ADMINS)
async def read(context: Context) -> ShopView:
    """The shop that the tenant has."""
    return await context.read(_shown, context.tenant_id)


@operations.add("shop.connect", "PUT", "/v1/tenant/shop", roles=ADMINS, socket=False)
async def connect(context: Context, body: ShopAccess) -> ShopView:
    """Connects a shop in place of the one there was.

    Carts and orders that there are stay as they are; the new shop is asked from now on.
    """
    given: dict[str, object] = {
        "url": body.url,
        "token": body.token.get_secret_value(),
        "webhook_secrets": [each.get_secret_value() for each in body.webhook_secrets],
    }
    if body.kind == "rest":
        rest.config(given, private=context.services.settings.webhook_private_addresses)
    return await context.write(_connect, context, body.kind, given if body.kind == "rest" else {})


def _connect(tx: Transaction, context: Context, kind: str, config: dict[str, object]) -> ShopView:
    shop.connect(tx, context.tenant_id, kind, config)
    audit.record(tx, context.tenant_id, context.caller.actor, "shop.connected", kind)
    return _shown(tx, context.tenant_id)


def _shown(tx: Transaction, tenant_id: str) -> ShopView:
    kind, config = shop.connected(tx, tenant_id)
    return ShopView(kind=kind, url=config.get("url"), webhook_secrets=len(config.get("webhook_secrets", ())))
