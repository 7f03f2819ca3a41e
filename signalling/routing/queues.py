"""A shop's queues and what its reps can do, as they are kept: read, written, and told to the desk.

Works for the operations and for `desk`. A change is told on the bus as `Changed`, after its commit, and the desk goes by it from then on.
Invariant: a shop whose desk was ever used has at least one queue.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from mediaserver.errors import Conflict, NotFound, Unprocessable
from signalling.ids import new_id
from signalling.routing import events
from signalling.routing.presence import CAPACITY, Profile
from signalling.routing.queue import OVERFLOW_MOST, SECOND_US, Overflow, Queue
from signalling.routing.requirement import steps_of
from signalling.routing.ticket import CHANNELS
from signalling.store import Transaction
from signalling.store.sealing import SealBroken
from signalling.store.tables.routing import hours, queues, rep_profiles
from signalling.times import rfc3339

# Bus topic of `Changed`.
TOPIC = "desk/settings"
QUEUES_MOST = 100

# What a new queue has unless its settings say otherwise; also the documentation of their names.
DEFAULTS: Mapping[str, Any] = {
    "strategy": "longest_idle",
    "priority": 0,
    "requirement": [],
    "overflow": [],
    "offer_s": 20,
    "away_after": 3,
    "auto_accept": [],
    "wrap_up_s": {"chat": 0, "voice": 15, "video": 15},
    "threshold_s": 20,
    "hours_id": None,
    "closed": "offline_message",
    "wrap_up_codes": [],
}


@dataclass(frozen=True, slots=True)
class Changed:
    """Something of a tenant's settings is another."""

    tenant_id: str
    event: events.Event


@dataclass(frozen=True, slots=True)
class QueueView:
    """A queue as its supervisors see it."""

    id: str
    name: str
    rank: int
    settings: Mapping[str, Any]
    created_at: str
    updated_at: str


def queue_of(queue_id: str, name: str, settings: Mapping[str, Any]) -> Queue:
    """A queue from its settings as JSON. Unprocessable, with the place, where they are none."""
    known = {**DEFAULTS, **settings}
    chain = [
        Overflow(step["after_s"] * SECOND_US, step["action"], step.get("queue_id"))
        for step in sorted(known["overflow"], key=lambda step: int(step["after_s"]))
    ]
    if len(chain) > OVERFLOW_MOST:
        raise Unprocessable(f"A queue has at most {OVERFLOW_MOST} steps of overflow.", pointer="/settings/overflow")
    for number, step in enumerate(chain):
        if (step.action == "queue") != (step.queue_id is not None) or step.queue_id == queue_id:
            raise Unprocessable("Overflow into another queue names it; other overflow does not.", pointer=f"/settings/overflow/{number}")
    return Queue(
        id=queue_id,
        name=name,
        strategy=known["strategy"],
        priority=known["priority"],
        steps=steps_of(known["requirement"]),
        overflow=tuple(chain),
        offer_us=known["offer_s"] * SECOND_US,
        away_after=known["away_after"],
        auto_accept=frozenset(known["auto_accept"]),
        wrap_up_us={channel: known["wrap_up_s"].get(channel, 0) * SECOND_US for channel in CHANNELS},
        threshold_us=known["threshold_s"] * SECOND_US,
        hours_id=known["hours_id"],
        closed=known["closed"],
        wrap_up_codes=tuple(known["wrap_up_codes"]),
    )


def merged(before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What is not given stays, wrap-up of each channel too."""
    wrap_up_s = {**before["wrap_up_s"], **given.get("wrap_up_s", {})}
    return {**before, **given, "wrap_up_s": wrap_up_s}


def add(tx: Transaction, tenant_id: str, name: str, settings: Mapping[str, Any], *, queue_id: str | None = None) -> QueueView:
    """A new queue, the last in rank."""
    made, known = queue_id or new_id("que"), merged(DEFAULTS, settings)
    queue = _checked(tx, tenant_id, made, name, known)
    ranks = [row.rank for row in tx.all(select(queues.c.rank).where(queues.c.tenant_id == tenant_id))]
    if len(ranks) >= QUEUES_MOST:
        raise Conflict(f"A shop has at most {QUEUES_MOST} queues.", code="too_many_queues")
    tx.execute(
        insert(queues).values(
            tenant_id=tenant_id,
            id=made,
            name=name,
            rank=max(ranks, default=0) + 1,
            settings=json.dumps(known),
            created_at_us=tx.now_us,
            updated_at_us=tx.now_us,
        )
    )
    tx.tell(TOPIC, Changed(tenant_id, events.QueueSet(queue)))
    return get(tx, tenant_id, made)


def change(tx: Transaction, tenant_id: str, queue_id: str, name: str | None, settings: Mapping[str, Any]) -> QueueView:
    """Other settings; those that are not named stay."""
    row = _require(tx, tenant_id, queue_id)
    known = merged(json.loads(row.settings), settings)
    queue = _checked(tx, tenant_id, queue_id, name or row.name, known)
    tx.execute(
        update(queues)
        .where(queues.c.tenant_id == tenant_id, queues.c.id == queue_id)
        .values(name=name or row.name, settings=json.dumps(known), updated_at_us=tx.now_us)
    )
    tx.tell(TOPIC, Changed(tenant_id, events.QueueSet(queue)))
    return get(tx, tenant_id, queue_id)


def remove(tx: Transaction, tenant_id: str, queue_id: str) -> None:
    """Without it; who waits there waits in the first of the others. Conflict for the only one, and where others overflow into it."""
    _require(tx, tenant_id, queue_id)
    others = [each for each in listed(tx, tenant_id) if each.id != queue_id]
    if not others:
        raise Conflict("A shop keeps at least one queue.", code="only_queue")
    if any(step.get("queue_id") == queue_id for other in others for step in other.settings["overflow"]):
        raise Conflict("Another queue overflows into this one.", code="queue_in_use")
    tx.execute(delete(queues).where(queues.c.tenant_id == tenant_id, queues.c.id == queue_id))
    tx.tell(TOPIC, Changed(tenant_id, events.QueueRemoved(queue_id, others[0].id)))


def get(tx: Transaction, tenant_id: str, queue_id: str) -> QueueView:
    """One queue. NotFound where the tenant has no such."""
    return _view(_require(tx, tenant_id, queue_id))


def listed(tx: Transaction, tenant_id: str) -> list[QueueView]:
    """All of a tenant's, by rank."""
    rows = tx.all(select(queues).where(queues.c.tenant_id == tenant_id).order_by(queues.c.rank, queues.c.id))
    return [_view(row) for row in rows]


def everything(tx: Transaction) -> list[tuple[str, Queue]]:
    """A work: all queues of all tenants, each tenant's by rank."""
    rows = tx.all(select(queues).order_by(queues.c.tenant_id, queues.c.rank, queues.c.id))
    return [(row.tenant_id, queue_of(row.id, row.name, json.loads(row.settings))) for row in rows]


def at_least_one(tx: Transaction, tenant_id: str) -> list[QueueView]:
    """All of a tenant's; of one that has none: the default queue, which this makes."""
    found = listed(tx, tenant_id)
    return found or [add(tx, tenant_id, "Everybody", {})]


def set_profile(tx: Transaction, tenant_id: str, profile: Profile) -> Profile:
    """What a rep can do. Makes the row where there is none."""
    row = {
        "name": tx.seal(tenant_id, profile.name.encode(), f"rep_profiles/{profile.rep_id}"),
        "skills": json.dumps(dict(profile.skills)),
        "languages": json.dumps(sorted(profile.languages)),
        "capacity": json.dumps(dict(profile.capacity)),
        "excludes": json.dumps({channel: list(excluded) for channel, excluded in profile.excludes.items()}),
        "updated_at_us": tx.now_us,
    }
    here = (rep_profiles.c.tenant_id == tenant_id) & (rep_profiles.c.rep_id == profile.rep_id)
    if tx.execute(update(rep_profiles).where(here).values(row)).rowcount == 0:
        tx.execute(insert(rep_profiles).values(tenant_id=tenant_id, rep_id=profile.rep_id, **row))
    tx.tell(TOPIC, Changed(tenant_id, events.ProfileSet(profile)))
    return profile


def profiles(tx: Transaction, tenant_id: str | None = None, rep_id: str | None = None) -> list[tuple[str, Profile]]:
    """All reps' profiles with their tenants; of one tenant, or one rep, where one is named."""
    wanted = select(rep_profiles)
    if tenant_id is not None:
        wanted = wanted.where(rep_profiles.c.tenant_id == tenant_id)
    if rep_id is not None:
        wanted = wanted.where(rep_profiles.c.rep_id == rep_id)
    return [
        (
            row.tenant_id,
            Profile(
                rep_id=row.rep_id,
                name=_name(tx, row),
                skills=json.loads(row.skills),
                languages=frozenset(json.loads(row.languages)),
                capacity={**dict.fromkeys(CAPACITY, 0), **json.loads(row.capacity)},
                excludes={channel: tuple(excluded) for channel, excluded in json.loads(row.excludes).items()},
            ),
        )
        for row in tx.all(wanted.order_by(rep_profiles.c.tenant_id, rep_profiles.c.rep_id))
    ]


def _name(tx: Transaction, row: Row[Any]) -> str:
    """A rep's, or nothing where the tenant's key is gone: one who was erased must not keep the others' desk from starting."""
    try:
        return tx.unseal(row.tenant_id, row.name, f"rep_profiles/{row.rep_id}").decode()
    except SealBroken:
        return ""


def _checked(tx: Transaction, tenant_id: str, queue_id: str, name: str, settings: Mapping[str, Any]) -> Queue:
    queue = queue_of(queue_id, name, settings)
    ids = [step.queue_id for step in queue.overflow if step.queue_id is not None]
    if not _all_known(tx, tenant_id, ids):
        raise Unprocessable("Overflow goes into a queue that is not there.", code="unknown_queue", pointer="/settings/overflow")
    if queue.hours_id is not None:
        wanted = select(hours.c.id).where(hours.c.tenant_id == tenant_id, hours.c.id == queue.hours_id)
        if tx.first(wanted) is None:
            raise Unprocessable("There are no such hours.", code="unknown_hours", pointer="/settings/hours_id")
    return queue


def _all_known(tx: Transaction, tenant_id: str, ids: Sequence[str]) -> bool:
    if not ids:
        return True
    found = tx.all(select(queues.c.id).where(queues.c.tenant_id == tenant_id, queues.c.id.in_(set(ids))))
    return len(found) == len(set(ids))


def _require(tx: Transaction, tenant_id: str, queue_id: str) -> Row[Any]:
    row = tx.first(select(queues).where(queues.c.tenant_id == tenant_id, queues.c.id == queue_id))
    if row is None:
        raise NotFound("There is no such queue.")
    return row


def _view(row: Row[Any]) -> QueueView:
    return QueueView(row.id, row.name, row.rank, json.loads(row.settings), rfc3339(row.created_at_us), rfc3339(row.updated_at_us))
