"""ICE-lite's share of signalling: credentials, host candidates, trickle fragments (RFC 8445, 8839, 8840).

Connectivity checks are the native engine's; we never send one, so a peer's candidates are read past and not kept.
Called by `transport`, `answer` and `protocol.whip`.
"""

import ipaddress
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from mediaserver.errors import BadRequest
from mediaserver.sdp import MAX_MEDIA, Section, lines_of, read_attribute, text_of

# 48 and 144 random bits: RFC 8445 section 5.3 asks for at least 24 and 128. Few bytes, as every check carries the ufrag.
UFRAG_BYTES = 6
PASSWORD_BYTES = 18
# Type preference 126 (host), component 1, local preference counting down from the first address (RFC 8445 section 5.1.2).
HOST_TYPE_PREFERENCE = 126
ROUTE_PROBES = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))  # documentation networks: nothing is sent there


@dataclass(frozen=True, slots=True)
class Credentials:
    """One side of an ICE session: user fragment and password (RFC 8445 section 5.3)."""

    ufrag: str
    password: str

    @classmethod
    def generate(cls) -> "Credentials":
        """Unguessable ones; base64's alphabet with - and _ mapped into ICE's own (RFC 8839 section 5.4, ice-char)."""
        return cls(_ice_chars(UFRAG_BYTES), _ice_chars(PASSWORD_BYTES))


def _ice_chars(size: int) -> str:
    return secrets.token_urlsafe(size).replace("-", "+").replace("_", "/")


@dataclass(frozen=True, slots=True)
class Fragment:
    """What a trickle fragment says: the ICE session it is about and, in ours to a peer, where we are."""

    credentials: Credentials
    candidates: tuple[str, ...] = ()
    mid: str = ""


def read_endpoint(text: str) -> tuple[str, int]:
    """`address`, `IPv4:port` or `[IPv6]:port`; 0 where no port is given. ValueError for anything else."""
    address, port = text, ""
    if text.startswith("["):
        address, bracket, port = text[1:].partition("]:")
        if not bracket or ipaddress.ip_address(address).version != 6:
            raise ValueError("brackets stand around an IPv6 address that has a port")
    elif text.count(":") == 1:
        address, _, port = text.partition(":")
    ipaddress.ip_address(address)
    if address == text:
        return address, 0
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536):
        raise ValueError("a port is a number from 1 to 65535")
    return address, int(port)


def candidates(endpoints: Sequence[str], port: int, worker: int = 0) -> tuple[str, ...]:
    """Candidate values of one worker for these endpoints, the first preferred.

    `port`: the worker's own, for those that name none. A port an endpoint names is that of worker 0, the next workers' follow it,
    as the sockets' do.
    """
    lines = []
    for index, endpoint in enumerate(endpoints):
        address, mapped = read_endpoint(endpoint)
        priority = HOST_TYPE_PREFERENCE << 24 | (65535 - index) << 8 | 255
        lines.append(f"{index + 1} 1 udp {priority} {address} {mapped + worker if mapped else port} typ host")
    return tuple(lines)


def local_addresses(host: str) -> list[str]:
    """The addresses peers can reach a socket at that is bound to `host`: itself, or those our default routes start from."""
    bound = ipaddress.ip_address(host)
    if not bound.is_unspecified:
        return [host]
    found = []
    for family, probe in ROUTE_PROBES:
        if bound.version == 4 and family == socket.AF_INET6:
            continue
        with socket.socket(family, socket.SOCK_DGRAM) as one:
            try:
                one.connect((probe, 9))
            except OSError:  # no route in this family
                continue
            found.append(one.getsockname()[0])
    return found or ["127.0.0.1"]


def parse_fragment(data: bytes | str) -> Fragment:
    """Reads an application/trickle-ice-sdpfrag body; any bytes, RemoteError says what is wrong. Missing credentials are empty."""
    everything = Section()
    media = 0
    for kind, value in lines_of(text_of(data)):
        if kind == "m":
            media += 1
            if media > MAX_MEDIA:
                raise BadRequest(f"SDP fragment: more than {MAX_MEDIA} m-lines.")
        elif kind == "a" and value.partition(":")[0] in ("ice-ufrag", "ice-pwd", "candidate", "mid"):
            read_attribute(everything, value)
    return Fragment(Credentials(everything.ice_ufrag, everything.ice_password), tuple(everything.candidates), everything.mid)


def write_fragment(fragment: Fragment) -> str:
    """Our answer to an ICE restart (RFC 9725 section 4.3.3, RFC 8840 section 9): one m-line stands for the whole BUNDLE."""
    lines = ["a=ice-lite", "a=ice-options:trickle ice2", "m=audio 9 UDP/TLS/RTP/SAVPF 0"]
    if fragment.mid:
        lines.append(f"a=mid:{fragment.mid}")
    lines += [f"a=ice-ufrag:{fragment.credentials.ufrag}", f"a=ice-pwd:{fragment.credentials.password}"]
    lines += [f"a=candidate:{candidate}" for candidate in fragment.candidates]
    return "\r\n".join([*lines, "a=end-of-candidates"]) + "\r\n"
