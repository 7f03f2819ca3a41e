"""Whatever happens at a desk, in whatever order: nobody is stuck, overtaken, doubled or overloaded; decisions are those of a plain
reference.

Stateful, by hypothesis, in virtual time: joins, leaves, answers, timeouts, lost connections, transfers, statuses, settings, jumps of time.
"""

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mediaserver.errors import RemoteError
from signalling.routing import decisions as d
from signalling.routing import events as e
from signalling.routing.floor import ROUND_US, Floor
from signalling.routing.presence import Profile
from signalling.routing.queue import Overflow, Queue
from signalling.routing.requirement import Step, meets, parse
from signalling.routing.ticket import Ticket, key_of
from tests.oracle.plain_floor import PlainFloor, Refused

S = 1_000_000
REPS = [f"rep_{n}" for n in range(4)]
QUEUES = ["que_a", "que_b", "que_c"]
CONVERSATIONS = [f"conv_{n}" for n in range(12)]
REQUIREMENTS = [
    (),
    (Step(0, parse("billing")),),
    (Step(0, parse("billing >= 2 and language = de")), Step(30 * S, parse("billing")), Step(60 * S, parse("anybody"))),
]

reps = st.sampled_from(REPS)
queue_ids = st.sampled_from(QUEUES)
conversations = st.sampled_from(CONVERSATIONS)
channels = st.sampled_from(["chat", "voice", "video"])
waits = st.sampled_from([0, 1, 3, 5, 15, 20, 45, 90, 400])
profiles = st.builds(
    Profile,
    rep_id=reps,
    skills=st.dictionaries(st.just("billing"), st.integers(0, 3), max_size=1),
    languages=st.frozensets(st.sampled_from(["de", "en"])),
    capacity=st.fixed_dictionaries({"chat": st.integers(0, 3), "voice": st.integers(0, 1), "video": st.integers(0, 1)}),
    excludes=st.sampled_from([{}, {"voice": ("video",), "video": ("voice",)}, {"voice": ("chat", "video")}]),
)
overflows = st.lists(
    st.one_of(
        st.builds(Overflow, st.sampled_from([0, 10 * S, 60 * S]), st.just("queue"), queue_ids),
        st.builds(Overflow, st.sampled_from([5 * S, 60 * S]), st.sampled_from(["offer_callback", "voicemail"])),
    ),
    max_size=3,
).map(lambda chain: tuple(sorted(chain, key=lambda step: step.after_us)))
settings_of_queues = st.builds(
    Queue,
    id=queue_ids,
    strategy=st.sampled_from(["longest_idle", "round_robin", "least_busy"]),
    priority=st.integers(-1, 1),
    steps=st.sampled_from(REQUIREMENTS),
    overflow=overflows,
    offer_us=st.just(20 * S),
    away_after=st.integers(1, 3),
    auto_accept=st.sampled_from([frozenset(), frozenset({"chat"})]),
    wrap_up_us=st.sampled_from([{}, {"voice": 15 * S, "chat": 5 * S}]),
)


class Desk(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000_000 * S
        self.floor = Floor("ten")
        self.plain = PlainFloor("ten")
        self.count = 0
        self.forced = False
        self.with_rep: dict[str, str] = {}

    def both(self, event: Any, twin: Any = None) -> None:
        """The event to the floor and (as `twin`, where it carries a ticket) to the reference."""
        self.time(0)
        try:
            expected = self.plain.receive(twin or event, self.now)
        except Refused:
            expected = None
        try:
            found = self.floor.receive(event, self.now)
        except RemoteError:
            found = None
        assert found == expected
        self.account(found or [])

    def time(self, seconds: int) -> None:
        self.now += seconds * S
        found = self.floor.advance(self.now)
        assert found == self.plain.advance(self.now)
        self.account(found)

    def account(self, decisions: list[Any]) -> None:
        """Nothing is with two reps: what is offered or assigned is with nobody else."""
        for decision in decisions:
            match decision:
                case d.Offered():
                    assert decision.ticket_id not in self.with_rep
                    self.with_rep[decision.ticket_id] = decision.rep_id
                case d.Assigned():
                    assert self.with_rep.get(decision.ticket_id) is None
                    self.with_rep[decision.ticket_id] = decision.rep_id
                case d.OfferEnded() | d.Finished():
                    assert self.with_rep.pop(decision.ticket_id) == decision.rep_id
                case d.Entered() if decision.again:
                    self.with_rep.pop(decision.ticket_id, None)
                case d.Left():
                    assert decision.ticket_id not in self.with_rep

    def some_ticket(self, number: int) -> str:
        ids = sorted(self.floor.tickets)
        return ids[number % len(ids)] if ids else "tick_none"

    def ticket(self, conversation: str, channel: Any, queue: str, priority: int, steps: Any) -> tuple[Ticket, Ticket]:
        self.count += 1

        def made() -> Ticket:
            return Ticket(
                f"tick_{self.count:05}",
                conversation,
                "cust",
                queue,
                channel,
                self.now,
                self.now,
                priority=priority,
                steps=steps,
                call_id="call",
            )

        return made(), made()

    @initialize(queues=st.lists(settings_of_queues, min_size=1, max_size=3), people=st.lists(profiles, max_size=4))
    def open(self, queues: list[Queue], people: list[Profile]) -> None:
        for queue in queues:
            self.both(e.QueueSet(queue))
        for profile in people:
            self.both(e.ProfileSet(profile))
            self.both(e.StatusSet(profile.rep_id, "available"))

    @rule(
        conversation=conversations,
        channel=channels,
        queue=queue_ids,
        priority=st.integers(-2, 2),
        steps=st.sampled_from(REQUIREMENTS),
        closed=st.sampled_from([None, None, None, "offer_callback", "offline_message"]),
    )
    def enter(self, conversation: str, channel: Any, queue: str, priority: int, steps: Any, closed: Any) -> None:
        mine, theirs = self.ticket(conversation, channel, queue, priority, steps)
        self.both(e.Enter(mine, closed), e.Enter(theirs, closed))

    @rule(rows=st.lists(st.tuples(channels, queue_ids, st.integers(-2, 2), st.integers(0, 2), st.integers(0, 9)), min_size=4, max_size=10))
    def rush(self, rows: list[tuple[Any, str, int, int, int]]) -> None:
        """Many come while nobody is there, so that those who come back find a choice."""
        for rep in REPS:
            self.both(e.StatusSet(rep, "away"))
        for number, (channel, queue, priority, steps, seconds) in enumerate(rows):
            mine, theirs = self.ticket(CONVERSATIONS[number], channel, queue, priority, REQUIREMENTS[steps])
            self.both(e.Enter(mine), e.Enter(theirs))
            self.time(seconds)
        for rep in REPS:
            self.both(e.StatusSet(rep, "available"))

    @rule(number=st.integers(0, 30))
    def leave(self, number: int) -> None:
        self.both(e.Leave(self.some_ticket(number), "customer"))

    @rule(number=st.integers(0, 30), accepted=st.booleans())
    def answer(self, number: int, accepted: bool) -> None:
        offers = sorted(t.id for t in self.floor.tickets.values() if t.state == "offered")
        if offers:
            ticket = self.floor.tickets[offers[number % len(offers)]]
            self.both(e.Answer(ticket.id, str(ticket.rep_id), accepted))

    @rule(number=st.integers(0, 30), rep=reps, accepted=st.booleans())
    def answer_of_anybody(self, number: int, rep: str, accepted: bool) -> None:
        self.both(e.Answer(self.some_ticket(number), rep, accepted))

    @rule(number=st.integers(0, 30))
    def finish(self, number: int) -> None:
        work = sorted(t.id for t in self.floor.tickets.values() if t.state == "assigned")
        if work:
            ticket = self.floor.tickets[work[number % len(work)]]
            self.both(e.Finish(str(ticket.rep_id), ticket.conversation_id, ticket.channel))

    @rule(
        number=st.integers(0, 30),
        queue=st.one_of(st.none(), queue_ids),
        rep=st.one_of(st.none(), reps),
        hold=st.sampled_from([0, 30]),
        steps=st.one_of(st.none(), st.sampled_from(REQUIREMENTS)),
    )
    def transfer(self, number: int, queue: str | None, rep: str | None, hold: int, steps: Any) -> None:
        self.both(e.Transfer(self.some_ticket(number), queue, rep, hold * S, steps))

    @rule(number=st.integers(0, 30), rep=reps)
    def pick(self, number: int, rep: str) -> None:
        self.both(e.Pick(self.some_ticket(number), rep))

    @rule(conversation=conversations, channel=channels, queue=queue_ids, rep=reps, force=st.booleans())
    def take(self, conversation: str, channel: Any, queue: str, rep: str, force: bool) -> None:
        self.forced |= force
        mine, theirs = self.ticket(conversation, channel, queue, 0, ())
        self.both(e.Take(mine, rep, force), e.Take(theirs, rep, force))

    @rule(conversation=conversations, points=st.integers(-3, 3))
    def boost(self, conversation: str, points: int) -> None:
        self.both(e.Boost(conversation, points, "trouble"))

    @rule(number=st.integers(0, 30), channel=st.sampled_from(["voice", "video"]))
    def callback(self, number: int, channel: Any) -> None:
        self.both(e.Callback(self.some_ticket(number), channel))

    @rule(number=st.integers(0, 30))
    def keep_waiting(self, number: int) -> None:
        self.both(e.KeepWaiting(self.some_ticket(number)))

    @rule(rep=reps, status=st.sampled_from(["available", "available", "available", "away", "offline"]))
    def set_status(self, rep: str, status: Any) -> None:
        self.both(e.StatusSet(rep, status))

    @rule(rep=reps, kind=st.sampled_from([e.Connected, e.Disconnected, e.WrapUpDone]))
    def presence(self, rep: str, kind: Any) -> None:
        self.both(kind(rep))

    @rule(profile=profiles)
    def profile(self, profile: Profile) -> None:
        # Lower capacity than present work is no fault of the matcher's.
        rep = self.floor.reps.get(profile.rep_id)
        self.forced |= rep is not None and bool(rep.work)
        self.both(e.ProfileSet(profile))

    @rule(queue=settings_of_queues)
    def queue(self, queue: Queue) -> None:
        self.both(e.QueueSet(queue))

    @rule(queue=queue_ids, to=queue_ids)
    def remove_queue(self, queue: str, to: str) -> None:
        self.both(e.QueueRemoved(queue, to))

    @rule(seconds=waits)
    def wait(self, seconds: int) -> None:
        self.time(seconds)

    @rule()
    def wait_until_something_is_due(self) -> None:
        due = self.floor.next_timeout()
        if due is not None:
            self.now = max(self.now, due)
            self.time(0)

    @invariant()
    def nobody_waits_while_a_rep_is_free_who_may_be_offered_them(self) -> None:
        for ticket in self.floor.tickets.values():
            if ticket.state != "waiting":
                continue
            required = [steps for steps in (self.floor.queues[ticket.queue_id].steps, ticket.steps) if steps]
            now = [[step for step in steps if ticket.entered_us + step.after_us <= self.now][-1].requirement for steps in required]
            for rep in self.floor.reps.values():
                able = all(meets(each, rep.profile.skills, rep.profile.languages) for each in now)
                kept = rep.id in ticket.passed or ticket.direct not in (None, rep.id)
                assert not (able and not kept and rep.free(ticket.channel)), (ticket, rep)
            # Who is passed over, or waits for one rep alone, does so for a bounded time.
            assert not ticket.passed or (ticket.round_us is not None and self.now < ticket.round_us <= self.now + ROUND_US)
            assert ticket.direct is None or ticket.direct_us > self.now

    @invariant()
    def nobody_has_more_than_their_capacity(self) -> None:
        for rep in self.floor.reps.values():
            load = Counter(t.channel for t in self.floor.tickets.values() if t.rep_id == rep.id)
            assert {name: count for name, count in rep.load.items() if count} == dict(load)
            if not self.forced:
                assert all(count <= rep.profile.capacity[channel] for channel, count in load.items())

    @invariant()
    def books_agree(self) -> None:
        places = {t.id for t in self.floor.tickets.values() if t.state in ("waiting", "offered")}
        assert sum(map(len, self.floor.waiting.queues.values())) == len(places)
        assert set(self.floor.waiting.tickets) == {t.id for t in self.floor.tickets.values() if t.state == "waiting"}
        for queue_id, keys in self.floor.waiting.queues.items():
            assert keys == sorted(key_of(t) for t in self.floor.tickets.values() if t.queue_id == queue_id and t.id in places)
        assert {t.id: t.rep_id for t in self.floor.tickets.values() if t.rep_id} == self.with_rep
        dues = self.plain.dues()
        assert self.floor.next_timeout() == (dues[0][0] if dues else None)


TestDesk = Desk.TestCase
TestDesk.settings = settings(
    max_examples=80, stateful_step_count=50, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
