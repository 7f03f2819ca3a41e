"""The pages a customer sees on the way to a payment and back, and the sandbox's. Public: the key in the address is what lets them in.

No page here has a field to type into: a card's number is typed at the provider's, never at ours.
"""

import html
import secrets
from typing import Annotated, Final
from urllib.parse import parse_qs

from pydantic import Field

from signalling.api.models import Body, id_field
from signalling.api.operation import Context, Operations, Raw
from signalling.commerce import payment_page
from signalling.commerce.payment_state import State
from signalling.commerce.payment_view import Payment
from signalling.commerce.providers.sandbox import BUTTONS, LABELS
from signalling.identity.caller import PUBLIC

operations = Operations("Payment pages")

TenantId = Annotated[str, id_field("ten", "a tenant")]
PaymentId = Annotated[str, id_field("pay", "a payment")]
Key = Annotated[str, Field(pattern="^[0-9a-f]{32}$", description="The secret part of the address.")]

HTML: Final = "text/html; charset=utf-8"
FORM: Final = "application/x-www-form-urlencoded"
STYLE: Final = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:28rem;margin:10vh auto;padding:0 1rem;color:#1c1a17;background:#faf8f4}"
    "button{display:block;width:100%;min-height:2.75rem;margin:.5rem 0;font:inherit;border:1px solid #6b6459;border-radius:.4rem}"
    "button{background:#fff}"
    "@media(prefers-color-scheme:dark){body{color:#f2efe9;background:#1c1a17}button{color:inherit;background:#2c2925}}"
)
SAID: Final = {
    State.CREATED: "The link is being made. Please try again in a moment.",
    State.LINK_CREATED: "Nothing was paid yet.",
    State.PROCESSING: "Your payment is on its way.",
    State.SUCCEEDED: "Thank you. Your payment has arrived.",
    State.FAILED: "The payment failed.",
    State.EXPIRED: "This payment link has expired.",
    State.CANCELLED: "This payment was cancelled.",
    State.REFUNDED: "This payment was refunded.",
}


class Outcome(Body):
    """How the provider's page ended, by its own account; what counts is what it tells us signed."""

    outcome: Annotated[str, Field(pattern="^(paid|left)$")] = "left"


@operations.add("pay.open", "GET", "/v1/pay/{tenant_id}/{payment_id}/{key}", roles=PUBLIC, status=303, socket=False, media_type="text/html")
async def open_page(context: Context, tenant_id: TenantId, payment_id: PaymentId, key: Key) -> Raw:
    """Leads the customer to the provider's page.

    Enters the payment step: recording and the rep's view stop. Where nobody can pay any more it leads to a page that says so.
    """
    url = await context.write(payment_page.opened, tenant_id, payment_id, key)
    return _to(url or f"/v1/pay/{tenant_id}/{payment_id}/{key}/return")


@operations.add("pay.return", "GET", "/v1/pay/{tenant_id}/{payment_id}/{key}/return", roles=PUBLIC, socket=False, media_type="text/html")
async def return_page(context: Context, tenant_id: TenantId, payment_id: PaymentId, key: Key, query: Outcome) -> Raw:
    """Where the provider's page leads back to: leaves the payment step and says how the payment stands."""
    shown = await context.write(payment_page.returned, tenant_id, payment_id, key)
    said = SAID[shown.status]
    if query.outcome == "paid" and shown.status is State.LINK_CREATED:
        said = "Thank you. We are waiting for the payment provider's confirmation."
    return _page(f"<h1>{html.escape(said)}</h1><p>{_amount(shown)}</p><p>You can close this page and go back to the conversation.</p>")


@operations.add("pay.sandbox", "GET", "/v1/pay/{tenant_id}/{payment_id}/{key}/sandbox", roles=PUBLIC, socket=False, media_type="text/html")
async def sandbox_page(context: Context, tenant_id: TenantId, payment_id: PaymentId, key: Key) -> Raw:
    """The sandbox's page: the visitor picks how the payment ends."""
    shown = await context.read(payment_page.seen, tenant_id, payment_id, key)
    buttons = "".join(
        f'<button name="outcome" value="{name}">{html.escape(LABELS[name])}</button>' for name in BUTTONS.get(shown.status, {})
    )
    said = "This is a sandbox: no money moves." if buttons else SAID[shown.status]
    return _page(f'<h1>{_amount(shown)}</h1><p>{html.escape(said)}</p><form method="post">{buttons}</form>')


@operations.add(
    "pay.sandbox_outcome",
    "POST",
    "/v1/pay/{tenant_id}/{payment_id}/{key}/sandbox",
    roles=PUBLIC,
    status=303,
    body_types=(FORM,),
    body_bytes=1024,
    media_type="text/html",
)
async def sandbox_outcome(context: Context, tenant_id: TenantId, payment_id: PaymentId, key: Key, body: bytes) -> Raw:
    """A button of the sandbox's page: `outcome` is pay, decline, transfer, expire, arrive or bounce."""
    button = (parse_qs(body.decode("ascii", "replace")).get("outcome") or [""])[0]
    notice, actor = await context.read(payment_page.pressed, tenant_id, payment_id, key, button)
    await context.services.payments.tell(tenant_id, "sandbox", notice, actor)
    stays = button in ("decline", "transfer")
    return _to(f"/v1/pay/{tenant_id}/{payment_id}/{key}/" + ("sandbox" if stays else "return?outcome=paid"))


def _amount(shown: Payment) -> str:
    return html.escape(str(shown.amount))


def _to(url: str) -> Raw:
    return Raw(b"", HTML, {"Location": url, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


def _page(body: str) -> Raw:
    nonce = secrets.token_urlsafe(12)
    content = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<title>Payment</title><style nonce="{nonce}">{STYLE}</style></head><body><main>{body}</main></body></html>'
    )
    policy = f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
    return Raw(content.encode(), HTML, headers)
