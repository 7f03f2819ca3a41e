"""The two check values of a STUN message: MESSAGE-INTEGRITY (HMAC-SHA1) and FINGERPRINT (CRC-32)."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t

cdef enum:
    INTEGRITY_BYTES = 20

# The HMAC-SHA1 that a MESSAGE-INTEGRITY attribute beginning at `offset` must carry (RFC 8489 section 14.5): over the bytes
# before it, the header's length field read as if the message ended with that attribute. offset >= 20.
cdef void integrity_compute(const uint8_t* data, size_t offset, const uint8_t* key, size_t key_bytes, uint8_t* digest) noexcept nogil
# 1 when the two digests are equal; takes the same time wherever they differ.
cdef bint integrity_equal(const uint8_t* a, const uint8_t* b) noexcept nogil
# The value a FINGERPRINT attribute beginning at `offset` must carry (section 14.7); the header's length field must already
# be the final one.
cdef uint32_t fingerprint_compute(const uint8_t* data, size_t offset) noexcept nogil
