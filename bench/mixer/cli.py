"""`tresen bench mixer`: options, parts, tables. The parts: `measure` (beside Janus), `ticks` (without network), `late` (under load)."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from bench.machine import machine
from bench.mixer.janus import HOW_TO_GET, JanusError, libraries, version
from bench.mixer.late import COLUMNS as LATE_COLUMNS
from bench.mixer.late import under_load
from bench.mixer.load import SILENT, SIZES, MixLoad
from bench.mixer.measure import Timing, compare
from bench.mixer.report import show, summary, unsound
from bench.output import CLAIM_REPEATS, Json, refuse, write_json
from bench.report import show_rows

PARTS = ("rooms", "ticks", "late")
SUBJECTS = {"whip": "media", "direct": "direct"}
# The peer encodes for each listener: a room of a thousand would take it more than ten cores. Two thousand sessions over HTTP take minutes
# to set up, which changes nothing in what is measured here: such rooms are opened directly.
HTTP_MOST = 100
TICKS = 500
# A nearly idle server wakes for every packet with cold caches, which says nothing of a full core. This is half a core of the peer's.
PEOPLE = 40


def mixer(
    part: Annotated[str, typer.Option(help=f"only this: {', '.join(PARTS)}")] = "all",
    sizes: Annotated[str, typer.Option(help="participants of a room")] = ",".join(map(str, SIZES)),
    people: Annotated[int, typer.Option(min=2, help="about so many in all, in as many rooms as that takes")] = PEOPLE,
    speakers: Annotated[int, typer.Option(min=1, help="how many of them speak, all the time")] = 3,
    silent: Annotated[str, typer.Option(help="what the others send: comfort (DTX) or full (50 packets of silence a second)")] = "comfort",
    bitrate: Annotated[int, typer.Option("--bitrate", help="Opus bitrate of a mix, asked of both")] = 32_000,
    complexity: Annotated[int, typer.Option(help="Opus complexity of a mix, asked of both; 4 is the AudioBridge's own")] = 4,
    expected_loss: Annotated[int, typer.Option(help="percent of loss that in-band FEC is for, asked of both")] = 0,
    against: Annotated[str, typer.Option(help=f"janus, in rooms of up to {HTTP_MOST}; none")] = "janus",
    signalling: Annotated[str, typer.Option(help="whip: the whole server over HTTP, in rooms as small; direct: static keys")] = "whip",
    duration: Annotated[float, typer.Option(min=1, help="seconds measured")] = 10.0,
    warmup: Annotated[float, typer.Option(min=0, help="seconds before that")] = 3.0,
    load: Annotated[float, typer.Option(min=0.1, max=0.95, help="of the mixing thread, for the part late")] = 0.7,
    repeats: Annotated[int, typer.Option(min=1, help="runs; a claim needs 5")] = CLAIM_REPEATS,
    pin: Annotated[bool, typer.Option("--pin/--no-pin", help="one core for the server, another for the clients")] = True,
    json_file: Json = None,
) -> None:
    """Participants of mixed rooms per core, beside Janus' AudioBridge with the same clients; a tick's cost; ticks that come late."""
    choices = {"--part": (part, (*PARTS, "all")), "--silent": (silent, SILENT), "--signalling": (signalling, tuple(SUBJECTS))}
    choices["--against"] = (against, ("janus", "none"))
    for option, (chosen, known) in choices.items():
        if chosen not in known:
            raise typer.BadParameter(f"there is {', '.join(known)}", param_hint=option)
    if importlib.util.find_spec("numpy") is None:
        raise refuse('the speech is made and judged with numpy: pip install "tresen[test]"')
    try:
        wanted = MixLoad(
            participants=max(2, speakers), speakers=speakers, silent=silent, bitrate_bps=bitrate, complexity=complexity,
            expected_loss_percent=expected_loss,
        )  # fmt: skip
        counts = [int(size) for size in sizes.split(",")]
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if against == "janus" and libraries() is None:
        typer.echo(f"{HOW_TO_GET}.", err=True)
        against = "none"
    subject, timing = SUBJECTS[signalling], Timing(warmup, duration, pin)
    parts = PARTS if part == "all" else (part,)
    result: dict[str, Any] = {"benchmark": "mixer", "load": wanted.to_json(), "machine": machine()}
    table = json_file != Path("-")
    try:
        if "rooms" in parts:
            result |= rooms(subject, against, counts, people, wanted, timing, repeats, table)
        if "ticks" in parts:
            result["ticks"] = ticks(counts, wanted, repeats, table)
        if "late" in parts:
            result["late"] = late(subject, wanted, load, timing, table)
    except JanusError as error:
        raise refuse(str(error)) from None
    write_json(json_file, result)
    if table and repeats < CLAIM_REPEATS:
        typer.echo(f"{repeats} runs show a tendency; a claim needs {CLAIM_REPEATS}.")


def rooms(
    subject: str, against: str, counts: Sequence[int], people: int, load: MixLoad, timing: Timing, repeats: int, table: bool
) -> dict[str, Any]:
    """Every size, ours and the peer's in turn."""
    measured = []
    for count in counts:
        small = count <= HTTP_MOST
        names = [subject if small else "direct", *([against] if against != "none" and small else [])]
        sized = load.with_options(rooms=max(1, people // count), participants=count, speakers=min(count, load.speakers))
        runs = compare(names, sized, timing, repeats)
        reason = unsound([run for each in runs.values() for run in each])
        if reason is not None:
            raise refuse(reason)
        measured.append(summary(runs))
    if table:
        what = f"{load.speakers} speak, the others are silent ({load.silent})"
        show(measured, f"mixed rooms: {what}; {repeats} runs of {timing.duration_s:g} s")
    return {"rooms": measured, "peer": version() if against == "janus" else None}


def ticks(counts: Sequence[int], load: MixLoad, repeats: int, table: bool) -> list[dict[str, float]]:
    """The mixer alone."""
    from bench.mixer import ticks as alone  # needs numpy, which only this part and the clients load

    rows = alone.rows(counts, load, TICKS, repeats)
    if table:
        show_rows(rows, alone.COLUMNS, f"a tick (20 ms) without network, {TICKS} ticks; limit: libopus alone")
    return rows


def late(subject: str, load: MixLoad, share: float, timing: Timing, table: bool) -> dict[str, Any]:
    """Many rooms of ten."""
    measured = under_load(subject, load.with_options(participants=10), share, timing)
    if measured is None:
        raise refuse(f"the mixing thread could not be brought near {share:.0%} of a core here")
    if table:
        show_rows([measured], LATE_COLUMNS, f"ticks at {share:.0%} load of the mixing thread")
    return measured
