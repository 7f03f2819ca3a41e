"""RTP packets into a playout's jitter buffer."""
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t

from native.audio.playout_state cimport PlayoutState

# As playout_put.
cdef int playout_packet_put(PlayoutState* playout, const uint8_t* rtp, size_t size, int64_t now_us) noexcept nogil
