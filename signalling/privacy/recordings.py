"""Recordings of calls as they lie on disk: whose they are, and removing them.

For `export`, `erasure` and `retention`. A call's room is named after tenant and call (`calling.plan.room_name`), and a recording's manifest
names its room. Blocking: callers run it in a thread. Invariant: only folders with a manifest of that tenant's are touched.
"""

import os
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from signalling.recordings import documents


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recording."""

    tenant_id: str
    call_id: str
    folder: Path
    written_us: int  # last
    bytes: int
    files: tuple[Path, ...]


def of(root: Path, tenant_id: str, call_ids: Collection[str] | None = None) -> list[Recorded]:
    """A tenant's recordings below `root`; of these calls only, where some are named."""
    found = []
    for folder, document in documents(root):
        tenant, _, call_id = str(document.get("room", "")).partition(".")
        if tenant != tenant_id or (call_ids is not None and call_id not in call_ids):
            continue
        files = tuple(sorted(path for path in folder.iterdir() if path.is_file()))
        sizes = [path.stat() for path in files]
        written_us = int(max((size.st_mtime for size in sizes), default=0) * 1_000_000)
        found.append(Recorded(tenant, call_id, folder, written_us, sum(size.st_size for size in sizes), files))
    return found


def remove(recorded: Recorded) -> None:
    """Deletes a recording for good; its room's folder too, where it was the last. Idempotent."""
    if recorded.folder.exists():
        shutil.rmtree(recorded.folder)
    parent = recorded.folder.parent
    if parent.exists() and not any(parent.iterdir()):
        os.rmdir(parent)
