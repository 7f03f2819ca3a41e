"""`tresen database ...`: the shape of the database, looked at and brought up to date. Servers do the latter by themselves when they start.

Reads arguments and prints; decides nothing.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from sqlalchemy import Connection

from mediaserver.errors import LocalError
from signalling.bus import LocalBus
from signalling.config import load
from signalling.installation import installation_secrets
from signalling.store import Store, migrations

T = TypeVar("T")
Config = Annotated[Path | None, typer.Option("--config", "-c", help="TOML file of settings (TRESEN_CONFIG_FILE).", dir_okay=False)]
DataDir = Annotated[Path | None, typer.Option(help="Folder for keys, recordings and the database.", file_okay=False)]

app = typer.Typer(no_args_is_help=True, help="The database's shape: look at it, bring it up to date.")


def on_database(config: Path | None, data_dir: Path | None, look: Callable[[Connection], T]) -> T:
    """Runs `look` on the configured database, in one transaction."""
    settings = load(config_file=config, data_dir=data_dir)
    found: list[T] = []

    async def run() -> None:
        store = Store(settings.database, bus=LocalBus(), master_keys=installation_secrets(settings).master_keys)
        await store.migrate(lambda connection: found.append(look(connection)))
        await store.close()

    asyncio.run(run())
    return found[0]


@app.command()
def migrate(config: Config = None, data_dir: DataDir = None) -> None:
    """Brings the database to this program's revision. Safe to run twice, or while another does it."""

    def run(connection: Connection) -> tuple[str | None, str]:
        before = migrations.state(connection)
        migrations.upgrade(connection)
        return before

    before, after = on_database(config, data_dir, run)
    print(f"at {after} already" if before == after else f"from {before or 'an empty database'} to {after}")


@app.command()
def check(config: Config = None, data_dir: DataDir = None) -> None:
    """Says whether the database is as this program expects it. Changes nothing; exit code 1 where it is not."""

    def run(connection: Connection) -> tuple[str | None, str, list[str]]:
        present, wanted = migrations.state(connection)
        return present, wanted, migrations.differences(connection) if present == wanted else []

    present, wanted, differences = on_database(config, data_dir, run)
    if present != wanted:
        raise LocalError(
            f"the database is {f'at revision {present}' if present else 'empty'}, the program at {wanted}: tresen database migrate"
        )
    for difference in differences:
        print(difference)
    if differences:
        raise typer.Exit(1)
    print(f"as it should be, revision {present}")


@app.command()
def revision(
    message: Annotated[str, typer.Option("--message", "-m", help="What it changes, in a few words.")],
    anew: Annotated[bool, typer.Option(help="In place of all revisions there are: before anything was released.")] = False,
) -> None:
    """For developers: writes the next revision from what the tables say. Read it through before you commit it."""
    for path in migrations.write_revision(message, anew=anew):
        print(path)
