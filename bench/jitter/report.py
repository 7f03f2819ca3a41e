"""Tables of `bench jitter` for people, in the terminal and as an HTML file with curves of the delay. Reads merged records of `compare`."""

import html
import io
import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

Record = Mapping[str, Any]

WIDTH = 165  # four receivers with the spread of five draws each
COLOURS = {"tresen": "#0a7d4f", "neteq": "#c2410c", "fixed": "#6b7280", "aiortc": "#7c3aed"}
# Beside NetEq: as good means at most this much worse in PESQ, and at most this much later.
PESQ_SLACK, DELAY_SLACK_MS = 0.05, 10.0


def number(value: float | None, form: str) -> str:
    return "-" if value is None or math.isnan(value) else format(value, form)


def cell(record: Record) -> str:
    """PESQ (with its spread over the draws), delay mean/p95, concealed."""
    spread = f" ±{record['pesq_deviation']:.2f}" if record["draws"] > 1 else ""
    delay = f"{number(record['delay_mean_ms'], '.0f')}/{number(record['delay_p95_ms'], '.0f')}"
    return f"{record['pesq']:.2f}{spread}  {delay}  {record['concealed_percent']:.2f}"


def against(ours: Record, theirs: Record) -> str:
    """Difference of PESQ and delay, and whether it is as good (the slack at the top)."""
    better, later = ours["pesq"] - theirs["pesq"], ours["delay_mean_ms"] - theirs["delay_mean_ms"]
    verdict = "yes" if better >= -PESQ_SLACK and later <= DELAY_SLACK_MS else "no"
    return f"{better:+.2f} {later:+.0f} ms {verdict}"


def grid(rows: Sequence[Record]) -> dict[str, dict[str, Record]]:
    """Records by trace, then by receiver; both in the order they first appear."""
    out: dict[str, dict[str, Record]] = {}
    for row in rows:
        out.setdefault(row["trace"], {})[row["receiver"]] = row
    return out


def mean_of(records: Sequence[Record]) -> dict[str, Any]:
    """Of all traces, for the last line."""
    names = ("pesq", "delay_mean_ms", "delay_p95_ms", "concealed_percent")
    return {name: statistics.fmean(record[name] for record in records) for name in names} | {"draws": 1}


def side_by_side(rows: Sequence[Record], titles: Mapping[str, str]) -> Table:
    by_trace = grid(rows)
    receivers = list(next(iter(by_trace.values())))
    out = Table(title="PESQ wideband, delay from end to end mean/p95 ms, concealed %", title_justify="left")
    out.add_column("trace")
    for receiver in receivers:
        out.add_column(titles[receiver], no_wrap=True)
    compared = "tresen" in receivers and "neteq" in receivers
    if compared:
        out.add_column("to NetEq")
    for trace, of in by_trace.items():
        out.add_row(trace, *(cell(of[each]) for each in receivers), *([against(of["tresen"], of["neteq"])] if compared else []))
    if len(by_trace) > 1:
        means = {each: mean_of([of[each] for of in by_trace.values()]) for each in receivers}
        out.add_section()
        out.add_row("mean", *(cell(means[each]) for each in receivers), *([against(means["tresen"], means["neteq"])] if compared else []))
    return out


DETAILS = {
    "pesq_least": ("PESQ of the worst segment", ".2f"),
    "network_mean_ms": ("network ms", ".0f"),
    "buffer_mean_ms": ("buffer mean ms", ".0f"),
    "buffer_p95_ms": ("buffer p95 ms", ".0f"),
    "target_ms": ("target ms", ".0f"),
    "concealed_percent": ("concealed %", ".2f"),
    "accelerated_percent": ("faster %", ".2f"),
    "decelerated_percent": ("slower %", ".2f"),
    "own_cpu_us": ("CPU a packet, µs", ".2f"),
    "cpu_us": ("with Opus, µs", ".1f"),
}


def details(rows: Sequence[Record], receiver: str, title: str) -> Table:
    out = Table(title=title, title_justify="left")
    out.add_column("trace", no_wrap=True)
    for label, _ in DETAILS.values():
        out.add_column(label)
    for row in rows:
        if row["receiver"] == receiver:
            out.add_row(row["trace"], *(number(row.get(name), form) for name, (_, form) in DETAILS.items()))
    return out


def steps(rows: Sequence[Record], titles: Mapping[str, str]) -> Table | None:
    """How each receiver followed the changes of route; None where there were none."""
    by_trace = {trace: of for trace, of in grid(rows).items() if next(iter(of.values()))["steps"]}
    if not by_trace:
        return None
    title = "new routes: s until within 120 ms of the network's delay; p95 ms from 3 s on"
    receivers = list(next(iter(by_trace.values())))
    out = Table("trace", "at s", "network ms", *(titles[each] for each in receivers), title=title, title_justify="left")
    for trace, of in by_trace.items():
        for n, step in enumerate(of[receivers[0]]["steps"]):
            theirs = [of[each]["steps"][n] for each in receivers]
            cells = [f"{number(each['settled_s'], '.1f')}  {number(each['later_p95_ms'], '.0f')}" for each in theirs]
            out.add_row(trace, f"{step['at_s']:.1f}", f"{step['from_ms']:.0f} → {step['to_ms']:.0f}", *cells)
    return out


def tables(rows: Sequence[Record], titles: Mapping[str, str]) -> list[Table]:
    found = [side_by_side(rows, titles), steps(rows, titles)]
    for receiver in ("tresen", "neteq"):
        if any(row["receiver"] == receiver for row in rows):
            found.append(details(rows, receiver, titles[receiver]))
    return [table for table in found if table is not None]


def show(rows: Sequence[Record], titles: Mapping[str, str]) -> None:
    console = Console(width=WIDTH)
    for table in tables(rows, titles):
        console.print(table)


CURVE_WIDTH, CURVE_HEIGHT, CURVE_TOP = 900, 220, 24  # the line of names above the curves


def curves(trace: str, of: Mapping[str, Record], titles: Mapping[str, str]) -> str:
    """Delay against time of one trace, as a picture (SVG)."""
    points = {receiver: record["curve"] for receiver, record in of.items()}
    end_s = max((at for each in points.values() for at, _ in each), default=1.0)
    top_ms = max((delay for each in points.values() for _, delay in each), default=1.0) * 1.05
    lines = [f'<rect y="{CURVE_TOP}" width="{CURVE_WIDTH}" height="{CURVE_HEIGHT - CURVE_TOP}" fill="#f6f6f4"/>']
    lines += [f'<text x="4" y="14">{html.escape(trace)}: delay, 0 to {top_ms:.0f} ms, over {end_s:.0f} s</text>']
    for place, (receiver, each) in enumerate(points.items()):
        colour = COLOURS.get(receiver, "#000")
        path = " ".join(
            f"{at / end_s * CURVE_WIDTH:.1f},{CURVE_HEIGHT - (CURVE_HEIGHT - CURVE_TOP) * delay / top_ms:.1f}" for at, delay in each
        )
        lines.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.2"/>')
        lines.append(f'<text x="{420 + 120 * place}" y="14" fill="{colour}">{html.escape(titles[receiver])}</text>')
    frame = f'width="{CURVE_WIDTH}" height="{CURVE_HEIGHT}" viewBox="0 0 {CURVE_WIDTH} {CURVE_HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {frame} font-family="sans-serif" font-size="12">{"".join(lines)}</svg>'


def page(rows: Sequence[Record], titles: Mapping[str, str], machine: Mapping[str, Any]) -> str:
    """The same tables and the curves, as one HTML document without anything from elsewhere."""
    console = Console(width=WIDTH, record=True, file=io.StringIO())
    for table in tables(rows, titles):
        console.print(table)
    pictures = "".join(f"<p>{curves(trace, of, titles)}</p>" for trace, of in grid(rows).items())
    on = html.escape(", ".join(f"{name} {value}" for name, value in machine.items()))
    text = console.export_html(inline_styles=True)
    return text.replace("</body>", f"{pictures}<p><small>{on}</small></p></body>")
