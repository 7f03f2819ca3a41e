"""AV1 payloads (RTP Payload Format For AV1): the aggregation header and the first OBU's header.

For: `codec`. Not for: the dependency descriptor, which senders put into a header extension and the SFU passes through.
Source: AV1 RTP specification sections 4.4 and 4.5, AV1 bitstream specification sections 5.3 and 6.2.2. A decoder starts at
a new coded video sequence: the N bit says so, and so does a sequence header as the first OBU.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t

from native.wire.codec cimport CodecInfo

cdef enum:
    CONTINUES = 0x80  # Z: the first element is the rest of an OBU
    COUNT_SHIFT = 4  # W
    COUNT_MASK = 0x03
    NEW_SEQUENCE = 0x08  # N
    LEB128_BYTES_MAX = 8
    OBU_FORBIDDEN = 0x80
    OBU_TYPE_SHIFT = 3
    OBU_TYPE_MASK = 0x0F
    OBU_HAS_EXTENSION = 0x04

cdef enum ObuType:
    OBU_SEQUENCE_HEADER = 1
    OBU_TEMPORAL_DELIMITER = 2
    OBU_FRAME_HEADER = 3
    OBU_METADATA = 5
    OBU_FRAME = 6


cdef size_t element_size_read(const uint8_t* payload, size_t size, size_t at, size_t* element_bytes) noexcept nogil:
    """Reads one leb128 size; returns where it ends, 0 when it is cut off, too long, or promises more than there is."""
    cdef uint64_t value = 0
    cdef int index
    for index in range(LEB128_BYTES_MAX):
        if at >= size:
            return 0
        value |= <uint64_t>(payload[at] & 0x7F) << (7 * index)
        at += 1
        if not payload[at - 1] & 0x80:
            if value > size - at:
                return 0
            element_bytes[0] = <size_t>value
            return at
    return 0


cdef int first_obu_note(const uint8_t* obu, size_t size, CodecInfo* out) noexcept nogil:
    cdef uint8_t type
    if size < 1 or obu[0] & OBU_FORBIDDEN:
        return -1
    type = (obu[0] >> OBU_TYPE_SHIFT) & OBU_TYPE_MASK
    # A sender may cut an OBU anywhere, even behind its first byte.
    if obu[0] & OBU_HAS_EXTENSION and size >= 2:
        out.temporal_id = obu[1] >> 5
        out.spatial_id = (obu[1] >> 3) & 0x03
    if type == OBU_SEQUENCE_HEADER:
        out.keyframe = 1
    # Tile groups and the like go on with a frame that an earlier packet began.
    if type in (OBU_SEQUENCE_HEADER, OBU_TEMPORAL_DELIMITER, OBU_FRAME_HEADER, OBU_METADATA, OBU_FRAME):
        out.frame_start = 1
    return 0


cdef int av1_parse(const uint8_t* payload, size_t size, CodecInfo* out) noexcept nogil:
    cdef size_t at = 1
    cdef size_t element_bytes = 0
    cdef size_t first_at = 0
    cdef size_t first_bytes = 0
    cdef int count = 0
    cdef int expected
    if size < 2 or (payload[0] & CONTINUES and payload[0] & NEW_SEQUENCE):
        return -1
    expected = (payload[0] >> COUNT_SHIFT) & COUNT_MASK
    # W = 0: every element has its size in front; else W elements, the last one without.
    while at < size:
        count += 1
        if count == expected:
            element_bytes = size - at
        else:
            at = element_size_read(payload, size, at, &element_bytes)
            if at == 0:
                return -1
        if count == 1:
            first_at = at
            first_bytes = element_bytes
        at += element_bytes
    if expected != 0 and count != expected:
        return -1
    if payload[0] & CONTINUES:
        return 0
    if first_obu_note(payload + first_at, first_bytes, out) != 0:
        return -1
    if payload[0] & NEW_SEQUENCE:
        out.keyframe = 1
        out.frame_start = 1
    return 0
