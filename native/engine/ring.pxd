"""Single-producer, single-consumer ring of variable-length records: commands down, events up. No lock."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

cdef struct Ring:
    uint8_t* bytes
    uint64_t capacity              # power of two
    uint64_t head                  # written by the producer only; counts bytes since start
    uint64_t padding[7]            # head and tail on cache lines of their own
    uint64_t tail                  # written by the consumer only

# 0, or -1 without memory.
cdef int ring_init(Ring* ring, size_t capacity) noexcept nogil
cdef void ring_free(Ring* ring) noexcept nogil
# Producer: room for a record of `size` bytes, NULL when full; it becomes visible with ring_commit.
cdef uint8_t* ring_reserve(Ring* ring, size_t size) noexcept nogil
cdef void ring_commit(Ring* ring, size_t size) noexcept nogil
# Producer: whether less than half is free.
cdef bint ring_crowded(Ring* ring) noexcept nogil
# Consumer: the oldest record and its size, NULL when empty; it stays valid until ring_release.
cdef uint8_t* ring_peek(Ring* ring, size_t* size) noexcept nogil
cdef void ring_release(Ring* ring) noexcept nogil
