"""RTCP packets, bytes <-> structs: a cursor over a compound packet, total parsers, exact writers.

For the engine (incoming and outgoing RTCP) and `stream.twcc`; it keeps no state and decides nothing: which SSRC is known,
which request is honoured and how often is the caller's. Encryption is `stream.srtp`'s.

RFC 3550 section 6 (SR, RR, SDES, BYE), RFC 4585 section 6 (NACK, PLI), RFC 5104 section 4.3.1 (FIR), RFC 5506 (reduced size),
draft-alvestrand-rmcat-remb-03, draft-holmer-rmcat-transport-wide-cc-extensions-01.

Invariants: a parser reads nothing outside [body, body + body_bytes) and takes time linear in the body; a writer writes all or
nothing and always whole 32-bit words.
"""
from libc.string cimport memcpy, memset

from native.wire.bytes cimport be16_read, be16_write, be24_read, be24_write, be32_read, be32_write, be64_read, be64_write

cdef enum:
    HEADER_BYTES = 4
    SENDER_INFO_BYTES = 24         # with the sender's SSRC
    REPORT_BLOCK_BYTES = 24
    FEEDBACK_BYTES = 8             # the two SSRCs before the feedback control information
    TRANSPORT_CC_BYTES = 16        # FEEDBACK_BYTES, base, status count, reference time, feedback count
    COUNT_MAX = 31                 # five bits
    SDES_CNAME = 1
    LOST_MAX = 0x7FFFFF            # 24-bit signed
    LOST_MIN = -0x800000
    MANTISSA_MAX = 0x3FFFF         # REMB, 18 bits

cdef uint32_t REMB_NAME = 0x52454D42            # "REMB"


# ---------------------------------------------------------------------------------------------------------------- parsers

cdef int rtcp_next(const uint8_t* data, size_t size, size_t* offset, RtcpPacket* out) noexcept nogil:
    """RFC 3550 section 6.4.1. Padding need not be whole words nor on the last packet: libwebrtc ends transport-cc with 1-3 bytes of it."""
    cdef size_t start = offset[0]
    cdef size_t left, packet_bytes, padding
    if start == size:
        return 0
    if start > size or size - start < HEADER_BYTES:
        return -1
    left = size - start
    if data[start] >> 6 != 2:
        return -1
    packet_bytes = (<size_t>be16_read(data + start + 2) + 1) * 4
    if packet_bytes > left:
        return -1
    out.type = data[start + 1]
    out.count = data[start] & 31
    out.body = data + start + HEADER_BYTES
    out.body_bytes = packet_bytes - HEADER_BYTES
    if data[start] & 0x20:
        if out.body_bytes == 0:
            return -1
        padding = out.body[out.body_bytes - 1]
        if padding == 0 or padding > out.body_bytes:
            return -1
        out.body_bytes -= padding
    offset[0] = start + packet_bytes
    return 1


cdef int rtcp_parse_sender_info(const RtcpPacket* packet, RtcpSenderInfo* out) noexcept nogil:
    """RFC 3550 section 6.4.1."""
    if packet.type != RTCP_SR or packet.body_bytes < SENDER_INFO_BYTES:
        return -1
    out.ssrc = be32_read(packet.body)
    out.ntp = be64_read(packet.body + 4)
    out.timestamp = be32_read(packet.body + 12)
    out.packets = be32_read(packet.body + 16)
    out.octets = be32_read(packet.body + 20)
    return 0


cdef int rtcp_parse_report(const RtcpPacket* packet, int index, RtcpReportBlock* out) noexcept nogil:
    """RFC 3550 sections 6.4.1 and 6.4.2."""
    cdef size_t start
    cdef const uint8_t* block
    if packet.type != RTCP_SR and packet.type != RTCP_RR:
        return -1
    if index < 0 or index >= packet.count:
        return -1
    start = (SENDER_INFO_BYTES if packet.type == RTCP_SR else 4) + <size_t>index * REPORT_BLOCK_BYTES
    if packet.body_bytes < start + REPORT_BLOCK_BYTES:
        return -1
    block = packet.body + start
    out.ssrc = be32_read(block)
    out.fraction_lost = block[4]
    out.lost = <int32_t>be24_read(block + 5)
    if out.lost > LOST_MAX:
        out.lost -= 1 << 24
    out.highest_seq = be32_read(block + 8)
    out.jitter = be32_read(block + 12)
    out.last_sr = be32_read(block + 16)
    out.delay_since_sr = be32_read(block + 20)
    return 0


cdef int rtcp_parse_nack(const RtcpPacket* packet, uint32_t* media_ssrc, uint16_t* seqs, int room) noexcept nogil:
    """RFC 4585 section 6.2.1; at least one PID/BLP pair."""
    cdef const uint8_t* pair = packet.body + FEEDBACK_BYTES
    cdef const uint8_t* end = packet.body + packet.body_bytes
    cdef uint16_t pid, mask
    cdef int count = 0
    if packet.type != RTCP_RTPFB or packet.count != RTPFB_NACK:
        return -1
    if packet.body_bytes < FEEDBACK_BYTES + 4 or packet.body_bytes % 4 != 0:
        return -1
    media_ssrc[0] = be32_read(packet.body + 4)
    while pair < end and count < room:
        pid = be16_read(pair)
        mask = be16_read(pair + 2)
        pair += 4
        seqs[count] = pid
        count += 1
        while mask != 0 and count < room:
            pid += 1
            if mask & 1:
                seqs[count] = pid
                count += 1
            mask >>= 1
    return count


cdef int rtcp_parse_fir(const RtcpPacket* packet, int index, uint32_t* ssrc, uint8_t* command_seq) noexcept nogil:
    """RFC 5104 section 4.3.1: the SSRC is in the entry, the header's media SSRC is unused."""
    cdef size_t start
    if packet.type != RTCP_PSFB or packet.count != PSFB_FIR or index < 0:
        return -1
    start = FEEDBACK_BYTES + <size_t>index * 8
    if packet.body_bytes < start + 8:
        return -1
    ssrc[0] = be32_read(packet.body + start)
    command_seq[0] = packet.body[start + 4]
    return 0


cdef int rtcp_parse_remb(const RtcpPacket* packet, uint64_t* bitrate_bps) noexcept nogil:
    """draft-alvestrand-rmcat-remb-03 section 2.2; a bitrate that does not fit 64 bits is no REMB."""
    cdef uint32_t fields
    cdef uint64_t mantissa
    cdef int exponent
    if packet.type != RTCP_PSFB or packet.count != PSFB_APPLICATION or packet.body_bytes < FEEDBACK_BYTES + 8:
        return -1
    if be32_read(packet.body + 8) != REMB_NAME:
        return -1
    fields = be32_read(packet.body + 12)
    if packet.body_bytes < FEEDBACK_BYTES + 8 + <size_t>(fields >> 24) * 4:
        return -1
    exponent = (fields >> 18) & 63
    mantissa = fields & MANTISSA_MAX
    if mantissa != 0 and (mantissa << exponent) >> exponent != mantissa:
        return -1
    bitrate_bps[0] = mantissa << exponent if mantissa != 0 else 0
    return 0


# ------------------------------------------------------------------------------------------------------ transport-cc feedback
#
# A chunk is 16 bits (draft sections 3.1.3 and 3.1.4): a run (0, symbol 2 bits, length 13 bits), fourteen one-bit symbols (10...) or
# seven two-bit symbols (11...). Symbols: 0 not received, 1 one-byte delta, 2 two-byte signed delta, 3 reserved.

cdef inline int chunk_length(uint16_t chunk) noexcept nogil:
    if chunk & 0x8000 == 0:
        return chunk & 0x1FFF
    return 7 if chunk & 0x4000 else 14


cdef inline int chunk_symbol(uint16_t chunk, int index) noexcept nogil:
    if chunk & 0x8000 == 0:
        return (chunk >> 13) & 3
    if chunk & 0x4000:
        return (chunk >> (12 - 2 * index)) & 3
    return (chunk >> (13 - index)) & 1


cdef int transport_cc_open(const RtcpPacket* packet, TransportCcReader* reader) noexcept nogil:
    """draft-holmer section 3.1. The last chunk may run past the status count; bytes behind the last delta are padding."""
    cdef const uint8_t* body = packet.body
    cdef size_t at = TRANSPORT_CC_BYTES
    cdef size_t delta_bytes = 0
    cdef uint16_t chunk
    cdef int left, covered, index, symbol
    if packet.type != RTCP_RTPFB or packet.count != RTPFB_TRANSPORT_CC or packet.body_bytes < TRANSPORT_CC_BYTES + 2:
        return -1
    left = be16_read(body + 10)
    reader.seq16 = be16_read(body + 8)
    reader.left = left
    reader.left_in_chunk = 0
    reader.symbols = 0
    reader.reference_time_64ms = be24_read(body + 12)
    reader.feedback_count = body[15]
    reader.chunk = body + at
    while left > 0:
        if packet.body_bytes < at + 2:
            return -1
        chunk = be16_read(body + at)
        at += 2
        covered = chunk_length(chunk)
        if covered > left:
            covered = left
        left -= covered
        if chunk & 0x8000 == 0:
            symbol = chunk_symbol(chunk, 0)
            if symbol == 3 and covered > 0:
                return -1
            delta_bytes += <size_t>(symbol * covered)
        else:
            for index in range(covered):
                symbol = chunk_symbol(chunk, index)
                if symbol == 3:
                    return -1
                delta_bytes += <size_t>symbol
    if packet.body_bytes - at < delta_bytes:
        return -1
    reader.delta = body + at
    return reader.left


cdef bint transport_cc_read(TransportCcReader* reader, TransportCcStatus* out) noexcept nogil:
    """Relies on transport_cc_open having found room for every chunk and delta."""
    cdef int symbol
    if reader.left == 0:
        return 0
    while reader.left_in_chunk == 0:            # a run of length zero is legal
        reader.symbols = be16_read(reader.chunk)
        reader.chunk += 2
        reader.left_in_chunk = chunk_length(reader.symbols)
    symbol = chunk_symbol(reader.symbols, chunk_length(reader.symbols) - reader.left_in_chunk)
    reader.left_in_chunk -= 1
    reader.left -= 1
    out.seq16 = reader.seq16
    reader.seq16 += 1
    out.received = symbol != 0
    out.delta_250us = 0
    if symbol == 1:
        out.delta_250us = reader.delta[0]
    elif symbol == 2:
        out.delta_250us = <int16_t>be16_read(reader.delta)
    reader.delta += symbol
    return 1


cdef int rtcp_parse_transport_cc(const RtcpPacket* packet, uint32_t* reference_time_64ms, uint8_t* feedback_count,
                                 TransportCcStatus* out, int room) noexcept nogil:
    """See the pxd."""
    cdef TransportCcReader reader
    cdef int count = 0
    if transport_cc_open(packet, &reader) < 0:
        return -1
    reference_time_64ms[0] = reader.reference_time_64ms
    feedback_count[0] = reader.feedback_count
    while count < room and transport_cc_read(&reader, out + count):
        count += 1
    return count


# ---------------------------------------------------------------------------------------------------------------- writers

cdef inline void write_header(uint8_t* out, int count, int packet_type, size_t size) noexcept nogil:
    out[0] = <uint8_t>(0x80 | count)
    out[1] = <uint8_t>packet_type
    be16_write(out + 2, <uint16_t>(size // 4 - 1))


cdef void write_report(uint8_t* out, const RtcpReportBlock* block) noexcept nogil:
    cdef int32_t lost = block.lost
    if lost > LOST_MAX:
        lost = LOST_MAX
    elif lost < LOST_MIN:
        lost = LOST_MIN
    be32_write(out, block.ssrc)
    out[4] = block.fraction_lost
    be24_write(out + 5, <uint32_t>lost & 0xFFFFFF)
    be32_write(out + 8, block.highest_seq)
    be32_write(out + 12, block.jitter)
    be32_write(out + 16, block.last_sr)
    be32_write(out + 20, block.delay_since_sr)


cdef size_t rtcp_write_sr(uint8_t* out, size_t room, const RtcpSenderInfo* info, const RtcpReportBlock* blocks, int count) noexcept nogil:
    """RFC 3550 section 6.4.1."""
    cdef size_t size
    cdef int index
    if count < 0 or count > COUNT_MAX:
        return 0
    size = HEADER_BYTES + SENDER_INFO_BYTES + <size_t>count * REPORT_BLOCK_BYTES
    if room < size:
        return 0
    write_header(out, count, RTCP_SR, size)
    be32_write(out + 4, info.ssrc)
    be64_write(out + 8, info.ntp)
    be32_write(out + 16, info.timestamp)
    be32_write(out + 20, info.packets)
    be32_write(out + 24, info.octets)
    for index in range(count):
        write_report(out + HEADER_BYTES + SENDER_INFO_BYTES + index * REPORT_BLOCK_BYTES, blocks + index)
    return size


cdef size_t rtcp_write_rr(uint8_t* out, size_t room, uint32_t ssrc, const RtcpReportBlock* blocks, int count) noexcept nogil:
    """RFC 3550 section 6.4.2."""
    cdef size_t size
    cdef int index
    if count < 0 or count > COUNT_MAX:
        return 0
    size = HEADER_BYTES + 4 + <size_t>count * REPORT_BLOCK_BYTES
    if room < size:
        return 0
    write_header(out, count, RTCP_RR, size)
    be32_write(out + 4, ssrc)
    for index in range(count):
        write_report(out + HEADER_BYTES + 4 + index * REPORT_BLOCK_BYTES, blocks + index)
    return size


cdef size_t rtcp_write_sdes_cname(uint8_t* out, size_t room, uint32_t ssrc, const uint8_t* cname, size_t cname_bytes) noexcept nogil:
    """RFC 3550 section 6.5: one chunk, one CNAME item, ended by one to four null bytes."""
    cdef size_t size, used
    if cname_bytes > 255:
        return 0
    used = HEADER_BYTES + 4 + 2 + cname_bytes
    size = (used + 4) // 4 * 4
    if room < size:
        return 0
    write_header(out, 1, RTCP_SDES, size)
    be32_write(out + 4, ssrc)
    out[8] = SDES_CNAME
    out[9] = <uint8_t>cname_bytes
    memcpy(out + 10, cname, cname_bytes)
    memset(out + used, 0, size - used)
    return size


cdef size_t rtcp_write_bye(uint8_t* out, size_t room, uint32_t ssrc) noexcept nogil:
    """RFC 3550 section 6.6, without a reason."""
    if room < 8:
        return 0
    write_header(out, 1, RTCP_BYE, 8)
    be32_write(out + 4, ssrc)
    return 8


cdef inline void write_feedback(uint8_t* out, int format, int packet_type, size_t size, uint32_t sender_ssrc,
                                uint32_t media_ssrc) noexcept nogil:
    write_header(out, format, packet_type, size)
    be32_write(out + 4, sender_ssrc)
    be32_write(out + 8, media_ssrc)


cdef size_t rtcp_write_nack(uint8_t* out, size_t room, uint32_t sender_ssrc, uint32_t media_ssrc, const uint16_t* seqs,
                            int count) noexcept nogil:
    """RFC 4585 section 6.2.1. A number at most 16 after the pair's first joins its mask; a repeated number is written once."""
    cdef size_t size = HEADER_BYTES + FEEDBACK_BYTES
    cdef uint16_t pid = 0
    cdef uint16_t mask = 0
    cdef uint16_t distance
    cdef int index
    if count <= 0:
        return 0
    for index in range(count):
        distance = seqs[index] - pid
        if index > 0 and distance <= 16:
            if distance > 0:
                mask |= <uint16_t>(1 << (distance - 1))
                be16_write(out + size - 2, mask)
            continue
        if room < size + 4 or size + 4 > 0x40000:          # the length field counts 65536 words
            return 0
        pid = seqs[index]
        mask = 0
        be16_write(out + size, pid)
        be16_write(out + size + 2, 0)
        size += 4
    write_feedback(out, RTPFB_NACK, RTCP_RTPFB, size, sender_ssrc, media_ssrc)
    return size


cdef size_t rtcp_write_pli(uint8_t* out, size_t room, uint32_t sender_ssrc, uint32_t media_ssrc) noexcept nogil:
    """RFC 4585 section 6.3.1."""
    if room < 12:
        return 0
    write_feedback(out, PSFB_PLI, RTCP_PSFB, 12, sender_ssrc, media_ssrc)
    return 12


cdef size_t rtcp_write_fir(uint8_t* out, size_t room, uint32_t sender_ssrc, uint32_t media_ssrc, uint8_t command_seq) noexcept nogil:
    """RFC 5104 section 4.3.1: the header's media SSRC shall be 0."""
    if room < 20:
        return 0
    write_feedback(out, PSFB_FIR, RTCP_PSFB, 20, sender_ssrc, 0)
    be32_write(out + 12, media_ssrc)
    be32_write(out + 16, <uint32_t>command_seq << 24)
    return 20


cdef size_t rtcp_write_remb(uint8_t* out, size_t room, uint32_t sender_ssrc, uint64_t bitrate_bps, const uint32_t* ssrcs,
                            int count) noexcept nogil:
    """draft-alvestrand-rmcat-remb-03 section 2.2; the bitrate is rounded down to 18 significant bits."""
    cdef size_t size
    cdef uint64_t mantissa = bitrate_bps
    cdef uint32_t exponent = 0
    cdef int index
    if count < 0 or count > 255:
        return 0
    size = HEADER_BYTES + FEEDBACK_BYTES + 8 + <size_t>count * 4
    if room < size:
        return 0
    while mantissa > MANTISSA_MAX:
        mantissa >>= 1
        exponent += 1
    write_feedback(out, PSFB_APPLICATION, RTCP_PSFB, size, sender_ssrc, 0)
    be32_write(out + 12, REMB_NAME)
    be32_write(out + 16, <uint32_t>count << 24 | exponent << 18 | <uint32_t>mantissa)
    for index in range(count):
        be32_write(out + 20 + index * 4, ssrcs[index])
    return size
