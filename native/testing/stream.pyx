"""Test doors on `native.stream`: recv, nack and twcc as small objects. Nothing outside `tests/` and `bench/` may import them."""
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint16_t, uint32_t, uint64_t

from native.stream.recv cimport RecvStream, recv_stream_init, recv_stream_note, recv_stream_report, recv_stream_sender_report
from native.wire.rtcp cimport RtcpReportBlock, RtcpSenderInfo


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
