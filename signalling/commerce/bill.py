"""Orders and carts as payments see them: implements `payable.Ledger`."""

from mediaserver.errors import NotFound
from signalling.commerce.money import Money
from signalling.commerce.payable import Due
from signalling.identity.caller import Caller
from signalling.store import Transaction


class Bill:
    """See the module."""

    def due(self, tx: Transaction, caller: Caller, conversation_id: str, *, cart_id: str | None, order_id: str | None) -> Due:
        """See `Ledger`."""
        raise NotFound("There is no such order.")

    def paid(self, tx: Transaction, tenant_id: str, due: Due, payment_id: str, conversation_id: str, reference: str) -> None:
        """See `Ledger`."""

    def failed(self, tx: Transaction, tenant_id: str, due: Due, payment_id: str, conversation_id: str) -> None:
        """See `Ledger`."""

    def refunded(self, tx: Transaction, tenant_id: str, due: Due, refund_id: str, conversation_id: str, amount: Money) -> None:
        """See `Ledger`."""
