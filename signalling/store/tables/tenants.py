"""Tenants (shops) and the data keys that seal what is theirs."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table, Text

from signalling.store.tables.base import metadata, plain, sealed

tenants = Table(
    "tenants",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("settings", Text, nullable=False, default="{}"),  # JSON of `signalling.tenants.TenantSettings`
    Column("created_at_us", BigInteger, nullable=False),
)

tenant_keys = Table(
    "tenant_keys",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("master_id", Text, nullable=False),
    Column("wrapped", LargeBinary, nullable=False, info=plain("encrypted with the installation's master key")),
    Column("created_at_us", BigInteger, nullable=False),
)

# Configuration that must not be readable in the database: a payment provider's key, a shop's access token.
tenant_secrets = Table(
    "tenant_secrets",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False, info=sealed("tenant_secrets/{name}")),  # JSON object
    Column("updated_at_us", BigInteger, nullable=False),
)
