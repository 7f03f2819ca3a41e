"""What `Room.announce` and `Room.aside` give back: something that goes on for a while, and can be ended.

Made by `Conference` alone, which also does what they say.
"""

import asyncio
from collections.abc import Callable, Generator

from mediaserver.mixing.mixer import Play


class Announcement:
    """A clip on its way into the room, or being played. Awaiting it gives True when it was played to its end, False when it was stopped or
    there was nobody (any more) to hear it. LocalError: its file cannot be played. `prepared` is what will be played, `play` what is."""

    __slots__ = ("_done", "_stop", "gain", "others", "play", "prepared", "to")

    def __init__(self, to: frozenset[str] | None, gain: float, others: float, stop: Callable[["Announcement"], None]) -> None:
        self.to = to
        self.gain = gain
        self.others = others
        self.prepared: Play | None = None
        self.play: Play | None = None
        self._stop = stop
        self._done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    @property
    def done(self) -> bool:
        """Whether it is over."""
        return self._done.done()

    def reaches(self, identity: str) -> bool:
        """Whether it is for this participant."""
        return self.to is None or identity in self.to

    def stop(self) -> None:
        """Ends it now. Idempotent."""
        if not self.done:
            self._stop(self)

    def settle(self, played: bool | Exception) -> None:
        """Tells those who wait for it. Called once, by the room."""
        if isinstance(played, Exception):
            self._done.set_exception(played)
            self._done.exception()  # nobody has to wait for it
        else:
            self._done.set_result(played)

    def __await__(self) -> Generator[None, None, bool]:
        """Waits for its end; giving up waiting does not end it."""
        return asyncio.shield(self._done).__await__()


class Aside:
    """A side conversation. `members` are those it began with."""

    __slots__ = ("_end", "members", "number")

    def __init__(self, number: int, members: frozenset[str], end: Callable[[int], bool]) -> None:
        self.number = number
        self.members = members
        self._end = end

    def end(self) -> bool:
        """Brings its members back to the others; whether it was still going on."""
        return self._end(self.number)
