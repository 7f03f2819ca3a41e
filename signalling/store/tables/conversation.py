"""Conversations and their timelines."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from signalling.store.tables.base import metadata, sealed

conversations = Table(
    "conversations",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),  # of the last entry; 0: none yet
    Column("status", Text, nullable=False),  # open | closed
    Column("channel", Text, nullable=False),  # chat | voice | video | email: how it is held at the moment
    Column("customer_id", Text, nullable=False),
    Column("rep_id", Text),  # whose it is; None: nobody's yet
    Column("locale", Text, nullable=False),
    Column("cart_id", Text),
    Column("created_at_us", BigInteger, nullable=False),
    Column("updated_at_us", BigInteger, nullable=False),
    Column("closed_at_us", BigInteger),
    Index(None, "tenant_id", "customer_id"),
    Index(None, "tenant_id", "status", "updated_at_us"),
)

timeline = Table(
    "timeline",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("conversation_id", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("visibility", Text, nullable=False),  # all | staff
    Column("body", LargeBinary, nullable=False, info=sealed("timeline/{conversation_id}/{seq}")),  # JSON {"name", "data"}
)
