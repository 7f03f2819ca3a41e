"""Events up: what the worker tells Python, as records in the event ring."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from native.engine.state cimport WorkerCore

cdef enum EventKind:               # names in worker.pyx, same order
    EVENT_TRANSPORT_CONNECTED
    EVENT_TRANSPORT_DTLS
    EVENT_TRANSPORT_SECURE
    EVENT_TRANSPORT_LOST
    EVENT_PRODUCER_STARTED
    EVENT_PRODUCER_STALLED
    EVENT_CONSUMER_STARTED
    EVENT_STATS
    EVENT_PRODUCER_DTMF
    EVENT_VOICE_ENDED
    EVENT_VOICE_ACTIVE
    EVENT_CLIP_RELEASED            # for Worker.events itself: it may free the memory

cdef struct EventHead:
    uint32_t kind
    uint32_t detail                # SSRC, port or object kind
    uint64_t id

# 0, or -1 when the ring is full (counted): Python reads far faster than an authenticated peer can cause events.
cdef int event_write(WorkerCore* core, EventKind kind, uint64_t id, uint32_t detail, const void* payload, size_t size) noexcept nogil
