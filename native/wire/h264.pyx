"""H.264 payloads (RFC 6184): single NAL units, STAP-A and FU-A, which is all that packetization modes 0 and 1 have.

For: `codec`. Source: RFC 6184 sections 5.2 to 5.8; ITU-T H.264 sections 7.3.1 and 7.3.3. A decoder starts at a sequence
parameter set, or at the first slice of an IDR picture where the parameter sets went by signalling. Where a sender puts parameter
sets and slices into packets of their own, each of those packets is a key-frame start and a frame start: the payload of a slice
cannot tell whether it opened the access unit (`headless`), the packets before it can.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from native.wire.bytes cimport be16_read
from native.wire.codec cimport CodecInfo

cdef enum:
    TYPE_MASK = 0x1F
    NAL_SLICE = 1
    NAL_SLICE_IDR = 5
    NAL_SEI = 6
    NAL_SPS = 7
    NAL_DELIMITER = 9
    NAL_SINGLE_LAST = 23
    NAL_STAP_A = 24
    NAL_FU_A = 28
    FU_START = 0x80
    # first_mb_in_slice is an Exp-Golomb code right after the NAL header; a leading 1 bit is its value 0.
    FIRST_MACROBLOCK = 0x80


cdef void unit_note(uint8_t type, const uint8_t* slice_header, size_t size, CodecInfo* out) noexcept nogil:
    """Notes what a NAL unit's beginning says; `size` bytes follow its header."""
    cdef bint opens_picture = size > 0 and slice_header[0] & FIRST_MACROBLOCK
    if type == NAL_SPS:
        out.keyframe = 1
        out.headless = 0
        out.frame_start = 1
    elif type == NAL_SLICE_IDR and opens_picture:
        # Behind a parameter set in the same packet it is not without a head.
        out.headless = not out.keyframe
        out.keyframe = 1
        out.frame_start = 1
    elif NAL_SEI <= type <= NAL_DELIMITER or (type == NAL_SLICE and opens_picture):
        # SEI, parameter sets and delimiters stand before the first slice of their access unit (section 7.4.1.2.3).
        out.frame_start = 1


cdef int aggregate_parse(const uint8_t* payload, size_t size, CodecInfo* out) noexcept nogil:
    """STAP-A: 16-bit sizes, each with a NAL unit behind it; every one of them counts."""
    cdef size_t at = 1
    cdef size_t unit_bytes
    if size < 4:
        return -1
    while at < size:
        if at + 2 > size:
            return -1
        unit_bytes = be16_read(payload + at)
        at += 2
        if unit_bytes == 0 or at + unit_bytes > size:
            return -1
        unit_note(payload[at] & TYPE_MASK, payload + at + 1, unit_bytes - 1, out)
        at += unit_bytes
    return 0


cdef int h264_parse(const uint8_t* payload, size_t size, CodecInfo* out) noexcept nogil:
    cdef uint8_t type
    if size < 1:
        return -1
    type = payload[0] & TYPE_MASK
    if 1 <= type <= NAL_SINGLE_LAST:
        unit_note(type, payload + 1, size - 1, out)
        return 0
    if type == NAL_STAP_A:
        return aggregate_parse(payload, size, out)
    if type == NAL_FU_A:
        # A fragment has something in it (section 5.8), and both header bytes.
        if size < 3:
            return -1
        if payload[1] & FU_START:
            unit_note(payload[1] & TYPE_MASK, payload + 2, size - 2, out)
        return 0
    # 25 to 27 and 29 belong to the interleaved mode, which is never negotiated; 0, 30 and 31 are undefined.
    return -1
