"""Conversations, their timelines, and what hangs on them: messages, participants, attachments, canned replies."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

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
    Column("customer_name", LargeBinary, info=sealed("conversations/{id}/customer_name")),
    Column("rep_id", Text),  # whose it is; None: nobody's yet
    Column("locale", Text, nullable=False),
    Column("cart_id", Text),
    Column("customer_spoke_at_us", BigInteger),  # first message from the customer; None: none yet, so none acknowledged
    Column("rep_spoke_at_us", BigInteger),  # first message from staff
    Column("csat_score", Integer),
    Column("created_at_us", BigInteger, nullable=False),
    Column("updated_at_us", BigInteger, nullable=False),
    Column("closed_at_us", BigInteger),
    Index(None, "tenant_id", "customer_id", "created_at_us"),
    Index(None, "tenant_id", "cart_id"),
    # Listed by beginning, which never changes, so that a page does not shift while it is turned.
    Index("ix_conversations_lobby", "tenant_id", "status", "created_at_us", "id"),
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

messages = Table(
    "messages",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("conversation_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),  # of its message.created
    Column("sender_id", Text, nullable=False),
    Column("sent_at_us", BigInteger, nullable=False),
    Column("updated_seq", BigInteger),  # of its last message.updated
    Column("deleted_seq", BigInteger),  # of its message.deleted
)

participants = Table(
    "participants",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("conversation_id", Text, primary_key=True),
    Column("person_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # customer | rep
    Column("name", LargeBinary, nullable=False, info=sealed("participants/{conversation_id}/{person_id}/name")),
    Column("joined_at_us", BigInteger, nullable=False),
    Column("left_at_us", BigInteger),
    Column("delivered_seq", BigInteger, nullable=False),  # everything up to it has arrived at one of their devices
    Column("read_seq", BigInteger, nullable=False),
)

attachments = Table(
    "attachments",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("conversation_id", Text, nullable=False),
    Column("owner_id", Text, nullable=False),
    Column("name", LargeBinary, nullable=False, info=sealed("attachments/{id}/name")),
    Column("content_type", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("created_at_us", BigInteger, nullable=False),
    Index(None, "tenant_id", "conversation_id"),
)

attachment_chunks = Table(
    "attachment_chunks",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("attachment_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False, info=sealed("attachments/{attachment_id}/{number}")),
)

canned_replies = Table(
    "canned_replies",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("shortcut", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at_us", BigInteger, nullable=False),
    Column("updated_at_us", BigInteger, nullable=False),
    UniqueConstraint("tenant_id", "shortcut", "locale"),
)
