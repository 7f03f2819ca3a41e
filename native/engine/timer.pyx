"""A timer wheel of 1024 slots of 1 ms.

A timer further away than one turn (1.024 s) waits in its slot and is passed over until its turn comes: the longest interval
in use is a few seconds, so that is cheaper than a hierarchy. Invariant: an armed timer is in the list of slot
`(due_us / WHEEL_SLOT_US) % WHEEL_SLOTS`, or in the slot of `position` when it was armed late.
"""
from libc.string cimport memset

cdef extern from *:
    int trailing_zeros "__builtin_ctzll" (uint64_t word) noexcept nogil


cdef void wheel_init(Wheel* wheel, int64_t now_us) noexcept nogil:
    cdef int i
    memset(wheel, 0, sizeof(Wheel))
    for i in range(WHEEL_SLOTS):
        wheel.slots[i].next = &wheel.slots[i]
        wheel.slots[i].previous = &wheel.slots[i]
    wheel.position = now_us // WHEEL_SLOT_US


cdef void timer_init(Timer* timer, uint8_t kind, void* owner) noexcept nogil:
    timer.next = NULL
    timer.previous = NULL
    timer.due_us = 0
    timer.kind = kind
    timer.owner = owner


cdef void timer_cancel(Timer* timer) noexcept nogil:
    if timer.next == NULL:
        return
    timer.previous.next = timer.next
    timer.next.previous = timer.previous
    timer.next = NULL
    timer.previous = NULL


cdef void timer_arm(Wheel* wheel, Timer* timer, int64_t due_us) noexcept nogil:
    cdef int64_t slot = due_us // WHEEL_SLOT_US + 1  # fires in the first millisecond that begins at or after due_us
    cdef int index
    cdef Timer* head
    timer_cancel(timer)
    if slot <= wheel.position:
        slot = wheel.position + 1
    timer.due_us = due_us
    index = <int>(slot & (WHEEL_SLOTS - 1))
    head = &wheel.slots[index]
    timer.previous = head.previous
    timer.next = head
    head.previous.next = timer
    head.previous = timer
    wheel.filled[index >> 6] |= <uint64_t>1 << (index & 63)


cdef void timer_arm_earlier(Wheel* wheel, Timer* timer, int64_t due_us) noexcept nogil:
    if timer.next == NULL or due_us < timer.due_us:
        timer_arm(wheel, timer, due_us)


cdef Timer* wheel_expired(Wheel* wheel, int64_t now_us) noexcept nogil:
    cdef int64_t current = now_us // WHEEL_SLOT_US
    cdef int index
    cdef Timer* head
    cdef Timer* timer
    if current - wheel.position > WHEEL_SLOTS:
        # The thread slept for more than a turn: one round over all slots finds everything.
        wheel.position = current - WHEEL_SLOTS
    while wheel.position < current:
        index = <int>((wheel.position + 1) & (WHEEL_SLOTS - 1))
        if wheel.filled[index >> 6] & (<uint64_t>1 << (index & 63)):
            head = &wheel.slots[index]
            timer = head.next
            while timer != head:
                if timer.due_us <= now_us:
                    timer_cancel(timer)
                    return timer
                timer = timer.next
            if head.next == head:
                wheel.filled[index >> 6] &= ~(<uint64_t>1 << (index & 63))
        wheel.position += 1
    return NULL


cdef int wheel_wait_ms(Wheel* wheel, int64_t now_us, int most_ms) noexcept nogil:
    cdef int64_t current = now_us // WHEEL_SLOT_US
    cdef int ahead = 1, index
    cdef int64_t wait
    cdef uint64_t word
    while ahead <= most_ms + 1:
        index = <int>((wheel.position + ahead) & (WHEEL_SLOTS - 1))
        word = wheel.filled[index >> 6] >> (index & 63)
        if word:
            wait = wheel.position + ahead + trailing_zeros(word) - current
            if wait < 0:
                wait = 0
            return <int>wait if wait < most_ms else most_ms
        ahead += 64 - (index & 63)
    return most_ms
