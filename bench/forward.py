"""`bench forward`: what it costs to forward a packet. Coordinates a subject's process and the generator's, and samples both.

Measures and computes; what is printed, and whether at all, is `report`'s. Each run has fresh processes. CPU is of the subject's process:
the media thread by its own clock, read together with its packet count; all other threads from outside.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.machine import two_cores
from bench.pipe import Child
from bench.report import Figures, bottleneck, difference, histogram_percentile, percentile
from bench.scenarios import Load
from bench.usage import mode_ticks, resident_bytes, thread_ns


@dataclass(frozen=True, slots=True)
class Timing:
    warmup_s: float = 3.0
    duration_s: float = 10.0
    pin: bool = True


@dataclass(frozen=True, slots=True)
class Sample:
    """Totals of both processes at one moment."""

    server: dict[str, Any]
    client: dict[str, Any]
    threads: dict[int, int]
    ticks: tuple[int, int]
    waited_ns: int


def waited_ns(pid: int, thread: int) -> int:
    """How long this thread was ready to run and had no CPU."""
    return int(Path(f"/proc/{pid}/task/{thread}/schedstat").read_text().split()[1])


def sample(server: Child, client: Child, thread: int) -> Sample:
    server.send("sample")
    client.send("sample")
    return Sample(server.reply(), client.reply(), thread_ns(server.pid), mode_ticks(server.pid, thread), waited_ns(server.pid, thread))


def figures(subject: str, load: Load, thread: int, before: Sample, after: Sample, end: dict[str, Any], memory_bytes: int,
            setups_ms: Sequence[float]) -> Figures:  # fmt: skip
    """One run's figures from its two samples and what the sinks counted at its end."""

    def moved(name: str) -> int:
        return int(after.server[name] - before.server[name])

    packets = moved("packets")
    media_ns = moved("cpu_us") * 1000
    control_ns = sum(ns - before.threads.get(tid, 0) for tid, ns in after.threads.items() if tid != thread)
    cpu_ns = media_ns + control_ns
    user, kernel = (b - a for a, b in zip(before.ticks, after.ticks, strict=True))
    user_ns = media_ns * user / max(1, user + kernel)
    seconds = after.client["monotonic_s"] - before.client["monotonic_s"]
    latency = difference(after.client["latency"], before.client["latency"])
    step = after.client["latency_step_us"]
    clipped = max(latency, default=0) == CLIPPED_STEP
    per = 1 / max(1, packets)
    return Figures(
        subject=subject,
        seconds=seconds,
        packets=packets,
        cpu_ns=cpu_ns * per,
        user_ns=user_ns * per,
        kernel_ns=(media_ns - user_ns) * per,
        control_ns=control_ns * per,
        packets_per_cpu_s=packets * 1e9 / max(1, cpu_ns),
        cpu_share=cpu_ns / 1e9 / seconds,
        waited_share=(after.waited_ns - before.waited_ns) / max(1, media_ns),
        ticks=user + kernel,
        lost=end["lost"],
        corrupt=end["corrupt"],
        silent_sinks=end["silent"],
        repeated=moved("repeated"),
        train=moved("train_packets") / max(1, moved("trains")),
        packets_per_turn=packets / max(1, moved("turns")),
        latency_p50_us=histogram_percentile(latency, 0.5, step),
        latency_p95_us=histogram_percentile(latency, 0.95, step),
        latency_p99_us=histogram_percentile(latency, 0.99, step),
        latency_max_us=after.client["latency_max_us"] if clipped else histogram_percentile(latency, 1.0, step),
        rss_per_participant_bytes=memory_bytes / load.people,
        kernel_drops=after.server["kernel_drops"],
        send_errors=after.server["send_errors"],
        generator_cpu_share=(after.client["counters"]["cpu_us"] - before.client["counters"]["cpu_us"]) / 1e6 / seconds,
        generator_late_share=(after.client["late_frames"] - before.client["late_frames"]) / max(1.0, load.frames_per_s * seconds),
        generator_kernel_drops=after.client["counters"]["kernel_drops"],
        setup_p50_ms=percentile(setups_ms, 0.5) if setups_ms else None,
        setup_p95_ms=percentile(setups_ms, 0.95) if setups_ms else None,
    )


# The last step of the engine's latency histogram takes the rest.
CLIPPED_STEP = 9999


def measure(subject: str, load: Load, timing: Timing) -> Figures:
    """One run: open, connect, warm up, measure, drain, count."""
    cores = two_cores() if timing.pin else (None, None)
    arguments = load.to_json()
    with Child("bench.server", subject) as server, Child("bench.client") as client:
        server.ask("ready")
        empty_bytes = resident_bytes(server.pid)
        server.send("open", load=arguments, core=cores[0])
        client.send("open", load=arguments, core=cores[1])
        opened, generator = server.reply(), client.reply()
        thread = server.ask("peers", port=generator["port"]) or opened["thread"]
        setups_ms = client.ask("connect", server=opened, ice=subject != "reflector")
        client.ask("start")
        time.sleep(timing.warmup_s)
        before = sample(server, client, thread)
        time.sleep(timing.duration_s)
        after = sample(server, client, thread)
        memory_bytes = resident_bytes(server.pid) - empty_bytes
        end = client.ask("stop")
        client.ask("close")
        server.ask("close")
    return figures(subject, load, thread, before, after, end, memory_bytes, setups_ms or [])


# A run in which something else took the generator's CPU is made again, so that one hiccup does not void a long comparison.
TRIES = 3


def measure_soundly(subject: str, load: Load, timing: Timing) -> Figures:
    """A run in which the generator kept its pace; the last try as it is, for `report.unsound` to refuse."""
    for _ in range(TRIES - 1):
        run = measure(subject, load, timing)
        if bottleneck(run) is None:
            return run
    return measure(subject, load, timing)


def compare(subject: str, against: str | None, load: Load, timing: Timing, repeats: int) -> tuple[list[Figures], list[Figures]]:
    """Runs of both, one after the other, who begins changing every time."""
    runs: dict[str, list[Figures]] = {subject: [], **({against: []} if against else {})}
    for repeat in range(repeats):
        order = list(runs) if repeat % 2 == 0 else list(runs)[::-1]
        for each in order:
            runs[each].append(measure_soundly(each, load, timing))
    return runs[subject], runs[against] if against else []
