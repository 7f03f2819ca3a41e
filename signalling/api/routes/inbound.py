"""Webhooks that come in. Public: the signature over the raw bytes is what lets them in, checked before anything is parsed.

Whoever is not who they claim to be leaves no trace but a count, and is told the same whether it was the tenant, the account or the
signature that did not fit.
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Annotated, Final

from mediaserver.errors import RemoteError, Unavailable
from signalling.api.models import id_field
from signalling.api.operation import Context, Operations
from signalling.commerce import shop_news
from signalling.identity.caller import PUBLIC

operations = Operations("Inbound webhooks")

TenantId = Annotated[str, id_field("ten", "a tenant")]
# Stripe's events carry one object of a few KiB; a shop's product with all its variants may be larger.
BODY_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Received:
    """It is stored; the sender need not repeat it."""

    received: bool = True


@operations.add(
    "inbound.stripe", "POST", "/v1/inbound/stripe/{tenant_id}", roles=PUBLIC, body_types=("*/*",), body_bytes=BODY_BYTES, limit="inbound"
)
async def stripe(context: Context, tenant_id: TenantId, body: bytes) -> Received:
    """Stripe's webhooks.

    The endpoint to give to Stripe for this tenant, for the events `checkout.session.completed`, `.async_payment_succeeded`,
    `.async_payment_failed`, `.expired` and `payment_intent.payment_failed`. Verified by `Stripe-Signature`.
    """
    return await _counted(context, "stripe", context.services.payments.receive("stripe", tenant_id, context.request_headers, body))


@operations.add(
    "inbound.shop", "POST", "/v1/inbound/shop/{tenant_id}", roles=PUBLIC, body_types=("*/*",), body_bytes=BODY_BYTES, limit="inbound"
)
async def shop(context: Context, tenant_id: TenantId, body: bytes) -> Received:
    """The webhooks of a shop that is attached over HTTP.

    Standard Webhooks 1.0.0: `order.status_changed`, `cart.changed`, `product.changed`. See the documentation of shops.
    """
    services = context.services
    return await _counted(context, "shop", shop_news.receive(services.store, services.shops, tenant_id, context.request_headers, body))


async def _counted(context: Context, source: str, taking: Awaitable[str]) -> Received:
    try:
        result = await taking
    except Unavailable:
        raise
    except RemoteError as error:
        context.services.metrics.count("inbound_webhooks", source=source, result="refused" if error.status == 401 else "unfit")
        raise
    context.services.metrics.count("inbound_webhooks", source=source, result=result)
    return Received()
