"""Cache lines: memory aligned to them, and fetching one before it is needed."""
from libc.stddef cimport size_t

cdef extern from *:
    """
    #include <stdlib.h>
    #include <string.h>
    /* Zeroed memory on a cache line of its own, NULL when there is none; free() gives it back. */
    static inline void *cache_calloc(size_t size) {
        size_t rounded = (size + 63) & ~(size_t)63;
        void *memory = aligned_alloc(64, rounded);
        return memory ? memset(memory, 0, rounded) : NULL;
    }
    """
    void* cache_calloc(size_t size) noexcept nogil
    void cache_prefetch "__builtin_prefetch" (const void* address) noexcept nogil


cdef inline void cache_prefetch_bytes(const void* address, size_t size) noexcept nogil:
    cdef size_t at = 0
    while at < size:
        cache_prefetch(<const char*>address + at)
        at += 64
