"""The house as the law tests see it: its files, and what each says at its top. Reads text only; imports nothing of ours."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("native", "mediaserver", "signalling", "bench", "tests")


def sources(package: str, *suffixes: str) -> list[Path]:
    """Files of one package with one of these suffixes, sorted, generated ones left out."""
    return sorted(path for path in (ROOT / package).rglob("*") if path.suffix in suffixes and "__pycache__" not in path.parts)


def named(path: Path) -> str:
    """The path as a test's name."""
    return str(path.relative_to(ROOT))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=named(path))


def imports(path: Path) -> set[str]:
    """Dotted names that a Python file imports, anywhere in it; relative ones made absolute."""
    found = set()
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) + "." if node.level else ""
            found.add(f"{base}{node.module or ''}".rstrip("."))
    return found


CYTHON_IMPORT = re.compile(r"^\s*(?:from\s+([\w.]+)\s+c?import|c?import\s+([\w.]+))", re.MULTILINE)


def cython_imports(path: Path) -> set[str]:
    """Dotted names that a pyx or pxd file imports or cimports."""
    return {first or second for first, second in CYTHON_IMPORT.findall(path.read_text())}


def functions(path: Path) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Public functions and methods of a Python file (those of private classes and nested ones left out), with their dotted names."""

    def of(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
        for node in body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield from of(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                yield prefix + node.name, node

    yield from of(tree(path).body, "")
