"""The gate. One table decides, from the state of the transport that owns the source address and the packet's class, whether a
datagram is looked at at all. What it refuses gets no answer, changes no state, makes no event and no log line: one counter moves.

Authentication comes behind the gate, per class: STUN by MESSAGE-INTEGRITY (transport.pyx), DTLS by the certificate's fingerprint
(Python), SRTP and SRTCP by their tags (producer.pyx, feedback.pyx). Until it succeeds the same rule holds.
"""
from libc.stdint cimport uint16_t, uint32_t, uint64_t
from libc.string cimport memset

from native.engine.event cimport EVENT_TRANSPORT_DTLS, event_write
from native.engine.feedback cimport feedback_receive
from native.engine.producer cimport producer_bind, producer_payload, producer_receive
from native.engine.ring cimport ring_crowded
from native.engine.state cimport (
    DROP_DTLS_CROWDED, DROP_DTLS_UNVALIDATED, DROP_LOST_CONSENT, DROP_RTCP_NO_KEYS, DROP_RTCP_UNVALIDATED, DROP_RTP_MALFORMED,
    DROP_RTP_NO_KEYS, DROP_RTP_REPLAYED, DROP_RTP_TOO_LARGE, DROP_RTP_UNAUTHENTIC, DROP_RTP_UNKNOWN_SSRC, DROP_RTP_UNVALIDATED, DROP_UNKNOWN_CLASS, Drop,
    Producer, StreamRef, Transport,
)
from native.engine.table cimport path_table_get
from native.engine.transport cimport drop_note, transport_producer, transport_stream, transport_stream_replay, transport_stun
from native.stream.rtx cimport PACKET_MAX_BYTES
from native.stream.srtp cimport SRTP_REPLAYED, SrtpReplay, srtp_open
from native.wire.demux cimport PACKET_DTLS, PACKET_RTCP, PACKET_STUN, packet_classify
from native.wire.rtp cimport EXT_MID, RtpExtensions, RtpHeader, rtp_parse_extensions, rtp_parse_header

cdef int PASS = -1

# [TransportState][PacketClass]: PASS, or the reason to drop. Columns: unknown, STUN, DTLS, RTP, RTCP.
cdef int GATE[4][5]
# no transport has this address: only a check can make it known
GATE[0][:] = [DROP_UNKNOWN_CLASS, PASS, DROP_DTLS_UNVALIDATED, DROP_RTP_UNVALIDATED, DROP_RTCP_UNVALIDATED]
# a selected pair, no keys yet
GATE[1][:] = [DROP_UNKNOWN_CLASS, PASS, PASS, DROP_RTP_NO_KEYS, DROP_RTCP_NO_KEYS]
# keys are set
GATE[2][:] = [DROP_UNKNOWN_CLASS, PASS, PASS, PASS, PASS]
# consent has expired
GATE[3][:] = [DROP_UNKNOWN_CLASS, PASS, DROP_LOST_CONSENT, DROP_LOST_CONSENT, DROP_LOST_CONSENT]


cdef StreamRef* stream_discover(Transport* transport, const uint8_t* data, size_t size, const RtpHeader* header) noexcept nogil:
    """The producer of an SSRC seen for the first time (RFC 8843 section 9.2: by mid, else by payload type), NULL when there is none.

    The packet is opened aside to make sure that it is the peer's before anything is remembered of it.
    """
    cdef SrtpReplay replay
    cdef RtpExtensions extensions
    cdef Producer* producer = NULL
    cdef Producer* candidate
    cdef uint64_t index
    cdef int opened
    transport_stream_replay(transport, header.ssrc, &replay)
    opened = srtp_open(transport.receive_keys, &replay, data, size, header.header_bytes, transport.core.scratch, &index)
    if opened < 0:
        drop_note(transport.core, DROP_RTP_REPLAYED if opened == SRTP_REPLAYED else DROP_RTP_UNAUTHENTIC)
        return NULL
    memset(&extensions, 0, sizeof(extensions))
    rtp_parse_extensions(transport.core.scratch, header, &transport.extensions, &extensions)
    if extensions.values[<int>EXT_MID].offset:
        producer = transport_producer(transport, transport.core.scratch + extensions.values[<int>EXT_MID].offset, extensions.values[<int>EXT_MID].size)
    else:
        candidate = transport.producers
        while candidate != NULL:
            if producer_payload(candidate, header.payload_type):
                if producer != NULL:
                    # Two tracks share the payload type: a guess could put one's media into the other.
                    producer = NULL
                    break
                producer = candidate
            candidate = candidate.next
    if producer == NULL or not producer_payload(producer, header.payload_type) \
            or producer_bind(producer, header.ssrc, producer_payload(producer, header.payload_type) == 2) != 0:
        drop_note(transport.core, DROP_RTP_UNKNOWN_SSRC)
        return NULL
    return transport_stream(transport, header.ssrc)


cdef void rtp_receive(Transport* transport, const uint8_t* data, size_t size, int64_t arrived_us) noexcept nogil:
    cdef RtpHeader header
    cdef StreamRef* stream
    if size > PACKET_MAX_BYTES:
        drop_note(transport.core, DROP_RTP_TOO_LARGE)
        return
    if rtp_parse_header(data, size, &header) != 0:
        drop_note(transport.core, DROP_RTP_MALFORMED)
        return
    stream = transport_stream(transport, header.ssrc)
    if stream == NULL:
        stream = stream_discover(transport, data, size, &header)
        if stream == NULL:
            return
    producer_receive(stream.producer, stream.retransmission, data, size, &header, arrived_us)


cdef void dtls_receive(Transport* transport, const uint8_t* data, size_t size) noexcept nogil:
    transport.core.counters.packets_received_dtls += 1
    # Handshakes may use half of the ring; the rest is for what the worker itself has to say.
    if size > PACKET_MAX_BYTES or ring_crowded(&transport.core.events):
        drop_note(transport.core, DROP_DTLS_CROWDED)
        return
    event_write(transport.core, EVENT_TRANSPORT_DTLS, transport.id, 0, data, size)


cdef void datagram_receive(WorkerCore* core, const Path* path, const uint8_t* data, size_t size, int64_t arrived_us) noexcept nogil:
    cdef int kind = packet_classify(data, size)
    cdef Transport* transport = <Transport*>path_table_get(&core.paths, path)
    cdef int verdict = GATE[transport.state if transport != NULL else 0][kind]
    core.counters.datagrams_received += 1
    if verdict != PASS:
        drop_note(core, <Drop>verdict)
    elif kind == PACKET_STUN:
        transport_stun(core, path, data, size)
    elif kind == PACKET_DTLS:
        dtls_receive(transport, data, size)
    elif kind == PACKET_RTCP:
        feedback_receive(transport, data, size)
    else:
        rtp_receive(transport, data, size, arrived_us)
