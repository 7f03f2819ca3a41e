"""Matching: which waiting ticket goes to which free rep.

The rule, which the tests hold against a plain reading of it: the first ticket (by `ticket.key_of`) that some free and able rep may be
offered is
offered to the one of these whom its queue's strategy names; and again, until there is none.

After every event nothing is left that could be matched, so only what changed since can begin a match: `touch`ed reps and tickets that
were `put`. That makes an event cost O(g + log n), not O(n). For `floor`. Pure.
"""

from collections.abc import Callable, Iterator, Mapping

from signalling.routing.presence import Rep
from signalling.routing.queue import Queue
from signalling.routing.requirement import Requirement
from signalling.routing.strategy import STRATEGIES
from signalling.routing.ticket import Ticket, key_of
from signalling.routing.waiting import Waiting


class Matching:
    """See the module."""

    def __init__(self, reps: Mapping[str, Rep], queues: Mapping[str, Queue], order: Callable[[Ticket], object] = key_of) -> None:
        self.waiting = Waiting(order)
        self._reps = reps
        self._queues = queues
        self.on_duty: set[str] = set()
        self._free: set[str] = set()
        self._touched: set[str] = set()
        self._put: set[str] = set()

    def touch(self, rep: Rep) -> None:
        """A rep may have become free, or no longer be."""
        if rep.on_duty:
            self.on_duty.add(rep.id)
        else:
            self.on_duty.discard(rep.id)
        if rep.has_room:
            self._free.add(rep.id)
            self._touched.add(rep.id)
        else:
            self._free.discard(rep.id)
            self._touched.discard(rep.id)

    def put(self, ticket: Ticket, requirement: Requirement) -> None:
        """A ticket waits to be offered, or for somebody else than before."""
        self.waiting.put(ticket, requirement)
        self._put.add(ticket.id)

    def pairs(self) -> Iterator[tuple[Ticket, Rep]]:
        """What is to be offered to whom; offer each (which takes it from `waiting` and touches the rep) before asking for the next."""
        heads: dict[str, Ticket] = {}
        while self._touched or self._put:
            ticket = self._first(heads)
            if ticket is None:
                return
            free = (self._reps[rep_id] for rep_id in self._free)
            able = [rep for rep in free if rep.free(ticket.channel) and ticket.group.open_to(rep)]
            self._put.discard(ticket.id)
            if able:
                rep = min(able, key=STRATEGIES[self._queues[ticket.queue_id].strategy])
                heads.pop(rep.id, None)
                yield ticket, rep

    def _first(self, heads: dict[str, Ticket]) -> Ticket | None:
        """The first ticket that what changed could match. `heads`: what was found for touched reps before."""
        tickets = self.waiting.tickets
        first: Ticket | None = None
        for rep_id in tuple(self._touched):
            head = heads.get(rep_id)
            if head is None or head.group is None:
                head = self.waiting.first(self._reps[rep_id])
                if head is None:
                    self._touched.discard(rep_id)
                    heads.pop(rep_id, None)
                    continue
                heads[rep_id] = head
            if first is None or head.key < first.key:
                first = head
        for ticket_id in tuple(self._put):
            ticket = tickets.get(ticket_id)
            if ticket is None:
                self._put.discard(ticket_id)
            elif first is None or ticket.key < first.key:
                first = ticket
        return first
