"""RTCP on its own time (RFC 3550 section 6.4, draft-holmer transport-cc).

A subscriber's sender report carries the *publisher's* clock: the last report of the publisher moved on by the time since then. So
audio and video of one publisher keep their relation (lip sync) whatever the network did to each on the way here.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free

from native.engine.state cimport TRANSPORT_SECURE, Consumer, Producer, WorkerCore
from native.engine.transport cimport transport_ice_tick, transport_rtcp_commit, transport_rtcp_reserve
from native.stream.recv cimport recv_stream_report
from native.stream.twcc cimport twcc_feedback, twcc_pending
from native.wire.rtcp cimport RtcpReportBlock, RtcpSenderInfo, rtcp_write_rr, rtcp_write_sdes_cname, rtcp_write_sr

cdef enum:
    REPORT_US = 1_000_000
    BLOCKS_MOST = 24               # per report: keeps one RR below the pending packet's room
    FEEDBACK_BYTES = 900
    FEEDBACKS_MOST = 8             # per tick: a burst longer than this waits for the next tick
    IDLE_REPORTS = 5               # seconds: longer than any pause in which feedback is still on its way
    # The low bit of our reports' NTP time (0.2 ns) says whose clock it is, so that a recorder sets no two clocks against each other.
    NTP_OF_PUBLISHER = 1


cdef void receiver_report(Transport* transport) noexcept nogil:
    cdef RtcpReportBlock blocks[24]
    cdef Producer* producer = transport.producers
    cdef uint8_t* out
    cdef int count = 0
    cdef size_t room
    while producer != NULL:
        if producer.stream.highest != 0 and count < BLOCKS_MOST:
            recv_stream_report(&producer.stream, &blocks[count], transport.core.now_us)
            if blocks[count].lost > producer.lost:
                transport.core.counters.packets_lost += <uint64_t>(blocks[count].lost - producer.lost)
            producer.lost = blocks[count].lost
            count += 1
        producer = producer.next
    if count == 0:
        return
    room = 8 + 24 * <size_t>count
    out = transport_rtcp_reserve(transport, room, True)
    if out != NULL:
        transport_rtcp_commit(transport, rtcp_write_rr(out, room, transport.rtcp_ssrc, blocks, count))


cdef void sender_report(Transport* transport, Consumer* consumer) noexcept nogil:
    cdef WorkerCore* core = transport.core
    cdef Producer* producer = consumer.producer
    cdef RtcpSenderInfo info
    cdef int64_t elapsed_us
    cdef uint8_t* out
    cdef size_t written
    cdef size_t room = 28 + 8 + 2 + 32 + 4
    if producer == NULL or not consumer.started or consumer.generation != producer.generation:
        return
    info.ssrc = consumer.ssrc
    if producer.stream.sr_ntp != 0:
        elapsed_us = core.now_us - producer.stream.sr_arrived_us
        info.ntp = producer.stream.sr_ntp + (<uint64_t>(elapsed_us // 1000000) << 32) + ((<uint64_t>(elapsed_us % 1000000) << 32) // 1000000)
        info.ntp |= <uint64_t>NTP_OF_PUBLISHER
        info.timestamp = producer.stream.sr_timestamp + consumer.timestamp_offset
    else:
        elapsed_us = core.now_us - consumer.last_sent_us
        info.ntp = ntp_of(core.now_us + core.realtime_offset_us) & ~<uint64_t>NTP_OF_PUBLISHER
        info.timestamp = consumer.last_timestamp
    info.timestamp += <uint32_t>(elapsed_us * consumer.clock_rate // 1000000)
    info.packets = <uint32_t>consumer.packets
    info.octets = <uint32_t>consumer.bytes
    out = transport_rtcp_reserve(transport, room, True)
    if out == NULL:
        return
    written = rtcp_write_sr(out, room, &info, NULL, 0)
    written += rtcp_write_sdes_cname(out + written, room - written, consumer.ssrc, <const uint8_t*>consumer.cname, consumer.cname_bytes)
    transport_rtcp_commit(transport, written)
    consumer.last_sr_ntp = <uint32_t>(info.ntp >> 16)
    consumer.last_sr_us = core.now_us


cdef void feedback_send(Transport* transport) noexcept nogil:
    cdef uint8_t* out
    cdef size_t written
    cdef int packets = 0
    while packets < FEEDBACKS_MOST and twcc_pending(transport.twcc_recorder):
        out = transport_rtcp_reserve(transport, FEEDBACK_BYTES, False)
        if out == NULL:
            return
        written = twcc_feedback(transport.twcc_recorder, out, FEEDBACK_BYTES, transport.rtcp_ssrc, transport.twcc_ssrc)
        if written == 0:
            return
        transport_rtcp_commit(transport, written)
        transport.core.counters.transport_cc_sent += 1
        packets += 1


cdef void idle_release(Transport* transport) noexcept nogil:
    """Gives back what only a peer with media needs, 13 KB; it comes again with the next packet, numbers going on."""
    cdef uint64_t packets = transport.packets_sent + transport.packets_received
    if packets != transport.packets_reported:
        transport.packets_reported = packets
        transport.reports_idle = 0
        return
    if transport.reports_idle < IDLE_REPORTS:
        transport.reports_idle += 1
        return
    if transport.twcc_sender != NULL:
        transport.twcc_next = transport.twcc_sender.next
        free(transport.twcc_sender)
        transport.twcc_sender = NULL
    if transport.twcc_recorder != NULL and transport.twcc_due_us == 0:
        transport.twcc_feedback_count = transport.twcc_recorder.feedback_count
        free(transport.twcc_recorder)
        transport.twcc_recorder = NULL


cdef int64_t transport_tick(Transport* transport) noexcept nogil:
    cdef WorkerCore* core = transport.core
    cdef int64_t due_us = transport_ice_tick(transport)
    cdef Consumer* consumer
    if transport.state != TRANSPORT_SECURE:
        return due_us
    if transport.twcc_due_us != 0 and core.now_us >= transport.twcc_due_us:
        transport.twcc_due_us = 0
        feedback_send(transport)
    if core.now_us >= transport.report_due_us:
        transport.report_due_us = core.now_us + REPORT_US
        receiver_report(transport)
        idle_release(transport)
        consumer = transport.consumers
        while consumer != NULL:
            sender_report(transport, consumer)
            consumer = consumer.next
    if transport.report_due_us < due_us:
        due_us = transport.report_due_us
    if transport.twcc_due_us != 0 and transport.twcc_due_us < due_us:
        due_us = transport.twcc_due_us
    return due_us
