"""What people do to calls, as units of work: who may, the decision, the record.

For `api.routes.calls` and `calls`. Every work gives the call as its caller sees it. Doing again what is done already changes nothing and
is no error, so that a client may repeat whatever got no answer. Invariants: another tenant's call and another customer's do not exist; who
acts in a call is in it.
"""

from collections.abc import Callable

from sqlalchemy import select

from mediaserver.errors import Conflict, Forbidden, NotFound
from signalling.calling import attendance, controls, handover, recording, records, ring, supervision
from signalling.calling.call import BEFORE, Call, Media, State, Times
from signalling.calling.leg import ENTERED, Leg, LegEvent, LegState, Supervising
from signalling.calling.transfer import Kind
from signalling.calling.views import CallView, view
from signalling.conversation import conversation
from signalling.identity.caller import SUPERVISORS, Caller
from signalling.ids import new_id
from signalling.privacy import audit, consent
from signalling.routing import requirement as requirements
from signalling.store import Transaction
from signalling.store.tables.calling import call_legs, calls
from signalling.store.tables.conversation import timeline

LIST_MOST = 100


def request(
    tx: Transaction,
    caller: Caller,
    conversation_id: str,
    *,
    call_id: str,
    media: Media,
    times: Times,
    to: str = "anybody",
    requirement: str | None = None,
) -> CallView:
    """A customer asks for a call (`to`: `rep`, their own, with the queue behind; `queue`; `anybody`: their own rep where there is one), or
    the conversation's rep, or a supervisor, rings the customer."""
    requirements.read(requirement)
    row = conversation.require(tx, caller, conversation_id)
    existing = records.find(tx, caller.tenant_id, call_id)
    if existing is not None:
        if existing.conversation_id != conversation_id:
            raise Conflict("This call id is another call's.", code="id_taken")
        return view(existing, caller)
    if row.status != "open":
        raise Conflict("The conversation is closed.", code="conversation_closed")
    if tx.first(select(calls.c.id).where(calls.c.tenant_id == caller.tenant_id, calls.c.open_conversation_id == conversation_id)):
        raise Conflict("This conversation has a call already.", code="call_open")
    if caller.staff and row.rep_id != caller.id and caller.role not in SUPERVISORS:
        raise Forbidden("Only the conversation's rep can call its customer.", code="not_assigned")
    if not caller.staff and to == "rep" and row.rep_id is None:
        raise Conflict("This conversation has no rep yet.", code="no_rep")
    own = row.rep_id if to != "queue" else None
    if own is not None and not caller.staff and to == "anybody" and records.busy(tx, caller.tenant_id, own):
        own = None  # who cannot answer is not rung
    _require_free(tx, caller)
    rep_id = caller.id if caller.staff else own
    call = ring.request(
        caller.tenant_id,
        call_id,
        conversation_id,
        customer=Leg(new_id("leg"), row.customer_id, "customer", LegState.RINGING),
        rep=Leg(new_id("leg"), rep_id, "rep", LegState.RINGING) if rep_id is not None else None,
        by=caller.id,
        media=media,
        requirement=requirement,
        now_us=tx.now_us,
        times=times,
    )
    call.payment_step = at_payment_step(tx, caller.tenant_id, conversation_id)
    records.save(tx, call, caller.actor, new=True)
    return view(call, caller)


def read(tx: Transaction, caller: Caller, call_id: str) -> CallView:
    """One call."""
    return view(_find(tx, caller, call_id, lock=False), caller)


def list_of(tx: Transaction, caller: Caller, conversation_id: str) -> list[CallView]:
    """A conversation's calls, the newest first."""
    conversation.require(tx, caller, conversation_id)
    found = tx.all(
        select(calls.c.id)
        .where(calls.c.tenant_id == caller.tenant_id, calls.c.conversation_id == conversation_id)
        .order_by(calls.c.created_at_us.desc(), calls.c.id.desc())
        .limit(LIST_MOST)
    )
    return [view(records.load(tx, caller.tenant_id, row.id, lock=False), caller) for row in found]


def mine(tx: Transaction, caller: Caller) -> list[CallView]:
    """The calls that ring at the caller or have them in."""
    found = tx.all(
        select(call_legs.c.call_id)
        .where(
            call_legs.c.tenant_id == caller.tenant_id,
            call_legs.c.person_id == caller.id,
            call_legs.c.state.in_([each.value for each in (*ENTERED, LegState.RINGING)]),
        )
        .order_by(call_legs.c.call_id.desc())
        .limit(LIST_MOST)
    )
    return [view(records.load(tx, caller.tenant_id, row.call_id, lock=False), caller) for row in found]


def accept(tx: Transaction, caller: Caller, call_id: str, *, times: Times) -> CallView:
    """The caller takes the call that rings at them."""

    def take(call: Call) -> None:
        leg = _own(call, caller)
        if leg.state is not LegState.RINGING:
            if leg.person_id == call.requested_by and call.state in BEFORE:
                raise Conflict("Whoever asked for a call does not accept it.", code="leg_state")
            return
        _require_free(tx, caller)
        ring.accept(call, leg, tx.now_us, times)

    return _act(tx, caller, call_id, take)


def decline(tx: Transaction, caller: Caller, call_id: str) -> CallView:
    """The caller does not take it."""

    def refuse(call: Call) -> None:
        if _over(call, caller, LegState.DECLINED):
            return
        ring.refuse_ring(call, _own(call, caller), LegEvent.DECLINE, tx.now_us)

    return _act(tx, caller, call_id, refuse)


def cancel(tx: Transaction, caller: Caller, call_id: str) -> CallView:
    """Whoever asked for the call has thought better of it, before anybody accepted. Conflict later: hang up."""

    def undo(call: Call) -> None:
        if call.state is State.ENDED:
            return
        if caller.id not in (call.requested_by, call.customer_id) and caller.role not in SUPERVISORS:
            raise Forbidden("Only who asked for a call can cancel it.", code="not_yours")
        ring.cancel(call, tx.now_us, reason="customer_cancelled" if caller.id == call.customer_id else "rep_cancelled")

    return _act(tx, caller, call_id, undo)


def hang_up(tx: Transaction, caller: Caller, call_id: str) -> CallView:
    """The caller leaves; see `attendance` for what becomes of the call."""

    def leave(call: Call) -> None:
        if not _over(call, caller, LegState.LEFT):
            attendance.hang_up(call, _own(call, caller), tx.now_us)

    return _act(tx, caller, call_id, leave)


def remove(tx: Transaction, caller: Caller, call_id: str, leg_id: str) -> CallView:
    """A rep of the call takes another rep or a ring out of it."""

    def out(call: Call) -> None:
        _require_rep(call, caller)
        leg = call.leg(leg_id)
        if leg.role != "rep":
            raise Forbidden("Only other reps can be removed.", code="not_a_rep")
        if leg.state is LegState.RINGING and call.state not in BEFORE and not handover.seeking(call, leg):
            leg.finish(LegEvent.CANCEL, "removed", tx.now_us)
            call.note("call.missed", {"leg_id": leg.id, "person_id": leg.person_id}, staff=True)
        elif leg.entered:
            attendance.hang_up(call, leg, tx.now_us, reason="removed")

    return _act(tx, caller, call_id, out)


def hold(tx: Transaction, caller: Caller, call_id: str, *, on: bool) -> CallView:
    """A rep puts the customer on hold, or takes them off."""

    def change(call: Call) -> None:
        _require_rep(call, caller)
        if call.pending is None and call.state is (State.HELD if on else State.ACTIVE):
            return
        (controls.hold if on else controls.resume)(call, tx.now_us)

    return _act(tx, caller, call_id, change)


def mute(tx: Transaction, caller: Caller, call_id: str, *, muted: bool, leg_id: str | None = None) -> CallView:
    """Mutes the caller, or, by a rep or supervisor, somebody else in the call."""

    def change(call: Call) -> None:
        own = _own(call, caller)
        leg = own if leg_id is None else call.leg(leg_id)
        if leg is not own and own.role == "customer":
            raise Forbidden("A customer can mute themselves only.", code="not_yours")
        controls.mute(call, leg, muted)

    return _act(tx, caller, call_id, change)


def change_media(tx: Transaction, caller: Caller, call_id: str, media: Media) -> CallView:
    """Voice to video or back, by one of those who talk."""

    def change(call: Call) -> None:
        _require_talking(call, caller)
        controls.change_media(call, media)

    return _act(tx, caller, call_id, change)


def share(tx: Transaction, caller: Caller, call_id: str, *, on: bool) -> CallView:
    """The caller begins or ends to show their screen."""

    def change(call: Call) -> None:
        controls.share(call, _own(call, caller), on)

    return _act(tx, caller, call_id, change)


def add(tx: Transaction, caller: Caller, call_id: str, rep_id: str, *, times: Times) -> CallView:
    """A rep of the call rings another one, who then talks with everybody."""

    def ring_third(call: Call) -> None:
        _require_rep(call, caller)
        if call.of(rep_id) is not None and call.pending is None:
            return
        _require_available(tx, caller, rep_id)
        controls.add(call, rep_id, leg_id=new_id("leg"), now_us=tx.now_us, times=times)

    return _act(tx, caller, call_id, ring_third)


def transfer(
    tx: Transaction,
    caller: Caller,
    call_id: str,
    *,
    transfer_id: str,
    kind: Kind,
    times: Times,
    rep_id: str | None = None,
    requirement: str | None = None,
) -> CallView:
    """The caller, a rep of the call, hands the customer to `rep_id`, or to whom the queue finds for `requirement`."""

    def begin(call: Call) -> None:
        own = _require_rep(call, caller)
        if call.transfer is not None and call.transfer.id == transfer_id:
            return
        if rep_id is not None:
            _require_available(tx, caller, rep_id)
        requirements.read(requirement)
        handover.begin(
            call,
            own,
            transfer_id=transfer_id,
            kind=kind,
            target_rep_id=rep_id,
            requirement=requirement,
            leg_id=new_id("leg"),
            now_us=tx.now_us,
            times=times,
        )

    return _act(tx, caller, call_id, begin)


def transfer_step(tx: Transaction, caller: Caller, call_id: str, transfer_id: str, step: str) -> CallView:
    """The transferring rep completes, swaps or aborts their transfer."""

    def go(call: Call) -> None:
        current = call.transfer
        if current is None or current.id != transfer_id:
            raise NotFound("There is no such transfer.")
        if current.state.value == {"complete": "completed", "abort": "aborted"}.get(step):
            return
        if call.leg(current.from_leg_id).person_id != caller.id and caller.role not in SUPERVISORS:
            raise Forbidden("This is another rep's transfer.", code="not_yours")
        match step:
            case "complete":
                handover.complete(call, tx.now_us)
            case "swap":
                handover.swap(call)
            case _:
                handover.abort(call, tx.now_us)

    return _act(tx, caller, call_id, go)


def supervise(tx: Transaction, caller: Caller, call_id: str, how: Supervising, *, times: Times) -> CallView:
    """A supervisor comes in to listen, whisper or barge in, or changes between these."""

    def come(call: Call) -> None:
        supervision.supervise(call, caller.id, how, leg_id=new_id("leg"), now_us=tx.now_us, times=times)

    came = _act(tx, caller, call_id, come)
    audit.record(tx, caller.tenant_id, caller.actor, "call.supervised", call_id, {"how": how})
    return came


def record(tx: Transaction, caller: Caller, call_id: str, recording_id: str) -> CallView:
    """A rep of the call begins a recording of whoever has agreed. The reps of a call that is recorded are recorded with it: their consent
    is between them and the shop."""

    def begin(call: Call) -> None:
        _require_rep(call, caller)
        if call.recording is not None and call.recording.id == recording_id:
            return
        reps = {leg.person_id for leg in call.legs if leg.role == "rep"}
        agreed = consent.current(tx, call.tenant_id, call.conversation_id, call.customer_id, "recording") is not None
        recording.start(call, recording_id, [*([call.customer_id] if agreed else []), *sorted(reps)], caller.id)

    return _act(tx, caller, call_id, begin)


def stop_recording(tx: Transaction, caller: Caller, call_id: str) -> CallView:
    """A rep of the call, or the customer, ends the recording."""

    def end(call: Call) -> None:
        _require_talking(call, caller)
        if call.recording is not None:
            recording.stop(call, "stopped")

    return _act(tx, caller, call_id, end)


def own_leg(tx: Transaction, caller: Caller, call_id: str) -> tuple[Call, Leg]:
    """The caller's leg, for a token. Conflict where they may not be in the room."""
    call = _find(tx, caller, call_id, lock=False)
    leg = _own(call, caller)
    if not leg.entered or call.state in BEFORE:
        raise Conflict(f"The call is {call.state}; you can join when it is accepted.", code="call_state")
    return call, leg


def at_payment_step(tx: Transaction, tenant_id: str, conversation_id: str) -> bool:
    """What the timeline says last."""
    row = tx.first(
        select(timeline.c.kind)
        .where(
            timeline.c.tenant_id == tenant_id,
            timeline.c.conversation_id == conversation_id,
            timeline.c.kind.in_(("payment.step_entered", "payment.step_left")),
        )
        .order_by(timeline.c.seq.desc())
        .limit(1)
    )
    return row is not None and row.kind == "payment.step_entered"


def _find(tx: Transaction, caller: Caller, call_id: str, *, lock: bool = True) -> Call:
    call = records.find(tx, caller.tenant_id, call_id, lock=lock)
    if call is None or not (caller.staff or call.customer_id == caller.id):
        raise NotFound("There is no such call.")
    return call


def _act(tx: Transaction, caller: Caller, call_id: str, do: Callable[[Call], None]) -> CallView:
    call = _find(tx, caller, call_id)
    before = view(call, caller)
    do(call)
    call.settle(tx.now_us)
    if call.notes or call.chores or view(call, caller) != before:
        records.save(tx, call, caller.actor)
    return view(call, caller)


def _own(call: Call, caller: Caller) -> Leg:
    leg = call.of(caller.id)
    if leg is None:
        raise Conflict("You are not in this call.", code="not_in_call")
    return leg


def _over(call: Call, caller: Caller, state: LegState) -> bool:
    """Whether the caller's last leg has ended in this way, or the whole call has."""
    legs = [leg for leg in call.legs if leg.person_id == caller.id]
    return bool(legs) and (call.state is State.ENDED or legs[-1].state is state)


def _require_rep(call: Call, caller: Caller) -> Leg:
    leg = _own(call, caller)
    if leg.role != "rep" or not leg.entered:
        raise Forbidden("Only a rep who is in the call may do this.", code="not_a_rep")
    return leg


def _require_talking(call: Call, caller: Caller) -> Leg:
    leg = _own(call, caller)
    if leg.role == "supervisor":
        raise Forbidden("A supervisor who listens may not do this.", code="supervising")
    return leg


def _require_free(tx: Transaction, caller: Caller) -> None:
    if records.busy(tx, caller.tenant_id, caller.id) is not None:
        raise Conflict("You are in another call; end it first.", code="in_another_call")


def _require_available(tx: Transaction, caller: Caller, rep_id: str) -> None:
    if records.busy(tx, caller.tenant_id, rep_id) is not None:
        raise Conflict("This rep is in another call.", code="rep_busy")
