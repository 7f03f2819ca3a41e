"""What leaves the house: webhook endpoints, and the outbox of what must still be delivered."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from signalling.store.tables.base import metadata, sealed

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("secrets", LargeBinary, nullable=False, info=sealed("webhook_endpoints/{id}")),  # JSON [{"secret", "until_us"}], newest first
    Column("description", Text, nullable=False),
    Column("kinds", Text, nullable=False),  # JSON list of event names; empty: all
    Column("status", Text, nullable=False),  # enabled | disabled
    Column("disabled_reason", Text),
    Column("created_at_us", BigInteger, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("target", Text, nullable=False),  # webhook:<endpoint id> | mail
    Column("lane", Text, nullable=False),  # rows of one target and lane are delivered in the order of their position
    Column("position", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", LargeBinary, nullable=False, info=sealed("outbox/{id}")),
    Column("status", Text, nullable=False),  # pending | done | dead
    Column("attempts", Integer, nullable=False),
    Column("due_at_us", BigInteger, nullable=False),
    Column("attempted_at_us", BigInteger),
    Column("last_error", Text),  # what went wrong in words of ours: never what the receiver sent
    Column("last_status", Integer),  # HTTP or SMTP code of the last attempt
    Column("created_at_us", BigInteger, nullable=False),
    Index(None, "status", "due_at_us"),
    Index(None, "tenant_id", "target", "lane", "position"),
)
