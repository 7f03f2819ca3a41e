"""What networks do to a stream of packets, as numbers: for each packet when it was sent and how long it took, or that it was lost.

Generators of kinds of networks, each a pure function of (name, seed, number of packets): `loss5@3` is the fourth draw of `loss5`. TWELVE
are the kinds that the benchmark shows by default; OTHERS vary what those hold fixed (how much, how often, when), to see that nothing was
fitted to them. Written for one sender of 20 ms frames; times in ms of the receiver's clock.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from bench.jitter.arrivals import FRAME_MS, Arrivals, packet

Times = NDArray[np.float64]
LOST = np.nan


@dataclass(frozen=True, slots=True)
class Network:
    """One draw. `delay_ms` is NaN for a lost packet."""

    name: str
    send_ms: Times
    delay_ms: Times

    @property
    def lossy(self) -> bool:
        return bool(np.isnan(self.delay_ms).any())

    def carry(self, payloads: list[bytes]) -> Arrivals:
        """The stream as it arrives; payloads repeat from the start when there are fewer than packets."""
        came = np.flatnonzero(~np.isnan(self.delay_ms))
        at_us = np.round((self.send_ms[came] + self.delay_ms[came]) * 1000).astype(int)
        arrivals = [(int(us), packet(int(n), payloads[n % len(payloads)])) for us, n in zip(at_us, came, strict=True)]
        return sorted(arrivals, key=lambda arrival: arrival[0])


def in_order(send: Times, delay: Times, gap_ms: float = 0.3) -> Times:
    """The same delays behind one queue: no packet overtakes another, and they leave it this far apart. Losses do not queue."""
    out, free = delay.copy(), -np.inf
    for n in np.flatnonzero(~np.isnan(delay)):
        free = max(send[n] + delay[n], free + gap_ms)
        out[n] = free - send[n]
    return out


def lose(chance: Generator, delay: Times, share: float, burst: float = 1.0) -> Times:
    """Without that share of the packets; lost ones come in runs of `burst` in the mean (Gilbert's two-state chain)."""
    leave = 1 / burst
    enter = share * leave / (1 - share)
    out, bad = delay.copy(), False
    for n, draw in enumerate(chance.random(len(delay))):
        bad = draw >= leave if bad and burst > 1 else draw < (share if burst == 1 else enter)
        if bad:
            out[n] = LOST
    return out


def held(send: Times, delay: Times, start_ms: float, length_ms: float) -> None:
    """Nothing comes through for a while; what was sent meanwhile comes at its end."""
    stalled = (send >= start_ms) & (send < start_ms + length_ms)
    delay[stalled] = np.maximum(delay[stalled], start_ms + length_ms - send[stalled] + delay[stalled])


def bell(chance: Generator, send: Times, mean_ms: float, deviation_ms: float) -> Times:
    return np.maximum(1.0, chance.normal(mean_ms, deviation_ms, len(send)))


def tail(chance: Generator, send: Times, base_ms: float, mean_ms: float) -> Times:
    return base_ms + chance.exponential(mean_ms, len(send))


def stalls(chance: Generator, send: Times, every_ms: float, length_ms: float) -> Times:
    """A radio that pauses for this long about every so often; delays of 10 ms and a little between."""
    delay = tail(chance, send, 10, 3)
    at = every_ms
    while at < send[-1]:
        held(send, delay, at + chance.uniform(-0.1, 0.1) * every_ms, length_ms)
        at += every_ms
    return in_order(send, delay, 0.8)


def detour(chance: Generator, send: Times, extra_ms: float, base_ms: float = 30) -> Times:
    """A longer route from second 20 to second 42; packets overtake those still on it when it ends."""
    return tail(chance, send, base_ms, 2) + np.where((send >= 20_000) & (send < 42_000), extra_ms, 0.0)


def reorder(chance: Generator, send: Times, share: float) -> Times:
    """That share of the packets is overtaken by one to three others."""
    delay = tail(chance, send, 30, 1)
    return delay + np.where(chance.random(len(send)) < share, chance.uniform(25, 65, len(send)), 0.0)


def mobile(chance: Generator, send: Times) -> Times:
    """A mobile network: a queue that swells and drains every 11 s, a handover of 300 ms after half a minute, 1 % loss."""
    delay = 40 + 35 * np.clip(np.sin(send * (2 * np.pi / 11_000)), 0, None) + chance.gamma(1.2, 8, len(send))
    start = 33_000 + chance.uniform(-500, 500)
    held(send, delay, start, 300)
    return lose(chance, in_order(send, delay, 0.5), 0.01)


def detours(chance: Generator, send: Times) -> Times:
    """A new route every 5 to 9 s, each with its own base delay of 20 to 400 ms."""
    delay, at = tail(chance, send, 0, 2), 0.0
    while at < send[-1]:
        length = chance.uniform(5000, 9000)
        delay[(send >= at) & (send < at + length)] += chance.uniform(20, 400)
        at += length
    return delay


def bloat(chance: Generator, send: Times) -> Times:
    """Somebody else's download: every 12 s the queue fills to 400 ms within 4 s and drains within 2 s."""
    phase = send % 12_000
    return in_order(send, tail(chance, send, 25, 3) + np.interp(phase, [0, 4000, 6000, 12_000], [0, 400, 0, 0]))


def worsening(chance: Generator, send: Times) -> Times:
    """Calm for half a minute, then jitter of 30 ms: what was learned no longer holds."""
    calm = tail(chance, send, 30, 1)
    return in_order(send, np.where(send < 30_000, calm, 60 + np.abs(chance.normal(0, 30, len(send)))))


def outage(chance: Generator, send: Times) -> Times:
    """Two seconds in which everything is lost, after half a minute."""
    delay = tail(chance, send, 30, 2)
    delay[(send >= 30_000) & (send < 32_000)] = LOST
    return delay


def bundles(chance: Generator, send: Times) -> Times:
    """A link that sends three packets at a time, every 60 ms."""
    return in_order(send, tail(chance, send, 20, 1) + (60 - send % 60) % 60)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of network. `loops`: how often the speech is repeated; `ppm`: by how much the sender's clock is fast."""

    about: str
    delays: Callable[[Generator, Times], Times]
    loops: int = 1
    ppm: float = 0.0


TWELVE = {
    "clean": Kind("5 ms, always", lambda c, s: np.full(len(s), 5.0)),
    "constant30": Kind("30 ms, always", lambda c, s: np.full(len(s), 30.0)),
    "jitter20": Kind("60 ms, deviation 20, overtaking", lambda c, s: bell(c, s, 60, 20)),
    "jitter20-ordered": Kind("the same behind a queue", lambda c, s: in_order(s, bell(c, s, 60, 20))),
    "wifi200": Kind("stalls of 200 ms every 3 s", lambda c, s: stalls(c, s, 3000, 200)),
    "loss5": Kind("5 % lost, each by itself", lambda c, s: lose(c, 30 + np.abs(c.normal(0, 2, len(s))), 0.05)),
    "burst10": Kind("10 % lost in runs of 3, jitter 15", lambda c, s: lose(c, in_order(s, bell(c, s, 50, 15)), 0.10, 3)),
    "fast200ppm": Kind("sender's clock 200 ppm fast", lambda c, s: tail(c, s, 20, 2), loops=5, ppm=200),
    "slow200ppm": Kind("sender's clock 200 ppm slow", lambda c, s: tail(c, s, 20, 2), loops=5, ppm=-200),
    "route500": Kind("500 ms longer from 20 s to 42 s", lambda c, s: detour(c, s, 500)),
    "reorder3": Kind("3 % overtaken by 1 to 3", lambda c, s: reorder(c, s, 0.03)),
    "mobile": Kind("swinging queue, handover, 1 % lost", mobile),
}
OTHERS = {
    "jitter10": Kind("40 ms, deviation 10, overtaking", lambda c, s: bell(c, s, 40, 10)),
    "jitter40": Kind("120 ms, deviation 40, overtaking", lambda c, s: bell(c, s, 120, 40)),
    "wifi100": Kind("stalls of 100 ms every 1 s", lambda c, s: stalls(c, s, 1000, 100)),
    "stall300": Kind("stalls of 300 ms every 15 s", lambda c, s: stalls(c, s, 15_000, 300)),
    "loss1": Kind("1 % lost", lambda c, s: lose(c, tail(c, s, 30, 1), 0.01)),
    "loss10": Kind("10 % lost", lambda c, s: lose(c, tail(c, s, 30, 1), 0.10)),
    "loss20": Kind("20 % lost", lambda c, s: lose(c, tail(c, s, 30, 1), 0.20)),
    "loss5-jitter20": Kind("5 % lost, jitter 20", lambda c, s: lose(c, in_order(s, bell(c, s, 60, 20)), 0.05)),
    "burst5": Kind("5 % lost in runs of 5", lambda c, s: lose(c, tail(c, s, 30, 2), 0.05, 5)),
    "fast50ppm": Kind("sender's clock 50 ppm fast", lambda c, s: tail(c, s, 20, 2), loops=5, ppm=50),
    "route150": Kind("150 ms longer from 20 s to 42 s", lambda c, s: detour(c, s, 150)),
    "route300": Kind("300 ms longer, base 80", lambda c, s: detour(c, s, 300, 80)),
    "detours": Kind("a new route every 5 to 9 s", detours),
    "bloat": Kind("a queue that fills to 400 ms", bloat),
    "worsening": Kind("calm, then jitter 30", worsening),
    "outage": Kind("2 s of nothing", outage),
    "bundles": Kind("three packets every 60 ms", bundles),
    "reorder10": Kind("10 % overtaken", lambda c, s: reorder(c, s, 0.10)),
}
KINDS = TWELVE | OTHERS


def make(name: str, packets: int) -> Network:
    """A draw of the kind before the `@`, by the seed after it (0 where there is none). `packets` of one loop. KeyError: no such kind."""
    kind_name, _, seed = name.partition("@")
    kind = KINDS[kind_name]
    # The name is part of the seed, so that kinds do not share their luck.
    chance = np.random.default_rng([zlib.crc32(kind_name.encode()), int(seed or 0)])
    send = np.arange(packets * kind.loops) * (FRAME_MS * (1 - kind.ppm * 1e-6))
    delay = kind.delays(chance, send)
    delay[0] = delay[0] if np.isfinite(delay[0]) else 30.0  # the first packet starts the clocks of everybody; it is never lost
    return Network(name, send, delay)


def write_csv(path: Path, network: Network) -> None:
    """`n,send_ms,delay_ms`, -1 for lost."""
    rows = zip(network.send_ms, np.nan_to_num(network.delay_ms, nan=-1), strict=True)
    path.write_text("n,send_ms,delay_ms\n" + "".join(f"{n},{send:.3f},{delay:.3f}\n" for n, (send, delay) in enumerate(rows)))


def read_csv(path: Path) -> Network:
    """The inverse of `write_csv`."""
    columns = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)
    return Network(path.stem, columns[:, 1], np.where(columns[:, 2] < 0, LOST, columns[:, 2]))
