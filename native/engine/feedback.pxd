"""RTCP from a peer: reports, and what it asks for."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from native.engine.state cimport Transport

cdef void feedback_receive(Transport* transport, const uint8_t* data, size_t size) noexcept nogil
