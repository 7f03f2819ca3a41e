"""Test door on `native.audio.playout`: one stream's packets in, its sound out; and a storm for it. Nothing outside `tests/` and `bench/` may import it."""
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
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
    playout_bytes,
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


cdef inline uint32_t draw(uint64_t* state) noexcept nogil:
    """xorshift64*: the storm's dice."""
    state[0] ^= state[0] >> 12
    state[0] ^= state[0] << 25
    state[0] ^= state[0] >> 27
    return <uint32_t>((state[0] * <uint64_t>2685821657736338717) >> 32)


def storm(list packets, uint64_t seed, int64_t operations, int channels=1) -> dict:
    """Throws `operations` random calls at one Playout made with every payload type: the given packets (payload type 96 Opus, 97 RED, 98
    comfort noise) renumbered, cut, damaged, repeated, late, from other streams, at times that leap, among pulls, skips and changes of the
    repair time. Returns the stats; raises where sound comes out that is not a number."""
    cdef PlayoutOptions options
    cdef PlayoutStats stats
    cdef PlayoutStruct* playout
    cdef float out[1920]
    cdef uint8_t* copy
    cdef const uint8_t* one
    cdef size_t size
    cdef uint64_t state = seed * 2 + 1
    cdef uint32_t dice
    cdef uint32_t timestamp = draw(&state)
    cdef uint32_t sent
    cdef uint16_t seq = <uint16_t>draw(&state)
    cdef int64_t now_us = draw(&state)
    cdef int64_t done
    cdef int samples
    cdef bint bad = 0
    memset(&options, 0, sizeof(options))
    options.channels = channels
    options.opus_payload_type = 96
    options.red_payload_type = 97
    options.comfort_payload_type = 98
    playout = playout_new(&options)
    if playout == NULL:
        raise MemoryError
    for done in range(operations):
        dice = draw(&state) % 100
        if dice < 60:
            packet = packets[draw(&state) % <uint32_t>len(packets)]
            one = <const uint8_t*><const char*>packet
            size = len(packet)
            if dice < 4:
                size = draw(&state) % (size + 1)
            copy = <uint8_t*>malloc(size if size > 0 else 1)
            if copy == NULL:
                playout_free(playout)
                raise MemoryError
            memcpy(copy, one, size)
            sent = timestamp
            if dice < 20:
                sent += (draw(&state) % 64) * 480 - 15360
            elif dice < 22:
                sent = draw(&state)
            elif dice < 24:
                timestamp += draw(&state) % 400000
            if size >= 12:
                copy[2] = <uint8_t>(seq >> 8)
                copy[3] = <uint8_t>seq
                copy[4] = <uint8_t>(sent >> 24)
                copy[5] = <uint8_t>(sent >> 16)
                copy[6] = <uint8_t>(sent >> 8)
                copy[7] = <uint8_t>sent
                if dice == 25 and draw(&state) % 50 == 0:
                    copy[11] ^= 1
            if 26 <= dice < 34 and size > 0:
                copy[draw(&state) % size] ^= <uint8_t>draw(&state)
            playout_put(playout, copy, size, now_us)
            free(copy)
            if dice >= 30:
                seq += 1 if dice < 58 else draw(&state) % 50
                timestamp += 960
        elif dice < 92:
            samples = 480 if draw(&state) % 2 else 960
            playout_get(playout, out, samples, now_us)
            if not (-1e6 < out[0] < 1e6) or not (-1e6 < out[samples * channels - 1] < 1e6):
                bad = 1
                break
            now_us += samples * 125 // 6
        elif dice < 96:
            playout_skip(playout, 480 if draw(&state) % 2 else 960, now_us)
            now_us += 10000
        elif dice < 97:
            playout_repair(playout, <int>(draw(&state) % 400000))
        elif dice < 98 and draw(&state) % 100 == 0:
            now_us += <int64_t>draw(&state) * (draw(&state) % 10000) - ((<int64_t>1 << 40) if draw(&state) % 3 == 0 else 0)
    playout_stats(playout, &stats)
    playout_free(playout)
    if bad:
        raise AssertionError("sound that is not a number")
    return stats


def room_bytes(int channels=1) -> int:
    """The one allocation that a Playout is."""
    cdef PlayoutOptions options
    memset(&options, 0, sizeof(options))
    options.channels = channels
    return playout_bytes(&options)
