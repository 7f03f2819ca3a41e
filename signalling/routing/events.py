"""What can happen at a desk: the inputs of `floor.Floor.receive`. Frozen, without time, which is an argument."""

from dataclasses import dataclass

from signalling.routing.presence import Profile, Status
from signalling.routing.queue import Closed, Queue
from signalling.routing.requirement import Step
from signalling.routing.ticket import Channel, Ticket


@dataclass(frozen=True, slots=True)
class QueueSet:
    """A queue is new or has new settings."""

    queue: Queue


@dataclass(frozen=True, slots=True)
class QueueRemoved:
    """A queue is gone; who waits in it waits in `to` instead."""

    queue_id: str
    to: str


@dataclass(frozen=True, slots=True)
class ProfileSet:
    """A rep is new, or can do something else."""

    profile: Profile


@dataclass(frozen=True, slots=True)
class StatusSet:
    """A rep, or somebody in their place, chose a status. Offline gives back all their work."""

    rep_id: str
    status: Status
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Connected:
    """One more of a rep's sockets is there. `name`: theirs, for whoever was never heard of; empty: not known."""

    rep_id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """One of a rep's sockets has gone."""

    rep_id: str


@dataclass(frozen=True, slots=True)
class WrapUpDone:
    """A rep needs no more of their wrap-up."""

    rep_id: str


@dataclass(frozen=True, slots=True)
class Enter:
    """A customer begins to wait. The ticket is the floor's from now on. Of a conversation and channel that wait already: nothing.

    `closed`: it is outside the queue's hours, and this is what happens then.
    """

    ticket: Ticket
    closed: Closed | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """A customer waits no longer."""

    ticket_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A rep accepts or declines an offer."""

    ticket_id: str
    rep_id: str
    accepted: bool


@dataclass(frozen=True, slots=True)
class Pick:
    """A rep takes somebody who waits, out of turn."""

    ticket_id: str
    rep_id: str


@dataclass(frozen=True, slots=True)
class Take:
    """A rep is given a conversation that need not have waited: a transfer, a claim. `ticket` is used where it has none yet."""

    ticket: Ticket
    rep_id: str
    force: bool = False


@dataclass(frozen=True, slots=True)
class Finish:
    """A rep's work on a conversation, in one channel, is over."""

    rep_id: str
    conversation_id: str
    channel: Channel
    outcome: str = "done"


@dataclass(frozen=True, slots=True)
class Transfer:
    """Assigned work goes back to wait: in another queue, or for one rep (first, and for `hold_us`, alone)."""

    ticket_id: str
    queue_id: str | None = None
    rep_id: str | None = None
    hold_us: int = 0
    steps: tuple[Step, ...] | None = None  # what is required of the next one, instead of what was


@dataclass(frozen=True, slots=True)
class Boost:
    """A conversation's places get more priority."""

    conversation_id: str
    points: int
    reason: str


@dataclass(frozen=True, slots=True)
class Callback:
    """The customer goes, keeps the place and is called back."""

    ticket_id: str
    channel: Channel


@dataclass(frozen=True, slots=True)
class KeepWaiting:
    """The customer goes on waiting: overflow of this queue begins anew."""

    ticket_id: str


Event = (
    QueueSet
    | QueueRemoved
    | ProfileSet
    | StatusSet
    | Connected
    | Disconnected
    | WrapUpDone
    | Enter
    | Leave
    | Answer
    | Pick
    | Take
    | Finish
    | Transfer
    | Boost
    | Callback
    | KeepWaiting
)
