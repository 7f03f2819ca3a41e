"""The calls that are going on, for the supervisors' board: who, how long, how good the line is.

For `board.read`. A call's quality is its worst leg's, as last told (see `quality`); None while nobody was sampled yet.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from signalling.calling.quality import CLASSES, Quality, Reading
from signalling.store import Transaction
from signalling.store.tables.calling import call_legs, calls
from signalling.times import rfc3339

# More than a supervisor looks through; what is left out are the newest.
CALLS_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class LiveCall:
    """One call. `quality`, `rtt_ms`, `loss_percent`: the worst connection's, and whose it is (`worst`: customer, rep or supervisor)."""

    id: str
    conversation_id: str
    media: str
    state: str
    customer_id: str
    rep_id: str | None
    created_at: str
    connected_at: str | None
    payment_step: bool
    recording: bool
    quality: Quality | None
    worst: str | None
    rtt_ms: int | None
    loss_percent: float | None


def listed(tx: Transaction, tenant_id: str, readings: Mapping[tuple[str, str], Reading]) -> list[LiveCall]:
    """A work: those that have not ended, the longest first. `readings`: by call and leg."""
    rows = tx.all(
        select(calls)
        .where(calls.c.tenant_id == tenant_id, calls.c.open_conversation_id.is_not(None))
        .order_by(calls.c.created_at_us, calls.c.id)
        .limit(CALLS_MOST)
    )
    if not rows:
        return []
    roles: defaultdict[str, dict[str, str]] = defaultdict(dict)
    here = (call_legs.c.tenant_id == tenant_id) & call_legs.c.call_id.in_([row.id for row in rows]) & call_legs.c.ended_at_us.is_(None)
    for leg in tx.all(select(call_legs.c.call_id, call_legs.c.id, call_legs.c.role).where(here)):
        roles[leg.call_id][leg.id] = leg.role
    made = []
    for row in rows:
        legs = [(readings[row.id, leg], role) for leg, role in roles[row.id].items() if (row.id, leg) in readings]
        worst, whose = max(legs, key=lambda each: (_RANK[each[0].quality], each[0].loss_percent, each[0].rtt_ms), default=(None, None))
        made.append(
            LiveCall(
                id=row.id,
                conversation_id=row.conversation_id,
                media=row.media,
                state=row.state,
                customer_id=row.customer_id,
                rep_id=row.rep_id,
                created_at=rfc3339(row.created_at_us),
                connected_at=rfc3339(row.connected_at_us) if row.connected_at_us is not None else None,
                payment_step=row.payment_step,
                recording=row.recording is not None,
                quality=worst.quality if worst else None,
                worst=whose,
                rtt_ms=round(worst.rtt_ms) if worst else None,
                loss_percent=round(worst.loss_percent, 1) if worst else None,
            )
        )
    return made


_RANK: Final[dict[Quality, int]] = {name: place for place, (name, _, _) in enumerate(CLASSES)} | {"poor": len(CLASSES)}
