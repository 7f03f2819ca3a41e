"""RTCP on its own time: reports every second, transport-cc feedback while packets come."""
from libc.stdint cimport int64_t

from native.engine.state cimport Transport

# Everything of the transport that time drives; returns when to call again.
cdef int64_t transport_tick(Transport* transport) noexcept nogil
