"""The customer's way to the provider's page and back: what opening and leaving it means for the conversation.

For `api.routes.pay`. The address is what a link in a chat, a mail or a messenger leads to; its key is what lets somebody in, without a
token. Invariant: the provider's page is handed over by the same unit of work that enters the payment step, so nobody records or looks on
by the time it is shown.
"""

import hmac
from typing import Any

from sqlalchemy import Row

from mediaserver.errors import Conflict, NotFound
from signalling.commerce import payment, payment_step
from signalling.commerce.payment_state import Event, State
from signalling.commerce.payment_view import Payment, key_of, provider_url, url_for_customer, view
from signalling.commerce.providers.provider import Notice
from signalling.commerce.providers.sandbox import BUTTONS
from signalling.conversation import conversation
from signalling.conversation.timeline import Actor
from signalling.store import Transaction


def opened(tx: Transaction, tenant_id: str, payment_id: str, key: str) -> str | None:
    """The customer opens the link: enters the payment step. The provider's page; None where nobody can pay any more."""
    row = _entered(tx, tenant_id, payment_id, key)
    if url_for_customer(tx, row) is None:
        return None
    payment_step.enter(tx, tenant_id, row.conversation_id, _customer(tx, row), cart_id=row.cart_id, payment_id=row.id)
    return provider_url(tx, row)


def returned(tx: Transaction, tenant_id: str, payment_id: str, key: str) -> Payment:
    """The customer comes back from the provider's page, whichever way it ended: they are no longer at it."""
    row = _entered(tx, tenant_id, payment_id, key)
    at = payment_step.current(tx, tenant_id, row.conversation_id)
    if at is not None and at.payment_id == row.id:
        payment_step.leave(tx, tenant_id, row.conversation_id, "left", _customer(tx, row))
    return view(row, url_for_customer(tx, row))


def seen(tx: Transaction, tenant_id: str, payment_id: str, key: str) -> Payment:
    """The payment, for the sandbox's page. NotFound where it is not the sandbox's."""
    row = _entered(tx, tenant_id, payment_id, key)
    if row.provider != "sandbox":
        raise NotFound("There is no such payment.")
    return view(row, None)


def pressed(tx: Transaction, tenant_id: str, payment_id: str, key: str, button: str) -> tuple[Notice, Actor]:
    """What a button of the sandbox's page means. Conflict where the payment's state has no such button."""
    shown = seen(tx, tenant_id, payment_id, key)
    told = BUTTONS.get(State(shown.status), {}).get(button)
    if told is None:
        raise Conflict("The payment has moved on.", code="payment_state")
    event, reason = told
    money = (shown.amount.amount, shown.amount.currency) if event in (Event.PAID, Event.SUBMITTED) else (None, None)
    row = payment.find(tx, tenant_id, payment_id)
    assert row is not None
    receipt = f"sandbox_money_{payment_id}" if event is Event.PAID else None
    notice = Notice(event, "", payment_id, row.reference, receipt, money[0], money[1], reason)
    return notice, Actor("system", "sandbox")


def _entered(tx: Transaction, tenant_id: str, payment_id: str, key: str) -> Row[Any]:
    row = payment.find(tx, tenant_id, payment_id)
    if row is None or not key or not hmac.compare_digest(key_of(tx, row).encode(), key.encode()):
        raise NotFound("There is no such payment.")
    return row


def _customer(tx: Transaction, row: Row[Any]) -> Actor:
    held = conversation.find(tx, row.tenant_id, row.conversation_id)
    if held is None:
        raise NotFound("There is no such payment.")
    return Actor("customer", held.customer_id)
