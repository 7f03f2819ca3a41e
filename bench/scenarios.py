"""Loads: what a benchmark sends through the server, as numbers; and the named ones.

A `Load` says everything that shapes the traffic, so that two processes that have the same one agree on every id, address and key
(`traffic.plan`). Not for how it is measured: that is `forward`'s.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any

# DTLS-SRTP protection profiles by the names of our options: number, master key + salt bytes (RFC 5764, RFC 7714).
PROFILES = {"gcm128": (0x0007, 28), "gcm256": (0x0008, 44), "cm80": (0x0001, 30)}
AUDIO_BPS = 32_000
AUDIO_FRAMES_PER_S = 50


@dataclass(frozen=True, slots=True)
class Load:
    """`participants` of a room publish to and receive from each other; `publishers` only publish; `subscribers` receive from everybody."""

    rooms: int = 10
    participants: int = 0
    publishers: int = 1
    subscribers: int = 3
    video_bps: int = 2_000_000
    video_frames_per_s: int = 30
    audio: bool = True
    profile: str = "gcm128"
    seed: int = 1

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            raise ValueError(f"unknown profile {self.profile!r}; there are {', '.join(PROFILES)}")
        if self.rooms < 1 or min(self.participants, self.publishers, self.subscribers) < 0 or self.participants + self.publishers < 1:
            raise ValueError("a load needs at least one room with at least one publisher")
        if not self.audio and not self.video_bps:
            raise ValueError("a load needs video, audio or both")

    @property
    def people(self) -> int:
        """Participants of any kind, in all rooms."""
        return self.rooms * (self.participants + self.publishers + self.subscribers)

    @property
    def frames_per_s(self) -> int:
        """Of all publishers together, audio's and video's."""
        of_one = (AUDIO_FRAMES_PER_S if self.audio else 0) + (self.video_frames_per_s if self.video_bps else 0)
        return of_one * self.rooms * (self.participants + self.publishers)

    def with_options(self, **options: Any) -> "Load":
        """The same with those options changed that are not None."""
        return replace(self, **{name: value for name, value in options.items() if value is not None})

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


SCENARIOS = {
    # A presenter and three who watch. Rooms enough that a server thread has a third of a core's work or more: a nearly idle
    # one wakes for every packet, which says nothing of its cost under load.
    "fanout3": Load(rooms=120, publishers=1, subscribers=3, video_bps=2_000_000),
    # Calls: a customer and a rep. The figure of 50 at once.
    "two-party": Load(rooms=50, participants=2, publishers=0, subscribers=0, video_bps=1_500_000),
    # One to many: each packet goes to 200.
    "webinar": Load(rooms=1, publishers=1, subscribers=200, video_bps=2_000_000),
}


def growth(transports: int, *, seed: int = 1, profile: str = "gcm128") -> Load:
    """A load of this many peer connections in rooms of ten (one publisher), always with the same total of packets.

    Only the number of connections differs: frames have three packets everywhere, and come as much rarer as there are more rooms.
    """
    rooms = max(1, transports // 10)
    frames_per_s = max(1, GROWTH_FRAMES_PER_S // rooms)
    return Load(
        rooms=rooms, publishers=1, subscribers=9, video_bps=frames_per_s * GROWTH_FRAME_BYTES * 8, video_frames_per_s=frames_per_s,
        audio=False, profile=profile, seed=seed,
    )  # fmt: skip


GROWTH_TRANSPORTS = (10, 100, 500, 1000, 2000)
# 1000 frames/s of 3 packets to 9 subscribers each: 27,000 packets/s forwarded, far below a core's limit.
GROWTH_FRAMES_PER_S = 1000
GROWTH_FRAME_BYTES = 2900
