"""A ticket: one conversation's place in the queue for one channel, from entering to the end of the work on it.

    waiting --offer--> offered --accept--> assigned --finish--> ended
       ^                  |                    |
       +---decline, timeout, withdrawn---------+  (the rep is gone, or passes it on)

Order: `key` = (entered - weight * POINT, entered, id), smallest first; weight: its priority and its queue's. A point of priority counts as
much as POINT of waiting, so who waits long enough passes everybody, and the order of two tickets never changes by waiting alone: it can
be kept in a heap.

For `matching`, `floor` and their tests. Pure.
"""

from dataclasses import dataclass
from typing import Any, Literal

from signalling.routing.requirement import Step

Channel = Literal["chat", "voice", "video"]
CHANNELS: tuple[Channel, ...] = ("chat", "voice", "video")
State = Literal["waiting", "offered", "assigned", "ended"]

# What one point of priority is worth in waiting. Larger: urgent ones leave the patient behind for longer.
POINT_US = 60_000_000
PRIORITY_MOST = 1000

Key = tuple[int, int, str]


@dataclass(slots=True, eq=False)
class Ticket:
    """See the module. Times in microseconds."""

    id: str
    conversation_id: str
    customer_id: str
    queue_id: str
    channel: Channel
    entered_us: int  # of the customer: kept whatever happens to the ticket
    queued_us: int  # in this queue: overflow counts from here
    priority: int = 0
    weight: int = 0  # priority and the queue's
    steps: tuple[Step, ...] = ()  # its own requirement, besides the queue's
    call_id: str | None = None
    reason: str | None = None
    state: State = "waiting"
    rep_id: str | None = None  # whom it is offered or assigned to
    previous_rep_id: str | None = None  # who had it before
    offered_us: int = 0
    expires_us: int = 0
    assigned_us: int = 0
    ended_us: int = 0
    outcome: str = ""
    # Who declined it or let it pass in this round: asked again only once all others had it.
    passed: frozenset[str] = frozenset()
    round_us: int | None = None  # when it is looked whether the round is over
    direct: str | None = None  # kept for this rep alone, until `direct_us` or their refusal
    direct_us: int = 0
    callback: bool = False  # the customer has gone and is called when it is their turn
    callback_offered: bool = False
    overflowed: int = 0  # steps of the queue's overflow that were taken
    visited: tuple[str, ...] = ()  # queues it overflowed from

    opens_us: int | None = None  # of who came outside the hours: when they begin

    # Of `floor` and `waiting`, not of the ticket's story:
    key: Any = None  # as in the waiting structure; None: not in it
    group: Any = None
    due_us: int | None = None


def key_of(ticket: Ticket) -> Key:
    """The place in the order; see the module."""
    return (ticket.entered_us - ticket.weight * POINT_US, ticket.entered_us, ticket.id)
