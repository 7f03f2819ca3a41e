"""The API key an installation makes for itself."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mediaserver.config import MediaSettings
from mediaserver.errors import LocalError
from mediaserver.keys import api_keys
from mediaserver.tokens import mint, verify

SECRET = "0123456789abcdef0123456789abcdef"


def test_configured_keys_are_taken_and_nothing_is_written(tmp_path: Path) -> None:
    assert api_keys(MediaSettings(api_keys={"APIa": SECRET}, data_dir=tmp_path / "d")) == {"APIa": SECRET}
    assert not (tmp_path / "d").exists()


def test_the_first_start_makes_a_key_and_the_next_loads_it(tmp_path: Path) -> None:
    settings = MediaSettings(data_dir=tmp_path / "new" / "data")
    first = api_keys(settings)
    assert first == api_keys(settings) and len(first) == 1
    (file,) = settings.data_dir.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert first != api_keys(MediaSettings(data_dir=tmp_path / "other"))
    ((key, secret),) = first.items()
    assert len(secret) >= 32
    assert verify(mint(key, secret, identity="a", room="r"), first).may_join("r")


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    settings = MediaSettings(data_dir=tmp_path)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: dict(api_keys(settings)), range(32)))
    assert all(keys == found[0] for keys in found)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("text", "mode", "sentence"),
    [
        (f'APIa = "{SECRET}"', 0o644, "chmod 600"),
        (f'APIa = "{SECRET}"', 0o640, "chmod 600"),
        ("", 0o600, "holds no API key"),
        ("APIa = 5", 0o600, "of the form"),
        ('APIa = "short"', 0o600, "at least 32"),
        ("nonsense", 0o600, "not a TOML file"),
        ("\xff", 0o600, "not a TOML file"),
    ],
)
def test_a_bad_key_file_is_refused(tmp_path: Path, text: str, mode: int, sentence: str) -> None:
    file = tmp_path / "api_keys.toml"
    file.write_bytes(text.encode("latin-1"))
    file.chmod(mode)
    with pytest.raises(LocalError, match=sentence):
        api_keys(MediaSettings(data_dir=tmp_path))


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalError, match="set TRESEN_API_KEYS or TRESEN_DATA_DIR"):
        api_keys(MediaSettings(data_dir=tmp_path / "file" / "data"))
    assert os.listdir(tmp_path) == ["file"]
