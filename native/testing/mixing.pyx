"""Test door on what the mixing thread is made of: the channel, and the load that decides about complexity. For tests only."""
from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcpy

from native.engine.channel cimport (
    Channel, channel_commit, channel_free, channel_init, channel_put, channel_ready, channel_reserve, channel_sent,
)
from native.engine.mixing_load cimport MixingLoad, load_complexity, load_note
from native.engine.ring cimport ring_peek, ring_release


cdef class Pipe:
    """A channel with both ends in one thread."""

    cdef Channel channel

    def __cinit__(self, size_t capacity):
        if channel_init(&self.channel, capacity) != 0:
            raise MemoryError()

    def __dealloc__(self):
        channel_free(&self.channel)

    def put(self, bytes record):
        """What must arrive."""
        return channel_put(&self.channel, <const char*>record, len(record)) == 0

    def offer(self, bytes packet):
        """What may be dropped; whether it was taken."""
        cdef uint8_t* room = channel_reserve(&self.channel, len(packet))
        if room == NULL:
            return False
        memcpy(room, <const char*>packet, len(packet))
        channel_commit(&self.channel, len(packet))
        return True

    def take(self):
        cdef size_t size
        cdef uint8_t* record = ring_peek(&self.channel.ring, &size)
        if record == NULL:
            return None
        found = (<const char*>record)[:size]
        ring_release(&self.channel.ring)
        return found

    def ready(self):
        return bool(channel_ready(&self.channel))

    def sent(self):
        return bool(channel_sent(&self.channel))

    def dropped(self):
        return self.channel.dropped


cdef class Load:
    cdef MixingLoad state

    def note(self, int64_t cpu_us, bint late=False):
        """Whether the limit changed."""
        return bool(load_note(&self.state, cpu_us, late))

    def complexity(self):
        return load_complexity(&self.state)
