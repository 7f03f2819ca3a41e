"""How loud sound is, and the automatic level that brings speakers to one loudness.

Not for limiting (audio.limiter) nor for choosing who is heard (audio.speakers). Called by audio.voice and audio.mix.

RFC 6464 section 3: level in -dBov, where 0 dBov is the power of the loudest signal the format can carry, a full-scale square wave.
The automatic level is a slow gain from the mean square of speech alone: pauses neither raise it (noise would swell up) nor count.
"""
from libc.math cimport log10f, sqrtf

cdef enum:
    LANES = 8                      # independent sums, so that the compiler may add them side by side
    SETTLED_FRAMES = 100           # 2 s of speech: until then the plain mean, then a forgetting one of that length

cdef float LOUDNESS_TARGET = 0.005             # -23 dBov: what telephony calls nominal, with 20 dB for the peaks
# At most +14 dB: more and the noise of a far microphone comes forward; at most -12 dB: louder ones have clipped already.
cdef float GAIN_MOST = 5.0
cdef float GAIN_LEAST = 0.25
# A frame: up 4 dB/s, so that nobody hears it work; down 20 dB/s, since too loud hurts.
cdef float STEP_UP = 1.0093
cdef float STEP_DOWN = 0.955
# Quieter speech than -55 dBov is a far-off voice or a murmur and says nothing about this speaker's loudness.
cdef float LEARN_LEAST = 3.2e-6


cdef float level_mean_square(const float* samples, int count) noexcept nogil:
    cdef float[LANES] sums
    cdef int i, lane
    cdef float total = 0
    for lane in range(LANES):
        sums[lane] = 0
    for i in range(count // LANES):
        for lane in range(LANES):
            sums[lane] += samples[i * LANES + lane] * samples[i * LANES + lane]
    for i in range(count // LANES * LANES, count):
        sums[0] += samples[i] * samples[i]
    for lane in range(LANES):
        total += sums[lane]
    return total / <float>count if count > 0 else 0


cdef uint8_t level_from_mean_square(float mean_square) noexcept nogil:
    cdef float level
    if not (mean_square > 2e-13):
        return LEVEL_SILENCE
    level = -10 * log10f(mean_square)
    return 0 if level <= 0 else <uint8_t>(level + <float>0.5)


cdef void automatic_level_init(AutomaticLevel* level) noexcept nogil:
    level.loudness = 0
    level.gain = 1
    level.frames = 0


cdef void ramp_to(AutomaticLevel* level, float gain, float* samples, int frames, int channels) noexcept nogil:
    cdef float step = (gain - level.gain) / <float>frames
    cdef int i, channel
    if gain == 1 and level.gain == 1:
        return
    for i in range(frames):
        for channel in range(channels):
            samples[i * channels + channel] *= level.gain + step * <float>(i + 1)
    level.gain = gain


cdef void automatic_level_run(AutomaticLevel* level, float* samples, int frames, int channels, float mean_square, bint voice) noexcept nogil:
    cdef float wanted, gain = level.gain
    if voice and mean_square > LEARN_LEAST:
        if level.frames < SETTLED_FRAMES:
            level.frames += 1
        level.loudness += (mean_square - level.loudness) / <float>level.frames
    if voice and level.frames > 0:
        wanted = sqrtf(LOUDNESS_TARGET / level.loudness)
        wanted = GAIN_MOST if wanted > GAIN_MOST else (GAIN_LEAST if wanted < GAIN_LEAST else wanted)
        if wanted > gain:
            gain = gain * STEP_UP if wanted > gain * STEP_UP else wanted
        else:
            gain = gain * STEP_DOWN if wanted < gain * STEP_DOWN else wanted
    ramp_to(level, gain, samples, frames, channels)


cdef void automatic_level_leave(AutomaticLevel* level, float* samples, int frames, int channels) noexcept nogil:
    ramp_to(level, 1, samples, frames, channels)
    automatic_level_init(level)
