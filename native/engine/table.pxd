"""Hash tables of the worker: 64-bit key -> pointer (ids), and path -> transport. Open addressing, grown at command time only."""
from libc.stddef cimport size_t
from libc.stdint cimport uint64_t

from native.engine.udp cimport Path

cdef struct IdSlot:
    uint64_t id                    # 0 = free
    void* value

cdef struct IdTable:
    IdSlot* slots
    size_t mask
    size_t count

cdef struct PathSlot:
    uint64_t hash                  # 0 = free
    Path path
    void* value

cdef struct PathTable:
    PathSlot* slots
    size_t mask
    size_t count

cdef int id_table_init(IdTable* table) noexcept nogil
cdef void id_table_free(IdTable* table) noexcept nogil
cdef void* id_table_get(const IdTable* table, uint64_t id) noexcept nogil
# 0, or -1 when the id is 0, taken, or memory is out.
cdef int id_table_put(IdTable* table, uint64_t id, void* value) noexcept nogil
cdef void id_table_remove(IdTable* table, uint64_t id) noexcept nogil

cdef int path_table_init(PathTable* table) noexcept nogil
cdef void path_table_free(PathTable* table) noexcept nogil
cdef void* path_table_get(const PathTable* table, const Path* path) noexcept nogil
# Replaces what was there. 0, or -1 without memory.
cdef int path_table_put(PathTable* table, const Path* path, void* value) noexcept nogil
cdef void path_table_remove(PathTable* table, const Path* path) noexcept nogil
