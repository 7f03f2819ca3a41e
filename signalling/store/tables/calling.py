"""Calls, their legs and transfers, and what is still to be done for them at the desk."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text

from signalling.store.tables.base import metadata

calls = Table(
    "calls",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("conversation_id", Text, nullable=False),
    Column("media", Text, nullable=False),  # voice | video
    Column("state", Text, nullable=False),  # of `calling.call.State`
    Column("open_conversation_id", Text),  # the conversation's while it has not ended: one call at a time
    Column("customer_id", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("rep_id", Text),
    Column("ticket_id", Text),
    Column("requirement", Text),
    Column("divert", Boolean, nullable=False),
    Column("payment_step", Boolean, nullable=False),
    Column("recording", Text),  # JSON {id, granted, paused}
    Column("created_at_us", BigInteger, nullable=False),
    Column("answered_at_us", BigInteger),
    Column("connected_at_us", BigInteger),
    Column("ended_at_us", BigInteger),
    Column("end_reason", Text),
    Index(None, "tenant_id", "conversation_id"),
    Index(None, "tenant_id", "open_conversation_id", unique=True),  # NULLs are no duplicates of each other, in both databases
    Index(None, "tenant_id", "ticket_id"),
)

call_legs = Table(
    "call_legs",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("call_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("talking_person_id", Text),  # theirs while they talk or are about to: nobody is in two calls at once
    Column("role", Text, nullable=False),  # customer | rep | supervisor
    Column("state", Text, nullable=False),  # of `calling.leg.LegState`
    Column("deadline_us", BigInteger),
    Column("held", Boolean, nullable=False),
    Column("muted", Boolean, nullable=False),
    Column("screen", Boolean, nullable=False),
    Column("supervising", Text),
    Column("ticket_id", Text),
    Column("channel", Text),
    Column("joined_at_us", BigInteger),
    Column("ended_at_us", BigInteger),
    Column("reason", Text),
    Index(None, "tenant_id", "talking_person_id", unique=True),
    Index(None, "tenant_id", "person_id", "state"),
    Index(None, "deadline_us"),
)

call_transfers = Table(
    "call_transfers",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("call_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # cold | warm
    Column("state", Text, nullable=False),  # of `calling.transfer.TransferState`
    Column("from_leg_id", Text, nullable=False),
    Column("target_rep_id", Text),
    Column("requirement", Text),
    Column("target_leg_id", Text),
    Column("ticket_id", Text),
    Column("started_at_us", BigInteger, nullable=False),
    Column("ended_at_us", BigInteger),
    Index(None, "tenant_id", "ticket_id"),
)

# Written with the change that wants it, taken away when the desk has done it: done at least once, in order.
call_chores = Table(
    "call_chores",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("call_id", Text, nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("what", Text, nullable=False),  # enter | leave | answer | take | finish
    Column("arguments", Text, nullable=False),  # JSON
    Column("created_at_us", BigInteger, nullable=False),
)
