"""A publisher made of a plain socket, for tests of what the server does with media: real packets, real SRTP, no DTLS and no encoder's pace.

Its transport is opened with keys that the test knows; to its room it is a participant like any other. What it sends, and with which numbers
and timestamps, is the test's.
"""

import asyncio
import secrets
import socket
import struct
import time
from typing import Any

from pylibsrtp import Policy, Session

from mediaserver import MediaServer
from mediaserver.capabilities import Format
from mediaserver.participant import Participant, Publication
from mediaserver.room import Room
from mediaserver.slots import Track
from mediaserver.workers import KINDS
from tests.engine_peers import attribute, rtp, sender_report, stun
from tests.support.live import until

PROFILE, KEY_BYTES = 7, 28
PAYLOAD_TYPES = {"audio": 111, "video": 96}
CLOCK_RATES = {"audio": 48000, "video": 90000}


class PlainTransport:
    """What a publication closes; the rest of a transport it never needs."""

    def __init__(self, room: Room, transport_id: int) -> None:
        self._room, self.id = room, transport_id

    def close(self) -> None:
        self._room.worker.transports.pop(self.id, None)
        self._room.worker.native.transport_close(self.id)


class Stream:
    """One RTP stream; numbers and timestamps start anywhere."""

    def __init__(self, track: Track) -> None:
        self.track = track
        self.ssrc = secrets.randbits(31) | 1
        self.seq = secrets.randbits(16)
        self.base = secrets.randbits(32)  # timestamp of the publisher's zero
        self.payload_type = PAYLOAD_TYPES[track.kind]
        self.rate = CLOCK_RATES[track.kind]

    def timestamp(self, media_us: int) -> int:
        return (self.base + media_us * self.rate // 1_000_000) & 0xFFFFFFFF


class Speaker:
    """See the module. Media times are microseconds of the publisher's own clock."""

    def __init__(self, server: MediaServer, room: Room, identity: str, *, clock_ahead_us: int = 0) -> None:
        self._server, self._room, self._identity = server, room, identity
        self._native: Any = room.worker.native
        self._transport = room.worker.new_id()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self._clock_ahead_us = clock_ahead_us
        up, down = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(KEY_BYTES)
        self._seal = Session(Policy(key=up, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_128_GCM))
        self._ufrag, self._password = secrets.token_hex(4), secrets.token_hex(12)
        self._native.transport_open(self._transport, local_ufrag=self._ufrag, local_password=self._password, remote_ufrag="peer")
        self._native.transport_keys(self._transport, PROFILE, down, up)
        room.worker.transports[self._transport] = self
        self.connected = False
        self.streams: dict[str, Stream] = {}
        self._publication: Publication | None = None

    async def publish(self, *tracks: tuple[str, str]) -> None:
        """Joins with tracks of (kind, codec)."""
        ours = []
        participant = self._room.participants.get(self._identity) or Participant(self._room, self._identity)
        publication = Publication(participant, "0", time.monotonic())
        publication.transport = PlainTransport(self._room, self._transport)  # type: ignore[assignment]  # all it needs
        for ordinal, (kind, codec) in enumerate(tracks):
            track = Track(self._room.worker.new_id(), self._identity, kind, 0, Format(codec))
            stream = self.streams[kind] = Stream(track)
            ours.append(track)
            self._room.worker.media[track.id] = publication
            entry = (stream.payload_type, codec, stream.rate, 0)
            self._native.producer_open(track.id, self._transport, KINDS[kind], str(ordinal), [entry], ssrcs=[(stream.ssrc, 0)])
        publication.tracks = tuple(ours)
        await self._connect()
        former, participant.publication = participant.publication, publication
        self._publication = publication
        self._room._entered(publication)
        self._room._change_tracks(former.tracks if former is not None else (), publication.tracks)
        if former is not None:
            self._room._release(former)

    async def _connect(self) -> None:
        check = attribute(0x0006, f"{self._ufrag}:peer".encode()) + attribute(0x0024, struct.pack("!I", 1 << 24))
        check += attribute(0x802A, bytes(8)) + attribute(0x0025)

        def connected() -> bool:
            if not self.connected:
                message = stun(1, secrets.token_bytes(12), check, self._password)
                self._socket.sendto(message, ("127.0.0.1", self._room.worker.port))
            return self.connected

        await until(connected, f"{self._identity} to be connected")

    def leave(self) -> None:
        assert self._publication is not None
        self._publication.close()
        self._socket.close()

    def send(self, kind: str, media_us: int, payload: bytes, *, marker: bool = True, seq: int | None = None, lost: bool = False) -> int:
        """One packet, the next of its stream unless `seq` says which; its number. `lost`: it is numbered but never leaves."""
        stream = self.streams[kind]
        number = stream.seq if seq is None else seq
        packet = rtp(number, stream.timestamp(media_us), stream.ssrc, payload, payload_type=stream.payload_type, marker=marker)
        if not lost:
            self._socket.sendto(self._seal.protect(packet), ("127.0.0.1", self._room.worker.port))
        if seq is None:
            stream.seq = (stream.seq + 1) & 0xFFFF
        return number

    def report(self, kind: str, media_us: int) -> None:
        """A sender report: this timestamp is this time of the publisher's clock."""
        stream = self.streams[kind]
        clock_us = media_us + self._clock_ahead_us
        ntp = (clock_us // 1_000_000 << 32) + (clock_us % 1_000_000 << 32) // 1_000_000
        plain = sender_report(stream.ssrc, ntp, stream.timestamp(media_us))
        self._socket.sendto(self._seal.protect_rtcp(plain), ("127.0.0.1", self._room.worker.port))

    # The transport's events.

    def on_connected(self, ip: str, port: int) -> None:
        self.connected = True

    def on_dtls(self, datagram: bytes) -> None: ...
    def on_secure(self) -> None: ...
    def on_lost(self) -> None: ...
    def on_error(self, error: Exception) -> None:
        raise error


async def pace(start_s: float, media_us: int) -> None:
    """Waits until a media time has come, of a clock that stood at 0 at `start_s`."""
    await asyncio.sleep(max(0.0, start_s + media_us / 1e6 - asyncio.get_running_loop().time()))
