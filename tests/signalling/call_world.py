"""A shop's calls on a media server and a desk that do what the test says, and a clock that it moves."""

import asyncio
import dataclasses
import itertools
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest

from mediaserver.errors import Conflict, Unavailable
from signalling import tenants
from signalling.app import SignallingCore
from signalling.bus import Bus
from signalling.calling import records, steering, works
from signalling.calling.call import Call
from signalling.calling.calls import Calls
from signalling.calling.leg import Leg
from signalling.calling.media import Joined, Left, MediaEvent, Recorded, Sample, TrackChanged
from signalling.calling.plan import RoomPlan, room_name
from signalling.calling.views import CallView
from signalling.config import Settings
from signalling.conversation import conversation, timeline
from signalling.identity.caller import Caller
from signalling.ids import new_id
from signalling.routing.decisions import TOPIC, Assigned, Offered, OfferEnded
from signalling.routing.decisions import Left as TicketLeft
from signalling.times import SECOND_US
from tests.signalling.people import CUSTOMER, TENANT

DEADLINE_S = 30.0
OFFER_S = 20


class Clock:
    """Real time, plus what the test adds."""

    def __init__(self) -> None:
        self.ahead_us = 0

    def __call__(self) -> int:
        return time.time_ns() // 1000 + self.ahead_us


class FakeMedia:
    """Rooms as planned; people come and go when the test says."""

    def __init__(self) -> None:
        self.plans: dict[str, RoomPlan] = {}
        self.history: list[RoomPlan] = []
        self.inside: dict[str, set[str]] = {}
        self.quality: dict[str, Sample] = {}
        self.down = False
        self._listener: Callable[[MediaEvent], None] = lambda event: None

    def admit(self, room: str, identity: str, *, name: str, publish: bool, ttl_s: int) -> str:
        return f"{room}/{identity}/{'pub' if publish else 'sub'}"

    def ice_servers(self) -> list[dict[str, Any]]:
        return [{"urls": ["stun:stun.example:3478"]}]

    async def apply(self, plan: RoomPlan) -> None:
        if self.down:
            raise Unavailable("The media server is away.")
        self.history.append(plan)
        if plan.open:
            self.plans[plan.room] = plan
        else:
            self.plans.pop(plan.room, None)
        for leg in sorted(self.inside.get(plan.room, set()) - set(plan.places)):
            self.go(plan.room, leg)

    def present(self, room: str) -> frozenset[str]:
        return frozenset(self.inside.get(room, ()))

    async def samples(self, room: str) -> Mapping[str, Sample]:
        return {leg: sample for leg, sample in self.quality.items() if leg in self.inside.get(room, ())}

    async def stats(self, room: str) -> dict[str, Any]:
        return {"open": room in self.plans, "participants": [{"identity": each} for each in sorted(self.inside.get(room, ()))]}

    def watch(self, listener: Callable[[MediaEvent], None]) -> Callable[[], None]:
        self._listener = listener
        return lambda: None

    def come(self, room: str, leg: str) -> None:
        """With a token that is good: refused where the plan has no place for them."""
        if room not in self.plans or leg not in self.plans[room].places:
            raise Conflict("Not in this call.")
        self.inside.setdefault(room, set()).add(leg)
        self._listener(Joined(room, leg))
        self._listener(TrackChanged(room, leg, "audio", "camera", True))

    def go(self, room: str, leg: str) -> None:
        if leg in self.inside.get(room, ()):
            self.inside[room].discard(leg)
            self._listener(Left(room, leg))

    def saved(self, room: str, recording_id: str, *faults: str) -> None:
        self._listener(Recorded(room, recording_id, "rec_folder", not faults, faults))


@dataclasses.dataclass
class FakeTicket:
    id: str
    conversation_id: str
    channel: str
    call_id: str | None
    requirement: str | None
    state: str = "waiting"
    outcome: str = ""
    rep_id: str | None = None
    passed: set[str] = dataclasses.field(default_factory=set)


class FakeDesk:
    """One ticket for a conversation and channel, as the desk has; offered to `reps` in their order."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self.bus, self._clock = bus, clock
        self.reps: list[str] = []
        self.tickets: dict[str, FakeTicket] = {}
        self.finished: list[tuple[str, str]] = []
        self.closed = False

    @property
    def booked(self) -> list[tuple[str, str]]:
        """Who is busy with what."""
        return [(each.rep_id or "", each.channel) for each in self.tickets.values() if each.state == "assigned"]

    @property
    def waiting(self) -> list[FakeTicket]:
        return [each for each in self.tickets.values() if each.state in ("waiting", "offered")]

    def find(self, conversation_id: str, channel: str) -> FakeTicket | None:
        of = [each for each in self.tickets.values() if each.conversation_id == conversation_id and each.channel == channel]
        return next((each for each in of if each.state != "ended"), None)

    def _tell(self, kind: Any, ticket: FakeTicket, **more: Any) -> None:
        of = {"tenant_id": TENANT, "ticket_id": ticket.id, "conversation_id": ticket.conversation_id, "channel": ticket.channel}
        if kind is not TicketLeft:
            of |= {"rep_id": ticket.rep_id, "call_id": ticket.call_id}
        self.bus.publish(TOPIC, kind(**of, **more))

    async def enter(
        self, tenant_id: str, conversation_id: str, channel: str = "chat", requirement: Any = None, priority: int = 0,
        reason: str | None = None, call_id: str | None = None,
    ) -> FakeTicket:  # fmt: skip
        found = self.find(conversation_id, channel)
        if found is not None:
            return found
        ticket = FakeTicket(new_id("tick"), conversation_id, channel, call_id, requirement)
        self.tickets[ticket.id] = ticket
        if self.closed:
            ticket.state, ticket.outcome = "ended", "offline_message"
        else:
            self.offer(ticket)
        return ticket

    def offer(self, ticket: FakeTicket) -> None:
        """To the first who has not let it pass and is not busy."""
        busy = {each.rep_id for each in self.tickets.values() if each.state in ("assigned", "offered")}
        free = [rep for rep in self.reps if rep not in ticket.passed | busy]
        ticket.state, ticket.rep_id = "waiting", None
        if free:
            ticket.state, ticket.rep_id = "offered", free[0]
            self._tell(Offered, ticket, expires_at_us=self._clock() + OFFER_S * SECOND_US)

    def end_offer(self, ticket: FakeTicket, outcome: str) -> None:
        ticket.passed.add(ticket.rep_id or "")
        self._tell(OfferEnded, ticket, outcome=outcome)
        if outcome == "accepted":
            ticket.state = "assigned"
            self._tell(Assigned, ticket)
        elif outcome != "withdrawn":
            self.offer(ticket)

    def time_out(self, ticket_id: str) -> None:
        self.end_offer(self.tickets[ticket_id], "timeout")

    def give_up(self, ticket_id: str, reason: str) -> None:
        """As overflow does."""
        ticket = self.tickets[ticket_id]
        ticket.state = "ended"
        self._tell(TicketLeft, ticket, queue_id="queue", reason=reason, waited_us=0)

    async def leave(self, tenant_id: str, ticket_id: str, reason: str = "customer") -> bool:
        ticket = self.tickets.get(ticket_id)
        if ticket is None or ticket.state not in ("waiting", "offered"):
            return False
        if ticket.state == "offered":
            self.end_offer(ticket, "withdrawn")
        ticket.state, ticket.outcome = "ended", reason
        return True

    async def answer(self, tenant_id: str, ticket_id: str, rep_id: str, accepted: bool) -> None:
        ticket = self.tickets[ticket_id]
        if ticket.state != "offered" or ticket.rep_id != rep_id:
            raise Conflict("This offer is over.")
        self.end_offer(ticket, "accepted" if accepted else "declined")

    async def take(self, tenant_id: str, rep_id: str, conversation_id: str, channel: str = "chat", *, force: bool = False) -> FakeTicket:
        ticket = self.find(conversation_id, channel)
        if ticket is None:
            ticket = FakeTicket(new_id("tick"), conversation_id, channel, None, None)
            self.tickets[ticket.id] = ticket
        if ticket.state == "offered" and ticket.rep_id != rep_id:
            self.end_offer(ticket, "withdrawn")
        if (ticket.state, ticket.rep_id) != ("assigned", rep_id):
            ticket.state, ticket.rep_id = "assigned", rep_id
            self._tell(Assigned, ticket)
        return ticket

    async def transfer(
        self, tenant_id: str, ticket_id: str, *, queue_id: str | None = None, rep_id: str | None = None, hold_s: int = 60,
        requirement: Any = None,
    ) -> None:  # fmt: skip
        ticket = self.tickets[ticket_id]
        if ticket.state != "assigned":
            raise Conflict("Only assigned work can be transferred.")
        ticket.passed, ticket.requirement = {ticket.rep_id or ""}, requirement
        self.offer(ticket)

    async def finish(self, tenant_id: str, rep_id: str, conversation_id: str, channel: str) -> None:
        ticket = self.find(conversation_id, channel)
        if ticket is not None and (ticket.state, ticket.rep_id) == ("assigned", rep_id):
            ticket.state = "ended"
            self.finished.append((rep_id, channel))


class World:
    """See the module. Works as people, waits until everything that follows is done."""

    def __init__(self, settings: Settings, *, real_desk: bool = False) -> None:
        self.clock, self.media = Clock(), FakeMedia()
        self.settings = settings
        self.core: SignallingCore
        self.desk: FakeDesk
        self._real_desk = real_desk
        self._numbers = itertools.count()

    async def start(self) -> None:
        """A process begins; again: it begins anew on the same database."""
        self.core = SignallingCore(self.settings, self.media, clock=self.clock)
        self.desk = getattr(self, "desk", None) or FakeDesk(self.core.bus, self.clock)
        self.desk.bus = self.core.bus
        if not self._real_desk:
            self.calls.desk = self.desk
        await self.core.start()

    async def restart(self) -> None:
        await self.core.stop()
        self.media.inside.clear()
        self.media.plans.clear()
        await self.start()
        await self.settle()

    @property
    def calls(self) -> Calls:
        return self.core.services.calls

    async def settle(self) -> None:
        """Waits until what has been told is done, twice over: doing it may tell more."""
        async with asyncio.timeout(DEADLINE_S):
            for _ in range(2):
                while not await self.calls.settled():  # noqa: ASYNC110  # it asks the database, which tells no event
                    await asyncio.sleep(0.002)

    async def converse(self, rep: Caller | None = None, customer: Caller = CUSTOMER) -> str:
        made = await self.core.store.write(conversation.begin, TENANT, customer.id, customer.actor)
        if rep is not None:
            await self.core.store.write(self._assign, made.id, rep.id)
        return made.id

    @staticmethod
    def _assign(tx: Any, conversation_id: str, rep_id: str) -> None:
        from sqlalchemy import update

        from signalling.store.tables.conversation import conversations

        tx.execute(update(conversations).where(conversations.c.id == conversation_id).values(rep_id=rep_id))

    async def act(self, work: Callable[..., CallView], caller: Caller, *arguments: Any, **options: Any) -> CallView:
        """A work as somebody, and all that follows."""
        if work in (works.request, works.accept, steering.add, steering.transfer, steering.supervise):
            options.setdefault("times", self.calls.times)
        answer = await self.core.store.write(work, caller, *arguments, **options)
        await self.settle()
        return answer

    async def ask(self, conversation_id: str, caller: Caller = CUSTOMER, **options: Any) -> str:
        """Requests a call; its id."""
        call_id = new_id("call")
        await self.act(works.request, caller, conversation_id, call_id=call_id, **({"media": "voice"} | options))
        return call_id

    async def call(self, call_id: str) -> Call:
        return await self.core.store.read(records.load, TENANT, call_id, lock=False)

    async def leg(self, call_id: str, person: Caller) -> Leg:
        """Their last one."""
        return [leg for leg in (await self.call(call_id)).legs if leg.person_id == person.id][-1]

    def plan(self, call_id: str) -> RoomPlan:
        return self.media.plans[room_name(TENANT, call_id)]

    async def come(self, call_id: str, *people: Caller) -> None:
        """They get a token and enter the room."""
        for person in people:
            ticket = await self.calls.join(person, call_id, "http://here")
            self.media.come(ticket.room, ticket.identity)
        await self.settle()

    async def go(self, call_id: str, person: Caller) -> None:
        self.media.go(room_name(TENANT, call_id), (await self.leg(call_id, person)).id)
        await self.settle()

    async def wait(self, seconds: float) -> None:
        """Time passes."""
        self.clock.ahead_us += int(seconds * SECOND_US)
        await self.calls.tick()
        await self.settle()

    async def talking(self, rep: Caller, customer: Caller = CUSTOMER, **options: Any) -> str:
        """A call of a customer with a rep from the queue, both in the room; its id."""
        if rep.id not in self.desk.reps:
            self.desk.reps.append(rep.id)
        call_id = await self.ask(await self.converse(customer=customer), customer, to="queue", **options)
        await self.act(works.accept, rep, call_id)
        await self.come(call_id, customer, rep)
        return call_id

    async def entries(self, call_id: str) -> list[timeline.Entry]:
        """Of its conversation."""
        call = await self.call(call_id)
        return await self.core.store.read(timeline.read, TENANT, call.conversation_id)

    async def kinds(self, call_id: str) -> list[str]:
        return [entry.kind for entry in await self.entries(call_id)]


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    made = World(settings)
    await made.start()
    await made.core.store.write(tenants.create, TENANT, "Shop")
    yield made
    await made.core.stop()


@pytest.fixture
async def real_world(settings: Settings) -> AsyncIterator[World]:
    """With the desk as it is."""
    made = World(settings, real_desk=True)
    await made.start()
    await made.core.store.write(tenants.create, TENANT, "Shop")
    yield made
    await made.core.stop()
