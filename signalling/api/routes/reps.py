"""Reps at work: their status and offers; for supervisors: who is there, what they can do, the board."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from signalling.api.models import Body, RepId
from signalling.api.operation import Context, Operations
from signalling.calling import live
from signalling.calling.live import LiveCall
from signalling.identity.caller import STAFF, SUPERVISORS
from signalling.routing import board, day, roster, tickets
from signalling.routing.board import Board, QueueNumbers
from signalling.routing.day import Hour
from signalling.routing.place import Place
from signalling.routing.presence import CAPACITY, CAPACITY_MOST, Profile
from signalling.routing.queues import set_profile
from signalling.routing.requirement import LEVEL_MOST
from signalling.routing.roster import RepView
from signalling.times import rfc3339

operations = Operations("Reps")

Channel = Literal["chat", "voice", "video"]
SkillName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Tag = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}$")]
SECOND_US = 1_000_000


class StatusChange(Body):
    """`away`: keeps present work, gets no more. `offline`: gives all work back to the queue."""

    status: Literal["available", "away", "offline"]
    reason: Annotated[str, Field(max_length=32, pattern=r"^[a-z0-9_-]*$", examples=["lunch"])] = Field(
        default="", description="Why, in a word: told with `rep.status_changed`. Left out: `chosen`."
    )


class Abilities(Body):
    """All of what a rep can do; what is left out is as for a new rep."""

    skills: Annotated[dict[SkillName, Annotated[int, Field(ge=0, le=LEVEL_MOST)]], Field(max_length=100)] = Field(default={})
    languages: Annotated[list[Tag], Field(max_length=50)] = Field(default=[])
    capacity: dict[Channel, Annotated[int, Field(ge=0, le=CAPACITY_MOST)]] = Field(
        default={"chat": CAPACITY["chat"], "voice": CAPACITY["voice"], "video": CAPACITY["video"]},
        description="How much at once, by channel.",
    )
    excludes: dict[Channel, Annotated[list[Channel], Field(max_length=3)]] = Field(
        default={"voice": ["video"], "video": ["voice"]},
        description="channel -> channels in which nothing new is given while there is work in it; add chat to keep chats out of calls.",
    )


class BoardQuery(Body):
    """Past numbers of how long."""

    hours: Annotated[int, Field(ge=1, le=24 * 31)] = 24


class Reps(BaseModel):
    """Reps."""

    data: list[RepView]


class BoardView(BaseModel):
    """All of it. `reps`: how many by status; `hours`: how each went, the oldest first; `calls`: those going on, the longest first."""

    queues: list[QueueNumbers]
    reps: dict[str, int]
    since: str
    hours: list[Hour]
    calls: list[LiveCall]


class Work(BaseModel):
    """What a rep is offered (`state` is `offered`) and has (`assigned`)."""

    data: list[Place]


@operations.add("rep.me", "GET", "/v1/reps/me", roles=STAFF)
async def me(context: Context) -> RepView:
    """The caller as a rep."""
    await context.write(tickets.meet, context.caller)
    return await context.services.desk.rep(context.tenant_id, context.caller.id)


@operations.add("rep.set_status", "PUT", "/v1/reps/me/status", roles=STAFF)
async def set_status(context: Context, body: StatusChange) -> RepView:
    """Comes, has a break, goes."""
    await context.write(tickets.meet, context.caller)
    await context.services.desk.set_status(context.tenant_id, context.caller.id, body.status, body.reason)
    return await context.services.desk.rep(context.tenant_id, context.caller.id)


@operations.add("rep.work", "GET", "/v1/reps/me/work", roles=STAFF)
async def work(context: Context) -> Work:
    """What the caller is offered and has."""
    floor = context.services.desk.floor(context.tenant_id)
    return Work(data=roster.work_of(floor, context.caller.id, context.services.store.clock()))


@operations.add("rep.end_wrap_up", "POST", "/v1/reps/me/wrap-up/end", roles=STAFF)
async def end_wrap_up(context: Context) -> RepView:
    """Is through with the notes before the time."""
    await context.write(tickets.meet, context.caller)
    await context.services.desk.end_wrap_up(context.tenant_id, context.caller.id)
    return await context.services.desk.rep(context.tenant_id, context.caller.id)


@operations.add("rep.list", "GET", "/v1/reps", roles=STAFF)
async def list_reps(context: Context) -> Reps:
    """All reps who ever had a status or abilities here."""
    floor = context.services.desk.floor(context.tenant_id)
    return Reps(data=[roster.view(rep) for _, rep in sorted(floor.reps.items())])


@operations.add("rep.set_abilities", "PUT", "/v1/reps/{rep_id}/abilities", roles=SUPERVISORS)
async def set_abilities(context: Context, rep_id: RepId, body: Abilities) -> RepView:
    """Skills, languages, capacity."""
    await context.read(tickets.require_rep, context.tenant_id, rep_id)
    known = await context.read(tickets.profile_of, context.tenant_id, rep_id)
    profile = Profile(
        rep_id=rep_id,
        name=known.name if known is not None else "",
        skills=dict(body.skills),
        languages=frozenset(tag.lower() for tag in body.languages),
        capacity=dict.fromkeys(CAPACITY, 0) | {str(channel): most for channel, most in body.capacity.items()},
        excludes={str(channel): tuple(excluded) for channel, excluded in body.excludes.items()},
    )
    await context.write(set_profile, context.tenant_id, profile)
    return await context.services.desk.rep(context.tenant_id, rep_id)


@operations.add("rep.force_status", "PUT", "/v1/reps/{rep_id}/status", roles=SUPERVISORS)
async def force_status(context: Context, rep_id: RepId, body: StatusChange) -> RepView:
    """Sets a rep's status in their place."""
    await context.read(tickets.require_rep, context.tenant_id, rep_id)
    await context.services.desk.set_status(context.tenant_id, rep_id, body.status, body.reason or "supervisor")
    return await context.services.desk.rep(context.tenant_id, rep_id)


@operations.add("board.read", "GET", "/v1/board", roles=SUPERVISORS)
async def read_board(context: Context, query: BoardQuery) -> BoardView:
    """What is going on now, and how it went.

    Service level: answered within the queue's threshold / (answered + abandoned); null of nothing.
    """
    floor, now_us = context.services.desk.floor(context.tenant_id), context.services.store.clock()
    since_us = now_us - query.hours * 3600 * SECOND_US
    thresholds = {queue.id: queue.threshold_us for queue in floor.queues.values()}
    past = await context.read(board.past, context.tenant_id, since_us, thresholds)
    hours = await context.read(day.hours, context.tenant_id, since_us, now_us, thresholds)
    calls = await context.read(live.listed, context.tenant_id, context.services.calls.readings(context.tenant_id))
    now: Board = board.board(floor, past, now_us, rfc3339(since_us))
    return BoardView(queues=now.queues, reps=now.reps, since=now.since, hours=hours, calls=calls)
