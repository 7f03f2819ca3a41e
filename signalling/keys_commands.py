"""`tresen keys ...`: new keys for what is stored sealed, while servers run.

Reads arguments and prints; what is done is `store.rotation`'s.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from mediaserver.errors import LocalError
from signalling.bus import LocalBus
from signalling.config import Settings, load
from signalling.installation import add_master_key, installation_secrets
from signalling.store import Store, migrations, rotation
from signalling.store.sealing import LOOK_AGAIN_S

Config = Annotated[Path | None, typer.Option("--config", "-c", help="TOML file of settings (TRESEN_CONFIG_FILE).", dir_okay=False)]
DataDir = Annotated[Path | None, typer.Option(help="Folder for keys, recordings and the database.", file_okay=False)]

app = typer.Typer(no_args_is_help=True, help="Keys of what is stored sealed: new ones, while servers run.")


def on_store(settings: Settings, act: Callable[[Store], Awaitable[int]]) -> int:
    """Opens the configured store, acts on it, closes it."""

    async def run() -> int:
        store = Store(settings.database, bus=LocalBus(), master_keys=installation_secrets(settings).master_keys)
        await store.open(migrations.upgrade)
        try:
            return await act(store)
        finally:
            await store.close()

    return asyncio.run(run())


@app.command()
def rotate(
    tenant: Annotated[str | None, typer.Option(help="This tenant only; left out: all of them.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on with one that was interrupted: no new key.")] = False,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Gives each tenant a new data key and seals everything stored with it. Interrupted, it goes on with --resume."""

    async def act(store: Store) -> int:
        everybody = await store.read(rotation.tenant_ids)
        if tenant is not None and tenant not in everybody:
            raise LocalError(f"there is no tenant {tenant} with a key here")
        chosen = everybody if tenant is None else [tenant]
        if not resume:
            for each in chosen:
                await store.write(rotation.new_key, each)
            print(f"{len(chosen)} new keys; servers take them within {LOOK_AGAIN_S:.0f} s", flush=True)
            await asyncio.sleep(LOOK_AGAIN_S)
        return sum([await rotate_tenant(store, each, print) for each in chosen])

    if on_store(load(config_file=config, data_dir=data_dir), act):
        raise typer.Exit(1)


async def rotate_tenant(store: Store, tenant_id: str, say: Callable[[str], None]) -> int:
    """Seals everything of a tenant's with its present key, saying how far it is; how many values did not open."""
    number = await store.read(rotation.newest, tenant_id)
    total = broken = 0
    for table, _ in rotation.sealed_tables():
        after, rows = None, 0
        while True:
            step = await store.write(rotation.reseal, tenant_id, table.name, number, after)
            rows, total, broken, after = rows + step.rows, total + step.sealed, broken + step.broken, step.after
            if after is None:
                break
            say(f"{tenant_id}: {table.name}: {rows} rows")
    say(f"{tenant_id}: {total} values sealed with key {number}" + (f"; {broken} do not open and were left as they are" if broken else ""))
    return broken


@app.command()
def rewrap(
    new: Annotated[bool, typer.Option(help="Make a new master key first, where none is configured.")] = False,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Wraps all data keys with the present master key: the first of TRESEN_MASTER_KEYS, or a new one with --new.

    Once it is done, and servers have been started again, the older master keys are of no use any more but for old backups.
    """
    settings = load(config_file=config, data_dir=data_dir)
    if new:
        add_master_key(settings)

    async def act(store: Store) -> int:
        return await store.write(rotation.rewrap)

    print(f"{on_store(settings, act)} data keys wrapped anew")
