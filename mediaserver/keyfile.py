"""A file of secrets that a program makes for itself at its first start: whole or not at all, its owner's alone, the first one counts.

For `mediaserver.keys` and for the signalling core's secrets. TOML, so that a person can read and mend it. Invariants: of two processes that
start at once both end up with the same file; no error carries what stands in it.
"""

import os
import secrets
import stat
import tomllib
from pathlib import Path
from typing import Any

from mediaserver.errors import LocalError

__all__ = ["make", "read", "replace"]

# Secrets are for the owner; a group's read bit is as bad as everybody's.
FILE_MODE = 0o600
FOLDER_MODE = 0o700


def make(path: Path, text: str) -> None:
    """Writes beside and links into place. Where another was first, theirs stays. OSError where it cannot."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    draft = _draft(path, text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first: its file counts
    finally:
        draft.unlink()
    _sync_folder(path.parent)


def replace(path: Path, text: str) -> None:
    """Writes beside and renames over: whoever reads sees the old file or the new one. OSError where it cannot."""
    os.replace(_draft(path, text), path)
    _sync_folder(path.parent)


def read(path: Path, what: str) -> dict[str, Any]:
    """What stands in it. LocalError where others can read it or it is no TOML; `what`: what it is a file of, for the sentence."""
    with path.open("rb") as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise LocalError(f"others can read the {what} in {path}; make new ones, or close it with: chmod 600 {path}")
        try:
            return tomllib.load(file)
        except ValueError as error:
            raise LocalError(f"{path} is not a TOML file of {what}: {error}") from None


def _draft(path: Path, text: str) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _sync_folder(folder: Path) -> None:
    """A name is on disk when its folder is: a master key that vanished in a power cut would take all that it sealed along."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
