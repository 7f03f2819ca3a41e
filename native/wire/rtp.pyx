"""RTP packets and their header extensions: the first parser every media packet meets.

For: telling where header, extension elements and payload stand in a packet. Not for: what the payload means (`codec`),
sequence arithmetic (`seq`), decryption (`stream.srtp`). Called by `engine` for each received packet and by the benchmarks.
Source: RFC 3550 section 5.1 and 5.3.1, RFC 8285 sections 4.1 to 4.3.

Invariants: no byte outside [0, size) is read; the work is linear in the header; every offset handed out lies inside the
packet, and a present element has at least the bytes that MIN_BYTES promises to its readers.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t
from libc.string cimport memset

from native.wire.bytes cimport be16_read, be32_read

cdef enum:
    FIXED_BYTES = 12
    # RtpHeader keeps offsets in 16 bits, and no UDP datagram is longer.
    PACKET_BYTES_MAX = 65535
    ONE_BYTE_PROFILE = 0xBEDE
    TWO_BYTE_PROFILE = 0x1000
    # The low four bits of a two-byte profile are "appbits": free for the application, ignored by us.
    TWO_BYTE_MASK = 0xFFF0
    # In the one-byte form this id ends the elements (RFC 8285 section 4.2).
    ONE_BYTE_STOP_ID = 15
    KIND_UNKNOWN = 255

# The fewest bytes each kind's readers take without asking: one place to check instead of one per reader.
cdef uint8_t MIN_BYTES[10]
MIN_BYTES[:] = [
    1,  # EXT_MID
    1,  # EXT_RID
    1,  # EXT_REPAIRED_RID
    3,  # EXT_ABS_SEND_TIME
    2,  # EXT_TRANSPORT_CC: version 2 appends a feedback request
    1,  # EXT_AUDIO_LEVEL
    1,  # EXT_VIDEO_ORIENTATION
    3,  # EXT_PLAYOUT_DELAY
    8,  # EXT_ABS_CAPTURE_TIME: the estimated clock offset after it is optional
    3,  # EXT_DEPENDENCY_DESCRIPTOR: its mandatory fields
]


cdef int rtp_parse_header(const uint8_t* packet, size_t size, RtpHeader* out) noexcept nogil:
    cdef size_t header_bytes
    cdef size_t extension_bytes
    if size < FIXED_BYTES or size > PACKET_BYTES_MAX or packet[0] >> 6 != 2:
        return -1
    header_bytes = FIXED_BYTES + 4 * (packet[0] & 0x0F)
    out.extension_profile = 0
    out.extension_offset = 0
    out.extension_bytes = 0
    if packet[0] & 0x10:
        if header_bytes + 4 > size:
            return -1
        extension_bytes = 4 * <size_t>be16_read(packet + header_bytes + 2)
        out.extension_profile = be16_read(packet + header_bytes)
        header_bytes += 4
        out.extension_offset = <uint16_t>header_bytes
        out.extension_bytes = <uint16_t>extension_bytes
        header_bytes += extension_bytes
    if header_bytes > size:
        return -1
    out.header_bytes = <uint16_t>header_bytes
    out.has_padding = (packet[0] >> 5) & 1
    out.padding_bytes = 0
    out.payload_bytes = 0
    out.marker = packet[1] >> 7
    out.payload_type = packet[1] & 0x7F
    out.seq16 = be16_read(packet + 2)
    out.timestamp = be32_read(packet + 4)
    out.ssrc = be32_read(packet + 8)
    return 0


cdef int rtp_parse_padding(const uint8_t* packet, size_t size, RtpHeader* header) noexcept nogil:
    cdef size_t padding_bytes = 0
    cdef size_t rest
    if size < header.header_bytes or size > PACKET_BYTES_MAX:
        return -1
    rest = size - header.header_bytes
    if header.has_padding:
        if rest == 0:
            return -1
        padding_bytes = packet[size - 1]
        # More padding than payload would make the payload length wrap around (CVE-2025-49140).
        if padding_bytes == 0 or padding_bytes > rest:
            return -1
    header.padding_bytes = <uint8_t>padding_bytes
    header.payload_bytes = <uint16_t>(rest - padding_bytes)
    return 0


cdef inline void element_note(const RtpExtensionMap* negotiated, uint8_t id, size_t offset, size_t size,
                              RtpExtensions* out) noexcept nogil:
    cdef uint8_t kind = negotiated.kind_by_id[id]
    if kind < EXT_COUNT and size >= MIN_BYTES[kind]:
        out.values[kind].offset = <uint16_t>offset
        out.values[kind].size = <uint16_t>size


cdef int parse_one_byte(const uint8_t* packet, size_t at, size_t end, const RtpExtensionMap* negotiated,
                        RtpExtensions* out) noexcept nogil:
    cdef uint8_t first
    cdef size_t size
    while at < end:
        first = packet[at]
        at += 1
        if first == 0:
            continue
        if first >> 4 == ONE_BYTE_STOP_ID:
            return 0
        # Id 0 is padding and must not have a length (RFC 8285 section 4.2): whoever sends one means something else.
        if first >> 4 == 0:
            return -1
        size = (first & 0x0F) + 1
        if at + size > end:
            return -1
        element_note(negotiated, first >> 4, at, size, out)
        at += size
    return 0


cdef int parse_two_byte(const uint8_t* packet, size_t at, size_t end, const RtpExtensionMap* negotiated,
                        RtpExtensions* out) noexcept nogil:
    cdef uint8_t id
    cdef size_t size
    while at < end:
        id = packet[at]
        at += 1
        if id == 0:
            continue
        if at == end:
            return -1
        size = packet[at]
        at += 1
        if at + size > end:
            return -1
        element_note(negotiated, id, at, size, out)
        at += size
    return 0


cdef int rtp_parse_extensions(const uint8_t* packet, const RtpHeader* header, const RtpExtensionMap* negotiated,
                              RtpExtensions* out) noexcept nogil:
    cdef size_t start = header.extension_offset
    cdef size_t end = start + header.extension_bytes
    memset(out, 0, sizeof(RtpExtensions))
    if header.extension_profile == ONE_BYTE_PROFILE:
        return parse_one_byte(packet, start, end, negotiated, out)
    if (header.extension_profile & TWO_BYTE_MASK) == TWO_BYTE_PROFILE:
        return parse_two_byte(packet, start, end, negotiated, out)
    # No block, or one of an application's own kind (RFC 3550 section 5.3.1): nothing negotiated in there.
    return 0


cdef void extension_map_clear(RtpExtensionMap* map) noexcept nogil:
    memset(map.id_by_kind, 0, sizeof(map.id_by_kind))
    memset(map.kind_by_id, KIND_UNKNOWN, sizeof(map.kind_by_id))


cdef int extension_map_set(RtpExtensionMap* map, int kind, int id) noexcept nogil:
    if not (0 <= kind < EXT_COUNT and 1 <= id <= 255):
        return -1
    # One id, one kind, both ways: a stale half would hand an element to two readers.
    if map.id_by_kind[kind] != 0:
        map.kind_by_id[map.id_by_kind[kind]] = KIND_UNKNOWN
    if map.kind_by_id[id] != KIND_UNKNOWN:
        map.id_by_kind[map.kind_by_id[id]] = 0
    map.id_by_kind[kind] = <uint8_t>id
    map.kind_by_id[id] = <uint8_t>kind
    return 0
