"""Imports point one way: native <- mediaserver <- signalling; bench and tests import anything and nothing imports them."""

import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

import pytest

from tests.laws.house import PACKAGES, ROOT, cython_imports, imports, named, sources

MAY_IMPORT = {
    "native": {"native"},
    "mediaserver": {"native", "mediaserver"},
    "signalling": {"native", "mediaserver", "signalling"},
    "bench": {"native", "mediaserver", "signalling", "bench"},
}
# Rooms of native that are functions of (state, input, now): none of these reaches a clock or a socket from there.
PURE_ROOMS = ("wire", "stream", "audio")
IMPURE = {"posix", "libc.time", "native.c.socket", "native.engine", "native.c.epoll", "native.c.eventfd"}


def ours(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names} & set(PACKAGES)


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_point_one_way(package: str) -> None:
    wrong = {named(path): ours(imports(path)) - MAY_IMPORT[package] for path in sources(package, ".py", ".pyi")}
    wrong |= {named(path): ours(cython_imports(path)) - MAY_IMPORT[package] for path in sources(package, ".pyx", ".pxd")}
    assert {path: names for path, names in wrong.items() if names} == {}


def test_only_the_workers_of_the_media_server_touch_native() -> None:
    users = {named(path) for path in sources("mediaserver", ".py") if "native" in ours(imports(path))}
    assert users <= {"mediaserver/workers.py"}


def test_test_doors_serve_tests_and_benchmarks_only() -> None:
    users = {
        named(path)
        for package in MAY_IMPORT
        for path in sources(package, ".py", ".pyx", ".pxd")
        if any(name.startswith("native.testing") for name in (imports(path) if path.suffix == ".py" else cython_imports(path)))
    }
    assert {path for path in users if not path.startswith(("native/testing/", "bench/"))} == set()


@pytest.mark.parametrize("room", PURE_ROOMS)
def test_pure_rooms_reach_no_clock_and_no_socket(room: str) -> None:
    reached = {
        named(path): {name for name in cython_imports(path) if any(name == bad or name.startswith(bad + ".") for bad in IMPURE)}
        for path in sources(f"native/{room}", ".pyx", ".pxd")
    }
    assert {path: names for path, names in reached.items() if names} == {}


def declared(*extras: str) -> set[str]:
    """Import names of the distributions that pyproject.toml declares, for the program itself or with these extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = list(project["dependencies"])
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    normal = {re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;]", line, maxsplit=1)[0]).lower() for line in lines}
    by_module = importlib.metadata.packages_distributions()
    return {module for module, names in by_module.items() if {re.sub(r"[-_.]+", "-", name).lower() for name in names} & normal}


def foreign(paths: list[Path]) -> dict[str, set[str]]:
    found = {named(path): {name.split(".")[0] for name in imports(path)} for path in paths}
    return {path: names - set(sys.stdlib_module_names) - set(PACKAGES) for path, names in found.items()}


def test_the_program_imports_only_declared_dependencies() -> None:
    allowed = declared()
    wrong = {path: names - allowed for path, names in foreign(sources("mediaserver", ".py") + sources("signalling", ".py")).items()}
    assert {path: names for path, names in wrong.items() if names} == {}


def test_tests_and_benchmarks_import_only_declared_dependencies() -> None:
    # `scripts` is no distribution. The system's own Python runs GStreamer's bindings, which scripts/setup.sh installs; pesq, of the extra
    # `bench`, may be missing here.
    allowed = declared("test", "dev", "bench") | {"gi", "pesq", "scripts"}
    wrong = {path: names - allowed for path, names in foreign(sources("bench", ".py") + sources("tests", ".py")).items()}
    assert {path: names for path, names in wrong.items() if names} == {}
