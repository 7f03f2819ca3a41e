"""What a payment provider is to us: gives a page on which the customer pays, and tells, signed, how that ended.

For `commerce.payments` and `api.routes.inbound`. Implementations: `stripe`, `sandbox`. A provider's call happens outside any transaction;
it carries a key that was stored before, so that asking again after a crash does not charge twice.

    TresenError
    +-- ProviderDown      no usable answer: nobody knows; ask again later with the same key
    +-- ProviderRefused   an answer that asking again will not change; `code` says why
    +-- NotGenuine        a webhook that this provider did not sign

Invariant: nothing of a card reaches us. The customer types it on the provider's page; what a provider tells is read field by field into
the classes below, every text of it bounded and masked (`scrubbed`), and its payload is never stored.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from mediaserver.errors import TresenError
from signalling.commerce.payment_state import Event

# A run of digits with single separators, as card numbers are written (ISO/IEC 7812: 12 to 19 digits).
_DIGITS = re.compile(r"(?<!\d)\d(?:[ -]?\d){11,18}(?!\d)")
CODE_MOST = 64
REFERENCE_MOST = 255


class ProviderDown(TresenError):
    """Nobody knows what happened. `retry_after_s`: when to ask again."""

    def __init__(self, what: str, retry_after_s: float = 5.0) -> None:
        super().__init__(what)
        self.retry_after_s = retry_after_s


class ProviderRefused(TresenError):
    """The provider will not, however often it is asked. `code`: a short word why."""

    def __init__(self, code: str) -> None:
        super().__init__(f"the payment provider refused: {code}")
        self.code = code


class NotGenuine(TresenError):
    """Not signed by who it claims to come from, or too old."""


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """One line as the customer reads it on the provider's page. `amount`: of all of its pieces, in minor units."""

    title: str
    amount: int


@dataclass(frozen=True, slots=True)
class Charge:
    """What a provider is asked for. Kept as it is until it answered: the same key always goes with the same request."""

    payment_id: str
    tenant_id: str
    conversation_id: str
    amount: int
    currency: str
    description: str
    lines: tuple[ChargeLine, ...]
    locale: str
    page_url: str  # our own, which leads to the provider's
    success_url: str
    cancel_url: str
    expires_at_us: int


@dataclass(frozen=True, slots=True)
class Link:
    """The provider's page for one payment. `reference`: how the provider names it."""

    reference: str
    url: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What a provider tells of a payment, by webhook or when asked. `id`: the webhook's own; empty where it was asked."""

    event: Event
    id: str = ""
    payment_id: str | None = None
    reference: str | None = None
    receipt: str | None = None  # the provider's name of the money, for refunds
    amount: int | None = None
    currency: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Refunded:
    """What became of a refund."""

    reference: str
    status: Literal["pending", "succeeded", "failed"]
    reason: str | None = None


class Provider(Protocol):
    """One tenant's account with a provider. Every method may raise ProviderDown or ProviderRefused."""

    @property
    def name(self) -> str:
        """Such as `stripe`."""

    async def link(self, charge: Charge) -> Link:
        """The page for this charge: the same one whenever it is asked again."""

    async def look(self, charge: Charge, reference: str) -> Notice | None:
        """What became of it; None: nothing yet."""

    async def cancel(self, charge: Charge, reference: str) -> None:
        """Nobody can pay there any more. ProviderRefused where it is too late; `look` then tells why."""

    async def refund(self, refund_id: str, receipt: str, amount: int, currency: str) -> Refunded:
        """Gives `amount` minor units back. `refund_id` is the key."""

    async def look_refund(self, reference: str) -> Refunded:
        """What became of a refund that was pending."""

    def verify(self, headers: Mapping[str, str], raw: bytes, now_us: int) -> Notice | None:
        """What a webhook's raw bytes tell; None: it is genuine and none of our business. NotGenuine."""

    async def close(self) -> None:
        """Ends connections. Idempotent."""


def scrubbed(text: object, most: int = CODE_MOST) -> str | None:
    """A text of a provider's as it may be stored: bounded, printable, card numbers masked. None for what is no text."""
    if not isinstance(text, str) or not text:
        return None
    printable = "".join(character for character in text if character.isprintable())
    return _DIGITS.sub(_masked, printable)[:most] or None


def _masked(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found[0])
    return f"****{digits[-4:]}" if luhn(digits) else found[0]


def luhn(digits: str) -> bool:
    """Whether the check digit fits (ISO/IEC 7812-1 annex B)."""
    total = 0
    for index, character in enumerate(reversed(digits)):
        value = int(character) * (2 if index % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
