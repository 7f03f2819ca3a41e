"""What an incoming datagram may do: the gate table, then the way of its class."""
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t

from native.engine.state cimport WorkerCore
from native.engine.udp cimport Path

cdef void datagram_receive(WorkerCore* core, const Path* path, const uint8_t* data, size_t size, int64_t arrived_us) noexcept nogil
