"""Payments in a conversation: asked for, followed, cancelled, refunded. The pages that customers see are `pay`'s."""

from typing import Annotated

from pydantic import BaseModel, Field, model_validator

from signalling.api.models import Body, CartId, ConversationId, OrderId, id_field
from signalling.api.operation import Context, Operations
from signalling.commerce import payment, payment_refund
from signalling.commerce.money import AMOUNT_MOST
from signalling.commerce.payment_view import Payment, Refund
from signalling.identity.caller import ANYBODY, STAFF, SUPERVISORS

operations = Operations("Payments")

PaymentId = Annotated[str, id_field("pay", "a payment")]
RefundId = Annotated[str, id_field("rfnd", "a refund")]


class PaymentWish(Body):
    """What is to be paid: one of the two. The amount is the order's or the cart's."""

    order_id: OrderId | None = None
    cart_id: CartId | None = None
    id: PaymentId | None = Field(default=None, description="Made by you, so that asking twice is harmless; left out: made here.")

    @model_validator(mode="after")
    def _one(self) -> "PaymentWish":
        if (self.order_id is None) == (self.cart_id is None):
            raise ValueError("name either an order or a cart")
        return self


class RefundWish(Body):
    """How much goes back."""

    amount: int | None = Field(
        default=None, ge=1, le=AMOUNT_MOST, description="Minor units of the payment's currency; null: all that is left."
    )
    id: RefundId | None = Field(default=None, description="Made by you, so that asking twice is harmless; left out: made here.")


class PaymentList(BaseModel):
    """Payments, the newest first."""

    data: list[Payment]


class RefundList(BaseModel):
    """Refunds, the oldest first."""

    data: list[Refund]


@operations.add("payment.create", "POST", "/v1/conversations/{conversation_id}/payments", roles=ANYBODY, status=201, creates=True)
async def create(context: Context, conversation_id: ConversationId, body: PaymentWish) -> Payment:
    """Asks for a payment.

    Makes a link at the tenant's payment provider, on which the customer pays; `url` is given to the customer alone. Where the provider is
    away the payment is `created` and its link comes later (`payment.link_created`). While a payment for the same is open, that one is
    the answer; with another amount it is a conflict.
    """
    wish = payment.Wish(body.order_id, body.cart_id, body.id)
    payment_id = await context.services.payments.create(context.caller, conversation_id, wish)
    return await context.write(payment.show, context.caller, payment_id)


@operations.add("payment.list", "GET", "/v1/conversations/{conversation_id}/payments", roles=ANYBODY)
async def list_all(context: Context, conversation_id: ConversationId) -> PaymentList:
    """A conversation's payments, the newest first, a hundred at most."""
    return PaymentList(data=await context.read(payment.show_all, context.caller, conversation_id))


@operations.add("payment.read", "GET", "/v1/payments/{payment_id}", roles=ANYBODY)
async def read(context: Context, payment_id: PaymentId) -> Payment:
    """A payment's present state.

    `url` is where the customer pays: there for the customer while they can, null for everybody else.
    """
    return await context.read(payment.show, context.caller, payment_id)


@operations.add("payment.cancel", "POST", "/v1/payments/{payment_id}/cancel", roles=ANYBODY)
async def cancel(context: Context, payment_id: PaymentId) -> Payment:
    """Cancels a payment that nobody has paid yet; its link leads nowhere from now on. Repeating it is harmless."""
    await context.services.payments.cancel(context.caller, payment_id)
    return await context.read(payment.show, context.caller, payment_id)


@operations.add("payment.refund", "POST", "/v1/payments/{payment_id}/refunds", roles=SUPERVISORS, status=201, creates=True)
async def refund(context: Context, payment_id: PaymentId, body: RefundWish) -> Refund:
    """Gives money back.

    All of it or a part. Where the provider is away the refund is `requested` and is asked for until it answers; `pending` is the bank's
    time. `payment.refunded` tells when it has succeeded.
    """
    refund_id = await context.services.payments.refund(context.caller, payment_id, body.amount, body.id)
    return await context.write(payment_refund.show, context.caller, refund_id)


@operations.add("payment.refunds", "GET", "/v1/payments/{payment_id}/refunds", roles=STAFF)
async def refunds(context: Context, payment_id: PaymentId) -> RefundList:
    """A payment's refunds, the oldest first."""
    return RefundList(data=await context.read(payment_refund.show_all, context.caller, payment_id))
