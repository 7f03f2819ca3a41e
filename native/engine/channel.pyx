"""One direction between a worker and its mixing thread.

A ring of two kinds of records. Audio packets may use half of it and are dropped (counted) beyond: late audio is worth nothing. Commands,
moves and answers must arrive: they may use all of it, and what finds it full waits in a list of the sender's, so that neither thread
ever waits for the other. Order is kept among those that must arrive, and a packet never overtakes one of them.
"""
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from native.c.atomics cimport __ATOMIC_ACQUIRE, atomic_load_u64
from native.engine.ring cimport ring_commit, ring_crowded, ring_free, ring_init, ring_reserve


cdef int channel_init(Channel* channel, size_t capacity) noexcept nogil:
    channel.first = channel.last = NULL
    channel.dropped = 0
    channel.fresh = False
    return ring_init(&channel.ring, capacity)


cdef void channel_free(Channel* channel) noexcept nogil:
    cdef Waiting* waiting
    while channel.first != NULL:
        waiting = channel.first
        channel.first = waiting.next
        free(waiting)
    ring_free(&channel.ring)


cdef int channel_put(Channel* channel, const void* record, size_t size) noexcept nogil:
    cdef Waiting* waiting
    cdef uint8_t* room = NULL
    channel_flush(channel)
    if channel.first == NULL:
        room = ring_reserve(&channel.ring, size)
    if room != NULL:
        memcpy(room, record, size)
        channel_commit(channel, size)
        return 0
    waiting = <Waiting*>malloc(sizeof(Waiting) + size)
    if waiting == NULL:
        return -1
    waiting.next = NULL
    waiting.size = size
    memcpy(<uint8_t*>waiting + sizeof(Waiting), record, size)
    if channel.first == NULL:
        channel.first = waiting
    else:
        channel.last.next = waiting
    channel.last = waiting
    return 0


cdef uint8_t* channel_reserve(Channel* channel, size_t size) noexcept nogil:
    cdef uint8_t* room = NULL
    if channel.first != NULL:
        channel_flush(channel)
    if channel.first == NULL and not ring_crowded(&channel.ring):
        room = ring_reserve(&channel.ring, size)
    if room == NULL:
        channel.dropped += 1
    return room


cdef void channel_commit(Channel* channel, size_t size) noexcept nogil:
    ring_commit(&channel.ring, size)
    channel.fresh = True


cdef void channel_flush(Channel* channel) noexcept nogil:
    cdef Waiting* waiting = channel.first
    cdef uint8_t* room
    while waiting != NULL:
        room = ring_reserve(&channel.ring, waiting.size)
        if room == NULL:
            return
        memcpy(room, <uint8_t*>waiting + sizeof(Waiting), waiting.size)
        channel_commit(channel, waiting.size)
        channel.first = waiting.next
        free(waiting)
        waiting = channel.first


cdef bint channel_sent(Channel* channel) noexcept nogil:
    cdef bint fresh = channel.fresh
    channel.fresh = False
    return fresh


cdef bint channel_ready(Channel* channel) noexcept nogil:
    return atomic_load_u64(&channel.ring.head, __ATOMIC_ACQUIRE) != channel.ring.tail
