"""Who hears what the bus tells: connections by topic, and each message made into bytes once for all who see the same.

For `api.connection`. One subscription of the bus serves all connections of a topic. Everything on the loop's thread.
"""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from signalling.api.messages import json_frame
from signalling.bus import Bus
from signalling.conversation.timeline import Entry


class Shared:
    """One message on its way to many. Frames are made when somebody needs them, once for each view of it."""

    __slots__ = ("_frames", "message")

    def __init__(self, message: Any) -> None:
        self.message = message
        self._frames: dict[tuple[str, bool, bool], bytes] = {}

    def entry(self, kind: str, *, staff: bool, masked: bool) -> bytes:
        """The entry in a frame of type `kind`, as staff or a customer sees it."""
        key = (kind, staff, masked)
        frame = self._frames.get(key)
        if frame is None:
            seen: Entry = self.message.masked() if masked else self.message
            frame = self._frames[key] = json_frame({"type": kind, "entry": seen.shown(staff=staff)})
        return frame

    def note(self) -> bytes:
        """The note as it is."""
        key = ("note", False, False)
        frame = self._frames.get(key)
        if frame is None:
            frame = self._frames[key] = json_frame(self.message)
        return frame


class Member(Protocol):
    """Whoever hears."""

    def told(self, topic: str, shared: Shared) -> None:
        """Something was published on a topic it has joined."""


class _Topic:
    __slots__ = ("cancel", "members")

    def __init__(self, cancel: Callable[[], None], members: list[Member]) -> None:
        self.cancel = cancel
        self.members = members


class Fanout:
    """See the module."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._topics: dict[str, _Topic] = {}

    def join(self, topic: str, member: Member) -> None:
        """`member` hears of this topic from now on. Joining twice is joining once."""
        there = self._topics.get(topic)
        if there is None:
            self._topics[topic] = _Topic(self._bus.subscribe(topic, self._published), [member])
        elif member not in there.members:
            there.members.append(member)

    def leave(self, topic: str, member: Member) -> None:
        """`member` hears of this topic no more."""
        there = self._topics.get(topic)
        if there is not None and member in there.members:
            there.members.remove(member)
            if not there.members:
                there.cancel()
                del self._topics[topic]

    def members(self, topic: str) -> Iterable[Member]:
        """Who hears of this topic, in this process."""
        there = self._topics.get(topic)
        return tuple(there.members) if there is not None else ()

    def _published(self, topic: str, message: Any) -> None:
        there = self._topics.get(topic)
        if there is not None:
            shared = Shared(message)
            for member in tuple(there.members):
                member.told(topic, shared)
