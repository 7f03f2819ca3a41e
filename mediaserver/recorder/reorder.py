"""Packets of one stream in their order, repaired ones waited for: a pure function of (packets, now).

Called by `track`. Extended sequence numbers come from the engine, which asks for what is missing (NACK); what does not come within
WAIT_US is given up. Invariants: numbers only grow on the way out; no more than WAIT_US of packets is held.
"""

from dataclasses import dataclass
from heapq import heappop, heappush

__all__ = ["WAIT_US", "Packet", "Reorder"]

# A repair takes up to five tries of NACK over a long path; longer, and what is behind the hole would be lost when the process is killed.
WAIT_US = 1_000_000


@dataclass(frozen=True, slots=True, order=True)
class Packet:
    """An RTP packet. `missed`: how many numbers before it were given up."""

    seq64: int
    arrived_us: int
    timestamp: int
    marker: bool
    payload: bytes
    missed: int = 0


class Reorder:
    """See the module."""

    __slots__ = ("_heap", "_next")

    def __init__(self) -> None:
        self._heap: list[Packet] = []
        self._next = 0  # the number that comes next; 0: nothing came yet

    def put(self, packet: Packet) -> None:
        """Takes a packet in; one that is too late is forgotten."""
        if packet.seq64 >= self._next:
            heappush(self._heap, packet)

    def take(self, now_us: int) -> list[Packet]:
        """The packets whose turn it is."""
        out: list[Packet] = []
        while self._heap:
            first = self._heap[0]
            if first.seq64 < self._next:  # a duplicate
                heappop(self._heap)
                continue
            if self._next and first.seq64 > self._next and not self._waited(now_us):
                break
            heappop(self._heap)
            missed = first.seq64 - self._next if self._next else 0
            self._next = first.seq64 + 1
            out.append(first if not missed else Packet(first.seq64, first.arrived_us, first.timestamp, first.marker, first.payload, missed))
        return out

    def _waited(self, now_us: int) -> bool:
        """Whether some packet behind the hole has waited long enough; in the heap's order a late one may stand behind newer ones."""
        return any(now_us - packet.arrived_us >= WAIT_US for packet in self._heap)

    def flush(self) -> list[Packet]:
        """Everything that waits, for the end."""
        return self.take(1 << 62)
