"""libopus (RFC 6716): what the audio room calls. One declaration for decoder and encoder, so that nobody declares it again."""
from libc.stdint cimport int32_t, uint8_t

cdef extern from "opus/opus.h" nogil:
    ctypedef struct OpusDecoder:
        pass
    ctypedef struct OpusEncoder:
        pass

    const int OPUS_OK
    const int OPUS_APPLICATION_VOIP
    const int OPUS_APPLICATION_AUDIO
    const int OPUS_SET_BITRATE_REQUEST
    const int OPUS_SET_COMPLEXITY_REQUEST
    const int OPUS_SET_INBAND_FEC_REQUEST
    const int OPUS_SET_PACKET_LOSS_PERC_REQUEST
    const int OPUS_SET_DTX_REQUEST
    const int OPUS_SET_SIGNAL_REQUEST
    const int OPUS_SET_VBR_REQUEST
    const int OPUS_SET_PREDICTION_DISABLED_REQUEST
    const int OPUS_SIGNAL_VOICE
    const int OPUS_RESET_STATE

    int opus_decoder_get_size(int channels)
    int opus_decoder_init(OpusDecoder* decoder, int32_t rate, int channels)
    int opus_decoder_ctl(OpusDecoder* decoder, int request, ...)
    int opus_decode_float(OpusDecoder* decoder, const uint8_t* data, int32_t size, float* pcm, int samples, int fec)
    int opus_packet_get_samples_per_frame(const uint8_t* data, int32_t rate)
    int opus_packet_get_nb_frames(const uint8_t* packet, int32_t size)
    int opus_packet_get_nb_channels(const uint8_t* data)

    int opus_encoder_get_size(int channels)
    int opus_encoder_init(OpusEncoder* encoder, int32_t rate, int channels, int application)
    int opus_encoder_ctl(OpusEncoder* encoder, int request, ...)
    int32_t opus_encode_float(OpusEncoder* encoder, const float* pcm, int samples, uint8_t* data, int32_t room)

    const char* opus_get_version_string()
    const char* opus_strerror(int error)
