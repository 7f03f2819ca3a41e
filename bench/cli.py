"""`tresen bench ...` (also `python -m bench`): measurements of this machine, each with a table for people and JSON for everything else.

Exit codes: 0 figures were printed; 3 they were refused, because they would not speak of the server (one sentence says why); 1 an error.
"""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

import bench.growth
import bench.jitter.cli
import bench.memory
import bench.mixer.cli
import bench.setups
import bench.signalling.cli
import bench.store
from bench.forward import Timing, compare
from bench.machine import machine
from bench.output import CLAIM_REPEATS, Json, refuse, write_json
from bench.pipe import ChildError
from bench.report import show, show_figures, show_rows, summary, unsound
from bench.scenarios import GROWTH_TRANSPORTS, SCENARIOS, Load

app = typer.Typer(no_args_is_help=True, help="Measure this machine: packets, set-ups, memory, sound.", pretty_exceptions_enable=False)

Rooms = Annotated[int | None, typer.Option(min=1, help="rooms")]
Participants = Annotated[int | None, typer.Option(min=0, help="per room: publish and receive each other")]
Publishers = Annotated[int | None, typer.Option(min=0, help="per room: only publish")]
Subscribers = Annotated[int | None, typer.Option(min=0, help="per room: only receive")]
Bitrate = Annotated[int | None, typer.Option("--bitrate", min=0, help="video, bits per second of each publisher; 0: none")]
Audio = Annotated[bool | None, typer.Option("--audio/--no-audio", help="50 packets a second, 32 kb/s")]
Profile = Annotated[str, typer.Option(help="gcm128, gcm256 or cm80")]


@app.command()
def forward(
    scenario: Annotated[str, typer.Option(help=f"start from a named load: {', '.join(SCENARIOS)}")] = "fanout3",
    rooms: Rooms = None,
    participants: Participants = None,
    publishers: Publishers = None,
    subscribers: Subscribers = None,
    bitrate: Bitrate = None,
    audio: Audio = None,
    profile: Profile = "gcm128",
    duration: Annotated[float, typer.Option(min=0.5, help="seconds measured")] = 10.0,
    warmup: Annotated[float, typer.Option(min=0, help="seconds before that")] = 3.0,
    seed: Annotated[int, typer.Option(help="phases and sizes of the traffic")] = 1,
    repeats: Annotated[int, typer.Option(min=1, help="runs; a claim needs 5")] = CLAIM_REPEATS,
    against: Annotated[str | None, typer.Option(help="compare with this in the same run: reflector")] = None,
    signalling: Annotated[str, typer.Option(help="direct: static keys, no control plane; whip: the whole server over HTTP")] = "direct",
    pin: Annotated[bool, typer.Option("--pin/--no-pin", help="one core for the server, another for the generator")] = True,
    json_file: Json = None,
) -> None:
    """What it costs to forward a packet, and what it takes on the way."""
    if scenario not in SCENARIOS:
        raise typer.BadParameter(f"there is {', '.join(SCENARIOS)}", param_hint="--scenario")
    if against not in (None, "reflector"):
        raise typer.BadParameter("there is: reflector", param_hint="--against")
    if signalling not in SUBJECTS:
        raise typer.BadParameter(f"there is {', '.join(SUBJECTS)}", param_hint="--signalling")
    if signalling == "whip" and profile != "gcm128":
        raise typer.BadParameter("over DTLS the server chooses gcm128; others need --signalling direct", param_hint="--profile")
    try:
        load = SCENARIOS[scenario].with_options(
            rooms=rooms, participants=participants, publishers=publishers, subscribers=subscribers, video_bps=bitrate, audio=audio,
            profile=profile, seed=seed,
        )  # fmt: skip
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    run(SUBJECTS[signalling], against, load, Timing(warmup, duration, pin), repeats, json_file, scenario)


SUBJECTS = {"direct": "worker", "whip": "media"}


def run(subject: str, against: str | None, load: Load, timing: Timing, repeats: int, json_file: Path | None, title: str) -> None:
    ours, theirs = compare(subject, against, load, timing, repeats)
    reason = unsound([*ours, *theirs])
    if reason is not None:
        raise refuse(reason)
    result = {"benchmark": "forward", "title": title, "load": load.to_json(), "machine": machine(), **summary(ours, theirs)}
    write_json(json_file, result)
    if json_file != Path("-"):
        size = f"{load.people} participants in {load.rooms} rooms"
        show(result, f"{title}: {size}, {repeats} runs of {timing.duration_s:g} s, {load.profile}")
        if repeats < CLAIM_REPEATS:
            typer.echo(f"{repeats} runs show a tendency; a claim needs {CLAIM_REPEATS}.")


@app.command()
def reflector(
    scenario: Annotated[str, typer.Option(help=f"named load: {', '.join(SCENARIOS)}")] = "fanout3",
    rooms: Rooms = None,
    profile: Profile = "gcm128",
    duration: Annotated[float, typer.Option(min=0.5)] = 10.0,
    warmup: Annotated[float, typer.Option(min=0)] = 3.0,
    repeats: Annotated[int, typer.Option(min=1)] = CLAIM_REPEATS,
    json_file: Json = None,
) -> None:
    """What the kernel and the cipher alone cost: a bare reflector under the same traffic."""
    if scenario not in SCENARIOS:
        raise typer.BadParameter(f"there is {', '.join(SCENARIOS)}", param_hint="--scenario")
    load = SCENARIOS[scenario].with_options(rooms=rooms, profile=profile)
    run("reflector", None, load, Timing(warmup, duration), repeats, json_file, scenario)


@app.command()
def growth(
    sizes: Annotated[str, typer.Option(help="numbers of peer connections")] = ",".join(map(str, GROWTH_TRANSPORTS)),
    duration: Annotated[float, typer.Option(min=0.5)] = 5.0,
    warmup: Annotated[float, typer.Option(min=0)] = 3.0,
    repeats: Annotated[int, typer.Option(min=1)] = CLAIM_REPEATS,
    json_file: Json = None,
) -> None:
    """Whether a packet costs the same among ten peer connections and among two thousand."""
    runs = bench.growth.compare([int(size) for size in sizes.split(",")], Timing(warmup, duration), repeats)
    reason = unsound([run for each in runs.values() for run in each])
    if reason is not None:
        raise refuse(reason)
    rows = bench.growth.rows(runs)
    write_json(json_file, {"benchmark": "growth", "machine": machine(), "rows": rows})
    if json_file != Path("-"):
        columns = {"transports": "d", "cpu_ns": ".0f", "user_ns": ".0f", "train": ".2f", "lost": "d", "corrupt": "d", "deviation": "+.1%"}
        show_rows(rows, columns, f"growth: {repeats} runs of {duration:g} s each")


@app.command()
def idle(json_file: Json = None) -> None:
    """Memory per participant, connected and muted, and in a live two-way call."""
    measured = bench.memory.result()
    write_json(json_file, {"benchmark": "idle", "machine": machine(), **measured})
    if json_file != Path("-"):
        labels = {"bytes_per_participant": ("memory per participant, KiB", 1024, ".0f"), "participants": ("participants", 1, ".0f")}
        for state, figures in measured.items():
            show_figures(figures, labels, state)


@app.command()
def store(
    appends: Annotated[int, typer.Option(min=100, help="appends in a run")] = 3000,
    repeats: Annotated[int, typer.Option(min=1, help="runs; a claim needs 5")] = CLAIM_REPEATS,
    json_file: Json = None,
) -> None:
    """What a durable append to a timeline costs, beside the same SQL on a bare driver."""
    measured = asyncio.run(bench.store.measure(appends, repeats))
    write_json(json_file, {"benchmark": "store", "machine": machine(), **measured})
    if json_file != Path("-"):
        rows = {name: row for name, row in bench.store.ROWS.items() if name in measured}
        show_figures(measured, rows, f"store: {repeats} runs of {appends} appends, SQLite")


@app.command()
def setups(
    calls: Annotated[int, typer.Option(min=1, help="calls measured")] = 1000,
    warm_up: Annotated[int, typer.Option(min=1, help="calls before that; memory is compared with after these")] = 100,
    at_once: Annotated[int, typer.Option(min=1, help="calls under way together: 1 shows the time of one, 8 the rate")] = 1,
    json_file: Json = None,
) -> None:
    """Calls set up and torn down over WHIP and WHEP: time to first media, rate, and what stays behind."""
    measured = bench.setups.measure(calls, warm_up, at_once)
    write_json(json_file, {"benchmark": "setups", "machine": machine(), **measured})
    if json_file != Path("-"):
        show_figures(measured, bench.setups.ROWS, f"setups: {calls} calls, {at_once} at once")
        left = ", ".join(f"{name}: {count}" for name, count in measured["left"].items())
        typer.echo(f"Left behind: {left}.")


app.command()(bench.jitter.cli.jitter)
app.command()(bench.mixer.cli.mixer)
app.command()(bench.signalling.cli.signalling)


def main() -> None:
    """The program, with errors of the measured processes as one sentence."""
    try:
        app()
    except ChildError as error:
        typer.echo(f"Error: {error}", err=True)
        raise SystemExit(1) from None
