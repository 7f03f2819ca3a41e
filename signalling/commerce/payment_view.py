"""A payment as it is kept and as callers see it.

For `payment`, `payments` and the doors. Invariant: the address of the page is shown to the customer alone; the shop's staff sees the
state, never the page, so that nobody looks on while somebody else pays.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Row

from signalling.commerce.money import Money
from signalling.commerce.payment_state import OPEN, State
from signalling.commerce.providers.provider import Charge, ChargeLine
from signalling.store import Transaction
from signalling.times import rfc3339

# 128 random bits: who has not been given the address does not find it.
KEY_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment's present state. `url`: where the customer pays, while they can; null for everybody else."""

    id: str
    conversation_id: str
    cart_id: str | None
    order_id: str | None
    provider: str
    status: State
    amount: Money
    refunded: Money
    reason: str | None
    url: str | None
    expires_at: str
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class Refund:
    """Money on its way back. `status`: requested | pending | succeeded | failed."""

    id: str
    payment_id: str
    amount: Money
    status: str
    reason: str | None
    created_at: str
    updated_at: str


def view(row: Row[Any], url: str | None) -> Payment:
    """A row as callers see it."""
    return Payment(
        id=row.id,
        conversation_id=row.conversation_id,
        cart_id=row.cart_id,
        order_id=row.order_id,
        provider=row.provider,
        status=State(row.state),
        amount=Money(row.amount, row.currency),
        refunded=Money(row.refunded, row.currency),
        reason=row.reason,
        url=url,
        expires_at=rfc3339(row.expires_at_us),
        created_at=rfc3339(row.created_at_us),
        updated_at=rfc3339(row.updated_at_us),
    )


def refund_view(row: Row[Any], currency: str) -> Refund:
    """A row as callers see it."""
    return Refund(
        id=row.id,
        payment_id=row.payment_id,
        amount=Money(row.amount, currency),
        status=row.status,
        reason=row.reason,
        created_at=rfc3339(row.created_at_us),
        updated_at=rfc3339(row.updated_at_us),
    )


def told(row: Row[Any], state: State, reason: str | None = None) -> dict[str, Any]:
    """The body of the timeline's entries about it."""
    return {
        "payment_id": row.id,
        "order_id": row.order_id,
        "cart_id": row.cart_id,
        "provider": row.provider,
        "status": state.value,
        "amount": {"amount": row.amount, "currency": row.currency},
        "expires_at": rfc3339(row.expires_at_us),
        **({"reason": reason} if reason else {}),
    }


def new_key() -> str:
    """The secret part of a page's address."""
    return secrets.token_hex(KEY_BYTES)


def page(base: str, tenant_id: str, payment_id: str, key: str, suffix: str = "") -> str:
    """Our own address for the customer: opening it is entering the payment step, then it leads to the provider's page."""
    return f"{base}/v1/pay/{tenant_id}/{payment_id}/{key}{suffix}"


def sealed_charge(tx: Transaction, charge: Charge, base: str, key: str) -> bytes:
    """What `charge_of` opens."""
    plain = json.dumps({"charge": asdict(charge), "base": base, "key": key}, separators=(",", ":")).encode()
    return tx.seal(charge.tenant_id, plain, f"payments/{charge.payment_id}/charge")


def charge_of(tx: Transaction, row: Row[Any]) -> Charge:
    """What the provider is asked for, as it was when the payment was made."""
    kept: dict[str, Any] = dict(_opened(tx, row)["charge"])
    kept["lines"] = tuple(ChargeLine(**line) for line in kept["lines"])
    return Charge(**kept)


def key_of(tx: Transaction, row: Row[Any]) -> str:
    """The secret part of its page's address; empty where the customer was erased."""
    return str(_opened(tx, row).get("key", ""))


def url_for_customer(tx: Transaction, row: Row[Any]) -> str | None:
    """The page's address, while somebody can pay there."""
    if row.url is None or State(row.state) not in OPEN - {State.PROCESSING} or row.expires_at_us <= tx.now_us:
        return None
    kept = _opened(tx, row)
    return page(kept["base"], row.tenant_id, row.id, kept["key"])


def provider_url(tx: Transaction, row: Row[Any]) -> str | None:
    """The provider's own page."""
    return None if row.url is None else tx.unseal(row.tenant_id, row.url, f"payments/{row.id}/url").decode()


def _opened(tx: Transaction, row: Row[Any]) -> Mapping[str, Any]:
    opened: dict[str, Any] = json.loads(tx.unseal(row.tenant_id, row.charge, f"payments/{row.id}/charge"))
    return opened
