"""Test doors on the jitter buffer's parts: packet store, delay, decisions. Nothing outside `tests/` and `bench/` may import them."""
from libc.stddef cimport size_t
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

from native.stream.jitter cimport (
    Jitter,
    JitterInput,
    JitterStep,
    jitter_asleep,
    jitter_done,
    jitter_init,
    jitter_next,
    jitter_put,
    jitter_scale,
    jitter_scaled,
    jitter_span_samples,
)
from native.stream.jitter_delay cimport (
    DELAY_BIN_US,
    DELAY_BINS,
    JitterDelay,
    delay_base_us,
    delay_expect_repair,
    delay_init,
    delay_note,
    delay_target_us,
    delay_turn,
)
from native.stream.jitter_store cimport (
    STORE_BLOCKS,
    STORE_PACKETS,
    PacketStore,
    StoredPacket,
    store_at,
    store_clear,
    store_drop,
    store_insert,
    store_payload,
)
from native.wire.red cimport RedBlock, red_parse

SILENCE, DECODE, RESTORE, CONCEAL, STALL, SLEEP = range(6)
NEXT, AFTER_STALL, ANEW = range(3)


def red(bytes payload):
    """[(payload type, behind, block)], or None when it is malformed."""
    cdef RedBlock blocks[16]
    cdef int count = red_parse(<const uint8_t*><const char*>payload, len(payload), blocks)
    if count < 0:
        return None
    return [(blocks[i].payload_type, blocks[i].behind, payload[blocks[i].offset : blocks[i].offset + blocks[i].size]) for i in range(count)]


cdef class Store:
    """A PacketStore."""
    cdef PacketStore* store

    def __cinit__(self):
        self.store = <PacketStore*>malloc(sizeof(PacketStore))
        if self.store == NULL:
            raise MemoryError
        store_clear(self.store)

    def __dealloc__(self):
        free(self.store)

    def insert(self, int64_t ts64, bytes payload, bint redundant=False) -> int:
        cdef StoredPacket packet
        memset(&packet, 0, sizeof(packet))
        packet.ts64 = ts64
        packet.size = <uint16_t>len(payload)
        packet.redundant = redundant
        return store_insert(self.store, &packet, <const uint8_t*><const char*>payload)

    def packets(self) -> list:
        """[(ts64, redundant, payload)] in order."""
        cdef uint8_t out[7680]
        found = []
        for index in range(self.store.count):
            size = store_payload(self.store, index, out)
            found.append((store_at(self.store, index).ts64, bool(store_at(self.store, index).redundant), (<char*>out)[:size]))
        return found

    def drop(self, int count) -> None:
        store_drop(self.store, count)

    def free(self) -> tuple:
        """(slots, blocks) that are free, by counting the chain."""
        cdef int at = self.store.free_blocks
        blocks = 0
        while blocks < self.store.free_block_count:
            assert 0 <= at < STORE_BLOCKS
            at = self.store.next_block[at]
            blocks += 1
        return STORE_PACKETS - self.store.count, blocks


cdef class Delay:
    """A JitterDelay."""
    cdef JitterDelay delay

    def __cinit__(self, int32_t min_us=0, int32_t max_us=1000000):
        delay_init(&self.delay, min_us, max_us)

    def note(self, int64_t ts64, int samples, int64_t now_us) -> None:
        delay_note(&self.delay, ts64, samples, now_us)

    def turn(self, bint missing, int samples) -> None:
        delay_turn(&self.delay, missing, samples)

    def repair(self, int repair_us) -> None:
        self.delay.repair_us = repair_us

    def expect_repair(self) -> None:
        delay_expect_repair(&self.delay)

    def base_us(self) -> int:
        return delay_base_us(&self.delay)

    def target_us(self, int64_t now_us) -> int:
        return delay_target_us(&self.delay, now_us)

    def state(self) -> dict:
        weights = [self.delay.weights[i] for i in range(DELAY_BINS)]
        return {"reference_us": self.delay.reference_us, "weights": weights, "total": self.delay.total, "unit": self.delay.unit,
                "loss_q16": self.delay.loss_q16, "step_ts64": self.delay.step_ts64, "target_bin_us": self.delay.target_bin_us,
                "base_bin": self.delay.base_bin, "bin_us": DELAY_BIN_US}


cdef class Buffer:
    """A Jitter."""
    cdef Jitter* jitter

    def __cinit__(self, int32_t min_us=0, int32_t max_us=1000000):
        self.jitter = <Jitter*>malloc(sizeof(Jitter))
        if self.jitter == NULL:
            raise MemoryError
        memset(self.jitter, 0, sizeof(Jitter))
        jitter_init(self.jitter, min_us, max_us)

    def __dealloc__(self):
        free(self.jitter)

    @staticmethod
    def size() -> int:
        return sizeof(Jitter)

    def put(self, int seq16, uint32_t timestamp, int64_t now_us, bytes payload=b"x", int samples=960, int frame_samples=0,
            uint32_t ssrc=1, int behind=0) -> int:
        cdef JitterInput input
        memset(&input, 0, sizeof(input))
        input.ssrc = ssrc
        input.timestamp = timestamp
        input.seq16 = <uint16_t>seq16
        input.size = <uint16_t>len(payload)
        input.samples = <uint16_t>samples
        input.frame_samples = <uint16_t>frame_samples
        input.behind = <uint16_t>behind
        input.redundant = behind > 0
        return jitter_put(self.jitter, &input, <const uint8_t*><const char*>payload, now_us)

    def next(self, int64_t now_us, int pending=0, int pull=480) -> tuple:
        """(action, join, samples, payload or None)."""
        cdef JitterStep step
        cdef uint8_t out[7680]
        payload = None
        jitter_next(self.jitter, now_us, pending, pull, &step)
        if step.action == DECODE or step.action == RESTORE:
            size = store_payload(&self.jitter.store, step.index, out)
            payload = (<char*>out)[:size]
        jitter_done(self.jitter)
        return step.action, step.join, step.samples, payload

    def asleep(self, bint asleep) -> None:
        jitter_asleep(self.jitter, asleep)

    def scale(self, int64_t now_us, int pending=0, int pull=480, int quiet=0) -> int:
        return jitter_scale(self.jitter, now_us, pending, pull, quiet)

    def scaled(self, bint quiet, int64_t now_us) -> None:
        jitter_scaled(self.jitter, quiet, now_us)

    def repair(self, int repair_us) -> None:
        self.jitter.delay.repair_us = repair_us

    def target_us(self, int64_t now_us) -> int:
        return delay_target_us(&self.jitter.delay, now_us)

    def base_us(self) -> int:
        return delay_base_us(&self.jitter.delay)

    def state(self) -> dict:
        return {"late": self.jitter.late, "duplicate": self.jitter.duplicate, "discarded": self.jitter.discarded,
                "played": self.jitter.played, "waited_us": self.jitter.waited_us, "count": self.jitter.store.count,
                "span_samples": jitter_span_samples(self.jitter), "next_ts64": self.jitter.next_ts64}
