"""Any sequence of acts on a call, most of them out of place: what must hold always holds, a refusal changes nothing, and all calls end."""

import copy
import itertools
import random
from collections import Counter
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from mediaserver.errors import Conflict, NotFound
from signalling.calling import attendance, controls, handover, recording, ring, supervision
from signalling.calling.call import BEFORE, RUNNING, Call, Chore, State
from signalling.calling.leg import Leg, LegEvent, LegState
from signalling.calling.transfer import PENDING, TransferState
from tests.support.calling import BOSS, CUSTOMER, NOW, REP, TARGET, THIRD, TIMES, active, requested, transferring

REPS = (REP, TARGET, THIRD)
ASKED, WAITING = "asked", "waiting"


class Walk:
    """A call, and ids for what is made on the way."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.numbers = itertools.count(1)

    def make(self, prefix: str) -> str:
        return f"{prefix}_{next(self.numbers)}"

    def any_leg(self, number: int) -> Leg:
        return self.call.legs[number % len(self.call.legs)]


def offer(walk: Walk, number: int) -> None:
    """The desk's next offer, for the call or for its transfer."""
    call, rep, transfer = walk.call, REPS[number % 3], walk.call.pending
    if call.of(rep) is not None:
        raise Conflict("The desk offers nothing to somebody who is in it.")
    if transfer is not None and transfer.ticket_id is not None:
        handover.offered(call, transfer.ticket_id, rep, leg_id=walk.make("leg"), deadline_us=NOW)
    elif call.ticket_id is not None:
        ring.offered(call, call.ticket_id, rep, leg_id=walk.make("leg"), deadline_us=NOW)
    else:
        raise Conflict("Nothing is in the queue.")


def enter(walk: Walk, number: int) -> None:
    """The desk has made the ticket that was asked for."""
    call, transfer = walk.call, walk.call.pending
    if transfer is not None and transfer.state is TransferState.WAITING and transfer.ticket_id is None:
        transfer.ticket_id = walk.make("tick")
    else:
        ring.queued(call, walk.make("tick"))
    call.chores.append(Chore("made", {}))


def transfer_to(walk: Walk, number: int) -> None:
    handover.begin(
        walk.call, walk.any_leg(number), transfer_id=walk.make("xfer"), kind="warm" if number % 2 else "cold",
        target_rep_id=(*REPS, None)[number % 4], leg_id=walk.make("leg"), now_us=NOW, times=TIMES,
    )  # fmt: skip


def deadline(walk: Walk, number: int) -> None:
    """The nearest deadline comes."""
    waiting = [leg for leg in walk.call.legs if leg.open and leg.deadline_us is not None]
    if not waiting:
        raise Conflict("Nobody is waited for.")
    leg = min(waiting, key=lambda each: each.deadline_us or 0)
    if leg.state is LegState.RINGING:
        ring.refuse_ring(walk.call, leg, LegEvent.TIMEOUT, NOW)
    else:
        attendance.expire(walk.call, leg, NOW)


ACTS: tuple[Callable[[Walk, int], object], ...] = (
    enter,
    offer,
    transfer_to,
    deadline,
    lambda walk, number: ring.accept(walk.call, walk.any_leg(number), NOW, TIMES),
    lambda walk, number: ring.accept(walk.call, walk.call.legs[-1], NOW, TIMES),
    lambda walk, number: ring.refuse_ring(walk.call, walk.call.legs[-1], LegEvent.DECLINE, NOW),
    lambda walk, number: ring.withdrawn(walk.call, walk.any_leg(number), NOW),
    lambda walk, number: ring.cancel(walk.call, NOW, reason="cancelled"),
    lambda walk, number: attendance.joined(walk.call, walk.any_leg(number), NOW),
    lambda walk, number: attendance.joined(walk.call, walk.call.legs[-1], NOW),
    lambda walk, number: attendance.joined(walk.call, walk.call.customer, NOW),
    lambda walk, number: attendance.lost(walk.call, walk.any_leg(number), NOW, TIMES),
    lambda walk, number: attendance.hang_up(walk.call, walk.any_leg(number), NOW),
    lambda walk, number: attendance.restarted(walk.call, NOW, TIMES),
    lambda walk, number: controls.hold(walk.call, NOW),
    lambda walk, number: controls.resume(walk.call, NOW),
    lambda walk, number: controls.mute(walk.call, walk.any_leg(number), bool(number % 2)),
    lambda walk, number: controls.change_media(walk.call, "video" if number % 2 else "voice"),
    lambda walk, number: controls.share(walk.call, walk.any_leg(number), bool(number % 3)),
    lambda walk, number: controls.add(walk.call, REPS[number % 3], leg_id=walk.make("leg"), now_us=NOW, times=TIMES),
    lambda walk, number: handover.swap(walk.call),
    lambda walk, number: handover.complete(walk.call, NOW),
    lambda walk, number: handover.abort(walk.call, NOW),
    lambda walk, number: supervision.supervise(
        walk.call, BOSS, ("monitor", "whisper", "barge")[number % 3], leg_id=walk.make("leg"), now_us=NOW, times=TIMES
    ),
    lambda walk, number: recording.start(walk.call, walk.make("rec"), [CUSTOMER], REP),
    lambda walk, number: recording.payment_step(walk.call, bool(number % 2)),
    lambda walk, number: recording.withdrawn(walk.call, CUSTOMER),
)


def step(walk: Walk, act: Callable[[Walk, int], object], number: int) -> bool:
    """Does it; whether it was admitted."""
    before = copy.deepcopy(walk.call)
    try:
        act(walk, number)
    except (Conflict, NotFound):
        assert walk.call == before, "a refusal changes nothing"
        return False
    walk.call.settle(NOW)
    return True


def check(call: Call) -> None:
    customer, transfer = call.customer, call.pending
    # People.
    counted = Counter(leg.person_id for leg in call.legs if leg.open)
    assert all(count == 1 for count in counted.values()), "nobody is in a call twice"
    assert all(leg.deadline_us is not None for leg in call.legs if leg.open and leg.state is not LegState.JOINED), "nobody waits for ever"
    assert all(leg.deadline_us is None for leg in call.legs if not leg.open or leg.state is LegState.JOINED)
    # Hold.
    if call.state in (State.ACTIVE, State.HELD):
        assert call.attended and (call.state is State.HELD) == customer.held
    if call.state in BEFORE or call.state in (State.CONNECTING, State.ENDED):
        assert not any(leg.held for leg in call.legs)
    assert all(
        leg.role == "customer" or (transfer is not None and transfer.state is TransferState.SWAPPED) for leg in call.legs if leg.held
    )
    if transfer is not None:
        assert customer.held == (transfer.state is not TransferState.SWAPPED)
    # The end.
    if call.state is State.ENDED:
        assert not any(leg.open for leg in call.legs)
        assert call.transfer is None or call.transfer.state not in PENDING
        assert call.ticket_id is None and call.recording is None and call.end_reason and call.ended_at_us
    # The desk.
    holder = desk(call)
    booked = [leg.person_id for leg in call.legs if leg.channel is not None]
    assert len(booked) <= 1 and all(leg.entered for leg in call.legs if leg.channel is not None)
    if call.state is State.ENDED:
        assert holder in (None, ASKED), "nobody stays booked, nothing stays in the queue; what is not in it yet never comes"
    if call.state in RUNNING and transfer is None:
        assert booked == [holder] == [call.rep_id], "the desk knows whose call it is"
    # Recording.
    assert call.recording is None or call.recording.paused == call.payment_step


def desk(call: Call) -> object:
    """Who has the conversation's ticket after all chores so far, or that it waits or is asked for, or None where there is none."""
    holder: object = None
    for chore in call.chores:
        arguments = chore.arguments
        match chore.what:
            case "enter" | "requeue":
                holder = ASKED if chore.what == "requeue" or holder is None else holder
            case "made":
                holder = WAITING if holder == ASKED else holder
            case "take":
                holder = arguments["rep_id"]
            case "answer" if arguments["accepted"]:
                assert holder == WAITING
                holder = arguments["rep_id"]
            case "leave":
                holder = None if holder == WAITING else holder
            case "finish":
                holder = None if holder == arguments["rep_id"] else holder
    return holder


BEGINNINGS: tuple[Callable[[], Call], ...] = (
    requested,
    lambda: requested(rep=REP),
    lambda: requested(rep=REP, by=REP),
    active,
    active,
    lambda: transferring("cold", TransferState.RINGING),
    lambda: transferring("warm", TransferState.WAITING),
    lambda: transferring("warm", TransferState.CONSULTING),
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(beginning=st.sampled_from(BEGINNINGS), steps=st.lists(st.tuples(st.integers(0, len(ACTS) - 1), st.integers(0, 11)), max_size=60))
def test_whatever_happens_a_call_is_sound_and_ends(beginning: Callable[[], Call], steps: list[tuple[int, int]]) -> None:
    walk = Walk(beginning())
    for index, number in steps:
        step(walk, ACTS[index], number)
        check(walk.call)
    # Everybody's connection is lost, and nobody does anything any more: deadlines alone end it.
    for _ in range(200):
        if walk.call.state is State.ENDED:
            break
        for leg in walk.call.legs:
            if leg.state is LegState.JOINED:
                step(walk, lambda walk, _, leg=leg: attendance.lost(walk.call, leg, NOW, TIMES), 0)
        step(walk, deadline, 0)
        check(walk.call)
    assert walk.call.state is State.ENDED


def test_the_walks_reach_every_state() -> None:
    """The property above would be worth little if nothing but refusals came of its acts."""
    dice = random.Random(7)
    seen: set[State] = set()
    transfers: set[TransferState] = set()
    for number in range(400):
        walk = Walk(BEGINNINGS[number % len(BEGINNINGS)]())
        for _ in range(40):
            step(walk, dice.choice(ACTS), dice.randrange(12))
            check(walk.call)
            seen.add(walk.call.state)
            if walk.call.transfer is not None:
                transfers.add(walk.call.transfer.state)
    assert seen == set(State)
    assert transfers == set(TransferState), set(TransferState) - transfers
