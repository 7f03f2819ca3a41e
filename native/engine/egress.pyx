"""The way out. Multi-buffer AES-CM seals late, so nothing may leave the arena before the batch is finished: that order is kept here."""
from native.engine.udp cimport TRAIN_MAX_SEGMENTS, TX_ARENA_BYTES, TX_MESSAGES, udp_flush, udp_queue, udp_reserve
from native.stream.srtp cimport srtp_batch_flush


cdef uint8_t* egress_reserve(WorkerCore* core, size_t size) noexcept nogil:
    # Without GSO a train becomes up to TRAIN_MAX_SEGMENTS messages.
    if core.udp.tx_used + size > TX_ARENA_BYTES or core.udp.tx_count + TRAIN_MAX_SEGMENTS > TX_MESSAGES:
        egress_flush(core)
    return udp_reserve(&core.udp, size)


cdef void egress_queue(WorkerCore* core, const Path* path, uint8_t* data, size_t size, size_t segment_bytes) noexcept nogil:
    udp_queue(&core.udp, path, data, size, segment_bytes)
    core.counters.trains_sent += 1
    core.counters.train_packets_sent += (size + segment_bytes - 1) // segment_bytes


cdef void egress_flush(WorkerCore* core) noexcept nogil:
    srtp_batch_flush(core.batch)
    udp_flush(&core.udp)


cdef uint64_t core_random(WorkerCore* core) noexcept nogil:
    cdef uint64_t x = core.random
    x ^= x >> 12
    x ^= x << 25
    x ^= x >> 27
    core.random = x
    return x * <uint64_t>0x2545F4914F6CDD1D
