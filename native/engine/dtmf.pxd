"""Telephone keys (RFC 4733): told to Python as they come from a publisher, put into a subscriber's stream as Python asks."""
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from native.engine.state cimport Consumer, Producer
from native.stream.rtx cimport StoredPacket

# A telephone-event packet of this producer; `clock_rate`: of its payload type.
cdef void dtmf_receive(Producer* producer, StoredPacket* packet, uint32_t clock_rate) noexcept nogil
# Takes keys whose end was lost as let go; returns when to call again, INT64_MAX when no key is pressed.
cdef int64_t dtmf_release(Producer* producer) noexcept nogil
# Keys to send one after the other. 0, or -1 when the subscriber has no such payload type, or not all of them found room.
cdef int dtmf_send(Consumer* consumer, const uint8_t* events, int count, uint16_t duration_ms, uint16_t gap_ms) noexcept nogil
# Sends what is due; returns when to call again, INT64_MAX when nothing is left.
cdef int64_t dtmf_tick(Consumer* consumer) noexcept nogil
cdef void dtmf_free(Consumer* consumer) noexcept nogil
