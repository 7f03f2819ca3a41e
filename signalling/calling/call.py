"""A call: its states, who is in it, and what every change of it must bring about. All of `calling` decides here and beside it; no I/O.

    requested -> queued <-> ringing -> connecting -> active <-> held -> ended
                                                        \\-> reconnecting -/

`requested`: made, and on its way into the queue; `queued`: the desk has its ticket; `ringing`: at one rep or at the customer; `connecting`:
accepted, not everybody needed is in the room; `held`: the customer is on hold; `reconnecting`: the customer, or every rep, has lost the
connection and may come back.

A `Call` is one unit of work's copy: loaded, changed by the functions of `ring`, `attendance`, `controls`, `handover`, `supervision` and
`recording`, each taking `now_us`, written back. What a change must bring about is data: `notes` become timeline entries, `chores` are done
at the desk. Invariants: an event that TRANSITIONS does not admit raises Conflict and changes nothing; `held` is the state exactly while the
customer's leg is held and all needed are there; when it has ended every leg has, and no transfer is pending.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal, NoReturn

from mediaserver.errors import Conflict, NotFound
from signalling.calling.leg import Leg, LegEvent, LegState
from signalling.calling.transfer import SEEKING, Transfer, TransferEvent

Media = Literal["voice", "video"]


class State(StrEnum):
    """As drawn above."""

    REQUESTED = "requested"
    QUEUED = "queued"
    RINGING = "ringing"
    CONNECTING = "connecting"
    ACTIVE = "active"
    HELD = "held"
    RECONNECTING = "reconnecting"
    ENDED = "ended"


class Event(StrEnum):
    """What can happen to a call."""

    QUEUE = "queue"  # the desk has made a ticket
    RING = "ring"
    ACCEPT = "accept"
    REQUEUE = "requeue"  # the rep who was rung does not take it; the desk looks for the next
    DIVERT = "divert"  # the customer's own rep does not take it; into the queue
    UNANSWERED = "unanswered"  # declined or not answered, and there is nobody else to ask
    CANCEL = "cancel"  # whoever began it has thought better of it
    CONNECT = "connect"  # everybody needed is in the room
    HOLD = "hold"
    RESUME = "resume"
    LOSE = "lose"  # the customer, or every rep, has lost the connection
    RECOVER = "recover"
    RECOVER_HELD = "recover_held"  # and the customer is on hold
    HANG_UP = "hang_up"  # one of the last two
    EXPIRE = "expire"  # somebody needed did not come (back) in time
    FAIL = "fail"  # the desk or the media server cannot serve it
    CHANGE_MEDIA = "change_media"  # voice <-> video
    MUTE = "mute"
    UNMUTE = "unmute"
    SHARE = "share"  # a screen
    UNSHARE = "unshare"
    TRANSFER = "transfer"
    ADD = "add"  # a third one is rung
    SUPERVISE = "supervise"
    RECORD = "record"


_S, _E = State, Event
_STEADY = {_E.HANG_UP: _S.ENDED, _E.FAIL: _S.ENDED}
_TALK = (_E.CHANGE_MEDIA, _E.MUTE, _E.UNMUTE, _E.SHARE, _E.UNSHARE, _E.ADD, _E.SUPERVISE, _E.RECORD)

TRANSITIONS: Final[Mapping[State, Mapping[Event, State]]] = {
    _S.REQUESTED: {_E.QUEUE: _S.QUEUED, _E.RING: _S.RINGING, _E.CANCEL: _S.ENDED, _E.FAIL: _S.ENDED},
    _S.QUEUED: {_E.RING: _S.RINGING, _E.CANCEL: _S.ENDED, _E.FAIL: _S.ENDED},
    _S.RINGING: {
        _E.ACCEPT: _S.CONNECTING,
        _E.REQUEUE: _S.QUEUED,
        _E.DIVERT: _S.REQUESTED,
        _E.UNANSWERED: _S.ENDED,
        _E.CANCEL: _S.ENDED,
        _E.FAIL: _S.ENDED,
    },
    _S.CONNECTING: {
        _E.CONNECT: _S.ACTIVE,
        _E.EXPIRE: _S.ENDED,
        **_STEADY,
        **{event: _S.CONNECTING for event in (_E.CHANGE_MEDIA, _E.MUTE, _E.UNMUTE, _E.SUPERVISE)},
    },
    _S.ACTIVE: {_E.HOLD: _S.HELD, _E.TRANSFER: _S.HELD, _E.LOSE: _S.RECONNECTING, **_STEADY, **{event: _S.ACTIVE for event in _TALK}},
    _S.HELD: {
        _E.RESUME: _S.ACTIVE,
        _E.TRANSFER: _S.HELD,
        _E.LOSE: _S.RECONNECTING,
        **_STEADY,
        **{event: _S.HELD for event in _TALK},
    },
    _S.RECONNECTING: {
        _E.RECOVER: _S.ACTIVE,
        _E.RECOVER_HELD: _S.HELD,
        _E.EXPIRE: _S.ENDED,
        **_STEADY,
        **{event: _S.RECONNECTING for event in (_E.CHANGE_MEDIA, _E.MUTE, _E.UNMUTE, _E.UNSHARE, _E.SUPERVISE)},
    },
    _S.ENDED: {},
}

# Somebody was brought together: legs have tokens, a room may be open.
RUNNING = frozenset({_S.CONNECTING, _S.ACTIVE, _S.HELD, _S.RECONNECTING})
BEFORE = frozenset({_S.REQUESTED, _S.QUEUED, _S.RINGING})


@dataclass(frozen=True, slots=True)
class Times:
    """How long is waited, in microseconds. `wait_us`: in the queue, longest of all."""

    ring_us: int = 25_000_000
    join_us: int = 30_000_000
    grace_us: int = 45_000_000
    wait_us: int = 3_600_000_000
    # The desk times its own offers; should it not, the ring ends so much later.
    offer_slack_us: int = 3_000_000


@dataclass(frozen=True, slots=True)
class Note:
    """A timeline entry to be written; `staff`: not for the customer's eyes."""

    kind: str
    data: Mapping[str, Any]
    staff: bool = False


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to be done at the desk after the commit: enter, requeue, leave, answer, take, finish. The desk knows one rep for a call,
    whose it is: a third one, and the target of a transfer until it is completed, are the call's own business."""

    what: str
    arguments: Mapping[str, Any]


@dataclass(slots=True)
class Recording:
    """A recording that is wanted. `granted`: the customers' ids it may hold; reps are recorded with the call."""

    id: str
    granted: tuple[str, ...]
    paused: bool = False


@dataclass(slots=True)
class Call:
    """See the module."""

    tenant_id: str
    id: str
    conversation_id: str
    media: Media
    state: State
    customer_id: str
    requested_by: str  # a person's id
    rep_id: str | None = None  # whose call it is
    ticket_id: str | None = None
    requirement: str | None = None
    divert: bool = False  # to the queue, where the rep who is rung does not answer
    created_at_us: int = 0
    answered_at_us: int | None = None
    connected_at_us: int | None = None
    ended_at_us: int | None = None
    end_reason: str | None = None
    legs: list[Leg] = field(default_factory=list)
    transfer: Transfer | None = None  # the last one
    payment_step: bool = False  # the customer is at the payment step
    recording: Recording | None = None
    notes: list[Note] = field(default_factory=list)
    chores: list[Chore] = field(default_factory=list)
    stored: dict[str, Leg] = field(default_factory=dict, compare=False, repr=False)  # its legs as they were loaded

    # Who is in it.

    def leg(self, leg_id: str) -> Leg:
        """By id. NotFound otherwise."""
        for leg in self.legs:
            if leg.id == leg_id:
                return leg
        raise NotFound("There is no such participant in this call.")

    @property
    def customer(self) -> Leg:
        """The customer's leg, the last one."""
        return next(leg for leg in reversed(self.legs) if leg.role == "customer")

    @property
    def reps(self) -> list[Leg]:
        """The reps' legs that are in the call, connected or not."""
        return [leg for leg in self.legs if leg.role == "rep" and leg.entered]

    def of(self, person_id: str) -> Leg | None:
        """A person's leg that is open."""
        return next((leg for leg in self.legs if leg.person_id == person_id and leg.open), None)

    @property
    def pending(self) -> Transfer | None:
        """The transfer under way."""
        return self.transfer if self.transfer is not None and self.transfer.pending else None

    @property
    def attended(self) -> bool:
        """Everybody needed is in the room: the customer, and a rep or a transfer that looks for one."""
        customer = self.customer.state is LegState.JOINED
        return customer and (any(leg.state is LegState.JOINED for leg in self.reps) or self.orphaned)

    @property
    def orphaned(self) -> bool:
        """The transferring rep has gone, and the transfer goes on by itself."""
        transfer = self.pending
        return transfer is not None and transfer.state in SEEKING and not self.leg(transfer.from_leg_id).entered

    # What happens to it.

    def step(self, event: Event) -> None:
        """Takes the transition. Conflict where the table has none."""
        following = TRANSITIONS[self.state].get(event)
        if following is None:
            raise Conflict(f"The call is {self.state}, which admits no {event}.", code="call_state")
        self.state = following

    def admits(self, event: Event) -> bool:
        """Whether this may happen now."""
        return event in TRANSITIONS[self.state]

    def require(self, event: Event) -> None:
        """Conflict where this may not happen now."""
        if not self.admits(event):
            raise Conflict(f"The call is {self.state}, which admits no {event}.", code="call_state")

    def settle(self, now_us: int) -> None:
        """Lets the state follow from who is there and who is on hold."""
        if self.state in (State.ACTIVE, State.HELD) and not self.attended:
            self.step(Event.LOSE)
            self.note("call.reconnecting")
        elif self.state is State.CONNECTING and self.attended:
            self.step(Event.CONNECT)
            self.connected_at_us = now_us
            self.note("call.connected", {"media": self.media, "rep_id": self.rep_id})
        elif self.state is State.RECONNECTING and self.attended:
            self.step(Event.RECOVER_HELD if self.customer.held else Event.RECOVER)
            self.note("call.reconnected")
        if self.state is State.ACTIVE and self.customer.held:
            self.step(Event.HOLD)
        elif self.state is State.HELD and not self.customer.held:
            self.step(Event.RESUME)

    def note(self, kind: str, data: Mapping[str, Any] | None = None, *, staff: bool = False) -> None:
        """Has it written into the timeline."""
        self.notes.append(Note(kind, {"call_id": self.id, **(data or {})}, staff))

    def chore(self, what: str, **arguments: Any) -> None:
        """Has it done at the desk."""
        self.chores.append(Chore(what, arguments))

    def release(self, leg: Leg) -> None:
        """Has the desk know that a rep it had booked is through with this."""
        if leg.channel is not None:
            self.chore("finish", rep_id=leg.person_id, channel=leg.channel)
            leg.channel = None

    def book(self, leg: Leg) -> None:
        """Has the desk know that this rep has the call, whoever had it before."""
        known = [each.channel for each in self.legs if each.channel is not None]
        for each in self.legs:
            each.channel = None
        leg.channel = known[0] if known else self.media  # as the desk has it: the media may have changed since
        self.chore("take", rep_id=leg.person_id, channel=leg.channel)

    def end(self, event: Event, reason: str, now_us: int) -> None:
        """Ends it and everything in it."""
        self.step(event)
        if self.pending is not None:
            transfer = self.cancel_transfer(TransferEvent.CANCEL, now_us)
            if transfer.ticket_id is not None:
                self.chore("leave", ticket_id=transfer.ticket_id, reason="call_ended")
                transfer.ticket_id = None
        if self.recording is not None:
            self.note("recording.stopped", {"recording_id": self.recording.id, "reason": "call_ended"})
            self.recording = None
        for leg in self.legs:
            if leg.open:
                leg.finish(LegEvent.CANCEL if leg.state is LegState.RINGING else LegEvent.LEAVE, reason, now_us)
            self.release(leg)
        if self.ticket_id is not None:
            self.chore("leave", ticket_id=self.ticket_id, reason=reason)
            self.ticket_id = None
        self.ended_at_us, self.end_reason = now_us, reason
        talked_us = now_us - self.connected_at_us if self.connected_at_us is not None else 0
        self.note("call.ended", {"reason": reason, "media": self.media, "talked_ms": talked_us // 1000, "rep_id": self.rep_id})

    def cancel_transfer(self, event: TransferEvent, now_us: int) -> Transfer:
        """Ends the pending transfer, and its ring with it; where the customer and the desk's ticket then belong is the caller's."""
        transfer = self.pending
        if transfer is None:
            raise Conflict("No transfer is under way.", code="transfer_state")
        transfer.step(event)
        transfer.ended_at_us = now_us
        if transfer.target_leg_id is not None:
            target = self.leg(transfer.target_leg_id)
            if target.open:
                target.finish(LegEvent.CANCEL if target.state is LegState.RINGING else LegEvent.LEAVE, transfer.state, now_us)
        return transfer


def refuse(detail: str, code: str) -> NoReturn:
    """Raises Conflict: the tables admit it, but something else is in the way."""
    raise Conflict(detail, code=code)
