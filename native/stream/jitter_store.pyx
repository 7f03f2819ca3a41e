"""The packets of one stream that wait to be played.

For the jitter buffer alone: order by timestamp, duplicates, a fixed room. Not for: when to play what (`jitter`), what is in a packet.

Invariants: `order[:count]` is strictly ascending in ts64; every slot is either in `order` or in `free_slots`, every block in one chain or
free; nothing is allocated. An append costs a few compares; a packet that comes out of order moves the later ones' two bytes each.
"""
from libc.stdint cimport uint8_t, uint16_t
from libc.string cimport memcpy, memmove


cdef void store_clear(PacketStore* store) noexcept nogil:
    cdef int i
    store.count = 0
    for i in range(STORE_PACKETS):
        store.free_slots[i] = <uint16_t>i
    for i in range(STORE_BLOCKS):
        store.next_block[i] = <uint16_t>(i + 1)
    store.free_blocks = 0
    store.free_block_count = STORE_BLOCKS


cdef inline int blocks_of(int size) noexcept nogil:
    return (size + STORE_BLOCK_BYTES - 1) // STORE_BLOCK_BYTES


cdef void release(PacketStore* store, const StoredPacket* packet) noexcept nogil:
    """Gives the packet's blocks back."""
    cdef int count = blocks_of(packet.size)
    cdef int block = packet.block
    cdef int left = count
    if count == 0:
        return
    while left > 1:
        block = store.next_block[block]
        left -= 1
    store.next_block[block] = <uint16_t>store.free_blocks
    store.free_blocks = packet.block
    store.free_block_count += count


cdef void fill(PacketStore* store, StoredPacket* packet, const uint8_t* payload) noexcept nogil:
    """Takes blocks for the packet (there are enough) and copies the payload into them."""
    cdef int left = packet.size
    cdef int part
    cdef int block
    packet.block = <uint16_t>store.free_blocks
    while left > 0:
        block = store.free_blocks
        store.free_blocks = store.next_block[block]
        store.free_block_count -= 1
        part = left if left < STORE_BLOCK_BYTES else STORE_BLOCK_BYTES
        memcpy(store.blocks + block * STORE_BLOCK_BYTES, payload, part)
        payload += part
        left -= part


cdef int store_insert(PacketStore* store, const StoredPacket* packet, const uint8_t* payload) noexcept nogil:
    cdef int index = store.count
    cdef StoredPacket* slot
    while index > 0 and store.slots[store.order[index - 1]].ts64 >= packet.ts64:
        index -= 1
    if index < store.count:
        slot = &store.slots[store.order[index]]
        if slot.ts64 == packet.ts64:
            if not slot.redundant or packet.redundant or store.free_block_count + blocks_of(slot.size) < blocks_of(packet.size):
                return 1
            release(store, slot)
            slot[0] = packet[0]
            fill(store, slot, payload)
            return 0
    if store.count == STORE_PACKETS or store.free_block_count < blocks_of(packet.size):
        return -1
    memmove(&store.order[index + 1], &store.order[index], (store.count - index) * sizeof(uint16_t))
    store.order[index] = store.free_slots[STORE_PACKETS - store.count - 1]
    store.count += 1
    slot = &store.slots[store.order[index]]
    slot[0] = packet[0]
    fill(store, slot, payload)
    return 0


cdef int store_payload(const PacketStore* store, int index, uint8_t* out) noexcept nogil:
    cdef const StoredPacket* packet = store_at(store, index)
    cdef int left = packet.size
    cdef int block = packet.block
    cdef int part
    while left > 0:
        part = left if left < STORE_BLOCK_BYTES else STORE_BLOCK_BYTES
        memcpy(out, store.blocks + block * STORE_BLOCK_BYTES, part)
        out += part
        left -= part
        block = store.next_block[block]
    return packet.size


cdef void store_drop(PacketStore* store, int count) noexcept nogil:
    cdef int i
    if count <= 0:
        return
    for i in range(count):
        release(store, &store.slots[store.order[i]])
        store.free_slots[STORE_PACKETS - store.count + i] = store.order[i]
    memmove(store.order, &store.order[count], (store.count - count) * sizeof(uint16_t))
    store.count -= count
