"""DTLS records on the wire, as far as they are plain: what OpenSSL may see of a datagram, and datagrams from what it writes.

For `DtlsSession`. Not a parser of handshakes: it reads 13-byte record headers and the 12-byte headers of plain handshake
messages. RFC 6347 sections 4.1 and 4.2.2. Invariants: total and linear for any bytes; what is admitted is a prefix of whole records.
"""

from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["ALERT", "HANDSHAKE", "HEADER_BYTES", "Record", "admissible", "pack", "records"]

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23
HEADER_BYTES = 13
MESSAGE_HEADER_BYTES = 12

# The largest handshake message we let OpenSSL gather from fragments: a certificate chain of a real peer has 0.3 to 4 KiB. It
# would take 100 KiB, ten messages ahead, on the word of one small fragment.
MESSAGE_BYTES_MAX = 16384


class Record(NamedTuple):
    """One record of a datagram: content type, epoch and where it lies."""

    content_type: int
    epoch: int
    start: int
    end: int


def records(datagram: bytes) -> Iterator[Record]:
    """The whole records at the head of a datagram; ends at the first thing that is none."""
    start = 0
    while len(datagram) - start >= HEADER_BYTES:
        end = start + HEADER_BYTES + int.from_bytes(datagram[start + 11 : start + 13])
        content_type = datagram[start]
        if not CHANGE_CIPHER_SPEC <= content_type <= APPLICATION_DATA or datagram[start + 1] != 0xFE or end > len(datagram):
            return
        yield Record(content_type, int.from_bytes(datagram[start + 3 : start + 5]), start, end)
        start = end


def admissible(datagram: bytes, record: Record) -> bool:
    """Whether a record's plain handshake messages all keep to MESSAGE_BYTES_MAX and its epoch is one of the two there are."""
    if record.epoch > 1:
        return False
    if record.epoch == 1 or record.content_type != HANDSHAKE:
        return True
    at = record.start + HEADER_BYTES
    while record.end - at >= MESSAGE_HEADER_BYTES:
        length = int.from_bytes(datagram[at + 1 : at + 4])
        fragment = int.from_bytes(datagram[at + 9 : at + 12])
        if length > MESSAGE_BYTES_MAX or fragment > length:
            return False
        at += MESSAGE_HEADER_BYTES + fragment
    return at == record.end


def pack(stream: bytes, mtu: int) -> list[bytes]:
    """Cuts OpenSSL's output into datagrams of at most `mtu` bytes at record borders (a memory BIO keeps none); order is kept."""
    datagrams: list[bytes] = []
    first = last = 0
    for record in records(stream):
        if record.end - first > mtu and last > first:
            datagrams.append(stream[first:last])
            first = last
        last = record.end
    assert last == len(stream), "OpenSSL wrote something that is no DTLS 1.2 record"
    if last > first:
        datagrams.append(stream[first:last])
    return datagrams
