"""What is shipped: the sdist has everything a build needs, the wheel everything a run needs. Building them in full: `make dist`."""

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.laws.house import ROOT, sources


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names in the source distribution, made without a C compiler."""
    folder = tmp_path_factory.mktemp("sdist")
    script = "import sys; from setuptools import build_meta; print(build_meta.build_sdist(sys.argv[1]))"
    environment = {"PATH": "/nonexistent", "HOME": str(folder), "CC": "/nonexistent/cc"}
    command = [sys.executable, "-c", script, str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


# What npm and Python put beside the sources.
OF_MACHINES = {"node_modules", "__pycache__"}


def relative(paths: list[Path]) -> set[str]:
    return {str(path.relative_to(ROOT)) for path in paths}


def test_the_sdist_has_all_that_a_build_needs(sdist: set[str]) -> None:
    needed = {"setup.py", "pyproject.toml", "README.md", "LICENSE"}
    needed |= relative(sources("native", ".pyx", ".pxd", ".py", ".pyi", ".h") + sources("bench", ".pyx", ".pxd", ".py", ".pyi"))
    for package in ("mediaserver", "signalling"):
        needed |= relative(sources(package, ".py", ".html", ".css", ".js", ".svg"))
    assert needed - sdist == set()
    assert {name for name in needed_web() if name not in sdist} == set()


def needed_web() -> set[str]:
    """The web's sources, and what was built of them."""
    assert (ROOT / "web/dist/widget/v1.js").is_file(), "the web is not built: run make test, or npm run build in web/"
    return {str(path.relative_to(ROOT)) for path in (ROOT / "web").rglob("*") if path.is_file() and not OF_MACHINES & set(path.parts)}


def test_an_installation_has_the_built_web(tmp_path: Path) -> None:
    command = [sys.executable, "setup.py", "-q", "build_py", "--build-lib", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    built = {name for name in needed_web() if name.startswith("web/dist/")}
    assert len(built) >= 4
    packed = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert built - packed == set()
    assert {name for name in packed if name.startswith("web/") and (name.endswith(".ts") or "node_modules" in name)} == set()


def test_the_sdist_has_nothing_that_was_made_here(sdist: set[str]) -> None:
    made = {
        name
        for name in sdist
        if name.endswith((".so", ".o", ".pyc")) or name.startswith(("build/", ".venv/", "artifacts/", "dist/", "web/node_modules/"))
    }
    assert made == set()
