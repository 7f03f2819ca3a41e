"""Retransmission: one shared history per producer (RFC 4588 needs the original packet), and who was answered when."""
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from native.wire.codec cimport CodecInfo
from native.wire.rtp cimport RtpExtensions

cdef enum:
    CHUNK_BYTES = 16384
    PACKET_MAX_BYTES = 2048        # larger than any path MTU we accept; bounds what one datagram can take
    HISTORY_VIDEO = 1024           # index entries: 2 s at 500 packets/s
    HISTORY_AUDIO = 128            # 1 s at 100 packets/s
    ANSWER_SLOTS = 256             # answers to one subscriber in 100 ms: 25 Mb/s of repair, far more than a path in trouble carries

cdef struct StoredPacket:          # decrypted, in a chunk; the bytes follow
    uint64_t seq64
    int64_t arrived_us
    uint32_t timestamp
    uint16_t size                  # header + payload, without padding
    uint16_t header_bytes
    uint16_t payload_bytes
    uint8_t payload_type
    uint8_t codec
    uint8_t marker
    uint8_t padding_only
    uint16_t forwardable           # bit per RtpExtension that goes on to subscribers unchanged
    CodecInfo info
    RtpExtensions extensions

cdef struct Chunk:
    Chunk* next                    # towards newer
    int64_t newest_us
    uint64_t first                 # lowest and highest seq64 in it, so that it is forgotten without reading cold packets
    uint64_t last
    uint8_t bytes[16384]

cdef struct ChunkPool:             # per worker; grows by need, never shrinks below `keep`
    Chunk* free
    size_t free_count
    size_t total

cdef struct RtxHistory:
    ChunkPool* pool
    Chunk* oldest
    Chunk* newest
    StoredPacket** index           # by seq64 & mask
    uint32_t mask
    uint32_t chunks
    uint32_t used                  # bytes of `newest`

cdef struct Answer:                # how often a subscriber got one packet again
    uint16_t seq16
    uint8_t count
    uint32_t sent_ms

cdef struct RtxAnswers:
    Answer slots[256]              # by seq16 & 255

cdef inline uint8_t* stored_bytes(StoredPacket* packet) noexcept nogil:
    return <uint8_t*>packet + sizeof(StoredPacket)

cdef void chunk_pool_free(ChunkPool* pool) noexcept nogil
# `entries`: a power of two. Takes no memory before the first packet.
cdef void rtx_history_init(RtxHistory* history, ChunkPool* pool, uint32_t entries) noexcept nogil
cdef void rtx_history_free(RtxHistory* history) noexcept nogil
cdef void rtx_history_clear(RtxHistory* history) noexcept nogil
# Room for a packet of up to `size` (<= PACKET_MAX_BYTES) bytes plus SRTP overhead; NULL without memory. Kept only by rtx_history_commit.
cdef StoredPacket* rtx_history_reserve(RtxHistory* history, size_t size) noexcept nogil
cdef void rtx_history_commit(RtxHistory* history, StoredPacket* packet) noexcept nogil
cdef StoredPacket* rtx_history_get(const RtxHistory* history, uint64_t seq64) noexcept nogil
# Gives back what is older than the policy keeps. Never called while packets wait to be sent.
cdef void rtx_history_expire(RtxHistory* history, int64_t now_us) noexcept nogil
# Whether this packet may be sent again now, and notes it when so.
cdef bint rtx_answer_allowed(RtxAnswers* answers, uint16_t seq16, int64_t now_us) noexcept nogil
