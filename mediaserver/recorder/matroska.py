"""A writer of WebM and Matroska that leaves a playable file at any moment: every frame is with the storage when `put` returns.

Why not FFmpeg's muxer: with several streams it holds everything back while one of VP8, VP9 or AV1 is silent (its interleaving waits for
them without limit), so that a covered camera would cost a killed recording its sound. Called by `container`. RFC 9559 (Matroska), RFC 8794
(EBML), the codec mappings of RFC 7845 (Opus), ISO/IEC 14496-15 (avcC), AOMedia (av1C).

Invariants: what was written stays as it is but for lengths, the duration and the place of the index, which `close` fills in where the
storage can seek; a cluster begins at a key frame of the picture, or when its 16-bit times would not reach.
"""

import struct
from dataclasses import dataclass
from typing import Any

from mediaserver.recorder.storage import Storage

__all__ = ["MatroskaWriter", "TrackEntry"]

EBML, SEGMENT, INFO, TRACKS, CLUSTER, CUES, SEEK_HEAD, VOID = (
    0x1A45DFA3, 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675, 0x1C53BB6B, 0x114D9B74, 0xEC,
)  # fmt: skip
UNKNOWN_SIZE = b"\x01" + b"\xff" * 7
TICK_NS = 1_000_000  # times are milliseconds, as everybody expects
CLUSTER_MS_MOST = 5_000  # a player that seeks reads from a cluster's head
SEEK_HEAD_BYTES = 32
APP = "tresen"
CODEC_IDS = {"opus": "A_OPUS", "VP8": "V_VP8", "VP9": "V_VP9", "H264": "V_MPEG4/ISO/AVC", "AV1": "V_AV1"}
OPUS_PREROLL_NS = 80_000_000  # RFC 9559 and 7845 section 4.6: what a decoder needs to be itself again after a jump
VIDEO, AUDIO = 1, 2


def number(value: int) -> bytes:
    """An unsigned integer in as few bytes as it takes."""
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")


def element(identifier: int, *parts: bytes) -> bytes:
    """An element with its length in 1, 4 or 8 bytes."""
    body = b"".join(parts)
    size = len(body)
    if size < 127:
        length = bytes([0x80 | size])
    elif size < (1 << 28) - 1:
        length = (1 << 28 | size).to_bytes(4, "big")
    else:
        length = (1 << 56 | size).to_bytes(8, "big")
    return number(identifier) + length + body


@dataclass(frozen=True, slots=True)
class TrackEntry:
    """A stream: `private` is the codec's own description."""

    codec: str
    private: bytes = b""
    width: int = 0
    height: int = 0

    def encode(self, index: int) -> bytes:
        """The TrackEntry element of stream `index`."""
        audio = self.codec == "opus"
        parts = [
            element(0xD7, number(index + 1)),
            element(0x73C5, number(index + 1)),
            element(0x83, number(AUDIO if audio else VIDEO)),
            element(0x9C, number(0)),
            element(0x86, CODEC_IDS[self.codec].encode()),
        ]
        if self.private:
            parts.append(element(0x63A2, self.private))
        if audio:
            parts.append(element(0x56BB, number(OPUS_PREROLL_NS)))
            parts.append(element(0xE1, element(0xB5, struct.pack(">d", 48000.0)), element(0x9F, number(2))))
        else:
            parts.append(element(0xE0, element(0xB0, number(self.width)), element(0xBA, number(self.height))))
        return element(0xAE, *parts)


class MatroskaWriter:
    """See the module. OSError from any call: the storage did not take it."""

    def __init__(self, storage: Storage, tracks: list[TrackEntry], *, webm: bool) -> None:
        self._storage = storage
        # A cluster should begin with a key frame; without any for long, one begins without.
        self._cluster_ms_most = CLUSTER_MS_MOST * (1 if all(track.codec == "opus" for track in tracks) else 4)
        self._audio = [track.codec == "opus" for track in tracks]
        self._at = 0
        self._cluster_ms: int | None = None
        self._cluster_at = 0  # of its first byte
        self._end_ms = 0
        self._cues: list[tuple[int, int]] = []
        head = element(
            EBML,
            element(0x4286, number(1)), element(0x42F7, number(1)), element(0x42F2, number(4)), element(0x42F3, number(8)),
            element(0x4282, b"webm" if webm else b"matroska"), element(0x4287, number(4)), element(0x4285, number(2)),
        ) + number(SEGMENT)  # fmt: skip
        self._write(head)
        self._segment_size_at = self._at
        self._write(UNKNOWN_SIZE)
        self._body_at = self._at
        # Room for what only the end knows: where the index is.
        self._write(element(VOID, bytes(SEEK_HEAD_BYTES - 2)))
        info = element(0x2AD7B1, number(TICK_NS)) + element(0x4D80, APP.encode()) + element(0x5741, APP.encode())
        self._write(element(INFO, info, element(VOID, bytes(9))))
        self._duration_at = self._at - 11  # the void is as long as the duration's element
        self._write(element(TRACKS, *(track.encode(index) for index, track in enumerate(tracks))))

    def put(self, index: int, data: bytes, at_ms: int, *, keyframe: bool, duration_ms: int = 0) -> None:
        """Adds a frame of stream `index`."""
        cluster = self._cluster_ms
        begins = keyframe and not self._audio[index]
        if cluster is None or begins or not -CLUSTER_MS_MOST < at_ms - cluster < self._cluster_ms_most:
            self._end_cluster()
            cluster = self._cluster_ms = at_ms
            self._cluster_at = self._at
            self._cues.append((at_ms, self._at - self._body_at))
            self._write(number(CLUSTER) + UNKNOWN_SIZE + element(0xE7, number(at_ms)))
        flags = 0x80 if keyframe else 0
        self._write(element(0xA3, bytes([0x80 | index + 1]), (at_ms - cluster).to_bytes(2, "big", signed=True), bytes([flags]), data))
        self._end_ms = max(self._end_ms, at_ms + duration_ms)

    def close(self) -> None:
        """Completes the lengths and adds an index where the storage can seek; else the file stays as good as it is."""
        seekable: Any = self._storage
        if not hasattr(seekable, "seek"):
            return
        self._end_cluster()
        cues_at = self._at - self._body_at
        self._write(
            element(
                CUES,
                *(
                    element(0xBB, element(0xB3, number(at_ms)), element(0xB7, element(0xF7, number(1)), element(0xF1, number(place))))
                    for at_ms, place in self._cues
                ),
            )
        )
        self._patch(self._segment_size_at, self._sized(self._at - self._body_at))
        seek = element(SEEK_HEAD, element(0x4DBB, element(0x53AB, number(CUES)), element(0x53AC, number(cues_at))))
        rest = SEEK_HEAD_BYTES - len(seek)
        self._patch(self._body_at, seek + element(VOID, bytes(rest - 2)))
        self._patch(self._duration_at, element(0x4489, struct.pack(">d", float(self._end_ms))))

    def _end_cluster(self) -> None:
        if self._cluster_ms is not None and hasattr(self._storage, "seek"):
            size_at = self._cluster_at + 4
            self._patch(size_at, self._sized(self._at - size_at - 8))

    @staticmethod
    def _sized(size: int) -> bytes:
        return (1 << 56 | size).to_bytes(8, "big")

    def _patch(self, at: int, data: bytes) -> None:
        seekable: Any = self._storage
        seekable.seek(at)
        self._storage.write(data)
        seekable.seek(self._at)

    def _write(self, data: bytes) -> None:
        self._storage.write(data)
        self._at += len(data)
