"""Reps as reps and supervisors see them: what they can do, whether they are there, what they are busy with."""

from collections.abc import Mapping
from dataclasses import dataclass

from signalling.routing.floor import Floor
from signalling.routing.place import Place, place_of
from signalling.routing.presence import Rep
from signalling.times import rfc3339


@dataclass(frozen=True, slots=True)
class RepView:
    """A rep. `status`: offline, disconnected, wrap_up, away or available. `load`: work and offers by channel."""

    rep_id: str
    name: str
    status: str
    since: str | None
    wrap_up_until: str | None
    skills: Mapping[str, int]
    languages: list[str]
    capacity: Mapping[str, int]
    excludes: Mapping[str, tuple[str, ...]]
    load: Mapping[str, int]


def view(rep: Rep) -> RepView:
    """As they are now."""
    return RepView(
        rep_id=rep.id,
        name=rep.profile.name,
        status=rep.shown,
        since=rfc3339(rep.since_us) if rep.since_us else None,
        wrap_up_until=rfc3339(rep.wrap_us) if rep.wrap_us is not None else None,
        skills=dict(rep.profile.skills),
        languages=sorted(rep.profile.languages),
        capacity=dict(rep.profile.capacity),
        excludes=dict(rep.profile.excludes),
        load=dict(rep.load),
    )


def work_of(floor: Floor, rep_id: str, now_us: int) -> list[Place]:
    """What a rep is offered and has, in the order in which it came to them."""
    rep = floor.reps.get(rep_id)
    return [place_of(floor, ticket, now_us) for ticket in rep.work.values()] if rep is not None else []


def lobby(floor: Floor, queue_id: str | None, limit: int, now_us: int) -> list[Place]:
    """Who waits, of one queue or all, the next first."""
    keys = sorted(key for name, keys in floor.waiting.queues.items() if queue_id in (None, name) for key in keys[:limit])
    return [place_of(floor, floor.tickets[key[2]], now_us) for key in keys[:limit]]
