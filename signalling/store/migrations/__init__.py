"""The database's shape, revision by revision (Alembic): brought up to date when the program starts.

    await store.open(migrations.upgrade)

For `app` and `tresen database`. A revision is a file in `versions`, made by `tresen database revision` from what `tables` says and read
through by a person. Invariants: an upgrade is one transaction, with everybody else who starts at the same time waiting for it; a database
that is newer than the program is refused, untouched.
"""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text

from mediaserver.errors import LocalError
from signalling.store.tables import metadata

# Of the advisory lock on PostgreSQL, where several programs may start at once: "tresen" in hexadecimal.
LOCK = 0x74726573656E
# SQLite's lock is waited for as long as somebody else's upgrade of a large database may take.
PATIENCE_MS = 600_000
HERE = Path(__file__).parent


def upgrade(connection: Connection, to: str = "head", *, scripts: Path = HERE) -> None:
    """Brings the database to the newest revision (or `to`), within the connection's transaction. LocalError where it is newer."""
    config = _config(connection, scripts)
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
    _refuse_strange(connection, ScriptDirectory.from_config(config))
    command.upgrade(config, to)


def state(connection: Connection, *, scripts: Path = HERE) -> tuple[str | None, str]:
    """The database's revision (None: it is empty) and the program's. LocalError where the database is newer."""
    directory = ScriptDirectory.from_config(_config(connection, scripts))
    _refuse_strange(connection, directory)
    return MigrationContext.configure(connection).get_current_revision(), directory.get_current_head() or ""


def differences(connection: Connection) -> list[str]:
    """How the database's shape differs from what the program's tables say; empty: it does not."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return [str(difference) for difference in compare_metadata(context, metadata)]


def write_revision(message: str, *, anew: bool = False) -> list[Path]:
    """Makes the next revision from what the tables say; `anew`: in place of all there are, before anything was released."""
    versions = HERE / "versions"
    if anew:
        for old in versions.glob("[0-9]*.py"):
            old.unlink()
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        config = _config(connection, HERE)
        command.upgrade(config, "head")
        number = len(list(versions.glob("[0-9]*.py"))) + 1
        made = command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")
    engine.dispose()
    return [Path(each.path) for each in (made if isinstance(made, list) else [made]) if each is not None]


def _config(connection: Connection, scripts: Path) -> Config:
    config = Config(attributes={"connection": connection})
    # ConfigParser takes a percent sign for an interpolation.
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _refuse_strange(connection: Connection, directory: ScriptDirectory) -> None:
    known = {each.revision for each in directory.walk_revisions()}
    heads = MigrationContext.configure(connection).get_current_heads()
    for head in heads:
        if head not in known:
            raise LocalError(
                f"the database is at revision {head}, which this version of the program does not know: it was written by a newer one. "
                "Install that version again, or restore the backup from before the upgrade."
            )
    if not heads and inspect(connection).has_table("tenants"):
        raise LocalError("the database holds tables but no revision: it was not made by this program; give it an empty database")


def include(_: Any, name: str | None, kind: str, reflected: bool, compared: Any) -> bool:
    """For `env`: nothing in the database that our tables do not know is our business to drop."""
    return not (kind == "table" and reflected and compared is None)
