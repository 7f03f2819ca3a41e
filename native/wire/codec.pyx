"""One question for all codecs: what does the SFU have to know about this payload?

For: `engine.producer` (key frames, layers) and `engine.consumer` (renumbering for a subscriber who did not get every frame).
Not for: decoding, reassembly of frames, or the AV1 dependency descriptor, which is a header extension. Each payload format
has a file of its own (`vp8 vp9 h264 av1`); this one dispatches and patches.

Invariant: offsets in CodecInfo lie inside the payload that was parsed, so a patch of that payload stays inside it too.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t

from native.wire.av1 cimport av1_parse
from native.wire.bytes cimport be16_write
from native.wire.h264 cimport h264_parse
from native.wire.vp8 cimport vp8_parse
from native.wire.vp9 cimport vp9_parse


cdef int codec_parse(Codec codec, const uint8_t* payload, size_t size, CodecInfo* out) noexcept nogil:
    cdef int code = 0
    codec_clear(out)
    if codec == CODEC_OPUS:
        out.keyframe = 1
        out.frame_start = 1
    elif codec == CODEC_VP8:
        code = vp8_parse(payload, size, out)
    elif codec == CODEC_VP9:
        code = vp9_parse(payload, size, out)
    elif codec == CODEC_H264:
        code = h264_parse(payload, size, out)
    elif codec == CODEC_AV1:
        code = av1_parse(payload, size, out)
    if code != 0:
        codec_clear(out)
    return code


cdef void codec_patch(uint8_t* payload, const CodecInfo* info, uint16_t picture_id, uint8_t tl0_picture_index) noexcept nogil:
    if info.picture_id_offset >= 0:
        if info.picture_id_bits == 15:
            be16_write(payload + info.picture_id_offset, 0x8000 | (picture_id & 0x7FFF))
        else:
            payload[info.picture_id_offset] = picture_id & 0x7F
    if info.tl0_offset >= 0:
        payload[info.tl0_offset] = tl0_picture_index
