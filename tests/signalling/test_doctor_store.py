"""What the doctor says of databases and secrets."""

import asyncio
from pathlib import Path

import pytest

from signalling import doctor_store
from signalling.config import Settings
from signalling.doctor import Verdict
from signalling.installation import installation_secrets
from signalling.store import migrations
from tests.signalling.test_migrations import later, on


async def told(settings: Settings) -> tuple[Verdict, str]:
    [found] = await asyncio.to_thread(lambda: list(doctor_store.database(settings)))
    return found.verdict, found.found


async def test_a_database_is_told_with_its_revision(empty_url: str, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, database_url=empty_url)
    before = await told(settings)
    assert "will be made" in before[1] or "empty" in before[1]
    await on(settings.database, migrations.upgrade)
    verdict, found = await told(settings)
    assert (verdict, found.startswith("answers, revision 0")) == (Verdict.GOOD, True)
    scripts = later(tmp_path)
    await on(settings.database, lambda connection: migrations.upgrade(connection, scripts=scripts))
    assert (await told(settings))[0] is Verdict.FAILURE


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/x", "mysql://x", "sqlite:///{}/text"])
async def test_a_database_that_cannot_be_had_is_a_failure(tmp_path: Path, url: str) -> None:
    (tmp_path / "text").write_text("not a database, but long enough to look like one " * 10)
    url = url.format(tmp_path)
    assert (await told(Settings(data_dir=tmp_path, database_url=url)))[0] is Verdict.FAILURE


def test_secrets(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)

    def verdict() -> Verdict:
        [found] = doctor_store.secrets(settings)
        return found.verdict

    tmp_path.chmod(0o700)
    assert verdict() is Verdict.GOOD and not list(tmp_path.iterdir())
    (tmp_path / "tresen.db").touch()
    assert verdict() is Verdict.FAILURE
    installation_secrets(settings)
    assert verdict() is Verdict.GOOD
    tmp_path.chmod(0o777)
    assert verdict() is Verdict.WARNING
    (tmp_path / "secrets.toml").chmod(0o644)
    assert verdict() is Verdict.FAILURE
