"""What a desk decides: the outputs of `floor.Floor`, and, once they are on disk, what the bus topic `desk` carries.

Frozen. Those that others listen for: `Offered` (ring at the rep), `OfferEnded` (stop ringing), `Assigned` (theirs now).
"""

from dataclasses import dataclass
from typing import Literal

from signalling.routing.ticket import Channel

TOPIC = "desk"

Outcome = Literal["accepted", "declined", "timeout", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody begins to wait, or waits again. `again`: why again (rep_gone, transferred, queue_removed), or empty."""

    tenant_id: str
    ticket_id: str
    conversation_id: str
    channel: Channel
    queue_id: str
    again: str = ""
    rep_id: str | None = None  # who had it


@dataclass(frozen=True, slots=True)
class Moved:
    """Waits in another queue now, at the same age."""

    tenant_id: str
    ticket_id: str
    conversation_id: str
    channel: Channel
    from_queue_id: str
    queue_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Left:
    """Waits no longer, without having been helped. `reason`: of the customer, or voicemail | offline_message | closed."""

    tenant_id: str
    ticket_id: str
    conversation_id: str
    channel: Channel
    queue_id: str
    reason: str
    waited_us: int
    opens_us: int | None = None  # with `closed`: when somebody is there again


@dataclass(frozen=True, slots=True)
class CallbackOffered:
    """Has waited long; is asked whether to be called back instead."""

    tenant_id: str
    ticket_id: str
    conversation_id: str
    channel: Channel
    queue_id: str


@dataclass(frozen=True, slots=True)
class CallbackKept:
    """Is gone and will be called back when it is their turn."""

    tenant_id: str
    ticket_id: str
    conversation_id: str
    channel: Channel
    queue_id: str


@dataclass(frozen=True, slots=True)
class Boosted:
    """Has more priority than before."""

    tenant_id: str
    ticket_id: str
    conversation_id: str
    channel: Channel
    queue_id: str
    points: int
    reason: str


@dataclass(frozen=True, slots=True)
class Offered:
    """A rep is asked."""

    tenant_id: str
    ticket_id: str
    conversation_id: str
    channel: Channel
    rep_id: str
    call_id: str | None
    expires_at_us: int
    callback: bool = False


@dataclass(frozen=True, slots=True)
class OfferEnded:
    """A rep is asked no more."""

    tenant_id: str
    ticket_id: str
    conversation_id: str
    channel: Channel
    rep_id: str
    call_id: str | None
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Assigned:
    """It is this rep's now."""

    tenant_id: str
    ticket_id: str
    conversation_id: str
    channel: Channel
    rep_id: str
    call_id: str | None
    queue_id: str = ""
    waited_us: int = 0
    previous_rep_id: str | None = None
    callback: bool = False


@dataclass(frozen=True, slots=True)
class Finished:
    """A rep's work on it is over."""

    tenant_id: str
    ticket_id: str
    conversation_id: str
    channel: Channel
    rep_id: str
    outcome: str


@dataclass(frozen=True, slots=True)
class RepChanged:
    """A rep's status, in one word, is another. `reason`: chosen | missed_offers | connection | grace | wrap_up | what somebody said."""

    tenant_id: str
    rep_id: str
    status: str
    reason: str


Decision = Entered | Moved | Left | CallbackOffered | CallbackKept | Boosted | Offered | OfferEnded | Assigned | Finished | RepChanged
