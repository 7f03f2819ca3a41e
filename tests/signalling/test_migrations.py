"""The database's shape: what the revisions make is what the tables say, data outlives an upgrade, and strange databases are refused."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from typer.testing import CliRunner

from mediaserver.errors import LocalError
from signalling import database_commands
from signalling.bus import LocalBus
from signalling.store import Store, migrations

T = TypeVar("T")

LATER = '''"""A column more, as some later version would have it."""

import sqlalchemy as sa
from alembic import op

revision = "later"
down_revision = {head!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("tenants") as batch:
        batch.add_column(sa.Column("plan", sa.Text(), nullable=False, server_default="basic"))
    {more}
'''


async def on(url: str, act: Callable[[Connection], T]) -> T:
    store = Store(url, bus=LocalBus(), master_keys={"m": b"k" * 32})
    found: list[T] = []
    try:
        await store.migrate(lambda connection: found.append(act(connection)))
    finally:
        await store.close()
    return found[0]


def later(folder: Path, more: str = "") -> Path:
    """The program's revisions and one more."""
    scripts = folder / "migrations"
    shutil.copytree(migrations.HERE, scripts)
    config = Config()
    config.set_main_option("script_location", str(scripts))
    head = ScriptDirectory.from_config(config).get_current_head()
    (scripts / "versions" / "later.py").write_text(LATER.format(head=head, more=more))
    return scripts


def add(connection: Connection) -> None:
    connection.execute(text("INSERT INTO tenants (id, name, settings, created_at_us) VALUES ('t', 'Shop', '{}', 1)"))


def rows(connection: Connection) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.execute(text("SELECT * FROM tenants"))]


async def test_the_revisions_make_what_the_tables_say(empty_url: str) -> None:
    await on(empty_url, migrations.upgrade)
    assert await on(empty_url, migrations.differences) == []
    present, wanted = await on(empty_url, migrations.state)
    assert present == wanted != ""


async def test_servers_that_start_at_once_upgrade_once(empty_url: str) -> None:
    await asyncio.gather(*(on(empty_url, migrations.upgrade) for _ in range(4)))
    assert await on(empty_url, migrations.differences) == []


async def test_data_outlives_an_upgrade(empty_url: str, tmp_path: Path) -> None:
    await on(empty_url, lambda connection: migrations.upgrade(connection, "0001"))
    await on(empty_url, add)
    scripts = later(tmp_path)
    await on(empty_url, lambda connection: migrations.upgrade(connection, scripts=scripts))
    [row] = await on(empty_url, rows)
    assert row[:2] == ("t", "Shop") and "basic" in row


async def test_an_upgrade_that_fails_leaves_everything_as_it_was(empty_url: str, tmp_path: Path) -> None:
    await on(empty_url, migrations.upgrade)
    await on(empty_url, add)
    scripts = later(tmp_path, more="raise RuntimeError('on purpose')")
    with pytest.raises(RuntimeError):
        await on(empty_url, lambda connection: migrations.upgrade(connection, scripts=scripts))
    assert await on(empty_url, migrations.differences) == []
    [row] = await on(empty_url, rows)
    assert "basic" not in row


async def test_a_database_of_a_newer_program_is_refused_and_left_alone(empty_url: str, tmp_path: Path) -> None:
    scripts = later(tmp_path)
    await on(empty_url, lambda connection: migrations.upgrade(connection, scripts=scripts))
    for act in (migrations.upgrade, migrations.state):
        with pytest.raises(LocalError, match="revision later, which this version of the program does not know"):
            await on(empty_url, act)


async def test_a_database_that_is_not_ours_is_refused(empty_url: str) -> None:
    await on(empty_url, lambda connection: connection.execute(text("CREATE TABLE tenants (id TEXT)")))
    with pytest.raises(LocalError, match="empty database"):
        await on(empty_url, migrations.upgrade)


def test_the_commands_say_what_they_found(empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRESEN_DATABASE_URL", empty_url)
    monkeypatch.setenv("TRESEN_DATA_DIR", str(tmp_path))
    run = CliRunner()
    empty = run.invoke(database_commands.app, ["check"])
    assert isinstance(empty.exception, LocalError) and "tresen database migrate" in str(empty.exception)
    assert "from an empty database to 0" in run.invoke(database_commands.app, ["migrate"]).stdout
    assert "already" in run.invoke(database_commands.app, ["migrate"]).stdout
    assert run.invoke(database_commands.app, ["check"]).stdout.startswith("as it should be")
