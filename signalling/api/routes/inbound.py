"""Webhooks that come in. Public: the signature over the raw bytes is what lets them in, checked before anything is parsed.

Whoever is not who they claim to be leaves no trace but a count, and is told the same whether it was the tenant, the account or the
signature that did not fit.
"""

from dataclasses import dataclass
from typing import Annotated, Final

from signalling.api.models import id_field
from signalling.api.operation import Context, Operations
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
    await context.services.payments.receive("stripe", tenant_id, context.request_headers, body)
    return Received()
