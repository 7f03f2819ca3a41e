"""The doctor's look at the signalling core: its database and its secrets. Changes nothing.

For `doctor.examine`. Findings as there.
"""

import asyncio
import stat
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from mediaserver.errors import LocalError, Unavailable
from signalling import installation
from signalling.bus import LocalBus
from signalling.config import Settings
from signalling.doctor import Finding, failure, good, warning
from signalling.store import Store, migrations

# Only to make a Store that looks and seals nothing.
NO_KEY = {"none": bytes(32)}


def database(settings: Settings) -> Iterator[Finding]:
    """Whether it answers, and which revision it has."""
    what = "Database"
    try:
        url = make_url(settings.database)
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
            yield good(what, f"{url.database} (will be made)")
            return
        present, wanted = asyncio.run(_revisions(settings)) if url.get_backend_name() != "sqlite" else _file_revisions(url.database or "")
    except (LocalError, SQLAlchemyError) as error:
        remedy = "Correct TRESEN_DATABASE_URL, or do what the sentence says."
        yield failure(what, str(error).partition("\n")[0], remedy)
    except (Unavailable, OSError):
        yield failure(what, "does not answer", "Start the database server, or correct TRESEN_DATABASE_URL.")
    else:
        if present == wanted:
            yield good(what, f"answers, revision {present}")
        else:
            found = f"at revision {present}" if present else "empty"
            yield warning(what, f"{found}; the program is at {wanted}", "Nothing: the server brings it up to date. Back it up before.")


def secrets(settings: Settings) -> Iterator[Finding]:
    """Whether master keys and session secret are there, and nobody else's to read."""
    what = "Secrets"
    if settings.master_keys and settings.session_secret:
        yield good(what, "configured")
        return
    path = settings.data_dir / installation.FILE
    if not path.exists():
        made = any(settings.data_dir.glob("tresen.db"))
        if made and not settings.master_keys:
            remedy = f"Put your copy of {path.name} back: what is stored cannot be read without it."
            yield failure(what, f"{path} is missing, but there is a database", remedy)
        else:
            yield good(what, f"{path} (will be made)")
        return
    try:
        installation.installation_secrets(settings)
    except LocalError as error:
        yield failure(what, str(error), "Do what the sentence says.")
        return
    mode = stat.S_IMODE(path.parent.stat().st_mode)
    if mode & 0o022:
        yield warning(what, f"others can write the folder {path.parent}", f"chmod 700 {path.parent}")
    else:
        yield good(what, f"in {path}; keep a copy elsewhere")


def _file_revisions(path: str) -> tuple[str | None, str]:
    engine = create_engine(f"sqlite:///file:{path}?mode=ro&uri=true")
    try:
        with engine.connect() as connection:
            return migrations.state(connection)
    finally:
        engine.dispose()


async def _revisions(settings: Settings) -> tuple[str | None, str]:
    store = Store(settings.database, bus=LocalBus(), master_keys=NO_KEY)
    found: list[tuple[str | None, str]] = []
    try:
        await store.migrate(lambda connection: found.append(migrations.state(connection)))
    finally:
        await store.close()
    return found[0]
