"""`bench mixer`: what a participant of a mixed room costs the server. Coordinates a subject, the clients' process, and what both counted.

CPU is of the whole server process, and the work is what arrived: a participant who gets the mix for a second gets 50 packets, so a server
that leaves some out is not the faster for it. Each run has fresh processes; subjects take turns. Pure arithmetic is `report`'s.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench.machine import two_cores
from bench.mixer.janus import Janus
from bench.mixer.load import MixLoad
from bench.mixer.report import MixFigures, bottleneck, figures
from bench.pipe import Child
from bench.usage import process_ns, resident_bytes, thread_waits

# Above this many people the peer may need more than the one core that is the server's: then nobody is pinned. Only CPU time is compared.
PIN_MOST = 40
TRIES = 3
CONNECT_S = 300.0


@dataclass(frozen=True, slots=True)
class Timing:
    warmup_s: float = 3.0
    duration_s: float = 10.0
    pin: bool = True


@dataclass(frozen=True, slots=True)
class Sample:
    """Totals of both sides at one moment."""

    clients: dict[str, Any]
    server: dict[str, int]
    cpu_ns: int
    waits: dict[int, tuple[int, int]]


class Subject:
    """A running server: its process id, what the clients need to find it, what it counts itself (Janus nothing)."""

    def __init__(self, pid: int, opened: dict[str, Any], child: Child | None) -> None:
        self.pid, self.opened = pid, opened
        self._child = child

    def counters(self) -> dict[str, int]:
        return dict(self._child.ask("sample")) if self._child is not None else {}


@contextmanager
def serving(name: str, load: MixLoad, core: int | None) -> Iterator[Subject]:
    """Starts the subject of this name and ends it."""
    if name == "janus":
        with Janus(core) as janus:
            yield Subject(janus.pid, {"kind": "janus", "port": janus.port}, None)
        return
    with Child("bench.mixer.server", name) as child:
        yield Subject(child.pid, child.ask("open", load=load.to_json(), core=core), child)
        child.ask("close")


def sample(clients: Child, subject: Subject) -> Sample:
    counted = clients.ask("sample")
    return Sample(counted, subject.counters(), process_ns(subject.pid), thread_waits(subject.pid))


def waited_share(before: Sample, after: Sample) -> float:
    """Of the busiest thread: the time it was ready and had no core, over the time it ran."""
    moved = [(ran - before.waits[thread][0], waited - before.waits[thread][1])
             for thread, (ran, waited) in after.waits.items() if thread in before.waits]  # fmt: skip
    ran, waited = max(moved, default=(0, 0))
    return waited / max(1, ran)


def measure(name: str, load: MixLoad, timing: Timing) -> MixFigures:
    """One run: start, connect, warm up, measure, listen to what was measured."""
    cores = two_cores() if timing.pin and load.people <= PIN_MOST else (None, None)
    with Child("bench.mixer.client") as clients:
        clients.ask("open", load=load.to_json(), core=cores[1])
        with serving(name, load, cores[0]) as subject:
            empty_bytes = resident_bytes(subject.pid)
            clients.ask("connect", server=subject.opened, timeout_s=CONNECT_S)
            time.sleep(timing.warmup_s)
            clients.ask("listen")
            before = sample(clients, subject)
            time.sleep(timing.duration_s)
            after = sample(clients, subject)
            memory_bytes = resident_bytes(subject.pid) - empty_bytes
            ears = clients.ask("hear")
            clients.ask("close")
    seconds = after.clients["monotonic_s"] - before.clients["monotonic_s"]
    cpu_ns = after.cpu_ns - before.cpu_ns
    return figures(name, load, seconds, cpu_ns, before.clients, after.clients, before.server, after.server, ears, memory_bytes,
                   waited_share(before, after))  # fmt: skip


def measure_soundly(name: str, load: MixLoad, timing: Timing) -> MixFigures:
    """A run in which the clients kept their pace; the last try as it is, for `report.unsound` to refuse."""
    for _ in range(TRIES - 1):
        run = measure(name, load, timing)
        if bottleneck(run) is None:
            return run
    return measure(name, load, timing)


def compare(names: Sequence[str], load: MixLoad, timing: Timing, repeats: int) -> dict[str, list[MixFigures]]:
    """Runs of all, one after the other, who begins changing every time."""
    runs: dict[str, list[MixFigures]] = {name: [] for name in names}
    for repeat in range(repeats):
        for name in list(runs) if repeat % 2 == 0 else list(runs)[::-1]:
            runs[name].append(measure_soundly(name, load, timing))
    return runs
