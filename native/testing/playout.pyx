"""Test door on `native.audio.playout`: one stream's packets in, its sound out. Nothing outside `tests/` and `bench/` may import it."""
from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from native.audio.playout cimport (
    PLAYOUT_CONCEALED,
    PLAYOUT_FASTER,
    PLAYOUT_FEC,
    PLAYOUT_NORMAL,
    PLAYOUT_SILENCE,
    PLAYOUT_SLOWER,
    PlayoutOptions,
    PlayoutStats,
    playout_free,
    playout_get,
    playout_new,
    playout_put,
    playout_repair,
    playout_skip,
    playout_stats,
    playout_timestamp,
)
from native.audio.playout cimport Playout as PlayoutStruct

SILENCE = PLAYOUT_SILENCE
NORMAL = PLAYOUT_NORMAL
FEC = PLAYOUT_FEC
CONCEALED = PLAYOUT_CONCEALED
FASTER = PLAYOUT_FASTER
SLOWER = PLAYOUT_SLOWER


cdef class Playout:
    """A Playout. PCM is interleaved float32, little-endian."""
    cdef PlayoutStruct* playout
    cdef int channels

    def __cinit__(
        self,
        int channels=1,
        int opus_payload_type=0,
        int red_payload_type=0,
        int comfort_payload_type=0,
        int delay_min_ms=0,
        int delay_max_ms=0,
    ):
        cdef PlayoutOptions options
        memset(&options, 0, sizeof(options))
        self.channels = options.channels = channels
        options.opus_payload_type = opus_payload_type
        options.red_payload_type = red_payload_type
        options.comfort_payload_type = comfort_payload_type
        options.delay_min_ms = delay_min_ms
        options.delay_max_ms = delay_max_ms
        self.playout = playout_new(&options)
        if self.playout == NULL:
            raise MemoryError

    def __dealloc__(self):
        playout_free(self.playout)

    def put(self, bytes rtp, int64_t now_us) -> int:
        """0 = taken, -1 = not. The packet is copied to its exact size, so that a sanitizer sees any read past it."""
        cdef size_t size = len(rtp)
        cdef uint8_t* copy = <uint8_t*>malloc(size if size > 0 else 1)
        cdef int done
        if copy == NULL:
            raise MemoryError
        memcpy(copy, <const char*>rtp, size)
        with nogil:
            done = playout_put(self.playout, copy, size, now_us)
        free(copy)
        return done

    def get(self, int samples, int64_t now_us) -> tuple:
        """(kind, PCM)."""
        cdef float out[1920]
        cdef int kind
        if not 0 < samples <= 960:
            raise ValueError(f"{samples} samples")
        with nogil:
            kind = playout_get(self.playout, out, samples, now_us)
        return kind, (<char*>out)[: samples * self.channels * sizeof(float)]

    def skip(self, int samples, int64_t now_us) -> None:
        playout_skip(self.playout, samples, now_us)

    def repair(self, int repair_us) -> None:
        playout_repair(self.playout, repair_us)

    def timestamp(self):
        """int, or None before the first packet."""
        cdef bint known = 0
        cdef uint32_t timestamp = playout_timestamp(self.playout, &known)
        return timestamp if known else None

    def stats(self) -> dict:
        cdef PlayoutStats stats
        playout_stats(self.playout, &stats)
        return stats
