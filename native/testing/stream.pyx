"""Test doors on `native.stream`: recv, nack and twcc as small objects. Nothing outside `tests/` and `bench/` may import them."""
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from native.stream.nack cimport NackList, nack_due, nack_gave_up, nack_list_bytes, nack_list_free, nack_list_init, nack_missing, nack_next_us, nack_note
from native.stream.recv cimport RecvStream, recv_stream_init, recv_stream_note, recv_stream_report, recv_stream_sender_report
from native.stream.twcc cimport (
    TwccRecorder,
    TwccSender,
    TwccSummary,
    twcc_acknowledge,
    twcc_feedback,
    twcc_note,
    twcc_pending,
    twcc_recorder_bytes,
    twcc_recorder_init,
    twcc_sender_bytes,
    twcc_sender_init,
    twcc_sent,
)
from native.wire.rtcp cimport RtcpPacket, RtcpReportBlock, RtcpSenderInfo, rtcp_next

cdef enum:
    ROOM_MAX = 65536


cdef class Recv:
    """A RecvStream."""
    cdef RecvStream stream

    def __init__(self, uint32_t ssrc=1, uint32_t clock_rate=90000):
        recv_stream_init(&self.stream, ssrc, clock_rate)

    def note(self, uint16_t seq16, uint32_t timestamp=0, size_t size=1000, int64_t now_us=0) -> int:
        return recv_stream_note(&self.stream, seq16, timestamp, size, now_us)

    def sender_report(self, uint64_t ntp, uint32_t timestamp, int64_t now_us) -> None:
        cdef RtcpSenderInfo info
        info.ssrc = self.stream.ssrc
        info.ntp = ntp
        info.timestamp = timestamp
        info.packets = info.octets = 0
        recv_stream_sender_report(&self.stream, &info, now_us)

    def report(self, int64_t now_us=0) -> dict:
        cdef RtcpReportBlock block
        recv_stream_report(&self.stream, &block, now_us)
        return {"ssrc": block.ssrc, "fraction_lost": block.fraction_lost, "lost": block.lost, "highest_seq": block.highest_seq,
                "jitter": block.jitter, "last_sr": block.last_sr, "delay_since_sr": block.delay_since_sr}

    def state(self) -> dict:
        return {"highest": self.stream.highest, "first": self.stream.first, "packets": self.stream.packets, "bytes": self.stream.bytes,
                "timestamp": self.stream.timestamp, "arrived_us": self.stream.arrived_us, "jitter": self.stream.jitter}


cdef class Nack:
    """A NackList."""
    cdef NackList list

    def __init__(self):
        nack_list_init(&self.list)

    def __dealloc__(self):
        nack_list_free(&self.list)

    @staticmethod
    def size() -> int:
        return nack_list_bytes()

    def note(self, uint64_t seq64, int64_t now_us=0, bint keyframe=False) -> None:
        nack_note(&self.list, seq64, keyframe, now_us)

    def note_run(self, uint64_t first, int count, int64_t now_us=0) -> None:
        """`count` packets in order, for measuring what one costs."""
        cdef int index
        with nogil:
            for index in range(count):
                nack_note(&self.list, first + <uint64_t>index, 0, now_us)

    def due(self, int64_t now_us, int64_t rtt_us=0, int room=1000) -> list[int]:
        cdef uint16_t* seqs = <uint16_t*>malloc(max(room, 1) * sizeof(uint16_t))
        if seqs == NULL:
            raise MemoryError
        try:
            count = nack_due(&self.list, now_us, rtt_us, seqs, room)
            return [seqs[index] for index in range(count)]
        finally:
            free(seqs)

    def next_us(self) -> int:
        return nack_next_us(&self.list)

    def missing(self) -> int:
        return nack_missing(&self.list)

    def gave_up(self) -> bool:
        return nack_gave_up(&self.list)


cdef class Recorder:
    """A TwccRecorder."""
    cdef TwccRecorder recorder

    def __init__(self):
        twcc_recorder_init(&self.recorder)

    @staticmethod
    def size() -> int:
        return twcc_recorder_bytes()

    def note(self, uint16_t seq16, int64_t arrived_us) -> None:
        twcc_note(&self.recorder, seq16, arrived_us)

    def pending(self) -> int:
        return twcc_pending(&self.recorder)

    def feedback(self, size_t room=1200, uint32_t sender_ssrc=1, uint32_t media_ssrc=2) -> bytes:
        """Written into a heap block of exactly `room` bytes, so that a sanitizer build sees a write past it."""
        cdef uint8_t* out
        if room > ROOM_MAX:
            raise ValueError(room)
        out = <uint8_t*>malloc(max(room, 1))
        if out == NULL:
            raise MemoryError
        try:
            size = twcc_feedback(&self.recorder, out, room, sender_ssrc, media_ssrc)
            return out[:size]
        finally:
            free(out)


cdef class Sender:
    """A TwccSender."""
    cdef TwccSender sender

    def __init__(self):
        twcc_sender_init(&self.sender, 0)

    @staticmethod
    def size() -> int:
        return twcc_sender_bytes()

    def sent(self, size_t size, int64_t sent_us) -> int:
        return twcc_sent(&self.sender, size, sent_us)

    def acknowledge(self, bytes data, int64_t now_us) -> dict | None:
        """`data`: one RTCP packet; None when it is refused."""
        cdef uint8_t* copy = <uint8_t*>malloc(max(len(data), 1))
        cdef RtcpPacket packet
        cdef TwccSummary summary
        cdef size_t offset = 0
        if copy == NULL:
            raise MemoryError
        try:
            memcpy(copy, <const char*>data, len(data))
            if rtcp_next(copy, len(data), &offset, &packet) != 1 or twcc_acknowledge(&self.sender, &packet, now_us, &summary) < 0:
                return None
            return {"acknowledged": summary.acknowledged, "lost": summary.lost, "acknowledged_bytes": summary.acknowledged_bytes,
                    "rtt_us": summary.rtt_us}
        finally:
            free(copy)
