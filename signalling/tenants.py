"""Tenants: shops that share an installation and nothing else; how each wants things done, and its secrets.

    chosen = tenants.settings(tx, tenant_id)             # TenantSettings, frozen
    config = tenants.secret(tx, tenant_id, "payments")   # a sealed JSON object, or None

Works. Settings are read from the database each time, so they are never stale; only turning their text into the model is remembered.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import bindparam, delete, insert, select, update

from mediaserver.errors import NotFound
from signalling.privacy import audit
from signalling.store import Transaction
from signalling.store.tables.tenants import tenant_secrets, tenants
from signalling.times import rfc3339

Line = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Prose = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")]
# A tenant's settings as they are now: `(tenant_id, settings)`.
CHANGED = "tenant_settings"
LocaleTag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}$")]
StaffRole = Literal["rep", "supervisor", "admin"]
Days = Annotated[int, Field(ge=1, le=36_500)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Retention(_Model):
    """How many days each class of data is kept after it was last needed (a message: since it was written)."""

    messages_days: Days = Field(default=730, description="Timelines: messages and everything else that conversations hold.")
    attachments_days: Days = Field(default=365, description="Files that were sent.")
    recordings_days: Days = Field(default=90, description="Recordings of calls.")
    calls_days: Days = Field(default=730, description="Who called whom and when.")
    carts_days: Days = Field(default=180, description="Carts that became no order.")
    orders_days: Days = Field(default=3653, description="Orders and payments; tax law commonly asks for six to ten years.")
    consents_days: Days = Field(default=3653, description="The ledger of consents, as proof.")
    audit_days: Days = Field(default=3653, description="The audit log.")
    customers_days: Days = Field(default=730, description="Customers and visitors who have not been seen.")
    outbox_days: Days = Field(default=30, description="Webhooks and mails after they were delivered or given up.")
    technical_days: Days = Field(default=7, description="Idempotency keys, used tokens, ended sessions and the like.")


class OpenId(_Model):
    """Where reps log in. The client's secret is the tenant's secret `openid`: {"client_secret": ...}."""

    issuer: Annotated[str, StringConstraints(min_length=1, max_length=512)]
    client_id: Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^[\x21-\x7e]+$")]
    role_claim: Annotated[str, StringConstraints(max_length=64)] = "groups"
    roles: dict[Annotated[str, StringConstraints(max_length=128)], StaffRole] = Field(
        default={}, max_length=50, description="Value of the role claim -> role; the highest that fits."
    )
    default_role: StaffRole | None = Field(default=None, description="For whoever has none of these values; null: not let in.")
    allowed_domains: list[Annotated[str, StringConstraints(max_length=253)]] = Field(
        default=[], max_length=50, description="Domains of verified e-mail addresses that are let in; empty: all."
    )


class Trouble(_Model):
    """When a customer counts as stuck, so that help is asked for on their behalf. 0: this sign is not looked for."""

    declines: Annotated[int, Field(ge=0, le=20, description="Payments that were declined or failed.")] = 1
    codes: Annotated[int, Field(ge=0, le=20, description="Discount codes that did not count, within `code_window_s`.")] = 2
    code_window_s: Annotated[int, Field(ge=10, le=3600)] = 600
    idle_s: Annotated[int, Field(ge=0, le=3600, description="Seconds without a sign of the customer at the checkout.")] = 180
    edits: Annotated[int, Field(ge=0, le=50, description="Changes of one product, or steps back, within `edit_window_s`.")] = 4
    edit_window_s: Annotated[int, Field(ge=10, le=3600)] = 120
    cooldown_s: Annotated[int, Field(ge=60, le=86_400, description="How long nothing is raised again.")] = 900


class TenantSettings(_Model):
    """How a shop wants things done. Everything has a default."""

    business_name: Line = Field(default="", description="As customers see it; empty: the tenant's name.")
    locales: list[LocaleTag] = Field(default=["en"], min_length=1, max_length=50, description="Languages served, the default one first.")
    time_zone: Annotated[str, StringConstraints(max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$")] = "UTC"
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "EUR"
    acknowledgements: dict[LocaleTag, Prose] = Field(
        default={"en": "Thank you for your message. Somebody will be with you shortly."},
        max_length=50,
        description="What a customer is told at once when a conversation begins, by locale; empty text: nothing.",
    )
    auto_accept_chat: bool = Field(default=True, description="Chats that are offered to a rep count as accepted.")
    mask_emails_for: list[StaffRole] = Field(default=["rep"], max_length=3, description="Roles that see e-mail addresses masked.")
    retention: Retention = Field(default_factory=Retention)
    openid: OpenId | None = None
    trouble: Trouble = Field(default_factory=Trouble)
    shop: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}$")] = Field(
        default="demo", description="Shop adapter; its access is the tenant's secret `shop`."
    )
    payment_provider: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}$")] = Field(
        default="sandbox", description="Payment adapter; its access is the tenant's secret `payments`."
    )

    def masks(self, role: str) -> bool:
        """Whether this role sees e-mail addresses masked."""
        return role in self.mask_emails_for

    def acknowledgement(self, locale: str) -> str:
        """The words for a locale: its own, its language's, the default language's, or none."""
        for tag in (locale, locale.partition("-")[0], self.locales[0]):
            if tag in self.acknowledgements:
                return self.acknowledgements[tag]
        return ""


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant as callers see it."""

    id: str
    name: str
    created_at: str


_SETTINGS = select(tenants.c.settings).where(tenants.c.id == bindparam("tenant_id"))


def create(tx: Transaction, tenant_id: str, name: str, settings: Mapping[str, Any] | None = None) -> None:
    """A new tenant with its first data key and an empty audit log."""
    tx.execute(insert(tenants).values(id=tenant_id, name=name, settings=json.dumps(settings or {}), created_at_us=tx.now_us))
    tx.sealer.add_key(tx, tenant_id)
    audit.begin(tx, tenant_id)


def exists(tx: Transaction, tenant_id: str) -> bool:
    """Whether there is such a tenant."""
    return tx.first(select(tenants.c.id).where(tenants.c.id == tenant_id)) is not None


def get(tx: Transaction, tenant_id: str) -> Tenant:
    """A tenant. NotFound where there is none."""
    row = tx.first(select(tenants).where(tenants.c.id == tenant_id))
    if row is None:
        raise NotFound("There is no such tenant.")
    return Tenant(row.id, row.name, rfc3339(row.created_at_us))


def list_all(tx: Transaction) -> list[Tenant]:
    """All of the installation's, the oldest first. For its operator, never for a tenant."""
    rows = tx.all(select(tenants).order_by(tenants.c.created_at_us, tenants.c.id))
    return [Tenant(row.id, row.name, rfc3339(row.created_at_us)) for row in rows]


def settings(tx: Transaction, tenant_id: str) -> TenantSettings:
    """How the tenant wants things done. NotFound where there is none."""
    text = tx.execute(_SETTINGS, {"tenant_id": tenant_id}).scalar()
    if text is None:
        raise NotFound("There is no such tenant.")
    return _read(text)


def set_settings(tx: Transaction, tenant_id: str, chosen: TenantSettings) -> TenantSettings:
    """Replaces them all. NotFound where there is no such tenant."""
    values = {"settings": chosen.model_dump_json(exclude_defaults=True)}
    if not tx.execute(update(tenants).where(tenants.c.id == tenant_id).values(values)).rowcount:
        raise NotFound("There is no such tenant.")
    tx.tell(CHANGED, (tenant_id, chosen))
    return chosen


def masking(tx: Transaction) -> dict[str, frozenset[str]]:
    """Tenant -> roles that see e-mail addresses masked, for the whole installation."""
    return {row.id: frozenset(_read(row.settings).mask_emails_for) for row in tx.all(select(tenants.c.id, tenants.c.settings))}


def secret(tx: Transaction, tenant_id: str, name: str) -> dict[str, Any] | None:
    """A sealed JSON object of the tenant's, or None."""
    value = tx.execute(
        select(tenant_secrets.c.value).where(tenant_secrets.c.tenant_id == tenant_id, tenant_secrets.c.name == name)
    ).scalar()
    if value is None:
        return None
    opened: dict[str, Any] = json.loads(tx.unseal(tenant_id, value, f"tenant_secrets/{name}"))
    return opened


def set_secret(tx: Transaction, tenant_id: str, name: str, value: Mapping[str, Any] | None) -> None:
    """Keeps a JSON object sealed under this name; None removes it."""
    tx.execute(delete(tenant_secrets).where(tenant_secrets.c.tenant_id == tenant_id, tenant_secrets.c.name == name))
    if value is not None:
        sealed = tx.seal(tenant_id, json.dumps(value).encode(), f"tenant_secrets/{name}")
        tx.execute(insert(tenant_secrets).values(tenant_id=tenant_id, name=name, value=sealed, updated_at_us=tx.now_us))


def secret_names(tx: Transaction, tenant_id: str) -> list[str]:
    """Which secrets there are."""
    return list(
        tx.execute(select(tenant_secrets.c.name).where(tenant_secrets.c.tenant_id == tenant_id).order_by(tenant_secrets.c.name)).scalars()
    )


@lru_cache(maxsize=1024)
def _read(text: str) -> TenantSettings:
    # A setting that this version does not know (a downgrade) is left out rather than locking the shop out.
    stored = json.loads(text)
    return TenantSettings.model_validate({name: value for name, value in stored.items() if name in TenantSettings.model_fields})
