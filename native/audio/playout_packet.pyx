"""RTP packets into a playout's jitter buffer: what is in them, and how long it lasts.

For `playout` alone. Reads RTP, RED and the first bytes of Opus; decodes nothing.

RFC 3550, RFC 2198, RFC 3389, RFC 6716 sections 3 and 4.2.4. Invariants: any bytes are safe; what cannot be played is refused and counted.
"""
from libc.stddef cimport size_t
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t
from libc.string cimport memset

from native.audio.playout_state cimport PACKET_SAMPLES_MAX, RATE, PlayoutState
from native.c.opus cimport opus_packet_get_nb_frames, opus_packet_get_samples_per_frame
from native.stream.jitter cimport JITTER_COMFORT, JITTER_OPUS, JitterInput, jitter_put
from native.stream.jitter_store cimport STORE_PACKET_BYTES_MAX
from native.wire.red cimport RedBlock, red_parse
from native.wire.rtp cimport RtpHeader, rtp_parse_header, rtp_parse_padding

cdef enum:
    COMFORT_SAMPLES = 120          # what a comfort noise packet counts for: it has no length, and ends where the next packet begins


cdef int opus_samples(const uint8_t* payload, size_t size) noexcept nogil:
    """How long an Opus packet lasts at 48 kHz; 0 when it is none."""
    cdef int frames
    cdef int samples
    if size == 0 or size > STORE_PACKET_BYTES_MAX:
        return 0
    frames = opus_packet_get_nb_frames(payload, <int32_t>size)
    if frames <= 0:
        return 0
    samples = frames * opus_packet_get_samples_per_frame(payload, RATE)
    return samples if samples <= PACKET_SAMPLES_MAX else 0


cdef int fec_samples(const uint8_t* payload, size_t size) noexcept nogil:
    """What in-band FEC in this packet restores of the one before it (RFC 6716 section 4.2.4); 0 = it has none.

    The LBRR flag follows the voice activity flags of the first SILK frame's 20 ms parts, one bit each, at the beginning of the range coder's
    bytes, which stand there as they are (bits of probability one half).
    """
    cdef int samples = opus_packet_get_samples_per_frame(payload, RATE)
    cdef int parts = samples // 960 if samples > 960 else 1
    cdef bint side
    if payload[0] & 0x80 or payload[0] & 3 != 0 or size < 2:
        # CELT alone has none; of packets with several frames only the first one's would count.
        return 0
    side = payload[0] & 4 != 0 and payload[1] >> (6 - 2 * parts) & 1 != 0
    return samples if payload[1] >> (7 - parts) & 1 or side else 0


cdef int payload_put(PlayoutState* playout, JitterInput* input, const uint8_t* payload, size_t size, int64_t now_us) noexcept nogil:
    """One payload that is not RED: -1 when it can not be played."""
    cdef int samples
    cdef int done
    if input.kind == JITTER_COMFORT:
        samples = 0
        input.frame_samples = 0
        input.samples = COMFORT_SAMPLES
    else:
        samples = opus_samples(payload, size)
        if samples == 0:
            playout.counts.packets_malformed += not input.redundant
            return -1
        input.samples = <uint16_t>samples
        input.frame_samples = <uint16_t>fec_samples(payload, size)
    input.size = <uint16_t>size
    done = jitter_put(&playout.jitter, input, payload, now_us)
    if done == 1:
        playout.anew = 1
    return -1 if done < 0 else 0


cdef int kind_of(const PlayoutState* playout, uint8_t payload_type) noexcept nogil:
    """JITTER_OPUS, JITTER_COMFORT, or -1 for what is neither."""
    if playout.comfort_payload_type != 0 and payload_type == playout.comfort_payload_type:
        return JITTER_COMFORT
    if playout.opus_payload_type != 0 and payload_type != playout.opus_payload_type:
        return -1
    return JITTER_OPUS


cdef int playout_packet_put(PlayoutState* playout, const uint8_t* rtp, size_t size, int64_t now_us) noexcept nogil:
    cdef RtpHeader header
    cdef RedBlock blocks[16]
    cdef JitterInput input
    cdef const uint8_t* payload
    cdef int count
    cdef int kind
    cdef int done
    cdef int i
    if rtp_parse_header(rtp, size, &header) < 0 or rtp_parse_padding(rtp, size, &header) < 0:
        playout.counts.packets_malformed += 1
        return -1
    if header.payload_bytes == 0:
        # A probe of padding alone.
        return -1
    payload = rtp + header.header_bytes
    memset(&input, 0, sizeof(input))
    input.ssrc = header.ssrc
    input.timestamp = header.timestamp
    input.seq16 = header.seq16
    if playout.red_payload_type == 0 or header.payload_type != playout.red_payload_type:
        kind = kind_of(playout, header.payload_type)
        if kind < 0:
            playout.counts.packets_malformed += 1
            return -1
        input.kind = <uint8_t>kind
        done = payload_put(playout, &input, payload, header.payload_bytes, now_us)
    else:
        count = red_parse(payload, header.payload_bytes, blocks)
        kind = kind_of(playout, blocks[count - 1].payload_type) if count > 0 else -1
        if kind < 0 or blocks[count - 1].size == 0:
            playout.counts.packets_malformed += 1
            return -1
        # The packet itself first: it may begin a stream, which its copies of older ones do not.
        input.kind = <uint8_t>kind
        done = payload_put(playout, &input, payload + blocks[count - 1].offset, blocks[count - 1].size, now_us)
        for i in range(count - 1):
            kind = kind_of(playout, blocks[i].payload_type)
            if kind < 0 or blocks[i].size == 0 or blocks[i].behind == 0:
                continue
            input.kind = <uint8_t>kind
            input.redundant = 1
            input.behind = blocks[i].behind
            payload_put(playout, &input, payload + blocks[i].offset, blocks[i].size, now_us)
    if done == 0:
        playout.counts.packets += 1
    return done
