"""The floor of one shop: its queues, its reps and who waits, as a machine without clock, network or database.

    decisions = floor.advance(now_us)             # what time alone has brought: offers that ran out, relaxations, overflow, grace, wrap-up
    decisions += floor.receive(event, now_us)     # what an event brings; Conflict or NotFound, with nothing changed, where it cannot be
    floor.next_timeout()                          # when to `advance` at the latest

For `desk` (keeps it durable) and its tests (virtual time, against a plain reference). Call `advance` before `receive`. `changed_tickets`
and `changed_reps` gather what must be written; the caller clears them.

Invariants, after each call: no ticket waits while a rep is free who may be offered it; nobody has more work and offers than capacity (but
by `Take(force=True)`); a ticket is with one rep at most; what a rep had who is gone waits again at its original age.
"""

import heapq
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mediaserver.errors import Conflict, NotFound
from signalling.routing import events
from signalling.routing.decisions import (
    Assigned,
    Boosted,
    CallbackKept,
    CallbackOffered,
    Decision,
    Entered,
    Finished,
    Left,
    Moved,
    Offered,
    OfferEnded,
    Outcome,
    RepChanged,
)
from signalling.routing.eta import Pace
from signalling.routing.matching import Matching
from signalling.routing.presence import Profile, Rep, Status
from signalling.routing.queue import Queue
from signalling.routing.requirement import Requirement, Step, combined
from signalling.routing.ticket import PRIORITY_MOST, Ticket, key_of

# A reload or a change of network takes less. Longer: customers of a rep who is gone wait longer for another.
GRACE_US = 15_000_000
# How often it is looked whether all others had a ticket that somebody passed on; at the least, how long that one is left in peace.
ROUND_US = 5_000_000


class Floor:
    """See the module."""

    def __init__(self, tenant_id: str, *, grace_us: int = GRACE_US, order: Callable[[Ticket], Any] = key_of) -> None:
        """`order`: as `waiting.Waiting` takes it."""
        self.tenant_id = tenant_id
        self.queues: dict[str, Queue] = {}
        self.reps: dict[str, Rep] = {}
        self.tickets: dict[str, Ticket] = {}  # all that have not ended
        self.changed_tickets: dict[str, Ticket] = {}
        self.changed_reps: dict[str, Rep] = {}
        self._grace_us = grace_us
        self._matching = Matching(self.reps, self.queues, order)
        self.waiting = self._matching.waiting
        self._by_conversation: dict[str, list[Ticket]] = {}
        self._combined: dict[tuple[tuple[Step, ...], tuple[Step, ...]], tuple[Step, ...]] = {}
        self._timers: list[tuple[int, str, str]] = []
        self._paces: dict[str, Pace] = {}
        self._turn = 0
        self._out: list[Decision] = []

    # -- the outside ---------------------------------------------------------------------------------------------------------------------

    def receive(self, event: events.Event, now_us: int) -> list[Decision]:
        """See the module."""
        HANDLERS[type(event)](self, event, now_us)
        return self._settle(now_us)

    def advance(self, now_us: int) -> list[Decision]:
        """See the module."""
        decisions: list[Decision] = []
        while self._timers and self._timers[0][0] <= now_us:
            due_us, kind, name = heapq.heappop(self._timers)
            if kind == "rep":
                rep = self.reps.get(name)
                if rep is None or rep.due_us != due_us:
                    continue
                self._rep_due(rep, now_us)
            else:
                ticket = self.tickets.get(name)
                if ticket is None or ticket.due_us != due_us:
                    continue
                ticket.due_us = None
                if ticket.state == "offered":
                    self._offer_timeout(ticket, now_us)
                else:
                    self._wait(ticket, now_us)
            decisions += self._settle(now_us)
        return decisions

    def next_timeout(self) -> int | None:
        """When something happens by itself; None: never."""
        while self._timers:
            due_us, kind, name = self._timers[0]
            owner: Rep | Ticket | None = self.reps.get(name) if kind == "rep" else self.tickets.get(name)
            if owner is not None and owner.due_us == due_us:
                return due_us
            heapq.heappop(self._timers)
        return None

    def restore(self, ticket: Ticket) -> None:
        """A ticket as it was before a restart; queues and reps first, `begin` last."""
        if ticket.queue_id not in self.queues:
            ticket.queue_id = next(iter(self.queues))  # it was removed, and its tickets not moved in time
        self._know(ticket)
        if ticket.state != "assigned":
            self._place(ticket)
        if ticket.state in ("offered", "assigned"):
            rep = self.rep(str(ticket.rep_id))
            rep.add(ticket)
            self._matching.touch(rep)
        if ticket.state == "offered":
            self._schedule(ticket, ticket.expires_us)
        self.changed_tickets.pop(ticket.id)

    def begin(self, now_us: int) -> list[Decision]:
        """Goes on after a restart."""
        for ticket in [each for each in self.tickets.values() if each.state == "waiting"]:
            self._wait(ticket, now_us)
        return self._settle(now_us)

    def restore_rep(self, rep: Rep, now_us: int) -> None:
        """A rep as they were before a restart; who had a socket has the grace to come back."""
        self.reps[rep.id] = rep
        if rep.attached and rep.status != "offline":
            rep.grace_us = now_us + self._grace_us
        self._rep_schedule(rep)
        self._matching.touch(rep)

    def rep(self, rep_id: str) -> Rep:
        """This rep; one who was never heard of can nothing in particular and is offline."""
        rep = self.reps.get(rep_id)
        if rep is None:
            rep = self.reps[rep_id] = Rep(Profile(rep_id))
        return rep

    def eta_s(self, ticket: Ticket, position: int, now_us: int) -> int | None:
        """See `eta`."""
        pace = self._paces.get(ticket.queue_id)
        if pace is None:
            return None
        return pace.eta_s(position, now_us, len(self._matching.on_duty))

    def discard(self, ticket_id: str) -> None:
        """Forgets a ticket that cannot be kept, as its conversation is gone; nobody is told."""
        ticket = self.tickets.get(ticket_id)
        if ticket is None:
            return
        rep = self.reps.get(ticket.rep_id or "")
        if rep is not None and ticket.id in rep.work:
            rep.drop(ticket)
            self._matching.touch(rep)
        self.waiting.leave(ticket)
        self._forget(ticket, "discarded", ticket.queued_us)
        self.changed_tickets.pop(ticket.id, None)

    def find(self, conversation_id: str, channel: str) -> Ticket | None:
        """The conversation's ticket for that channel, if it has one that has not ended."""
        return next((each for each in self._by_conversation.get(conversation_id, ()) if each.channel == channel), None)

    def of_conversation(self, conversation_id: str) -> list[Ticket]:
        """All its tickets that have not ended."""
        return list(self._by_conversation.get(conversation_id, ()))

    def extend_offer(self, ticket_id: str, expires_us: int) -> None:
        """An offer was told later than it was made: its time begins anew."""
        ticket = self.tickets.get(ticket_id)
        if ticket is not None and ticket.state == "offered" and ticket.expires_us < expires_us:
            ticket.expires_us = expires_us
            self.changed_tickets[ticket.id] = ticket
            self._schedule(ticket, expires_us)

    # -- queues and reps -----------------------------------------------------------------------------------------------------------------

    def _queue_set(self, event: events.QueueSet, now_us: int) -> None:
        self.queues[event.queue.id] = event.queue
        for ticket in [each for each in self.tickets.values() if each.queue_id == event.queue.id and each.state != "assigned"]:
            self._place(ticket)
            if ticket.state == "waiting":
                self._wait(ticket, now_us)

    def _queue_removed(self, event: events.QueueRemoved, now_us: int) -> None:
        if event.to not in self.queues or event.to == event.queue_id:
            raise NotFound("There is no such queue.")
        self.queues.pop(event.queue_id, None)  # first: nothing overflows back into it
        for ticket in [each for each in self.tickets.values() if each.queue_id == event.queue_id]:
            if ticket.state == "assigned":
                ticket.queue_id = event.to
                self.changed_tickets[ticket.id] = ticket
            else:
                self._move(ticket, event.to, "queue_removed", now_us)
                if ticket.state == "waiting":
                    self._wait(ticket, now_us)

    def _profile_set(self, event: events.ProfileSet, now_us: int) -> None:
        rep = self.rep(event.profile.rep_id)
        rep.profile = event.profile
        rep.able.clear()
        self._matching.touch(rep)

    def _status_set(self, event: events.StatusSet, now_us: int) -> None:
        self._set_status(self.rep(event.rep_id), event.status, event.reason or "chosen", now_us)

    def _connected(self, event: events.Connected, now_us: int) -> None:
        rep = self.rep(event.rep_id)
        if event.name and not rep.profile.name:  # shown before their profile is written down
            rep.profile = replace(rep.profile, name=event.name)
        rep.sockets += 1
        if rep.status != "offline":
            with self._showing(rep, "connection", now_us):
                rep.attached = True
                rep.grace_us = None

    def _disconnected(self, event: events.Disconnected, now_us: int) -> None:
        rep = self.rep(event.rep_id)
        rep.sockets = max(0, rep.sockets - 1)
        if rep.sockets == 0 and rep.attached and rep.status != "offline" and rep.grace_us is None:
            with self._showing(rep, "connection", now_us):
                rep.grace_us = now_us + self._grace_us

    def _wrap_up_done(self, event: events.WrapUpDone, now_us: int) -> None:
        rep = self.rep(event.rep_id)
        with self._showing(rep, "wrap_up", now_us):
            rep.wrap_us = None

    def _rep_due(self, rep: Rep, now_us: int) -> None:
        rep.due_us = None
        if rep.wrap_us is not None and rep.wrap_us <= now_us:
            with self._showing(rep, "wrap_up", now_us):
                rep.wrap_us = None
        if rep.grace_us is not None and rep.grace_us <= now_us:
            self._set_status(rep, "offline", "grace", now_us)
        self._rep_schedule(rep)

    def _set_status(self, rep: Rep, status: Status, reason: str, now_us: int) -> None:
        with self._showing(rep, reason, now_us):
            if status == "available" and rep.status != "available":
                rep.idle_us = now_us
            rep.status = status
            rep.missed = 0
            rep.grace_us = None
            rep.attached = rep.sockets > 0 and status != "offline"
            if status == "offline":
                rep.wrap_us = None
            self.changed_reps[rep.id] = rep
        if status == "available":
            return
        for ticket in sorted(rep.work.values(), key=lambda each: each.id):
            if ticket.state == "offered":
                self._end_offer(ticket, "withdrawn", now_us)
            elif status == "offline":
                self._again(ticket, "rep_gone", now_us)

    def _showing(self, rep: Rep, reason: str, now_us: int) -> "_Showing":
        return _Showing(self, rep, reason, now_us)

    def _shown(self, rep: Rep, before: str, reason: str, now_us: int) -> None:
        """Something of the rep's presence has changed."""
        self._rep_schedule(rep)
        self._matching.touch(rep)
        if rep.shown != before:
            rep.since_us = now_us
            self.changed_reps[rep.id] = rep
            self._out.append(RepChanged(self.tenant_id, rep.id, rep.shown, reason))

    # -- tickets -------------------------------------------------------------------------------------------------------------------------

    def _enter(self, event: events.Enter, now_us: int) -> None:
        ticket = event.ticket
        if ticket.queue_id not in self.queues:
            raise NotFound("There is no such queue.")
        if ticket.id in self.tickets or self.find(ticket.conversation_id, ticket.channel) is not None:
            return
        self._know(ticket)
        self._place(ticket)
        self._out.append(Entered(*self._names(ticket), ticket.queue_id))
        if event.closed == "offline_message":
            self._lose(ticket, "closed", now_us)
            return
        if event.closed == "offer_callback":
            ticket.callback_offered = True
            self._out.append(CallbackOffered(*self._names(ticket), ticket.queue_id))
        self._wait(ticket, now_us)

    def _leave(self, event: events.Leave, now_us: int) -> None:
        ticket = self._require(event.ticket_id)
        if ticket.state == "assigned":
            raise Conflict("A rep has it already.", code="assigned")
        if ticket.state == "offered":
            self._retract(ticket, "withdrawn", now_us)
        self._lose(ticket, event.reason, now_us)

    def _answer(self, event: events.Answer, now_us: int) -> None:
        ticket = self._require(event.ticket_id)
        if ticket.state != "offered" or ticket.rep_id != event.rep_id:
            raise Conflict("This is not offered to this rep, or no longer.", code="offer_over")
        if event.accepted:
            self._assign(ticket, self.reps[event.rep_id], now_us)
        else:
            self.reps[event.rep_id].missed = 0
            self._end_offer(ticket, "declined", now_us)

    def _pick(self, event: events.Pick, now_us: int) -> None:
        ticket, rep = self._require(event.ticket_id), self.rep(event.rep_id)
        if ticket.state == "assigned" and ticket.rep_id == rep.id:
            return
        if ticket.state == "assigned" or (ticket.state == "offered" and ticket.rep_id != rep.id):
            raise Conflict("Another rep has it, or is being asked.", code=ticket.state)
        self._require_room(rep, ticket, force=False)
        self._assign(ticket, rep, now_us)

    def _take(self, event: events.Take, now_us: int) -> None:
        rep = self.rep(event.rep_id)
        ticket = self.find(event.ticket.conversation_id, event.ticket.channel)
        if ticket is not None and ticket.rep_id == rep.id:
            if ticket.state == "offered":
                self._assign(ticket, rep, now_us)
            return
        self._require_room(rep, ticket or event.ticket, force=event.force)
        if ticket is None:
            ticket = event.ticket
            if ticket.queue_id not in self.queues:
                raise NotFound("There is no such queue.")
            self._know(ticket)
        elif ticket.state == "offered":
            self._retract(ticket, "withdrawn", now_us)
        elif ticket.state == "assigned":
            self._part(ticket, "transferred", now_us)
        self._assign(ticket, rep, now_us)

    def _finish(self, event: events.Finish, now_us: int) -> None:
        ticket = self.find(event.conversation_id, event.channel)
        if ticket is None or ticket.state != "assigned" or ticket.rep_id != event.rep_id:
            return
        self._part(ticket, event.outcome, now_us)
        self._forget(ticket, event.outcome, now_us)

    def _transfer(self, event: events.Transfer, now_us: int) -> None:
        ticket = self._require(event.ticket_id)
        if ticket.state != "assigned" or ticket.rep_id is None:
            raise Conflict("Only assigned work can be transferred.", code=ticket.state)
        queue_id = event.queue_id or ticket.queue_id
        if queue_id not in self.queues:
            raise NotFound("There is no such queue.")
        if event.rep_id is not None and (event.rep_id not in self.reps or self.reps[event.rep_id].status == "offline"):
            raise Conflict("This rep is not there.", code="rep_offline")
        rep_id = ticket.rep_id
        self._part(ticket, "transferred", now_us)
        ticket.queue_id = queue_id
        ticket.steps = ticket.steps if event.steps is None else event.steps
        ticket.passed, ticket.round_us = frozenset({rep_id}), now_us + ROUND_US
        ticket.direct, ticket.direct_us = event.rep_id, now_us + event.hold_us
        self._requeue(ticket, "transferred", rep_id, now_us)

    def _boost(self, event: events.Boost, now_us: int) -> None:
        for ticket in self.of_conversation(event.conversation_id):
            if ticket.state == "assigned":
                continue
            ticket.priority = max(-PRIORITY_MOST, min(PRIORITY_MOST, ticket.priority + event.points))
            self._place(ticket)
            if ticket.state == "waiting":
                self._wait(ticket, now_us)
            self._out.append(Boosted(*self._names(ticket), ticket.queue_id, event.points, event.reason))

    def _callback(self, event: events.Callback, now_us: int) -> None:
        ticket = self._require(event.ticket_id)
        if ticket.state != "waiting":
            raise Conflict("A rep is about to come, or there already.", code=ticket.state)
        other = self.find(ticket.conversation_id, event.channel)
        if other is not None and other is not ticket:
            raise Conflict("The conversation waits for this channel already.", code="waiting")
        if ticket.callback and ticket.channel == event.channel:
            return
        ticket.callback = True
        ticket.channel = event.channel
        self._wait(ticket, now_us)
        self._out.append(CallbackKept(*self._names(ticket), ticket.queue_id))

    def _keep_waiting(self, event: events.KeepWaiting, now_us: int) -> None:
        ticket = self._require(event.ticket_id)
        if ticket.state != "assigned":
            ticket.queued_us, ticket.overflowed, ticket.callback_offered = now_us, 0, False
            if ticket.state == "waiting":
                self._wait(ticket, now_us)

    # -- steps these are made of ---------------------------------------------------------------------------------------------------------

    def _settle(self, now_us: int) -> list[Decision]:
        for ticket, rep in self._matching.pairs():
            self._offer(ticket, rep, now_us)
        decisions, self._out = self._out, []
        return decisions

    def _wait(self, ticket: Ticket, now_us: int) -> None:
        """Has its place; from now on it may be offered to whoever it may be offered to at this moment."""
        self.changed_tickets[ticket.id] = ticket
        if ticket.direct is not None and ticket.direct_us <= now_us:
            ticket.direct = None
        requirement, relaxed_us = self._requirement(ticket, now_us)
        if ticket.round_us is not None and ticket.round_us <= now_us:
            self._round(ticket, requirement, now_us)
        overflow_us = self._overflow(ticket, now_us)
        if ticket.state == "ended":
            return
        requirement, relaxed_us = self._requirement(ticket, now_us)  # the queue may be another now
        self._matching.put(ticket, requirement)
        direct_us = ticket.direct_us if ticket.direct is not None else None
        self._schedule(
            ticket, min((each for each in (relaxed_us, overflow_us, ticket.round_us, direct_us) if each is not None), default=None)
        )

    def _requirement(self, ticket: Ticket, now_us: int) -> tuple[Requirement, int | None]:
        """What is required of a rep now, and when that changes."""
        name = (self.queues[ticket.queue_id].steps, ticket.steps)
        steps = self._combined.get(name)
        if steps is None:
            steps = self._combined[name] = combined(*name)
        requirement = steps[0].requirement
        for step in steps:
            if ticket.entered_us + step.after_us > now_us:
                return requirement, ticket.entered_us + step.after_us
            requirement = step.requirement
        return requirement, None

    def _round(self, ticket: Ticket, requirement: Requirement, now_us: int) -> None:
        """Whether all who could have it have passed; then all may be asked again."""
        rest = (rep for rep in self.reps.values() if rep.on_duty and rep.id not in ticket.passed and ticket.direct in (None, rep.id))
        number = self.waiting.number(requirement)
        if any(rep.meets(number, requirement) and rep.profile.capacity.get(ticket.channel, 0) for rep in rest):
            ticket.round_us = now_us + ROUND_US
        else:
            ticket.passed, ticket.round_us = frozenset(), None

    def _overflow(self, ticket: Ticket, now_us: int) -> int | None:
        """Takes the steps that are due; when the next one is."""
        while True:
            chain = self.queues[ticket.queue_id].overflow
            if ticket.overflowed >= len(chain):
                return None
            step = chain[ticket.overflowed]
            if ticket.queued_us + step.after_us > now_us:
                return ticket.queued_us + step.after_us
            ticket.overflowed += 1
            if step.action == "queue":
                if step.queue_id in self.queues and step.queue_id not in (ticket.queue_id, *ticket.visited):
                    ticket.visited = (*ticket.visited, ticket.queue_id)
                    self._move(ticket, step.queue_id, "overflow", now_us)
            elif ticket.callback:
                continue  # has gone, and keeps the place however long it takes
            elif step.action == "offer_callback":
                ticket.callback_offered = True
                self._out.append(CallbackOffered(*self._names(ticket), ticket.queue_id))
            else:
                self._lose(ticket, step.action, now_us)
                return None

    def _move(self, ticket: Ticket, queue_id: str, reason: str, now_us: int) -> None:
        before = ticket.queue_id
        self.waiting.leave(ticket)
        ticket.queue_id, ticket.queued_us, ticket.overflowed = queue_id, now_us, 0
        self._place(ticket)
        self._out.append(Moved(*self._names(ticket), before, queue_id, reason))

    def _offer(self, ticket: Ticket, rep: Rep, now_us: int) -> None:
        queue = self.queues[ticket.queue_id]
        self._turn += 1
        rep.turn = self._turn
        if ticket.channel in queue.auto_accept and not ticket.callback:
            self._assign(ticket, rep, now_us)
            return
        self.waiting.take(ticket)
        ticket.state, ticket.rep_id = "offered", rep.id
        ticket.offered_us, ticket.expires_us = now_us, now_us + queue.offer_us
        rep.add(ticket)
        self._matching.touch(rep)
        self.changed_tickets[ticket.id] = ticket
        self._schedule(ticket, ticket.expires_us)
        self._out.append(Offered(*self._names(ticket), rep.id, ticket.call_id, ticket.expires_us, ticket.callback))

    def _offer_timeout(self, ticket: Ticket, now_us: int) -> None:
        rep = self.reps[str(ticket.rep_id)]
        missed = rep.missed + 1
        self._end_offer(ticket, "timeout", now_us)
        rep.missed = missed
        if missed >= self.queues[ticket.queue_id].away_after:
            self._set_status(rep, "away", "missed_offers", now_us)

    def _retract(self, ticket: Ticket, outcome: Outcome, now_us: int) -> Rep:
        """The offer is over."""
        rep = self.reps[str(ticket.rep_id)]
        rep.drop(ticket)
        ticket.state, ticket.rep_id = "waiting", None
        self._matching.touch(rep)
        self._out.append(OfferEnded(*self._names(ticket), rep.id, ticket.call_id, outcome))
        return rep

    def _end_offer(self, ticket: Ticket, outcome: Outcome, now_us: int) -> None:
        """The offer is over, and somebody else's turn."""
        rep = self._retract(ticket, outcome, now_us)
        if outcome in ("declined", "timeout"):
            ticket.passed |= {rep.id}
            ticket.round_us = now_us + ROUND_US
        if ticket.direct == rep.id:
            ticket.direct = None
        self._wait(ticket, now_us)

    def _assign(self, ticket: Ticket, rep: Rep, now_us: int) -> None:
        if ticket.state == "offered":
            self._out.append(OfferEnded(*self._names(ticket), rep.id, ticket.call_id, "accepted"))
        else:
            rep.add(ticket)
        ticket.state, ticket.rep_id, ticket.assigned_us = "assigned", rep.id, now_us
        ticket.passed, ticket.round_us, ticket.direct = frozenset(), None, None
        self._schedule(ticket, None)
        if ticket.key is not None:
            self._paces.setdefault(ticket.queue_id, Pace()).note(now_us)
        self.waiting.leave(ticket)
        rep.missed = 0
        rep.idle_us = now_us
        self._matching.touch(rep)
        self.changed_tickets[ticket.id] = ticket
        waited_us = now_us - ticket.entered_us
        previous = ticket.previous_rep_id if ticket.previous_rep_id != rep.id else None
        self._out.append(Assigned(*self._names(ticket), rep.id, ticket.call_id, ticket.queue_id, waited_us, previous, ticket.callback))

    def _part(self, ticket: Ticket, outcome: str, now_us: int) -> None:
        """A rep's work on it is over; wrap-up begins."""
        rep = self.reps[str(ticket.rep_id)]
        rep.drop(ticket)
        ticket.previous_rep_id, ticket.rep_id = rep.id, None
        self._out.append(Finished(*self._names(ticket), rep.id, outcome))
        wrap_up_us = self.queues[ticket.queue_id].wrap_up_us.get(ticket.channel, 0)
        rep.idle_us = now_us
        with self._showing(rep, "wrap_up", now_us):
            if wrap_up_us and rep.status != "offline":
                rep.wrap_us = max(rep.wrap_us or 0, now_us + wrap_up_us)

    def _again(self, ticket: Ticket, why: str, now_us: int) -> None:
        """Work of a rep who is gone waits again."""
        rep = self.reps[str(ticket.rep_id)]
        rep.drop(ticket)
        ticket.previous_rep_id, ticket.rep_id = rep.id, None
        self._matching.touch(rep)
        self._requeue(ticket, why, rep.id, now_us)

    def _requeue(self, ticket: Ticket, why: str, rep_id: str, now_us: int) -> None:
        ticket.state = "waiting"
        ticket.queued_us, ticket.overflowed, ticket.visited = now_us, 0, ()
        self._place(ticket)
        self._out.append(Entered(*self._names(ticket), ticket.queue_id, why, rep_id))
        self._wait(ticket, now_us)

    def _lose(self, ticket: Ticket, reason: str, now_us: int) -> None:
        self.waiting.leave(ticket)
        self._out.append(Left(*self._names(ticket), ticket.queue_id, reason, now_us - ticket.entered_us, ticket.opens_us))
        self._forget(ticket, reason, now_us)

    def _forget(self, ticket: Ticket, outcome: str, now_us: int) -> None:
        ticket.state, ticket.outcome, ticket.ended_us, ticket.due_us = "ended", outcome, now_us, None
        self.changed_tickets[ticket.id] = ticket
        del self.tickets[ticket.id]
        of_conversation = self._by_conversation[ticket.conversation_id]
        of_conversation.remove(ticket)
        if not of_conversation:
            del self._by_conversation[ticket.conversation_id]

    def _know(self, ticket: Ticket) -> None:
        self.tickets[ticket.id] = ticket
        self._by_conversation.setdefault(ticket.conversation_id, []).append(ticket)
        self.changed_tickets[ticket.id] = ticket

    def _place(self, ticket: Ticket) -> None:
        ticket.weight = ticket.priority + self.queues[ticket.queue_id].priority
        self.waiting.place(ticket)
        self.changed_tickets[ticket.id] = ticket

    def _require(self, ticket_id: str) -> Ticket:
        ticket = self.tickets.get(ticket_id)
        if ticket is None:
            raise NotFound("There is no such ticket, or no longer.")
        return ticket

    def _require_room(self, rep: Rep, ticket: Ticket, *, force: bool) -> None:
        if force or rep.id == ticket.rep_id:
            return
        if rep.status == "offline":
            raise Conflict("This rep is offline.", code="rep_offline")
        if not rep.fits(ticket.channel):
            raise Conflict("This rep has as much work as they can take.", code="capacity")

    def _schedule(self, ticket: Ticket, due_us: int | None) -> None:
        if ticket.due_us != due_us:
            ticket.due_us = due_us
            if due_us is not None:
                heapq.heappush(self._timers, (due_us, "ticket", ticket.id))

    def _rep_schedule(self, rep: Rep) -> None:
        due_us = min((each for each in (rep.grace_us, rep.wrap_us) if each is not None), default=None)
        if rep.due_us != due_us:
            rep.due_us = due_us
            if due_us is not None:
                heapq.heappush(self._timers, (due_us, "rep", rep.id))

    def _names(self, ticket: Ticket) -> tuple[str, str, str, Any]:
        return (self.tenant_id, ticket.id, ticket.conversation_id, ticket.channel)


class _Showing:
    """Around a change of a rep's presence: tells of it if it shows."""

    __slots__ = ("before", "floor", "now_us", "reason", "rep")

    def __init__(self, floor: Floor, rep: Rep, reason: str, now_us: int) -> None:
        self.floor, self.rep, self.reason, self.now_us = floor, rep, reason, now_us

    def __enter__(self) -> None:
        self.before = self.rep.shown

    def __exit__(self, *_: object) -> None:
        self.floor._shown(self.rep, self.before, self.reason, self.now_us)


HANDLERS: dict[type, Callable[[Floor, Any, int], None]] = {
    events.QueueSet: Floor._queue_set,
    events.QueueRemoved: Floor._queue_removed,
    events.ProfileSet: Floor._profile_set,
    events.StatusSet: Floor._status_set,
    events.Connected: Floor._connected,
    events.Disconnected: Floor._disconnected,
    events.WrapUpDone: Floor._wrap_up_done,
    events.Enter: Floor._enter,
    events.Leave: Floor._leave,
    events.Answer: Floor._answer,
    events.Pick: Floor._pick,
    events.Take: Floor._take,
    events.Finish: Floor._finish,
    events.Transfer: Floor._transfer,
    events.Boost: Floor._boost,
    events.Callback: Floor._callback,
    events.KeepWaiting: Floor._keep_waiting,
}
