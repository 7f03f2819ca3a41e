"""What the commands of `tresen bench` have in common: JSON into a file or onto standard output, and how figures are refused."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

REFUSED = 3
CLAIM_REPEATS = 5

Json = Annotated[Path | None, typer.Option("--json", help="also write everything there; - for standard output, without the table")]


def write_json(path: Path | None, result: dict[str, Any]) -> None:
    text = json.dumps(result, indent=1)
    if path == Path("-"):
        typer.echo(text)
    elif path is not None:
        path.write_text(text + "\n")


def refuse(reason: str) -> typer.Exit:
    typer.echo(f"No figures: {reason}.", err=True)
    return typer.Exit(REFUSED)
