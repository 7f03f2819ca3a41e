"""How hard the encoders may work.

Encoding is nearly all of a tick's CPU time, and complexity is what it can be traded against: at 5 a voice costs half of what it costs
at 9. Steps down are quick, since late packets are heard at once; steps up are slow and begin far below, so that a load that needs the
step does not make it again and again. A function of what it is told: the clock is the mixing thread's.
"""

cdef enum:
    TICK_US = 20_000
    DOWN_TICKS = 10                # 200 ms: what one step saves shows in the smoothed load by then
    UP_TICKS = 150                 # 3 s

cdef double SMOOTHING = 0.125
# The rest is for decoding bursts, for other threads, and for the time until a step is made.
cdef double HIGH = 0.6
# A step down saves at most 40 % (9 to 8 and below); raised from here, the load stays below HIGH.
cdef double LOW = 0.33


cdef int load_complexity(const MixingLoad* load) noexcept nogil:
    return COMPLEXITY_MOST - load.steps


cdef bint load_note(MixingLoad* load, int64_t cpu_us, bint late) noexcept nogil:
    cdef double share = 1.0 if late else <double>cpu_us / TICK_US
    cdef int wait
    load.load += (share - load.load) * SMOOTHING
    if load.load > HIGH and load.steps < COMPLEXITY_MOST - 1:
        wait = DOWN_TICKS
    elif load.load < LOW and load.steps > 0:
        wait = -UP_TICKS
    else:
        load.ticks = 0
        return False
    load.ticks += 1 if wait > 0 else -1
    # Coming from the other side, it starts anew.
    if (load.ticks > 0) != (wait > 0):
        load.ticks = 1 if wait > 0 else -1
    if load.ticks != wait:
        return False
    load.ticks = 0
    load.steps += 1 if wait > 0 else -1
    return True
