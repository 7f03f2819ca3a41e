"""Soft limiter with a look ahead: what leaves it never passes LIMITER_CEILING, however many speak at once, and is never cut off."""
from libc.stdint cimport uint8_t

cdef enum:
    LIMITER_CHANNELS = 2
    LIMITER_BLOCK = 24             # samples a channel: 0.5 ms, between two points of the gain curve
    LIMITER_BLOCKS = 5
    LIMITER_DELAY = 120            # LIMITER_BLOCK * LIMITER_BLOCKS: 2.5 ms of look ahead

cdef struct Limiter:
    uint8_t channels
    float gain                     # at the first sample of the held sound
    float[6] wanted                # the gain each block allows: [0] the one just played, then those held
    float[240] held                # LIMITER_DELAY frames, interleaved

cdef void limiter_init(Limiter* limiter, int channels) noexcept nogil
# `frames` samples a channel (a multiple of LIMITER_BLOCK), interleaved, in place, late by LIMITER_DELAY. True: it had to act.
cdef bint limiter_run(Limiter* limiter, float* samples, int frames) noexcept nogil
