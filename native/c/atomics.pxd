"""GCC and Clang's atomic builtins, in the widths the rings and the seqlock need."""
from libc.stdint cimport uint32_t, uint64_t

cdef extern from *:
    int __ATOMIC_RELAXED
    int __ATOMIC_ACQUIRE
    int __ATOMIC_RELEASE
    int __ATOMIC_SEQ_CST
    uint64_t atomic_load_u64 "__atomic_load_n" (const uint64_t* at, int order) noexcept nogil
    void atomic_store_u64 "__atomic_store_n" (uint64_t* at, uint64_t value, int order) noexcept nogil
    uint32_t atomic_load_u32 "__atomic_load_n" (const uint32_t* at, int order) noexcept nogil
    void atomic_store_u32 "__atomic_store_n" (uint32_t* at, uint32_t value, int order) noexcept nogil
    void atomic_fence "__atomic_thread_fence" (int order) noexcept nogil
