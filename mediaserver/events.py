"""What an embedding program may hear of a server: who joined and left, which tracks came and went, what became of a call.

`server.events()` gives a stream of them. A reader that does not keep up loses its stream, never an event in between.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from mediaserver.errors import LocalError
from mediaserver.slots import Track

# A burst of this many is a room of 500 that reloads; a reader behind by more has stopped reading.
BACKLOG_MAX = 2048


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a room."""

    room: str


@dataclass(frozen=True, slots=True)
class ParticipantJoined(Event):
    """An identity's first session is open."""

    identity: str


@dataclass(frozen=True, slots=True)
class ParticipantLeft(Event):
    """An identity's last session has ended."""

    identity: str


@dataclass(frozen=True, slots=True)
class TrackPublished(Event):
    """A track can be subscribed to; its first packet may still be on its way."""

    track: Track


@dataclass(frozen=True, slots=True)
class TrackUnpublished(Event):
    """A track is gone; a reload gives this and a new track."""

    track: Track


@dataclass(frozen=True, slots=True)
class ParticipantHeld(Event):
    """Somebody was put on hold."""

    identity: str


@dataclass(frozen=True, slots=True)
class ParticipantResumed(Event):
    """Somebody is off hold."""

    identity: str


@dataclass(frozen=True, slots=True)
class SupervisionChanged(Event):
    """Somebody supervises from now on ("monitor", "whisper" to some, "barge"), or is an ordinary participant again (None)."""

    identity: str
    how: str | None
    to: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AsideStarted(Event):
    """These talk among themselves."""

    identities: frozenset[str]


@dataclass(frozen=True, slots=True)
class AsideEnded(Event):
    """These, who were left in it, are back with the others."""

    identities: frozenset[str]


@dataclass(frozen=True, slots=True)
class SpeakingChanged(Event):
    """Somebody started or stopped to speak; told of those whom somebody hears in a mix."""

    identity: str
    speaking: bool


@dataclass(frozen=True, slots=True)
class DtmfReceived(Event):
    """Somebody pressed a key (0-9 * # A-D) for so long (RFC 4733)."""

    identity: str
    digit: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class RoomClosed(Event):
    """The room is empty and gone, or was closed; `error` where it failed."""

    error: Exception | None = None


class EventStream(AsyncIterator[Event]):
    """An async iterator over events from its making on; ends when the server stops or `close` is called."""

    __slots__ = ("_hub", "_overrun", "_queue", "room")

    def __init__(self, hub: "EventHub", room: str | None) -> None:
        self._hub = hub
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._overrun = False
        self.room = room

    def put(self, event: Event | None) -> None:
        """Keeps an event for the reader where it concerns it; None ends the stream."""
        if event is not None and self._queue.qsize() >= BACKLOG_MAX:
            self._overrun = True
            self.close()
        elif event is None or self.room in (None, event.room):
            self._queue.put_nowait(event)

    def close(self) -> None:
        """Ends the stream after what is kept already."""
        self._hub.streams.discard(self)
        self._queue.put_nowait(None)

    async def __anext__(self) -> Event:
        """LocalError at the end of what was kept, when the reader fell behind by more than BACKLOG_MAX."""
        event = await self._queue.get()
        if event is None:
            self._queue.put_nowait(None)  # every further call ends too
            if self._overrun:
                raise LocalError(f"The event reader fell behind by more than {BACKLOG_MAX} events.")
            raise StopAsyncIteration
        return event


class EventHub:
    """Hands each event to every open stream."""

    __slots__ = ("streams",)

    def __init__(self) -> None:
        self.streams: set[EventStream] = set()

    def stream(self, room: str | None = None) -> EventStream:
        """A new stream, of one room or of all."""
        stream = EventStream(self, room)
        self.streams.add(stream)
        return stream

    def emit(self, event: Event) -> None:
        """Hands an event out."""
        for stream in tuple(self.streams):
            stream.put(event)

    def close(self) -> None:
        """Ends every stream."""
        for stream in tuple(self.streams):
            stream.close()
