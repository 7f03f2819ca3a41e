"""RTCP (RFC 3550 section 6, RFC 4585, RFC 5104, transport-cc, REMB): a cursor over a compound packet, and writers."""
from libc.stddef cimport size_t
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from native.wire.bytes cimport be32_read

cdef enum RtcpType:
    RTCP_SR = 200
    RTCP_RR = 201
    RTCP_SDES = 202
    RTCP_BYE = 203
    RTCP_APP = 204
    RTCP_RTPFB = 205
    RTCP_PSFB = 206
    RTCP_XR = 207

cdef enum RtcpFormat:
    RTPFB_NACK = 1
    RTPFB_TRANSPORT_CC = 15
    PSFB_PLI = 1
    PSFB_FIR = 4
    PSFB_APPLICATION = 15          # REMB

cdef struct RtcpPacket:
    uint8_t type                   # RtcpType
    uint8_t count                  # report count, source count or feedback format
    const uint8_t* body            # after the 4-byte header, padding removed
    size_t body_bytes

cdef struct RtcpSenderInfo:
    uint32_t ssrc
    uint64_t ntp                   # 32.32 fixed-point seconds since 1900
    uint32_t timestamp
    uint32_t packets
    uint32_t octets

cdef struct RtcpReportBlock:
    uint32_t ssrc
    uint8_t fraction_lost          # 1/256
    int32_t lost                   # cumulative, signed 24-bit
    uint32_t highest_seq           # extended
    uint32_t jitter                # timestamp units
    uint32_t last_sr               # middle 32 bits of the SR's NTP time
    uint32_t delay_since_sr        # 1/65536 s

# Steps through a compound packet: 1 and *offset moved on, 0 at the clean end, -1 malformed (what came before stays valid).
# Unknown types and reduced-size packets (RFC 5506) pass: which types to heed is the caller's decision.
cdef int rtcp_next(const uint8_t* data, size_t size, size_t* offset, RtcpPacket* out) noexcept nogil
# SSRC of the packet's sender, and of the media source a feedback packet (RTPFB, PSFB) is about; 0 when the body is too short.
cdef inline uint32_t rtcp_sender_ssrc(const RtcpPacket* packet) noexcept nogil:
    return be32_read(packet.body) if packet.body_bytes >= 4 else 0
cdef inline uint32_t rtcp_media_ssrc(const RtcpPacket* packet) noexcept nogil:
    return be32_read(packet.body + 4) if packet.body_bytes >= 8 else 0
# 0, or -1 when this is no SR or its body is too short.
cdef int rtcp_parse_sender_info(const RtcpPacket* packet, RtcpSenderInfo* out) noexcept nogil
# Report block `index` of an SR or RR: 0, or -1 past the end.
cdef int rtcp_parse_report(const RtcpPacket* packet, int index, RtcpReportBlock* out) noexcept nogil
# NACK: fills up to `room` sequence numbers in wire order, returns how many, -1 malformed; *media_ssrc set.
cdef int rtcp_parse_nack(const RtcpPacket* packet, uint32_t* media_ssrc, uint16_t* seqs, int room) noexcept nogil
# FIR entry `index`: 0 or -1 past the end.
cdef int rtcp_parse_fir(const RtcpPacket* packet, int index, uint32_t* ssrc, uint8_t* command_seq) noexcept nogil
# REMB: 0 and *bitrate_bps, or -1 when this is no REMB.
cdef int rtcp_parse_remb(const RtcpPacket* packet, uint64_t* bitrate_bps) noexcept nogil
# Transport-cc feedback, one entry per reported packet (seq16, received?, delta_250us), ascending from the base number.
cdef struct TransportCcStatus:
    uint16_t seq16
    uint8_t received
    int32_t delta_250us            # since the previous received packet (the first: since reference_time)
# Fills up to `room` entries and returns how many, -1 malformed (a body too short for what its chunks promise, the reserved symbol).
cdef int rtcp_parse_transport_cc(const RtcpPacket* packet, uint32_t* reference_time_64ms, uint8_t* feedback_count,
                                 TransportCcStatus* out, int room) noexcept nogil
# The same one entry at a time, without room for all. Open checks the whole body in time linear in its bytes and returns the
# packet status count (up to 65535 whatever the body's size, so bound the loop) or -1; read returns 1, or 0 after the last entry.
cdef struct TransportCcReader:
    const uint8_t* chunk           # the next chunk
    const uint8_t* delta           # the next receive delta
    uint32_t reference_time_64ms   # 24 bits
    uint16_t seq16                 # of the next entry
    uint16_t symbols               # the chunk being read
    uint8_t feedback_count
    int left                       # entries not read yet
    int left_in_chunk
cdef int transport_cc_open(const RtcpPacket* packet, TransportCcReader* reader) noexcept nogil
cdef bint transport_cc_read(TransportCcReader* reader, TransportCcStatus* out) noexcept nogil

# Writers: bytes written, 0 when `room` is too small or the format cannot hold it (more than 31 blocks, 255 CNAME bytes or REMB SSRCs).
cdef size_t rtcp_write_sr(uint8_t* out, size_t room, const RtcpSenderInfo* info, const RtcpReportBlock* blocks, int count) noexcept nogil
cdef size_t rtcp_write_rr(uint8_t* out, size_t room, uint32_t ssrc, const RtcpReportBlock* blocks, int count) noexcept nogil
cdef size_t rtcp_write_sdes_cname(uint8_t* out, size_t room, uint32_t ssrc, const uint8_t* cname, size_t cname_bytes) noexcept nogil
cdef size_t rtcp_write_bye(uint8_t* out, size_t room, uint32_t ssrc) noexcept nogil
# `seqs` ascending (16-bit serial order); packs PID/BLP pairs.
cdef size_t rtcp_write_nack(uint8_t* out, size_t room, uint32_t sender_ssrc, uint32_t media_ssrc, const uint16_t* seqs,
                            int count) noexcept nogil
cdef size_t rtcp_write_pli(uint8_t* out, size_t room, uint32_t sender_ssrc, uint32_t media_ssrc) noexcept nogil
cdef size_t rtcp_write_fir(uint8_t* out, size_t room, uint32_t sender_ssrc, uint32_t media_ssrc, uint8_t command_seq) noexcept nogil
cdef size_t rtcp_write_remb(uint8_t* out, size_t room, uint32_t sender_ssrc, uint64_t bitrate_bps, const uint32_t* ssrcs,
                            int count) noexcept nogil
