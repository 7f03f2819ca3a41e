"""Calls in every state, made the way they come about, for the tests of their states."""

from collections.abc import Callable

from signalling.calling import attendance, controls, handover, ring
from signalling.calling.call import Call, Chore, State, Times
from signalling.calling.leg import Leg, LegState
from signalling.calling.transfer import Kind, TransferState

TIMES = Times()
NOW = 1_700_000_000_000_000
CUSTOMER, REP, TARGET, THIRD, BOSS = "cust_1", "rep_1", "rep_2", "rep_3", "rep_4"


def leg(leg_id: str, person_id: str) -> Leg:
    return Leg(leg_id, person_id, "customer" if person_id == CUSTOMER else "rep", LegState.RINGING)


def requested(*, rep: str | None = None, by: str = CUSTOMER) -> Call:
    return ring.request(
        "ten_1", "call_1", "conv_1", customer=leg("leg_c", CUSTOMER), rep=leg("leg_r", rep) if rep else None, by=by,
        media="voice", requirement=None, now_us=NOW, times=TIMES,
    )  # fmt: skip


def queued() -> Call:
    call = requested()
    ring.queued(call, "tick_1")
    call.chores.append(Chore("made", {}))
    return call


def ringing() -> Call:
    call = queued()
    ring.offered(call, "tick_1", REP, leg_id="leg_r", deadline_us=NOW + 20)
    return call


def connecting() -> Call:
    call = ringing()
    ring.accept(call, call.leg("leg_r"), NOW, TIMES)
    return call


def active() -> Call:
    call = connecting()
    for leg_id in ("leg_c", "leg_r"):
        attendance.joined(call, call.leg(leg_id), NOW)
    return call


def held() -> Call:
    call = active()
    controls.hold(call, NOW)
    return call


def reconnecting() -> Call:
    call = active()
    attendance.lost(call, call.customer, NOW, TIMES)
    return call


def ended() -> Call:
    call = active()
    attendance.hang_up(call, call.customer, NOW)
    return call


IN_STATE: dict[State, Callable[[], Call]] = {
    State.REQUESTED: requested, State.QUEUED: queued, State.RINGING: ringing, State.CONNECTING: connecting,
    State.ACTIVE: active, State.HELD: held, State.RECONNECTING: reconnecting, State.ENDED: ended,
}  # fmt: skip


def transferring(kind: Kind, state: TransferState, *, to_queue: bool = False) -> Call:
    """A call with a transfer in this state."""
    call = active()
    begin(call, kind, to_queue=to_queue or state is TransferState.WAITING)
    if state is TransferState.WAITING:
        return call
    if to_queue:
        assert call.transfer is not None
        call.transfer.ticket_id = "tick_2"
        handover.offered(call, "tick_2", TARGET, leg_id="leg_t", deadline_us=NOW + 20)
    if state is TransferState.RINGING:
        return call
    target = call.leg("leg_t")
    match state:
        case TransferState.DECLINED | TransferState.TIMED_OUT:
            event = ring.LegEvent.DECLINE if state is TransferState.DECLINED else ring.LegEvent.TIMEOUT
            ring.refuse_ring(call, target, event, NOW)
            return call
        case TransferState.ABORTED:
            handover.abort(call, NOW)
            return call
        case TransferState.CANCELLED:
            attendance.hang_up(call, call.customer, NOW)
            return call
    ring.accept(call, target, NOW, TIMES)
    if state is TransferState.CONNECTING:
        return call
    if state is TransferState.FAILED:
        attendance.expire(call, target, NOW)
        return call
    attendance.joined(call, target, NOW)
    if state is TransferState.SWAPPED:
        handover.swap(call)
        call.settle(NOW)
    if state is TransferState.COMPLETED and kind == "warm":
        handover.complete(call, NOW)
        call.settle(NOW)
    return call


def begin(call: Call, kind: Kind, *, to_queue: bool = False) -> None:
    by = next((each for each in call.legs if each.id == "leg_r"), call.customer)
    target = None if to_queue else TARGET
    handover.begin(call, by, transfer_id="xfer_1", kind=kind, target_rep_id=target, leg_id="leg_t", now_us=NOW, times=TIMES)
    call.settle(NOW)
