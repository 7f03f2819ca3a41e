"""See srtp_kdf.pxd. Called when a context is made, never for a packet: it may allocate.

The PRF is AES in counter mode with the master key, of 256 bits where the master key is (RFC 6188). A 96-bit master salt, as
GCM has it, counts as 112 bits with 16 zero bits behind it (RFC 7714 section 11), which is what zero-filling the counter block does.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t
from libc.string cimport memcpy, memset

from native.c.openssl cimport (
    EVP_CIPHER, EVP_CIPHER_CTX, EVP_CIPHER_CTX_free, EVP_CIPHER_CTX_new, EVP_CipherInit_ex, EVP_CipherUpdate, EVP_aes_128_ctr, EVP_aes_256_ctr,
)

cdef enum:
    LABEL_OFFSET = 7               # key_id = label || r (48 bits, zero here), aligned to the end of the 14-byte salt
    SALT_BYTES = 14


cdef int srtp_derive(const uint8_t* key, size_t key_bytes, const uint8_t* salt, size_t salt_bytes, SrtpLabel label, uint8_t* out,
                     size_t size) noexcept nogil:
    cdef uint8_t counter[16]
    cdef EVP_CIPHER_CTX* evp
    cdef const EVP_CIPHER* kind
    cdef int done = 0
    cdef bint derived
    if salt_bytes > SALT_BYTES or size > SRTP_DERIVE_MAX_BYTES:
        return -1
    if key_bytes == 16:
        kind = EVP_aes_128_ctr()
    elif key_bytes == 32:
        kind = EVP_aes_256_ctr()
    else:
        return -1
    memset(counter, 0, sizeof(counter))
    memcpy(counter, salt, salt_bytes)
    counter[LABEL_OFFSET] ^= <uint8_t>label
    memset(out, 0, size)
    evp = EVP_CIPHER_CTX_new()
    if evp == NULL:
        return -1
    derived = EVP_CipherInit_ex(evp, kind, NULL, key, counter, 1) == 1 and EVP_CipherUpdate(evp, out, &done, out, <int>size) == 1
    EVP_CIPHER_CTX_free(evp)
    return 0 if derived else -1
