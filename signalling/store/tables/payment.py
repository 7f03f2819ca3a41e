"""Payments and refunds, the payment step, webhooks that came in, and calls for help."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from signalling.store.tables.base import metadata, sealed

payments = Table(
    "payments",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("conversation_id", Text, nullable=False),
    Column("cart_id", Text),
    Column("order_id", Text),
    Column("provider", Text, nullable=False),  # stripe | sandbox
    Column("state", Text, nullable=False),  # see `commerce.payment`
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("refunded", BigInteger, nullable=False),  # of the amount
    Column("reference", Text),  # the provider's id of the link
    Column("receipt", Text),  # the provider's id of the money, for refunds
    Column("reason", Text),  # a short code: why it failed, or what does not fit
    Column("charge", LargeBinary, nullable=False, info=sealed("payments/{id}/charge")),  # what the provider is asked for, at every attempt
    Column("url", LargeBinary, info=sealed("payments/{id}/url")),  # the provider's page
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at_us", BigInteger),  # when to look after it next; None: never again
    Column("expires_at_us", BigInteger, nullable=False),
    Column("created_at_us", BigInteger, nullable=False),
    Column("updated_at_us", BigInteger, nullable=False),
    Index(None, "tenant_id", "conversation_id"),
    Index(None, "tenant_id", "provider", "reference"),
    Index(None, "due_at_us"),
)

refunds = Table(
    "refunds",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),  # also the key of the request to the provider
    Column("payment_id", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("status", Text, nullable=False),  # requested | pending | succeeded | failed
    Column("reference", Text),
    Column("reason", Text),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at_us", BigInteger),
    Column("created_at_us", BigInteger, nullable=False),
    Column("updated_at_us", BigInteger, nullable=False),
    Index(None, "tenant_id", "payment_id"),
    Index(None, "due_at_us"),
)

# A row while a conversation's customer is at the payment step.
payment_steps = Table(
    "payment_steps",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("conversation_id", Text, primary_key=True),
    Column("cart_id", Text),
    Column("payment_id", Text),
    Column("entered_at_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),  # when it counts as left, if nobody says so
    Index(None, "until_us"),
)

# What other systems' webhooks have told already, by their own ids.
inbound_events = Table(
    "inbound_events",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("source", Text, primary_key=True),  # stripe | shop
    Column("id", Text, primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Index(None, "at_us"),
)

help_requests = Table(
    "help_requests",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("conversation_id", Text, nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("status", Text, nullable=False),  # raised | queued: whether the desk knows
    Column("raised_at_us", BigInteger, nullable=False),
    Index(None, "tenant_id", "conversation_id", "raised_at_us"),
    Index(None, "status"),
)
