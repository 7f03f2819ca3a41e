"""Key derivation of SRTP (RFC 3711 section 4.3, RFC 6188, RFC 7714 section 11): session keys from a master key."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

cdef enum SrtpLabel:               # RFC 3711 section 4.3.1 and 4.3.2
    SRTP_LABEL_KEY = 0
    SRTP_LABEL_AUTH = 1
    SRTP_LABEL_SALT = 2
    SRTCP_LABEL_KEY = 3
    SRTCP_LABEL_AUTH = 4
    SRTCP_LABEL_SALT = 5

cdef enum:
    SRTP_DERIVE_MAX_BYTES = 128

# `size` bytes (<= SRTP_DERIVE_MAX_BYTES) for `label`, key derivation rate 0. 0, or -1 when the library has no memory or the key is not 16 or 32
# bytes, the salt over 14, or `size` too large.
cdef int srtp_derive(const uint8_t* key, size_t key_bytes, const uint8_t* salt, size_t salt_bytes, SrtpLabel label, uint8_t* out,
                     size_t size) noexcept nogil
