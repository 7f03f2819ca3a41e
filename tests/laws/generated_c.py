"""Reads the C that Cython generated: which functions promise to run without the GIL, and which of them still touch Python.

Used by the law tests alone. A function promises it by `noexcept nogil` at the end of its definition in a pyx or pxd file.
"""

import re
from collections.abc import Iterator
from pathlib import Path

# Type names of Python.h that are plain integers; everything else that begins with Py or __Pyx_ may run Python.
INNOCENT = {"Py_ssize_t", "Py_hash_t", "Py_intptr_t", "Py_UNUSED"}
TOUCHES = re.compile(r"\b(?:Py[A-Z_]\w*|__Pyx_\w+)\b")
# Arithmetic helpers of Cython that are plain C.
PLAIN_HELPERS = re.compile(r"^__Pyx_(?:div|mod|pow|ENUM|fits)\w*$|^__Pyx_(?:sst_abs|NAN|memviewslice)$")

DEFINITION = re.compile(r"^cdef\b[^\n=]*?\b(\w+)\(((?:[^()]|\([^()]*\))*)\)([^\n:]*):[ ]*(?:#[^\n]*)?$", re.MULTILINE)
C_DEFINITION = re.compile(r"^static\s[^;{}=]*?\b(__pyx_f_\w+)\([^;{}]*\)\s*\{", re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')


def definitions(source: str) -> Iterator[tuple[str, str]]:
    """(name, what follows the parenthesis) of every module-level cdef function that a pyx or pxd file defines."""
    for name, _, tail in DEFINITION.findall(source):
        yield name, tail


def free_names(source: str) -> set[str]:
    """Names of the functions that promise to run without the GIL and without raising."""
    return {name for name, tail in definitions(source) if "nogil" in tail and "noexcept" in tail}


def bodies(c_source: str) -> Iterator[tuple[str, str]]:
    """(mangled name, body) of every cdef function in a generated C file, comments and strings removed."""
    text = STRING.sub('""', COMMENT.sub(" ", c_source))
    for found in C_DEFINITION.finditer(text):
        depth, end = 1, found.end()
        while depth and end < len(text):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        yield found.group(1), text[found.end() : end]


def mangled(module: str, name: str) -> str:
    """The C name of a module-level cdef function (Cython's scheme: every part with its length before it)."""
    return "__pyx_f_" + "".join(f"{len(part)}{part}_" for part in module.split(".")) + name


def touching(c_source: str, promised: set[str]) -> dict[str, set[str]]:
    """Of the functions with these mangled names: what of Python each one touches, where it touches anything."""
    found = {}
    for name, body in bodies(c_source):
        if name in promised:
            words = {word for word in TOUCHES.findall(body) if word not in INNOCENT and not PLAIN_HELPERS.match(word)}
            if words:
                found[name] = words
    return found


def module_of(path: Path, root: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts)
