"""Arithmetic and tables of `bench forward`: from two samples to figures, from runs to medians and ratios, and when to say nothing.

Pure functions of numbers; who measured them is `forward`'s business. Latencies come as a histogram of equal steps.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from rich.console import Console
from rich.table import Table

# Above these the generator, and not the server, may have set the pace, and every figure would speak of the wrong process.
GENERATOR_CPU_MOST = 0.85
GENERATOR_LATE_FRAMES_MOST = 0.01
# A subject that waited for the core more than this share of the time it ran shared the machine: CPU figures stand, latencies do not.
WAITED_NOTABLE = 0.05


@dataclass(frozen=True, slots=True)
class Figures:
    """One run of one subject. Times of the CPU are per packet forwarded to a subscriber; latency from the generator's stamp to its sink."""

    subject: str
    seconds: float
    packets: int
    cpu_ns: float
    user_ns: float
    kernel_ns: float
    control_ns: float
    packets_per_cpu_s: float
    cpu_share: float
    waited_share: float
    ticks: int
    lost: int
    corrupt: int
    silent_sinks: int
    repeated: int
    train: float
    packets_per_turn: float
    latency_p50_us: float
    latency_p95_us: float
    latency_p99_us: float
    latency_max_us: float
    rss_per_participant_bytes: float
    kernel_drops: int
    send_errors: int
    generator_cpu_share: float
    generator_late_share: float
    generator_kernel_drops: int
    setup_p50_ms: float | None = None
    setup_p95_ms: float | None = None


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of them do not exceed; NaN of nothing."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1)] if ordered else float("nan")


def difference(later: Mapping[str, int], earlier: Mapping[str, int]) -> dict[int, int]:
    """The histogram of what came between two totals (keys are text after a journey through JSON)."""
    steps = {int(step): count - earlier.get(step, 0) for step, count in later.items()}
    return {step: count for step, count in steps.items() if count}


def histogram_percentile(histogram: Mapping[int, int], share: float, step: float) -> float:
    """Upper edge of the step below which `share` of the counts lie; NaN of an empty one."""
    need = share * sum(histogram.values())
    seen = 0
    for at in sorted(histogram):
        seen += histogram[at]
        if seen >= need and seen:
            return (at + 1) * step
    return float("nan")


def bottleneck(run: Figures) -> str | None:
    """Why this run says nothing about its subject, in one sentence; None when it does."""
    if run.generator_cpu_share > GENERATOR_CPU_MOST:
        used = f"{run.generator_cpu_share:.0%} of its core (limit {GENERATOR_CPU_MOST:.0%})"
        return f"the generator used {used}: use fewer rooms or a lower bitrate"
    if run.generator_late_share > GENERATOR_LATE_FRAMES_MOST:
        late = f"{run.generator_late_share:.1%} of the generator's frames were late (limit {GENERATOR_LATE_FRAMES_MOST:.0%})"
        return f"{late}: it had not enough CPU"
    if run.generator_kernel_drops:
        return f"the kernel dropped {run.generator_kernel_drops} packets at the generator's socket: it did not read fast enough"
    return None


def unsound(runs: Sequence[Figures]) -> str | None:
    """Why these runs are no basis for figures or a comparison; None when they are."""
    for run in runs:
        reason = bottleneck(run)
        if reason is not None:
            return reason
        if run.packets == 0 or run.silent_sinks:
            return f"{run.subject}: {run.silent_sinks} streams never arrived"
        if run.subject == "reflector" and (run.lost or run.corrupt):
            return f"the reflector lost {run.lost} and corrupted {run.corrupt} packets: a comparison with it is void"
    return None


def medians(runs: Sequence[Figures]) -> dict[str, float]:
    """Median of every figure; of what must not happen at all the worst."""
    worst = {"lost", "corrupt", "silent_sinks", "kernel_drops", "send_errors", "generator_kernel_drops", "latency_max_us"}
    out = {}
    for name in (field.name for field in fields(Figures) if field.name != "subject"):
        values = [value for value in (getattr(run, name) for run in runs) if value is not None]
        if values:
            out[name] = float(max(values) if name in worst else statistics.median(values))
    return out


def ratio(ours: Sequence[Figures], theirs: Sequence[Figures], name: str) -> float:
    """Median of the ratios of runs made one after the other, which what else the machine did has hit alike."""
    return statistics.median(getattr(a, name) / getattr(b, name) for a, b in zip(ours, theirs, strict=True) if getattr(b, name))


# Title, unit's divisor, format, whether a difference to the peer's row is worth a column.
ROWS: dict[str, tuple[str, float, str]] = {
    "cpu_ns": ("CPU per forwarded packet, ns", 1, ".0f"),
    "user_ns": ("  in user space, ns", 1, ".0f"),
    "kernel_ns": ("  in the kernel, ns", 1, ".0f"),
    "control_ns": ("  of it outside the media thread, ns", 1, ".0f"),
    "packets_per_cpu_s": ("forwarded packets per CPU second", 1, ",.0f"),
    "cpu_share": ("load, share of a core", 0.01, ".1f"),
    "waited_share": ("waited for the core, % of its time", 0.01, ".1f"),
    "ticks": ("ticks behind the user/kernel split", 1, ".0f"),
    "packets": ("packets forwarded", 1, ",.0f"),
    "lost": ("lost (worst run)", 1, ".0f"),
    "corrupt": ("corrupt (worst run)", 1, ".0f"),
    "repeated": ("sent again on request", 1, ".0f"),
    "train": ("mean train length, packets", 1, ".2f"),
    "packets_per_turn": ("packets per turn of the loop", 1, ".1f"),
    "latency_p50_us": ("latency p50, ms", 1000, ".2f"),
    "latency_p95_us": ("latency p95, ms", 1000, ".2f"),
    "latency_p99_us": ("latency p99, ms", 1000, ".2f"),
    "latency_max_us": ("latency max, ms (worst run)", 1000, ".2f"),
    "setup_p50_ms": ("set-up p50, POST to first media, ms", 1, ".1f"),
    "setup_p95_ms": ("set-up p95, ms", 1, ".1f"),
    "rss_per_participant_bytes": ("memory per participant, KiB", 1024, ".0f"),
    "kernel_drops": ("dropped by the kernel", 1, ".0f"),
    "send_errors": ("send errors", 1, ".0f"),
    "generator_cpu_share": ("generator: % of a core", 0.01, ".1f"),
    "generator_late_share": ("generator: late frames, %", 0.01, ".2f"),
}
DIFFERENCES = ("latency_p50_us", "latency_p95_us", "latency_p99_us")
RATIOS = ("cpu_ns", "user_ns", "kernel_ns", "packets_per_cpu_s", "train")


def summary(ours: Sequence[Figures], theirs: Sequence[Figures]) -> dict[str, Any]:
    """Medians of both, and what they mean together: ratios, and latency added over the peer's."""
    out: dict[str, Any] = {"subject": ours[0].subject, "median": medians(ours), "runs": [asdict(run) for run in [*ours, *theirs]]}
    if theirs:
        peer = medians(theirs)
        out |= {
            "against": theirs[0].subject,
            "against_median": peer,
            "ratio": {name: ratio(ours, theirs, name) for name in RATIOS},
            "added": {name: out["median"][name] - peer[name] for name in DIFFERENCES},
        }
    return out


def table(result: Mapping[str, Any], title: str) -> Table:
    """The summary as people read it."""
    out = Table(title=title, title_justify="left")
    out.add_column("")
    out.add_column(result["subject"], justify="right")
    peer = result.get("against_median")
    if peer:
        out.add_column(result["against"], justify="right")
        out.add_column("compared", justify="right")
    for name, (label, unit, form) in ROWS.items():
        if name not in result["median"]:
            continue
        cells = [label, format(result["median"][name] / unit, form)]
        if peer:
            cells.append(format(peer[name] / unit, form) if name in peer else "")
            if name in RATIOS:
                cells.append(f"x {result['ratio'][name]:.2f}")
            elif name in DIFFERENCES:
                cells.append(format(result["added"][name] / unit, "+" + form))
        out.add_row(*cells)
    return out


def show(result: Mapping[str, Any], title: str) -> None:
    Console(width=100).print(table(result, title))


def show_figures(figures: Mapping[str, Any], labels: Mapping[str, tuple[str, float, str]], title: str) -> None:
    """One column of figures, as `ROWS` lays them out."""
    out = Table("", title, title_justify="left")
    for name, (label, unit, form) in labels.items():
        out.add_row(label, format(figures[name] / unit, form))
    Console(width=100).print(out)


def show_rows(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], title: str) -> None:
    """A table of equal records."""
    out = Table(*columns, title=title, title_justify="left")
    for row in rows:
        out.add_row(*(format(row[name], form) for name, form in columns.items()))
    Console(width=100).print(out)
