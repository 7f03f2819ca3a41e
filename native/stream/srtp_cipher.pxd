"""The kept cipher of one packet kind (SRTP or SRTCP) in one direction: session keys expanded once, per packet only the IV is set.

Two providers do the same: Intel ipsec-mb where it is built in and the CPU has AES-NI, else OpenSSL. A cipher remembers the
provider that was selected when it was made. SHA-1 for AES-CM is OpenSSL's with both, started from kept states.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t

from native.c.ipsec_mb cimport MbManager
from native.c.openssl cimport EVP_CIPHER_CTX, SHA_CTX

cdef enum SrtpProvider:
    SRTP_PROVIDER_OPENSSL = 0
    SRTP_PROVIDER_IPSEC_MB = 1

cdef enum SrtpTransform:
    SRTP_TRANSFORM_CM_SHA1 = 0     # AES in counter mode (RFC 3711 section 4.1.1) and HMAC-SHA1
    SRTP_TRANSFORM_GCM = 1         # RFC 7714

cdef struct SrtpCipher:            # belongs to one thread at a time; not to be copied or moved (it owns `evp`, points to its keys)
    uint8_t provider               # SrtpProvider
    uint8_t transform              # SrtpTransform
    uint8_t key_bytes              # 16 or 32
    uint64_t salt[2]               # session salt (14 or 12 bytes, zeros behind) as two big-endian numbers
    EVP_CIPHER_CTX* evp            # OpenSSL's kept cipher context, NULL with ipsec-mb
    uint8_t* expanded              # ipsec-mb's expanded key, inside the room given to srtp_cipher_init
    SHA_CTX inner                  # HMAC-SHA1 after its inner and outer key block
    SHA_CTX outer

# Room that srtp_cipher_init wants for expanded keys, slack for alignment included. 0 where OpenSSL is the only provider.
cdef size_t srtp_cipher_room() noexcept nogil
# Session keys into a cipher of the selected provider. `auth_key` (20 bytes) is not read for GCM. 0, or -1 without memory.
cdef int srtp_cipher_init(SrtpCipher* cipher, SrtpTransform transform, const uint8_t* key, size_t key_bytes, const uint8_t* salt,
                          size_t salt_bytes, const uint8_t* auth_key, uint8_t* room) noexcept nogil
# Wipes the keys and frees what OpenSSL holds. Harmless on a zeroed cipher.
cdef void srtp_cipher_clear(SrtpCipher* cipher) noexcept nogil

# GCM: `src` to `dst` (equal or apart), 12-byte IV, 16-byte tag. 1, or 0 when the library failed or (open) the tag is wrong:
# `dst` then holds nothing of the plaintext.
cdef bint srtp_cipher_seal(SrtpCipher* cipher, const uint8_t* iv, const uint8_t* aad, size_t aad_bytes, const uint8_t* src,
                           uint8_t* dst, size_t size, uint8_t* tag) noexcept nogil
cdef bint srtp_cipher_open(SrtpCipher* cipher, const uint8_t* iv, const uint8_t* aad, size_t aad_bytes, const uint8_t* src,
                           uint8_t* dst, size_t size, const uint8_t* tag) noexcept nogil
# AES-CM: xors the key stream that starts at the 16-byte `iv`. 1, or 0 when the library failed.
cdef bint srtp_cipher_counter(SrtpCipher* cipher, const uint8_t* iv, const uint8_t* src, uint8_t* dst, size_t size) noexcept nogil
# HMAC-SHA1 over `data` and then `suffix`; all 20 bytes to `digest`.
cdef void srtp_cipher_mac(const SrtpCipher* cipher, const uint8_t* data, size_t size, const uint8_t* suffix, size_t suffix_bytes,
                          uint8_t* digest) noexcept nogil

# Chooses the provider of the ciphers made from now on: the one in use afterwards (ipsec-mb may not be there). Not for use
# while other threads make ciphers.
cdef SrtpProvider srtp_provider_select(int provider) noexcept nogil
cdef SrtpProvider srtp_provider_selected() noexcept nogil
# "ipsec-mb 1.3.0 (avx512)" or "openssl 3.0.11", what the selected provider is.
cpdef str srtp_provider_name()
