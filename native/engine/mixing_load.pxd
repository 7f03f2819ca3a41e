"""How hard the encoders may work: less when the mixing thread runs out of time, more again when it has plenty."""
from libc.stdint cimport int64_t

cdef enum:
    COMPLEXITY_MOST = 10           # Opus'

cdef struct MixingLoad:            # all zero: no load yet
    double load                    # smoothed share of the tick that was spent working
    int steps                      # below COMPLEXITY_MOST
    int ticks                      # since the last step, or since the load was last where it should not stay

# One tick took this much CPU; `late`: it was ready after the next was due. Whether the limit has changed.
cdef bint load_note(MixingLoad* load, int64_t cpu_us, bint late) noexcept nogil
# The most that encoders may use now.
cdef int load_complexity(const MixingLoad* load) noexcept nogil
