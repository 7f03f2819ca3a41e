"""A writer of Ogg Opus that leaves a playable file at any moment and keeps gaps where they are.

Why not FFmpeg's muxer: its pages run over a gap, and since only a page's end has a time, what stands before the gap is moved into it; and
it keeps a page back. Called by `container`. RFC 3533 (Ogg), RFC 7845 (Opus in it).

Invariant: a page holds packets that follow each other without a gap, PAGE_MS of them at most.
"""

import secrets

from mediaserver.recorder.storage import Storage

__all__ = ["OggWriter"]

PAGE_MS = 200
SEGMENT_BYTES = 255
SEGMENTS_MOST = 255
FIRST, LAST = 2, 4
RATE_PER_MS = 48
# DTX leaves packets out and the jitter of a clock moves them; players pass over less than this.
GAP_MS = 40
POLYNOMIAL = 0x04C11DB7


def _table() -> tuple[int, ...]:
    """RFC 3533 section 6: the CRC of every byte."""
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1 ^ (POLYNOMIAL if value & 0x80000000 else 0)) & 0xFFFFFFFF
        table.append(value)
    return tuple(table)


CRC = _table()


def checksum(data: bytes) -> int:
    """Of a page whose own checksum is 0."""
    value = 0
    for byte in data:
        value = (value << 8 & 0xFFFFFFFF) ^ CRC[value >> 24 ^ byte]
    return value


class OggWriter:
    """See the module. OSError from any call: the storage did not take it."""

    def __init__(self, storage: Storage, head: bytes) -> None:
        self._storage = storage
        self._serial = secrets.token_bytes(4)
        self._number = 0
        self._packets: list[bytes] = []
        self._segments = 0
        self._start_ms = self._end_ms = 0
        self._page([head], 0, FIRST)
        vendor = b"tresen"
        self._page([b"OpusTags" + len(vendor).to_bytes(4, "little") + vendor + bytes(4)], 0, 0)

    def put(self, data: bytes, at_ms: int, duration_ms: int) -> None:
        """Adds a packet."""
        segments = len(data) // SEGMENT_BYTES + 1
        if self._packets and (
            abs(at_ms - self._end_ms) >= GAP_MS
            or at_ms + duration_ms - self._start_ms > PAGE_MS
            or self._segments + segments > SEGMENTS_MOST
        ):
            self._leave(0)
        if not self._packets:
            self._start_ms = at_ms
        self._packets.append(data)
        self._segments += segments
        self._end_ms = at_ms + duration_ms

    def close(self) -> None:
        """Marks the end."""
        self._leave(LAST)

    def _leave(self, mark: int) -> None:
        packets, self._packets, self._segments = self._packets, [], 0
        self._page(packets, self._end_ms * RATE_PER_MS, mark)

    def _page(self, packets: list[bytes], granule: int, mark: int) -> None:
        lacing = b"".join(b"\xff" * (len(packet) // SEGMENT_BYTES) + bytes([len(packet) % SEGMENT_BYTES]) for packet in packets)
        position = granule.to_bytes(8, "little") if packets else b"\xff" * 8
        head = b"OggS" + bytes([0, mark]) + position + self._serial + self._number.to_bytes(4, "little")
        rest = bytes([len(lacing)]) + lacing + b"".join(packets)
        self._number += 1
        self._storage.write(head + checksum(head + bytes(4) + rest).to_bytes(4, "little") + rest)
