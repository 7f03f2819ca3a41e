"""What happens to calls without anybody asking: the desk's offers, the media server's word, deadlines, the payment step, withdrawn consent.

Works for `calls`. Each may come late, doubled, or for a call that has ended meanwhile: what does not fit any more is let go.
"""

from typing import Literal

from sqlalchemy import select

from signalling.calling import attendance, recording, records, ring
from signalling.calling.call import RUNNING, Call, State, Times
from signalling.calling.handover import offered as offered_transfer
from signalling.calling.leg import Leg, LegEvent, LegState
from signalling.calling.quality import Quality
from signalling.calling.transfer import TransferState
from signalling.calling.works import at_payment_step
from signalling.conversation import conversation
from signalling.conversation.timeline import SYSTEM, Actor
from signalling.ids import new_id
from signalling.privacy import consent
from signalling.routing.decisions import Assigned, CallbackKept, Left, Offered, OfferEnded
from signalling.store import Transaction
from signalling.store.tables.calling import call_legs, call_transfers, calls


def offered(tx: Transaction, offer: Offered, times: Times) -> Literal["rung", "busy", "stale", "ours", "foreign"]:
    """The desk offers a call, or a transfer's, to a rep: rings them. `busy`: they talk to somebody; `stale`: its call is over; `ours`:
    it is with a rep in fact, whom the desk has lost sight of; `foreign`: no call's."""
    call = of_conversation(tx, offer.tenant_id, offer.conversation_id)
    if call is None:
        return "foreign" if offer.call_id is None or offer.callback else "stale"
    former = _ringing(call, offer.ticket_id)
    if former is not None:
        if former.person_id == offer.rep_id:
            return "rung"
        ring.withdrawn(call, former, tx.now_us)
    if call.of(offer.rep_id) is not None or records.busy(tx, offer.tenant_id, offer.rep_id) is not None:
        return "busy"
    deadline_us = offer.expires_at_us + times.offer_slack_us
    transfer = call.pending
    if transfer is not None and transfer.state is TransferState.WAITING and transfer.ticket_id in (None, offer.ticket_id):
        transfer.ticket_id = offer.ticket_id
        offered_transfer(call, offer.ticket_id, offer.rep_id, leg_id=new_id("leg"), deadline_us=deadline_us)
    elif call.state in (State.REQUESTED, State.QUEUED):
        call.ticket_id = offer.ticket_id
        ring.offered(call, offer.ticket_id, offer.rep_id, leg_id=new_id("leg"), deadline_us=deadline_us)
    else:
        return "ours"
    records.save(tx, call, SYSTEM)
    return "rung"


def offer_ended(tx: Transaction, ended: OfferEnded) -> None:
    """The rep is asked no more."""
    call, leg = _offer(tx, ended)
    if call is None or leg is None or ended.outcome == "accepted":
        return
    if ended.outcome == "withdrawn":
        ring.withdrawn(call, leg, tx.now_us)
    else:
        event = LegEvent.DECLINE if ended.outcome == "declined" else LegEvent.TIMEOUT
        ring.refuse_ring(call, leg, event, tx.now_us, answer=False)
    records.save(tx, call, Actor("rep", ended.rep_id) if ended.outcome == "declined" else SYSTEM)


def assigned(tx: Transaction, assignment: Assigned, times: Times) -> None:
    """The rep has accepted at the desk; where they did so at the call, this is known already."""
    call, leg = _offer(tx, assignment)
    if records.busy(tx, assignment.tenant_id, assignment.rep_id) is not None:
        return
    if call is not None and leg is not None:
        ring.accept(call, leg, tx.now_us, times, answer=False)
        records.save(tx, call, Actor("rep", assignment.rep_id))
    elif call is None and assignment.callback:
        _call_back(tx, assignment, times)


def _call_back(tx: Transaction, assignment: Assigned, times: Times) -> None:
    """The customer had gone and kept the place; it is their turn, and a rep has taken it: rings them."""
    row = conversation.find(tx, assignment.tenant_id, assignment.conversation_id)
    if row is None or row.status != "open" or assignment.channel == "chat":
        return
    call = ring.request(
        assignment.tenant_id,
        new_id("call"),
        row.id,
        customer=Leg(new_id("leg"), row.customer_id, "customer", LegState.RINGING),
        rep=Leg(new_id("leg"), assignment.rep_id, "rep", LegState.RINGING),
        by=assignment.rep_id,
        media=assignment.channel,
        requirement=None,
        now_us=tx.now_us,
        times=times,
    )
    call.payment_step = at_payment_step(tx, assignment.tenant_id, row.id)
    records.save(tx, call, Actor("rep", assignment.rep_id), new=True)


def callback_kept(tx: Transaction, kept: CallbackKept) -> None:
    """The customer does not wait any longer, but keeps the place: their call is over, its ticket is not."""
    call = of_conversation(tx, kept.tenant_id, kept.conversation_id)
    if call is not None and call.ticket_id == kept.ticket_id:
        call.ticket_id = None
        ring.cancel(call, tx.now_us, reason="callback")
        records.save(tx, call, SYSTEM)


def ticket_of(tx: Transaction, left: Left) -> tuple[str, str | None] | None:
    """Call and transfer that a ticket is of, where it still waits: the desk has given it up."""
    row = tx.first(select(calls.c.id).where(calls.c.tenant_id == left.tenant_id, calls.c.ticket_id == left.ticket_id))
    if row is not None:
        return row.id, None
    transfer = tx.first(
        select(call_transfers.c.call_id, call_transfers.c.id).where(
            call_transfers.c.tenant_id == left.tenant_id, call_transfers.c.ticket_id == left.ticket_id
        )
    )
    return (transfer.call_id, transfer.id) if transfer is not None else None


def joined(tx: Transaction, tenant_id: str, call_id: str, leg_id: str) -> None:
    """The media server has them."""
    call, leg = _leg(tx, tenant_id, call_id, leg_id)
    if call is not None and leg is not None and call.state in RUNNING and leg.state in (LegState.JOINING, LegState.AWAY):
        attendance.joined(call, leg, tx.now_us)
        records.save(tx, call, SYSTEM)


def lost(tx: Transaction, tenant_id: str, call_id: str, leg_id: str, times: Times) -> None:
    """The media server has them no more."""
    call, leg = _leg(tx, tenant_id, call_id, leg_id)
    if call is not None and leg is not None and leg.state is LegState.JOINED:
        attendance.lost(call, leg, tx.now_us, times)
        records.save(tx, call, SYSTEM)


def noted(tx: Transaction, tenant_id: str, call_id: str, leg_id: str, kind: str, data: dict[str, object]) -> None:
    """Something worth a line: a track came or went, the quality is another."""
    call, leg = _leg(tx, tenant_id, call_id, leg_id)
    if call is not None and leg is not None and call.state in RUNNING:
        data = {"leg_id": leg_id, "person_id": leg.person_id, "role": leg.role, **data}
        call.note(kind, data, staff=leg.role == "supervisor" or kind == "call.quality_changed")
        records.save(tx, call, SYSTEM)


def quality_changed(tx: Transaction, tenant_id: str, call_id: str, leg_id: str, quality: Quality, rtt_ms: float, loss: float) -> None:
    """A leg's connection is better or worse than it was."""
    data: dict[str, object] = {"quality": quality, "rtt_ms": round(rtt_ms), "loss_percent": round(loss, 1)}
    noted(tx, tenant_id, call_id, leg_id, "call.quality_changed", data)


def recorded(tx: Transaction, tenant_id: str, call_id: str, recording_id: str, folder: str, complete: bool, faults: list[str]) -> None:
    """A recording's files are complete, or as complete as they will be. One that failed is wanted no more."""
    call = records.find(tx, tenant_id, call_id)
    if call is None:
        return
    if call.recording is not None and call.recording.id == recording_id and not complete:
        recording.stop(call, "failed")
    call.note("recording.saved", {"recording_id": recording_id, "folder": folder, "complete": complete, "faults": faults}, staff=True)
    records.save(tx, call, SYSTEM)


def due(tx: Transaction, most: int) -> tuple[list[tuple[str, str]], int | None]:
    """Calls of which a deadline has come, and the next deadline of all."""
    rows = tx.all(
        select(call_legs.c.tenant_id, call_legs.c.call_id, call_legs.c.deadline_us)
        .where(call_legs.c.deadline_us.is_not(None))
        .order_by(call_legs.c.deadline_us)
        .limit(most)
    )
    ripe = dict.fromkeys((row.tenant_id, row.call_id) for row in rows if row.deadline_us <= tx.now_us)
    later = next((row.deadline_us for row in rows if row.deadline_us > tx.now_us), None)
    return list(ripe), later


def expire(tx: Transaction, tenant_id: str, call_id: str) -> None:
    """What follows from the deadlines that have come."""
    call = records.find(tx, tenant_id, call_id)
    if call is None:
        return
    for leg in list(call.legs):
        if leg.deadline_us is not None and leg.deadline_us <= tx.now_us:
            if leg.state is LegState.RINGING:
                ring.refuse_ring(call, leg, LegEvent.TIMEOUT, tx.now_us)
            else:
                attendance.expire(call, leg, tx.now_us)
            call.settle(tx.now_us)
    records.save(tx, call, SYSTEM)


def restarted(tx: Transaction, tenant_id: str, call_id: str, times: Times) -> None:
    """The rooms of the former process are gone: everybody may come back within the grace time."""
    call = records.find(tx, tenant_id, call_id)
    if call is not None and call.state in RUNNING:
        attendance.restarted(call, tx.now_us, times)
        records.save(tx, call, SYSTEM)


def open_calls(tx: Transaction) -> list[tuple[str, str]]:
    """All that have not ended."""
    return [
        (row.tenant_id, row.id) for row in tx.all(select(calls.c.tenant_id, calls.c.id).where(calls.c.open_conversation_id.is_not(None)))
    ]


def follow_policy(tx: Transaction, tenant_id: str, conversation_id: str) -> None:
    """Brings the conversation's call to what the timeline says of the payment step, and the ledger of consent."""
    call = of_conversation(tx, tenant_id, conversation_id)
    if call is None:
        return
    changed = recording.payment_step(call, at_payment_step(tx, tenant_id, conversation_id))
    if call.recording is not None and consent.current(tx, tenant_id, conversation_id, call.customer_id, "recording") is None:
        changed |= recording.withdrawn(call, call.customer_id)
    if changed:
        records.save(tx, call, SYSTEM)


def _leg(tx: Transaction, tenant_id: str, call_id: str, leg_id: str) -> tuple[Call | None, Leg | None]:
    call = records.find(tx, tenant_id, call_id)
    return call, None if call is None else next((leg for leg in call.legs if leg.id == leg_id), None)


def of_conversation(tx: Transaction, tenant_id: str, conversation_id: str) -> Call | None:
    """The conversation's call. The desk's ticket is the conversation's, and may have been made for an earlier one."""
    row = tx.first(select(calls.c.id).where(calls.c.tenant_id == tenant_id, calls.c.open_conversation_id == conversation_id))
    return records.find(tx, tenant_id, row.id) if row is not None else None


def _offer(tx: Transaction, decision: OfferEnded | Assigned) -> tuple[Call | None, Leg | None]:
    """The call, and the leg that rings by this very offer."""
    call = of_conversation(tx, decision.tenant_id, decision.conversation_id)
    leg = _ringing(call, decision.ticket_id) if call is not None else None
    return call, leg if leg is not None and leg.person_id == decision.rep_id else None


def _ringing(call: Call, ticket_id: str) -> Leg | None:
    return next((leg for leg in call.legs if leg.state is LegState.RINGING and leg.ticket_id == ticket_id), None)
