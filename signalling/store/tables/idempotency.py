"""Answers to requests that carried an Idempotency-Key, kept for whoever asks again."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from signalling.store.tables.base import metadata, sealed

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("caller_id", Text, primary_key=True),
    Column("operation", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    # Sealed JSON {"fingerprint", "status", "body"}; None only inside the transaction that makes it.
    Column("answer", LargeBinary, info=sealed("idempotency/{caller_id}/{operation}/{key}")),
    Column("created_at_us", BigInteger, nullable=False),
    Index(None, "created_at_us"),
)
