"""What the SFU must know about a video payload: key frame, frame boundaries, and the fields it may have to renumber."""
from libc.stddef cimport size_t
from libc.stdint cimport int16_t, uint8_t, uint16_t

cdef enum Codec:
    CODEC_NONE = 0
    CODEC_OPUS = 1
    CODEC_VP8 = 2
    CODEC_VP9 = 3
    CODEC_H264 = 4
    CODEC_AV1 = 5

cdef struct CodecInfo:
    uint8_t keyframe               # this packet begins a key frame that a decoder can start with
    uint8_t frame_start            # first packet of a frame, as far as the payload tells
    uint8_t temporal_id
    uint8_t spatial_id
    uint8_t picture_id_bits        # 0 (absent), 7 or 15
    uint8_t tl0_picture_index
    uint16_t picture_id
    int16_t picture_id_offset      # byte offset into the payload, -1 when absent
    int16_t tl0_offset             # byte offset of TL0PICIDX, -1 when absent

cdef int codec_parse(Codec codec, const uint8_t* payload, size_t size, CodecInfo* out) noexcept nogil
cdef void codec_patch(uint8_t* payload, const CodecInfo* info, uint16_t picture_id, uint8_t tl0_picture_index) noexcept nogil
