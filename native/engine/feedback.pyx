"""RTCP from a peer, after SRTCP has vouched for it (RFC 3550 section 6, RFC 4585, RFC 5104)."""
from libc.stdint cimport int64_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport realloc
from libc.string cimport memset

from native.engine.consumer cimport consumer_retransmit
from native.engine.keyframe cimport keyframe_request
from native.engine.state cimport (
    DROP_RTCP_MALFORMED, DROP_RTCP_REPLAYED, DROP_RTCP_SSRC_LIMIT, DROP_RTCP_UNAUTHENTIC, RTCP_PEERS_MOST, Consumer, RtcpPeer, StreamRef,
    WorkerCore,
)
from native.engine.transport cimport drop_note, transport_consumer, transport_heard, transport_stream
from native.stream.recv cimport recv_stream_sender_report
from native.stream.rtx cimport PACKET_MAX_BYTES
from native.stream.srtp cimport SRTP_REPLAYED, SrtcpReplay, srtcp_open
from native.stream.twcc cimport TwccSummary, twcc_acknowledge
from native.wire.bytes cimport be32_read
from native.wire.rtcp cimport (
    PSFB_APPLICATION, PSFB_FIR, PSFB_PLI, RTCP_PSFB, RTCP_RR, RTCP_RTPFB, RTCP_SR, RTPFB_NACK, RTPFB_TRANSPORT_CC, RtcpPacket,
    RtcpReportBlock, RtcpSenderInfo, rtcp_next, rtcp_parse_fir, rtcp_parse_nack, rtcp_parse_remb, rtcp_parse_report,
    rtcp_parse_sender_info,
)

cdef enum:
    NACKS_MOST = 512               # per feedback message: more is no repair any more, a key frame is
    RTT_MOST_US = 10_000_000


cdef SrtcpReplay* replay_of(Transport* transport, uint32_t ssrc) noexcept nogil:
    """The replay window of this RTCP sender, NULL when it has none yet."""
    cdef int i
    for i in range(transport.rtcp_peer_count):
        if transport.rtcp_peers[i].ssrc == ssrc:
            return &transport.rtcp_peers[i].replay
    return NULL


cdef int replay_keep(Transport* transport, uint32_t ssrc, const SrtcpReplay* replay) noexcept nogil:
    """0, or -1 when the peer has too many RTCP senders."""
    cdef int at = transport.rtcp_peer_count
    cdef RtcpPeer* grown
    if at == transport.rtcp_peer_room:
        if at == RTCP_PEERS_MOST:
            return -1
        grown = <RtcpPeer*>realloc(transport.rtcp_peers, (at * 2 if at else 4) * sizeof(RtcpPeer))
        if grown == NULL:
            return -1
        transport.rtcp_peers = grown
        transport.rtcp_peer_room = at * 2 if at else 4
    transport.rtcp_peers[at].ssrc = ssrc
    transport.rtcp_peers[at].replay = replay[0]
    transport.rtcp_peer_count += 1
    return 0


cdef void report_receive(Transport* transport, const RtcpReportBlock* block) noexcept nogil:
    cdef WorkerCore* core = transport.core
    cdef Consumer* consumer = transport_consumer(transport, block.ssrc)
    cdef int64_t rtt_us
    if consumer == NULL or block.ssrc != consumer.ssrc:
        return
    consumer.fraction_lost = block.fraction_lost
    consumer.jitter = block.jitter
    consumer.lost = block.lost
    if block.last_sr != 0 and block.last_sr == consumer.last_sr_ntp:
        # RFC 3550 section 6.4.1, by our own clock: the SR's number is only the key.
        rtt_us = core.now_us - consumer.last_sr_us - (<int64_t>block.delay_since_sr * 1000000 >> 16)
        if 0 <= rtt_us < RTT_MOST_US:
            transport.rtt_us = rtt_us + 1 if transport.rtt_us == 0 else (transport.rtt_us * 7 + rtt_us) // 8


cdef void reports_receive(Transport* transport, const RtcpPacket* packet) noexcept nogil:
    cdef RtcpSenderInfo info
    cdef RtcpReportBlock block
    cdef StreamRef* stream
    cdef int i
    if packet.type == RTCP_SR:
        if rtcp_parse_sender_info(packet, &info) != 0:
            return
        stream = transport_stream(transport, info.ssrc)
        if stream != NULL and not stream.retransmission:
            recv_stream_sender_report(&stream.producer.stream, &info, transport.core.now_us)
    for i in range(packet.count):
        if rtcp_parse_report(packet, i, &block) != 0:
            return
        report_receive(transport, &block)


cdef void nack_receive(Transport* transport, const RtcpPacket* packet) noexcept nogil:
    cdef uint16_t seqs[512]
    cdef uint32_t ssrc
    cdef int i, count = rtcp_parse_nack(packet, &ssrc, seqs, NACKS_MOST)
    cdef Consumer* consumer = transport_consumer(transport, ssrc) if count > 0 else NULL
    if consumer == NULL or ssrc != consumer.ssrc:
        return
    consumer.nacks += <uint64_t>count
    transport.core.counters.nack_received += <uint64_t>count
    for i in range(count):
        consumer_retransmit(consumer, seqs[i])


cdef void keyframe_receive(Transport* transport, uint32_t ssrc) noexcept nogil:
    cdef Consumer* consumer = transport_consumer(transport, ssrc)
    if consumer == NULL:
        return
    consumer.plis += 1
    if consumer.producer != NULL:
        keyframe_request(consumer.producer)


cdef void payload_feedback_receive(Transport* transport, const RtcpPacket* packet) noexcept nogil:
    cdef uint32_t ssrc
    cdef uint8_t command_seq
    cdef uint64_t bitrate_bps
    cdef int i = 0
    if packet.count == PSFB_PLI and packet.body_bytes >= 8:
        transport.core.counters.pli_received += 1
        keyframe_receive(transport, be32_read(packet.body + 4))
    elif packet.count == PSFB_FIR:
        transport.core.counters.fir_received += 1
        while rtcp_parse_fir(packet, i, &ssrc, &command_seq) == 0:
            keyframe_receive(transport, ssrc)
            i += 1
    elif packet.count == PSFB_APPLICATION and rtcp_parse_remb(packet, &bitrate_bps) == 0:
        transport.core.counters.remb_received += 1
        transport.remb_bps = bitrate_bps


cdef void transport_cc_receive(Transport* transport, const RtcpPacket* packet) noexcept nogil:
    cdef TwccSummary summary
    transport.core.counters.transport_cc_received += 1
    if transport.twcc_sender == NULL or twcc_acknowledge(transport.twcc_sender, packet, transport.core.now_us, &summary) != 0:
        return
    transport.acknowledged += summary.acknowledged
    transport.reported_lost += summary.lost


cdef void feedback_receive(Transport* transport, const uint8_t* data, size_t size) noexcept nogil:
    cdef WorkerCore* core = transport.core
    cdef SrtcpReplay fresh
    cdef SrtcpReplay* replay
    cdef RtcpPacket packet
    cdef size_t offset = 0
    cdef uint32_t sender
    cdef int opened, more
    if size > PACKET_MAX_BYTES:
        drop_note(core, DROP_RTCP_MALFORMED)
        return
    sender = be32_read(data + 4)
    replay = replay_of(transport, sender)
    memset(&fresh, 0, sizeof(fresh))
    opened = srtcp_open(transport.receive_keys, replay if replay != NULL else &fresh, data, size, core.scratch)
    if opened < 0:
        drop_note(core, DROP_RTCP_REPLAYED if opened == SRTP_REPLAYED else DROP_RTCP_UNAUTHENTIC)
        return
    if replay == NULL and replay_keep(transport, sender, &fresh) != 0:
        drop_note(core, DROP_RTCP_SSRC_LIMIT)
        return
    transport_heard(transport)
    core.counters.packets_received_rtcp += 1
    transport.packets_received += 1
    transport.bytes_received += size
    while True:
        more = rtcp_next(core.scratch, <size_t>opened, &offset, &packet)
        if more != 1:
            break
        if packet.type == RTCP_SR or packet.type == RTCP_RR:
            reports_receive(transport, &packet)
        elif packet.type == RTCP_RTPFB and packet.count == RTPFB_NACK:
            nack_receive(transport, &packet)
        elif packet.type == RTCP_RTPFB and packet.count == RTPFB_TRANSPORT_CC:
            transport_cc_receive(transport, &packet)
        elif packet.type == RTCP_PSFB:
            payload_feedback_receive(transport, &packet)
    if more < 0:
        drop_note(core, DROP_RTCP_MALFORMED)
