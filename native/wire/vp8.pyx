"""VP8 payloads (RFC 7741): the payload descriptor and the frame's first byte.

For: `codec`. Source: RFC 7741 sections 4.2 (descriptor) and 4.3 (payload header). A key frame is recognised only in the
packet that begins partition 0: later packets of it start somewhere inside the bitstream.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from native.wire.codec cimport CodecInfo, picture_id_read, tl0_read

cdef enum:
    EXTENDED = 0x80  # X: a byte of presence flags follows
    PARTITION_START = 0x10  # S
    PARTITION_MASK = 0x07  # PID
    HAS_PICTURE_ID = 0x80  # I
    HAS_TL0 = 0x40  # L
    HAS_TID = 0x20  # T
    HAS_KEYIDX = 0x10  # K
    NOT_KEYFRAME = 0x01  # P, the inverse key-frame flag of the bitstream's frame tag


cdef int vp8_parse(const uint8_t* payload, size_t size, CodecInfo* out) noexcept nogil:
    cdef size_t at = 1
    cdef uint8_t flags = 0
    if size < 1:
        return -1
    if payload[0] & EXTENDED:
        if size < 2:
            return -1
        flags = payload[1]
        at = 2
    if flags & HAS_PICTURE_ID:
        at = picture_id_read(payload, size, at, out)
        if at == 0:
            return -1
    if flags & HAS_TL0:
        at = tl0_read(payload, size, at, out)
        if at == 0:
            return -1
    if flags & (HAS_TID | HAS_KEYIDX):
        if at >= size:
            return -1
        # One byte for both; without T its TID bits mean nothing.
        if flags & HAS_TID:
            out.temporal_id = payload[at] >> 6
        at += 1
    # A descriptor in front of no data is not a VP8 packet.
    if at >= size:
        return -1
    if payload[0] & PARTITION_START and (payload[0] & PARTITION_MASK) == 0:
        out.frame_start = 1
        out.keyframe = 0 if payload[at] & NOT_KEYFRAME else 1
    return 0
