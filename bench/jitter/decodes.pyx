"""A clock around Opus' decoder, so that a buffer's own cost can be told from the codec's in the very run that is measured.

When this module is loaded for everybody (RTLD_GLOBAL) before the playout, the dynamic linker finds its `opus_decode_float` before the library's: it
reads the thread's CPU clock, calls the real one, reads the clock again. It is therefore loaded only in the process that measures (bench.jitter.cost).
"""
from libc.stdint cimport int64_t

cdef extern from *:
    """
    #include <dlfcn.h>
    #include <stdint.h>
    #include <time.h>
    #include <opus/opus.h>

    typedef int (*decode_float_t)(OpusDecoder*, const unsigned char*, opus_int32, float*, int, int);
    static decode_float_t decode_real = 0;
    static int64_t decode_ns = 0, decode_count = 0;

    static int64_t thread_ns(void) {
        struct timespec now;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    }

    __attribute__((visibility("default")))
    int opus_decode_float(OpusDecoder* decoder, const unsigned char* data, opus_int32 size, float* pcm, int samples, int fec) {
        int64_t began = thread_ns();
        int decoded = decode_real ? decode_real(decoder, data, size, pcm, samples, fec) : OPUS_INTERNAL_ERROR;
        decode_ns += thread_ns() - began;
        decode_count++;
        return decoded;
    }

    static int decode_find(const char* library) {
        void* opened = dlopen(library, RTLD_NOW | RTLD_LOCAL);
        decode_real = opened ? (decode_float_t)dlsym(opened, "opus_decode_float") : 0;
        return decode_real != 0;
    }
    static void decode_reset(void) { decode_ns = decode_count = 0; }
    """
    int64_t decode_ns
    int64_t decode_count
    int64_t thread_ns() nogil
    int decode_find(const char* library)
    void decode_reset()

if not decode_find(b"libopus.so.0"):
    raise ImportError("libopus.so.0 has no opus_decode_float")


def reset():
    decode_reset()


def read():
    """(calls, CPU ns within them) since reset()."""
    return decode_count, decode_ns


def clock_cost_ns(int64_t times=10_000):
    """CPU ns of reading the clock once. A timed call costs two readings, one of which falls inside what it measures."""
    cdef int64_t began, turn
    with nogil:
        began = thread_ns()
        for turn in range(times):
            thread_ns()
    return (thread_ns() - began) / <double>times
