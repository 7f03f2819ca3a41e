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
from signalling.commerce import payment_page, payment_words
from signalling.commerce.payment_state import State
from signalling.commerce.payment_view import Payment
from signalling.commerce.payment_words import amount, say
from signalling.commerce.providers.sandbox import BUTTONS
from signalling.identity.caller import PUBLIC

operations = Operations("Payment pages")

TenantId = Annotated[str, id_field("ten", "a tenant")]
PaymentId = Annotated[str, id_field("pay", "a payment")]
Key = Annotated[str, Field(pattern="^[0-9a-f]{32}$", description="The secret part of the address.")]

HTML: Final = "text/html; charset=utf-8"
FORM: Final = "application/x-www-form-urlencoded"
STYLE: Final = (
    "*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;color:#1d2327;background:#fbfaf7;"
    "font:1rem/1.5 system-ui,sans-serif}"
    "main{width:100%;max-width:26rem;padding:2rem;border:1px solid #e2dfd8;border-radius:12px;background:#fff}"
    "h1{margin:0 0 .5rem;font-size:1.25rem}p{margin:0 0 1rem;color:#5b6469}"
    ".amount{font-size:1.75rem;font-variant-numeric:tabular-nums;color:#1d2327}"
    "button{display:block;width:100%;min-height:2.75rem;margin:.5rem 0;font:inherit;color:inherit;cursor:pointer;border:1px solid #7b858b;"
    "border-radius:8px;background:none}button:first-child{border-color:#0b6b5d;background:#0b6b5d;color:#fff;font-weight:600}"
    "button:focus-visible{outline:3px solid #1a5fd0;outline-offset:2px}"
    "@media(prefers-color-scheme:dark){body{color:#eceeed;background:#15191b}main{background:#1e2427;border-color:#333b3f}p{color:#a9b2b6}"
    ".amount{color:#eceeed}button:first-child{background:#5cc4b0;border-color:#5cc4b0;color:#0c1f1b}}"
)


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
    language = _language(context)
    waits = query.outcome == "paid" and shown.status is State.LINK_CREATED
    said = say("waiting" if waits else shown.status, language)
    return _page(language, f"<h1>{html.escape(said)}</h1>{_amount(shown, language)}<p>{html.escape(say('back', language))}</p>")


@operations.add("pay.sandbox", "GET", "/v1/pay/{tenant_id}/{payment_id}/{key}/sandbox", roles=PUBLIC, socket=False, media_type="text/html")
async def sandbox_page(context: Context, tenant_id: TenantId, payment_id: PaymentId, key: Key) -> Raw:
    """The sandbox's page: the visitor picks how the payment ends."""
    shown = await context.read(payment_page.seen, tenant_id, payment_id, key)
    language = _language(context)
    buttons = "".join(
        f'<button name="outcome" value="{name}">{html.escape(say(name, language))}</button>' for name in BUTTONS.get(shown.status, {})
    )
    said = say("sandbox" if buttons else shown.status, language)
    heading = f"<h1>{html.escape(say('title', language))}</h1>{_amount(shown, language)}"
    return _page(language, f'{heading}<p>{html.escape(said)}</p><form method="post">{buttons}</form>')


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


def _language(context: Context) -> str:
    return payment_words.language(context.request_headers.get("Accept-Language", ""))


def _amount(shown: Payment, language: str) -> str:
    return f'<p class="amount">{html.escape(amount(shown.amount, language))}</p>'


def _to(url: str) -> Raw:
    return Raw(b"", HTML, {"Location": url, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


def _page(language: str, body: str) -> Raw:
    nonce = secrets.token_urlsafe(12)
    content = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<title>{html.escape(say("title", language))}</title><style nonce="{nonce}">{STYLE}</style></head>'
        f"<body><main>{body}</main></body></html>"
    )
    policy = f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    # Not no-referrer: browsers would send the page's own form with the origin `null`, which is nobody's.
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Robots-Tag": "noindex"}
    return Raw(content.encode(), HTML, headers)
