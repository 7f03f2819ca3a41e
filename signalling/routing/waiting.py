"""Who waits, so that the first one for any rep is found in the logarithm of how many there are.

Tickets that the same reps may be offered are one group: same requirement (after relaxation), channel, rep it is kept for, reps who passed.
A group is a heap by `ticket.key_of`; a ticket that left or moved is skipped when it comes up (lazy deletion), and a heap that is mostly
such tickets is made anew. Each queue also keeps all its keys in order, for positions.

For `floor`. Costs, n waiting and g groups: put and take O(log n) comparisons; `first` O(g + log n) amortised; position O(log n).
(`bisect.insort` moves memory besides: 80 kB at 10,000, which is 3 us.)
"""

import heapq
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from signalling.routing.presence import Rep
from signalling.routing.requirement import Requirement
from signalling.routing.ticket import Channel, Ticket, key_of

# Below this, dead tickets in a heap cost less than making it anew.
COMPACT_LEAST = 64

GroupKey = tuple[int, Channel, str | None, frozenset[str]]


@dataclass(slots=True, eq=False)
class Group:
    """See the module."""

    name: GroupKey
    requirement: Requirement
    heap: list[tuple[Any, str]] = field(default_factory=list)
    live: int = 0

    def open_to(self, rep: Rep) -> bool:
        """Whether its tickets may be offered to this rep, were they free."""
        number, _, direct, passed = self.name
        return (direct is None or direct == rep.id) and rep.id not in passed and rep.meets(number, self.requirement)


class Waiting:
    """See the module. `order`: the key of a ticket; replaced by tests that count comparisons."""

    def __init__(self, order: Callable[[Ticket], Any] = key_of) -> None:
        self._order = order
        self._classes: dict[Requirement, int] = {}
        self.groups: dict[GroupKey, Group] = {}
        self.tickets: dict[str, Ticket] = {}  # in groups: to be offered
        self.queues: dict[str, list[Any]] = {}  # keys of all that have a place, offered ones included
        self.looked = 0  # groups and heap tops looked at, for tests

    def __iter__(self) -> Iterator[Ticket]:
        return iter(self.tickets.values())

    def number(self, requirement: Requirement) -> int:
        """Of its class: what `Rep.meets` remembers answers by."""
        return self._classes.setdefault(requirement, len(self._classes))

    def put(self, ticket: Ticket, requirement: Requirement) -> None:
        """To be offered, to whoever meets `requirement`. Takes it from where it was."""
        self.take(ticket)
        name: GroupKey = (self.number(requirement), ticket.channel, ticket.direct, ticket.passed)
        group = self.groups.get(name)
        if group is None:
            group = self.groups[name] = Group(name, requirement)
        assert ticket.key is not None, "place() first"
        ticket.group = group
        group.live += 1
        heapq.heappush(group.heap, (ticket.key, ticket.id))
        self.tickets[ticket.id] = ticket

    def take(self, ticket: Ticket) -> None:
        """No longer to be offered. Nothing where it was not."""
        group: Group | None = ticket.group
        if group is None:
            return
        ticket.group = None
        del self.tickets[ticket.id]
        group.live -= 1
        if group.live == 0:
            del self.groups[group.name]
        elif len(group.heap) > COMPACT_LEAST and len(group.heap) > 2 * group.live:
            group.heap = list({each for each in group.heap if self._alive(group, each)})
            heapq.heapify(group.heap)

    def place(self, ticket: Ticket) -> None:
        """Gives it its place in its queue (again, where its key or queue is another)."""
        self.leave(ticket)
        ticket.key = self._order(ticket)
        insort(self.queues.setdefault(ticket.queue_id, []), ticket.key)

    def leave(self, ticket: Ticket) -> None:
        """Gives up its place. `queue_id` is still the one it was placed with."""
        self.take(ticket)
        if ticket.key is not None:
            keys = self.queues[ticket.queue_id]
            del keys[bisect_left(keys, ticket.key)]
            ticket.key = None

    def position(self, ticket: Ticket) -> int:
        """1: the next of its queue."""
        return bisect_left(self.queues[ticket.queue_id], ticket.key) + 1

    def length(self, queue_id: str) -> int:
        """How many have a place there."""
        return len(self.queues.get(queue_id, ()))

    def first(self, rep: Rep) -> Ticket | None:
        """The first ticket, over all queues, that this rep may be offered now."""
        found: tuple[Any, str] | None = None
        for group in self.groups.values():
            self.looked += 1
            if not rep.free(group.name[1]) or not group.open_to(rep):
                continue
            top = self._top(group)
            if found is None or top < found:
                found = top
        return None if found is None else self.tickets[found[1]]

    def _top(self, group: Group) -> tuple[Any, str]:
        heap = group.heap
        while not self._alive(group, heap[0]):
            self.looked += 1
            heapq.heappop(heap)
        return heap[0]

    def _alive(self, group: Group, entry: tuple[Any, str]) -> bool:
        ticket = self.tickets.get(entry[1])
        return ticket is not None and ticket.group is group and ticket.key == entry[0]
