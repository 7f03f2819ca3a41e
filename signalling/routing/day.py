"""How the hours went, for the supervisors' charts: waits, service level, conversations by channel, orders, satisfaction.

For `board.read`. Works, one statement a curve, each bounded by the period and grouped by the database. An hour begins when it does in UTC;
what counts in it is what began in it: tickets that entered, conversations that were opened (with the score their customer gave later),
orders that were placed. `assisted`: of these, those whose cart belongs to a conversation. Hours in which nothing happened are there too.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import BigInteger, Integer, case, cast, exists, func, literal_column, select
from sqlalchemy.sql.elements import ColumnElement

from signalling.routing.board import OVERFLOWED, SECOND_US
from signalling.store import Transaction
from signalling.store.tables.commerce import orders
from signalling.store.tables.conversation import conversations
from signalling.store.tables.routing import tickets
from signalling.times import rfc3339

HOUR_US: Final = 3600 * SECOND_US


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour's figures; `at`: when it began. None of nothing: there is no mean of no waits."""

    at: str
    entered: int = 0
    answered: int = 0
    answered_within_threshold: int = 0
    abandoned: int = 0
    mean_wait_s: int | None = None
    longest_wait_s: int | None = None
    conversations: dict[str, int] = field(default_factory=dict)
    orders: int = 0
    assisted: int = 0
    csat: float | None = None
    csat_count: int = 0


def hours(tx: Transaction, tenant_id: str, since_us: int, now_us: int, thresholds_us: dict[str, int]) -> list[Hour]:
    """A work: every hour from the one `since_us` is in to the present one. `thresholds_us`: by queue."""
    found: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    first = since_us // HOUR_US
    for part in (_waits(tx, tenant_id, first, thresholds_us), _opened(tx, tenant_id, first), _ordered(tx, tenant_id, first)):
        for hour, figures in part.items():
            found[hour] |= figures
    return [Hour(rfc3339(hour * HOUR_US), **found.get(hour, {})) for hour in range(first, now_us // HOUR_US + 1)]


def _hour(moment: ColumnElement[Any]) -> ColumnElement[int]:
    # Written out, not bound: PostgreSQL must see that what is grouped by is what is selected.
    return cast(moment // literal_column(str(HOUR_US), BigInteger), BigInteger)


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return cast(func.coalesce(func.sum(case((condition, 1), else_=0)), 0), Integer)


def _waits(tx: Transaction, tenant_id: str, first: int, thresholds_us: dict[str, int]) -> dict[int, dict[str, Any]]:
    waited = tickets.c.assigned_at_us - tickets.c.entered_at_us
    answered = tickets.c.assigned_at_us > 0
    by_queue = [(tickets.c.queue_id == each, us) for each, us in thresholds_us.items()]
    most = case(*by_queue, else_=0) if by_queue else literal_column("0")
    gone = ~answered & (tickets.c.state == "ended") & tickets.c.outcome.not_in(OVERFLOWED)
    hour = _hour(tickets.c.entered_at_us).label("hour")
    rows = tx.all(
        select(
            hour,
            func.count().label("entered"),
            _sum(answered).label("answered"),
            _sum(answered & (waited <= most)).label("within"),
            _sum(gone).label("abandoned"),
            func.coalesce(func.sum(case((answered, waited), else_=0)), 0).label("waited_us"),
            func.coalesce(func.max(case((answered, waited), else_=0)), 0).label("longest_us"),
        )
        .where(tickets.c.tenant_id == tenant_id, tickets.c.entered_at_us >= first * HOUR_US)
        .group_by(hour)
    )
    return {
        row.hour: {
            "entered": row.entered,
            "answered": row.answered,
            "answered_within_threshold": row.within,
            "abandoned": row.abandoned,
            "mean_wait_s": int(row.waited_us) // row.answered // SECOND_US if row.answered else None,
            "longest_wait_s": int(row.longest_us) // SECOND_US if row.answered else None,
        }
        for row in rows
    }


def _opened(tx: Transaction, tenant_id: str, first: int) -> dict[int, dict[str, Any]]:
    column = conversations.c
    hour = _hour(column.created_at_us).label("hour")
    score = func.coalesce(func.sum(column.csat_score), 0).label("score")
    rows = tx.all(
        select(hour, column.channel, func.count().label("opened"), score, func.count(column.csat_score).label("rated"))
        .where(column.tenant_id == tenant_id, column.created_at_us >= first * HOUR_US)
        .group_by(hour, column.channel)
    )
    found: dict[int, dict[str, Any]] = {}
    scores: defaultdict[int, int] = defaultdict(int)
    for row in rows:
        figures = found.setdefault(row.hour, {"conversations": {}, "csat_count": 0})
        figures["conversations"][row.channel] = row.opened
        figures["csat_count"] += row.rated
        scores[row.hour] += int(row.score)
    for at, figures in found.items():
        figures["csat"] = round(scores[at] / figures["csat_count"], 2) if figures["csat_count"] else None
    return found


def _ordered(tx: Transaction, tenant_id: str, first: int) -> dict[int, dict[str, Any]]:
    column = orders.c
    hour = _hour(column.placed_at_us).label("hour")
    here = exists().where(conversations.c.tenant_id == column.tenant_id, conversations.c.cart_id == column.cart_id)
    assisted = _sum(here).label("assisted")
    rows = tx.all(
        select(hour, func.count().label("orders"), assisted)
        .where(column.tenant_id == tenant_id, column.placed_at_us >= first * HOUR_US)
        .group_by(hour)
    )
    return {row.hour: {"orders": row.orders, "assisted": row.assisted} for row in rows}
