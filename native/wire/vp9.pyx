"""VP9 payloads (RFC 9628): the payload descriptor, flexible and non-flexible mode.

For: `codec`. Source: RFC 9628 section 4.2. A decoder can start where an unpredicted frame of the lowest spatial layer
begins (P = 0, B = 1, SID = 0): higher spatial layers of a key picture have P = 0 as well but need the lower ones.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from native.wire.codec cimport CodecInfo, picture_id_read, tl0_read

cdef enum:
    HAS_PICTURE_ID = 0x80  # I
    INTER_PREDICTED = 0x40  # P
    HAS_LAYERS = 0x20  # L
    FLEXIBLE = 0x10  # F
    FRAME_BEGIN = 0x08  # B
    HAS_STRUCTURE = 0x02  # V
    REFERENCES_MAX = 3
    MORE_REFERENCES = 0x01  # N
    STRUCTURE_HAS_SIZES = 0x10  # Y
    STRUCTURE_HAS_GROUP = 0x08  # G


cdef size_t references_skip(const uint8_t* payload, size_t size, size_t at) noexcept nogil:
    """Passes the P_DIFF bytes of flexible mode; returns where they end, 0 when cut off or more than three."""
    cdef int count
    for count in range(REFERENCES_MAX):
        if at >= size:
            return 0
        at += 1
        if not payload[at - 1] & MORE_REFERENCES:
            return at
    return 0


cdef size_t structure_skip(const uint8_t* payload, size_t size, size_t at) noexcept nogil:
    """Passes the scalability structure; returns where it ends, 0 when it is cut off."""
    cdef uint8_t flags
    cdef int pictures
    if at >= size:
        return 0
    flags = payload[at]
    at += 1
    if flags & STRUCTURE_HAS_SIZES:
        at += 4 * ((flags >> 5) + 1)
    if flags & STRUCTURE_HAS_GROUP:
        if at >= size:
            return 0
        pictures = payload[at]
        at += 1
        while pictures > 0:
            if at >= size:
                return 0
            # TID and U, then R reference bytes follow.
            at += 1 + ((payload[at] >> 2) & 0x03)
            pictures -= 1
    return at if at <= size else 0


cdef int vp9_parse(const uint8_t* payload, size_t size, CodecInfo* out) noexcept nogil:
    cdef uint8_t flags
    cdef size_t at = 1
    if size < 1:
        return -1
    flags = payload[0]
    if flags & HAS_PICTURE_ID:
        at = picture_id_read(payload, size, at, out)
        if at == 0:
            return -1
    elif flags & FLEXIBLE:
        # References are differences of picture ids: without one they mean nothing (F requires I).
        return -1
    if flags & HAS_LAYERS:
        if at >= size:
            return -1
        out.temporal_id = payload[at] >> 5
        out.spatial_id = (payload[at] >> 1) & 0x07
        at += 1
        if not flags & FLEXIBLE:
            at = tl0_read(payload, size, at, out)
            if at == 0:
                return -1
    if flags & FLEXIBLE and flags & INTER_PREDICTED:
        at = references_skip(payload, size, at)
        if at == 0:
            return -1
    if flags & HAS_STRUCTURE:
        at = structure_skip(payload, size, at)
        if at == 0:
            return -1
    if at >= size:
        return -1
    if flags & FRAME_BEGIN:
        out.frame_start = 1
        out.keyframe = 1 if not flags & INTER_PREDICTED and out.spatial_id == 0 else 0
    return 0
