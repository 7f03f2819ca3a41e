"""One whole stream through our playout without the GIL, by the thread's CPU clock: what a packet costs, which Python's calls would hide.

The same simulated time as `receiver`: before the pull at t everything that has come by t is put in, then 480 samples are taken. Not for anything
but measuring. Called by bench.jitter.cost, in a process of its own.
"""
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint64_t
from libc.string cimport memcpy, memset

from native.audio.playout cimport (
    Playout, PlayoutOptions, PlayoutStats, playout_free, playout_get, playout_new, playout_put, playout_stats,
)
from native.c.socket cimport CLOCK_THREAD_CPUTIME_ID, clock_gettime, timespec

cdef enum:
    PULL_SAMPLES = 480
    PULL_US = 10_000
    HEAD_BYTES = 10                # of an arrival record: u64 arrival_us, u16 length; little-endian, as this machine is


cdef int64_t cpu_ns() noexcept nogil:
    cdef timespec now
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
    return <int64_t>now.tv_sec * 1_000_000_000 + now.tv_nsec


cdef int64_t play(Playout* playout, const uint8_t* records, size_t size, int64_t pulls, float* out, size_t step) noexcept nogil:
    """CPU time of it all, in ns. `step`: how far `out` moves on with each pull, 0 to write over the last."""
    cdef int64_t began = cpu_ns()
    cdef int64_t now_us = 0, pull
    cdef uint64_t arrival_us = 0
    cdef uint16_t length = 0
    cdef size_t at = 0
    for pull in range(pulls):
        now_us = pull * PULL_US
        while at + HEAD_BYTES <= size:
            memcpy(&arrival_us, records + at, 8)
            memcpy(&length, records + at + 8, 2)
            if <int64_t>arrival_us > now_us or length > size - at - HEAD_BYTES:
                break
            playout_put(playout, records + at + HEAD_BYTES, length, <int64_t>arrival_us)
            at += HEAD_BYTES + length
        playout_get(playout, out + <size_t>pull * step, PULL_SAMPLES, now_us)
    return cpu_ns() - began


def replay(bytes records, int64_t pulls, bint keep=False):
    """(CPU ns, PlayoutStats, float32 PCM or b"") of these arrival records (a file of `arrivals` without its magic) in so many pulls of 10 ms."""
    cdef PlayoutOptions options
    cdef PlayoutStats stats
    memset(&options, 0, sizeof(options))
    options.channels = 1
    # Written to here, before the clock runs: the kernel's work of finding the pages is not ours.
    cdef bytearray pcm = bytearray((pulls if keep else 1) * PULL_SAMPLES * 4)
    cdef const uint8_t* data = records
    cdef float* out = <float*><char*>pcm
    cdef size_t size = len(records)
    cdef int64_t used_ns
    cdef Playout* playout = playout_new(&options)
    if playout == NULL:
        raise MemoryError
    with nogil:
        used_ns = play(playout, data, size, pulls, out, PULL_SAMPLES if keep else 0)
        playout_stats(playout, &stats)
        playout_free(playout)
    return used_ns, stats, bytes(pcm) if keep else b""
