"""A tenant's own settings and secrets."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from signalling import tenants
from signalling.api.models import Body
from signalling.api.operation import Context, Operations
from signalling.identity.caller import ADMINS, STAFF
from signalling.privacy import audit
from signalling.store import Transaction
from signalling.tenants import Tenant, TenantSettings

operations = Operations("Tenant")

SecretName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$", examples=["payments", "shop", "openid"])]
Value = Annotated[str, Field(max_length=4096)] | int | bool


class Secret(Body):
    """The fields of a secret, such as `{"client_secret": "..."}`."""

    value: Annotated[dict[Annotated[str, Field(min_length=1, max_length=64)], Value], Field(min_length=1, max_length=20)]


class SecretNames(BaseModel):
    """Which secrets are kept; their values are never shown."""

    names: list[str]


@operations.add("tenant.read", "GET", "/v1/tenant", roles=STAFF)
async def read(context: Context) -> Tenant:
    """The caller's tenant."""
    return await context.read(tenants.get, context.tenant_id)


@operations.add("tenant.settings", "GET", "/v1/tenant/settings", roles=STAFF)
async def read_settings(context: Context) -> TenantSettings:
    """How the tenant wants things done."""
    return await context.read(tenants.settings, context.tenant_id)


@operations.add("tenant.set_settings", "PUT", "/v1/tenant/settings", roles=ADMINS)
async def set_settings(context: Context, body: TenantSettings) -> TenantSettings:
    """Replaces all settings; what is left out takes its default."""

    def work(tx: Transaction) -> TenantSettings:
        before = tenants.settings(tx, context.tenant_id).model_dump()
        changed = [name for name, value in body.model_dump().items() if before[name] != value]
        audit.record(tx, context.tenant_id, context.caller.actor, "settings.changed", context.tenant_id, {"names": changed})
        return tenants.set_settings(tx, context.tenant_id, body)

    return await context.write(work)


@operations.add("tenant.secrets", "GET", "/v1/tenant/secrets", roles=ADMINS)
async def secret_names(context: Context) -> SecretNames:
    """The names of the secrets that are kept."""
    return SecretNames(names=await context.read(tenants.secret_names, context.tenant_id))


@operations.add("tenant.set_secret", "PUT", "/v1/tenant/secrets/{name}", roles=ADMINS, socket=False)
async def set_secret(context: Context, name: SecretName, body: Secret) -> None:
    """Keeps a secret, sealed: `payments` (provider), `shop` (adapter), `openid` (client)."""
    await context.write(_keep, context, name, body.value)


@operations.add("tenant.remove_secret", "DELETE", "/v1/tenant/secrets/{name}", roles=ADMINS)
async def remove_secret(context: Context, name: SecretName) -> None:
    """Forgets a secret. Idempotent."""
    await context.write(_keep, context, name, None)


def _keep(tx: Transaction, context: Context, name: str, value: dict[str, Any] | None) -> None:
    tenants.set_secret(tx, context.tenant_id, name, value)
    audit.record(tx, context.tenant_id, context.caller.actor, "secret.set" if value else "secret.removed", name)
