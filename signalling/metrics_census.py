"""States that are counted in the database: open conversations, waiting customers, the outbox.

For `metrics`. Counting there rather than in memory is right after a restart and with many nodes. Invariant: every label value of `CENSUS`
is given at each count, zeros too, so that a state that empties shows as zero and not as its last figure.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from sqlalchemy import Select, func, select

from signalling.calling.call import State
from signalling.store import Transaction
from signalling.store.tables.calling import calls
from signalling.store.tables.conversation import conversations
from signalling.store.tables.identity import sessions
from signalling.store.tables.outward import outbox
from signalling.store.tables.routing import tickets
from signalling.times import SECOND_US

Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A gauge and how it is counted. `rows(now_us)` selects the label columns, in order, and the value last."""

    name: str
    help: str
    labels: Labels
    values: tuple[tuple[str, ...], ...]  # of each label
    rows: Callable[[int], Select[Any]]


CHANNELS = ("chat", "voice", "video", "email")

CENSUS: tuple[Figure, ...] = (
    Figure(
        "conversations_open",
        "Open conversations by channel",
        ("channel",),
        (CHANNELS,),
        lambda now_us: (
            select(conversations.c.channel, func.count()).where(conversations.c.status == "open").group_by(conversations.c.channel)
        ),
    ),
    Figure(
        "queue_length",
        "Who waits for a rep, or is being offered to one, by channel",
        ("channel",),
        (CHANNELS[:3],),
        lambda now_us: (
            select(tickets.c.channel, func.count()).where(tickets.c.state.in_(("waiting", "offered"))).group_by(tickets.c.channel)
        ),
    ),
    Figure(
        "queue_longest_wait_seconds",
        "How long who waits longest has been waiting",
        (),
        (),
        lambda now_us: select((now_us - func.coalesce(func.min(tickets.c.entered_at_us), now_us)) / float(SECOND_US)).where(
            tickets.c.state == "waiting"
        ),
    ),
    Figure(
        "calls",
        "Calls under way by state",
        ("state",),
        (tuple(state.value for state in State if state is not State.ENDED),),
        lambda now_us: select(calls.c.state, func.count()).where(calls.c.open_conversation_id.is_not(None)).group_by(calls.c.state),
    ),
    Figure(
        "sessions",
        "Sessions that have not ended",
        (),
        (),
        lambda now_us: select(func.count()).select_from(sessions).where(sessions.c.ends_at_us > now_us),
    ),
    Figure(
        "outbox_rows",
        "What must still leave the house, or could not, by state",
        ("state",),
        (("pending", "dead"),),
        lambda now_us: select(outbox.c.status, func.count()).where(outbox.c.status.in_(("pending", "dead"))).group_by(outbox.c.status),
    ),
    Figure(
        "outbox_lag_seconds",
        "How long the oldest row of the outbox that is due has been waiting",
        (),
        (),
        lambda now_us: select((now_us - func.coalesce(func.min(outbox.c.due_at_us), now_us)) / float(SECOND_US)).where(
            outbox.c.status == "pending", outbox.c.due_at_us <= now_us
        ),
    ),
)


def census(tx: Transaction) -> Mapping[str, Mapping[Labels, float]]:
    """A work: every figure's values by its labels."""
    found: dict[str, dict[Labels, float]] = {}
    for figure in CENSUS:
        values: dict[Labels, float] = {labels: 0.0 for labels in product(*figure.values)}
        for row in tx.all(figure.rows(tx.now_us)):
            labels = tuple(map(str, row[:-1]))
            if labels in values:  # a state that the table does not name makes no series of its own
                values[labels] = float(row[-1] or 0)
        found[figure.name] = values
    return found
