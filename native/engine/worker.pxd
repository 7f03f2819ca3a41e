"""The worker's class, for the test door that runs a core in virtual time; everyone else uses worker.pyi."""
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from native.engine.command cimport CommandKind
from native.engine.state cimport WorkerCore

# Commands, timers and what they want sent, at `now_us`: a loop turn without the socket and without a clock.
cdef void core_turn_at(WorkerCore* core, int64_t now_us) noexcept nogil

cdef class Worker:
    cdef WorkerCore* core
    cdef object thread
    cdef list waiting              # commands that found the ring full, oldest first
    cdef str host

    cdef int _send(self, const void* record, size_t size) except -1
    cdef int _retry(self) except -1
    cdef int _send_head(self, CommandKind kind, uint64_t id, uint64_t other, uint32_t detail) except -1
    cdef int _send_credentials(self, CommandKind kind, uint64_t id, uint32_t detail, local_ufrag, local_password, remote_ufrag,
                               remote_password) except -1
    cdef int _send_path(self, CommandKind kind, uint64_t id, ip, port, local_ip) except -1
