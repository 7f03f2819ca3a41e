"""A timer wheel: thousands of timers, constant cost each. Time is an argument."""
from libc.stdint cimport int64_t, uint8_t, uint64_t

cdef enum:
    WHEEL_SLOTS = 1024
    WHEEL_SLOT_US = 1000           # finer than any RTCP or NACK interval; paced sources in bench/ need the millisecond

cdef struct Timer:
    Timer* next                    # NULL = not armed
    Timer* previous
    int64_t due_us
    void* owner
    uint8_t kind

cdef struct Wheel:
    Timer slots[1024]              # list heads
    uint64_t filled[16]            # a bit per slot that may hold timers
    int64_t position               # slot number (since the epoch of the clock) handled so far

cdef void wheel_init(Wheel* wheel, int64_t now_us) noexcept nogil
cdef void timer_init(Timer* timer, uint8_t kind, void* owner) noexcept nogil
# Arms, or moves, the timer. A time in the past fires at the next wheel_expired.
cdef void timer_arm(Wheel* wheel, Timer* timer, int64_t due_us) noexcept nogil
# As timer_arm, but never later than it already is.
cdef void timer_arm_earlier(Wheel* wheel, Timer* timer, int64_t due_us) noexcept nogil
cdef void timer_cancel(Timer* timer) noexcept nogil
# Takes one expired timer (disarmed), NULL when there is none left at `now_us`.
cdef Timer* wheel_expired(Wheel* wheel, int64_t now_us) noexcept nogil
# Milliseconds from now until something may expire, at most `most_ms`.
cdef int wheel_wait_ms(Wheel* wheel, int64_t now_us, int most_ms) noexcept nogil
