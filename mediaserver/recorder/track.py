"""One recorded track in the recorder's process: from the engine's packets to frames on the room's clock, with its gaps and losses counted.

Called by `pump`. Invariant: nothing that happened before `not_before_us` comes out, however late it arrived: a pause that has ended a
moment ago lets nothing of itself through.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mediaserver.recorder.assembler import Assembler, Timed
from mediaserver.recorder.clock import TrackClock
from mediaserver.recorder.reorder import Packet, Reorder

__all__ = ["Gap", "Record", "Track", "TrackInfo"]

# (producer id, seq64, arrived_us, NTP time and RTP timestamp of the newest report, its age, RTP packet): native/engine/worker.pyi
Record = tuple[int, int, int, int, int, int, bytes]

FIXED_BYTES = 12
# Shorter ones are pauses between words in DTX, and frames a camera leaves out in the dark.
AUDIO_GAP_US, VIDEO_GAP_US = 500_000, 1_000_000
GAPS_MOST = 1000  # listed of one track; more are counted


@dataclass(frozen=True, slots=True)
class TrackInfo:
    """What the server says of a track. `source`: the same as long as its RTP stream is the same, also over a pause; `publisher`: the same
    for all tracks of one peer connection. Times are of the monotonic clock.
    """

    id: int
    source: int
    publisher: str
    identity: str
    kind: str
    ordinal: int
    codec: str
    clock_rate: int
    payload_type: int
    rtx_payload_type: int
    ssrc: int
    rtx_ssrc: int
    not_before_us: int

    @property
    def key(self) -> tuple[str, int]:
        """What stays the same when its publisher comes back."""
        return (self.kind, self.ordinal)


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch without media on the recording's clock: "loss" or "silence" (muted, or nothing sent)."""

    from_us: int
    to_us: int
    reason: str


def read_packet(record: Record) -> Packet | None:
    """The RTP packet of a record; None where its header does not fit. RFC 3550 section 5.1."""
    _, seq64, arrived_us, _, _, _, data = record
    if len(data) < FIXED_BYTES or data[0] >> 6 != 2:
        return None
    at = FIXED_BYTES + 4 * (data[0] & 15)
    if data[0] & 0x10:
        at += 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
    if at > len(data):
        return None
    return Packet(seq64, arrived_us, int.from_bytes(data[4:8], "big"), bool(data[1] & 0x80), data[at:])


class Track:
    """See the module. `packets`, `lost`, `bytes` are for reading."""

    def __init__(self, info: TrackInfo, clock: TrackClock, zero_us: int, note_gap: Callable[[Gap], None]) -> None:
        self.info = info
        self._gap = note_gap
        self._gaps = 0
        self.packets = self.lost = self.bytes = 0
        self._clock = clock
        self._zero_us = zero_us
        self._reorder = Reorder()
        self._assembler = Assembler(info.codec)
        self._end_us: int | None = None

    @property
    def wants_keyframe(self) -> bool:
        """Video that cannot go on without one."""
        return self._assembler.wants_keyframe and self.packets > 0

    def put(self, record: Record) -> None:
        """Takes a packet in."""
        packet = read_packet(record)
        if packet is None:
            return
        self.packets += 1
        self.bytes += len(packet.payload)
        self._clock.note(packet.timestamp, packet.arrived_us, record[3], record[4])
        self._reorder.put(packet)

    def take(self, now_us: int, *, flush: bool = False) -> list[tuple[Timed, int]]:
        """The frames whose turn it is, each with its time since the recording's zero. `flush`: do not wait for repairs any more."""
        out: list[tuple[Timed, int]] = []
        if not (flush or self._clock.settled(now_us)):
            return out
        for packet in self._reorder.flush() if flush else self._reorder.take(now_us):
            self.lost += packet.missed
            if self._clock.room_us(packet.timestamp) < self.info.not_before_us:
                self._assembler.skip()
                continue
            for timed in self._assembler.put(packet):
                at_us = self._clock.room_us(timed.timestamp) - self._zero_us
                if at_us >= 0:
                    self._note_gap(timed, at_us)
                    out.append((timed, at_us))
        return out

    def _note_gap(self, timed: Timed, at_us: int) -> None:
        least_us = AUDIO_GAP_US if self.info.kind == "audio" else VIDEO_GAP_US
        if self._end_us is not None and at_us - self._end_us >= least_us and self._gaps < GAPS_MOST:
            self._gaps += 1
            self._gap(Gap(self._end_us, at_us, "loss" if timed.after_loss else "silence"))
        self._end_us = at_us + timed.frame.samples * 1000 // 48
