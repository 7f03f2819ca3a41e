"""The floor as its documentation reads, without any care for cost: every question is answered by looking at everything.

For `tests/unit/test_queue_properties.py`, which holds `signalling.routing.floor` to it. Shares the data (events, decisions, queues,
profiles, `meets`) and nothing that decides.
"""

from dataclasses import dataclass, field
from typing import Any

from signalling.routing import decisions as d
from signalling.routing import events as e
from signalling.routing.floor import GRACE_US, ROUND_US
from signalling.routing.presence import Profile
from signalling.routing.queue import Queue
from signalling.routing.requirement import meets
from signalling.routing.ticket import POINT_US, PRIORITY_MOST


class Refused(Exception):
    """The event cannot be."""


@dataclass
class PlainRep:
    profile: Profile
    status: str = "offline"
    sockets: int = 0
    attached: bool = False
    grace: int | None = None
    wrap: int | None = None
    missed: int = 0
    idle: int = 0
    turn: int = 0

    @property
    def id(self) -> str:
        return self.profile.rep_id

    @property
    def shown(self) -> str:
        if self.status == "offline":
            return "offline"
        if self.grace is not None:
            return "disconnected"
        return "wrap_up" if self.wrap is not None and self.status == "available" else self.status


@dataclass
class PlainTicket:
    id: str
    conversation: str
    queue: str
    channel: str
    entered: int
    queued: int
    priority: int
    steps: tuple[Any, ...]
    call: str | None
    state: str = "waiting"
    rep: str | None = None
    previous: str | None = None
    expires: int = 0
    passed: set[str] = field(default_factory=set)
    round: int | None = None
    direct: str | None = None
    direct_until: int = 0
    callback: bool = False
    callback_offered: bool = False
    overflowed: int = 0
    visited: list[str] = field(default_factory=list)
    seen: int = 0  # when it was last looked at


class PlainFloor:
    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.queues: dict[str, Queue] = {}
        self.reps: dict[str, PlainRep] = {}
        self.tickets: list[PlainTicket] = []
        self.turn = 0
        self.out: list[Any] = []

    # what is true at the moment

    def rep(self, rep_id: str) -> PlainRep:
        return self.reps.setdefault(rep_id, PlainRep(Profile(rep_id)))

    def key(self, t: PlainTicket) -> tuple[int, int, str]:
        return (t.entered - (t.priority + self.queues[t.queue].priority) * POINT_US, t.entered, t.id)

    def load(self, rep: PlainRep, channel: str) -> int:
        return sum(t.rep == rep.id and t.channel == channel for t in self.tickets)

    def fits(self, rep: PlainRep, channel: str) -> bool:
        kept_out = any(channel in out and self.load(rep, other) for other, out in rep.profile.excludes.items())
        return not kept_out and self.load(rep, channel) < rep.profile.capacity.get(channel, 0)

    def free(self, rep: PlainRep, channel: str) -> bool:
        return rep.status == "available" and rep.grace is None and rep.wrap is None and self.fits(rep, channel)

    def required(self, t: PlainTicket, rep: PlainRep) -> bool:
        for steps in (self.queues[t.queue].steps, t.steps):
            now = [step for step in steps if t.entered + step.after_us <= max(t.seen, t.entered)]
            if now and not meets(now[-1].requirement, rep.profile.skills, rep.profile.languages):
                return False
        return True

    def offerable(self, t: PlainTicket, rep: PlainRep) -> bool:
        return rep.id not in t.passed and t.direct in (None, rep.id) and self.required(t, rep) and self.free(rep, t.channel)

    def due(self, t: PlainTicket) -> int | None:
        if t.state == "offered":
            return t.expires
        if t.state != "waiting":
            return None
        steps = [t.entered + step.after_us for step in (*self.queues[t.queue].steps, *t.steps)]
        dues = [at for at in steps if at > t.seen]
        chain = self.queues[t.queue].overflow
        if t.overflowed < len(chain):
            dues.append(t.queued + chain[t.overflowed].after_us)
        if t.round is not None:
            dues.append(t.round)
        if t.direct is not None:
            dues.append(t.direct_until)
        return min(dues, default=None)

    def dues(self) -> list[tuple[int, str, str]]:
        found = [(due, "ticket", t.id) for t in self.tickets if (due := self.due(t)) is not None]
        found += [(due, "rep", r.id) for r in self.reps.values() for due in (r.grace, r.wrap) if due is not None]
        return sorted(found)

    # what happens

    def match(self, now: int) -> None:
        while True:
            pairs = [(t, [r for r in self.reps.values() if self.offerable(t, r)]) for t in self.tickets if t.state == "waiting"]
            pairs = [(t, reps) for t, reps in pairs if reps]
            if not pairs:
                return
            t, reps = min(pairs, key=lambda pair: self.key(pair[0]))
            strategy = self.queues[t.queue].strategy
            if strategy == "longest_idle":
                rep = min(reps, key=lambda r: (r.idle, r.id))
            elif strategy == "round_robin":
                rep = min(reps, key=lambda r: (r.turn, r.id))
            else:
                rep = min(reps, key=lambda r: (self.busy(r), r.idle, r.id))
            self.turn += 1
            rep.turn = self.turn
            if t.channel in self.queues[t.queue].auto_accept and not t.callback:
                self.assign(t, rep, now)
                continue
            t.state, t.rep, t.expires = "offered", rep.id, now + self.queues[t.queue].offer_us
            self.out.append(d.Offered(*self.names(t), rep.id, t.call, t.expires, t.callback))

    def busy(self, rep: PlainRep) -> int:
        return sum(t.rep == rep.id for t in self.tickets) * 1000 // max(1, sum(rep.profile.capacity.values()))

    def names(self, t: PlainTicket) -> tuple[Any, ...]:
        return (self.tenant, t.id, t.conversation, t.channel)

    def assign(self, t: PlainTicket, rep: PlainRep, now: int) -> None:
        if t.state == "offered":
            self.out.append(d.OfferEnded(*self.names(t), rep.id, t.call, "accepted"))
        t.state, t.rep, t.passed, t.round, t.direct = "assigned", rep.id, set(), None, None
        rep.missed, rep.idle = 0, now
        before = t.previous if t.previous != rep.id else None
        self.out.append(d.Assigned(*self.names(t), rep.id, t.call, t.queue, now - t.entered, before, t.callback))

    def look(self, t: PlainTicket, now: int) -> None:
        """A waiting ticket, as time and its queue want it."""
        t.seen = now
        if t.direct is not None and t.direct_until <= now:
            t.direct = None
        if t.round is not None and t.round <= now:
            others = [
                r
                for r in self.reps.values()
                if r.status == "available"
                and r.grace is None
                and r.id not in t.passed
                and t.direct in (None, r.id)
                and r.profile.capacity.get(t.channel, 0)
                and self.required(t, r)
            ]
            if others:
                t.round = now + ROUND_US
            else:
                t.passed, t.round = set(), None
        while t.overflowed < len(self.queues[t.queue].overflow):
            step = self.queues[t.queue].overflow[t.overflowed]
            if t.queued + step.after_us > now:
                return
            t.overflowed += 1
            if step.action == "queue":
                if step.queue_id in self.queues and step.queue_id not in (t.queue, *t.visited):
                    t.visited.append(t.queue)
                    self.move(t, step.queue_id, "overflow", now)
            elif t.callback:
                pass
            elif step.action == "offer_callback":
                t.callback_offered = True
                self.out.append(d.CallbackOffered(*self.names(t), t.queue))
            else:
                self.lose(t, step.action, now)
                return

    def move(self, t: PlainTicket, to: str, reason: str, now: int) -> None:
        before = t.queue
        t.queue, t.queued, t.overflowed = to, now, 0
        self.out.append(d.Moved(*self.names(t), before, to, reason))

    def lose(self, t: PlainTicket, reason: str, now: int) -> None:
        self.out.append(d.Left(*self.names(t), t.queue, reason, now - t.entered))
        t.state = "ended"
        self.tickets.remove(t)

    def retract(self, t: PlainTicket, outcome: str, now: int) -> None:
        rep = str(t.rep)
        t.state, t.rep = "waiting", None
        self.out.append(d.OfferEnded(*self.names(t), rep, t.call, outcome))

    def end_offer(self, t: PlainTicket, outcome: str, now: int) -> None:
        rep = str(t.rep)
        self.retract(t, outcome, now)
        if outcome in ("declined", "timeout"):
            t.passed.add(rep)
            t.round = now + ROUND_US
        if t.direct == rep:
            t.direct = None
        self.look(t, now)

    def shows(self, rep: PlainRep, before: str, reason: str) -> None:
        if rep.shown != before:
            self.out.append(d.RepChanged(self.tenant, rep.id, rep.shown, reason))

    def status(self, rep: PlainRep, status: str, reason: str, now: int) -> None:
        before = rep.shown
        if status == "available" and rep.status != "available":
            rep.idle = now
        rep.status, rep.missed, rep.grace = status, 0, None
        rep.attached = rep.sockets > 0 and status != "offline"
        if status == "offline":
            rep.wrap = None
        self.shows(rep, before, reason)
        for t in sorted(self.tickets, key=lambda t: t.id):
            if t.rep != rep.id or status == "available":
                continue
            if t.state == "offered":
                self.end_offer(t, "withdrawn", now)
            elif status == "offline":
                t.rep, t.previous = None, rep.id
                self.again(t, "rep_gone", rep.id, now)

    def again(self, t: PlainTicket, why: str, rep: str, now: int) -> None:
        t.state, t.queued, t.overflowed, t.visited = "waiting", now, 0, []
        self.out.append(d.Entered(*self.names(t), t.queue, why, rep))
        self.look(t, now)

    def part(self, t: PlainTicket, outcome: str, now: int) -> None:
        rep = self.reps[str(t.rep)]
        t.previous, t.rep = rep.id, None
        self.out.append(d.Finished(*self.names(t), rep.id, outcome))
        before, rep.idle = rep.shown, now
        wrap = self.queues[t.queue].wrap_up_us.get(t.channel, 0)
        if wrap and rep.status != "offline":
            rep.wrap = max(rep.wrap or 0, now + wrap)
        self.shows(rep, before, "wrap_up")

    def ticket(self, ticket_id: str) -> PlainTicket:
        for t in self.tickets:
            if t.id == ticket_id:
                return t
        raise Refused

    def of(self, conversation: str, channel: str) -> PlainTicket | None:
        return next((t for t in self.tickets if (t.conversation, t.channel) == (conversation, channel)), None)

    def room(self, rep: PlainRep, channel: str, force: bool) -> None:
        if not force and (rep.status == "offline" or not self.fits(rep, channel)):
            raise Refused

    # the outside

    def advance(self, now: int) -> list[Any]:
        told: list[Any] = []
        while (dues := self.dues()) and dues[0][0] <= now:
            _, kind, name = dues[0]
            if kind == "rep":
                rep = self.reps[name]
                if rep.wrap is not None and rep.wrap <= now:
                    before, rep.wrap = rep.shown, None
                    self.shows(rep, before, "wrap_up")
                if rep.grace is not None and rep.grace <= now:
                    self.status(rep, "offline", "grace", now)
            else:
                t = self.ticket(name)
                if t.state == "offered":
                    rep = self.reps[str(t.rep)]
                    self.end_offer(t, "timeout", now)
                    rep.missed += 1
                    if rep.missed >= self.queues[t.queue].away_after:
                        self.status(rep, "away", "missed_offers", now)
                else:
                    self.look(t, now)
            told += self.settle(now)
        return told

    def receive(self, event: Any, now: int) -> list[Any]:
        self.happen(event, now)
        return self.settle(now)

    def settle(self, now: int) -> list[Any]:
        self.match(now)
        told, self.out = self.out, []
        return told

    def happen(self, event: Any, now: int) -> None:
        match event:
            case e.QueueSet(queue):
                self.queues[queue.id] = queue
                for t in [t for t in self.tickets if t.queue == queue.id and t.state == "waiting"]:
                    self.look(t, now)
            case e.QueueRemoved(queue_id, to):
                if to not in self.queues or to == queue_id:
                    raise Refused
                self.queues.pop(queue_id, None)
                for t in [t for t in self.tickets if t.queue == queue_id]:
                    if t.state == "assigned":
                        t.queue = to
                        continue
                    self.move(t, to, "queue_removed", now)
                    if t.state == "waiting":
                        self.look(t, now)
            case e.ProfileSet(profile):
                self.rep(profile.rep_id).profile = profile
            case e.StatusSet(rep_id, status, reason):
                self.status(self.rep(rep_id), status, reason or "chosen", now)
            case e.Connected(rep_id):
                rep = self.rep(rep_id)
                rep.sockets += 1
                if rep.status != "offline":
                    before, rep.attached, rep.grace = rep.shown, True, None
                    self.shows(rep, before, "connection")
            case e.Disconnected(rep_id):
                rep = self.rep(rep_id)
                rep.sockets = max(0, rep.sockets - 1)
                if rep.sockets == 0 and rep.attached and rep.status != "offline" and rep.grace is None:
                    before, rep.grace = rep.shown, now + GRACE_US
                    self.shows(rep, before, "connection")
            case e.WrapUpDone(rep_id):
                rep = self.rep(rep_id)
                before, rep.wrap = rep.shown, None
                self.shows(rep, before, "wrap_up")
            case e.Enter(ticket, closed):
                if ticket.queue_id not in self.queues:
                    raise Refused
                known = any(t.id == ticket.id for t in self.tickets)
                if not known and self.of(ticket.conversation_id, ticket.channel) is None:
                    t = self.new(ticket)
                    self.out.append(d.Entered(*self.names(t), t.queue))
                    if closed == "offline_message":
                        self.lose(t, "closed", now)
                        return
                    if closed == "offer_callback":
                        t.callback_offered = True
                        self.out.append(d.CallbackOffered(*self.names(t), t.queue))
                    self.look(t, now)
            case e.Leave(ticket_id, reason):
                t = self.ticket(ticket_id)
                if t.state == "assigned":
                    raise Refused
                if t.state == "offered":
                    self.retract(t, "withdrawn", now)
                self.lose(t, reason, now)
            case e.Answer(ticket_id, rep_id, accepted):
                t = self.ticket(ticket_id)
                if t.state != "offered" or t.rep != rep_id:
                    raise Refused
                if accepted:
                    self.assign(t, self.reps[rep_id], now)
                else:
                    self.reps[rep_id].missed = 0
                    self.end_offer(t, "declined", now)
            case e.Pick(ticket_id, rep_id):
                t, rep = self.ticket(ticket_id), self.rep(rep_id)
                if t.state != "waiting":
                    if t.rep != rep_id:
                        raise Refused
                    if t.state == "assigned":
                        return
                else:
                    self.room(rep, t.channel, False)
                self.assign(t, rep, now)
            case e.Take(ticket, rep_id, force):
                rep = self.rep(rep_id)
                found = self.of(ticket.conversation_id, ticket.channel)
                if found is not None and found.rep == rep_id:
                    if found.state == "offered":
                        self.assign(found, rep, now)
                    return
                self.room(rep, ticket.channel, force)
                if found is None:
                    if ticket.queue_id not in self.queues:
                        raise Refused
                    found = self.new(ticket)
                elif found.state == "offered":
                    self.retract(found, "withdrawn", now)
                elif found.state == "assigned":
                    self.part(found, "transferred", now)
                self.assign(found, rep, now)
            case e.Finish(rep_id, conversation, channel, outcome):
                done = self.of(conversation, channel)
                if done is not None and done.state == "assigned" and done.rep == rep_id:
                    self.part(done, outcome, now)
                    self.tickets.remove(done)
            case e.Transfer(ticket_id, queue_id, rep_id, hold, steps):
                t = self.ticket(ticket_id)
                if t.state != "assigned" or (queue_id or t.queue) not in self.queues:
                    raise Refused
                if rep_id is not None and (rep_id not in self.reps or self.reps[rep_id].status == "offline"):
                    raise Refused
                before = str(t.rep)
                self.part(t, "transferred", now)
                t.queue = queue_id or t.queue
                t.steps = t.steps if steps is None else steps
                t.passed, t.round, t.direct, t.direct_until = {before}, now + ROUND_US, rep_id, now + hold
                self.again(t, "transferred", before, now)
            case e.Boost(conversation, points, reason):
                for t in [t for t in self.tickets if t.conversation == conversation and t.state != "assigned"]:
                    t.priority = max(-PRIORITY_MOST, min(PRIORITY_MOST, t.priority + points))
                    if t.state == "waiting":
                        self.look(t, now)
                    self.out.append(d.Boosted(*self.names(t), t.queue, points, reason))
            case e.Callback(ticket_id, channel):
                t = self.ticket(ticket_id)
                other = self.of(t.conversation, channel)
                if t.state != "waiting" or (other is not None and other is not t):
                    raise Refused
                if not (t.callback and t.channel == channel):
                    t.callback, t.channel = True, channel
                    self.look(t, now)
                    self.out.append(d.CallbackKept(*self.names(t), t.queue))
            case e.KeepWaiting(ticket_id):
                t = self.ticket(ticket_id)
                if t.state != "assigned":
                    t.queued, t.overflowed, t.callback_offered = now, 0, False
                    if t.state == "waiting":
                        self.look(t, now)
            case _:
                raise AssertionError(event)

    def new(self, ticket: Any) -> PlainTicket:
        t = PlainTicket(
            ticket.id,
            ticket.conversation_id,
            ticket.queue_id,
            ticket.channel,
            ticket.entered_us,
            ticket.queued_us,
            ticket.priority,
            ticket.steps,
            ticket.call_id,
        )
        self.tickets.append(t)
        return t
