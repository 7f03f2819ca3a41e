"""From the wish to talk to somebody's yes: requested, queued, offered, rung, accepted, declined, not answered, cancelled.

For the service. No I/O, no clock. Invariants: a call rings at one person at a time, but for a third one who is added; nobody is booked at
the desk who has not accepted, but for the rep who rings the customer.
"""

from signalling.calling import handover
from signalling.calling.call import Call, Event, Media, State, Times, refuse
from signalling.calling.leg import Leg, LegEvent, LegState
from signalling.calling.transfer import TransferEvent


def request(
    tenant_id: str,
    call_id: str,
    conversation_id: str,
    *,
    customer: Leg,
    rep: Leg | None,
    by: str,
    media: Media,
    requirement: str | None,
    now_us: int,
    times: Times,
) -> Call:
    """A new call. `by` the customer: rings `rep`, their own, and the queue where that one does not answer; without `rep` the queue at once.
    `by` the rep: rings the customer. The legs' states and deadlines are set here."""
    call = Call(tenant_id, call_id, conversation_id, media, State.REQUESTED, customer.person_id, by, requirement=requirement)
    call.created_at_us = now_us
    call.legs = [customer] if rep is None else [customer, rep]
    caller, callee = (customer, rep) if by == customer.person_id else (rep, customer)
    assert caller is not None, "a rep's request has the rep's leg"
    caller.state, caller.deadline_us = LegState.JOINING, now_us + times.wait_us
    call.note("call.requested", {"media": media, "by": "customer" if caller is customer else "rep", "requirement": requirement})
    if callee is None:
        _enter(call)
        return call
    callee.state, callee.deadline_us = LegState.RINGING, now_us + times.ring_us
    call.divert = callee is rep
    if caller is rep:
        call.rep_id = rep.person_id
        call.book(caller)
    call.step(Event.RING)
    call.note("call.ringing", {"leg_id": callee.id, "person_id": callee.person_id, "role": callee.role})
    return call


def queued(call: Call, ticket_id: str) -> None:
    """The desk has made a ticket."""
    call.step(Event.QUEUE)
    call.ticket_id = ticket_id
    call.note("call.queued", {"ticket_id": ticket_id})


def offered(call: Call, ticket_id: str, rep_id: str, *, leg_id: str, deadline_us: int) -> Leg:
    """The desk offers it to a rep: rings them."""
    call.step(Event.RING)
    leg = Leg(leg_id, rep_id, "rep", LegState.RINGING, deadline_us, ticket_id=ticket_id)
    call.legs.append(leg)
    call.note("call.ringing", {"leg_id": leg.id, "rep_id": rep_id}, staff=True)
    return leg


def accept(call: Call, leg: Leg, now_us: int, times: Times, *, answer: bool = True) -> None:
    """They take it, and have a while to come into the room. `answer` False: the desk knows already."""
    primary, target = call.state is State.RINGING, handover.seeking(call, leg)
    leg.step(LegEvent.ACCEPT, now_us + times.join_us)
    if target:
        handover.accepted(call)
    elif primary:
        call.step(Event.ACCEPT)
        call.answered_at_us = now_us
        for each in call.legs:
            if each.state is LegState.JOINING:
                each.deadline_us = now_us + times.join_us
    if leg.role == "rep":
        if primary:
            call.rep_id = leg.person_id
        if leg.ticket_id is not None:
            known = [each.channel for each in call.legs if each.channel is not None]
            for each in call.legs:
                each.channel = None  # the queue has moved it
            leg.channel = known[0] if known else call.media
            if answer:
                call.chore("answer", ticket_id=leg.ticket_id, rep_id=leg.person_id, accepted=True, channel=call.media)
            if leg.ticket_id == call.ticket_id:
                call.ticket_id = None
            elif call.pending is not None and leg.ticket_id == call.pending.ticket_id:
                call.pending.ticket_id = None
        elif primary:
            call.book(leg)
    data = {"leg_id": leg.id, "person_id": leg.person_id, "role": leg.role, "media": call.media}
    call.note("call.accepted" if primary else "call.leg_accepted", data, staff=target)
    call.settle(now_us)


def refuse_ring(call: Call, leg: Leg, event: LegEvent, now_us: int, *, answer: bool = True) -> None:
    """They do not take it: DECLINE, or TIMEOUT where they said nothing. The desk looks for the next one, or there is nobody else.
    `answer` False: the desk knows already."""
    primary, target = call.state is State.RINGING, handover.seeking(call, leg)
    declined = event is LegEvent.DECLINE
    if leg.state is not LegState.RINGING:
        leg.step(event)  # raises
    leg.finish(event, "declined" if declined else "no_answer", now_us)
    call.note("call.declined" if declined else "call.missed", {"leg_id": leg.id, "person_id": leg.person_id}, staff=leg.role == "rep")
    if leg.ticket_id is not None and answer:
        call.chore("answer", ticket_id=leg.ticket_id, rep_id=leg.person_id, accepted=False, channel=call.media)
    if target:
        handover.failed(call, TransferEvent.DECLINE if declined else TransferEvent.TIMEOUT, now_us)
    elif primary and leg.ticket_id is not None:
        call.step(Event.REQUEUE)
    elif primary and call.divert:
        call.step(Event.DIVERT)
        call.divert = False
        _enter(call)
    elif primary:
        call.end(Event.UNANSWERED, "declined" if declined else "no_answer", now_us)
    call.settle(now_us)


def withdrawn(call: Call, leg: Leg, now_us: int) -> None:
    """The desk takes its offer back and looks for somebody else."""
    if leg.state is not LegState.RINGING or leg.ticket_id is None:
        refuse("This is no ring of the queue's.", "leg_state")
    target = handover.seeking(call, leg)
    leg.finish(LegEvent.CANCEL, "withdrawn", now_us)
    if target:
        handover.failed(call, TransferEvent.TIMEOUT, now_us)
    else:
        call.step(Event.REQUEUE)
    call.settle(now_us)


def cancel(call: Call, now_us: int, *, reason: str) -> None:
    """Whoever began it has thought better of it, before anybody accepted."""
    call.end(Event.CANCEL, reason, now_us)


def fail(call: Call, reason: str, now_us: int) -> None:
    """The desk cannot serve it."""
    call.end(Event.FAIL, reason, now_us)


def _enter(call: Call) -> None:
    call.chore("enter", transfer_id=None, requirement=call.requirement)
