"""What a datagram is, from its first bytes (RFC 7983, RFC 5761). Looks at nothing else and keeps nothing."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

cdef enum PacketClass:
    PACKET_UNKNOWN = 0
    PACKET_STUN = 1
    PACKET_DTLS = 2
    PACKET_RTP = 3
    PACKET_RTCP = 4
    PACKET_CLASS_COUNT = 5


cdef inline PacketClass packet_classify(const uint8_t* data, size_t size) noexcept nogil:
    cdef uint8_t first
    if size < 2:
        return PACKET_UNKNOWN
    first = data[0]
    if 128 <= first <= 191:
        # RFC 5761 section 4: RTCP packet types 192..223 share the byte with marker + payload type 64..95.
        if 192 <= data[1] <= 223:
            return PACKET_RTCP if size >= 8 else PACKET_UNKNOWN
        return PACKET_RTP if size >= 12 else PACKET_UNKNOWN
    if first <= 3:
        return PACKET_STUN if size >= 20 else PACKET_UNKNOWN
    if 20 <= first <= 63:
        return PACKET_DTLS if size >= 13 else PACKET_UNKNOWN
    return PACKET_UNKNOWN
