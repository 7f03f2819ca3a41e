"""Redundant audio data: the block headers of an RFC 2198 payload.

For receivers of RED (`audio.playout`). Not for: what the blocks mean, or whether somebody needs them.

RFC 2198 section 3. Invariants: no byte outside [0, size) is read; the work is linear in the number of headers; every block lies inside.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t

cdef enum:
    HEADER_BYTES = 4
    # RtpHeader's own limit: offsets fit 16 bits.
    PAYLOAD_BYTES_MAX = 65535


cdef int red_parse(const uint8_t* payload, size_t size, RedBlock* blocks) noexcept nogil:
    cdef size_t at = 0
    cdef size_t offset
    cdef int count = 0
    cdef int i
    if size > PAYLOAD_BYTES_MAX:
        return -1
    while True:
        if at >= size or count == RED_BLOCKS_MAX:
            return -1
        blocks[count].payload_type = payload[at] & 0x7F
        if not payload[at] & 0x80:
            break
        if at + HEADER_BYTES > size:
            return -1
        blocks[count].behind = <uint16_t>((payload[at + 1] << 6) | (payload[at + 2] >> 2))
        blocks[count].size = <uint16_t>(((payload[at + 2] & 3) << 8) | payload[at + 3])
        at += HEADER_BYTES
        count += 1
    offset = at + 1
    for i in range(count):
        if offset + blocks[i].size > size:
            return -1
        blocks[i].offset = <uint16_t>offset
        offset += blocks[i].size
    # The primary takes what is left.
    blocks[count].offset = <uint16_t>offset
    blocks[count].size = <uint16_t>(size - offset)
    blocks[count].behind = 0
    return count + 1
