"""`tresen bench signalling`: sockets, chat, queue and orders, on SQLite, beside a bare aiohttp echo."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from bench.machine import machine
from bench.output import CLAIM_REPEATS, Json, write_json
from bench.report import show_figures, show_rows
from bench.signalling import assignments, measure, orders

ECHO = {"p50_ms": ("round trip p50, ms", 1, ".2f"), "p99_ms": ("round trip p99, ms", 1, ".2f"), "cpu_us": ("CPU per frame, us", 1, ".0f")}
IDLE = {"bytes_per_socket": ("memory per socket, KiB", 1024, ".1f")}
CHAT = {
    "messages_per_s": ("messages a second, sent -> stored -> rep", 1, ",.0f"),
    "cpu_us_per_message": ("CPU per message, us", 1, ".0f"),
    "p50_ms": (f"p50 at {measure.CHAT_PER_S}/s, ms", 1, ".1f"),
    "p99_ms": (f"p99 at {measure.CHAT_PER_S}/s, ms", 1, ".1f"),
    "disk_p99_ms": (f"  of the bare disk at {measure.CHAT_PER_S} flushes/s, ms", 1, ".1f"),
}


def signalling(
    clients: Annotated[str, typer.Option(help="numbers of sockets for the echo")] = "1000,5000",
    idle_clients: Annotated[int, typer.Option(min=100, help="sockets for the memory of one")] = 2000,
    duration: Annotated[float, typer.Option(min=1, help="seconds of each run")] = 5.0,
    repeats: Annotated[int, typer.Option(min=1, help="runs; a claim needs 5")] = CLAIM_REPEATS,
    only: Annotated[str, typer.Option(help="scenarios: echo,idle,chat,assignments,orders")] = "echo,idle,chat,assignments,orders",
    json_file: Json = None,
) -> None:
    """Sockets, durable chat, queue and orders: how many, how fast, at what cost."""
    plans: dict[str, Any] = {}
    wanted = [each.strip() for each in only.split(",")]
    unknown = set(wanted) - {"echo", "idle", "chat", "assignments", "orders"}
    if unknown:
        raise typer.BadParameter(f"there is no {', '.join(sorted(unknown))}", param_hint="--only")
    for count in map(int, clients.split(",")) if "echo" in wanted else ():
        plans[f"echo_{count}"] = lambda count=count: measure.echo(count, duration)
    if "idle" in wanted:
        plans["idle"] = lambda: measure.idle(idle_clients)
    if "chat" in wanted:
        plans["chat"] = lambda: measure.chat(duration)
    result: dict[str, Any] = {"benchmark": "signalling", "machine": machine()}
    with Progress(transient=True) as progress:
        for name, work in plans.items():
            task = progress.add_task(name, total=repeats)

            def counted(work: Any = work, task: Any = task) -> dict[str, Any]:
                figures: dict[str, Any] = work()
                progress.advance(task)
                return figures

            result[name] = measure.repeated(counted, repeats)
    if "assignments" in wanted:
        result["assignments"] = [asdict(row) for row in assignments.measure(repeats=repeats)]
    if "orders" in wanted:
        result["orders"] = orders.measure(repeats=repeats)
    write_json(json_file, result)
    if json_file != Path("-"):
        _show(result, repeats)


def _show(result: dict[str, Any], repeats: int) -> None:
    for name, figures in result.items():
        kind = name.partition("_")[0]
        if kind in ("echo", "idle"):
            for subject, median in figures["median"].items():
                show_figures(median, ECHO if kind == "echo" else IDLE, f"{name}, {subject}: medians of {repeats} runs")
        elif kind == "chat":
            show_figures(figures["median"], CHAT, f"chat on SQLite: medians of {repeats} runs")
        elif kind == "assignments":
            columns = {"name": "", "waiting": ",d", "reps": ",d", "per_cpu_second": ",.0f", "per_second": ",.0f"}
            show_rows(figures, columns, f"assignments: medians of {repeats} runs")
        elif kind == "orders":
            median = figures["median"]
            show_figures(median, {each: (each.replace("_", " "), 1, ",.1f") for each in median}, f"orders: medians of {repeats} runs")
