"""A UDP relay between clients and the server that loses, delays and reorders what passes: a bad network on loopback.

Put its `endpoint` into the server's `announced_addresses` and the server's own address into `target`. Every client gets a socket
of its own towards the server, so the server sees as many addresses as there are. For interop and browser tests; virtual-time tests
have no sockets.

Invariant: the fate of the n-th datagram of the m-th client in one direction depends on the seed and the impairment alone.
"""

import asyncio
import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

Address = tuple[str, int]

# A key frame arrives as one burst, and the relay shares its core with encoders.
RECEIVE_BUFFER_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Impairment:
    """`loss` and `reorder` are shares of the datagrams (0 to 1); a reordered one arrives `hold_s` later than those around it."""

    loss: float = 0.0
    delay_s: float = 0.0
    reorder: float = 0.0
    hold_s: float = 0.03


@dataclass(slots=True)
class Tally:
    """What became of one direction's datagrams."""

    forwarded: int = 0
    lost: int = 0
    reordered: int = 0


class _Direction:
    """One client's way to the server, or back."""

    __slots__ = ("_random", "_send", "_tally")

    def __init__(self, seed: str, tally: Tally, send: Any) -> None:
        self._random = random.Random(seed)
        self._tally = tally
        self._send = send

    def carry(self, datagram: bytes, impairment: Impairment) -> None:
        # Both drawn every time, so that one setting does not shift the other's sequence.
        lost, reordered = self._random.random() < impairment.loss, self._random.random() < impairment.reorder
        if lost:
            self._tally.lost += 1
            return
        self._tally.forwarded += 1
        self._tally.reordered += reordered
        delay_s = impairment.delay_s + (impairment.hold_s if reordered else 0.0)
        if delay_s > 0:
            asyncio.get_running_loop().call_later(delay_s, self._send, datagram)
        else:
            self._send(datagram)


class _Upstream(asyncio.DatagramProtocol):
    """A client's socket towards the server."""

    def __init__(self, relay: "Relay", client: Address, number: int) -> None:
        self._relay, self._number = relay, number
        self._waiting: list[bytes] = []  # until the socket is there
        self._transport: asyncio.DatagramTransport | None = None
        self.up = _Direction(f"{relay.seed} {number} up", relay.sent_up, self._send)
        self.down = _Direction(f"{relay.seed} {number} down", relay.sent_down, lambda data: relay.send(data, client))

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        for datagram in self._waiting:
            transport.sendto(datagram)
        self._waiting.clear()

    def datagram_received(self, data: bytes, address: Any) -> None:
        self.down.carry(data, self.impairment(self._relay.down))

    def impairment(self, usual: Impairment) -> Impairment:
        return Impairment() if self._number < self._relay.spared else usual

    def error_received(self, error: OSError) -> None:
        """The server's socket is gone (ICMP port unreachable): for a network that is loss."""

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def _send(self, datagram: bytes) -> None:
        if self._transport is None:
            self._waiting.append(datagram)
        else:
            self._transport.sendto(datagram)


class Relay(asyncio.DatagramProtocol):
    """`up` (clients to server) and `down` may be changed at any time; the first `spared` clients have a good network whatever they say."""

    def __init__(self, seed: int, up: Impairment, down: Impairment) -> None:
        self.seed, self.up, self.down = seed, up, down
        self.spared = 0
        self.sent_up, self.sent_down = Tally(), Tally()
        self.target: Address = ("127.0.0.1", 0)
        self.host, self.port = "", 0
        self._transport: asyncio.DatagramTransport | None = None
        self._upstreams: dict[Address, _Upstream] = {}
        self._opening: set[asyncio.Task[Any]] = set()

    @property
    def endpoint(self) -> str:
        """For `announced_addresses`."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def clients(self) -> int:
        return len(self._upstreams)

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self.host, self.port = transport.get_extra_info("sockname")[:2]
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)

    def datagram_received(self, data: bytes, address: Any) -> None:
        client = (address[0], address[1])
        upstream = self._upstreams.get(client)
        if upstream is None:
            upstream = self._upstreams[client] = _Upstream(self, client, len(self._upstreams))
            opening = asyncio.create_task(self._open(upstream))
            self._opening.add(opening)
            opening.add_done_callback(self._opening.discard)
        upstream.up.carry(data, upstream.impairment(self.up))

    def send(self, data: bytes, client: Address) -> None:
        if self._transport is not None:
            self._transport.sendto(data, client)

    def close(self) -> None:
        for upstream in self._upstreams.values():
            upstream.close()
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    async def _open(self, upstream: _Upstream) -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: upstream, remote_addr=self.target)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        if self._transport is None:  # closed meanwhile
            transport.close()


@asynccontextmanager
async def relaying(
    *, seed: int = 1, up: Impairment | None = None, down: Impairment | None = None, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[Relay]:
    """A running relay on a free port; `target` is yet to be set."""
    relay = Relay(seed, up or Impairment(), down or Impairment())
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: relay, local_addr=(host, port))
    try:
        yield relay
    finally:
        relay.close()
