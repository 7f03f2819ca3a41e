"""The seam to the media plane: rooms by name, who is let in, and what happens there.

For `calls`. `LocalMedia` is the media server of this process; another implementation may speak to one elsewhere. Invariant: nothing in
`calling` but this file knows `mediaserver`.
"""

from collections.abc import Callable
from typing import Any, Protocol


class MediaPlane(Protocol):
    """What calls need of a media server."""

    def admit(self, room: str, identity: str, *, name: str, publish: bool, ttl_s: int) -> str:
        """A token that lets `identity` into `room`."""

    def watch(self, listener: Callable[[Any], None]) -> Callable[[], None]:
        """Calls `listener` with what happens in any room, until the returned function is called."""


class NoMedia:
    """Where there is no media server: tests, and a signalling half on a machine of its own."""

    def admit(self, room: str, identity: str, *, name: str, publish: bool, ttl_s: int) -> str:
        """See `MediaPlane`."""
        return f"{room}/{identity}"

    def watch(self, listener: Callable[[Any], None]) -> Callable[[], None]:
        """See `MediaPlane`."""
        return lambda: None
