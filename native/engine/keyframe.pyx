"""Key-frame requests. However many subscribers ask, a publisher hears one request per interval: a storm of PLIs would make it send
nothing but key frames."""
from libc.stdint cimport INT64_MAX, uint8_t

from native.engine.state cimport KIND_VIDEO, Transport
from native.engine.transport cimport transport_rtcp_commit, transport_rtcp_reserve
from native.wire.rtcp cimport rtcp_write_fir, rtcp_write_pli

cdef enum:
    # Encoders need up to a round trip plus a frame to answer; asking sooner only costs them bits.
    REQUEST_GAP_US = 500_000


cdef void request_send(Producer* producer) noexcept nogil:
    cdef Transport* transport = producer.transport
    cdef uint8_t* out
    cdef size_t size
    if transport == NULL or producer.stream.highest == 0 or not (producer.want_pli or producer.want_fir):
        return
    out = transport_rtcp_reserve(transport, 20, False)
    if out == NULL:
        return
    if producer.want_pli:
        size = rtcp_write_pli(out, 20, transport.rtcp_ssrc, producer.stream.ssrc)
    else:
        producer.fir_seq += 1
        size = rtcp_write_fir(out, 20, transport.rtcp_ssrc, producer.stream.ssrc, producer.fir_seq)
    transport_rtcp_commit(transport, size)
    producer.keyframe_asked_us = producer.core.now_us
    producer.plis_sent += 1
    producer.core.counters.pli_sent += 1


cdef void keyframe_request(Producer* producer) noexcept nogil:
    if producer.kind != KIND_VIDEO:
        return
    producer.keyframe_wanted = True
    if producer.core.now_us - producer.keyframe_asked_us >= REQUEST_GAP_US:
        request_send(producer)


cdef void keyframe_arrived(Producer* producer) noexcept nogil:
    producer.keyframe_wanted = False
    producer.keyframes += 1


cdef int64_t keyframe_tick(Producer* producer) noexcept nogil:
    if not producer.keyframe_wanted:
        return INT64_MAX
    if producer.core.now_us - producer.keyframe_asked_us >= REQUEST_GAP_US:
        request_send(producer)
    return producer.core.now_us + REQUEST_GAP_US // 4
