"""Nothing on the packet path takes the GIL, touches a Python object or raises: read from the C that Cython generates."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.laws.generated_c import bodies, definitions, free_names, mangled, module_of, touching
from tests.laws.house import ROOT, named, sources

PATH_ROOMS = ("wire", "stream", "audio", "engine")
PURE_ROOMS = ("wire", "stream", "audio")

# Runs setup.py's own Cython step for these rooms into another folder, with everything it says on standard error.
GENERATE = f"""
import sys
from distutils.core import run_setup
command = run_setup("setup.py", ["build_ext"], stop_after="commandline").get_command_obj("build_ext")
command.ensure_finalized()
command.extensions = [each for each in command.extensions if each.name.split(".")[1] in {PATH_ROOMS}]
command.generated, command.force = sys.argv[1], True
command.generate()
"""


def generate(script: str, folder: Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    run = ["-c", "import setuptools\n" + script, str(folder)]
    return subprocess.run([sys.executable, *run], cwd=cwd, capture_output=True, text=True, timeout=600, check=False)


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """(folder of freshly generated C, what Cython said)."""
    folder = tmp_path_factory.mktemp("generated")
    done = generate(GENERATE, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout + done.stderr


def path_modules() -> list[Path]:
    return [path for room in PATH_ROOMS for path in sources(f"native/{room}", ".pyx")]


def promised(*suffixes: str) -> set[str]:
    """Mangled names of every function, of any room on the packet path, that promises to run free."""
    return {
        mangled(module_of(path, ROOT), name)
        for room in PATH_ROOMS
        for path in sources(f"native/{room}", *suffixes)
        for name in free_names(path.read_text())
    }


def test_cython_has_no_performance_hint(generated: tuple[Path, str]) -> None:
    assert [line for line in generated[1].splitlines() if "performance hint" in line.lower()] == []


def test_functions_that_promise_to_run_free_touch_no_python(generated: tuple[Path, str]) -> None:
    folder, _ = generated
    names = promised(".pyx", ".pxd")
    wrong = {}
    seen = set()
    for path in path_modules():
        source = (folder / path.relative_to(ROOT)).with_suffix(".c").read_text()
        seen |= {name for name, _ in bodies(source)} & names
        wrong |= {f"{named(path)}: {name}": words for name, words in touching(source, names).items()}
    assert wrong == {}
    # The reader found what it was to look at: otherwise this test would say nothing.
    assert promised(".pyx") - seen == set()


@pytest.mark.parametrize("room", PURE_ROOMS)
def test_pure_rooms_define_only_free_functions(room: str) -> None:
    wrong = [
        f"{named(path)}: {name}"
        for path in sources(f"native/{room}", ".pyx", ".pxd")
        for name, tail in definitions(path.read_text())
        if not ("nogil" in tail and "noexcept" in tail)
    ]
    assert wrong == []


def test_a_function_that_takes_the_gil_is_found(tmp_path: Path) -> None:
    source = "cdef int halve(int x, int y) noexcept nogil:\n    return x // y\n\ncdef int twice(int x) noexcept nogil:\n    return 2 * x\n"
    (tmp_path / "guilty.pyx").write_text(source)
    script = "import sys\nfrom Cython.Build import cythonize\ncythonize('guilty.pyx', language_level=3, build_dir=sys.argv[1])\n"
    done = generate(script, tmp_path / "c", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    names = {mangled("guilty", name) for name in free_names(source)}
    found = touching((tmp_path / "c" / "guilty.c").read_text(), names)
    assert names == {"__pyx_f_6guilty_halve", "__pyx_f_6guilty_twice"}
    assert set(found) == {"__pyx_f_6guilty_halve"}
    assert any("GIL" in word for word in found["__pyx_f_6guilty_halve"])
