"""The seam to the media plane: rooms by name (`plan.room_name`), who is let in, what everybody's part is, and what happens there.

For `calls`. `local_media` is the media server of this process; another implementation may speak to one elsewhere. A media plane is told
what is to be (`plan.RoomPlan`), not what to do: hold and resume, mute, monitor, whisper, barge, hiding a picture, recording, pausing,
removing somebody are differences between what is and the plan. Identities in a room are legs' ids (and `plan.SCREEN` behind them for a
screen), so that a token opens exactly as much as its leg may do at the moment.

Invariant: nothing in `calling` but `local_media` knows `mediaserver`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from signalling.calling.plan import RoomPlan


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody's first session is open. `identity`: a leg's."""

    room: str
    identity: str


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody's last session has ended."""

    room: str
    identity: str


@dataclass(frozen=True, slots=True)
class TrackChanged:
    """A track has come or gone. `source`: camera (or none told) or screen."""

    room: str
    identity: str
    kind: Literal["audio", "video"]
    source: Literal["camera", "screen"]
    published: bool


@dataclass(frozen=True, slots=True)
class Spoke:
    """Somebody began or ended to speak."""

    room: str
    identity: str
    speaking: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording has ended; `complete` says whether all that should be in it is. `folder`: its name there."""

    room: str
    recording_id: str
    folder: str
    complete: bool
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Missed:
    """Events were lost: ask `present` for what is."""


MediaEvent = Joined | Left | TrackChanged | Spoke | Recorded | Missed


@dataclass(frozen=True, slots=True)
class Sample:
    """How a leg's connection is, since the last sample."""

    rtt_ms: float
    loss_percent: float


class MediaPlane(Protocol):
    """What calls need of a media server. Calls raise `RemoteError` (503) where it cannot be reached."""

    def admit(self, room: str, identity: str, *, name: str, publish: bool, ttl_s: int) -> str:
        """A token that lets `identity` into `room`, as long as the room's plan has a place for them."""

    def ice_servers(self) -> list[dict[str, Any]]:
        """STUN and TURN servers as RTCIceServer dictionaries."""

    async def apply(self, plan: RoomPlan) -> None:
        """Makes it true, and keeps it so for whoever comes later. Idempotent."""

    def present(self, room: str) -> frozenset[str]:
        """The legs that have a session there."""

    async def samples(self, room: str) -> Mapping[str, Sample]:
        """How the connection of each leg is."""

    async def stats(self, room: str) -> dict[str, Any]:
        """Everything the media server can tell of a room, for people who look for a fault."""

    def watch(self, listener: Callable[[MediaEvent], None]) -> Callable[[], None]:
        """Calls `listener` with what happens in calls' rooms, until the returned function is called."""


class NoMedia:
    """Where there is no media server: tests, and a signalling half on a machine of its own. Nobody ever joins."""

    def admit(self, room: str, identity: str, *, name: str, publish: bool, ttl_s: int) -> str:
        """See `MediaPlane`."""
        return f"{room}/{identity}"

    def ice_servers(self) -> list[dict[str, Any]]:
        """See `MediaPlane`."""
        return []

    async def apply(self, plan: RoomPlan) -> None:
        """See `MediaPlane`."""

    def present(self, room: str) -> frozenset[str]:
        """See `MediaPlane`."""
        return frozenset()

    async def samples(self, room: str) -> Mapping[str, Sample]:
        """See `MediaPlane`."""
        return {}

    async def stats(self, room: str) -> dict[str, Any]:
        """See `MediaPlane`."""
        return {}

    def watch(self, listener: Callable[[MediaEvent], None]) -> Callable[[], None]:
        """See `MediaPlane`."""
        return lambda: None
