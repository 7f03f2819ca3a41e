"""Plain peers of an engine core: STUN, RTP and RTCP written from the standards, SRTP by libsrtp. Shares no code with native/.

A `Peer` is one browser as the core sees it: an address, ICE credentials, keys. `connected` brings one up to state SECURE.
"""

import hmac
import random
import struct
import zlib
from dataclasses import dataclass, field

from native.testing.engine import Core
from pylibsrtp import Policy, Session

from native.engine.worker import KIND_AUDIO, KIND_VIDEO

__all__ = [
    "AUDIO",
    "GCM",
    "KIND_AUDIO",
    "KIND_VIDEO",
    "START_US",
    "VP8",
    "VP8_NO_RTX",
    "Core",
    "Peer",
    "Rtp",
    "attribute",
    "compound",
    "connected",
    "extension_block",
    "nack",
    "pli",
    "publish",
    "read_rtp",
    "receiver_report",
    "rtp",
    "sender_report",
    "stun",
    "stun_attributes",
    "subscribe",
    "vp8",
]

START_US = 1_000_000_000
GCM = 7
PROFILES = {
    1: (Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 30),
    7: (Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 28),
    8: (Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 44),
}
VP8 = [(96, "VP8", 90000, 97)]
VP8_NO_RTX = [(96, "VP8", 90000, 0)]
AUDIO = [(111, "opus", 48000, 0)]
COOKIE = 0x2112A442


def attribute(kind: int, value: bytes = b"") -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def stun(kind: int, transaction: bytes, attributes: bytes, password: str | None, *, fingerprint: bool = True) -> bytes:
    """A STUN message (RFC 8489) with MESSAGE-INTEGRITY when there is a password, and FINGERPRINT."""
    body = attributes
    if password is not None:
        head = struct.pack("!HHI", kind, len(body) + 24, COOKIE) + transaction
        body += attribute(0x0008, hmac.digest(password.encode(), head + body, "sha1"))
    if fingerprint:
        head = struct.pack("!HHI", kind, len(body) + 8, COOKIE) + transaction
        body += attribute(0x8028, struct.pack("!I", zlib.crc32(head + body) ^ 0x5354554E))
    return struct.pack("!HHI", kind, len(body), COOKIE) + transaction + body


def stun_attributes(message: bytes) -> dict[int, bytes]:
    at, found = 20, {}
    while at < len(message):
        kind, size = struct.unpack_from("!HH", message, at)
        found[kind] = message[at + 4 : at + 4 + size]
        at += 4 + size + (-size % 4)
    return found


def extension_block(elements: dict[int, bytes], *, two_byte: bool = False) -> bytes:
    """RFC 8285, padded, with its 4-byte header."""
    if two_byte:
        body = b"".join(bytes([number, len(value)]) + value for number, value in elements.items())
    else:
        body = b"".join(bytes([number << 4 | len(value) - 1]) + value for number, value in elements.items())
    body += bytes(-len(body) % 4)
    return struct.pack("!HH", 0x1000 if two_byte else 0xBEDE, len(body) // 4) + body


def rtp(
    seq: int,
    timestamp: int,
    ssrc: int,
    payload: bytes,
    *,
    payload_type: int = 96,
    marker: bool = False,
    extensions: dict[int, bytes] | None = None,
    two_byte: bool = False,
    padding: bytes = b"",
) -> bytes:
    """Plain RTP (RFC 3550 section 5.1)."""
    first = 0x80 | (0x10 if extensions else 0) | (0x20 if padding else 0)
    head = struct.pack("!BBHII", first, marker << 7 | payload_type, seq & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
    return head + (extension_block(extensions, two_byte=two_byte) if extensions else b"") + payload + padding


@dataclass
class Rtp:
    """What read_rtp finds."""

    payload_type: int
    marker: bool
    seq: int
    timestamp: int
    ssrc: int
    extensions: dict[int, bytes]
    payload: bytes
    padding: int
    raw: bytes


def read_rtp(data: bytes) -> Rtp:
    """Reads plain RTP strictly: raises AssertionError on anything a receiver might refuse."""
    first, second, seq, timestamp, ssrc = struct.unpack_from("!BBHII", data)
    assert first >> 6 == 2 and first & 15 == 0
    at, found = 12, {}
    if first & 0x10:
        profile, words = struct.unpack_from("!HH", data, 12)
        at, end = 16, 16 + 4 * words
        assert end <= len(data)
        while at < end:
            if data[at] == 0:
                at += 1
                continue
            if profile == 0xBEDE:
                number, size = data[at] >> 4, (data[at] & 15) + 1
                at += 1
            else:
                assert profile == 0x1000
                number, size = data[at], data[at + 1]
                at += 2
            assert number not in found and at + size <= end
            found[number] = data[at : at + size]
            at += size
    padding = data[-1] if first & 0x20 else 0
    assert not first & 0x20 or 0 < padding <= len(data) - at
    assert not any(data[len(data) - padding : -1]) if padding else True
    return Rtp(second & 0x7F, bool(second >> 7), seq, timestamp, ssrc, found, data[at : len(data) - padding], padding, data)


def vp8(number: int, size: int, *, keyframe: bool = False, first: bool = True, picture_id: int | None = None, tl0: int = 0) -> bytes:
    """A VP8 payload (RFC 7741) whose bytes tell its number, for comparison at the other end."""
    body = struct.pack("!BI", 0 if keyframe else 1, number) + random.Random(number).randbytes(max(0, size - 5))
    if picture_id is None:
        return bytes([0x10 if first else 0]) + body
    return struct.pack("!BBHB", 0x90 if first else 0x80, 0xC0, 0x8000 | picture_id & 0x7FFF, tl0 & 0xFF) + body


def rtcp(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def receiver_report(sender: int, blocks: bytes = b"") -> bytes:
    return rtcp(201, len(blocks) // 24, struct.pack("!I", sender) + blocks)


def sender_report(ssrc: int, ntp: int, timestamp: int) -> bytes:
    return rtcp(200, 0, struct.pack("!IQIII", ssrc, ntp, timestamp, 10, 1000))


def pli(sender: int, media: int) -> bytes:
    return receiver_report(sender) + rtcp(206, 1, struct.pack("!II", sender, media))


def nack(sender: int, media: int, seqs: list[int]) -> bytes:
    body = struct.pack("!II", sender, media) + b"".join(struct.pack("!HH", seq & 0xFFFF, 0) for seq in seqs)
    return receiver_report(sender) + rtcp(205, 1, body)


def compound(data: bytes) -> list[tuple[int, int, bytes]]:
    """The packets of a compound packet: (type, count, body)."""
    at, found = 0, []
    while at < len(data):
        first, kind, words = struct.unpack_from("!BBH", data, at)
        assert first >> 6 == 2
        found.append((kind, first & 31, data[at + 4 : at + 4 + 4 * words]))
        at += 4 + 4 * words
    assert at == len(data)
    return found


def session(profile: int, key: bytes, *, inbound: bool) -> Session:
    policy = Policy(key=key, ssrc_type=Policy.SSRC_ANY_INBOUND if inbound else Policy.SSRC_ANY_OUTBOUND, srtp_profile=PROFILES[profile][0])
    policy.window_size = 1024
    # What a scenario repeats on purpose must leave this side: the core's replay window is what is looked at.
    policy.allow_repeat_tx = True
    return Session(policy)


@dataclass
class Peer:
    """One remote peer of transport `id`."""

    core: Core
    id: int
    profile: int = GCM
    ip: str = ""
    port: int = 0
    ufrag: str = ""
    password: str = "x" * 24
    keys: tuple[bytes, bytes] = (b"", b"")
    seal: Session = field(init=False)
    open: Session = field(init=False)
    checks: int = 0

    def __post_init__(self) -> None:
        size = PROFILES[self.profile][1]
        self.ip = self.ip or f"10.1.0.{self.id}"
        self.port = self.port or 40000 + self.id
        self.ufrag = self.ufrag or f"srv{self.id}"
        rng = random.Random(self.id)
        self.keys = (rng.randbytes(size), rng.randbytes(size))
        self.seal = session(self.profile, self.keys[0], inbound=False)
        self.open = session(self.profile, self.keys[1], inbound=True)

    def open_transport(self, extensions: dict[str, int] | None = None) -> None:
        self.core.transport_open(self.id, local_ufrag=self.ufrag, local_password=self.password, remote_ufrag=f"cli{self.id}")
        self.core.transport_extensions(self.id, extensions or {})

    def set_keys(self) -> None:
        self.core.transport_keys(self.id, self.profile, self.keys[1], self.keys[0])

    def check(
        self,
        *,
        nominate: bool = True,
        password: str | None = None,
        user: str | None = None,
        fingerprint: bool = True,
        extra: bytes = b"",
        role: int = 0x802A,
        integrity: bool = True,
    ) -> bytes:
        """A connectivity check (RFC 8445 section 7.2.4) with a transaction id of its own."""
        self.checks += 1
        attributes = attribute(0x0006, (f"{self.ufrag}:cli{self.id}" if user is None else user).encode()) + attribute(
            0x0024, struct.pack("!I", 1 << 24)
        )
        attributes += attribute(role, bytes(8)) + (attribute(0x0025) if nominate else b"") + extra
        transaction = struct.pack("!II", self.id, self.checks) + b"test"
        return stun(
            1, transaction, attributes, (self.password if password is None else password) if integrity else None, fingerprint=fingerprint
        )

    def protect(self, plain: bytes) -> bytes:
        return self.seal.protect_rtcp(plain) if 192 <= plain[1] <= 223 else self.seal.protect(plain)

    def unprotect(self, data: bytes) -> bytes:
        return self.open.unprotect_rtcp(data) if 192 <= data[1] <= 223 else self.open.unprotect(data)

    def inject(self, data: bytes, now_us: int, *, ip: str = "", port: int = 0) -> list[tuple[str, int, bytes]]:
        return self.core.inject(data, ip or self.ip, port or self.port, now_us)

    def send(self, plain: bytes, now_us: int) -> list[tuple[str, int, bytes]]:
        return self.inject(self.protect(plain), now_us)

    def mine(self, sent: list[tuple[str, int, bytes]]) -> list[bytes]:
        """Opened media datagrams of `sent` that went to this peer; STUN is left out."""
        return [self.unprotect(data) for ip, port, data in sent if (ip, port) == (self.ip, self.port) and data[0] >= 128]


def connected(core: Core, number: int, *, profile: int = GCM, extensions: dict[str, int] | None = None) -> Peer:
    """A peer in state SECURE."""
    peer = Peer(core, number, profile)
    peer.open_transport(extensions)
    peer.set_keys()
    core.advance(core.now_us)
    assert [(ip, port) for ip, port, _ in peer.inject(peer.check(), core.now_us)] == [(peer.ip, peer.port)]
    return peer


def publish(
    peer: Peer, producer: int, ssrc: int = 0, *, kind: int = KIND_VIDEO, mid: str = "0", rtx: int = 0, codecs: list | None = None
) -> None:
    chosen = codecs or (VP8 if kind == KIND_VIDEO else AUDIO)
    peer.core.producer_open(producer, peer.id, kind, mid, chosen, ssrcs=[(ssrc, rtx)] if ssrc else [])
    peer.core.advance(peer.core.now_us)


def subscribe(
    peer: Peer, consumer: int, producer: int, ssrc: int, *, rtx: int = 0, kind: int = KIND_VIDEO, mid: str = "0", codecs: list | None = None
) -> None:
    chosen = codecs or (AUDIO if kind == KIND_AUDIO else VP8 if rtx else VP8_NO_RTX)
    peer.core.consumer_open(consumer, peer.id, kind, mid, ssrc, rtx, chosen)
    peer.core.consumer_attach(consumer, producer)
    peer.core.advance(peer.core.now_us)
