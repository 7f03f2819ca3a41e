"""For bench/ only: a source of paced frames in place of a publisher's encoder, a sink that checks what a subscriber gets."""
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from native.engine.state cimport Producer, WorkerCore
from native.engine.timer cimport Timer
from native.stream.rtx cimport StoredPacket

cdef enum:
    LATENCY_STEP_US = 10
    LATENCY_STEPS = 10000          # up to 100 ms; the last one takes the rest

cdef struct Traffic:               # of one worker
    uint64_t sent
    uint64_t received
    uint64_t corrupt
    uint64_t late_frames           # sent more than 5 ms after their time
    uint64_t latest_us
    uint64_t latency_max_us
    uint64_t latency[10000]

# 0, or -1 without memory. `seed` fixes the phase and the sizes.
cdef int source_open(Producer* producer, uint32_t bitrate_bps, uint32_t frames_per_s, uint32_t seed) noexcept nogil
# As source_open, but says the packets of a loop (loop.pxd) at their own pace; -1 also when it is malformed.
cdef int source_open_loop(Producer* producer, const uint8_t* bytes, size_t size, uint32_t seed) noexcept nogil
cdef void source_free(Producer* producer) noexcept nogil
# Sends what is due; returns when to call again.
cdef int64_t source_tick(Producer* producer) noexcept nogil
cdef int sink_open(Producer* producer) noexcept nogil
# A sink that checks nothing and keeps the payloads instead, as loop.pxd has it.
cdef int sink_open_capture(Producer* producer, uint8_t* bytes, size_t room) noexcept nogil
cdef void sink_free(Producer* producer) noexcept nogil
cdef void sink_check(Producer* producer, StoredPacket* packet) noexcept nogil
# What a sink has seen: packets missing between its first and its newest.
cdef uint64_t sink_lost(const Producer* producer) noexcept nogil
# The newest packet number it has seen; what a source will number its next packet. 0 where there is none.
cdef uint64_t sink_highest(const Producer* producer) noexcept nogil
cdef uint64_t source_next(const Producer* producer) noexcept nogil
cdef Traffic* traffic_of(WorkerCore* core) noexcept nogil
