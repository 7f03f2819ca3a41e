"""One producer forwarded to one transport: which packets pass, and under which numbers they leave."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from native.engine.state cimport CodecEntry, Consumer, Pending, Producer, Transport, WorkerCore
from native.stream.rtx cimport StoredPacket

cdef Consumer* consumer_new(WorkerCore* core, uint64_t id, Transport* transport) noexcept nogil
# Detaches and frees it.
cdef void consumer_free(Consumer* consumer) noexcept nogil
# `payload_type`: which of the subscriber's to use, 0 = its first of the codec. 0, or -1 without memory.
cdef int consumer_attach(Consumer* consumer, Producer* producer, uint8_t payload_type) noexcept nogil
cdef void consumer_detach(Consumer* consumer) noexcept nogil
cdef void consumer_pause(Consumer* consumer, bint paused) noexcept nogil
# The transport's extension map has changed.
cdef void consumer_renegotiated(Consumer* consumer) noexcept nogil
# Queues the packet for the end of the turn, or counts why not.
cdef void consumer_forward(Consumer* consumer, StoredPacket* packet) noexcept nogil
# Queues a packet of our own behind what was sent so far; the producer's go on behind it. 0, or -1 when it cannot be sent now.
cdef int consumer_insert(Consumer* consumer, StoredPacket* packet, uint8_t payload_type, uint32_t timestamp) noexcept nogil
# The subscriber's payload type for telephone-event at this clock rate, NULL when it has none.
cdef const CodecEntry* consumer_event_entry(const Consumer* consumer, uint32_t clock_rate) noexcept nogil
# Answers a NACK from the producer's history.
cdef void consumer_retransmit(Consumer* consumer, uint16_t seq16) noexcept nogil
# Writes the packet's header at `out` (room header_bytes).
cdef void consumer_write_header(Consumer* consumer, const Pending* pending, uint8_t* out, bint padded) noexcept nogil
# Renumbers the codec's picture counters in the payload written at `payload`; `needed` tells whether that changes anything.
cdef bint consumer_patch_needed(const Consumer* consumer, const StoredPacket* packet) noexcept nogil
cdef void consumer_patch(const Consumer* consumer, const StoredPacket* packet, uint8_t* payload) noexcept nogil
