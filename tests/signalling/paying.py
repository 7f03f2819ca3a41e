"""What payment tests share: a ledger that writes down what it is told, a conversation, an account at the stand-in."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from mediaserver.errors import NotFound
from signalling import tenants
from signalling.app import SignallingCore
from signalling.commerce.money import Money
from signalling.commerce.payable import Due
from signalling.conversation import conversation, timeline
from signalling.identity.caller import Caller
from signalling.store import Store, Transaction
from tests.signalling.people import CUSTOMER, TENANT, bearer
from tests.support.stripe_stand_in import SECRET_KEY, WEBHOOK_SECRET, StripeStandIn

Client = TestClient[web.Request, web.Application]
ORDER = "ord_01JD3Q8Z6W0V7M9K4C2T5B8N1X"
OTHER_ORDER = "ord_01JD3Q8Z6W0V7M9K4C2T5B8N2X"


class NotedLedger:
    """Orders that cost what `costs` says; `told` is what it heard, in the order of the commits."""

    def __init__(self) -> None:
        self.costs = {ORDER: Money(5900, "EUR"), OTHER_ORDER: Money(700, "EUR")}
        self.told: list[tuple[str, str, int]] = []

    def due(self, tx: Transaction, caller: Caller, conversation_id: str, *, cart_id: str | None, order_id: str | None) -> Due:
        total = self.costs.get(order_id or "")
        if total is None:
            raise NotFound("There is no such order.")
        return Due(total, f"Order {order_id}", (("2 x Cap", total),), cart_id, order_id)

    def paid(self, tx: Transaction, tenant_id: str, due: Due, payment_id: str, conversation_id: str, reference: str) -> None:
        self.told.append(("paid", due.order_id or "", due.total.amount))

    def failed(self, tx: Transaction, tenant_id: str, due: Due, payment_id: str, conversation_id: str) -> None:
        self.told.append(("failed", due.order_id or "", due.total.amount))

    def refunded(self, tx: Transaction, tenant_id: str, due: Due, refund_id: str, conversation_id: str, amount: Money) -> None:
        self.told.append(("refunded", due.order_id or "", amount.amount))


@pytest.fixture
def ledger(core: SignallingCore) -> NotedLedger:
    core.services.payments.ledger = made = NotedLedger()
    return made


@pytest.fixture
async def stripe(core: SignallingCore, client: Client) -> AsyncIterator[StripeStandIn]:
    """The tenant's account at a stand-in for Stripe, which sends its webhooks to this core."""
    made = StripeStandIn()
    await made.start()
    core.services.payments.stripe_url = made.url
    made.webhook_url = f"{core.address}/v1/inbound/stripe/{TENANT}"
    await core.store.write(account)
    yield made
    await made.close()


def account(tx: Transaction, mode: str = "checkout", secret_key: str = SECRET_KEY) -> None:
    """A work: the tenant pays through Stripe."""
    tenants.set_settings(tx, TENANT, tenants.settings(tx, TENANT).model_copy(update={"payment_provider": "stripe"}))
    secrets = f"{WEBHOOK_SECRET} whsec_the_old_one"
    tenants.set_secret(tx, TENANT, "payments", {"secret_key": secret_key, "webhook_secrets": secrets, "mode": mode})


async def talk(store: Store) -> str:
    """A conversation of CUSTOMER's."""
    return (await store.write(conversation.begin, TENANT, CUSTOMER.id, CUSTOMER.actor)).id


async def ask(core: SignallingCore, client: Client, conversation_id: str, caller: Caller = CUSTOMER, **wish: Any) -> dict[str, Any]:
    """A payment for ORDER, through the door."""
    url = f"/v1/conversations/{conversation_id}/payments"
    async with client.post(url, json={"order_id": ORDER, **wish}, headers=bearer(core, caller)) as answer:
        body: dict[str, Any] = await answer.json()
        assert answer.status == 201, body
        return body


async def read(core: SignallingCore, client: Client, payment_id: str, caller: Caller = CUSTOMER) -> dict[str, Any]:
    """The payment as `caller` sees it."""
    async with client.get(f"/v1/payments/{payment_id}", headers=bearer(core, caller)) as answer:
        assert answer.status == 200
        body: dict[str, Any] = await answer.json()
        return body


async def kinds(store: Store, conversation_id: str) -> list[str]:
    """The conversation's entries about paying."""
    entries = await store.read(timeline.read, TENANT, conversation_id)
    return [entry.kind for entry in entries if entry.kind.startswith("payment.")]
