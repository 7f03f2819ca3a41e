"""The RTP payload format of VP9 (RFC 9628), as far as an SFU reads it."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from native.wire.codec cimport CodecInfo

# Adds what it finds to a cleared `out`: 0, or -1 when the payload breaks the format (`out` is then half filled).
cdef int vp9_parse(const uint8_t* payload, size_t size, CodecInfo* out) noexcept nogil
