"""Every event in every state of a call, its legs, its transfers: what the tables admit happens, all else is a conflict without effect.

The tables are the program's; what is tested against them is what people's acts do, made the way they come about.
"""

import copy
import itertools
from collections.abc import Callable, Mapping

import pytest

from mediaserver.errors import Conflict
from signalling.calling import attendance, controls, handover, recording, ring, supervision
from signalling.calling.call import TRANSITIONS, Call, Event, State
from signalling.calling.leg import LEG, Leg, LegEvent, LegState
from signalling.calling.transfer import TRANSFER, Kind, Transfer, TransferEvent, TransferState
from tests.support.calling import BOSS, IN_STATE, NOW, REP, TARGET, THIRD, TIMES, begin, requested, transferring


def ringing_leg(call: Call) -> Leg:
    """The one that rings, or any that an answer could be meant for."""
    return next((leg for leg in call.legs if leg.state is LegState.RINGING), call.legs[-1])


def ring_own_rep(call: Call) -> None:
    ring.offered(call, "tick_1", REP, leg_id="leg_r", deadline_us=NOW + 20)


def everybody(act: Callable[[Call, Leg], object]) -> Callable[[Call], None]:
    """Does it for both legs, as far as it can be done for the first."""

    def acts(call: Call) -> None:
        for leg in [each for each in call.legs if each.entered] or call.legs:
            act(call, leg)

    return acts


def direct(call: Call, act: Callable[[Call, Leg], object]) -> None:
    """As for a call that rings at one rep alone: there is no queue behind."""
    leg = ringing_leg(call)
    leg.ticket_id = call.ticket_id = None
    act(call, leg)


def divert(call: Call) -> None:
    call.divert = True
    direct(call, lambda call, leg: ring.refuse_ring(call, leg, LegEvent.DECLINE, NOW))


def rejoin(call: Call, *, on_hold: bool) -> None:
    call.customer.held = on_hold
    attendance.joined(call, call.customer, NOW)


# What makes each event happen. Those of `reconnecting` begin with a customer who has been lost.
ACTS: Mapping[Event, Callable[[Call], object]] = {
    Event.QUEUE: lambda call: ring.queued(call, "tick_1"),
    Event.RING: ring_own_rep,
    Event.ACCEPT: lambda call: ring.accept(call, ringing_leg(call), NOW, TIMES),
    Event.REQUEUE: lambda call: ring.refuse_ring(call, ringing_leg(call), LegEvent.DECLINE, NOW),
    Event.DIVERT: divert,
    Event.UNANSWERED: lambda call: direct(call, lambda call, leg: ring.refuse_ring(call, leg, LegEvent.TIMEOUT, NOW)),
    Event.CANCEL: lambda call: ring.cancel(call, NOW, reason="cancelled"),
    Event.CONNECT: everybody(lambda call, leg: attendance.joined(call, leg, NOW)),
    Event.HOLD: lambda call: controls.hold(call, NOW),
    Event.RESUME: lambda call: controls.resume(call, NOW),
    Event.LOSE: lambda call: attendance.lost(call, call.customer, NOW, TIMES),
    Event.RECOVER: lambda call: rejoin(call, on_hold=False),
    Event.RECOVER_HELD: lambda call: rejoin(call, on_hold=True),
    Event.HANG_UP: lambda call: call.end(Event.HANG_UP, "customer_left", NOW),
    Event.EXPIRE: lambda call: call.end(Event.EXPIRE, "customer_lost", NOW),
    Event.FAIL: lambda call: ring.fail(call, "closed", NOW),
    Event.CHANGE_MEDIA: lambda call: controls.change_media(call, "video"),
    Event.MUTE: lambda call: controls.mute(call, call.customer, True),
    Event.UNMUTE: lambda call: controls.mute(call, call.customer, False),
    Event.SHARE: lambda call: controls.share(call, call.customer, True),
    Event.UNSHARE: lambda call: controls.share(call, call.customer, False),
    Event.TRANSFER: lambda call: begin(call, "warm"),
    Event.ADD: lambda call: controls.add(call, THIRD, leg_id="leg_3", now_us=NOW, times=TIMES),
    Event.SUPERVISE: lambda call: supervision.supervise(call, BOSS, "monitor", leg_id="leg_s", now_us=NOW, times=TIMES),
    Event.RECORD: lambda call: recording.start(call, "rec_1", [call.customer_id], REP),
}
# The customer's coming back is one act; on hold or not makes two events of it, and a first join is neither.
JOINS = {Event.CONNECT, Event.RECOVER, Event.RECOVER_HELD}


def one_of_joins(state: State, event: Event) -> bool:
    """A join that is another of these events in this state."""
    return event in JOINS and event not in TRANSITIONS[state] and bool(JOINS & TRANSITIONS[state].keys())


@pytest.mark.parametrize(("state", "event"), [each for each in itertools.product(State, Event) if not one_of_joins(*each)])
def test_an_event_leads_where_the_table_says_or_is_a_conflict_that_changes_nothing(state: State, event: Event) -> None:
    call = IN_STATE[state]()
    assert call.state is state
    before = copy.deepcopy(call)
    following = TRANSITIONS[state].get(event)
    if following is not None:
        ACTS[event](call)
        assert call.state is following
        return
    if event in (Event.DIVERT, Event.UNANSWERED):  # these acts take the ticket away first
        before.ticket_id = ringing_leg(before).ticket_id = None
        before.divert = event is Event.DIVERT
    if event in (Event.RECOVER, Event.RECOVER_HELD):  # and these say whether the customer is on hold
        before.customer.held = event is Event.RECOVER_HELD
    with pytest.raises(Conflict) as refusal:
        ACTS[event](call)
    assert refusal.value.status == 409 and refusal.value.detail.endswith(".") and len(refusal.value.detail) > 15
    assert call == before


def test_every_state_and_event_has_its_place_in_the_table() -> None:
    assert set(TRANSITIONS) == set(State) and set(ACTS) == set(Event)
    assert {event for events in TRANSITIONS.values() for event in events} == set(Event)
    assert {state for events in TRANSITIONS.values() for state in events.values()} == set(State)
    assert not TRANSITIONS[State.ENDED]
    for state in set(State) - {State.ENDED}:
        assert State.ENDED in TRANSITIONS[state].values(), f"no way out of {state}"


@pytest.mark.parametrize("event", LegEvent)
@pytest.mark.parametrize("state", LegState)
def test_a_leg_goes_where_its_table_says(state: LegState, event: LegEvent) -> None:
    leg = Leg("leg_1", REP, "rep", state, deadline_us=7)
    if event in LEG[state]:
        leg.step(event, 9)
        assert leg.state is LEG[state][event] and leg.deadline_us == 9
    else:
        with pytest.raises(Conflict, match=f"participant is {state}, which admits no {event}"):
            leg.step(event, 9)
        assert leg == Leg("leg_1", REP, "rep", state, deadline_us=7)


def target_leaves(call: Call) -> None:
    target = next((leg for leg in call.legs if leg.id == "leg_t"), None)
    if target is not None and target.entered:
        attendance.hang_up(call, target, NOW)
    else:
        handover.failed(call, TransferEvent.FAIL, NOW)


def orphan(call: Call) -> Call:
    """The transferring rep has hung up before."""
    if call.leg("leg_r").entered and call.pending is not None and call.pending.state not in (
        TransferState.CONSULTING, TransferState.SWAPPED
    ):  # fmt: skip
        attendance.hang_up(call, call.leg("leg_r"), NOW)
    return call


def refuse(event: LegEvent) -> Callable[[Call], object]:
    return lambda call: ring.refuse_ring(call, call.leg("leg_t"), event, NOW)


def offer(call: Call) -> None:
    handover.offered(call, "tick_2", TARGET, leg_id="leg_t", deadline_us=NOW + 20)


TRANSFER_ACTS: Mapping[TransferEvent, Callable[[Call], object]] = {
    TransferEvent.OFFER: offer,
    TransferEvent.REOFFER: refuse(LegEvent.DECLINE),
    TransferEvent.DIVERT: lambda call: handover.failed(orphan(call), TransferEvent.FAIL, NOW),
    TransferEvent.ACCEPT: lambda call: ring.accept(call, call.leg("leg_t"), NOW, TIMES),
    TransferEvent.DECLINE: refuse(LegEvent.DECLINE),
    TransferEvent.TIMEOUT: refuse(LegEvent.TIMEOUT),
    TransferEvent.JOIN: lambda call: attendance.joined(call, call.leg("leg_t"), NOW),
    TransferEvent.FAIL: target_leaves,
    TransferEvent.COMPLETE: lambda call: handover.complete(call, NOW),
    TransferEvent.SWAP: handover.swap,
    TransferEvent.ABORT: lambda call: handover.abort(call, NOW),
    TransferEvent.CANCEL: lambda call: attendance.hang_up(call, call.customer, NOW),
}
# Events that come of the same acts by other circumstances (a queue behind, nobody to go back to) have stories of their own below.
ALIKE = {TransferEvent.REOFFER, TransferEvent.DIVERT}


# Of a target, before there is one.
TARGETS = {TransferEvent.ACCEPT, TransferEvent.DECLINE, TransferEvent.TIMEOUT, TransferEvent.JOIN}


def can_be_done(kind: Kind, state: TransferState, event: TransferEvent) -> bool:
    """Whether there is an act that would mean this event there; without one the table alone is asked."""
    if event in ALIKE or state not in TRANSFER[kind] or (state is TransferState.WAITING and event in TARGETS):
        return False
    over = not TRANSFER[kind][state]
    return not (over and event in (TransferEvent.CANCEL, TransferEvent.JOIN, TransferEvent.FAIL))


EVERYTHING = [*itertools.product(("cold", "warm"), TransferState, TransferEvent)]


@pytest.mark.parametrize(("kind", "state", "event"), EVERYTHING)
def test_a_transfer_by_itself_goes_where_its_table_says(kind: Kind, state: TransferState, event: TransferEvent) -> None:
    transfer = Transfer("xfer_1", kind, state, "leg_r", None)
    following = TRANSFER[kind].get(state, {}).get(event)
    if following is not None:
        transfer.step(event)
        assert transfer.state is following
    else:
        with pytest.raises(Conflict, match=f"{kind} transfer is {state}, which admits no {event}"):
            transfer.step(event)
        assert transfer.state is state


@pytest.mark.parametrize(("kind", "state", "event"), [each for each in EVERYTHING if can_be_done(*each)])
def test_a_transfer_goes_where_its_table_says(kind: Kind, state: TransferState, event: TransferEvent) -> None:
    call = transferring(kind, state)
    assert call.transfer is not None and call.transfer.state is state
    before = copy.deepcopy(call)
    following = TRANSFER[kind].get(state, {}).get(event)
    if following is not None:
        TRANSFER_ACTS[event](call)
        call.settle(NOW)
        assert call.transfer.state is following
        check_hold(call)
    else:
        with pytest.raises(Conflict) as refusal:
            TRANSFER_ACTS[event](call)
        assert refusal.value.detail.endswith(".")
        assert call == before


def check_hold(call: Call) -> None:
    """The customer is on hold exactly while a transfer says so."""
    if call.state is State.ENDED:
        return
    pending = call.pending
    assert call.customer.held == (pending is not None and pending.state is not TransferState.SWAPPED)
    assert call.state is (State.HELD if call.customer.held else State.ACTIVE)


@pytest.mark.parametrize("kind", ["cold", "warm"])
def test_the_queue_looks_for_the_next_when_its_first_rep_declines_a_transfer(kind: Kind) -> None:
    call = transferring(kind, TransferState.RINGING, to_queue=True)
    ring.refuse_ring(call, call.leg("leg_t"), LegEvent.DECLINE, NOW)
    assert call.transfer is not None and call.transfer.state is TransferState.WAITING and call.state is State.HELD
    assert call.chores[-1].what == "answer" and call.chores[-1].arguments["accepted"] is False


def test_a_transfer_goes_on_when_the_rep_has_hung_up_and_to_the_queue_when_its_target_declines() -> None:
    call = transferring("warm", TransferState.RINGING)
    attendance.hang_up(call, call.leg("leg_r"), NOW)
    assert call.state is State.HELD and call.orphaned
    ring.refuse_ring(call, call.leg("leg_t"), LegEvent.DECLINE, NOW)
    assert call.transfer is not None and call.transfer.state is TransferState.WAITING and call.transfer.target_rep_id is None
    assert call.chores[-1].what == "enter" and call.state is State.HELD
    handover.offered(call, "tick_9", THIRD, leg_id="leg_3", deadline_us=NOW)
    ring.accept(call, call.leg("leg_3"), NOW, TIMES)
    attendance.joined(call, call.leg("leg_3"), NOW)
    assert call.state is State.ACTIVE and call.rep_id == THIRD and call.transfer.state is TransferState.COMPLETED


@pytest.mark.parametrize("state", [TransferState.CONSULTING, TransferState.SWAPPED])
def test_the_transferring_rep_who_hangs_up_during_a_consultation_completes_it(state: TransferState) -> None:
    call = transferring("warm", state)
    attendance.hang_up(call, call.leg("leg_r"), NOW)
    assert call.transfer is not None and call.transfer.state is TransferState.COMPLETED
    assert call.state is State.ACTIVE and call.rep_id == TARGET and not call.leg("leg_t").held


def lost_for_good(call: Call, leg: Leg, now_us: int) -> None:
    attendance.lost(call, leg, now_us, TIMES)
    attendance.expire(call, leg, now_us)


@pytest.mark.parametrize(
    "state",
    [TransferState.WAITING, TransferState.RINGING, TransferState.CONNECTING, TransferState.CONSULTING, TransferState.SWAPPED],
)
@pytest.mark.parametrize("leave", [attendance.hang_up, lost_for_good])
def test_a_customer_who_goes_cancels_the_pending_transfer(state: TransferState, leave: Callable[[Call, Leg, int], object]) -> None:
    call = transferring("warm", state)
    leave(call, call.customer, NOW)
    assert call.state is State.ENDED and call.transfer is not None and call.transfer.state is TransferState.CANCELLED
    assert not any(leg.open for leg in call.legs)


def test_a_rep_rings_the_customer_and_the_customer_their_own_rep() -> None:
    outward = requested(rep=REP, by=REP)
    assert outward.state is State.RINGING and outward.customer.state is LegState.RINGING
    ring.refuse_ring(outward, outward.customer, LegEvent.TIMEOUT, NOW)
    assert outward.state is State.ENDED and outward.end_reason == "no_answer"
    assert [chore.what for chore in outward.chores] == ["take", "finish"]
    inward = requested(rep=REP)
    ring.refuse_ring(inward, inward.leg("leg_r"), LegEvent.DECLINE, NOW)
    assert inward.state is State.REQUESTED and [chore.what for chore in inward.chores] == ["enter"]


def test_a_third_rep_talks_with_both_and_may_be_the_one_who_stays() -> None:
    call = IN_STATE[State.ACTIVE]()
    third = controls.add(call, THIRD, leg_id="leg_3", now_us=NOW, times=TIMES)
    ring.accept(call, third, NOW, TIMES)
    attendance.joined(call, third, NOW)
    assert call.state is State.ACTIVE and call.rep_id == REP
    attendance.hang_up(call, call.leg("leg_r"), NOW)
    assert call.state is State.ACTIVE and call.rep_id == THIRD
    attendance.hang_up(call, third, NOW)
    assert call.state is State.ENDED and call.end_reason == "rep_left"
