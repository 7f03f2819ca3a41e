"""How loud sound is: mean square, RFC 6464 levels; and the automatic level that brings speakers to one loudness."""
from libc.stdint cimport uint8_t

cdef enum:
    LEVEL_SILENCE = 127            # RFC 6464: the quietest level there is

cdef struct AutomaticLevel:
    float loudness                 # mean square of this speaker's speech; 0 = none heard yet
    float gain                     # at the end of the last frame
    int frames                     # of speech heard, until the mean is settled

# Mean square of `count` samples; not a number when one of them is none.
cdef float level_mean_square(const float* samples, int count) noexcept nogil
# RFC 6464: -dBov rounded, 0 (a full-scale square wave) ... 127 (silence).
cdef uint8_t level_from_mean_square(float mean_square) noexcept nogil
cdef void automatic_level_init(AutomaticLevel* level) noexcept nogil
# One frame of 20 ms in place: `frames` samples of `channels`. `voice`: it is speech, to be learned from.
cdef void automatic_level_run(AutomaticLevel* level, float* samples, int frames, int channels, float mean_square, bint voice) noexcept nogil
# The same frame when it was switched off: back to the sound as it is.
cdef void automatic_level_leave(AutomaticLevel* level, float* samples, int frames, int channels) noexcept nogil
