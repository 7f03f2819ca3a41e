"""The queue: who waits, who can help, business hours.

Read as a whole when the desk starts (what has not ended), written by its batches; settings by the operations.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text, text

from signalling.store.tables.base import metadata, sealed

queues = Table(
    "queues",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("rank", Integer, nullable=False),  # the smallest is where those go who name no queue
    Column("settings", Text, nullable=False),  # JSON, see `routing.queues`
    Column("created_at_us", BigInteger, nullable=False),
    Column("updated_at_us", BigInteger, nullable=False),
)

rep_profiles = Table(
    "rep_profiles",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("rep_id", Text, primary_key=True),
    Column("name", LargeBinary, nullable=False, info=sealed("rep_profiles/{rep_id}")),
    Column("skills", Text, nullable=False),  # JSON {name: level}
    Column("languages", Text, nullable=False),  # JSON list
    Column("capacity", Text, nullable=False),  # JSON {channel: most}
    Column("excludes", Text, nullable=False),  # JSON {channel: [channels it keeps out]}
    Column("updated_at_us", BigInteger, nullable=False),
)

# Apart from the profile: written by the desk, not by supervisors.
rep_presence = Table(
    "rep_presence",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("rep_id", Text, primary_key=True),
    Column("status", Text, nullable=False),  # available | away | offline: as chosen
    Column("attached", Boolean, nullable=False),  # a socket was there
    Column("missed", Integer, nullable=False),
    Column("wrap_until_us", BigInteger),
    Column("since_us", BigInteger, nullable=False),
)

tickets = Table(
    "tickets",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("conversation_id", Text, nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("queue_id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("call_id", Text),
    Column("reason", Text),
    Column("requirement", Text, nullable=False),  # JSON steps
    Column("entered_at_us", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # waiting | offered | assigned | ended
    Column("priority", Integer, nullable=False),
    Column("queued_at_us", BigInteger, nullable=False),
    Column("rep_id", Text),
    Column("previous_rep_id", Text),
    Column("offered_at_us", BigInteger, nullable=False),
    Column("expires_at_us", BigInteger, nullable=False),
    Column("assigned_at_us", BigInteger, nullable=False),
    Column("ended_at_us", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("details", Text, nullable=False),  # JSON: passed, direct, callback, overflow
    # What a start reads. Of live ones only, so that it costs little however many have ended.
    Index("ix_tickets_live", "tenant_id", "id", sqlite_where=text("state <> 'ended'"), postgresql_where=text("state <> 'ended'")),
    Index(None, "tenant_id", "queue_id", "entered_at_us"),
    Index(None, "tenant_id", "conversation_id"),
)

# Where a customer who keeps the place wants to be called; without a row: on the web.
callback_numbers = Table(
    "callback_numbers",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("ticket_id", Text, primary_key=True),
    Column("number", LargeBinary, nullable=False, info=sealed("callback_numbers/{ticket_id}")),
    Column("created_at_us", BigInteger, nullable=False),
)

# How a rep sums up work that is done.
wrap_ups = Table(
    "wrap_ups",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("ticket_id", Text, primary_key=True),
    Column("conversation_id", Text, nullable=False),
    Column("rep_id", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("note", LargeBinary, nullable=False, info=sealed("wrap_ups/{ticket_id}")),
    Column("created_at_us", BigInteger, nullable=False),
    Index(None, "tenant_id", "conversation_id"),
)

hours = Table(
    "hours",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("calendar", Text, nullable=False),  # JSON, see `routing.hours`
    Column("created_at_us", BigInteger, nullable=False),
    Column("updated_at_us", BigInteger, nullable=False),
)

# The desk's last batch for each tenant: a batch that is tried again, because nobody knows whether it was committed, is there or not.
desk_batches = Table(
    "desk_batches",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
)
