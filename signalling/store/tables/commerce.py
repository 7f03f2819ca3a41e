"""Shops, catalogue, carts, orders, grants; payments at the end."""

from sqlalchemy import BigInteger, Column, LargeBinary, Table, Text

from signalling.store.tables.base import metadata

shops = Table(
    "shops",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # which adapter
    Column("config", LargeBinary, nullable=False),  # sealed JSON
    Column("updated_at_us", BigInteger, nullable=False),
)
