"""Transfers carried out on a call: who is on hold, who leaves, who gets the customer back. The states are `transfer`'s.

For `ring`, `attendance` and the service. No I/O, no clock. Invariants: while a transfer is pending the customer is on hold, but for
`swapped`; whatever becomes of it the customer ends with a rep, in the queue, or has hung up.
"""

from signalling.calling.call import Call, Event, Times, refuse
from signalling.calling.leg import Leg, LegEvent, LegState
from signalling.calling.transfer import SEEKING, TALKING, Kind, Transfer, TransferEvent, TransferState


def begin(
    call: Call,
    by: Leg,
    *,
    transfer_id: str,
    kind: Kind,
    target_rep_id: str | None,
    requirement: str | None = None,
    leg_id: str,
    now_us: int,
    times: Times,
) -> Transfer:
    """Puts the customer on hold and rings `target_rep_id`, or (None) has the queue find somebody for `requirement`. Conflict where it
    cannot be now. `leg_id`: of the target's leg to be."""
    call.require(Event.TRANSFER)
    if call.pending is not None:
        refuse("Another transfer is under way; complete or abort it first.", "transfer_pending")
    if by.role != "rep" or by.state is not LegState.JOINED:
        refuse("Only a rep who is in the call can transfer it.", "not_in_call")
    if by.person_id != call.rep_id:
        refuse("Only the rep whose call it is can transfer it.", "not_yours")
    if target_rep_id is not None and call.of(target_rep_id) is not None:
        refuse("The target is in this call already.", "already_in_call")
    call.step(Event.TRANSFER)
    call.customer.held = True
    waiting = target_rep_id is None
    transfer = call.transfer = Transfer(
        transfer_id,
        kind,
        TransferState.WAITING if waiting else TransferState.RINGING,
        by.id,
        target_rep_id,
        requirement,
        started_at_us=now_us,
    )
    call.note(
        "call.transfer_started",
        {"transfer_id": transfer_id, "kind": kind, "from_rep_id": by.person_id, "to_rep_id": target_rep_id, "requirement": requirement},
        staff=True,
    )
    call.note("call.held", {"reason": "transfer"})
    if target_rep_id is None:
        call.chore("requeue", transfer_id=transfer.id, requirement=requirement, rep_id=by.person_id, channel=by.channel or call.media)
    else:
        _ring(call, transfer, Leg(leg_id, target_rep_id, "rep", LegState.RINGING, now_us + times.ring_us))
    return transfer


def offered(call: Call, ticket_id: str, rep_id: str, *, leg_id: str, deadline_us: int) -> Leg:
    """The queue has found somebody for the pending transfer: rings them."""
    transfer = _pending(call)
    transfer.step(TransferEvent.OFFER)
    leg = Leg(leg_id, rep_id, "rep", LegState.RINGING, deadline_us, ticket_id=ticket_id)
    _ring(call, transfer, leg)
    return leg


def accepted(call: Call) -> None:
    """The target has accepted; they are on their way into the room."""
    _pending(call).step(TransferEvent.ACCEPT)


def joined(call: Call, now_us: int) -> None:
    """The target is in the room: a cold transfer is completed, a warm one's consultation begins."""
    transfer = _pending(call)
    transfer.step(TransferEvent.JOIN)
    if transfer.state is TransferState.COMPLETED:
        _hand_over(call, transfer, now_us)
    else:
        call.note("call.consulting", {"transfer_id": transfer.id}, staff=True)


def swap(call: Call) -> None:
    """The transferring rep turns from the target to the customer, or back."""
    transfer = _pending(call)
    transfer.step(TransferEvent.SWAP)
    swapped = transfer.state is TransferState.SWAPPED
    _target(call, transfer).held = swapped
    call.customer.held = not swapped
    call.note("call.resumed" if swapped else "call.held", {"reason": "transfer"})


def complete(call: Call, now_us: int) -> None:
    """The transferring rep leaves, the customer is the target's."""
    transfer = _pending(call)
    transfer.step(TransferEvent.COMPLETE)
    _hand_over(call, transfer, now_us)


def abort(call: Call, now_us: int) -> None:
    """The transferring rep has thought better of it: the customer is theirs again."""
    if call.orphaned:
        refuse("The transferring rep has left; there is nobody to go back to.", "not_in_call")
    _back(call, TransferEvent.ABORT, now_us)


def failed(call: Call, event: TransferEvent, now_us: int) -> None:
    """The target does not take it (DECLINE, TIMEOUT), did not come or left (FAIL): the queue looks for the next where it was asked,
    otherwise the customer is the transferring rep's again, or the queue's where that rep has gone."""
    transfer = _pending(call)
    if transfer.ticket_id is not None and transfer.admits(TransferEvent.REOFFER) and event is not TransferEvent.FAIL:
        transfer.step(TransferEvent.REOFFER)
        transfer.target_leg_id = None
    elif not call.orphaned:
        _back(call, event, now_us)
    elif transfer.admits(TransferEvent.DIVERT):
        transfer.step(TransferEvent.DIVERT)
        transfer.target_rep_id = transfer.requirement = transfer.target_leg_id = transfer.ticket_id = None
        call.chore("enter", transfer_id=transfer.id, requirement=None)
    else:
        call.end(Event.FAIL, "nobody_available", now_us)


def parted(call: Call, now_us: int) -> None:
    """The transferring rep has hung up or is lost: with the target there that completes it, otherwise it goes on without them."""
    transfer = _pending(call)
    if transfer.state in TALKING:
        complete(call, now_us)
    else:
        transfer.kind = "cold"


def _pending(call: Call) -> Transfer:
    transfer = call.pending
    if transfer is None:
        refuse("No transfer is under way.", "transfer_state")
    return transfer


def _target(call: Call, transfer: Transfer) -> Leg:
    assert transfer.target_leg_id is not None, "states beyond `waiting` have a target"
    return call.leg(transfer.target_leg_id)


def _ring(call: Call, transfer: Transfer, leg: Leg) -> None:
    call.legs.append(leg)
    transfer.target_leg_id = leg.id
    call.note("call.ringing", {"leg_id": leg.id, "rep_id": leg.person_id, "transfer_id": transfer.id}, staff=True)


def _back(call: Call, event: TransferEvent, now_us: int) -> None:
    transfer = call.cancel_transfer(event, now_us)
    if transfer.target_rep_id is None:  # the desk has it in the queue, or with the target
        transfer.ticket_id = None
        call.book(call.leg(transfer.from_leg_id))
    call.customer.held = False
    call.note("call.transfer_ended", {"transfer_id": transfer.id, "outcome": transfer.state}, staff=True)
    call.note("call.resumed", {"reason": "transfer"})


def _hand_over(call: Call, transfer: Transfer, now_us: int) -> None:
    transfer.ended_at_us = now_us
    transfer.ticket_id = None
    former, target = call.leg(transfer.from_leg_id), _target(call, transfer)
    if former.entered:
        former.finish(LegEvent.LEAVE, "transferred", now_us)
    if target.channel is None:
        call.book(target)
    call.customer.held = target.held = False
    call.rep_id = target.person_id
    call.note(
        "call.transferred",
        {"transfer_id": transfer.id, "kind": transfer.kind, "from_rep_id": former.person_id, "to_rep_id": target.person_id},
    )


def seeking(call: Call, leg: Leg) -> bool:
    """Whether this leg is the target that the pending transfer waits for."""
    transfer = call.pending
    return transfer is not None and transfer.target_leg_id == leg.id and transfer.state in SEEKING
