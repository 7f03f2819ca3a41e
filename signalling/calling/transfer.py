"""A transfer: a rep hands the customer to another rep, or to whoever the queue finds. The customer is on hold with music meanwhile.

    cold    waiting -> ringing -> connecting -> completed             the transferring rep is out as soon as the other one is in
    warm    waiting -> ringing -> connecting -> consulting <-> swapped -> completed

`waiting`: for the queue to offer it to somebody (a transfer to a rep begins with `ringing`); `consulting`: the reps talk, the customer
hears music; `swapped`: the customer and the transferring rep talk, the other one waits. Any of them ends early: `declined`, `timed_out`,
`failed` (the other one did not come, or left) and `aborted` lead back to the transferring rep, `cancelled` is the customer's hanging up.

For `handover`, which carries it out on the call. No I/O, no clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from mediaserver.errors import Conflict

Kind = Literal["cold", "warm"]


class TransferState(StrEnum):
    """As drawn above."""

    WAITING = "waiting"
    RINGING = "ringing"
    CONNECTING = "connecting"
    CONSULTING = "consulting"
    SWAPPED = "swapped"
    COMPLETED = "completed"
    DECLINED = "declined"
    TIMED_OUT = "timed_out"
    FAILED = "failed"
    ABORTED = "aborted"
    CANCELLED = "cancelled"


class TransferEvent(StrEnum):
    """What can happen to a transfer."""

    OFFER = "offer"  # the queue has found somebody
    REOFFER = "reoffer"  # whom the queue had found does not take it; it looks for the next
    DIVERT = "divert"  # there is nobody to go back to: the queue is to find somebody
    ACCEPT = "accept"
    DECLINE = "decline"
    TIMEOUT = "timeout"
    JOIN = "join"  # the other rep is in the room
    FAIL = "fail"  # the other rep did not come, or left
    COMPLETE = "complete"
    SWAP = "swap"
    ABORT = "abort"  # the transferring rep has thought better of it
    CANCEL = "cancel"  # the customer has gone


_S, _E = TransferState, TransferEvent
_ENDS = {_E.ABORT: _S.ABORTED, _E.CANCEL: _S.CANCELLED}
_BEFORE = {
    _S.WAITING: {_E.OFFER: _S.RINGING, _E.FAIL: _S.FAILED, **_ENDS},
    _S.RINGING: {
        _E.ACCEPT: _S.CONNECTING,
        _E.REOFFER: _S.WAITING,
        _E.DIVERT: _S.WAITING,
        _E.DECLINE: _S.DECLINED,
        _E.TIMEOUT: _S.TIMED_OUT,
        **_ENDS,
    },
}
_AFTER: dict[TransferState, Mapping[TransferEvent, TransferState]] = {
    state: {} for state in (_S.COMPLETED, _S.DECLINED, _S.TIMED_OUT, _S.FAILED, _S.ABORTED, _S.CANCELLED)
}

TRANSFER: Final[Mapping[Kind, Mapping[TransferState, Mapping[TransferEvent, TransferState]]]] = {
    "cold": {
        **_BEFORE,
        _S.CONNECTING: {_E.JOIN: _S.COMPLETED, _E.DIVERT: _S.WAITING, _E.FAIL: _S.FAILED, **_ENDS},
        **_AFTER,
    },
    "warm": {
        **_BEFORE,
        _S.CONNECTING: {_E.JOIN: _S.CONSULTING, _E.DIVERT: _S.WAITING, _E.FAIL: _S.FAILED, **_ENDS},
        _S.CONSULTING: {_E.COMPLETE: _S.COMPLETED, _E.SWAP: _S.SWAPPED, _E.FAIL: _S.FAILED, **_ENDS},
        _S.SWAPPED: {_E.COMPLETE: _S.COMPLETED, _E.SWAP: _S.CONSULTING, _E.FAIL: _S.FAILED, **_ENDS},
        **_AFTER,
    },
}

PENDING = frozenset({_S.WAITING, _S.RINGING, _S.CONNECTING, _S.CONSULTING, _S.SWAPPED})
# The other rep is not there yet.
SEEKING = frozenset({_S.WAITING, _S.RINGING, _S.CONNECTING})
TALKING = frozenset({_S.CONSULTING, _S.SWAPPED})


@dataclass(slots=True)
class Transfer:
    """See the module. `target_rep_id` None: whoever the queue finds for `requirement`."""

    id: str
    kind: Kind
    state: TransferState
    from_leg_id: str
    target_rep_id: str | None
    requirement: str | None = None
    target_leg_id: str | None = None
    ticket_id: str | None = None
    started_at_us: int = 0
    ended_at_us: int | None = None

    @property
    def pending(self) -> bool:
        """Neither completed nor given up."""
        return self.state in PENDING

    def admits(self, event: TransferEvent) -> bool:
        """Whether this may happen now."""
        return event in TRANSFER[self.kind].get(self.state, {})

    def step(self, event: TransferEvent) -> None:
        """Takes the transition. Conflict where the table has none."""
        following = TRANSFER[self.kind].get(self.state, {}).get(event)
        if following is None:
            raise Conflict(f"This {self.kind} transfer is {self.state}, which admits no {event}.", code="transfer_state")
        self.state = following
