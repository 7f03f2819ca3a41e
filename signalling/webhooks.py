"""Webhooks: who wants to hear of what, how a message is signed, what an answer means, when to try again.

Endpoints are works; the rest are plain functions for `delivery`. Standard Webhooks 1.0.0 (headers, signature, secrets, behaviour of
senders), by its own library. Invariants: a secret is shown once, when it is made; for a day after a change both secrets sign.
"""

import base64
import json
import random
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from sqlalchemy import Row, delete, func, insert, select, update
from standardwebhooks import Webhook

from mediaserver.errors import Conflict, NotFound
from signalling import outbox as rows
from signalling.store import Transaction
from signalling.store.tables.outward import outbox, webhook_endpoints
from signalling.times import SECOND_US, rfc3339

# After the n-th failed attempt the next comes so much later: 75 hours in all. By then somebody has seen it, or nobody looks.
SCHEDULE_S = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
# So that a receiver that comes back is not met by everything at once.
JITTER = 0.1
RETRY_AFTER_MOST_S = 24 * 3600
SECRET_BYTES = 32
OLD_SECRET_US = 24 * 3600 * SECOND_US
ENDPOINTS_MOST = 20

EVENTS: tuple[str, ...] = (
    "conversation.created", "conversation.assigned", "conversation.transferred", "conversation.closed",
    "message.created", "message.updated", "message.deleted", "message.delivered", "message.read",
    "queue.entered", "queue.position_changed", "queue.left", "rep.status_changed",
    "call.requested", "call.ringing", "call.accepted", "call.held", "call.resumed", "call.transferred", "call.ended", "supervisor.joined",
    "recording.started", "recording.paused", "recording.resumed", "recording.stopped",
    "consent.asked", "consent.granted", "consent.refused", "consent.revoked",
    "cart.updated", "cart.conflict", "cart.suggested", "order.placed", "order.status_changed",
    "payment.link_created", "payment.succeeded", "payment.failed", "payment.step_entered", "payment.step_left",
    "payment.declined", "payment.processing", "payment.expired", "payment.cancelled", "payment.refunded",
    "help.requested", "bot.handoff", "csat.submitted", "customer.identified", "privacy.erased",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a tenant's events go."""

    id: str
    url: str
    kinds: list[str]
    description: str
    status: Literal["enabled", "disabled"]
    disabled_reason: str | None
    created_at: str


@dataclass(frozen=True, slots=True)
class EndpointSecret:
    """The secret that signs what an endpoint gets; shown once."""

    id: str
    secret: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """A message to an endpoint, and how its last attempt went."""

    id: str
    type: str
    conversation_id: str
    seq: int
    status: Literal["pending", "done", "dead"]
    attempts: int
    last_status: int | None
    last_error: str | None
    attempted_at: str | None
    next_attempt_at: str | None
    created_at: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many messages will be sent again."""

    count: int


# --- endpoints ---


def create(tx: Transaction, tenant_id: str, endpoint_id: str, url: str, kinds: Sequence[str], description: str) -> EndpointSecret:
    """A new endpoint; gets what happens from now on. Conflict where there are too many, or one of this id."""
    count = tx.execute(select(func.count()).select_from(webhook_endpoints).where(webhook_endpoints.c.tenant_id == tenant_id)).scalar_one()
    if count >= ENDPOINTS_MOST:
        raise Conflict(f"There are {ENDPOINTS_MOST} endpoints already; remove one first.", code="endpoints_most")
    if _row(tx, tenant_id, endpoint_id) is not None:
        raise Conflict("There is an endpoint of this id.", code="exists")
    secret = new_secret()
    tx.execute(
        insert(webhook_endpoints).values(
            tenant_id=tenant_id,
            id=endpoint_id,
            url=url,
            secrets=_sealed(tx, tenant_id, endpoint_id, [{"secret": secret, "until_us": None}]),
            kinds=json.dumps(sorted(set(kinds))),
            description=description,
            status="enabled",
            created_at_us=tx.now_us,
        )
    )
    return EndpointSecret(endpoint_id, secret)


def listed(tx: Transaction, tenant_id: str) -> list[Endpoint]:
    """All endpoints, the oldest first."""
    return [
        view(row)
        for row in tx.all(select(webhook_endpoints).where(webhook_endpoints.c.tenant_id == tenant_id).order_by(webhook_endpoints.c.id))
    ]


def read(tx: Transaction, tenant_id: str, endpoint_id: str) -> Endpoint:
    """One endpoint. NotFound."""
    return view(_required(tx, tenant_id, endpoint_id))


def change(
    tx: Transaction,
    tenant_id: str,
    endpoint_id: str,
    *,
    url: str | None = None,
    kinds: Sequence[str] | None = None,
    description: str | None = None,
    status: Literal["enabled", "disabled"] | None = None,
) -> Endpoint:
    """Changes what is given. Enabling goes on with what happens from now on; `replay` sends what was missed. NotFound."""
    _required(tx, tenant_id, endpoint_id)
    values: dict[str, Any] = {"url": url, "description": description, "status": status}
    if kinds is not None:
        values["kinds"] = json.dumps(sorted(set(kinds)))
    values = {name: value for name, value in values.items() if value is not None}
    if status is not None:
        values["disabled_reason"] = None if status == "enabled" else "by hand"
    if values:
        tx.execute(update(webhook_endpoints).where(_is(tenant_id, endpoint_id)).values(**values))
    if status == "disabled":
        rows.drop_target(tx, tenant_id, target(endpoint_id), "the endpoint was disabled")
    return read(tx, tenant_id, endpoint_id)


def remove(tx: Transaction, tenant_id: str, endpoint_id: str) -> None:
    """Removes an endpoint and what was on its way to it. NotFound."""
    _required(tx, tenant_id, endpoint_id)
    tx.execute(delete(outbox).where(outbox.c.tenant_id == tenant_id, outbox.c.target == target(endpoint_id)))
    tx.execute(delete(webhook_endpoints).where(_is(tenant_id, endpoint_id)))


def rotate(tx: Transaction, tenant_id: str, endpoint_id: str) -> EndpointSecret:
    """A new secret; the former one signs beside it for a day more. NotFound."""
    row = _required(tx, tenant_id, endpoint_id)
    secret = new_secret()
    kept = [{"secret": each["secret"], "until_us": tx.now_us + OLD_SECRET_US} for each in _secrets(tx, row)[:1]]
    sealed = _sealed(tx, tenant_id, endpoint_id, [{"secret": secret, "until_us": None}, *kept])
    tx.execute(update(webhook_endpoints).where(_is(tenant_id, endpoint_id)).values(secrets=sealed))
    return EndpointSecret(endpoint_id, secret)


def disable(tx: Transaction, tenant_id: str, endpoint_id: str, reason: str) -> None:
    """The receiver wants no more (410)."""
    tx.execute(update(webhook_endpoints).where(_is(tenant_id, endpoint_id)).values(status="disabled", disabled_reason=reason))
    rows.drop_target(tx, tenant_id, target(endpoint_id), f"the endpoint was disabled: {reason}")


def attempts(
    tx: Transaction, tenant_id: str, endpoint_id: str, *, status: str | None = None, before_id: str | None = None, limit: int = 50
) -> list[Attempt]:
    """Messages to an endpoint, the newest first, those older than `before_id`. NotFound."""
    _required(tx, tenant_id, endpoint_id)
    wanted = select(outbox).where(outbox.c.tenant_id == tenant_id, outbox.c.target == target(endpoint_id))
    if status is not None:
        wanted = wanted.where(outbox.c.status == status)
    if before_id is not None:
        wanted = wanted.where(outbox.c.id < before_id)
    return [_attempt(row) for row in tx.all(wanted.order_by(outbox.c.id.desc()).limit(limit))]


def replay(tx: Transaction, tenant_id: str, endpoint_id: str, *, ids: Sequence[str] = (), since_us: int | None = None) -> Replayed:
    """Sends again: these messages, or all that are dead since then; in order, with their former ids. NotFound; Conflict while disabled."""
    row = _required(tx, tenant_id, endpoint_id)
    if row.status != "enabled":
        raise Conflict("The endpoint is disabled; enable it first.", code="disabled")
    again = update(outbox).where(outbox.c.tenant_id == tenant_id, outbox.c.target == target(endpoint_id))
    if ids:
        again = again.where(outbox.c.id.in_(ids), outbox.c.status != "pending")
    else:
        again = again.where(outbox.c.status == "dead", outbox.c.created_at_us >= (since_us or 0))
    count = tx.execute(again.values(status="pending", attempts=0, due_at_us=tx.now_us)).rowcount
    if count:
        tx.tell(rows.TOPIC, target(endpoint_id))
    return Replayed(count)


# --- a message on its way ---


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes and what signs it."""

    url: str
    secrets: tuple[str, ...]


def address(tx: Transaction, tenant_id: str, endpoint_id: str) -> Address | None:
    """None where the endpoint is gone or disabled."""
    row = _row(tx, tenant_id, endpoint_id)
    if row is None or row.status != "enabled":
        return None
    valid = [each["secret"] for each in _secrets(tx, row) if each["until_us"] is None or each["until_us"] > tx.now_us]
    return Address(row.url, tuple(valid))


def payload(body: Mapping[str, Any]) -> bytes:
    """What is sent for a timeline entry: `type`, `timestamp`, `data`, and the entry's place in its conversation."""
    return json.dumps(
        {
            "type": body["type"],
            "timestamp": body["at"],
            "conversation_id": body.get("conversation_id"),
            "seq": body.get("seq"),
            "actor": body.get("actor"),
            "data": body["data"],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()


def headers(message_id: str, body: bytes, signers: Sequence[str], now_us: int) -> dict[str, str]:
    """The headers that let the receiver check `body`: id, time, one signature for each secret."""
    moment = datetime.fromtimestamp(now_us // SECOND_US, UTC)
    signatures = [Webhook(secret).sign(message_id, moment, body.decode()) for secret in signers]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(now_us // SECOND_US),
        "webhook-signature": " ".join(signatures),
        "content-type": "application/json",
        "user-agent": "tresen-webhooks/1",
    }


def retry_at_us(attempts_made: int, now_us: int, retry_after_s: float | None, chance: float | None = None) -> int | None:
    """When to try again after that many attempts; None: never. A receiver's Retry-After may put it off, not bring it forward.

    `chance`: 0 to 1, in place of a random number.
    """
    if attempts_made > len(SCHEDULE_S):
        return None
    wait_s = SCHEDULE_S[attempts_made - 1] * (1 + JITTER * (random.random() if chance is None else chance))  # noqa: S311  # no secret
    if retry_after_s is not None:
        wait_s = max(wait_s, min(retry_after_s, RETRY_AFTER_MOST_S))
    return now_us + int(wait_s * SECOND_US)


def retry_after_s(header: str | None, now_us: int) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110 section 10.2.3); None where there is none that can be read."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now_us / SECOND_US)


def new_secret() -> str:
    """A signing secret in Standard Webhooks' form."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def target(endpoint_id: str) -> str:
    """An endpoint's outbox rows."""
    return f"webhook:{endpoint_id}"


def view(row: Row[Any]) -> Endpoint:
    """A row as callers see it."""
    return Endpoint(row.id, row.url, json.loads(row.kinds), row.description, row.status, row.disabled_reason, rfc3339(row.created_at_us))


def _attempt(row: Row[Any]) -> Attempt:
    return Attempt(
        id=row.id,
        type=row.kind,
        conversation_id=row.lane,
        seq=row.position,
        status=row.status,
        attempts=row.attempts,
        last_status=row.last_status,
        last_error=row.last_error,
        attempted_at=rfc3339(row.attempted_at_us) if row.attempted_at_us is not None else None,
        next_attempt_at=rfc3339(row.due_at_us) if row.status == "pending" else None,
        created_at=rfc3339(row.created_at_us),
    )


def _is(tenant_id: str, endpoint_id: str) -> Any:
    return (webhook_endpoints.c.tenant_id == tenant_id) & (webhook_endpoints.c.id == endpoint_id)


def _row(tx: Transaction, tenant_id: str, endpoint_id: str) -> Row[Any] | None:
    return tx.first(select(webhook_endpoints).where(_is(tenant_id, endpoint_id)))


def _required(tx: Transaction, tenant_id: str, endpoint_id: str) -> Row[Any]:
    row = _row(tx, tenant_id, endpoint_id)
    if row is None:
        raise NotFound("There is no such endpoint.")
    return row


def _secrets(tx: Transaction, row: Row[Any]) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = json.loads(tx.unseal(row.tenant_id, row.secrets, f"webhook_endpoints/{row.id}"))
    return kept


def _sealed(tx: Transaction, tenant_id: str, endpoint_id: str, kept: list[dict[str, Any]]) -> bytes:
    return tx.seal(tenant_id, json.dumps(kept).encode(), f"webhook_endpoints/{endpoint_id}")
