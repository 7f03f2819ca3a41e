"""The manifest of a recording: what is in which file, who agreed when, what is missing. `manifest.json` beside the files.

Called by `recording`. Not for deciding anything. Times: `..._us` are microseconds since the recording's zero, which all files share;
`..._at` the same as UTC (RFC 3339). Invariant: a reader sees a whole manifest or the one before, never a half.
"""

import json
import os
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

__all__ = ["MANIFEST", "Manifest", "read", "ulid"]

MANIFEST = "manifest.json"
VERSION = 1
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
FAULTS_MOST = 100


def ulid(now_s: float) -> str:
    """26 characters that sort by time."""
    value = int(now_s * 1000) << 80 | secrets.randbits(80)
    return "".join(CROCKFORD[value >> shift & 31] for shift in range(125, -1, -5))


@dataclass(slots=True)
class Manifest:
    """See the module. `state`: as `recording.State`; left at another than complete or incomplete, the server was killed."""

    id: str
    room: str
    zero: datetime
    container: str
    grouping: str
    sealed_with: str | None
    state: str = "starting"
    ended_us: int | None = None
    consents: list[dict[str, Any]] = field(default_factory=list)
    pauses: list[dict[str, Any]] = field(default_factory=list)
    tracks: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: list[dict[str, Any]] = field(default_factory=list)
    packets_lost: int = 0

    def utc(self, at_us: int | None) -> str | None:
        """A time of this recording for people."""
        if at_us is None:
            return None
        return (self.zero + timedelta(microseconds=at_us)).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def fault(self, at_us: int, reason: str) -> None:
        """Notes what makes it incomplete."""
        if len(self.faults) < FAULTS_MOST:
            self.faults.append({"at_us": at_us, "at": self.utc(at_us), "reason": reason})

    def document(self) -> dict[str, Any]:
        """As it is written."""
        return {
            "version": VERSION,
            "id": self.id,
            "room": self.room,
            "state": self.state,
            "started_at": self.utc(0),
            "ended_at": self.utc(self.ended_us),
            "duration_us": self.ended_us,
            "container": self.container,
            "grouping": self.grouping,
            "sealed_with": self.sealed_with,
            "packets_lost": self.packets_lost,
            "consents": self._dated(self.consents, "granted", "revoked"),
            "pauses": self._dated(self.pauses, "from", "to"),
            "tracks": self._dated(self.tracks, "from", "to"),
            "files": self._dated(list(self.files.values()), "start", "end"),
            "faults": self.faults,
        }

    def _dated(self, entries: list[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
        return [{**entry, **{f"{name}_at": self.utc(entry.get(f"{name}_us")) for name in names}} for entry in entries]


def write(folder: Path, document: dict[str, Any]) -> None:
    """Puts the manifest in its place, whole. OSError: the disk."""
    temporary = folder / f".{MANIFEST}.{secrets.token_hex(4)}"
    try:
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(folder / MANIFEST)
    finally:
        temporary.unlink(missing_ok=True)


def read(folder: Path) -> dict[str, Any]:
    """The manifest of a recording. OSError or ValueError where there is none."""
    document: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return document


def now() -> tuple[int, datetime]:
    """The monotonic clock in microseconds and UTC, as of one moment."""
    return time.monotonic_ns() // 1000, datetime.now(UTC)
