"""OpenSSL's libcrypto (3.x), as far as SRTP, STUN and key handling need it: ciphers, SHA-1 states, constant-time compare.

The low-level SHA1_* calls are deprecated but are the only way to hash from a kept state without an allocation per packet
(EVP_MAC_dup and HMAC_CTX_copy allocate); they run the same assembly as EVP.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint32_t


cdef extern from *:
    """
    #define OPENSSL_SUPPRESS_DEPRECATED
    #include <openssl/crypto.h>
    #include <openssl/evp.h>
    #include <openssl/hmac.h>
    #include <openssl/sha.h>
    """
    const int OPENSSL_VERSION_STRING
    const char* OpenSSL_version(int kind) noexcept nogil
    int CRYPTO_memcmp(const void* a, const void* b, size_t size) noexcept nogil
    void OPENSSL_cleanse(void* memory, size_t size) noexcept nogil

    ctypedef struct EVP_CIPHER:
        pass
    ctypedef struct EVP_CIPHER_CTX:
        pass
    ctypedef struct EVP_MD:
        pass
    ctypedef struct ENGINE:
        pass
    const int EVP_CTRL_AEAD_GET_TAG
    const int EVP_CTRL_AEAD_SET_TAG
    const EVP_CIPHER* EVP_aes_128_gcm() noexcept nogil
    const EVP_CIPHER* EVP_aes_256_gcm() noexcept nogil
    const EVP_CIPHER* EVP_aes_128_ctr() noexcept nogil
    const EVP_CIPHER* EVP_aes_256_ctr() noexcept nogil
    EVP_CIPHER_CTX* EVP_CIPHER_CTX_new() noexcept nogil
    void EVP_CIPHER_CTX_free(EVP_CIPHER_CTX* context) noexcept nogil
    int EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX* context, int kind, int size, void* data) noexcept nogil
    int EVP_CipherInit_ex(EVP_CIPHER_CTX* context, const EVP_CIPHER* cipher, ENGINE* engine, const unsigned char* key,
                          const unsigned char* iv, int encrypt) noexcept nogil
    int EVP_CipherUpdate(EVP_CIPHER_CTX* context, unsigned char* out, int* out_bytes, const unsigned char* data,
                         int size) noexcept nogil
    int EVP_CipherFinal_ex(EVP_CIPHER_CTX* context, unsigned char* out, int* out_bytes) noexcept nogil

    const EVP_MD* EVP_sha1() noexcept nogil
    unsigned char* HMAC(const EVP_MD* digest, const void* key, int key_bytes, const unsigned char* data, size_t size,
                        unsigned char* out, unsigned int* out_bytes) noexcept nogil

    ctypedef struct SHA_CTX:
        uint32_t h0
    int SHA1_Init(SHA_CTX* state) noexcept nogil
    int SHA1_Update(SHA_CTX* state, const void* data, size_t size) noexcept nogil
    int SHA1_Final(unsigned char* digest, SHA_CTX* state) noexcept nogil
