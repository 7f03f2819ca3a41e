"""`tresen recordings`: what has been recorded on this machine, and sealed files opened.

Reads arguments and prints; the formats are `mediaserver.recorder`'s.
"""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from mediaserver.config import load
from mediaserver.errors import LocalError
from mediaserver.recorder import manifest
from mediaserver.recorder.room_recorder import FOLDER
from mediaserver.recorder.vault import SUFFIX, decrypt

__all__ = ["app"]

app = typer.Typer(help="Lists recordings and opens sealed ones.", no_args_is_help=True, add_completion=False, rich_markup_mode=None)

Config = Annotated[Path | None, typer.Option("--config", "-c", help="TOML file of settings (TRESEN_CONFIG_FILE).", dir_okay=False)]
DataDir = Annotated[Path | None, typer.Option(help="Folder for keys, recordings and the database.", file_okay=False)]


def documents(folder: Path) -> list[tuple[Path, dict[str, Any]]]:
    """The recordings below a folder, the oldest first. One whose manifest cannot be read is left out."""
    found = []
    for path in folder.glob(f"*/*/{manifest.MANIFEST}"):
        try:
            found.append((path.parent, manifest.read(path.parent)))
        except (OSError, ValueError):
            continue
    return sorted(found, key=lambda each: str(each[1].get("started_at")))


@app.command("list")
def list_command(config: Config = None, data_dir: DataDir = None) -> None:
    """Every recording: when, where, how long, whether anything is missing.

    A state other than complete and incomplete belongs to a recording under way, or to one whose server was killed.
    """
    rows = [("started", "room", "length", "files", "folder", "state")]
    for folder, document in documents(load(config_file=config, data_dir=data_dir).data_dir / FOLDER):
        length = timedelta(seconds=round((document["duration_us"] or 0) / 1e6)) if document["duration_us"] is not None else "-"
        state = document["state"] + (f" ({document['faults'][0]['reason']})" if document["faults"] else "")
        rows.append((document["started_at"], document["room"], str(length), str(len(document["files"])), str(folder), state))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@app.command("decrypt")
def decrypt_command(
    source: Annotated[Path, typer.Argument(help="A sealed file of a recording.", dir_okay=False, exists=True)],
    target: Annotated[Path | None, typer.Argument(help="Where to; left out: beside it, without .sealed.", dir_okay=False)] = None,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Opens a sealed file with the configured keys (TRESEN_RECORDING_KEYS).

    Exit code 3 where its end is missing: what there is was written all the same.
    """
    keys = {name: bytes.fromhex(secret) for name, secret in load(config_file=config, data_dir=data_dir).recording_keys.items()}
    if target is None:
        if source.suffix != SUFFIX:
            raise LocalError(f"{source} does not end in {SUFFIX}: say where to write.")
        target = source.with_suffix("")
    try:
        with source.open("rb") as sealed, target.open("xb") as plain:
            target.chmod(0o600)
            whole = decrypt(sealed, plain, keys)
    except FileExistsError:
        raise LocalError(f"{target} is there already.") from None
    if not whole:
        typer.echo(f"{target}: the end is missing; the recorder was killed or the file was cut off.", err=True)
        raise typer.Exit(3)
