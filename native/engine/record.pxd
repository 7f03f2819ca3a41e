"""Packets up: what a recorder's producers receive, copied into a ring of their own for Python to take."""
from libc.stdint cimport int64_t, uint32_t, uint64_t

from native.engine.state cimport Producer
from native.stream.rtx cimport StoredPacket

cdef enum:
    RECORD_RING_BYTES = 8 << 20    # half a minute of a 2 Mb/s call: longer than a disk stalls that will come back

cdef struct RecordHead:            # then the packet, from its RTP header on, without padding
    uint64_t producer
    uint64_t seq64
    int64_t arrived_us
    uint64_t sr_ntp                # newest sender report of the stream, 0 = none yet
    uint32_t sr_timestamp
    uint32_t sr_age_us             # when the packet arrived; capped

# Copies the packet, or counts that there was no room: the worker never waits for Python.
cdef void record_packet(Producer* producer, StoredPacket* packet) noexcept nogil
