"""Makes SRTP contexts of a given profile on a given provider; every SRTP test runs over `CASES` (all profiles on all providers here)."""

import random
import struct

import pytest

from native.testing import srtp

CM, GCM_128, GCM_256 = 0x0001, 0x0007, 0x0008
NAMES = {CM: "cm", GCM_128: "gcm128", GCM_256: "gcm256"}
KEY_BYTES = {CM: 30, GCM_128: 28, GCM_256: 44}
TAG_BYTES = {CM: 10, GCM_128: 16, GCM_256: 16}
SHORT, REPLAYED, UNAUTHENTIC, NO_KEYS = -1, -2, -3, -4

OPENSSL, IPSEC_MB = 0, 1
DEFAULT_PROVIDER = max(provider for provider in (OPENSSL, IPSEC_MB) if srtp.provider_select(provider) == provider)
PROVIDERS = [OPENSSL] if DEFAULT_PROVIDER == OPENSSL else [OPENSSL, IPSEC_MB]
PROVIDER_NAMES = {OPENSSL: "openssl", IPSEC_MB: "ipsec-mb"}
CASES = [
    pytest.param(profile, provider, id=f"{NAMES[profile]}-{PROVIDER_NAMES[provider]}") for profile in NAMES for provider in PROVIDERS
]


def empty(provider: int) -> srtp.Srtp:
    """A context without keys whose `init` is to be called through `context` or `session`."""
    assert srtp.provider_select(provider) == provider
    return srtp.Srtp()


def context(profile: int, provider: int, key: bytes | None = None) -> srtp.Srtp:
    made = empty(provider)
    assert made.init(profile, master_key(profile) if key is None else key) == 0
    srtp.provider_select(DEFAULT_PROVIDER)
    return made


def session(profile: int, provider: int, key: bytes, salt: bytes, auth: bytes = b"") -> srtp.Srtp:
    made = empty(provider)
    assert made.init_session(profile, key, salt, auth) == 0
    srtp.provider_select(DEFAULT_PROVIDER)
    return made


def master_key(profile: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(KEY_BYTES[profile])


def rtp(seq16: int, payload: bytes, ssrc: int = 0x1234_5678, csrcs: int = 0, extension: bytes = b"") -> bytes:
    """An RTP packet; `extension` (a multiple of 4 bytes) goes into a one-byte-header extension block."""
    first = 0x80 | csrcs | (0x10 if extension else 0)
    packet = struct.pack("!BBHII", first, 96, seq16 & 0xFFFF, seq16 * 3000 & 0xFFFF_FFFF, ssrc) + b"\1\2\3\4" * csrcs
    if extension:
        packet += struct.pack("!HH", 0xBEDE, len(extension) // 4) + extension
    return packet + payload


def rtcp(body: bytes, ssrc: int = 0x1234_5678) -> bytes:
    """A receiver report header and `body` (a multiple of 4 bytes)."""
    return struct.pack("!BBHI", 0x80, 201, 1 + len(body) // 4, ssrc) + body
