"""Test door on the engine's containers: ring, timer wheel, id and path tables, retransmission history. For tests only."""
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from native.engine.ring cimport Ring, ring_commit, ring_crowded, ring_free, ring_init, ring_peek, ring_release, ring_reserve
from native.engine.table cimport (
    IdTable, PathTable, id_table_free, id_table_get, id_table_init, id_table_put, id_table_remove, path_table_free, path_table_get,
    path_table_init, path_table_put, path_table_remove,
)
from native.engine.timer cimport Timer, Wheel, timer_arm, timer_arm_earlier, timer_cancel, timer_init, wheel_expired, wheel_init, wheel_wait_ms
from native.engine.udp cimport Path
from native.stream.rtx cimport (
    ChunkPool, RtxAnswers, RtxHistory, StoredPacket, chunk_pool_free, rtx_answer_allowed, rtx_history_clear, rtx_history_commit,
    rtx_history_expire, rtx_history_free, rtx_history_get, rtx_history_init, rtx_history_reserve, stored_bytes,
)


cdef class RingDoor:
    cdef Ring ring

    def __cinit__(self, size_t capacity):
        if ring_init(&self.ring, capacity) != 0:
            raise MemoryError

    def __dealloc__(self):
        ring_free(&self.ring)

    def reserve(self, bytes record):
        """Fills the room but does not commit it; False when there is none."""
        cdef uint8_t* room = ring_reserve(&self.ring, len(record))
        if room == NULL:
            return False
        memcpy(room, <const char*>record, len(record))
        return True

    def put(self, bytes record):
        if not self.reserve(record):
            return False
        ring_commit(&self.ring, len(record))
        return True

    def take(self):
        """The oldest record, None when empty."""
        cdef size_t size = 0
        cdef uint8_t* record = ring_peek(&self.ring, &size)
        if record == NULL:
            return None
        found = (<const char*>record)[:size]
        ring_release(&self.ring)
        return found

    def crowded(self):
        return bool(ring_crowded(&self.ring))

    def used(self):
        return self.ring.head - self.ring.tail


cdef class WheelDoor:
    """Timers are named by their index."""
    cdef Wheel* wheel
    cdef Timer* timers
    cdef size_t count

    def __cinit__(self, size_t count, int64_t now_us):
        self.wheel = <Wheel*>calloc(1, sizeof(Wheel))
        self.timers = <Timer*>calloc(count, sizeof(Timer))
        self.count = count
        wheel_init(self.wheel, now_us)
        for i in range(count):
            timer_init(&self.timers[i], 1, <void*><size_t>i)

    def __dealloc__(self):
        free(self.wheel)
        free(self.timers)

    def arm(self, size_t i, int64_t due_us):
        timer_arm(self.wheel, &self.timers[i], due_us)

    def arm_earlier(self, size_t i, int64_t due_us):
        timer_arm_earlier(self.wheel, &self.timers[i], due_us)

    def cancel(self, size_t i):
        timer_cancel(&self.timers[i])

    def expired(self, int64_t now_us):
        """All that expire at `now_us`, in order."""
        cdef Timer* timer = wheel_expired(self.wheel, now_us)
        found = []
        while timer != NULL:
            found.append(<size_t>timer.owner)
            timer = wheel_expired(self.wheel, now_us)
        return found

    def wait_ms(self, int64_t now_us, int most_ms):
        return wheel_wait_ms(self.wheel, now_us, most_ms)


cdef class IdDoor:
    cdef IdTable table

    def __cinit__(self):
        id_table_init(&self.table)

    def __dealloc__(self):
        id_table_free(&self.table)

    def put(self, uint64_t id, size_t value):
        return id_table_put(&self.table, id, <void*>value)

    def get(self, uint64_t id):
        return <size_t>id_table_get(&self.table, id)

    def remove(self, uint64_t id):
        id_table_remove(&self.table, id)

    def count(self):
        return self.table.count


cdef class PathDoor:
    cdef PathTable table

    def __cinit__(self):
        path_table_init(&self.table)

    def __dealloc__(self):
        path_table_free(&self.table)

    cdef Path path(self, tuple key):
        cdef Path path
        path.remote[0], path.remote[1], path.local[0], path.local[1], path.port = key
        return path

    def put(self, tuple key, size_t value):
        cdef Path path = self.path(key)
        return path_table_put(&self.table, &path, <void*>value)

    def get(self, tuple key):
        cdef Path path = self.path(key)
        return <size_t>path_table_get(&self.table, &path)

    def remove(self, tuple key):
        cdef Path path = self.path(key)
        path_table_remove(&self.table, &path)

    def count(self):
        return self.table.count


cdef class HistoryDoor:
    cdef ChunkPool pool
    cdef RtxHistory history
    cdef RtxAnswers answers

    def __cinit__(self, uint32_t entries):
        rtx_history_init(&self.history, &self.pool, entries)

    def __dealloc__(self):
        rtx_history_free(&self.history)
        chunk_pool_free(&self.pool)

    def put(self, uint64_t seq64, bytes packet, int64_t now_us, bint commit=True):
        """False without memory."""
        cdef StoredPacket* slot = rtx_history_reserve(&self.history, len(packet))
        if slot == NULL:
            return False
        memset(slot, 0, sizeof(StoredPacket))
        # As SRTP does, the tag's room is written too: it must belong to the slot.
        memcpy(stored_bytes(slot), <const char*>packet, len(packet))
        memset(stored_bytes(slot) + len(packet), 0xEE, 32)
        slot.seq64 = seq64
        slot.size = <uint16_t>len(packet)
        slot.arrived_us = now_us
        if commit:
            rtx_history_commit(&self.history, slot)
        return True

    def get(self, uint64_t seq64):
        cdef StoredPacket* packet = rtx_history_get(&self.history, seq64)
        return None if packet == NULL else (<const char*>stored_bytes(packet))[:packet.size]

    def expire(self, int64_t now_us):
        rtx_history_expire(&self.history, now_us)

    def clear(self):
        rtx_history_clear(&self.history)

    def allowed(self, uint16_t seq16, int64_t now_us):
        return bool(rtx_answer_allowed(&self.answers, seq16, now_us))

    def chunks(self):
        """(held by the history, free in the pool, both)"""
        return self.history.chunks, self.pool.free_count, self.pool.total
