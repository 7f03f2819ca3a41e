"""One direction between a worker and its mixing thread: records that must arrive, and packets that may be dropped."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t

from native.engine.ring cimport Ring

cdef struct Waiting:               # a record that found the ring full; its bytes follow
    Waiting* next
    size_t size

cdef struct Channel:
    Ring ring
    Waiting* first                 # the sender's: oldest first
    Waiting* last
    uint64_t dropped               # the sender's: packets that found more than half of the ring in use
    bint fresh                     # the sender's: something was sent since it was last asked

# 0, or -1 without memory.
cdef int channel_init(Channel* channel, size_t capacity) noexcept nogil
cdef void channel_free(Channel* channel) noexcept nogil
# Sender: a record that must arrive, in order. 0, or -1 when even memory is out.
cdef int channel_put(Channel* channel, const void* record, size_t size) noexcept nogil
# Sender: room for a packet, NULL (counted) while the receiver is behind; it is sent by channel_commit.
cdef uint8_t* channel_reserve(Channel* channel, size_t size) noexcept nogil
cdef void channel_commit(Channel* channel, size_t size) noexcept nogil
# Sender: moves what waits into the ring, as far as there is room.
cdef void channel_flush(Channel* channel) noexcept nogil
# Sender: whether something was sent since the last call.
cdef bint channel_sent(Channel* channel) noexcept nogil
# Receiver: whether a record is there; what it is, ring_peek and ring_release tell.
cdef bint channel_ready(Channel* channel) noexcept nogil
