"""Asking a publisher for a key frame: throttled, repeated until one comes (RFC 4585 section 6.3.1, RFC 5104 section 4.3.1)."""
from libc.stdint cimport int64_t

from native.engine.state cimport Producer

cdef void keyframe_request(Producer* producer) noexcept nogil
cdef void keyframe_arrived(Producer* producer) noexcept nogil
# Repeats what is due; returns when to call again, INT64_MAX when nothing is wanted.
cdef int64_t keyframe_tick(Producer* producer) noexcept nogil
