"""A hash table from 64-bit keys to pointers: the mixer's ids, and its rows and groups by their hashes."""
from libc.stddef cimport size_t
from libc.stdint cimport uint64_t

cdef struct IndexSlot:
    uint64_t key                   # 0 = free
    void* value

cdef struct Index:
    IndexSlot* slots
    size_t mask
    size_t count

# 0, or -1 without memory.
cdef int index_init(Index* index) noexcept nogil
cdef void index_free(Index* index) noexcept nogil
cdef void* index_get(const Index* index, uint64_t key) noexcept nogil
# Makes room for so many keys. 0, or -1 without memory.
cdef int index_reserve(Index* index, size_t count) noexcept nogil
# Sets or replaces. 0, or -1 when the key is 0 or memory is out; never the latter for a key within what was reserved.
cdef int index_put(Index* index, uint64_t key, void* value) noexcept nogil
cdef void index_remove(Index* index, uint64_t key) noexcept nogil
# Forgets every key and keeps the room.
cdef void index_clear(Index* index) noexcept nogil

# One more 64-bit word into a running hash; never 0, which no key may be.
cdef inline uint64_t hash_step(uint64_t hash, uint64_t word) noexcept nogil:
    hash = (hash ^ word) * <uint64_t>0x9E3779B97F4A7C15
    return (hash ^ (hash >> 29)) | 1
