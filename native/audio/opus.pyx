"""One Opus encoder (RFC 6716, RFC 7587) and its settings.

Called by audio.mix. Decoding belongs to audio.playout. VOIP mode: mixes are speech most of the time, and for music the encoder decides
by itself to code it as such; its look-ahead and inter-frame prediction are what makes a join of another decoder audible, so `encoder_join`.
"""
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from native.c.opus cimport (
    OPUS_APPLICATION_VOIP,
    OPUS_OK,
    OPUS_RESET_STATE,
    OPUS_SET_BITRATE_REQUEST,
    OPUS_SET_COMPLEXITY_REQUEST,
    OPUS_SET_DTX_REQUEST,
    OPUS_SET_INBAND_FEC_REQUEST,
    OPUS_SET_PACKET_LOSS_PERC_REQUEST,
    OPUS_SET_PREDICTION_DISABLED_REQUEST,
    opus_encode_float,
    opus_encoder_ctl,
    opus_encoder_get_size,
    opus_encoder_init,
)

cdef enum:
    SAMPLE_RATE = 48000
    # Opus answers with one or two bytes when the frame need not be sent (opus_encoder.c: "no need to transmit").
    DTX_BYTES_MOST = 2


cdef int encoder_init(Encoder* encoder, int channels, const EncoderSettings* settings) noexcept nogil:
    encoder.channels = <uint8_t>channels
    encoder.alone = 0
    encoder.opus = <OpusEncoder*>malloc(opus_encoder_get_size(channels))
    if encoder.opus == NULL:
        return -1
    if opus_encoder_init(encoder.opus, SAMPLE_RATE, channels, OPUS_APPLICATION_VOIP) != OPUS_OK:
        encoder_free(encoder)
        return -1
    encoder_set(encoder, settings)
    return 0


cdef void encoder_free(Encoder* encoder) noexcept nogil:
    free(encoder.opus)
    encoder.opus = NULL


cdef void encoder_set(Encoder* encoder, const EncoderSettings* settings) noexcept nogil:
    opus_encoder_ctl(encoder.opus, OPUS_SET_BITRATE_REQUEST, <int>settings.bitrate_bps)
    opus_encoder_ctl(encoder.opus, OPUS_SET_COMPLEXITY_REQUEST, <int>settings.complexity)
    opus_encoder_ctl(encoder.opus, OPUS_SET_PACKET_LOSS_PERC_REQUEST, <int>settings.expected_loss_percent)
    opus_encoder_ctl(encoder.opus, OPUS_SET_INBAND_FEC_REQUEST, <int>(settings.expected_loss_percent > 0))
    opus_encoder_ctl(encoder.opus, OPUS_SET_DTX_REQUEST, <int>settings.dtx)


cdef void encoder_reset(Encoder* encoder) noexcept nogil:
    opus_encoder_ctl(encoder.opus, OPUS_RESET_STATE)
    encoder.alone = 0


cdef void encoder_copy(Encoder* encoder, const Encoder* source) noexcept nogil:
    # opus.h promises that the state is position independent and may be copied.
    memcpy(encoder.opus, source.opus, opus_encoder_get_size(encoder.channels))
    encoder.alone = source.alone


cdef void encoder_join(Encoder* encoder) noexcept nogil:
    encoder.alone = 1


cdef int encoder_encode(Encoder* encoder, const float* samples, int frames, uint8_t* out) noexcept nogil:
    cdef int size
    if encoder.alone:
        opus_encoder_ctl(encoder.opus, OPUS_SET_PREDICTION_DISABLED_REQUEST, 1)
        size = opus_encode_float(encoder.opus, samples, frames, out, ENCODER_PACKET_BYTES)
        opus_encoder_ctl(encoder.opus, OPUS_SET_PREDICTION_DISABLED_REQUEST, 0)
    else:
        size = opus_encode_float(encoder.opus, samples, frames, out, ENCODER_PACKET_BYTES)
    if size <= DTX_BYTES_MOST:
        return 0
    encoder.alone = 0
    return size
