"""A queue as data: who is chosen, what is required, how long offers last, where those go who wait too long.

For `floor` (decides by it), `queues` (keeps it) and the operations. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from signalling.routing.requirement import Step
from signalling.routing.ticket import Channel

Strategy = Literal["longest_idle", "round_robin", "least_busy"]
Action = Literal["queue", "offer_callback", "voicemail", "offline_message"]
Closed = Literal["queue", "offer_callback", "offline_message"]

SECOND_US = 1_000_000
OVERFLOW_MOST = 8


@dataclass(frozen=True, slots=True)
class Overflow:
    """What happens to who has waited this long in this queue. `queue_id`: with `queue`, where to."""

    after_us: int
    action: Action
    queue_id: str | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """See the module."""

    id: str
    name: str = ""
    strategy: Strategy = "longest_idle"
    priority: int = 0  # added to every ticket's
    steps: tuple[Step, ...] = ()  # what it requires, and how that is relaxed
    overflow: tuple[Overflow, ...] = ()  # ascending
    # Shorter: customers lose less to a rep who is not there. Longer: a rep has time to read what it is about.
    offer_us: int = 20 * SECOND_US
    # That many offers let pass in a row mean that the rep is not there.
    away_after: int = 3
    auto_accept: frozenset[Channel] = frozenset()
    # After work, for notes. None for chat: the next one is already open.
    wrap_up_us: Mapping[str, int] = field(default_factory=lambda: {"chat": 0, "voice": 15 * SECOND_US, "video": 15 * SECOND_US})
    # "80 in 20": answered within this counts for the service level.
    threshold_us: int = 20 * SECOND_US
    hours_id: str | None = None  # None: always open
    closed: Closed = "offline_message"  # what happens to who comes outside the hours
    wrap_up_codes: tuple[str, ...] = ()
