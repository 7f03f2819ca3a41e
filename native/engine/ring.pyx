"""Single-producer, single-consumer ring of variable-length records.

Each record is an 8-byte length, then the bytes, rounded up to 8; a record is contiguous, so a length of SKIP marks the unused
end of the buffer. Invariant: head - tail <= capacity; the producer moves only head, the consumer only tail, each with
release order after the bytes it speaks for.
"""
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from native.c.atomics cimport __ATOMIC_ACQUIRE, __ATOMIC_RELAXED, __ATOMIC_RELEASE, atomic_load_u64, atomic_store_u64

cdef uint64_t SKIP = <uint64_t>-1


cdef int ring_init(Ring* ring, size_t capacity) noexcept nogil:
    ring.bytes = <uint8_t*>calloc(1, capacity)
    ring.capacity = capacity
    ring.head = 0
    ring.tail = 0
    return 0 if ring.bytes != NULL else -1


cdef void ring_free(Ring* ring) noexcept nogil:
    free(ring.bytes)
    ring.bytes = NULL


cdef inline uint64_t record_bytes(size_t size) noexcept nogil:
    return 8 + ((size + 7) & ~<uint64_t>7)


cdef uint8_t* ring_reserve(Ring* ring, size_t size) noexcept nogil:
    cdef uint64_t need = record_bytes(size)
    cdef uint64_t head = ring.head
    cdef uint64_t free_bytes = ring.capacity - (head - atomic_load_u64(&ring.tail, __ATOMIC_ACQUIRE))
    cdef uint64_t offset = head & (ring.capacity - 1)
    cdef uint64_t to_end = ring.capacity - offset
    if to_end < need:
        if free_bytes < to_end + need:
            return NULL
        memcpy(ring.bytes + offset, &SKIP, 8)
        # Release: who sees the head moved must see the mark.
        atomic_store_u64(&ring.head, head + to_end, __ATOMIC_RELEASE)
        offset = 0
    elif free_bytes < need:
        return NULL
    return ring.bytes + offset + 8


cdef void ring_commit(Ring* ring, size_t size) noexcept nogil:
    cdef uint64_t length = size
    memcpy(ring.bytes + (ring.head & (ring.capacity - 1)), &length, 8)
    atomic_store_u64(&ring.head, ring.head + record_bytes(size), __ATOMIC_RELEASE)


cdef bint ring_crowded(Ring* ring) noexcept nogil:
    return (ring.head - atomic_load_u64(&ring.tail, __ATOMIC_RELAXED)) * 2 > ring.capacity


cdef uint8_t* ring_peek(Ring* ring, size_t* size) noexcept nogil:
    cdef uint64_t head = atomic_load_u64(&ring.head, __ATOMIC_ACQUIRE)
    cdef uint64_t offset, length
    while ring.tail != head:
        offset = ring.tail & (ring.capacity - 1)
        memcpy(&length, ring.bytes + offset, 8)
        if length != SKIP:
            size[0] = length
            return ring.bytes + offset + 8
        atomic_store_u64(&ring.tail, ring.tail + ring.capacity - offset, __ATOMIC_RELEASE)
    return NULL


cdef void ring_release(Ring* ring) noexcept nogil:
    cdef uint64_t length
    memcpy(&length, ring.bytes + (ring.tail & (ring.capacity - 1)), 8)
    atomic_store_u64(&ring.tail, ring.tail + record_bytes(length), __ATOMIC_RELEASE)
