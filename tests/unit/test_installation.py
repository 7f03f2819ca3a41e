"""The secrets an installation makes for itself."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mediaserver.errors import LocalError
from signalling.config import Settings, load
from signalling.installation import add_master_key, installation_secrets

HEX = "0123456789abcdef" * 4
SESSION = "a session secret of 32 characters"


def test_configured_secrets_are_taken_and_nothing_is_written(tmp_path: Path) -> None:
    found = installation_secrets(Settings(master_keys={"m": HEX}, session_secret=SESSION, data_dir=tmp_path / "d"))
    assert (found.master_keys, found.session_secret) == ({"m": bytes.fromhex(HEX)}, SESSION)
    assert not (tmp_path / "d").exists()
    assert HEX not in repr(found) and SESSION not in repr(found)


def test_what_is_not_configured_is_made_once(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new" / "data")
    first = installation_secrets(settings)
    assert first == installation_secrets(settings)
    (file,) = settings.data_dir.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert first != installation_secrets(Settings(data_dir=tmp_path / "other"))
    mixed = installation_secrets(Settings(data_dir=settings.data_dir, session_secret=SESSION))
    assert mixed.master_keys == first.master_keys and mixed.session_secret == SESSION


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: installation_secrets(settings), range(32)))
    assert all(each == found[0] for each in found)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_new_master_key_comes_first_and_the_old_one_stays(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    before = installation_secrets(settings)
    after = add_master_key(settings)
    assert list(after.master_keys) == ["local2", "local"] and after.master_keys["local"] == before.master_keys["local"]
    assert after.session_secret == before.session_secret and installation_secrets(settings) == after
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.toml"]
    with pytest.raises(LocalError, match="TRESEN_MASTER_KEYS"):
        add_master_key(Settings(data_dir=tmp_path, master_keys={"m": HEX}))


@pytest.mark.parametrize(
    ("text", "mode", "sentence"),
    [
        (f'session_secret = "{SESSION}"\n[master_keys]\na = "{HEX}"', 0o644, "chmod 600"),
        ("", 0o600, "holds no master keys"),
        (f'[master_keys]\na = "{HEX}"', 0o600, "session_secret"),
        (f'session_secret = "short"\n[master_keys]\na = "{HEX}"', 0o600, "at least 32"),
        (f'session_secret = "{SESSION}"\n[master_keys]\na = "{"0" * 64}"', 0o600, "64 random hex digits"),
        (f'session_secret = "{SESSION}"\n[master_keys]\na = 5', 0o600, "holds no master keys"),
        ("nonsense", 0o600, "not a TOML file"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, text: str, mode: int, sentence: str) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text(text)
    file.chmod(mode)
    with pytest.raises(LocalError, match=sentence):
        installation_secrets(Settings(data_dir=tmp_path))


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalError, match="TRESEN_MASTER_KEYS"):
        installation_secrets(Settings(data_dir=tmp_path / "file" / "data"))


@pytest.mark.parametrize("given", [{"master_keys": {"a": "12"}}, {"session_secret": "changeme-changeme-changeme-changeme"}])
def test_weak_secrets_are_refused_without_showing_them(given: dict[str, object]) -> None:
    with pytest.raises(LocalError, match="openssl rand -hex 32") as refused:
        load(**given)
    assert "changeme" not in str(refused.value)
