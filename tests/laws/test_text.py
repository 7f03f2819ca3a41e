"""What every file owes its reader: a docstring, annotations where others call, and nothing of one particular machine."""

import ast
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.laws.house import ROOT, functions, named, sources, tree

# Spelt in two halves, so that this file does not contain what it forbids.
FORBIDDEN = [
    "/wo" + "rk/",
    "/ro" + "ot/",
    "/fa" + "rm/",
    "/tmp/" + "wt/",
    "bash_" + "jobs",
    "pypi" + ".org",
    "python" + "hosted",
    "registry." + "npmjs",
    "deb." + "debian",
    "crates" + ".io",
]


def tracked() -> list[Path]:
    """Files of the repository: git's list, or, in an unpacked sdist, everything that is not made here."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    made = {".venv", "build", "dist", "artifacts", "__pycache__", "node_modules"}
    return [path for path in ROOT.rglob("*") if path.is_file() and not made & set(path.relative_to(ROOT).parts)]


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = [
        f"{named(path)}: {word}"
        for path in tracked()
        for word in FORBIDDEN
        if word.encode() in path.read_bytes()
    ]
    assert found == []


def opens_with_docstring(path: Path) -> bool:
    if path.suffix == ".py":
        return bool(ast.get_docstring(tree(path)))
    lines = [line for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    return bool(lines) and lines[0].lstrip("rR").startswith('"""')


@pytest.mark.parametrize("package", ["native", "mediaserver", "signalling", "bench", "tests"])
def test_every_file_says_what_it_is_for(package: str) -> None:
    files = [path for path in sources(package, ".py", ".pyi", ".pyx", ".pxd") if path.read_text().strip()]
    silent = [named(path) for path in files if not opens_with_docstring(path)]
    assert silent == []


@pytest.mark.parametrize("package", ["mediaserver", "signalling"])
def test_public_functions_are_annotated_and_documented(package: str) -> None:
    poor = []
    for path in sources(package, ".py"):
        for name, node in functions(path):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            arguments += [extra for extra in (node.args.vararg, node.args.kwarg) if extra]
            bare = [a.arg for a in arguments if a.annotation is None and a.arg not in ("self", "cls")]
            setter = any(isinstance(d, ast.Attribute) and d.attr == "setter" for d in node.decorator_list)
            if node.returns is None or bare:
                poor.append(f"{named(path)}: {name} lacks annotations {bare}")
            if not ast.get_docstring(node) and not setter:
                poor.append(f"{named(path)}: {name} lacks a docstring")
    assert poor == []


@pytest.mark.parametrize("package", ["mediaserver", "signalling"])
def test_public_classes_are_documented(package: str) -> None:
    silent = [
        f"{named(path)}: {node.name}"
        for path in sources(package, ".py")
        for node in tree(path).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert silent == []


def test_no_exception_is_swallowed_unseen() -> None:
    bare = [
        f"{named(path)}:{node.lineno}"
        for package in ("native", "mediaserver", "signalling", "bench")
        for path in sources(package, ".py")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler) and node.type is None
    ]
    assert bare == []
