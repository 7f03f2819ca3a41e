"""A room to be mixed, as numbers, and its members with every id, address and SSRC. Pure functions, made alike by each process.

A member has up to two peer connections: WHIP and WHEP give one for each direction, others one for both (`up`).
"""

import ipaddress
from dataclasses import asdict, dataclass, replace
from typing import Any

from bench.traffic import FIRST_ADDRESS, FIRST_SSRC, Publication, Slot, Subscription, Track
from native.engine.worker import KIND_AUDIO

# comfort: what a silent browser with DTX sends, a packet or two each 400 ms; full: 50 packets of silence a second.
SILENT = ("comfort", "full")
SIZES = (3, 10, 100, 1000)
IDS_EACH = 4
# The first and the last of the first room are listened to: a speaker must hear the others and not itself, a listener all.
SAMPLED = 2


@dataclass(frozen=True, slots=True)
class MixLoad:
    """`rooms` alike, each of `participants` of whom `speakers` talk all the time. The encoder settings are those asked of the server."""

    rooms: int = 1
    participants: int = 10
    speakers: int = 3
    silent: str = "comfort"
    bitrate_bps: int = 32_000
    complexity: int = 4
    expected_loss_percent: int = 0
    seed: int = 1

    def __post_init__(self) -> None:
        if self.silent not in SILENT:
            raise ValueError(f"silent participants send {' or '.join(SILENT)}, not {self.silent!r}")
        if self.rooms < 1 or not 1 <= self.speakers <= self.participants or self.participants < 2:
            raise ValueError("a mixed room has at least two participants, one of whom speaks")
        if not 0 <= self.complexity <= 10 or not 6000 <= self.bitrate_bps <= 510_000 or not 0 <= self.expected_loss_percent <= 20:
            raise ValueError("Opus takes complexity 0 ... 10, 6000 ... 510000 b/s, and here 0 ... 20 % of expected loss")

    @property
    def people(self) -> int:
        """Participants of all rooms."""
        return self.rooms * self.participants

    def with_options(self, **options: Any) -> "MixLoad":
        """The same with those options changed that are not None."""
        return replace(self, **{name: value for name, value in options.items() if value is not None})

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Member:
    """One participant; `speaker`: which speech it says, None of a silent one. Ids hold for the clients' worker and the direct server's."""

    number: int
    room: int
    speaker: int | None
    up: int
    down: int
    source: int
    sink: int
    ssrc: int

    @property
    def person(self) -> str:
        return f"member{self.number}"

    def address(self, transport: int) -> str:
        """A loopback address of each connection's own, so that one socket is many peers."""
        return str(ipaddress.IPv4Address(FIRST_ADDRESS) + transport)

    def publication(self) -> Publication:
        """What it sends, as the WHIP client takes it."""
        return Publication(self.up, self.room, self.person, self.address(self.up), (Track(self.source, KIND_AUDIO, "0", self.ssrc, 0),))

    def subscription(self) -> Subscription:
        """What it hears, as the WHEP client takes it."""
        return Subscription(self.down, self.room, self.person, self.address(self.down), (Slot(self.sink, KIND_AUDIO, "0", 0, 0, 0),))


def members(load: MixLoad) -> list[Member]:
    """Room by room, the speakers of each first."""
    out = []
    for number in range(load.people):
        at = number % load.participants
        first = 1 + number * IDS_EACH
        speaker = at if at < load.speakers else None
        out.append(Member(number, number // load.participants, speaker, first, first + 1, first + 2, first + 3, FIRST_SSRC + number))
    return out


def sampled(load: MixLoad) -> list[Member]:
    """Those whose mix is decoded and judged."""
    room = members(load)[: load.participants]
    return [room[0], room[-1]]
