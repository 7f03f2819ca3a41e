"""A ticket as customers, reps and other parts see it, and the desk as somebody sees it who has none."""

from dataclasses import dataclass

from signalling.routing.floor import Floor
from signalling.routing.ticket import Ticket
from signalling.times import rfc3339


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody's place in the queue. `position`: 1 is next; None when not waiting. `eta_s`: seconds, or None: see `eta`.

    `priority`: minutes of waiting ahead.
    """

    id: str
    conversation_id: str
    call_id: str | None
    channel: str
    queue_id: str
    state: str
    position: int | None
    eta_s: int | None
    entered_at: str
    rep_id: str | None
    callback: bool
    callback_offered: bool
    reason: str | None
    outcome: str
    opens_at: str | None
    priority: int


@dataclass(frozen=True, slots=True)
class Reception:
    """What a visitor may know before they ask for anything. `open`: it is within the hours; `staffed`: somebody is on duty.

    `opens_at`: when it opens, where it is closed and that is known.
    """

    open: bool
    staffed: bool
    opens_at: str | None


def place_of(floor: Floor, ticket: Ticket, now_us: int) -> Place:
    """The ticket as it is now."""
    position = floor.waiting.position(ticket) if ticket.key is not None else None
    return Place(
        id=ticket.id,
        conversation_id=ticket.conversation_id,
        call_id=ticket.call_id,
        channel=ticket.channel,
        queue_id=ticket.queue_id,
        state=ticket.state,
        position=position,
        eta_s=floor.eta_s(ticket, position, now_us) if position is not None else None,
        entered_at=rfc3339(ticket.entered_us),
        rep_id=ticket.rep_id,
        callback=ticket.callback,
        callback_offered=ticket.callback_offered,
        reason=ticket.reason,
        outcome=ticket.outcome,
        opens_at=rfc3339(ticket.opens_us) if ticket.opens_us is not None else None,
        priority=ticket.priority,
    )
