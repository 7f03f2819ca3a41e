"""Soft limiter with a look ahead of 2.5 ms, one state per mix.

Called by audio.mix. Not a compressor: up to LIMITER_KNEE nothing is changed, not even by a rounding.

The gain is a line between points LIMITER_BLOCK samples apart. Each block of sound says which gain it allows (its peak through a curve that
bends at the knee and never reaches the ceiling); a point may not exceed what the blocks on both its sides allow, so no sample of a
block is ever above the ceiling. Points come down in a straight line to the loudest block in sight and go up slowly.

Invariants: |output| < LIMITER_CEILING for any finite input; the gain is within 0 ... 1; channels share one gain, so that the image stands still.
"""
from libc.math cimport expf, fabsf
from libc.string cimport memcpy, memmove, memset

# -3 dB and -1 dB of full scale. The rest above is for the codec, whose output overshoots what it was given.
cdef float LIMITER_KNEE = 0.7079458
cdef float LIMITER_CEILING = 0.8912509
# Up by a sixth of what is missing in 10 ms (time constant 60 ms): shorter pumps within a syllable, longer keeps everybody quiet after a thump.
cdef float RELEASE_BLOCK = 0.0083


cdef float block_wanted(const float* samples, int count) noexcept nogil:
    """The gain at which this block's peak lies on the curve."""
    cdef float peak = 0, value, bent
    cdef int i
    for i in range(count):
        value = fabsf(samples[i])
        peak = value if value > peak else peak
    if peak <= LIMITER_KNEE:
        return 1
    bent = LIMITER_CEILING - LIMITER_KNEE
    return (LIMITER_KNEE + bent * (1 - expf((LIMITER_KNEE - peak) / bent))) / peak


cdef void limiter_init(Limiter* limiter, int channels) noexcept nogil:
    cdef int i
    memset(limiter, 0, sizeof(Limiter))
    limiter.channels = <uint8_t>channels
    limiter.gain = 1
    for i in range(LIMITER_BLOCKS + 1):
        limiter.wanted[i] = 1


cdef float next_gain(const Limiter* limiter) noexcept nogil:
    """The curve's next point: at the end of the first held block, the beginning of the second."""
    cdef float gain = limiter.gain + (1 - limiter.gain) * RELEASE_BLOCK
    cdef float needed
    cdef int ahead
    if gain > <float>0.9999:
        gain = 1
    for ahead in range(1, LIMITER_BLOCKS + 1):
        # A block `ahead` blocks away: come down to it in a straight line, arriving where it begins.
        if limiter.wanted[ahead] < gain:
            needed = limiter.gain + (limiter.wanted[ahead] - limiter.gain) / <float>ahead
            gain = needed if needed < gain else gain
    gain = limiter.wanted[0] if limiter.wanted[0] < gain else gain
    return limiter.wanted[1] if limiter.wanted[1] < gain else gain


cdef bint limiter_run(Limiter* limiter, float* samples, int frames) noexcept nogil:
    cdef int channels = limiter.channels
    cdef int block = LIMITER_BLOCK * channels
    cdef int delay = LIMITER_DELAY * channels
    cdef float[LIMITER_BLOCK * LIMITER_CHANNELS] fresh
    cdef float gain, step
    cdef int at, i, channel
    cdef bint acted = 0
    for at in range(frames // LIMITER_BLOCK):
        memcpy(fresh, samples + at * block, block * sizeof(float))
        # wanted[0] is the block that is played now, wanted[BLOCKS] the one that has just come in.
        for i in range(LIMITER_BLOCKS):
            limiter.wanted[i] = limiter.wanted[i + 1]
        limiter.wanted[LIMITER_BLOCKS] = block_wanted(fresh, block)
        gain = next_gain(limiter)
        if gain == 1 and limiter.gain == 1:
            memcpy(samples + at * block, limiter.held, block * sizeof(float))
        else:
            acted = 1
            step = (gain - limiter.gain) / <float>LIMITER_BLOCK
            for i in range(LIMITER_BLOCK):
                for channel in range(channels):
                    samples[at * block + i * channels + channel] = limiter.held[i * channels + channel] * (limiter.gain + step * <float>i)
        limiter.gain = gain
        memmove(limiter.held, limiter.held + block, (delay - block) * sizeof(float))
        memcpy(limiter.held + delay - block, fresh, block * sizeof(float))
    return acted
