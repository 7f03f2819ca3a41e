"""Options of `tresen bench jitter`. Two commands in one: the comparison and, with `--receiver`, our playout for others to judge."""

import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from bench.machine import machine

# Everything the comparison imports besides the program itself; the extra brings it.
NEEDED = ("numpy", "opuslib", "aiortc", "pesq")
PEERS = ("neteq", "fixed", "aiortc")

Json = Annotated[Path | None, typer.Option("--json", help="also write everything there; - for standard output, without the tables")]


def need(*modules: str) -> None:
    """Ends with one sentence when something is not installed."""
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise fail(f"{', '.join(missing)} is missing: pip install 'tresen[bench]'")


def fail(reason: str) -> typer.Exit:
    typer.echo(f"Error: {reason}", err=True)
    return typer.Exit(1)


def jitter(
    words: Annotated[list[str] | None, typer.Argument(metavar="[TRACE...]", help="traces (NAME, or NAME@SEED); all: every kind")] = None,
    receiver: Annotated[bool, typer.Option("--receiver", help="be a receiver instead: IN.arr OUT.pcm STATS.json [FRAMES.csv]")] = False,
    dur_ms: Annotated[float | None, typer.Option("--dur-ms", help="with --receiver: how long; else until the last packet")] = None,
    traces: Annotated[Path | None, typer.Option(help="folder of NAME.csv (and NAME.arr) instead of our own networks")] = None,
    speech: Annotated[Path | None, typer.Option(help="folder of speech.wav, speech.opuspkts ... instead of our own")] = None,
    peers: Annotated[str | None, typer.Option(help=f"others beside ours: {','.join(PEERS)}; none")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="draws of a network that loses packets")] = 5,
    delay_min_ms: Annotated[int, typer.Option(min=0, help="of our playout; 0: its own default")] = 0,
    delay_max_ms: Annotated[int, typer.Option(min=0, help="of our playout; 0: its own default")] = 0,
    cost: Annotated[bool, typer.Option("--cost/--no-cost", help="also CPU per packet")] = True,
    jobs: Annotated[int, typer.Option(min=1, help="processes")] = len(os.sched_getaffinity(0)),
    write_traces: Annotated[Path | None, typer.Option(help="only write the traces (.arr, .csv) to this folder")] = None,
    html_file: Annotated[Path | None, typer.Option("--html", help="also write tables and curves there")] = None,
    json_file: Json = None,
) -> None:
    """How speech sounds, and how late, after a bad network: our playout beside NetEq, a fixed delay and aiortc."""
    options = {name: value for name, value in (("delay_min_ms", delay_min_ms), ("delay_max_ms", delay_max_ms)) if value}
    if receiver:
        receive(words or [], dur_ms, options)
        return
    if traces and not speech:
        raise typer.BadParameter("traces carry the speech they were made of: give its folder with --speech", param_hint="--traces")
    need(*(NEEDED[:-1] if write_traces else NEEDED))
    from bench.jitter.compare import Source

    source = Source(speech, traces)
    if write_traces:
        write(source, words, write_traces)
    else:
        measure(source, words, chosen(peers), seeds, options, cost, jobs, html_file, json_file)


def receive(files: list[str], dur_ms: float | None, options: dict[str, int]) -> None:
    """The receiver's interface: bench.jitter.receiver."""
    if len(files) not in (3, 4):
        raise typer.BadParameter("--receiver takes IN.arr OUT.pcm STATS.json [FRAMES.csv]", param_hint="files")
    need("numpy")
    from bench.jitter import arrivals
    from bench.jitter import receiver as driver

    stream, pcm, stats, *frames = map(Path, files)
    try:
        records = arrivals.read(stream)
    except (OSError, ValueError) as error:
        raise fail(str(error)) from None
    driver.write(driver.receive(driver.playout(**options), records, dur_ms), pcm, stats, frames[0] if frames else None)


def chosen(peers: str | None) -> list[str]:
    """Who is measured beside us; NetEq where it can be built, unless it was asked for by name."""
    from bench.jitter import neteq

    names = list(PEERS) if peers is None else [name for name in peers.split(",") if name not in ("", "none")]
    if set(names) - set(PEERS):
        raise typer.BadParameter(f"there is {', '.join(PEERS)}; none", param_hint="--peers")
    if "neteq" in names:
        try:
            neteq.build()
        except neteq.NotInstalledError as error:
            if peers is not None:
                raise fail(str(error)) from None
            typer.echo(f"Without NetEq. {error}", err=True)
            names.remove("neteq")
    return names


def selected(source: Any, words: list[str] | None) -> list[str]:
    """Names of traces, all of them known."""
    from bench.jitter.networks import KINDS

    names = source.names() if not words else [each for word in words for each in (all_names(source) if word == "all" else [word])]
    for name in names:
        found = (source.traces / f"{name}.csv").exists() if source.traces else name.partition("@")[0] in KINDS
        if not found:
            raise typer.BadParameter(f"no trace {name}; there is {', '.join(all_names(source))}", param_hint="TRACE")
    return names


def all_names(source: Any) -> list[str]:
    from bench.jitter.networks import KINDS

    return source.names() if source.traces else list(KINDS)


def write(source: Any, words: list[str] | None, folder: Path) -> None:
    """The traces as files, for receivers that are programs."""
    from bench.jitter import arrivals, networks

    speech = load(source)
    folder.mkdir(parents=True, exist_ok=True)
    for name in selected(source, words):
        network, stream = source.load(name, speech)
        arrivals.write(folder / f"{name}.arr", stream)
        networks.write_csv(folder / f"{name}.csv", network)


def load(source: Any) -> Any:
    try:
        return source.load_speech()
    except (OSError, ValueError) as error:
        raise fail(str(error)) from None


def measure(
    source: Any, words: list[str] | None, peers: list[str], seeds: int, options: dict[str, int], with_cost: bool, jobs: int,
    html_file: Path | None, json_file: Path | None,
) -> None:  # fmt: skip
    """The comparison, its tables and files."""
    from bench.jitter import compare, neteq, report
    from bench.jitter.peers import TITLES

    names, receivers = selected(source, words), [compare.OURS, *peers]
    speech = load(source)
    draws = {name: source.draws(name, seeds, speech) for name in names}
    records = []
    count = sum(map(len, draws.values())) * len(receivers)
    for record in compare.compare(source, [draw for each in draws.values() for draw in each], receivers, options, jobs):
        records.append(record)
        typer.echo(f"{len(records)}/{count} {record['trace']} {record['receiver']}: PESQ {record['pesq']:.2f}", err=True)
    rows = compare.by_trace(draws, records, receivers)
    for name, found in (compare.costs(source, speech, names) if with_cost else {}).items():
        ours = next(row for row in rows if (row["trace"], row["receiver"]) == (name, compare.OURS))
        ours |= {"cpu_us": found.whole_us, "own_cpu_us": found.own_us, "own_cpu_best_us": found.own_best_us}
    titles = TITLES | {compare.OURS: compare.OURS, "neteq": neteq.TITLE}
    runs = [{key: value for key, value in record.items() if key != "curve"} for record in records]
    text = json.dumps({"benchmark": "jitter", "machine": machine(), "options": options, "rows": rows, "runs": runs}, indent=1)
    if json_file == Path("-"):
        typer.echo(text)
    else:
        report.show(rows, titles)
        if json_file is not None:
            json_file.write_text(text + "\n")
    if html_file is not None:
        html_file.write_text(report.page(rows, titles, machine()))
