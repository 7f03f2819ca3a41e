"""The two check values of a STUN message: MESSAGE-INTEGRITY (HMAC-SHA1) and FINGERPRINT (CRC-32).

For: `stun`, which checks and writes them. Not for: SRTP's authentication (`stream.srtp`), which keys many packets with
one context and batches them. Source: RFC 8489 sections 14.5 and 14.7, RFC 2104, ITU-T V.42 (the CRC).

Invariants: no allocation; key material stays on this stack and the compare leaks no position.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy, memset

from native.c.sha1 cimport CRYPTO_memcmp, SHA1_Final, SHA1_Init, SHA1_Update, SHA_CTX
from native.wire.bytes cimport be16_write

cdef enum:
    SHA1_BLOCK_BYTES = 64
    HEADER_BYTES = 20
    ATTRIBUTE_BYTES = 24  # MESSAGE-INTEGRITY with its 4-byte header
    CRC_POLYNOMIAL = 0xEDB88320  # reflected, as V.42 shifts bits out low end first
    FINGERPRINT_XOR = 0x5354554E  # "STUN": tells it from another protocol's CRC-32 over the same bytes

cdef uint32_t CRC_TABLE[256]


cdef void crc_table_fill() noexcept nogil:
    cdef uint32_t value
    cdef int index
    cdef int bit
    for index in range(256):
        value = <uint32_t>index
        for bit in range(8):
            value = (value >> 1) ^ (<uint32_t>CRC_POLYNOMIAL if value & 1 else 0)
        CRC_TABLE[index] = value


crc_table_fill()


cdef void integrity_compute(const uint8_t* data, size_t offset, const uint8_t* key, size_t key_bytes, uint8_t* digest) noexcept nogil:
    cdef SHA_CTX context
    cdef uint8_t inner[64]
    cdef uint8_t outer[64]
    cdef uint8_t length[2]
    cdef int index
    memset(inner, 0, sizeof(inner))
    if key_bytes > SHA1_BLOCK_BYTES:
        SHA1_Init(&context)
        SHA1_Update(&context, key, key_bytes)
        SHA1_Final(inner, &context)
    else:
        memcpy(inner, key, key_bytes)
    for index in range(SHA1_BLOCK_BYTES):
        outer[index] = inner[index] ^ 0x5C
        inner[index] ^= 0x36
    be16_write(length, <uint16_t>(offset + ATTRIBUTE_BYTES - HEADER_BYTES))
    SHA1_Init(&context)
    SHA1_Update(&context, inner, SHA1_BLOCK_BYTES)
    SHA1_Update(&context, data, 2)
    SHA1_Update(&context, length, 2)
    SHA1_Update(&context, data + 4, offset - 4)
    SHA1_Final(digest, &context)
    SHA1_Init(&context)
    SHA1_Update(&context, outer, SHA1_BLOCK_BYTES)
    SHA1_Update(&context, digest, INTEGRITY_BYTES)
    SHA1_Final(digest, &context)


cdef bint integrity_equal(const uint8_t* a, const uint8_t* b) noexcept nogil:
    return CRYPTO_memcmp(a, b, INTEGRITY_BYTES) == 0


cdef uint32_t fingerprint_compute(const uint8_t* data, size_t offset) noexcept nogil:
    cdef uint32_t crc = 0xFFFFFFFF
    cdef size_t at
    for at in range(offset):
        crc = CRC_TABLE[(crc ^ data[at]) & 0xFF] ^ (crc >> 8)
    return ~crc ^ <uint32_t>FINGERPRINT_XOR
