"""Transport-wide congestion control, both ends of the feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01)."""
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from native.wire.rtcp cimport RtcpPacket

cdef struct TwccRecorder           # receiving end: arrival times not yet reported; fixed size

cdef size_t twcc_recorder_bytes() noexcept nogil
cdef void twcc_recorder_init(TwccRecorder* recorder) noexcept nogil
cdef void twcc_note(TwccRecorder* recorder, uint16_t seq16, int64_t arrived_us) noexcept nogil
# How many arrivals wait to be reported.
cdef int twcc_pending(const TwccRecorder* recorder) noexcept nogil
# Writes one feedback packet (RTCP RTPFB 15) for what waits, 0 when nothing does or `room` (>= 64) cannot hold any; call again while it
# returns > 0 to report more than fits in one.
cdef size_t twcc_feedback(TwccRecorder* recorder, uint8_t* out, size_t room, uint32_t sender_ssrc, uint32_t media_ssrc) noexcept nogil

cdef struct TwccSender             # sending end: what was sent when, for matching feedback; fixed size

cdef struct TwccSummary:           # what one feedback packet told
    uint32_t acknowledged          # packets reported received that we had in the log
    uint32_t lost                  # packets reported missing
    uint64_t acknowledged_bytes
    int64_t rtt_us                 # newest acknowledged packet: feedback arrival - send, 0 when none

cdef size_t twcc_sender_bytes() noexcept nogil
cdef void twcc_sender_init(TwccSender* sender) noexcept nogil
# The number to write into the next packet's extension; logs (size, sent_us).
cdef uint16_t twcc_sent(TwccSender* sender, size_t bytes, int64_t sent_us) noexcept nogil
cdef int twcc_acknowledge(TwccSender* sender, const RtcpPacket* feedback, int64_t now_us, TwccSummary* out) noexcept nogil
