"""The sandbox: a provider without money, for the demo and for tests. Its page is one of ours, on which the visitor picks the outcome.

For `commerce.payments`; the page itself is `api.routes.payments`. It has no field for a card, nor for anything else: only buttons.
"""

from collections.abc import Mapping
from typing import Final

from signalling.commerce.payment_state import Event, State
from signalling.commerce.providers.provider import Charge, Link, NotGenuine, Notice, Refunded

# What the page's buttons tell, by state: as with a real provider, a declined card may be followed by another.
BUTTONS: Final[dict[State, dict[str, tuple[Event, str | None]]]] = {
    State.LINK_CREATED: {
        "pay": (Event.PAID, None),
        "decline": (Event.DECLINED, "insufficient_funds"),
        "transfer": (Event.SUBMITTED, None),
        "expire": (Event.EXPIRED, None),
    },
    State.PROCESSING: {
        "arrive": (Event.PAID, None),
        "bounce": (Event.FAILED, "async_payment_failed"),
    },
}


class Sandbox:
    """Implements `provider.Provider`."""

    name = "sandbox"

    async def link(self, charge: Charge) -> Link:
        """See `Provider`."""
        return Link(f"sandbox_{charge.payment_id}", f"{charge.page_url}/sandbox")

    async def look(self, charge: Charge, reference: str) -> Notice | None:
        """See `Provider`: nothing happens but on its page, which tells at once."""
        return None

    async def cancel(self, charge: Charge, reference: str) -> None:
        """See `Provider`."""

    async def refund(self, refund_id: str, receipt: str, amount: int, currency: str) -> Refunded:
        """See `Provider`."""
        return Refunded(f"sandbox_{refund_id}", "succeeded")

    async def look_refund(self, reference: str) -> Refunded:
        """See `Provider`."""
        return Refunded(reference, "succeeded")

    def verify(self, headers: Mapping[str, str], raw: bytes, now_us: int) -> Notice | None:
        """See `Provider`: it sends none."""
        raise NotGenuine("the sandbox sends no webhooks")

    async def close(self) -> None:
        """See `Provider`."""
