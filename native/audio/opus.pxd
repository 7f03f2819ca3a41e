"""One Opus encoder and its settings. One object, one C lifetime."""
from libc.stdint cimport uint8_t, uint32_t

from native.c.opus cimport OpusEncoder

cdef enum:
    ENCODER_PACKET_BYTES = 1275    # RFC 6716 section 3.2: the largest frame

cdef struct EncoderSettings:
    uint8_t complexity             # 0 ... 10
    uint8_t expected_loss_percent  # above 0: in-band FEC
    bint dtx
    uint32_t bitrate_bps

cdef struct Encoder:
    OpusEncoder* opus              # NULL = not made
    uint8_t channels
    bint alone                     # the next packet must be decodable without what came before

# 0, or -1 without memory.
cdef int encoder_init(Encoder* encoder, int channels, const EncoderSettings* settings) noexcept nogil
cdef void encoder_free(Encoder* encoder) noexcept nogil
cdef void encoder_set(Encoder* encoder, const EncoderSettings* settings) noexcept nogil
cdef void encoder_reset(Encoder* encoder) noexcept nogil
# Everything `source` knows (of the same channels), so that its packets go on seamlessly here: RFC 6716's decoder cannot tell.
cdef void encoder_copy(Encoder* encoder, const Encoder* source) noexcept nogil
# A decoder that heard another encoder until now joins with the next packet that is sent.
cdef void encoder_join(Encoder* encoder) noexcept nogil
# 20 ms, interleaved: bytes written to out (ENCODER_PACKET_BYTES long), 0 = nothing to send (DTX).
cdef int encoder_encode(Encoder* encoder, const float* samples, int frames, uint8_t* out) noexcept nogil
