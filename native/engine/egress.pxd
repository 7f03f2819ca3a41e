"""The way out: room in the send arena, and the order of sealing before sending."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t

from native.engine.state cimport WorkerCore
from native.engine.udp cimport Path

# Room for `size` bytes; whatever was queued before may be sealed and sent to make it.
cdef uint8_t* egress_reserve(WorkerCore* core, size_t size) noexcept nogil
cdef void egress_queue(WorkerCore* core, const Path* path, uint8_t* data, size_t size, size_t segment_bytes) noexcept nogil
cdef void egress_flush(WorkerCore* core) noexcept nogil
# A fresh pseudo-random number: for numbers that need not be secret.
cdef uint64_t core_random(WorkerCore* core) noexcept nogil
