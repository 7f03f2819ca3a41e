"""What people do to a call that runs, as units of work: hold, mute, picture, screen, a third one, transfers, supervision, recording.

For `api.routes.calls`. As `works`: every work gives the call as its caller sees it, and doing again what is done changes nothing.
"""

from mediaserver.errors import Forbidden, NotFound
from signalling.calling import acting, attendance, controls, handover, recording, supervision
from signalling.calling.call import BEFORE, Call, Media, State, Times
from signalling.calling.leg import LegEvent, LegState, Supervising
from signalling.calling.transfer import Kind
from signalling.calling.views import CallView
from signalling.identity.caller import SUPERVISORS, Caller
from signalling.ids import new_id
from signalling.privacy import audit, consent
from signalling.routing import requirement as requirements
from signalling.store import Transaction


def remove(tx: Transaction, caller: Caller, call_id: str, leg_id: str) -> CallView:
    """A rep of the call takes another rep or a ring out of it."""

    def out(call: Call) -> None:
        acting.require_rep(call, caller)
        leg = call.leg(leg_id)
        if leg.role != "rep":
            raise Forbidden("Only other reps can be removed.", code="not_a_rep")
        if leg.state is LegState.RINGING and call.state not in BEFORE and not handover.seeking(call, leg):
            leg.finish(LegEvent.CANCEL, "removed", tx.now_us)
            call.note("call.missed", {"leg_id": leg.id, "person_id": leg.person_id}, staff=True)
        elif leg.entered:
            attendance.hang_up(call, leg, tx.now_us, reason="removed")

    return acting.act(tx, caller, call_id, out)


def hold(tx: Transaction, caller: Caller, call_id: str, *, on: bool) -> CallView:
    """A rep puts the customer on hold, or takes them off."""

    def change(call: Call) -> None:
        acting.require_rep(call, caller)
        if call.pending is None and call.state is (State.HELD if on else State.ACTIVE):
            return
        (controls.hold if on else controls.resume)(call, tx.now_us)

    return acting.act(tx, caller, call_id, change)


def mute(tx: Transaction, caller: Caller, call_id: str, *, muted: bool, leg_id: str | None = None) -> CallView:
    """Mutes the caller, or, by a rep or supervisor, somebody else in the call."""

    def change(call: Call) -> None:
        own = acting.own_leg(call, caller)
        leg = own if leg_id is None else call.leg(leg_id)
        if leg is not own and own.role == "customer":
            raise Forbidden("A customer can mute themselves only.", code="not_yours")
        controls.mute(call, leg, muted)

    return acting.act(tx, caller, call_id, change)


def change_media(tx: Transaction, caller: Caller, call_id: str, media: Media) -> CallView:
    """Voice to video or back, by one of those who talk."""

    def change(call: Call) -> None:
        acting.require_talking(call, caller)
        controls.change_media(call, media)

    return acting.act(tx, caller, call_id, change)


def share(tx: Transaction, caller: Caller, call_id: str, *, on: bool) -> CallView:
    """The caller begins or ends to show their screen."""

    def change(call: Call) -> None:
        controls.share(call, acting.own_leg(call, caller), on)

    return acting.act(tx, caller, call_id, change)


def add(tx: Transaction, caller: Caller, call_id: str, rep_id: str, *, times: Times) -> CallView:
    """A rep of the call rings another one, who then talks with everybody."""

    def ring_third(call: Call) -> None:
        acting.require_rep(call, caller)
        if call.of(rep_id) is not None and call.pending is None:
            return
        acting.require_available(tx, caller, rep_id)
        controls.add(call, rep_id, leg_id=new_id("leg"), now_us=tx.now_us, times=times)

    return acting.act(tx, caller, call_id, ring_third)


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
        own = acting.require_rep(call, caller)
        if call.transfer is not None and call.transfer.id == transfer_id:
            return
        if rep_id is not None:
            acting.require_available(tx, caller, rep_id)
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

    return acting.act(tx, caller, call_id, begin)


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

    return acting.act(tx, caller, call_id, go)


def supervise(tx: Transaction, caller: Caller, call_id: str, how: Supervising, *, times: Times) -> CallView:
    """A supervisor comes in to listen, whisper or barge in, or changes between these."""

    def come(call: Call) -> None:
        supervision.supervise(call, caller.id, how, leg_id=new_id("leg"), now_us=tx.now_us, times=times)

    came = acting.act(tx, caller, call_id, come)
    audit.record(tx, caller.tenant_id, caller.actor, "call.supervised", call_id, {"how": how})
    return came


def record(tx: Transaction, caller: Caller, call_id: str, recording_id: str) -> CallView:
    """A rep of the call begins a recording of whoever has agreed. The reps of a call that is recorded are recorded with it: their consent
    is between them and the shop."""

    def begin(call: Call) -> None:
        acting.require_rep(call, caller)
        if call.recording is not None and call.recording.id == recording_id:
            return
        agreed = consent.current(tx, call.tenant_id, call.conversation_id, call.customer_id, "recording") is not None
        recording.start(call, recording_id, [call.customer_id] if agreed else [], caller.id)

    return acting.act(tx, caller, call_id, begin)


def stop_recording(tx: Transaction, caller: Caller, call_id: str) -> CallView:
    """A rep of the call, or the customer, ends the recording."""

    def end(call: Call) -> None:
        acting.require_talking(call, caller)
        if call.recording is not None:
            recording.stop(call, "stopped")

    return acting.act(tx, caller, call_id, end)
