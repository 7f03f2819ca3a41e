"""Who is in the call's room: joined, lost, back, expired, hung up; and what that means for the call.

For the service, which hears of it from the media server, the clock and the people. No I/O, no clock. Invariant: the customer's leaving ends
the call, and so does the last rep's, unless a transfer is on its way to another.
"""

from signalling.calling import handover
from signalling.calling.call import BEFORE, Call, Event, State, Times, refuse
from signalling.calling.leg import Leg, LegEvent, LegState
from signalling.calling.transfer import TransferEvent


def joined(call: Call, leg: Leg, now_us: int) -> None:
    """The media server has them."""
    if call.state in BEFORE:
        refuse(f"The call is {call.state}; nobody may join before it is accepted.", "call_state")
    again = leg.joined_at_us is not None
    leg.step(LegEvent.JOIN)
    leg.reason = None
    if not again:
        leg.joined_at_us = now_us
    hidden = leg.role == "supervisor"
    call.note("call.media_joined", {"leg_id": leg.id, "person_id": leg.person_id, "role": leg.role, "again": again}, staff=hidden)
    if handover.seeking(call, leg):
        handover.joined(call, now_us)
    call.settle(now_us)


def lost(call: Call, leg: Leg, now_us: int, times: Times) -> None:
    """The media server has them no more, and they did not hang up: they may come back within the grace time."""
    leg.step(LegEvent.LOSE, now_us + times.grace_us)
    leg.screen = False
    call.note("call.media_left", {"leg_id": leg.id, "person_id": leg.person_id, "role": leg.role}, staff=leg.role == "supervisor")
    call.settle(now_us)


def restarted(call: Call, now_us: int, times: Times) -> None:
    """The media server has begun anew: nobody is in any room, everybody gets the grace time to come back."""
    for leg in call.legs:
        if leg.state is LegState.JOINED:
            leg.step(LegEvent.LOSE, now_us + times.grace_us)
            leg.reason, leg.screen = "server_restart", False
        elif leg.state in (LegState.JOINING, LegState.AWAY) and call.state not in BEFORE:
            leg.deadline_us = now_us + times.grace_us
            leg.reason = "server_restart"
    call.settle(now_us)


def hang_up(call: Call, leg: Leg, now_us: int, *, reason: str | None = None) -> None:
    """Somebody leaves for good, or is removed."""
    if not leg.entered:
        leg.step(LegEvent.LEAVE)  # raises: nothing to leave
    if call.state in BEFORE:
        call.end(Event.CANCEL, reason or f"{leg.role}_cancelled", now_us)
        return
    _leave(call, leg, LegEvent.LEAVE, reason or f"{leg.role}_left", now_us)


def expire(call: Call, leg: Leg, now_us: int) -> None:
    """Their time to come (back) is over."""
    if call.state in BEFORE:
        call.end(Event.CANCEL, "waited_too_long", now_us)
        return
    never = leg.joined_at_us is None
    reason = leg.reason or (f"{leg.role}_not_joined" if never else f"{leg.role}_lost")
    _leave(call, leg, LegEvent.EXPIRE, reason, now_us)


def _leave(call: Call, leg: Leg, event: LegEvent, reason: str, now_us: int) -> None:
    ending = Event.EXPIRE if event is LegEvent.EXPIRE and call.state in (State.CONNECTING, State.RECONNECTING) else Event.HANG_UP
    transfer = call.pending
    if leg.role == "supervisor":
        leg.finish(event, reason, now_us)
        call.note("supervisor.left", {"leg_id": leg.id, "supervisor_id": leg.person_id}, staff=leg.supervising != "barge")
    elif leg.role == "customer":
        call.end(ending, reason, now_us)
    elif transfer is not None and leg.id == transfer.from_leg_id:
        handover.parted(call, now_us)
        if leg.entered:  # it goes on without them
            _finish(call, leg, event, reason, now_us)
        call.settle(now_us)
    elif transfer is not None and leg.id == transfer.target_leg_id:
        if not call.orphaned:
            leg.channel = None  # the desk's ticket goes back with the customer
        _finish(call, leg, event, reason, now_us)
        handover.failed(call, TransferEvent.FAIL, now_us)
        call.settle(now_us)
    elif len(call.reps) == 1 and not call.orphaned:
        call.end(ending, reason, now_us)
    else:
        successor = next((each for each in call.reps if each is not leg), None)
        if call.rep_id == leg.person_id and successor is not None:
            call.rep_id = successor.person_id
            call.book(successor)
        _finish(call, leg, event, reason, now_us)
        call.settle(now_us)


def _finish(call: Call, leg: Leg, event: LegEvent, reason: str, now_us: int) -> None:
    leg.finish(event, reason, now_us)
    call.release(leg)
    call.note("call.left", {"leg_id": leg.id, "person_id": leg.person_id, "role": leg.role, "reason": reason})
