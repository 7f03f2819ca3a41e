"""Two DTLS sessions and the network between them, in virtual time."""

import heapq
import itertools
import random
from collections.abc import Callable

from mediaserver.dtls import Certificate, DtlsSession, DtlsState
from mediaserver.dtls.keys import Role

# What the network does with the n-th datagram of a side: the delays after which copies of it arrive (none: lost).
Fate = Callable[[Role, int], list[float]]

DELAY_S = 0.02


def clean(_role: Role, _number: int) -> list[float]:
    return [DELAY_S]


def seeded(seed: int, *, loss: float, duplicate: float, jitter_s: float) -> Fate:
    chance = random.Random(seed)

    def fate(_role: Role, _number: int) -> list[float]:
        copies = 0 if chance.random() < loss else 2 if chance.random() < duplicate else 1
        return [DELAY_S + chance.random() * jitter_s for _ in range(copies)]

    return fate


class Pair:
    """A server and a client that know each other's certificate."""

    def __init__(self, server: Certificate, client: Certificate, fate: Fate = clean) -> None:
        self.sides: dict[Role, DtlsSession] = {
            "server": DtlsSession(server, "server", [client.fingerprint]),
            "client": DtlsSession(client, "client", [server.fingerprint]),
        }
        self.fate = fate
        self.now_s = 0.0
        self.sent: dict[Role, int] = {"server": 0, "client": 0}
        self.wire: list[tuple[float, int, Role, bytes]] = []
        self.sizes: list[int] = []
        self.order = itertools.count()

    @property
    def server(self) -> DtlsSession:
        return self.sides["server"]

    @property
    def client(self) -> DtlsSession:
        return self.sides["client"]

    @property
    def states(self) -> set[DtlsState]:
        return {self.server.state, self.client.state}

    def take(self) -> None:
        """Puts what both sides wrote on the wire."""
        for role, session in self.sides.items():
            other: Role = "client" if role == "server" else "server"
            for datagram in session.outgoing():
                for delay_s in self.fate(role, self.sent[role]):
                    heapq.heappush(self.wire, (self.now_s + delay_s, next(self.order), other, datagram))
                self.sent[role] += 1
                self.sizes.append(len(datagram))

    def run(self, until_s: float = 20.0, done: Callable[["Pair"], bool] | None = None) -> "Pair":
        """Lets time pass until both are connected (or `done`), something failed and the wire is empty, or `until_s`."""
        finished = done or (lambda pair: pair.states == {DtlsState.CONNECTED})
        self.client.start(self.now_s)
        self.take()
        while self.now_s < until_s and not finished(self):
            waits = [wait for session in self.sides.values() if (wait := session.next_timeout_s(self.now_s)) is not None]
            timer_s = self.now_s + max(min(waits), 0.005) if waits else float("inf")
            if self.wire and self.wire[0][0] <= timer_s:
                self.now_s, _, role, datagram = heapq.heappop(self.wire)
                self.sides[role].receive(datagram, self.now_s)
            elif waits:
                self.now_s = timer_s
                for session in self.sides.values():
                    session.handle_timeout(self.now_s)
            else:
                break
            self.take()
        return self
