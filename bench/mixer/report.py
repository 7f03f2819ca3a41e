"""Arithmetic and tables of `bench mixer`: figures of a run, medians, ratios to the peer, when to say nothing. Pure functions of numbers."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.mixer.load import MixLoad

PACKETS_PER_S = 50
# The clients set the pace: beyond this it was not the server that was measured. What they send some milliseconds late jitter buffers level
# out, at the same cost: that is noted (client_late_share) and nothing more.
CLIENT_CPU_MOST = 0.85
# Share of a mix's windows in which a voice must be found, or must not (hearing.py), and the least a mix of speech is loud.
HEARD = 0.3
PEER = "janus"
LOUDNESS_LEAST = 0.02
# Who delivers less than this is overloaded; its cost for what it delivered stands, and the table says so.
DELIVERED_LEAST = 0.98


@dataclass(frozen=True, slots=True)
class MixFigures:
    """One run of one subject. `per_core`: how many participants one core's time is enough for, by what was delivered."""

    subject: str
    participants: int
    rooms: int
    seconds: float
    per_core: float
    cpu_us_per_packet: float
    cpu_share: float
    delivered_share: float
    worst_share: float
    lost: int
    astray: str
    loudness: float
    memory_per_participant_bytes: float
    client_cpu_share: float
    client_late_share: float
    client_drops: int
    waited_share: float = 0.0
    ticks: int | None = None
    ticks_late_share: float | None = None
    ticks_skipped: int | None = None
    mixing_share: float | None = None
    encodes_per_tick: float | None = None
    decodes_per_tick: float | None = None
    complexity: int | None = None


def astray(ears: Sequence[Mapping[str, Any]]) -> str:
    """What a sampled member heard wrongly, in words; nothing when all heard everybody but themselves."""
    for ear in ears:
        who = f"member {ear['member']}"
        if ear["loudness"] < LOUDNESS_LEAST:
            return f"{who} heard nothing but silence"
        for speaker, presence in enumerate(ear["presence"]):
            if speaker == ear["speaker"] and presence >= HEARD:
                return f"{who} heard their own voice"
            if speaker != ear["speaker"] and presence < HEARD:
                return f"{who} did not hear speaker {speaker}"
    return ""


def figures(
    subject: str, load: MixLoad, seconds: float, cpu_ns: int, before: Mapping[str, Any], after: Mapping[str, Any],
    earlier: Mapping[str, int], later: Mapping[str, int], ears: Sequence[Mapping[str, Any]], memory_bytes: int,
    waited_share: float = 0.0,
) -> MixFigures:  # fmt: skip
    """One run's figures: `before` and `after` are the clients' samples, `earlier` and `later` the server's own counters, if it has some."""
    got = [b - a for a, b in zip(before["packets"], after["packets"], strict=True)]
    meant = [b - a for a, b in zip(before["expected"], after["expected"], strict=True)]
    due = seconds * PACKETS_PER_S
    packets = sum(got)
    own: dict[str, Any] = {}
    if later.get("mixer_ticks"):
        ticks = later["mixer_ticks"] - earlier["mixer_ticks"]
        own = {
            "ticks": ticks,
            "ticks_late_share": (later["mixer_ticks_late"] - earlier["mixer_ticks_late"]) / max(1, ticks),
            "ticks_skipped": later["mixer_ticks_skipped"] - earlier["mixer_ticks_skipped"],
            "mixing_share": (later["mixer_cpu_us"] - earlier["mixer_cpu_us"]) / 1e6 / seconds,
            "encodes_per_tick": (later["mixer_encodes"] - earlier["mixer_encodes"]) / max(1, ticks),
            "decodes_per_tick": (later["mixer_decodes"] - earlier["mixer_decodes"]) / max(1, ticks),
            "complexity": later["mixer_complexity"],
        }
    sent = after["sent"] - before["sent"]
    return MixFigures(
        subject=subject,
        participants=load.participants,
        rooms=load.rooms,
        seconds=seconds,
        per_core=packets / PACKETS_PER_S / max(1e-9, cpu_ns / 1e9),
        cpu_us_per_packet=cpu_ns / 1000 / max(1, packets),
        cpu_share=cpu_ns / 1e9 / seconds,
        delivered_share=packets / (due * load.people),
        worst_share=min(got) / due,
        lost=max(0, sum(meant) - packets),
        astray=astray(ears),
        loudness=statistics.fmean(ear["loudness"] for ear in ears) if ears else 0.0,
        memory_per_participant_bytes=memory_bytes / load.people,
        client_cpu_share=(after["counters"]["cpu_us"] - before["counters"]["cpu_us"]) / 1e6 / seconds,
        client_late_share=(after["late"] - before["late"]) / max(1, sent),
        client_drops=after["counters"]["kernel_drops"],
        waited_share=waited_share,
        **own,
    )


def bottleneck(run: MixFigures) -> str | None:
    """Why this run says nothing about its subject, in one sentence; None when it does."""
    if run.client_cpu_share > CLIENT_CPU_MOST:
        return f"the clients used {run.client_cpu_share:.0%} of their core (limit {CLIENT_CPU_MOST:.0%}): take fewer rooms"
    if run.client_drops:
        return f"the kernel dropped {run.client_drops} packets at the clients' socket: they did not read fast enough"
    return None


def unsound(runs: Sequence[MixFigures]) -> str | None:
    """Why these runs are no basis for figures; None when they are. A mix of ours that is not speech voids everything. The peer's is noted,
    since a peer that cannot keep up garbles what it sends, and looks the cheaper for it."""
    for run in runs:
        if run.delivered_share <= 0:
            return f"{run.subject}: nobody got anything"
        if run.astray and run.subject != PEER:
            return f"{run.subject}, {run.participants} participants: {run.astray}"
        reason = bottleneck(run)
        if reason is not None:
            return reason
    return None


def medians(runs: Sequence[MixFigures]) -> dict[str, float]:
    """Median of every figure; the worst of what must not happen."""
    largest = {"lost", "client_drops", "ticks_skipped", "client_late_share"}
    smallest = {"worst_share"}
    out = {}
    for name in (field.name for field in fields(MixFigures) if field.name not in ("subject", "astray")):
        values = [value for value in (getattr(run, name) for run in runs) if value is not None]
        if values:
            out[name] = float(max(values) if name in largest else min(values) if name in smallest else statistics.median(values))
    return out


def ratio(ours: Sequence[MixFigures], theirs: Sequence[MixFigures]) -> float:
    """How many times as many participants a core's time is enough for: median over runs made one after the other."""
    return statistics.median(a.per_core / b.per_core for a, b in zip(ours, theirs, strict=True))


def summary(runs: Mapping[str, Sequence[MixFigures]]) -> dict[str, Any]:
    """One size: medians of each subject, and ours over the peer's. The first subject is ours."""
    ours, *others = runs
    return {
        "participants": runs[ours][0].participants,
        "rooms": runs[ours][0].rooms,
        "median": {name: medians(each) for name, each in runs.items()},
        "ratio": {name: ratio(runs[ours], runs[name]) for name in others},
        "astray": {name: sorted({run.astray for run in each} - {""}) for name, each in runs.items()},
        "spread": {name: [min(run.per_core for run in each), max(run.per_core for run in each)] for name, each in runs.items()},
        "runs": {name: [asdict(run) for run in each] for name, each in runs.items()},
    }


COLUMNS: dict[str, tuple[str, float, str]] = {
    "per_core": ("participants\nper core", 1, ",.0f"),
    "cpu_us_per_packet": ("CPU per\npacket, us", 1, ".1f"),
    "cpu_share": ("load, % of\na core", 0.01, ".1f"),
    "delivered_share": ("delivered,\n%", 0.01, ".1f"),
    "lost": ("lost\n(worst)", 1, ".0f"),
    "encodes_per_tick": ("encodes\na tick", 1, ".1f"),
    "decodes_per_tick": ("decodes\na tick", 1, ".1f"),
    "memory_per_participant_bytes": ("KiB a par-\nticipant", 1024, ".0f"),
}


def table(sizes: Sequence[Mapping[str, Any]], title: str) -> Table:
    """A row for each size and subject, the ratio beside ours."""
    out = Table(title=title, title_justify="left")
    out.add_column("room")
    out.add_column("")
    for label, _, _ in COLUMNS.values():
        out.add_column(label, justify="right")
    out.add_column("compared", justify="right")
    for size in sizes:
        for at, (name, median) in enumerate(size["median"].items()):
            rooms = f"{size['rooms']} x " if size["rooms"] > 1 else ""
            cells = [f"{rooms}{size['participants']}" if at == 0 else "", name]
            cells += [format(median[key] / unit, form) if key in median else "" for key, (_, unit, form) in COLUMNS.items()]
            ratios = ", ".join(f"x {value:.1f}" for value in size["ratio"].values())
            note = "overloaded" if median["delivered_share"] < DELIVERED_LEAST else "garbled" if size["astray"][name] else ""
            out.add_row(*cells, ratios if at == 0 else note)
    return out


def show(sizes: Sequence[Mapping[str, Any]], title: str) -> None:
    Console(width=140).print(table(sizes, title))
