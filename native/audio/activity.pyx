"""Voice activity with hysteresis, from levels or from sound.

By sound: speech stands out from the noise floor, and its onset is periodic (vowels: a pitch of 80 to 400 Hz), which a keyboard, a door or a
fan is not. The floor follows the quietest sound at once and louder sound slowly. Called by audio.voice; the mixer reports the changes.

Not the choice of who is heard (audio.speakers): that must not miss music or a whistle.
"""
from libc.math cimport log10f, sqrtf

cdef enum:
    ONSET_TICKS = 3                # 60 ms of speech in a row: a click is shorter, a syllable is not
    HANGOVER_TICKS = 25            # 500 ms: a pause between words is no end
    DECIMATE = 6                   # to 8 kHz, where the pitch is looked for
    DECIMATED_MOST = 160
    LAG_LEAST = 20                 # 400 Hz
    LAG_MOST = 100                 # 80 Hz
    FLOOR_START_DB = -60

cdef float SPEECH_OVER_FLOOR_DB = 9
cdef float SPEECH_LEAST_DB = -55
cdef float FLOOR_RISE_DB = 0.04                # a tick: 2 dB/s, slower than any pause between words is apart
cdef float PERIODIC_LEAST = 0.5                # of a perfect repetition


cdef void activity_init(VoiceActivity* activity) noexcept nogil:
    activity.floor_db = FLOOR_START_DB
    activity.run = 0
    activity.quiet = HANGOVER_TICKS
    activity.active = 0


cdef float periodicity(const float* samples, int frames, int channels) noexcept nogil:
    """The best normalised correlation of the sound with itself a pitch period later, 0 ... 1."""
    cdef float[DECIMATED_MOST] low
    cdef float sum_, energy, late, best = 0
    cdef int count = frames // DECIMATE
    cdef int i, j, lag
    count = DECIMATED_MOST if count > DECIMATED_MOST else count
    for i in range(count):
        sum_ = 0
        for j in range(DECIMATE):
            sum_ += samples[(i * DECIMATE + j) * channels]
        low[i] = sum_
    for lag in range(LAG_LEAST, LAG_MOST):
        sum_ = energy = late = 0
        for i in range(count - lag):
            sum_ += low[i] * low[i + lag]
            energy += low[i] * low[i]
            late += low[i + lag] * low[i + lag]
        # Short overlaps correlate by chance: at least 7.5 ms of sound must agree.
        if sum_ > 0 and energy > 0 and late > 0 and sum_ > best * sqrtf(energy * late):
            best = sum_ / sqrtf(energy * late)
    return best


cdef bint activity_judge(VoiceActivity* activity, const float* samples, int frames, int channels, float mean_square) noexcept nogil:
    cdef float level_db = 10 * log10f(mean_square + <float>1e-10)
    if level_db < activity.floor_db:
        activity.floor_db += (level_db - activity.floor_db) * <float>0.3
    else:
        activity.floor_db += FLOOR_RISE_DB
    if level_db < SPEECH_LEAST_DB or level_db < activity.floor_db + SPEECH_OVER_FLOOR_DB:
        return 0
    # Within speech the unvoiced sounds (s, f, t) belong to it; only its beginning has to be a voice.
    return activity.active or periodicity(samples, frames, channels) > PERIODIC_LEAST


cdef int activity_note(VoiceActivity* activity, bint speech) noexcept nogil:
    if speech:
        activity.run += 1
        activity.quiet = 0
        if not activity.active and activity.run >= ONSET_TICKS:
            activity.active = 1
            return ACTIVITY_STARTED
        return ACTIVITY_SAME
    activity.run = 0
    activity.quiet += 1
    if activity.active and activity.quiet >= HANGOVER_TICKS:
        activity.active = 0
        return ACTIVITY_STOPPED
    return ACTIVITY_SAME
