"""Arrival records: the RTP packets of one stream with the time each reached the receiver. What every receiver of the benchmark is fed with.

A file is `RTPARR1\\n`, then `<u64 arrival_us><u16 length><RTP packet>` each, little-endian, sorted by arrival; time 0 is the sender's
clock at packet 0. The stream is Opus in frames of 20 ms, payload type 111; sequence numbers and timestamps start shortly before they
wrap, so that a receiver that cannot wrap fails at once.
"""

import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

MAGIC = b"RTPARR1\n"
HEAD = struct.Struct("<QH")
RTP = struct.Struct("!BBHII")

PAYLOAD_TYPE = 111
SSRC = 0x5EEDC0DE
FRAME_SAMPLES = 960
FRAME_MS = 20
RATE = 48000
FIRST_SEQ = 65_000  # wraps after 536 packets, 11 s
FIRST_TIMESTAMP = 2**32 - 20 * RATE  # wraps after 20 s

Arrivals = list[tuple[int, bytes]]  # (arrival_us, packet), sorted


def packet(number: int, payload: bytes) -> bytes:
    """RTP packet number `number` of the stream; the first has the marker of a talk spurt (RFC 7587, RFC 3551 section 4.1)."""
    marker = 0x80 if number == 0 else 0
    seq, timestamp = (FIRST_SEQ + number) % 2**16, (FIRST_TIMESTAMP + number * FRAME_SAMPLES) % 2**32
    return RTP.pack(0x80, PAYLOAD_TYPE | marker, seq, timestamp, SSRC) + payload


def payload_of(rtp: bytes) -> tuple[int, bytes]:
    """(timestamp, payload) of a packet of such a stream: contributing sources and extension skipped, no padding (RFC 3550 section 5.1)."""
    start = RTP.size + 4 * (rtp[0] & 15)
    if rtp[0] & 0x10:
        start += 4 + 4 * int.from_bytes(rtp[start + 2 : start + 4])
    return int.from_bytes(rtp[4:8]), rtp[start:]


def write(path: Path, arrivals: Iterable[tuple[int, bytes]]) -> None:
    """Writes them by arrival; packets of the same microsecond stay in the order given."""
    by_time = sorted(arrivals, key=lambda arrival: arrival[0])
    path.write_bytes(MAGIC + b"".join(HEAD.pack(at_us, len(rtp)) + rtp for at_us, rtp in by_time))


def read(path: Path) -> Arrivals:
    """The inverse of `write`. ValueError: not such a file, or cut off."""
    data = path.read_bytes()
    if not data.startswith(MAGIC):
        raise ValueError(f"{path} has no arrival records: it does not begin with RTPARR1")
    found, at = [], len(MAGIC)
    while at < len(data):
        at_us, size = HEAD.unpack_from(data, at) if at + HEAD.size <= len(data) else (0, len(data))
        at += HEAD.size
        if at + size > len(data):
            raise ValueError(f"{path} ends within a record")
        found.append((at_us, data[at : at + size]))
        at += size
    return found


def last_ms(arrivals: Sequence[tuple[int, bytes]]) -> float:
    """When the last packet came; 0 when none did."""
    return arrivals[-1][0] / 1000 if arrivals else 0.0
