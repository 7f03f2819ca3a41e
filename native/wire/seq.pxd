"""Serial-number arithmetic (RFC 1982) for 16-bit RTP sequence numbers and their 64-bit extension.

Invariant: a `seq64` whose low 16 bits equal the wire's `seq16`; a stream starts in cycle 1 (`1 << 16`), so that a
packet reordered before the first one never goes below zero.
"""
from libc.stdint cimport int16_t, int32_t, int64_t, uint16_t, uint32_t, uint64_t


cdef inline int16_t seq16_distance(uint16_t a, uint16_t b) noexcept nogil:
    """a - b on the circle: positive when a is newer."""
    return <int16_t><uint16_t>(a - b)


cdef inline uint64_t seq64_start(uint16_t seq16) noexcept nogil:
    return (<uint64_t>1 << 16) | seq16


cdef inline uint64_t seq64_extend(uint64_t reference, uint16_t seq16) noexcept nogil:
    """The 64-bit number nearest to `reference` (the highest seen so far) whose low 16 bits are `seq16`."""
    return reference + <uint64_t><int64_t>seq16_distance(seq16, <uint16_t>reference)


cdef inline int32_t timestamp_distance(uint32_t a, uint32_t b) noexcept nogil:
    """a - b of two 32-bit RTP timestamps: positive when a is later."""
    return <int32_t>(a - b)
