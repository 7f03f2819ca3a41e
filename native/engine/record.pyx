"""Packets up. Only in a recorder's process, whose worker is a client of the server's: no call depends on who reads this ring.

The packet path of a server is untouched: a producer that is not recorded costs one test of a flag.
"""
from libc.stdint cimport uint8_t
from libc.string cimport memcpy

from native.engine.ring cimport ring_commit, ring_reserve
from native.engine.state cimport WorkerCore
from native.stream.rtx cimport stored_bytes

cdef enum:
    SR_AGE_MOST_US = 0xFFFFFFFF


cdef void record_packet(Producer* producer, StoredPacket* packet) noexcept nogil:
    cdef WorkerCore* core = producer.core
    cdef size_t size = sizeof(RecordHead) + packet.size
    cdef uint8_t* record = ring_reserve(&core.records, size)
    cdef RecordHead head
    cdef int64_t age_us
    if record == NULL:
        core.counters.records_dropped += 1
        return
    age_us = packet.arrived_us - producer.stream.sr_arrived_us
    head.producer = producer.id
    head.seq64 = packet.seq64
    head.arrived_us = packet.arrived_us
    head.sr_ntp = producer.stream.sr_ntp
    head.sr_timestamp = producer.stream.sr_timestamp
    head.sr_age_us = <uint32_t>(0 if age_us < 0 else age_us if age_us < <int64_t>SR_AGE_MOST_US else <int64_t>SR_AGE_MOST_US)
    memcpy(record, &head, sizeof(head))
    memcpy(record + sizeof(head), stored_bytes(packet), packet.size)
    ring_commit(&core.records, size)
