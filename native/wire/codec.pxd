"""What the SFU must know about a payload: key frame, frame boundaries, and the fields it may have to renumber."""
from libc.stddef cimport size_t
from libc.stdint cimport int16_t, uint8_t, uint16_t

from native.wire.bytes cimport be16_read

cdef enum Codec:
    CODEC_NONE = 0
    CODEC_OPUS = 1
    CODEC_VP8 = 2
    CODEC_VP9 = 3
    CODEC_H264 = 4
    CODEC_AV1 = 5
    CODEC_TELEPHONE_EVENT = 6      # RFC 4733: keys beside the audio, in its stream

cdef struct CodecInfo:
    uint8_t keyframe               # this packet begins a key frame that a decoder can start with
    uint8_t headless               # that is so only if it is its frame's first packet: parameter sets may have come before (H.264)
    uint8_t frame_start            # first packet of a frame, as far as the payload tells
    uint8_t temporal_id
    uint8_t spatial_id
    uint8_t picture_id_bits        # 0 (absent), 7 or 15
    uint8_t tl0_picture_index
    uint16_t picture_id
    int16_t picture_id_offset      # byte offset into the payload, -1 when absent
    int16_t tl0_offset             # byte offset of TL0PICIDX, -1 when absent

# Fills `out` whatever it returns: 0, or -1 when the payload breaks its format (an empty one does, so ask before whether there
# is any payload at all: padding probes have none); then nothing but absence is in `out`. Reads the payload's descriptor and
# the first bytes of the bitstream only. For CODEC_OPUS every packet is a key frame and a frame start: a decoder may begin
# anywhere. CODEC_NONE, or a number that is no Codec: 0, nothing known.
cdef int codec_parse(Codec codec, const uint8_t* payload, size_t size, CodecInfo* out) noexcept nogil
# Writes both numbers where codec_parse found them in this payload (or in a copy), the picture id cut to the width it has
# there; writes nothing that is absent.
cdef void codec_patch(uint8_t* payload, const CodecInfo* info, uint16_t picture_id, uint8_t tl0_picture_index) noexcept nogil


cdef inline void codec_clear(CodecInfo* out) noexcept nogil:
    """Nothing known: no key frame, no layers, every field absent."""
    out.keyframe = 0
    out.headless = 0
    out.frame_start = 0
    out.temporal_id = 0
    out.spatial_id = 0
    out.picture_id_bits = 0
    out.tl0_picture_index = 0
    out.picture_id = 0
    out.picture_id_offset = -1
    out.tl0_offset = -1


cdef inline size_t picture_id_read(const uint8_t* payload, size_t size, size_t at, CodecInfo* out) noexcept nogil:
    """Reads the picture id of VP8 and VP9 (both: M bit, then 7 or 15 bits); returns where it ends, 0 when it is cut off."""
    if at >= size:
        return 0
    if payload[at] & 0x80:
        if at + 1 >= size:
            return 0
        out.picture_id_bits = 15
        out.picture_id = be16_read(payload + at) & 0x7FFF
    else:
        out.picture_id_bits = 7
        out.picture_id = payload[at]
    out.picture_id_offset = <int16_t>at
    return at + (2 if out.picture_id_bits == 15 else 1)


cdef inline size_t tl0_read(const uint8_t* payload, size_t size, size_t at, CodecInfo* out) noexcept nogil:
    """Reads TL0PICIDX, the running number of base-layer frames; returns where it ends, 0 when it is cut off."""
    if at >= size:
        return 0
    out.tl0_picture_index = payload[at]
    out.tl0_offset = <int16_t>at
    return at + 1
