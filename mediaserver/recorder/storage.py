"""Where a container's bytes go: a plain file, or a sealed one. Called by `container`, whose muxer writes through it.

What is written is with the kernel when `write` returns (plain) or at the next `flush` (sealed), so that a killed process leaves it behind.
"""

import os
from pathlib import Path
from typing import Protocol

from mediaserver.recorder.vault import SUFFIX, Key, Sealer

__all__ = ["PlainFile", "SealedFile", "Storage", "create"]

MODE = 0o600  # recordings are for their owner's eyes alone


class Storage(Protocol):
    """What a muxer writes to. One without `seek` is written from front to end."""

    size_bytes: int

    def write(self, data: bytes) -> int:
        """Takes all of `data`. OSError: the disk did not."""

    def flush(self) -> None:
        """Lets everything leave this process."""

    def finish(self) -> None:
        """Closes it, complete. Idempotent. OSError: the disk is full."""


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


class PlainFile:
    """A file of its own name; the muxer may come back to its head to write length and index there."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, MODE)
        self._at = 0
        self.size_bytes = 0

    def write(self, data: bytes) -> int:
        """Takes all of `data`."""
        _write(self._descriptor, data)
        self._at += len(data)
        self.size_bytes = max(self.size_bytes, self._at)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Moves to where is written next."""
        self._at = os.lseek(self._descriptor, offset, whence)
        return self._at

    def tell(self) -> int:
        """Where is written next."""
        return self._at

    def flush(self) -> None:
        """Nothing waits here."""

    def finish(self) -> None:
        """Closes it."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


class SealedFile:
    """An encrypted file, written from front to end."""

    def __init__(self, path: Path, key: Key) -> None:
        self._descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, MODE)
        self.size_bytes = 0
        self._sealer = Sealer(self._put, key)

    def _put(self, data: bytes) -> None:
        _write(self._descriptor, data)
        self.size_bytes += len(data)

    def write(self, data: bytes) -> int:
        """Takes all of `data`."""
        self._sealer.write(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Lets a chunk leave, full or not."""
        self._sealer.flush()

    def finish(self) -> None:
        """Marks the end and closes it."""
        if self._descriptor < 0:
            return
        try:
            self._sealer.close()
        finally:
            os.close(self._descriptor)
            self._descriptor = -1


def create(folder: Path, name: str, key: Key | None) -> tuple[Storage, str]:
    """A new file and the name it really has."""
    if key is None:
        return PlainFile(folder / name), name
    return SealedFile(folder / (name + SUFFIX), key), name + SUFFIX
