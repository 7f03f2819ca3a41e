"""The commands of a worker, packed into its ring by Python's thread: the half of `Worker` that speaks."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from native.engine.command cimport CommandKind
from native.engine.state cimport WorkerCore

cdef class Commands:
    cdef WorkerCore* core
    cdef list lent                 # memory that the thread reads or writes, held until both are gone
    cdef list waiting              # commands that found the ring full, oldest first

    cdef int _send(self, const void* record, size_t size) except -1
    cdef int _retry(self) except -1
    cdef int _send_head(self, CommandKind kind, uint64_t id, uint64_t other, uint32_t detail) except -1
    cdef int _send_credentials(self, CommandKind kind, uint64_t id, uint32_t detail, local_ufrag, local_password, remote_ufrag,
                               remote_password) except -1
    cdef int _send_memory(self, CommandKind kind, uint64_t id, uint32_t detail, uint8_t* bytes, size_t size) except -1
    cdef int _send_path(self, CommandKind kind, uint64_t id, ip, port, local_ip) except -1
