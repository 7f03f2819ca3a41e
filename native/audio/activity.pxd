"""Voice activity: whether somebody speaks, from the sender's RFC 6464 levels or from the sound itself, with hysteresis."""

cdef struct VoiceActivity:
    float floor_db                 # the noise this speaker sits in
    int run                        # ticks of speech in a row
    int quiet                      # ticks since the last speech
    bint active

cdef enum:
    ACTIVITY_SAME
    ACTIVITY_STARTED
    ACTIVITY_STOPPED

cdef void activity_init(VoiceActivity* activity) noexcept nogil
# Whether 20 ms of sound (interleaved) are like speech.
cdef bint activity_judge(VoiceActivity* activity, const float* samples, int frames, int channels, float mean_square) noexcept nogil
# One tick; what changed by it.
cdef int activity_note(VoiceActivity* activity, bint speech) noexcept nogil
