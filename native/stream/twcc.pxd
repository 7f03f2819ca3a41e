"""Transport-wide congestion control, both ends of the feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01)."""
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from native.c.cache cimport cache_prefetch
from native.wire.rtcp cimport RtcpPacket

cdef struct TwccRecorder:          # receiving end: arrival times not yet reported; fixed size
    uint64_t highest               # seq64 of the newest packet, 0 = nothing received
    uint64_t next                  # first number no feedback has covered
    uint64_t late_from             # no late arrival waits below this
    int pending                    # arrivals that wait to be reported
    int late                       # those of them below `next`: told missing before they came
    uint32_t restart_seq           # the number that would confirm a restarted sender; above 65535 = none
    uint8_t feedback_count
    uint8_t states[1024]           # by seq64 & 1023; valid for the newest 1024 numbers
    uint32_t ticks[1024]           # arrival time in 250 us, modulo 2^32

cdef size_t twcc_recorder_bytes() noexcept nogil
cdef void twcc_recorder_init(TwccRecorder* recorder) noexcept nogil
cdef void twcc_note(TwccRecorder* recorder, uint16_t seq16, int64_t arrived_us) noexcept nogil
# How many arrivals wait to be reported.
cdef int twcc_pending(const TwccRecorder* recorder) noexcept nogil
# Writes one feedback packet (RTCP RTPFB 15) for what waits, 0 when nothing does or `room` (>= 64) cannot hold any; call again while it
# returns > 0 to report more than fits in one.
cdef size_t twcc_feedback(TwccRecorder* recorder, uint8_t* out, size_t room, uint32_t sender_ssrc, uint32_t media_ssrc) noexcept nogil

cdef struct TwccSent:
    uint32_t sent_us               # low half
    uint16_t bytes
    uint8_t state

cdef struct TwccSender:            # sending end: what was sent when, for matching feedback; fixed size
    uint64_t next                  # seq64 of the next packet
    TwccSent log[1024]             # by seq64 & 1023

cdef struct TwccSummary:           # what one feedback packet told
    uint32_t acknowledged          # packets reported received that we had in the log, each once
    uint32_t lost                  # packets of the log reported missing, each once (they may still be acknowledged later)
    uint64_t acknowledged_bytes
    int64_t rtt_us                 # newest acknowledged packet: feedback arrival - send, 0 when none

cdef size_t twcc_sender_bytes() noexcept nogil


cdef inline void twcc_sender_prefetch(const TwccSender* sender) noexcept nogil:
    """Fetches what the next twcc_sent will write; `sender` itself must be in the cache by now or costs a miss."""
    cache_prefetch(&sender.log[sender.next & 1023])


# `next`: where the numbers go on after an earlier sender of the same peer, 0 = from the start.
cdef void twcc_sender_init(TwccSender* sender, uint64_t next) noexcept nogil
# The number to write into the next packet's extension; logs (size, sent_us).
cdef uint16_t twcc_sent(TwccSender* sender, size_t bytes, int64_t sent_us) noexcept nogil
# 0, or -1 when this is no well-formed feedback (*out is all zero then).
cdef int twcc_acknowledge(TwccSender* sender, const RtcpPacket* feedback, int64_t now_us, TwccSummary* out) noexcept nogil
