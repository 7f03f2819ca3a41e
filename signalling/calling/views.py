"""A call as callers see it. A customer does not see supervisors who are hidden from them, nor what the reps do among themselves."""

from dataclasses import dataclass

from signalling.calling.call import Call
from signalling.calling.leg import Leg
from signalling.calling.transfer import Transfer
from signalling.identity.caller import Caller
from signalling.times import rfc3339


@dataclass(frozen=True, slots=True)
class LegView:
    """One person's part in a call. `identity` in the media room is its `id`, for a screen with `.screen` behind. `until`: how long it
    rings, or is waited for."""

    id: str
    person_id: str
    role: str
    state: str
    held: bool
    muted: bool
    screen: bool
    supervising: str | None
    reason: str | None
    until: str | None


@dataclass(frozen=True, slots=True)
class TransferView:
    """The last transfer of a call."""

    id: str
    kind: str
    state: str
    from_leg_id: str
    target_rep_id: str | None
    requirement: str | None
    target_leg_id: str | None


@dataclass(frozen=True, slots=True)
class RecordingView:
    """The recording that is wanted at the moment."""

    id: str
    paused: bool


@dataclass(frozen=True, slots=True)
class CallView:
    """A call's present state."""

    id: str
    conversation_id: str
    media: str
    state: str
    customer_id: str
    requested_by: str
    rep_id: str | None
    payment_step: bool
    legs: list[LegView]
    transfer: TransferView | None
    recording: RecordingView | None
    created_at: str
    answered_at: str | None
    connected_at: str | None
    ended_at: str | None
    end_reason: str | None


def view(call: Call, caller: Caller) -> CallView:
    """See the module."""
    recording = call.recording
    return CallView(
        id=call.id,
        conversation_id=call.conversation_id,
        media=call.media,
        state=call.state.value,
        customer_id=call.customer_id,
        requested_by=call.requested_by,
        rep_id=call.rep_id,
        payment_step=call.payment_step,
        legs=[_leg(leg) for leg in call.legs if caller.staff or not _hidden(call, leg)],
        transfer=_transfer(call.transfer) if call.transfer is not None and caller.staff else None,
        recording=RecordingView(recording.id, recording.paused) if recording is not None else None,
        created_at=rfc3339(call.created_at_us),
        answered_at=_time(call.answered_at_us),
        connected_at=_time(call.connected_at_us),
        ended_at=_time(call.ended_at_us),
        end_reason=call.end_reason,
    )


def _hidden(call: Call, leg: Leg) -> bool:
    if leg.role == "supervisor":
        return leg.supervising != "barge"
    # Reps who were asked and did not come are no business of the customer's.
    return leg.role == "rep" and not leg.entered and leg.joined_at_us is None


def _leg(leg: Leg) -> LegView:
    return LegView(
        leg.id,
        leg.person_id,
        leg.role,
        leg.state.value,
        leg.held,
        leg.muted,
        leg.screen,
        leg.supervising,
        leg.reason,
        _time(leg.deadline_us if leg.open else None),
    )


def _transfer(transfer: Transfer) -> TransferView:
    return TransferView(
        transfer.id,
        transfer.kind,
        transfer.state.value,
        transfer.from_leg_id,
        transfer.target_rep_id,
        transfer.requirement,
        transfer.target_leg_id,
    )


def _time(at_us: int | None) -> str | None:
    return rfc3339(at_us) if at_us is not None else None
