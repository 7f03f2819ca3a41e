"""Test door on `native.wire.rtcp`: bytes in, tuples out. Nothing outside `tests/` may import it.

Every input is copied to a heap block of exactly its size, so that a sanitizer build sees a read one byte past it.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from native.wire.rtcp cimport (
    RtcpPacket,
    RtcpReportBlock,
    RtcpSenderInfo,
    TransportCcStatus,
    rtcp_media_ssrc,
    rtcp_next,
    rtcp_parse_fir,
    rtcp_parse_nack,
    rtcp_parse_remb,
    rtcp_parse_report,
    rtcp_parse_sender_info,
    rtcp_parse_transport_cc,
    rtcp_sender_ssrc,
    rtcp_write_bye,
    rtcp_write_fir,
    rtcp_write_nack,
    rtcp_write_pli,
    rtcp_write_remb,
    rtcp_write_rr,
    rtcp_write_sdes_cname,
    rtcp_write_sr,
)

cdef enum:
    SEQS_MAX = 70000


cdef uint8_t* exact_copy(bytes data) except NULL:
    cdef uint8_t* copy = <uint8_t*>malloc(max(len(data), 1))
    if copy == NULL:
        raise MemoryError
    memcpy(copy, <const char*>data, len(data))
    return copy


cdef dict packet_dict(const RtcpPacket* packet, int room):
    """Everything every parser says about one packet; keys are missing where the parser refuses."""
    cdef RtcpSenderInfo info
    cdef RtcpReportBlock block
    cdef uint32_t ssrc = 0, reference = 0
    cdef uint8_t byte = 0
    cdef uint64_t bitrate = 0
    cdef uint16_t* seqs = <uint16_t*>malloc(SEQS_MAX * sizeof(uint16_t))
    cdef TransportCcStatus* statuses = <TransportCcStatus*>malloc(SEQS_MAX * sizeof(TransportCcStatus))
    cdef int count, index
    out = {"type": packet.type, "count": packet.count, "body": packet.body[:packet.body_bytes],
           "sender_ssrc": rtcp_sender_ssrc(packet), "media_ssrc": rtcp_media_ssrc(packet)}
    try:
        if seqs == NULL or statuses == NULL:
            raise MemoryError
        if rtcp_parse_sender_info(packet, &info) == 0:
            out["sender_info"] = (info.ssrc, info.ntp, info.timestamp, info.packets, info.octets)
        reports = []
        for index in range(-1, 33):
            if rtcp_parse_report(packet, index, &block) == 0:
                reports.append((block.ssrc, block.fraction_lost, block.lost, block.highest_seq, block.jitter, block.last_sr,
                                block.delay_since_sr))
        if reports:
            out["reports"] = reports
        count = rtcp_parse_nack(packet, &ssrc, seqs, min(room, SEQS_MAX))
        if count >= 0:
            out["nack"] = (ssrc, [seqs[index] for index in range(count)])
        entries = []
        for index in range(-1, 1000):
            if rtcp_parse_fir(packet, index, &ssrc, &byte) == 0:
                entries.append((ssrc, byte))
        if entries:
            out["fir"] = entries
        if rtcp_parse_remb(packet, &bitrate) == 0:
            out["remb"] = bitrate
        count = rtcp_parse_transport_cc(packet, &reference, &byte, statuses, min(room, SEQS_MAX))
        if count >= 0:
            out["transport_cc"] = (reference, byte, [(statuses[index].seq16, bool(statuses[index].received), statuses[index].delta_250us)
                                                     for index in range(count)])
        return out
    finally:
        free(seqs)
        free(statuses)


def parse_compound(bytes data, int room=SEQS_MAX) -> tuple[int, list[dict]]:
    """(0 clean end or -1 malformed, one dict per packet before it)."""
    cdef uint8_t* copy = exact_copy(data)
    cdef size_t offset = 0
    cdef RtcpPacket packet
    cdef int code
    packets = []
    try:
        while True:
            code = rtcp_next(copy, len(data), &offset, &packet)
            if code <= 0:
                return code, packets
            packets.append(packet_dict(&packet, room))
    finally:
        free(copy)


cdef void fill_blocks(RtcpReportBlock* blocks, list reports):
    for index, report in enumerate(reports[:40]):
        (blocks[index].ssrc, blocks[index].fraction_lost, blocks[index].lost, blocks[index].highest_seq, blocks[index].jitter,
         blocks[index].last_sr, blocks[index].delay_since_sr) = report


def write(str kind, size_t room=65536, *, uint32_t ssrc=1, uint32_t media_ssrc=2, tuple info=(0, 0, 0, 0), list reports=[],
          bytes cname=b"", list seqs=[], int command_seq=0, uint64_t bitrate_bps=0, list ssrcs=[]) -> bytes:
    """One packet of `kind` ("sr", "rr", "sdes", "bye", "nack", "pli", "fir", "remb") written into a heap block of exactly `room` bytes."""
    cdef uint8_t* out = <uint8_t*>malloc(max(room, 1))
    cdef uint16_t* numbers = <uint16_t*>malloc(max(len(seqs), 1) * sizeof(uint16_t))
    cdef uint32_t* sources = <uint32_t*>malloc(max(len(ssrcs), 1) * sizeof(uint32_t))
    cdef RtcpReportBlock blocks[40]
    cdef RtcpSenderInfo sender
    cdef size_t size
    try:
        if out == NULL or numbers == NULL or sources == NULL:
            raise MemoryError
        memset(out, 0xEE, room)
        fill_blocks(blocks, reports)
        for index, value in enumerate(seqs):
            numbers[index] = value
        for index, value in enumerate(ssrcs):
            sources[index] = value
        sender.ssrc = ssrc
        sender.ntp, sender.timestamp, sender.packets, sender.octets = info
        if kind == "sr":
            size = rtcp_write_sr(out, room, &sender, blocks, len(reports))
        elif kind == "rr":
            size = rtcp_write_rr(out, room, ssrc, blocks, len(reports))
        elif kind == "sdes":
            size = rtcp_write_sdes_cname(out, room, ssrc, <const uint8_t*><const char*>cname, len(cname))
        elif kind == "bye":
            size = rtcp_write_bye(out, room, ssrc)
        elif kind == "nack":
            size = rtcp_write_nack(out, room, ssrc, media_ssrc, numbers, len(seqs))
        elif kind == "pli":
            size = rtcp_write_pli(out, room, ssrc, media_ssrc)
        elif kind == "fir":
            size = rtcp_write_fir(out, room, ssrc, media_ssrc, command_seq)
        elif kind == "remb":
            size = rtcp_write_remb(out, room, ssrc, bitrate_bps, sources, len(ssrcs))
        else:
            raise ValueError(kind)
        return out[:size]
    finally:
        free(out)
        free(numbers)
        free(sources)
