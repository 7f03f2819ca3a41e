"""The supervisors' board: what is going on now, and how it went.

Present numbers are the floor's (they may be a moment ahead of the disk), past ones are counted in the tickets of a period, by when they
entered:
answered (somebody was given them), answered within the queue's threshold, abandoned (the customer left before), overflowed (told to leave a
message, or came when it was closed). Service level = answered within the threshold / (answered + abandoned); None of nothing.
"""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Integer, Label, case, cast, func, literal, select

from signalling.routing.floor import Floor
from signalling.routing.ticket import Ticket
from signalling.store import Transaction
from signalling.store.tables.routing import tickets

SECOND_US = 1_000_000
# Ends of waiting that are not the customer's choice.
OVERFLOWED = ("voicemail", "offline_message", "closed")


@dataclass(frozen=True, slots=True)
class Past:
    """A queue's tickets of a period."""

    answered: int = 0
    answered_within: int = 0
    abandoned: int = 0
    overflowed: int = 0
    waited_us: int = 0  # of those who were answered, together


@dataclass(frozen=True, slots=True)
class QueueNumbers:
    """A queue's line on the board. Waits in seconds."""

    queue_id: str
    name: str
    waiting: int
    offered: int
    callbacks: int
    assigned: int
    longest_wait_s: int
    answered: int
    answered_within_threshold: int
    threshold_s: int
    abandoned: int
    overflowed: int
    mean_wait_s: int | None
    service_level: float | None


@dataclass(frozen=True, slots=True)
class Board:
    """All of it. `reps`: how many by status."""

    queues: list[QueueNumbers]
    reps: dict[str, int]
    since: str


def past(tx: Transaction, tenant_id: str, since_us: int, thresholds_us: dict[str, int]) -> dict[str, Past]:
    """A work: by queue, what became of those who entered since."""
    waited = tickets.c.assigned_at_us - tickets.c.entered_at_us
    answered = tickets.c.assigned_at_us > 0
    within = (
        case(*[(tickets.c.queue_id == queue_id, most) for queue_id, most in thresholds_us.items()], else_=0)
        if thresholds_us
        else literal(0)
    )

    def count(condition: ColumnElement[bool], name: str) -> Label[int]:
        return cast(func.coalesce(func.sum(case((condition, 1), else_=0)), 0), Integer).label(name)

    rows = tx.all(
        select(
            tickets.c.queue_id,
            count(answered, "answered"),
            count(answered & (waited <= within), "within"),
            count(~answered & (tickets.c.state == "ended") & tickets.c.outcome.not_in(OVERFLOWED), "abandoned"),
            count(~answered & tickets.c.outcome.in_(OVERFLOWED), "overflowed"),
            func.coalesce(func.sum(case((answered, waited), else_=0)), 0).label("waited_us"),
        )
        .where(tickets.c.tenant_id == tenant_id, tickets.c.entered_at_us >= since_us)
        .group_by(tickets.c.queue_id)
    )
    return {row.queue_id: Past(row.answered, row.within, row.abandoned, row.overflowed, int(row.waited_us)) for row in rows}


def board(floor: Floor, before: dict[str, Past], now_us: int, since: str) -> Board:
    """The board at this moment."""
    by_queue: dict[str, list[Ticket]] = {queue_id: [] for queue_id in floor.queues}
    for ticket in floor.tickets.values():
        by_queue[ticket.queue_id].append(ticket)
    lines = []
    for queue_id, queue in floor.queues.items():
        states = Counter(ticket.state for ticket in by_queue[queue_id])
        waits = [now_us - ticket.entered_us for ticket in by_queue[queue_id] if ticket.state in ("waiting", "offered")]
        was = before.get(queue_id, Past())
        judged = was.answered + was.abandoned
        lines.append(
            QueueNumbers(
                queue_id=queue_id,
                name=queue.name,
                waiting=states["waiting"],
                offered=states["offered"],
                callbacks=sum(ticket.callback for ticket in by_queue[queue_id] if ticket.state != "assigned"),
                assigned=states["assigned"],
                longest_wait_s=max(waits, default=0) // SECOND_US,
                answered=was.answered,
                answered_within_threshold=was.answered_within,
                threshold_s=queue.threshold_us // SECOND_US,
                abandoned=was.abandoned,
                overflowed=was.overflowed,
                mean_wait_s=was.waited_us // was.answered // SECOND_US if was.answered else None,
                service_level=round(was.answered_within / judged, 4) if judged else None,
            )
        )
    return Board(lines, dict(Counter(rep.shown for rep in floor.reps.values())), since)
