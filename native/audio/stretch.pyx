"""Time scaling without change of pitch, by leaving out or repeating whole periods (WSOLA: waveform similarity overlap-add).

For `playout` alone. The lag at which the sound resembles itself most is searched at 4 kHz and refined at 48 kHz; one or more such periods are
left out or repeated under a cross-fade of one period, so both ends of the seam go on as they would have. Voiced speech has its pitch there; where
nothing resembles anything the caller asks for likeness and gets none done, or says that it does not matter (silence).

Invariants: no sample outside the ranges named in the pxd is touched; the work is bounded by constants; no state.
"""
from libc.math cimport sqrtf
from libc.string cimport memcpy, memmove

cdef enum:
    THIN = 12                      # 48 kHz to 4 kHz: pitch and its first partials, which is what likeness is about
    THIN_LAG_MIN = 10
    THIN_LAG_MAX = 60
    THIN_WINDOW = 60               # 15 ms: a period of the lowest voice
    THIN_TAIL = 80                 # STRETCH_TAIL and STRETCH_JOIN at 4 kHz
    THIN_JOIN = 20
    FINE_STEP = 3                  # the refinement looks at each third lag and each fourth sample
    FINE_SKIP = 4


cdef void thin_out(const float* x, int n, int channels, float* out) noexcept nogil:
    """The mean of each 12 samples (of all channels): n of them."""
    cdef int width = THIN * channels
    cdef float sum
    cdef int i
    cdef int k
    for i in range(n):
        sum = 0
        for k in range(width):
            sum += x[i * width + k]
        out[i] = sum


cdef inline float likeness(const float* a, const float* b, int n, int step) noexcept nogil:
    """The correlation of two pieces, -1 to 1; 0 where one of them is silent."""
    cdef float ab = 0
    cdef float aa = 1e-12
    cdef float bb = 1e-12
    cdef int i = 0
    while i < n:
        ab += a[i] * b[i]
        aa += a[i] * a[i]
        bb += b[i] * b[i]
        i += step
    return ab / sqrtf(aa * bb)


cdef int best_lag(const float* x, int channels, float* found) noexcept nogil:
    """The lag at which x[lag:] resembles x[0:] most; x has STRETCH_AHEAD samples."""
    cdef float thin[THIN_WINDOW + THIN_LAG_MAX]
    cdef float best = -2
    cdef float one
    cdef int at = THIN_LAG_MIN
    cdef int lag
    cdef int fine
    thin_out(x, THIN_WINDOW + THIN_LAG_MAX, channels, thin)
    for lag in range(THIN_LAG_MIN, THIN_LAG_MAX + 1):
        one = likeness(thin, thin + lag, THIN_WINDOW, 1)
        if one > best:
            best = one
            at = lag
    found[0] = best
    lag = at * THIN
    best = -2
    at = lag
    fine = lag - THIN + FINE_STEP
    while fine < lag + THIN:
        if STRETCH_LAG_MIN <= fine <= STRETCH_LAG_MAX:
            one = likeness(x, x + fine * channels, STRETCH_LAG_MAX * channels, FINE_SKIP * channels + 1)
            if one > best:
                best = one
                at = fine
        fine += FINE_STEP
    return at


cdef void stretch_fade(const float* old, float* fresh, int n, int channels) noexcept nogil:
    cdef float step = <float>1.0 / <float>(n + 1)
    cdef float gain = step
    cdef int i
    cdef int c
    for i in range(n):
        for c in range(channels):
            fresh[i * channels + c] = old[i * channels + c] + gain * (fresh[i * channels + c] - old[i * channels + c])
        gain += step


cdef int stretch_shorten(float* x, int n, int channels, int most, int likeness_percent) noexcept nogil:
    cdef float found = 0
    cdef int lag
    cdef int count
    if n < STRETCH_AHEAD or most < STRETCH_LAG_MIN:
        return 0
    lag = best_lag(x, channels, &found)
    if found * 100 < <float>likeness_percent:
        return 0
    count = most // lag
    if count == 0:
        if likeness_percent > 0:
            return 0
        # Where likeness does not matter any length will do.
        count = 1
        lag = most
    while count > 1 and (count + 1) * lag > n:
        count -= 1
    # The seam: what was goes on for one period while what comes after the gap fades in.
    stretch_fade(x, x + count * lag * channels, lag, channels)
    memmove(x, x + count * lag * channels, (n - count * lag) * channels * sizeof(float))
    return count * lag


cdef int stretch_lengthen(float* x, int n, int channels, int most, int likeness_percent) noexcept nogil:
    cdef float found = 0
    cdef float* back
    cdef int lag
    if n < STRETCH_LAG_MAX or most < STRETCH_LAG_MIN:
        return 0
    lag = best_lag(x - STRETCH_LAG_MAX * channels, channels, &found)
    if found * 100 < <float>likeness_percent:
        return 0
    if lag > most:
        if likeness_percent > 0:
            return 0
        lag = most
    # x[0:lag] fades into x[-lag:0], which x[0:] follows by nature.
    memmove(x + lag * channels, x, n * channels * sizeof(float))
    back = x - lag * channels
    fade_into(x, x + lag * channels, back, lag, channels)
    return lag


cdef void fade_into(float* out, const float* old, const float* fresh, int n, int channels) noexcept nogil:
    cdef float step = <float>1.0 / <float>(n + 1)
    cdef float gain = step
    cdef int i
    cdef int c
    for i in range(n):
        for c in range(channels):
            out[i * channels + c] = old[i * channels + c] + gain * (fresh[i * channels + c] - old[i * channels + c])
        gain += step


cdef int stretch_join_at(const float* tail, const float* fresh, int n, int channels) noexcept nogil:
    cdef float thin[THIN_TAIL]
    cdef float begin[THIN_JOIN]
    cdef float best = -2
    cdef float one
    cdef int at = 0
    cdef int lag
    if n < STRETCH_JOIN:
        return 0
    thin_out(tail, THIN_TAIL, channels, thin)
    thin_out(fresh, THIN_JOIN, channels, begin)
    for lag in range(THIN_TAIL - THIN_JOIN + 1):
        one = likeness(thin + lag, begin, THIN_JOIN, 1)
        if one > best + <float>0.001:
            best = one
            at = lag
    return at * THIN


cdef float stretch_loudness(const float* x, int n, int channels) noexcept nogil:
    cdef float most = 0
    cdef float a
    cdef float b
    cdef float c
    cdef float d
    cdef int width = STRETCH_JOIN * channels
    cdef int i = 0
    cdef int k
    while i + width <= n * channels:
        a = b = c = d = 0
        k = i
        while k < i + width:
            a += x[k] * x[k]
            b += x[k + 1] * x[k + 1]
            c += x[k + 2] * x[k + 2]
            d += x[k + 3] * x[k + 3]
            k += 4
        a = (a + b + c + d) / <float>width
        if a > most:
            most = a
        i += width
    return most
