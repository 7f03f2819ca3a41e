"""What a receiver keeps of one SSRC and tells its sender in report blocks.

For the engine's producers: note every authenticated packet, report once per RTCP interval. Not for duplicates (the SRTP replay
window has dropped them), not for requests (`stream.nack`).

RFC 3550 appendix A.1 (sequence numbers), A.3 (loss), A.8 and section 6.4.1 (jitter, LSR, DLSR).

Invariants: `highest` only grows; expected = highest - first + 1; `packets` and `bytes` never go back, so they serve as counters.

Departures from RFC 3550, with reason:
- A packet that advances `highest` between the two of a restart calls it off: an old sequence that still flows is the living one.
- No probation: SRTP has authenticated the packet, so the first one is valid.
- A restart shifts `first` by the gap instead of zeroing the counts: totals stay monotonic and the gap is not reported as loss.
- Jitter takes only packets that advance `highest` (as libwebrtc and aiortc do): a retransmission comes a round trip late and
  would drown the network's jitter. A step of more than five seconds is a new timestamp base (source change), not jitter.
"""
from libc.stdint cimport int32_t
from libc.string cimport memset

from native.wire.seq cimport seq16_distance, seq64_start

cdef enum:
    # A.1's MAX_DROPOUT: at 1000 packets a second an outage of 3 s. Smaller: a long outage is taken for a restart and costs a
    # packet; larger: a restarted sender more often passes for loss.
    DROPOUT_MAX = 3000
    # A.1's MAX_MISORDER (100 there): retransmissions come up to 1 s late on fast streams and must not look like a restart.
    MISORDER_MAX = 1000
    NO_RESTART = 0x10000
    STEP_MAX_S = 5
    LOST_MAX = 0x7FFFFF
    LOST_MIN = -0x800000


cdef void recv_stream_init(RecvStream* stream, uint32_t ssrc, uint32_t clock_rate) noexcept nogil:
    """Nothing received yet. `clock_rate` 0 (unknown) keeps jitter at 0."""
    memset(stream, 0, sizeof(RecvStream))
    stream.ssrc = ssrc
    stream.clock_rate = clock_rate
    stream.restart_seq = NO_RESTART


cdef inline uint32_t arrival_units(const RecvStream* stream, int64_t now_us) noexcept nogil:
    # Seconds and the rest apart: the product of a full microsecond clock and 90 kHz passes 2^63 for clocks since 1970.
    cdef int64_t seconds = now_us // 1000000
    return <uint32_t>(<uint64_t>seconds * stream.clock_rate + <uint64_t>((now_us - seconds * 1000000) * stream.clock_rate // 1000000))


cdef void note_jitter(RecvStream* stream, uint32_t timestamp, int64_t now_us, bint first) noexcept nogil:
    cdef uint32_t transit
    cdef int64_t step
    if stream.clock_rate == 0:
        return
    transit = arrival_units(stream, now_us) - timestamp
    step = <int32_t>(transit - <uint32_t>stream.transit)
    stream.transit = transit
    if step < 0:
        step = -step
    if not first and step <= <int64_t>stream.clock_rate * STEP_MAX_S:
        stream.jitter += (<double>step - stream.jitter) / 16


cdef uint64_t recv_stream_note(RecvStream* stream, uint16_t seq16, uint32_t timestamp, size_t bytes, int64_t now_us) noexcept nogil:
    """RFC 3550 A.1's update_seq on 64-bit numbers, and A.8."""
    cdef bint first = stream.highest == 0
    cdef uint64_t seq64
    cdef uint64_t ahead
    cdef int distance
    stream.bytes += bytes
    if first:
        seq64 = seq64_start(seq16)
        stream.first = seq64
    else:
        distance = seq16_distance(seq16, <uint16_t>stream.highest)
        if seq16 == stream.restart_seq:
            ahead = <uint16_t>(seq16 - <uint16_t>stream.highest)
            seq64 = stream.highest + ahead
            # The packet before this one belongs to the new run too: it was received, so it counts.
            stream.first += ahead - 2
            stream.packets += 1
        elif -MISORDER_MAX <= distance <= 0:
            seq64 = stream.highest - <uint64_t>-distance
            if seq64 < stream.first:            # reordered before the first one
                stream.first = seq64
            stream.packets += 1
            return seq64
        elif 0 < distance <= DROPOUT_MAX:
            seq64 = stream.highest + <uint64_t>distance
        else:
            stream.restart_seq = <uint16_t>(seq16 + 1)
            return 0
    stream.restart_seq = NO_RESTART
    stream.packets += 1
    note_jitter(stream, timestamp, now_us, first)
    stream.highest = seq64
    stream.timestamp = timestamp
    stream.arrived_us = now_us
    return seq64


cdef void recv_stream_sender_report(RecvStream* stream, const RtcpSenderInfo* info, int64_t now_us) noexcept nogil:
    """Keeps the report for LSR, DLSR and timestamp alignment. The caller has matched the SSRC."""
    stream.sr_ntp = info.ntp
    stream.sr_timestamp = info.timestamp
    stream.sr_arrived_us = now_us


cdef void recv_stream_report(RecvStream* stream, RtcpReportBlock* out, int64_t now_us) noexcept nogil:
    """RFC 3550 A.3. Before the first packet: all zero but the SSRC (and the sender report's time)."""
    cdef uint64_t expected = 0
    cdef int64_t lost, lost_interval, expected_interval
    cdef int64_t delay
    memset(out, 0, sizeof(RtcpReportBlock))
    out.ssrc = stream.ssrc
    if stream.sr_ntp != 0:
        out.last_sr = <uint32_t>(stream.sr_ntp >> 16)
        delay = now_us - stream.sr_arrived_us
        if delay < 0:
            delay = 0
        elif delay > <int64_t>65535 * 1000000:
            delay = <int64_t>65535 * 1000000
        out.delay_since_sr = <uint32_t>(delay * 65536 // 1000000)
    if stream.highest == 0:
        return
    expected = stream.highest - stream.first + 1
    lost = <int64_t>(expected - stream.packets)
    out.lost = LOST_MAX if lost > LOST_MAX else (LOST_MIN if lost < LOST_MIN else <int32_t>lost)
    expected_interval = <int64_t>(expected - stream.prior_expected)
    lost_interval = expected_interval - <int64_t>(stream.packets - stream.prior_packets)
    if expected_interval > 0 and lost_interval > 0:
        # All lost would be 256/256: A.3's eight bits would show it as none.
        out.fraction_lost = 255 if lost_interval >= expected_interval else <uint8_t>((lost_interval << 8) // expected_interval)
    stream.prior_expected = expected
    stream.prior_packets = stream.packets
    # On the wire the first cycle is 0, seq64 starts in cycle 1.
    out.highest_seq = <uint32_t>(stream.highest - (<uint64_t>1 << 16))
    out.jitter = <uint32_t>stream.jitter
