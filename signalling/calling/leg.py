"""A leg: one person's part in a call, from the ring to their leaving.

    ringing -> joining -> joined <-> away -> left
       \\-> declined | missed | cancelled

`joining`: they have accepted and may enter the room; `joined`: the media server has them; `away`: their connection is lost and they may
come back until `deadline_us`. For `call` and its neighbours. No I/O, no clock. Invariants: an ended leg never begins again (who comes back
later gets a new one, and a token of the old one opens nothing); every state but `joined` and the ended ones has a deadline, so that
nobody is waited for for ever.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from mediaserver.errors import Conflict

Role = Literal["customer", "rep", "supervisor"]
Supervising = Literal["monitor", "whisper", "barge"]


class LegState(StrEnum):
    """As drawn above."""

    RINGING = "ringing"
    JOINING = "joining"
    JOINED = "joined"
    AWAY = "away"
    LEFT = "left"
    DECLINED = "declined"
    MISSED = "missed"
    CANCELLED = "cancelled"


class LegEvent(StrEnum):
    """What can happen to a leg."""

    ACCEPT = "accept"
    DECLINE = "decline"
    TIMEOUT = "timeout"  # nobody answered
    CANCEL = "cancel"  # it is not needed any more
    JOIN = "join"  # the media server has them
    LOSE = "lose"  # the media server has them no more, and they did not hang up
    EXPIRE = "expire"  # they did not come (back) in time
    LEAVE = "leave"  # hung up, or were removed


LEG: Final[Mapping[LegState, Mapping[LegEvent, LegState]]] = {
    LegState.RINGING: {
        LegEvent.ACCEPT: LegState.JOINING,
        LegEvent.DECLINE: LegState.DECLINED,
        LegEvent.TIMEOUT: LegState.MISSED,
        LegEvent.CANCEL: LegState.CANCELLED,
    },
    LegState.JOINING: {LegEvent.JOIN: LegState.JOINED, LegEvent.EXPIRE: LegState.LEFT, LegEvent.LEAVE: LegState.LEFT},
    LegState.JOINED: {LegEvent.LOSE: LegState.AWAY, LegEvent.LEAVE: LegState.LEFT},
    LegState.AWAY: {LegEvent.JOIN: LegState.JOINED, LegEvent.EXPIRE: LegState.LEFT, LegEvent.LEAVE: LegState.LEFT},
    LegState.LEFT: {},
    LegState.DECLINED: {},
    LegState.MISSED: {},
    LegState.CANCELLED: {},
}

# In the call: may have a token.
ENTERED = frozenset({LegState.JOINING, LegState.JOINED, LegState.AWAY})
OPEN = ENTERED | {LegState.RINGING}


@dataclass(slots=True)
class Leg:
    """See the module."""

    id: str
    person_id: str
    role: Role
    state: LegState
    deadline_us: int | None = None  # when `timeout` or `expire` happens by itself
    held: bool = False
    muted: bool = False
    screen: bool = False  # shares theirs
    supervising: Supervising | None = None
    ticket_id: str | None = None  # of the queue, where the ring is its offer
    channel: str | None = None  # in which the desk has booked this rep's capacity
    joined_at_us: int | None = None  # first of all
    ended_at_us: int | None = None
    reason: str | None = None

    @property
    def open(self) -> bool:
        """Rings or is in the call."""
        return self.state in OPEN

    @property
    def entered(self) -> bool:
        """Is in the call, connected or not."""
        return self.state in ENTERED

    def step(self, event: LegEvent, deadline_us: int | None = None) -> None:
        """Takes the transition and the next state's deadline. Conflict where the table has none."""
        following = LEG[self.state].get(event)
        if following is None:
            raise Conflict(f"This participant is {self.state}, which admits no {event}.", code="leg_state")
        self.state, self.deadline_us = following, deadline_us

    def finish(self, event: LegEvent, reason: str, now_us: int) -> None:
        """Takes a transition that ends it."""
        self.step(event)
        self.ended_at_us, self.reason = now_us, reason
        self.held = self.screen = False
