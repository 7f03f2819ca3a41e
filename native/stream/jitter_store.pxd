"""The packets of one stream that wait to be played, in the order of their timestamps, in a fixed room."""
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint16_t

cdef enum:
    STORE_PACKETS = 256            # 5 s of 20 ms packets, 2.5 s of 10 ms ones: more than any delay worth playing
    STORE_BLOCKS = 512
    STORE_BLOCK_BYTES = 128        # one block holds a 20 ms packet of speech; a longer one takes several
    STORE_PACKET_BYTES_MAX = 7680  # 120 ms of Opus at most: 6 frames of 1275 bytes and their lengths

cdef struct StoredPacket:
    int64_t ts64                   # RTP timestamp, extended
    int64_t seq64                  # extended; -1 for a redundant copy, which has none of its own
    int64_t arrival_us
    uint16_t size
    uint16_t samples               # it lasts, at 48 kHz
    uint16_t frame_samples         # of its first Opus frame: what its in-band FEC can restore; 0 = it carries none
    uint16_t block                 # first of its chain
    uint8_t redundant              # a copy that came inside another packet (RFC 2198)
    uint8_t kind                   # the caller's business

cdef struct PacketStore:
    int count
    uint16_t order[256]            # slots in ascending ts64
    uint16_t free_slots[256]       # stack; STORE_PACKETS - count of them
    int free_blocks                # head of the chain of free blocks
    int free_block_count
    StoredPacket slots[256]
    uint16_t next_block[512]
    uint8_t blocks[65536]

cdef inline const StoredPacket* store_at(const PacketStore* store, int index) noexcept nogil:
    """The index-th packet in the order of playing; 0 <= index < count."""
    return &store.slots[store.order[index]]

cdef void store_clear(PacketStore* store) noexcept nogil
# Takes a copy of `packet` (its block is filled in here) with its payload: 0; 1 = there is one of that timestamp already (a redundant
# copy gives way to the packet itself); -1 = no room.
cdef int store_insert(PacketStore* store, const StoredPacket* packet, const uint8_t* payload) noexcept nogil
# Copies the payload of the index-th packet to `out` (STORE_PACKET_BYTES_MAX of room); its size.
cdef int store_payload(const PacketStore* store, int index, uint8_t* out) noexcept nogil
# Forgets the first `count` packets.
cdef void store_drop(PacketStore* store, int count) noexcept nogil
