"""`tresen recordings`: the list, and sealed files opened."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mediaserver.errors import LocalError
from mediaserver.recorder import manifest
from mediaserver.recorder.vault import Key, Sealer
from signalling.cli import application
from signalling.recordings import app

SECRET = bytes(range(32))
KEYS = {"TRESEN_RECORDING_KEYS": f"2026:{SECRET.hex()}"}


def recording(data_dir: Path, room: str, name: str, minute: int, **changes: object) -> Path:
    folder = data_dir / "recordings" / room / name
    folder.mkdir(parents=True)
    book = manifest.Manifest(name, room, datetime(2026, 1, 1, 12, minute, tzinfo=UTC), "webm", "participant", None)
    for field, value in changes.items():
        setattr(book, field, value)
    manifest.write(folder, book.document())
    return folder


def sealed(path: Path, plain: bytes) -> Path:
    out = bytearray()
    sealer = Sealer(out.extend, Key("2026", SECRET))
    sealer.write(plain)
    sealer.flush()
    sealer.close()
    path.write_bytes(out)
    return path


def test_the_list_shows_every_recording_the_oldest_first(tmp_path: Path) -> None:
    recording(tmp_path, "shop", "rec_2", 2, state="complete", ended_us=61_000_000)
    recording(tmp_path, "desk", "rec_1", 1, state="incomplete", ended_us=5_000_000, faults=[{"reason": "disk full"}])
    recording(tmp_path, "desk", "rec_3", 3)
    (tmp_path / "recordings" / "desk" / "rec_0").mkdir()
    (tmp_path / "recordings" / "desk" / "rec_0" / manifest.MANIFEST).write_text("{")
    result = CliRunner().invoke(app, ["list", "--data-dir", str(tmp_path)])
    lines = result.output.splitlines()
    assert result.exit_code == 0 and len(lines) == 4
    assert "incomplete (disk full)" in lines[1] and "0:00:05" in lines[1]
    assert "complete" in lines[2] and "0:01:01" in lines[2] and "rec_2" in lines[2]
    assert "starting" in lines[3] and "rec_3" in lines[3]


def test_a_sealed_file_is_opened_beside_itself(tmp_path: Path) -> None:
    source = sealed(tmp_path / "000-alice-1.webm.sealed", b"what was said")
    result = CliRunner().invoke(app, ["decrypt", str(source)], env=KEYS)
    assert result.exit_code == 0, result.output
    plain = tmp_path / "000-alice-1.webm"
    assert plain.read_bytes() == b"what was said" and plain.stat().st_mode & 0o777 == 0o600
    again = CliRunner().invoke(app, ["decrypt", str(source)], env=KEYS)
    assert isinstance(again.exception, LocalError) and "there already" in str(again.exception)


def test_a_file_without_its_end_is_opened_and_told(tmp_path: Path) -> None:
    source = sealed(tmp_path / "a.webm.sealed", b"what was said")
    source.write_bytes(source.read_bytes()[:-10])
    result = CliRunner().invoke(app, ["decrypt", str(source)], env=KEYS)
    assert result.exit_code == 3 and "the end is missing" in result.output
    assert (tmp_path / "a.webm").read_bytes() == b"what was said"


@pytest.mark.parametrize(("env", "said"), [({"TRESEN_RECORDING_KEYS": f"other:{SECRET.hex()}"}, "2026"), ({}, "not configured")])
def test_a_key_that_is_missing_is_named(tmp_path: Path, env: dict[str, str], said: str) -> None:
    source = sealed(tmp_path / "a.webm.sealed", b"x")
    result = CliRunner().invoke(app, ["decrypt", str(source)], env=env)
    assert isinstance(result.exception, LocalError) and said in str(result.exception)


def test_the_program_has_the_command() -> None:
    [group] = [each for each in application().registered_groups if each.name == "recordings"]
    assert group.typer_instance is app
