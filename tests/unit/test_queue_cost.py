"""What an assignment costs as the queue grows: counted in comparisons and looks, not in time."""

import math
from functools import total_ordering
from typing import Any

from signalling.routing import events as e
from signalling.routing.floor import Floor
from signalling.routing.presence import Profile
from signalling.routing.queue import Queue
from signalling.routing.requirement import Step, parse
from signalling.routing.ticket import Ticket, key_of

CLASSES = [(Step(0, parse(text)),) for text in ("anybody", "billing >= 2", "language = de", "billing and language in (de, en)")]
ROUNDS = 50


@total_ordering
class Counted:
    """A key that counts how often it is compared."""

    compared = 0

    def __init__(self, key: Any) -> None:
        self.key = key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Counted) and self.key == other.key

    def __lt__(self, other: "Counted") -> bool:
        Counted.compared += 1
        return bool(self.key < other.key)

    def __getitem__(self, at: int) -> Any:
        return self.key[at]

    __hash__ = None  # type: ignore[assignment]  # a heap needs none


def steps_per_assignment(waiting: int) -> float:
    """Comparisons and looks for one round: work ends, the rep is given the next, somebody new comes."""
    floor = Floor("ten", order=lambda ticket: Counted(key_of(ticket)))
    floor.receive(e.QueueSet(Queue("que", auto_accept=frozenset({"chat"}), wrap_up_us={})), 0)
    for number in range(waiting):
        steps = CLASSES[number % len(CLASSES)]
        # Priorities, so that who comes does not simply come last.
        ticket = Ticket(f"t{number:07}", f"c{number}", "cust", "que", "chat", number, number, priority=number * 7919 % 11, steps=steps)
        floor.receive(e.Enter(ticket), number)
    floor.receive(e.ProfileSet(Profile("rep", skills={"billing": 3}, languages=frozenset({"de"}), capacity={"chat": 1})), waiting)
    floor.receive(e.StatusSet("rep", "available"), waiting)
    Counted.compared = floor.waiting.looked = 0
    now = waiting
    for number in range(ROUNDS):
        now += 1
        (work,) = floor.reps["rep"].work.values()
        decisions = floor.receive(e.Finish("rep", work.conversation_id, "chat"), now)
        assert len(decisions) == 2
        steps = CLASSES[number % len(CLASSES)]
        floor.receive(
            e.Enter(Ticket(f"u{number:07}", f"d{number}", "cust", "que", "chat", now, now, priority=number % 11, steps=steps)), now
        )
    return (Counted.compared + floor.waiting.looked) / ROUNDS


def test_an_assignment_costs_the_logarithm_of_who_waits() -> None:
    costs = {waiting: steps_per_assignment(waiting) for waiting in (100, 1_000, 10_000)}
    for waiting, cost in costs.items():
        assert cost < 8 * math.log2(waiting) + 20, costs
    # A hundred times as many wait: linear would cost a hundred times as much.
    assert costs[10_000] < 3 * costs[100], costs
