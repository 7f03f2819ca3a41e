"""Hash tables of the worker: linear probing, at most half full, removal by backward shift (no tombstones, so look-ups never decay).

They grow only when something is put, which happens on commands and on a newly validated address, never per media packet.
"""
from libc.stdlib cimport calloc, free

from native.engine.udp cimport path_equal, path_hash

cdef enum:
    TABLE_START = 64


cdef inline uint64_t id_hash(uint64_t id) noexcept nogil:
    id *= <uint64_t>0x9E3779B97F4A7C15
    return id ^ (id >> 29)


cdef int id_table_init(IdTable* table) noexcept nogil:
    table.slots = <IdSlot*>calloc(TABLE_START, sizeof(IdSlot))
    table.mask = TABLE_START - 1
    table.count = 0
    return 0 if table.slots != NULL else -1


cdef void id_table_free(IdTable* table) noexcept nogil:
    free(table.slots)
    table.slots = NULL


cdef void* id_table_get(const IdTable* table, uint64_t id) noexcept nogil:
    cdef size_t at = id_hash(id) & table.mask
    if id == 0:
        return NULL
    while table.slots[at].id != 0:
        if table.slots[at].id == id:
            return table.slots[at].value
        at = (at + 1) & table.mask
    return NULL


cdef void id_table_insert(IdTable* table, uint64_t id, void* value) noexcept nogil:
    cdef size_t at = id_hash(id) & table.mask
    while table.slots[at].id != 0:
        at = (at + 1) & table.mask
    table.slots[at].id = id
    table.slots[at].value = value
    table.count += 1


cdef int id_table_put(IdTable* table, uint64_t id, void* value) noexcept nogil:
    cdef IdTable grown
    cdef size_t i
    if id == 0 or id_table_get(table, id) != NULL:
        return -1
    if (table.count + 1) * 2 > table.mask:
        grown.mask = table.mask * 2 + 1
        grown.count = 0
        grown.slots = <IdSlot*>calloc(grown.mask + 1, sizeof(IdSlot))
        if grown.slots == NULL:
            return -1
        for i in range(table.mask + 1):
            if table.slots[i].id != 0:
                id_table_insert(&grown, table.slots[i].id, table.slots[i].value)
        free(table.slots)
        table[0] = grown
    id_table_insert(table, id, value)
    return 0


cdef void id_table_remove(IdTable* table, uint64_t id) noexcept nogil:
    cdef size_t at = id_hash(id) & table.mask
    cdef size_t next, home
    if id == 0:
        return
    while table.slots[at].id != id:
        if table.slots[at].id == 0:
            return
        at = (at + 1) & table.mask
    table.count -= 1
    next = (at + 1) & table.mask
    while table.slots[next].id != 0:
        home = id_hash(table.slots[next].id) & table.mask
        # Move it back when its home does not lie between the hole and itself.
        if ((next - home) & table.mask) >= ((next - at) & table.mask):
            table.slots[at] = table.slots[next]
            at = next
        next = (next + 1) & table.mask
    table.slots[at].id = 0
    table.slots[at].value = NULL


cdef inline uint64_t slot_hash(const Path* path) noexcept nogil:
    return path_hash(path) | 1  # never 0, which means free


cdef int path_table_init(PathTable* table) noexcept nogil:
    table.slots = <PathSlot*>calloc(TABLE_START, sizeof(PathSlot))
    table.mask = TABLE_START - 1
    table.count = 0
    return 0 if table.slots != NULL else -1


cdef void path_table_free(PathTable* table) noexcept nogil:
    free(table.slots)
    table.slots = NULL


cdef PathSlot* path_table_find(const PathTable* table, const Path* path, uint64_t hash) noexcept nogil:
    cdef size_t at = (hash >> 1) & table.mask
    cdef PathSlot* slot = &table.slots[at]
    while slot.hash != 0 and not (slot.hash == hash and path_equal(&slot.path, path)):
        at = (at + 1) & table.mask
        slot = &table.slots[at]
    return slot


cdef void* path_table_get(const PathTable* table, const Path* path) noexcept nogil:
    return path_table_find(table, path, slot_hash(path)).value


cdef int path_table_put(PathTable* table, const Path* path, void* value) noexcept nogil:
    cdef uint64_t hash = slot_hash(path)
    cdef PathSlot* slot
    cdef PathTable grown
    cdef size_t i
    if (table.count + 1) * 2 > table.mask:
        grown.mask = table.mask * 2 + 1
        grown.count = table.count
        grown.slots = <PathSlot*>calloc(grown.mask + 1, sizeof(PathSlot))
        if grown.slots == NULL:
            return -1
        for i in range(table.mask + 1):
            if table.slots[i].hash != 0:
                path_table_find(&grown, &table.slots[i].path, table.slots[i].hash)[0] = table.slots[i]
        free(table.slots)
        table[0] = grown
    slot = path_table_find(table, path, hash)
    if slot.hash == 0:
        table.count += 1
        slot.hash = hash
        slot.path = path[0]
    slot.value = value
    return 0


cdef void path_table_remove(PathTable* table, const Path* path) noexcept nogil:
    cdef PathSlot* found = path_table_find(table, path, slot_hash(path))
    cdef size_t at, next, home
    if found.hash == 0:
        return
    table.count -= 1
    at = <size_t>(found - table.slots)
    next = (at + 1) & table.mask
    while table.slots[next].hash != 0:
        home = (table.slots[next].hash >> 1) & table.mask
        if ((next - home) & table.mask) >= ((next - at) & table.mask):
            table.slots[at] = table.slots[next]
            at = next
        next = (next + 1) & table.mask
    table.slots[at].hash = 0
    table.slots[at].value = NULL
