"""Retransmission history: packed chunks of decrypted packets, shared by all subscribers of a producer.

A packet is decrypted straight into its place here and is read from here by every consumer and every retransmission, so
there is no copy per subscriber (a subscriber's packet is this one with other numbers). Memory follows the bitrate:
chunks come from and go back to the worker's pool.

Invariant: every pointer in `index` is to a committed packet of a live chunk; a chunk's packets leave the index before it does.
"""
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memset

from native.stream.srtp cimport SRTP_MAX_OVERHEAD

cdef enum:
    # A subscriber asks within a round trip or two. One second serves 300 ms paths three times over; more is kept while cheap.
    KEEP_ALWAYS_US = 1_000_000
    KEEP_CHEAP_US = 2_000_000
    KEEP_CHEAP_CHUNKS = 14         # 224 KiB: 1.2 s at 1.5 Mb/s, so that an active participant stays below 400 KiB
    CHUNKS_MOST = 1024             # 16 MiB: one publisher cannot take a worker's memory, whatever rate it sends at
    POOL_KEEP_FREE = 64            # 1 MiB: what a worker keeps for the next call instead of giving it back to the system
    # As often as we ask ourselves: repairs are lost, too. With 3, a subscriber losing every tenth packet missed one of 10,000 for good,
    # and its decoder froze about once a minute; with 5 it is one of a million. More is of use to nobody but a peer that wants a flood.
    ANSWERS_MOST = 5
    # A peer that asks faster than its round trip gains nothing.
    ANSWER_GAP_MS = 100


cdef Chunk* chunk_take(ChunkPool* pool) noexcept nogil:
    cdef Chunk* chunk = pool.free
    if chunk != NULL:
        pool.free = chunk.next
        pool.free_count -= 1
    else:
        chunk = <Chunk*>malloc(sizeof(Chunk))
        if chunk == NULL:
            return NULL
        pool.total += 1
    chunk.next = NULL
    chunk.newest_us = 0
    chunk.first = 0
    chunk.last = 0
    return chunk


cdef void chunk_give(ChunkPool* pool, Chunk* chunk) noexcept nogil:
    if pool.free_count >= POOL_KEEP_FREE:
        free(chunk)
        pool.total -= 1
        return
    chunk.next = pool.free
    pool.free = chunk
    pool.free_count += 1


cdef void chunk_pool_free(ChunkPool* pool) noexcept nogil:
    cdef Chunk* chunk
    while pool.free != NULL:
        chunk = pool.free
        pool.free = chunk.next
        free(chunk)
    pool.free_count = 0


cdef void rtx_history_init(RtxHistory* history, ChunkPool* pool, uint32_t entries) noexcept nogil:
    memset(history, 0, sizeof(RtxHistory))
    history.pool = pool
    history.mask = entries - 1


cdef void chunk_forget(RtxHistory* history, Chunk* chunk) noexcept nogil:
    """Takes the chunk's packets out of the index."""
    cdef uint64_t seq64 = chunk.first
    cdef StoredPacket** slot
    if chunk.last - seq64 > history.mask:
        seq64 = chunk.last - history.mask  # every slot once
    while seq64 <= chunk.last:
        slot = &history.index[seq64 & history.mask]
        if chunk.bytes <= <uint8_t*>slot[0] < chunk.bytes + CHUNK_BYTES:
            slot[0] = NULL
        seq64 += 1


cdef void rtx_history_clear(RtxHistory* history) noexcept nogil:
    cdef Chunk* chunk
    while history.oldest != NULL:
        chunk = history.oldest
        history.oldest = chunk.next
        chunk_forget(history, chunk)
        chunk_give(history.pool, chunk)
    history.newest = NULL
    history.chunks = 0


cdef void rtx_history_free(RtxHistory* history) noexcept nogil:
    if history.index == NULL:
        return
    rtx_history_clear(history)
    free(history.index)
    history.index = NULL


cdef StoredPacket* rtx_history_reserve(RtxHistory* history, size_t size) noexcept nogil:
    if history.index == NULL:
        history.index = <StoredPacket**>calloc(history.mask + 1, sizeof(StoredPacket*))
        if history.index == NULL:
            return NULL
    cdef size_t need = sizeof(StoredPacket) + size + SRTP_MAX_OVERHEAD
    cdef Chunk* chunk = history.newest
    if chunk == NULL or history.used + need > CHUNK_BYTES:
        chunk = chunk_take(history.pool) if history.chunks < CHUNKS_MOST else NULL
        if chunk == NULL:
            return NULL
        if history.newest == NULL:
            history.oldest = chunk
        else:
            history.newest.next = chunk
        history.newest = chunk
        history.chunks += 1
        history.used = 0
    return <StoredPacket*>(chunk.bytes + history.used)


cdef void rtx_history_commit(RtxHistory* history, StoredPacket* packet) noexcept nogil:
    cdef Chunk* chunk = history.newest
    history.used += <uint32_t>((sizeof(StoredPacket) + packet.size + 15) & ~<size_t>15)
    chunk.newest_us = packet.arrived_us
    if chunk.first == 0 or packet.seq64 < chunk.first:
        chunk.first = packet.seq64
    if packet.seq64 > chunk.last:
        chunk.last = packet.seq64
    history.index[packet.seq64 & history.mask] = packet


cdef StoredPacket* rtx_history_get(const RtxHistory* history, uint64_t seq64) noexcept nogil:
    cdef StoredPacket* packet = history.index[seq64 & history.mask] if history.index != NULL else NULL
    return packet if packet != NULL and packet.seq64 == seq64 else NULL


cdef void rtx_history_expire(RtxHistory* history, int64_t now_us) noexcept nogil:
    cdef Chunk* chunk
    cdef int64_t keep_us
    while history.oldest != NULL:
        chunk = history.oldest
        keep_us = KEEP_CHEAP_US if history.chunks <= KEEP_CHEAP_CHUNKS else KEEP_ALWAYS_US
        if now_us - chunk.newest_us < keep_us:
            return
        history.oldest = chunk.next
        if history.oldest == NULL:
            history.newest = NULL
        history.chunks -= 1
        chunk_forget(history, chunk)
        chunk_give(history.pool, chunk)


cdef bint rtx_answer_allowed(RtxAnswers* answers, uint16_t seq16, int64_t now_us) noexcept nogil:
    cdef Answer* slot = &answers.slots[seq16 & (ANSWER_SLOTS - 1)]
    cdef uint32_t now_ms = <uint32_t>(now_us // 1000)
    if slot.count != 0 and now_ms - slot.sent_ms < ANSWER_GAP_MS:
        # Whichever number holds the slot: if a newcomer took it, asking for two in turn would get both without end.
        return False
    if slot.seq16 != seq16 or slot.count == 0:
        slot.seq16 = seq16
        slot.count = 0
    elif slot.count >= ANSWERS_MOST:
        return False
    slot.count += 1
    slot.sent_ms = now_ms
    return True
