"""STUN messages as ICE uses them (RFC 8489, RFC 8445): parse and check a request, build an answer or a request."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

cdef enum StunClass:
    STUN_REQUEST = 0x0000
    STUN_INDICATION = 0x0010
    STUN_SUCCESS = 0x0100
    STUN_ERROR = 0x0110

cdef enum StunMethod:
    STUN_BINDING = 0x0001

cdef struct StunMessage:
    uint16_t message_class         # StunClass
    uint16_t method
    const uint8_t* transaction_id  # 12 bytes inside the datagram
    const uint8_t* username        # NULL when absent
    uint16_t username_bytes
    uint16_t integrity_offset      # of the MESSAGE-INTEGRITY attribute, 0 when absent
    uint16_t error_code            # of ERROR-CODE, 0 when absent
    uint8_t has_fingerprint        # present and correct (a wrong one fails the parse)
    uint8_t use_candidate
    uint8_t controlling            # ICE-CONTROLLING present
    uint8_t controlled             # ICE-CONTROLLED present
    uint8_t unknown_required       # a comprehension-required attribute that we do not know
    uint16_t unknown_type          # the first such, for stun_write_unknown_attribute
    uint32_t priority
    uint64_t tie_breaker

# 0, or -1 when it is not a well-formed STUN message. Linear in size; never reads past it. Pointers in `out` lead into `data`.
# Of a repeated attribute the first counts; what follows MESSAGE-INTEGRITY, FINGERPRINT apart, is not looked at.
cdef int stun_parse(const uint8_t* data, size_t size, StunMessage* out) noexcept nogil
# 1 when MESSAGE-INTEGRITY is there and right for this key (the short-term password), else 0. Constant-time compare.
# `message` is the parse of this very `data`. An empty key is never right.
cdef int stun_verify(const uint8_t* data, size_t size, const StunMessage* message, const uint8_t* key, size_t key_bytes) noexcept nogil
# Each returns the bytes written to `out` (room >= 256 bytes), MESSAGE-INTEGRITY and FINGERPRINT included; with an empty
# key MESSAGE-INTEGRITY is left out. 0 when an argument does not fit.
# `address16` is an IPv6 address or a v4-mapped one (written as IPv4 then), port in host order.
cdef size_t stun_write_success(uint8_t* out, const uint8_t* transaction_id, const uint8_t* address16, uint16_t port,
                               const uint8_t* key, size_t key_bytes) noexcept nogil
# `code` 300..699, no reason phrase.
cdef size_t stun_write_error(uint8_t* out, const uint8_t* transaction_id, uint16_t code,
                             const uint8_t* key, size_t key_bytes) noexcept nogil
# 420 Unknown Attribute, naming it (RFC 8489 section 6.3.1).
cdef size_t stun_write_unknown_attribute(uint8_t* out, const uint8_t* transaction_id, uint16_t unknown_type,
                                         const uint8_t* key, size_t key_bytes) noexcept nogil
# username_bytes <= 172, so that everything fits 256 bytes.
cdef size_t stun_write_request(uint8_t* out, const uint8_t* transaction_id, const uint8_t* username, size_t username_bytes,
                               uint32_t priority, bint controlling, uint64_t tie_breaker, bint use_candidate,
                               const uint8_t* key, size_t key_bytes) noexcept nogil
