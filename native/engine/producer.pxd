"""An incoming track: opened packets into the history, loss and key frames noted, on to the router."""
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from native.engine.state cimport CodecEntry, Producer, Transport, WorkerCore
from native.wire.rtp cimport RtpHeader

# `id` 0: one that Python does not know (a mix): neither counted nor looked after.
cdef Producer* producer_new(WorkerCore* core, uint64_t id, Transport* transport, int kind, bint nack) noexcept nogil
# Detaches its consumers and frees it.
cdef void producer_free(Producer* producer) noexcept nogil
# A still sealed RTP packet of one of its two streams, from the transport's selected address.
cdef void producer_receive(Producer* producer, bint retransmission, const uint8_t* data, size_t size, RtpHeader* header, int64_t arrived_us) noexcept nogil
# The codec that this payload type names, NULL when it names none.
cdef const CodecEntry* producer_payload_entry(const Producer* producer, uint8_t payload_type) noexcept nogil
# Whether it knows this payload type: 1 as a codec, 2 as a retransmission of one, 0 not at all.
cdef int producer_payload(const Producer* producer, uint8_t payload_type) noexcept nogil
# Takes `ssrc` as its primary (or retransmission) stream from now on; a primary change makes consumers start again. 0, or -1.
cdef int producer_bind(Producer* producer, uint32_t ssrc, bint retransmission) noexcept nogil
# NACKs, key-frame requests, history; returns when to call again.
cdef int64_t producer_tick(Producer* producer) noexcept nogil
