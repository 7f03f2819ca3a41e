"""Redundant audio data (RFC 2198): several payloads in one packet."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t

cdef enum:
    RED_BLOCKS_MAX = 16            # more generations of redundancy than anyone sends

cdef struct RedBlock:
    uint16_t offset                # into the payload
    uint16_t size
    uint16_t behind                # its timestamp is the packet's minus this; 0 for the primary, which is last
    uint8_t payload_type

# The blocks of `payload` as they stand: their number, or -1 when they do not fit or are more than RED_BLOCKS_MAX.
cdef int red_parse(const uint8_t* payload, size_t size, RedBlock* blocks) noexcept nogil
