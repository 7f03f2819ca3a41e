"""The desk: who waits is brought to who can help, durably. Every shop's floor, kept in the store and told on the bus.

    place = await desk.enter(tenant_id, conversation_id, "voice", call_id=call_id)
    await desk.answer(tenant_id, place.id, rep_id, accepted=True)        # after an `Offered` on the bus topic `desk`

For operations, calls and chat. One task gathers what has come in, decides all of it on the floors (`floor`), writes the outcome as one
batch (`records`) and tells of it, in that order: nobody is told what is not on disk. While the database is away whoever asks gets
Unavailable, and the batch is tried again until it is written.

Invariants: a floor is touched by that task alone; it is rebuilt from the tables at a start. One desk runs for a database.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from mediaserver.errors import Conflict, NotFound, RemoteError, Unavailable
from signalling.bus import Bus
from signalling.config import Settings
from signalling.conversation import conversation
from signalling.ids import new_id
from signalling.routing import calendars, entries, events, places, queues, records, restoring, roster
from signalling.routing.floor import GRACE_US, Floor
from signalling.routing.hours import Calendar
from signalling.routing.place import Place, Reception, place_of
from signalling.routing.places import Places
from signalling.routing.presence import Status
from signalling.routing.queue import Closed
from signalling.routing.records import Batch
from signalling.routing.requirement import Step, read
from signalling.routing.roster import RepView
from signalling.routing.ticket import Channel, Ticket
from signalling.store import Store
from signalling.store.faults import unavailable
from signalling.times import rfc3339

log = logging.getLogger(__name__)

T = TypeVar("T")
# Who waits for the commit, and what they are told then.
Waiter = tuple[asyncio.Future[Any], Any]

# A batch of more takes no less per event, and makes its first event wait.
BATCH_MOST = 512
# The database comes back within seconds, or after somebody's work: asked often at first.
RETRY_LEAST_S = 0.05
RETRY_MOST_S = 2.0
# An offer that was written later than this after it was made gets its time anew.
LATE_US = 1_000_000
# How long a transferred conversation is kept for the rep it was meant for.
HOLD_S = 60


@dataclass(slots=True)
class Asked:
    """An event on its way, and who waits for its outcome."""

    tenant_id: str
    event: events.Event | None  # None: only asks
    outcome: Callable[[Floor], Any]
    future: asyncio.Future[Any] | None


class Desk:
    """See the module."""

    def __init__(self, settings: Settings, store: Store, bus: Bus) -> None:
        self.settings = settings
        self.store = store
        self.bus = bus
        self.floors: dict[str, Floor] = {}
        self.grace_us = GRACE_US
        self._asked: list[Asked] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._away = False
        self._begun = False
        self._stopping = False
        self._stored_tickets: dict[str, tuple[Any, ...]] = {}  # with what few changes touch
        self._stored_reps: set[tuple[str, str]] = set()
        self._calendars: dict[tuple[str, str], Calendar] = {}
        self._places: dict[str, Places] = {}
        self._moved = asyncio.Event()
        self._telling: asyncio.Task[None] | None = None
        self._cancel: list[Callable[[], None]] = []

    # -- running -------------------------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Reads what waits and who is there, and goes on from it."""
        await self._restore()
        self._cancel = [
            self.bus.subscribe(queues.TOPIC, lambda _, changed: self.post(changed.tenant_id, changed.event)),
            self.bus.subscribe(calendars.TOPIC, lambda _, changed: self._keep_hours(changed)),
        ]
        self._telling = asyncio.create_task(self._tell_places(), name="desk-places")
        self._task = asyncio.create_task(self._run(), name="desk")
        self._wake.set()

    async def stop(self) -> None:
        """Writes what was decided, then ends. Idempotent."""
        while self._cancel:
            self._cancel.pop()()
        telling, self._telling = self._telling, None
        if telling is not None:
            telling.cancel()
            with suppress(asyncio.CancelledError):
                await telling
        task, self._task = self._task, None
        if task is not None:
            self._stopping = True
            self._wake.set()
            if self._away:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self._refuse()

    # -- customers -----------------------------------------------------------------------------------------------------------------------

    async def enter(
        self,
        tenant_id: str,
        conversation_id: str,
        channel: Channel = "chat",
        requirement: Any = None,
        priority: int = 0,
        reason: str | None = None,
        call_id: str | None = None,
        *,
        queue_id: str | None = None,
        ticket_id: str | None = None,
    ) -> Place:
        """A place in the queue. Who waits for this channel already keeps theirs. `requirement`: see `requirement.read`."""
        floor = await self._floor(tenant_id)
        row = await self.store.read(conversation.find, tenant_id, conversation_id)
        if row is None:
            raise NotFound("There is no such conversation.")
        if row.status != "open":
            raise Conflict("The conversation is closed.", code="closed")
        if (
            ticket_id is not None
            and not floor.find(conversation_id, channel)
            and await self.store.read(records.is_used, tenant_id, ticket_id)
        ):
            raise Conflict("This id has been used for another ticket.", code="ticket_id_used", pointer="/ticket_id")
        ticket = self._ticket(floor, conversation_id, row.customer_id, channel, queue_id, ticket_id)
        ticket.steps = (Step(0, read(requirement)),) if requirement is not None else ()
        ticket.priority, ticket.reason, ticket.call_id = priority, reason, call_id
        closed = self._closed(floor, ticket)
        return await self.ask(tenant_id, events.Enter(ticket, closed), lambda floor: self._entered(floor, ticket))

    async def leave(self, tenant_id: str, ticket_id: str, reason: str = "customer") -> bool:
        """Waits no longer. False where it did not: assigned, or over."""
        try:
            await self.ask(tenant_id, events.Leave(ticket_id, reason), lambda _: None)
        except (NotFound, Conflict):
            return False
        return True

    async def boost(self, tenant_id: str, conversation_id: str, points: int, reason: str) -> None:
        """More priority, if it waits."""
        await self.ask(tenant_id, events.Boost(conversation_id, points, reason), lambda _: None)

    async def callback(self, tenant_id: str, ticket_id: str, channel: Channel = "voice") -> Place:
        """The customer goes and keeps the place."""
        return await self.ask(tenant_id, events.Callback(ticket_id, channel), lambda floor: self._place(floor, ticket_id))

    async def keep_waiting(self, tenant_id: str, ticket_id: str) -> Place:
        """The customer goes on waiting."""
        return await self.ask(tenant_id, events.KeepWaiting(ticket_id), lambda floor: self._place(floor, ticket_id))

    # -- reps ----------------------------------------------------------------------------------------------------------------------------

    async def answer(self, tenant_id: str, ticket_id: str, rep_id: str, accepted: bool) -> None:
        """Accepts or declines an offer. NotFound, or Conflict where it is not (any longer) offered to this rep."""
        await self.ask(tenant_id, events.Answer(ticket_id, rep_id, accepted), lambda _: None)

    async def pick(self, tenant_id: str, ticket_id: str, rep_id: str) -> Place:
        """A rep claims somebody who waits. Conflict where another rep has it or is asked, or at the rep's capacity."""
        return await self.ask(tenant_id, events.Pick(ticket_id, rep_id), lambda floor: self._place(floor, ticket_id))

    async def take(self, tenant_id: str, rep_id: str, conversation_id: str, channel: Channel, *, force: bool = False) -> Place:
        """Books a rep's capacity for something that need not have waited. Conflict at their capacity, unless `force`."""
        floor = await self._floor(tenant_id)
        row = await self.store.read(conversation.find, tenant_id, conversation_id)
        if row is None:
            raise NotFound("There is no such conversation.")
        ticket = self._ticket(floor, conversation_id, row.customer_id, channel, None, None)

        def outcome(floor: Floor) -> Place:
            found = floor.find(conversation_id, channel)
            assert found is not None
            return self._place(floor, found.id)

        return await self.ask(tenant_id, events.Take(ticket, rep_id, force), outcome)

    async def finish(self, tenant_id: str, rep_id: str, conversation_id: str, channel: Channel) -> None:
        """A rep's work on it is over; wrap-up begins. Nothing where it is over already."""
        await self.ask(tenant_id, events.Finish(rep_id, conversation_id, channel), lambda _: None)

    async def transfer(
        self,
        tenant_id: str,
        ticket_id: str,
        *,
        queue_id: str | None = None,
        rep_id: str | None = None,
        hold_s: int = HOLD_S,
        requirement: Any = None,
    ) -> None:
        """Assigned work waits again: in another queue, first for one rep, or for another `requirement`."""
        steps = (Step(0, read(requirement)),) if requirement is not None else None
        event = events.Transfer(ticket_id, queue_id, rep_id, hold_s * 1_000_000, steps)
        await self.ask(tenant_id, event, lambda _: None)

    async def set_status(self, tenant_id: str, rep_id: str, status: Status, reason: str = "") -> None:
        """A rep is available, away or offline. Offline gives all their work back to the queue."""
        await self.ask(tenant_id, events.StatusSet(rep_id, status, reason), lambda _: None)

    async def end_wrap_up(self, tenant_id: str, rep_id: str) -> None:
        """A rep is through with their notes."""
        await self.ask(tenant_id, events.WrapUpDone(rep_id), lambda _: None)

    def connected(self, tenant_id: str, rep_id: str, name: str = "") -> None:
        """One more of a rep's sockets is there."""
        self.post(tenant_id, events.Connected(rep_id, name))

    def disconnected(self, tenant_id: str, rep_id: str) -> None:
        """One of a rep's sockets has gone. After `floor.GRACE_US` without any, what they had waits again."""
        self.post(tenant_id, events.Disconnected(rep_id))

    # -- looking -------------------------------------------------------------------------------------------------------------------------

    def floor(self, tenant_id: str) -> Floor:
        """The tenant's floor, to look at. What it says may be a moment ahead of the disk."""
        return self.floors.get(tenant_id) or Floor(tenant_id)

    def place(self, tenant_id: str, ticket_id: str) -> Place:
        """A ticket as it is now. NotFound where it has ended."""
        return self._place(self.floor(tenant_id), ticket_id)

    async def reception(self, tenant_id: str) -> Reception:
        """What whoever comes to the shop's first queue may expect."""
        floor, now_us = await self._floor(tenant_id), self.store.clock()
        queue = next(iter(floor.queues.values()))
        calendar = self._calendars.get((tenant_id, queue.hours_id)) if queue.hours_id is not None else None
        is_open = calendar is None or calendar.open_at(now_us)
        opens_us = calendar.next_opening(now_us) if calendar is not None and not is_open else None
        return Reception(is_open, any(rep.on_duty for rep in floor.reps.values()), rfc3339(opens_us) if opens_us is not None else None)

    async def rep(self, tenant_id: str, rep_id: str) -> RepView:
        """A rep as they are once everything that was asked before is done. NotFound where there is no such."""

        def outcome(floor: Floor) -> RepView:
            rep = floor.reps.get(rep_id)
            if rep is None:
                raise NotFound("There is no such rep.")
            return roster.view(rep)

        return await self.ask(tenant_id, None, outcome)

    async def _floor(self, tenant_id: str) -> Floor:
        """The tenant's floor, with at least one queue."""
        floor = self.floors.get(tenant_id)
        if floor is None or not floor.queues:
            views = await self.store.write(queues.at_least_one, tenant_id)
            floor = self.floors.get(tenant_id) or self._new_floor(tenant_id)
            for view in views:
                if view.id not in floor.queues:
                    self.post(tenant_id, events.QueueSet(queues.queue_of(view.id, view.name, view.settings)))
            await self.ask(tenant_id, None, lambda _: None)
        return floor

    def _new_floor(self, tenant_id: str) -> Floor:
        floor = self.floors[tenant_id] = Floor(tenant_id, grace_us=self.grace_us)
        return floor

    def _ticket(
        self, floor: Floor, conversation_id: str, customer_id: str, channel: Channel, queue_id: str | None, ticket_id: str | None
    ) -> Ticket:
        now_us = self.store.clock()
        return Ticket(
            id=ticket_id or new_id("tick"),
            conversation_id=conversation_id,
            customer_id=customer_id,
            queue_id=queue_id or next(iter(floor.queues)),
            channel=channel,
            entered_us=now_us,
            queued_us=now_us,
        )

    def _closed(self, floor: Floor, ticket: Ticket) -> Closed | None:
        """What happens outside the queue's hours, if it is; notes on the ticket when they begin."""
        queue = floor.queues.get(ticket.queue_id)
        calendar = self._calendars.get((floor.tenant_id, queue.hours_id)) if queue is not None and queue.hours_id is not None else None
        if queue is None or calendar is None or calendar.open_at(ticket.entered_us):
            return None
        ticket.opens_us = calendar.next_opening(ticket.entered_us)
        return queue.closed

    def _keep_hours(self, changed: calendars.CalendarSet) -> None:
        if changed.calendar is None:
            self._calendars.pop((changed.tenant_id, changed.hours_id), None)
        else:
            self._calendars[changed.tenant_id, changed.hours_id] = changed.calendar

    def _entered(self, floor: Floor, ticket: Ticket) -> Place:
        found = floor.find(ticket.conversation_id, ticket.channel)
        if found is None and ticket.state != "ended":
            raise Conflict("This id has been used for another ticket.", code="ticket_id_used", pointer="/ticket_id")
        return place_of(floor, found or ticket, self.store.clock())

    def _place(self, floor: Floor, ticket_id: str) -> Place:
        ticket = floor.tickets.get(ticket_id)
        if ticket is None:
            raise NotFound("There is no such ticket, or no longer.")
        return place_of(floor, ticket, self.store.clock())

    # -- the task ------------------------------------------------------------------------------------------------------------------------

    def post(self, tenant_id: str, event: events.Event | None, outcome: Callable[[Floor], Any] | None = None, future: Any = None) -> None:
        """An event that nobody waits for, unless there is a future for its `outcome`."""
        self._asked.append(Asked(tenant_id, event, outcome or (lambda _: None), future))
        self._wake.set()

    async def ask(self, tenant_id: str, event: events.Event | None, outcome: Callable[[Floor], T]) -> T:
        """An event (None: none, but after all before it) and what `outcome` says of the floor right after it, once that is on disk. The
        event's refusal otherwise."""
        if self._away or self._task is None:
            raise unavailable()
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.post(tenant_id, event, outcome, future)
        return await future

    async def _run(self) -> None:
        while not self._stopping or self._asked:
            await self._sleep()
            waiting: list[Waiter] = []
            try:
                batch = self._decide(waiting)
                if not batch.empty:
                    await self._commit(batch, waiting)
                    self._moved.set()
            except Exception:  # a fault of ours: what is on disk is right, so begin anew from there
                log.exception("The desk failed and begins anew")
                _fail(waiting, unavailable())
                await self._begin_anew()
            for future, value in waiting:
                if not future.done():
                    future.set_result(value)

    async def _tell_places(self) -> None:
        """Tells who waits where they are, soon after something has moved, and now and then, as time alone changes an eta."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(places.FAR_US / 1_000_000):
                    await self._moved.wait()
            self._moved.clear()
            now_us = self.store.clock()
            for tenant_id, floor in self.floors.items():
                for topic, note in self._places.setdefault(tenant_id, Places()).notes(floor, now_us):
                    self.bus.publish(topic, note)
            await asyncio.sleep(places.EVERY_US / 1_000_000)

    async def _begin_anew(self) -> None:
        sockets = {(tenant_id, rep.id): rep.sockets for tenant_id, floor in self.floors.items() for rep in floor.reps.values()}
        while True:
            try:
                await self._restore()
                break
            except Unavailable:
                self._away = True
                self._refuse()
                await asyncio.sleep(RETRY_MOST_S)
        self._away = False
        for (tenant_id, rep_id), count in sockets.items():
            for _ in range(count):
                self.post(tenant_id, events.Connected(rep_id))

    async def _restore(self) -> None:
        found = await restoring.restore(self.store, self.grace_us)
        self.floors, self._calendars = found.floors, found.calendars
        self._stored_tickets, self._stored_reps = found.tickets, found.reps
        self._begun = False

    async def _sleep(self) -> None:
        """Until there is something to decide."""
        timeouts = [due for floor in self.floors.values() if (due := floor.next_timeout()) is not None]
        delay_s = max(0, min(timeouts) - self.store.clock()) / 1_000_000 if timeouts else None
        with suppress(TimeoutError):
            async with asyncio.timeout(delay_s):
                await self._wake.wait()
        if len(self._asked) <= BATCH_MOST:
            self._wake.clear()

    def _decide(self, waiting: list[Waiter]) -> Batch:
        batch = Batch()
        asked, self._asked = self._asked[:BATCH_MOST], self._asked[BATCH_MOST:]
        now_us = self.store.clock()
        for floor in () if self._begun else self.floors.values():
            entries.add(batch.share(floor.tenant_id), floor, floor.begin(now_us), now_us)
        self._begun = True
        for floor in self.floors.values():
            due_us = floor.next_timeout()
            if due_us is not None and due_us <= now_us:
                entries.add(batch.share(floor.tenant_id), floor, floor.advance(now_us), now_us)
        for each in asked:
            floor = self.floors.get(each.tenant_id) or self._new_floor(each.tenant_id)
            try:
                if each.event is not None:
                    entries.add(batch.share(each.tenant_id), floor, floor.receive(each.event, now_us), now_us)
                value = each.outcome(floor)
            except RemoteError as error:
                if each.future is not None and not each.future.done():
                    each.future.set_exception(error)
                elif each.future is None:
                    log.warning("An event was refused: event=%s code=%s", type(each.event).__name__, error.code)
                continue
            if each.future is not None:
                waiting.append((each.future, value))
        for tenant_id, floor in self.floors.items():
            if floor.changed_tickets or floor.changed_reps:
                self._snapshot(batch.share(tenant_id), floor)
        return batch

    def _snapshot(self, share: records.Share, floor: Floor) -> None:
        for ticket in floor.changed_tickets.values():
            stored, place = self._stored_tickets.get(ticket.id), restoring.place_of(ticket)
            row = records.ticket_row(floor.tenant_id, ticket, new=stored is None)
            (share.new_tickets if stored is None else share.tickets).append(row)
            if stored is not None and stored != place:
                share.moved.append(row | records.moved(ticket))
            if ticket.state == "ended":
                self._stored_tickets.pop(ticket.id, None)
            else:
                self._stored_tickets[ticket.id] = place
        for rep in floor.changed_reps.values():
            new = (floor.tenant_id, rep.id) not in self._stored_reps
            (share.new_reps if new else share.reps).append(records.rep_row(floor.tenant_id, rep, new=new))
            self._stored_reps.add((floor.tenant_id, rep.id))
        floor.changed_tickets.clear()
        floor.changed_reps.clear()

    async def _commit(self, batch: Batch, waiting: list[Waiter]) -> None:
        """Until it is on disk and told. Whoever waits is refused at the first failure: nobody knows how long it takes."""
        delay_s = RETRY_LEAST_S
        began_us = self.store.clock()
        while True:
            try:
                await self.store.write(records.persist, batch)
                break
            except Unavailable as error:
                batch.tried = True
                self._away = True
                _fail(waiting, error)
                self._refuse()
                if self._stopping:
                    return
            except Exception:  # one conversation that is gone must not stop all the others
                log.exception("A batch of the desk cannot be written as a whole")
                await self._salvage(batch, waiting)
                break
            await asyncio.sleep(delay_s)
            delay_s = min(RETRY_MOST_S, delay_s * 2)
        self._away = False
        late_us = self.store.clock() - began_us
        if late_us > LATE_US:
            for floor in self.floors.values():
                for ticket in list(floor.tickets.values()):
                    if ticket.state == "offered" and ticket.offered_us >= began_us - LATE_US:
                        floor.extend_offer(ticket.id, ticket.expires_us + late_us)

    async def _salvage(self, batch: Batch, waiting: list[Waiter]) -> None:
        """Writes what can be written of a batch that fails as a whole, ticket by ticket; what cannot is forgotten."""
        gone = set()
        for ticket_id, part in records.split(batch):
            while True:
                try:
                    await self.store.write(records.persist, part)
                except Unavailable:
                    part.tried = True
                    await asyncio.sleep(RETRY_MOST_S)
                    continue
                except Exception:
                    log.exception("A ticket cannot be kept: ticket=%s", ticket_id)
                    gone.add(ticket_id)
                    for tenant_id in part.shares:
                        self.floors[tenant_id].discard(ticket_id)
                break
        for future, value in waiting:
            if isinstance(value, Place) and value.id in gone and not future.done():
                future.set_exception(NotFound("There is no such conversation."))

    def _refuse(self) -> None:
        """Whoever asks gets Unavailable; what nobody waits for stays."""
        kept = []
        for each in self._asked:
            if each.future is None:
                kept.append(each)
            elif not each.future.done():
                each.future.set_exception(unavailable())
        self._asked = kept


def _fail(waiting: list[Waiter], error: Exception) -> None:
    for future, _ in waiting:
        if not future.done():
            future.set_exception(error)
