"""The plan of a load: who sends what to whom, with every id, address, SSRC and key. A pure function of the `Load`.

The server's process and the generator's make the same plan from the same load, so nothing but the load and two ports is exchanged. A
participant has one peer connection per direction, as WHIP and WHEP give it. Called by `server`, `client` and `forward`.
"""

import hashlib
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from bench.scenarios import PROFILES, Load
from native.engine.worker import KIND_AUDIO, KIND_VIDEO

CODECS = {KIND_VIDEO: [(96, "VP8", 90000, 97)], KIND_AUDIO: [(111, "opus", 48000, 0)]}
EXTENSIONS = {"mid": 1, "transport-cc": 2, "abs-send-time": 3, "audio-level": 4}
# Loopback has 2^24 addresses; each peer gets one of its own, so that the generator's single socket is many peers.
FIRST_ADDRESS = ipaddress.IPv4Address("127.1.0.1")
FIRST_SSRC = 0x10000


@dataclass(frozen=True, slots=True)
class Track:
    """What a publisher sends."""

    id: int
    kind: int
    mid: str
    ssrc: int
    rtx_ssrc: int


@dataclass(frozen=True, slots=True)
class Slot:
    """What a subscriber receives: `source` is the id of the track."""

    id: int
    kind: int
    mid: str
    source: int
    ssrc: int
    rtx_ssrc: int


@dataclass(frozen=True, slots=True)
class Publication:
    """A peer connection that sends."""

    id: int
    room: int
    person: str
    address: str
    tracks: tuple[Track, ...]


@dataclass(frozen=True, slots=True)
class Subscription:
    """A peer connection that receives."""

    id: int
    room: int
    person: str
    address: str
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    publications: tuple[Publication, ...]
    subscriptions: tuple[Subscription, ...]

    def connections(self) -> Iterator[Publication | Subscription]:
        yield from self.publications
        yield from self.subscriptions

    def in_order(self) -> list[Publication | Subscription]:
        """Room by room, publishers first: the order in which a room's tracks get their places."""
        return sorted(self.connections(), key=lambda connection: (connection.room, isinstance(connection, Subscription)))


def plan(load: Load) -> Plan:
    ids, ssrcs = count(1), count(FIRST_SSRC)
    publications: list[Publication] = []
    subscriptions: list[Subscription] = []

    def ssrc_pair(kind: int) -> tuple[int, int]:
        return next(ssrcs), next(ssrcs) if kind == KIND_VIDEO else 0

    def address(connection: int) -> str:
        return str(FIRST_ADDRESS + connection)

    kinds = ([KIND_VIDEO] if load.video_bps else []) + ([KIND_AUDIO] if load.audio else [])
    for room in range(load.rooms):
        both = [f"participant{at}" for at in range(load.participants)]
        senders = [*both, *(f"publisher{at}" for at in range(load.publishers))]
        receivers = [*both, *(f"subscriber{at}" for at in range(load.subscribers))]
        published = []
        for person in senders:
            connection = next(ids)
            tracks = tuple(Track(next(ids), kind, str(mid), *ssrc_pair(kind)) for mid, kind in enumerate(kinds))
            published.append(Publication(connection, room, person, address(connection), tracks))
        for person in receivers:
            connection = next(ids)
            sources = [track for publication in published if publication.person != person for track in publication.tracks]
            slots = tuple(Slot(next(ids), track.kind, str(mid), track.id, *ssrc_pair(track.kind)) for mid, track in enumerate(sources))
            subscriptions.append(Subscription(connection, room, person, address(connection), slots))
        publications += published
    return Plan(tuple(publications), tuple(subscriptions))


def keys(load: Load, connection: int) -> tuple[int, bytes, bytes]:
    """(profile number, key of what the client sends, key of what the server sends), for the signalling without DTLS."""
    number, size = PROFILES[load.profile]

    def key(direction: str) -> bytes:
        return hashlib.blake2b(f"{load.seed}/{connection}/{direction}".encode(), digest_size=size).digest()

    return number, key("up"), key("down")


def credentials(connection: int) -> tuple[dict[str, str], dict[str, str]]:
    """ICE credentials of (server, client) as `transport_open` takes them, for the signalling without SDP."""
    server, client = (f"s{connection:05}", "server-password-of-bench"), (f"c{connection:05}", "client-password-of-bench")

    def view(local: tuple[str, str], remote: tuple[str, str]) -> dict[str, str]:
        return {"local_ufrag": local[0], "local_password": local[1], "remote_ufrag": remote[0], "remote_password": remote[1]}

    return view(server, client), view(client, server)
