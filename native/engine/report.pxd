"""RTCP on its own time: reports every second, transport-cc feedback while packets come."""
from libc.stdint cimport int64_t, uint64_t

from native.engine.state cimport Transport

cdef enum:
    NTP_UNIX_S = 2208988800        # seconds from 1900 to 1970

# Everything of the transport that time drives; returns when to call again.
cdef int64_t transport_tick(Transport* transport) noexcept nogil


cdef inline uint64_t ntp_of(int64_t unix_us) noexcept nogil:
    """RFC 3550 section 4: 32.32 fixed-point seconds since 1900."""
    return ((<uint64_t>(unix_us // 1000000) + <uint64_t>NTP_UNIX_S) << 32) | ((<uint64_t>(unix_us % 1000000) << 32) // 1000000)
