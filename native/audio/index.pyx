"""A hash table from 64-bit keys to pointers: linear probing, at most half full, removal by backward shift (look-ups never decay).

Used by the audio room alone; the engine's tables know addresses too and stand beside its sockets. Keys are ids of our own making or hashes,
so nobody outside can choose them to collide. Grows when something is put beyond what was reserved, never on a look-up.
"""
from libc.stdlib cimport calloc, free
from libc.string cimport memset

cdef enum:
    INDEX_START = 16


cdef inline size_t home_of(const Index* index, uint64_t key) noexcept nogil:
    key *= <uint64_t>0x9E3779B97F4A7C15
    return <size_t>(key ^ (key >> 29)) & index.mask


cdef int index_init(Index* index) noexcept nogil:
    index.slots = <IndexSlot*>calloc(INDEX_START, sizeof(IndexSlot))
    index.mask = INDEX_START - 1
    index.count = 0
    return 0 if index.slots != NULL else -1


cdef void index_free(Index* index) noexcept nogil:
    free(index.slots)
    index.slots = NULL


cdef size_t slot_of(const Index* index, uint64_t key) noexcept nogil:
    """Where the key is, or the free slot where it would go."""
    cdef size_t at = home_of(index, key)
    while index.slots[at].key != 0 and index.slots[at].key != key:
        at = (at + 1) & index.mask
    return at


cdef void* index_get(const Index* index, uint64_t key) noexcept nogil:
    return index.slots[slot_of(index, key)].value if key != 0 else NULL


cdef int index_reserve(Index* index, size_t count) noexcept nogil:
    cdef Index grown
    cdef size_t i, at
    if count * 2 <= index.mask + 1:
        return 0
    grown.mask = index.mask
    grown.count = index.count
    while count * 2 > grown.mask + 1:
        grown.mask = grown.mask * 2 + 1
    grown.slots = <IndexSlot*>calloc(grown.mask + 1, sizeof(IndexSlot))
    if grown.slots == NULL:
        return -1
    for i in range(index.mask + 1):
        if index.slots[i].key != 0:
            at = slot_of(&grown, index.slots[i].key)
            grown.slots[at] = index.slots[i]
    free(index.slots)
    index[0] = grown
    return 0


cdef int index_put(Index* index, uint64_t key, void* value) noexcept nogil:
    cdef size_t at
    if key == 0 or index_reserve(index, index.count + 1) != 0:
        return -1
    at = slot_of(index, key)
    if index.slots[at].key == 0:
        index.slots[at].key = key
        index.count += 1
    index.slots[at].value = value
    return 0


cdef void index_remove(Index* index, uint64_t key) noexcept nogil:
    cdef size_t at, next, home
    if key == 0:
        return
    at = slot_of(index, key)
    if index.slots[at].key == 0:
        return
    index.count -= 1
    next = (at + 1) & index.mask
    while index.slots[next].key != 0:
        home = home_of(index, index.slots[next].key)
        # Move it back when its home does not lie between the hole and itself.
        if ((next - home) & index.mask) >= ((next - at) & index.mask):
            index.slots[at] = index.slots[next]
            at = next
        next = (next + 1) & index.mask
    index.slots[at].key = 0
    index.slots[at].value = NULL


cdef void index_clear(Index* index) noexcept nogil:
    if index.count:
        memset(index.slots, 0, (index.mask + 1) * sizeof(IndexSlot))
        index.count = 0
