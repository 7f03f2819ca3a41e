"""Consents, audit, retention, erasures."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from signalling.store.tables.base import metadata, sealed

# Append-only: a revocation is a row of its own, so that what was agreed to when can always be shown.
consents = Table(
    "consents",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("subject_id", Text, nullable=False),  # the customer
    Column("conversation_id", Text),  # None: everywhere, such as for marketing
    Column("purpose", Text, nullable=False),
    Column("action", Text, nullable=False),  # granted | revoked
    Column("scope", Text, nullable=False),  # JSON
    Column("text_version", Text, nullable=False),  # of the words shown
    Column("locale", Text, nullable=False),  # they were shown in
    Column("how", Text, nullable=False),  # widget | console | voice | api ...
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("expires_at_us", BigInteger),
    Index(None, "tenant_id", "subject_id", "purpose", "conversation_id"),
)

# Each row carries the hash of the one before; the head holds the last, so that a cut-off end is seen too.
audit_log = Table(
    "audit_log",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),  # 1, 2, 3 ...
    Column("at_us", BigInteger, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", LargeBinary, nullable=False, info=sealed("audit/{position}")),  # JSON
    Column("detail_hash", Text, nullable=False),  # of the plain detail, which holds a salt
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
)

audit_heads = Table(
    "audit_heads",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
    # Where retention cut the beginning off: the position and hash of the last row removed.
    Column("cut_position", BigInteger, nullable=False),
    Column("cut_hash", Text, nullable=False),
    # The same once more, sealed: whoever can write the database but has no master key cannot make it fit.
    Column("seal", LargeBinary, nullable=False, info=sealed("audit_heads/{tenant_id}")),
)

# What was erased and when, without whom: the receipt is what remains.
erasures = Table(
    "erasures",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("customer_id", Text, nullable=False),
    Column("status", Text, nullable=False),  # pending | done
    Column("requested_by", Text, nullable=False),
    Column("requested_at_us", BigInteger, nullable=False),
    Column("done_at_us", BigInteger),
    Column("progress", Text, nullable=False),  # JSON: rows by table, digests
    Column("receipt_hash", Text),
    Index(None, "tenant_id", "customer_id"),
    Index(None, "status"),
)

retention_runs = Table(
    "retention_runs",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Column("dry_run", BigInteger, nullable=False),  # 0 | 1
    Column("report", Text, nullable=False),  # JSON: rows by class
)
