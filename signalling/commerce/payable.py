"""What a payment is for, and who must hear how it ended: the seam between payments and orders.

For `payment`, whose works call these inside their own unit of work. `Ledger` is what payments need of orders and carts;
`commerce.bill` is the implementation. Invariant: the amount of a payment comes from here, never from a caller.
"""

from dataclasses import dataclass
from typing import Protocol

from signalling.commerce.money import Money
from signalling.identity.caller import Caller
from signalling.store import Transaction


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be paid. `lines`: (title, amount of all its pieces); they need not add up to `total` (discounts)."""

    total: Money
    description: str
    lines: tuple[tuple[str, Money], ...]
    cart_id: str | None
    order_id: str | None


class Ledger(Protocol):
    """See the module. All are works; none of the last three raises because of the order's state: the money has moved or has not."""

    def due(self, tx: Transaction, caller: Caller, conversation_id: str, *, cart_id: str | None, order_id: str | None) -> Due:
        """What is to be paid for this order or cart. NotFound where the caller may not see it or it is not this conversation's
        customer's; Conflict where there is nothing to pay.
        """

    def paid(self, tx: Transaction, tenant_id: str, due: Due, payment_id: str, conversation_id: str, reference: str) -> None:
        """The money has arrived."""

    def failed(self, tx: Transaction, tenant_id: str, due: Due, payment_id: str, conversation_id: str) -> None:
        """It will not."""

    def refunded(self, tx: Transaction, tenant_id: str, due: Due, refund_id: str, conversation_id: str, amount: Money) -> None:
        """Some of it went back."""
