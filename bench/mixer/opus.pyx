"""libopus for the mixer's bench: a browser's packets made from sound, sound from packets, and what one decode and one encode cost here.

Settings are those of a browser's microphone: 48 kHz mono, 20 ms, VBR. Not for the server, which has its own (native.audio).
"""
from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from native.c.opus cimport (
    OPUS_APPLICATION_VOIP, OPUS_OK, OPUS_SET_BITRATE_REQUEST, OPUS_SET_COMPLEXITY_REQUEST, OPUS_SET_DTX_REQUEST,
    OPUS_SET_INBAND_FEC_REQUEST, OPUS_SET_PACKET_LOSS_PERC_REQUEST, OpusDecoder, OpusEncoder, opus_decode_float, opus_decoder_get_size,
    opus_decoder_init, opus_encode_float, opus_encoder_ctl, opus_encoder_get_size, opus_encoder_init,
)
from native.c.socket cimport CLOCK_THREAD_CPUTIME_ID, clock_us

RATE = 48000
FRAME = 960

cdef enum:
    C_FRAME = 960                  # samples of 20 ms
    PACKET_MOST = 1275             # RFC 6716 section 3.2


cdef OpusEncoder* encoder_new(int bitrate_bps, int complexity, bint dtx, int expected_loss_percent) except NULL:
    cdef OpusEncoder* encoder = <OpusEncoder*>malloc(opus_encoder_get_size(1))
    if encoder == NULL:
        raise MemoryError()
    if opus_encoder_init(encoder, 48000, 1, OPUS_APPLICATION_VOIP) != OPUS_OK:
        free(encoder)
        raise RuntimeError("libopus makes no encoder")
    opus_encoder_ctl(encoder, OPUS_SET_BITRATE_REQUEST, <int32_t>bitrate_bps)
    opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY_REQUEST, <int32_t>complexity)
    opus_encoder_ctl(encoder, OPUS_SET_DTX_REQUEST, <int32_t>dtx)
    opus_encoder_ctl(encoder, OPUS_SET_INBAND_FEC_REQUEST, <int32_t>(expected_loss_percent > 0))
    opus_encoder_ctl(encoder, OPUS_SET_PACKET_LOSS_PERC_REQUEST, <int32_t>expected_loss_percent)
    return encoder


cdef OpusDecoder* decoder_new() except NULL:
    cdef OpusDecoder* decoder = <OpusDecoder*>malloc(opus_decoder_get_size(1))
    if decoder == NULL:
        raise MemoryError()
    if opus_decoder_init(decoder, 48000, 1) != OPUS_OK:
        free(decoder)
        raise RuntimeError("libopus makes no decoder")
    return decoder


def encode(bytes samples, *, bitrate_bps=32000, complexity=9, dtx=False, expected_loss_percent=0):
    """Packets of the float32 samples (48 kHz mono), one for each whole 20 ms; of silence under DTX a byte or two."""
    cdef OpusEncoder* encoder = encoder_new(bitrate_bps, complexity, dtx, expected_loss_percent)
    cdef const float* pcm = <const float*><const char*>samples
    cdef uint8_t packet[PACKET_MOST]
    cdef int32_t size
    cdef list out = []
    try:
        for at in range(len(samples) // (4 * C_FRAME)):
            size = opus_encode_float(encoder, pcm + <int>at * C_FRAME, C_FRAME, packet, PACKET_MOST)
            if size < 0:
                raise RuntimeError(f"libopus: error {size}")
            out.append(packet[:size])
    finally:
        free(encoder)
    return out


def decode(list packets):
    """float32 samples (48 kHz mono) of 20 ms each; a packet that is None is concealed. Whatever cannot be decoded raises ValueError."""
    cdef OpusDecoder* decoder = decoder_new()
    cdef float pcm[C_FRAME]
    cdef const char* data
    cdef int count
    cdef bytearray out = bytearray()
    try:
        for packet in packets:
            data = NULL
            if packet is not None:
                data = <const char*>(<bytes>packet)
            count = opus_decode_float(decoder, <const uint8_t*>data, 0 if packet is None else <int32_t>len(packet), pcm, C_FRAME, 0)
            if count < 0:
                raise ValueError(f"no Opus packet of 20 ms: libopus says {count}")
            out += (<char*>pcm)[:count * 4]
    finally:
        free(decoder)
    return bytes(out)


def cost_us(list packets, bytes samples, *, rounds, bitrate_bps, complexity, expected_loss_percent):
    """Microseconds of CPU of (one decode of these packets, one encode of these samples), over so many rounds; states go on throughout."""
    cdef OpusEncoder* encoder = NULL
    cdef OpusDecoder* decoder = NULL
    cdef bytes joined = b"".join(packets)
    cdef const uint8_t* data = <const uint8_t*><const char*>joined
    cdef const float* mix = <const float*><const char*>samples
    cdef int32_t* sizes = <int32_t*>malloc(len(packets) * sizeof(int32_t))
    cdef float pcm[C_FRAME]
    cdef uint8_t packet[PACKET_MOST]
    cdef int64_t begun_us, decoded_us, encoded_us
    cdef int count = len(packets), frames = len(samples) // (4 * C_FRAME), turns = rounds, failed = 0, turn, i
    cdef size_t at
    try:
        if sizes == NULL:
            raise MemoryError()
        for i in range(count):
            sizes[i] = len(packets[i])
        encoder = encoder_new(bitrate_bps, complexity, False, expected_loss_percent)
        decoder = decoder_new()
        with nogil:
            begun_us = clock_us(CLOCK_THREAD_CPUTIME_ID)
            for turn in range(turns):
                at = 0
                for i in range(count):
                    failed |= opus_decode_float(decoder, data + at, sizes[i], pcm, C_FRAME, 0)
                    at += <size_t>sizes[i]
            decoded_us = clock_us(CLOCK_THREAD_CPUTIME_ID)
            for turn in range(turns):
                for i in range(frames):
                    failed |= opus_encode_float(encoder, mix + i * C_FRAME, C_FRAME, packet, PACKET_MOST)
            encoded_us = clock_us(CLOCK_THREAD_CPUTIME_ID)
        if failed < 0:
            raise ValueError("not all of these were Opus packets and samples of 20 ms")
        return (decoded_us - begun_us) / (turns * count), (encoded_us - decoded_us) / (turns * frames)
    finally:
        free(sizes)
        free(encoder)
        free(decoder)
