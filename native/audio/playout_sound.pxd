"""A playout's sound: what is decoded and not yet played, and how it comes to be."""
from native.audio.playout_state cimport PlayoutState
from native.stream.jitter cimport JitterStep

# Appends what the jitter buffer decided; in skipping, silence of that length.
cdef void sound_perform(PlayoutState* playout, JitterStep* step) noexcept nogil
# `samples` of that PLAYOUT_ kind have been appended.
cdef void sound_note(PlayoutState* playout, int kind, int samples) noexcept nogil
# All that is pending is of this kind.
cdef void sound_mark(PlayoutState* playout, int kind) noexcept nogil
# Of the next `samples`, which are about to be played: the kind of most of them.
cdef int sound_taken(PlayoutState* playout, int samples) noexcept nogil
# Makes room behind.
cdef void sound_compact(PlayoutState* playout) noexcept nogil
# Whether nobody would hear a seam in these.
cdef bint sound_quiet(const PlayoutState* playout, const float* x, int samples) noexcept nogil
# Ends skipping: decodes the last packets passed, the end of which is what is pending.
cdef void sound_warm_up(PlayoutState* playout) noexcept nogil
