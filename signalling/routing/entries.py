"""Decisions as others read them: entries of the timeline, and notes to whom they concern.

    Entered          queue.entered              ticket, queue, position, eta; `again` where it is not the first time
    Moved            queue.position_changed     into another queue
    Boosted          queue.position_changed     staff only: why
    CallbackOffered  queue.callback_offered
    CallbackKept     queue.callback_kept
    Left             queue.left
    Assigned         conversation.assigned, or conversation.transferred where another rep had it before; both end the waiting
    Offered          a note to the rep: `offer.made`; OfferEnded: `offer.ended`

Durable is what happened to one ticket. That somebody's position changes because others were served is not: with n waiting each assignment
would write n entries. Those are notes (`places`). For `desk`. Pure.
"""

from collections.abc import Iterable
from typing import Any

from signalling.bus import person_topic
from signalling.conversation.timeline import SYSTEM, Visibility
from signalling.routing.decisions import (
    Assigned,
    Boosted,
    CallbackKept,
    CallbackOffered,
    Decision,
    Entered,
    Left,
    Moved,
    Offered,
    OfferEnded,
    RepChanged,
)
from signalling.routing.floor import Floor
from signalling.routing.records import Share, tell
from signalling.times import rfc3339

US = 1_000_000


def add(share: Share, floor: Floor, decisions: Iterable[Decision], now_us: int) -> None:
    """Puts into a tenant's share of a batch what these decisions, just made, are to others."""
    for decision in decisions:
        match decision:
            case RepChanged():
                share.statuses.append(decision)
            case Entered():
                data = {**_place(floor, decision.ticket_id, now_us), "again": decision.again or None}
                _line(share, decision, "queue.entered", data)
                if decision.again and decision.rep_id is not None:
                    share.given[decision.conversation_id] = None
            case Moved():
                data = {**_place(floor, decision.ticket_id, now_us), "from_queue_id": decision.from_queue_id, "reason": decision.reason}
                _line(share, decision, "queue.position_changed", data)
            case Boosted():
                data = {**_place(floor, decision.ticket_id, now_us), "points": decision.points, "reason": decision.reason}
                _line(share, decision, "queue.position_changed", data, "staff")
            case CallbackOffered():
                _line(share, decision, "queue.callback_offered", _place(floor, decision.ticket_id, now_us))
            case CallbackKept():
                _line(share, decision, "queue.callback_kept", _place(floor, decision.ticket_id, now_us))
            case Left():
                opens_at = rfc3339(decision.opens_us) if decision.opens_us is not None else None
                waited_s = decision.waited_us // US
                data = {"queue_id": decision.queue_id, "reason": decision.reason, "waited_s": waited_s, "opens_at": opens_at}
                _line(share, decision, "queue.left", data)
            case Assigned():
                _assigned(share, floor, decision)
            case Offered():
                _offered(share, floor, decision)
            case OfferEnded():
                note = {
                    "type": "offer.ended",
                    "ticket_id": decision.ticket_id,
                    "conversation_id": decision.conversation_id,
                    "outcome": decision.outcome,
                }
                share.notes.append((person_topic(share.tenant_id, decision.rep_id), note))
        tell(share, decision)


def _assigned(share: Share, floor: Floor, decision: Assigned) -> None:
    rep = floor.reps[decision.rep_id]
    data = {
        "rep_id": rep.id,
        "rep_name": rep.profile.name,
        "queue_id": decision.queue_id,
        "call_id": decision.call_id,
        "waited_s": decision.waited_us // US,
        "callback": decision.callback,
    }
    if decision.previous_rep_id is None:
        _line(share, decision, "conversation.assigned", data)
    else:
        _line(share, decision, "conversation.transferred", {**data, "from_rep_id": decision.previous_rep_id})
    share.given[decision.conversation_id] = rep.id


def _offered(share: Share, floor: Floor, decision: Offered) -> None:
    ticket = floor.tickets.get(decision.ticket_id)
    note = {
        "type": "offer.made",
        "ticket_id": decision.ticket_id,
        "conversation_id": decision.conversation_id,
        "channel": decision.channel,
        "call_id": decision.call_id,
        "expires_at": rfc3339(decision.expires_at_us),
        "callback": decision.callback,
        "reason": ticket.reason if ticket is not None else None,
    }
    share.notes.append((person_topic(share.tenant_id, decision.rep_id), note))


def _place(floor: Floor, ticket_id: str, now_us: int) -> dict[str, Any]:
    """Where a ticket stands at this moment; empty where it has ended since."""
    ticket = floor.tickets.get(ticket_id)
    if ticket is None:
        return {}
    position = floor.waiting.position(ticket) if ticket.key is not None else None
    return {
        "queue_id": ticket.queue_id,
        "call_id": ticket.call_id,
        "position": position,
        "eta_s": floor.eta_s(ticket, position, now_us) if position is not None else None,
        "reason": ticket.reason,
    }


def _line(share: Share, decision: Any, kind: str, data: dict[str, Any], visibility: Visibility = "all") -> None:
    body = {"ticket_id": decision.ticket_id, "channel": decision.channel, **data}
    share.lines.append((decision.conversation_id, kind, SYSTEM, body, visibility))
