"""Which failed tests get another chance, how that is told, and when it is too often."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.rerun import TESTS_MOST

ROOT = Path(__file__).parents[2]
# Fails as many times as its name says, then passes.
TEST = """
import pathlib
import pytest

@pytest.mark.parametrize("times", {times})
def test_fails(times, request):
    tally = pathlib.Path(__file__).with_name(request.node.name + ".tally")
    runs = len(tally.read_text()) if tally.exists() else 0
    tally.write_text("." * (runs + 1))
    assert runs >= times, f"run {{runs}} of {{times}}"
"""


def ran(folder: Path, times: list[int]) -> tuple[int, str]:
    """Exit status and output of a run over one file in `folder` whose tests fail so many times."""
    folder.mkdir(parents=True)
    (folder / "test_it.py").write_text(TEST.format(times=times))
    plugin = folder.parent / "no_pause.py"
    plugin.write_text("from tests.support import rerun\nrerun.PAUSE_S = 0\npytest_configure = rerun.pytest_configure\n")
    options = ["-ra", "-p", "no:cacheprovider", "-p", "no_pause", "--rootdir", str(folder.parent)]
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{folder.parent}", "PYTEST_ADDOPTS": "", "COLUMNS": "160"}
    command = [sys.executable, "-m", "pytest", *options, str(folder)]
    done = subprocess.run(command, cwd=folder.parent, env=environment, capture_output=True, text=True, timeout=240, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("folder", ["interop", "e2e"])
def test_foreign_stacks_get_two_more_chances_and_the_first_failure_is_shown(tmp_path: Path, folder: str) -> None:
    status, output = ran(tmp_path / folder, [0, 1, 2])
    assert status == 0 and "3 passed, 3 rerun" in output, output
    for name, text in (("test_fails[1]", "run 0 of 1"), ("test_fails[2]", "run 0 of 2")):
        told = output.partition(f"first failure of {folder}/test_it.py::{name}")[2]
        assert f"AssertionError: {text}" in told, output
    assert f"2 tests were run again; {TESTS_MOST} are the most" in output and "the run fails" not in output


def test_what_fails_three_times_fails(tmp_path: Path) -> None:
    status, output = ran(tmp_path / "interop", [3])
    assert status == 1 and "1 failed, 2 rerun" in output, output


@pytest.mark.parametrize(("again", "status"), [(TESTS_MOST, 0), (TESTS_MOST + 1, 1)])
def test_a_run_in_which_too_many_tests_were_run_again_fails(tmp_path: Path, again: int, status: int) -> None:
    got, output = ran(tmp_path / "e2e", [0, *[1] * again])
    assert got == status and f"{again + 1} passed, {again} rerun" in output, output
    assert ("the run fails" in output) == (status == 1), output


@pytest.mark.parametrize("folder", ["unit", "oracle", "hostile", "scenario", "laws"])
def test_everything_else_must_not_fail_once(tmp_path: Path, folder: str) -> None:
    status, output = ran(tmp_path / folder, [1])
    assert status == 1 and "1 failed" in output and "rerun" not in output.partition("short test summary")[2], output
