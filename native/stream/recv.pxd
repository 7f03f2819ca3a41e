"""What a receiver keeps of one SSRC: extended sequence number, loss, jitter, the last sender report (RFC 3550 A.1, A.3, A.8)."""
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from native.wire.rtcp cimport RtcpReportBlock, RtcpSenderInfo

cdef struct RecvStream:
    uint32_t ssrc
    uint32_t clock_rate
    uint64_t highest               # seq64 of the newest packet; 0 = nothing received
    uint64_t first                 # seq64 of the first packet
    uint64_t packets               # received, without duplicates found elsewhere
    uint64_t bytes
    uint32_t timestamp             # of the newest packet (by seq64)
    int64_t arrived_us             # of the newest packet
    int64_t transit                # last relative transit time, timestamp units
    double jitter                  # timestamp units
    uint64_t prior_expected        # for fraction_lost between reports
    uint64_t prior_packets
    uint64_t sr_ntp                # last sender report, 0 = none
    uint32_t sr_timestamp
    int64_t sr_arrived_us
    uint32_t restart_seq           # the number that would confirm a restart; above 65535 = none

cdef void recv_stream_init(RecvStream* stream, uint32_t ssrc, uint32_t clock_rate) noexcept nogil
# Counts one authenticated packet and returns its seq64; 0 = out of place (more than 3000 ahead or 1000 behind): drop this packet.
# When the next number follows, the sender has restarted: seq64 goes on from there, always forwards, and the gap is not loss.
cdef uint64_t recv_stream_note(RecvStream* stream, uint16_t seq16, uint32_t timestamp, size_t bytes, int64_t now_us) noexcept nogil
cdef void recv_stream_sender_report(RecvStream* stream, const RtcpSenderInfo* info, int64_t now_us) noexcept nogil
# The report block for the next RR; moves the interval on (fraction_lost counts from report to report).
cdef void recv_stream_report(RecvStream* stream, RtcpReportBlock* out, int64_t now_us) noexcept nogil
