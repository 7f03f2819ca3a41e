"""Sound made shorter or longer without changing its pitch, and pieces of sound joined without a click."""

cdef enum:
    STRETCH_LAG_MIN = 120          # samples at 48 kHz: a pitch of 400 Hz
    STRETCH_LAG_MAX = 720          # 67 Hz; the longest piece of speech that repeats itself
    STRETCH_AHEAD = 1440           # what is looked at to shorten
    STRETCH_JOIN = 240             # 5 ms of cross-fade
    STRETCH_TAIL = 960             # what a join needs of the old sound

# All on interleaved samples of 1 or 2 `channels`, counted a channel.
# Takes at most `most` samples out of the first of the n samples at x (n >= STRETCH_AHEAD), where they repeat themselves to `likeness_percent`
# or more: how many are gone (0 = none).
cdef int stretch_shorten(float* x, int n, int channels, int most, int likeness_percent) noexcept nogil
# Puts at most `most` samples (at least one period: up to STRETCH_LAG_MAX) before x; n >= STRETCH_LAG_MAX, with as many before x, and room
# behind. How many are new.
cdef int stretch_lengthen(float* x, int n, int channels, int most, int likeness_percent) noexcept nogil
# Where in `tail` (STRETCH_TAIL samples) the n samples at `fresh` go on best: how many of the tail to play before the cross-fade.
cdef int stretch_join_at(const float* tail, const float* fresh, int n, int channels) noexcept nogil
# Fades from `old` into `fresh`, in place.
cdef void stretch_fade(const float* old, float* fresh, int n, int channels) noexcept nogil
# Mean square of the loudest 5 ms.
cdef float stretch_loudness(const float* x, int n, int channels) noexcept nogil
