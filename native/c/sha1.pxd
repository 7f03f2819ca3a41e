"""OpenSSL's low-level SHA-1: its whole state is a struct of the caller's, so hashing allocates nothing.

The EVP interface that replaces it allocates a context per message and looks its provider up. The deprecation notice is about
that choice, not about the function, and is silenced here.
"""
from libc.stddef cimport size_t

cdef extern from *:
    """
    #ifndef OPENSSL_SUPPRESS_DEPRECATED
    #define OPENSSL_SUPPRESS_DEPRECATED
    #endif
    """

cdef extern from "openssl/sha.h" nogil:
    ctypedef struct SHA_CTX:
        pass
    int SHA1_Init(SHA_CTX* context)
    int SHA1_Update(SHA_CTX* context, const void* data, size_t size)
    int SHA1_Final(unsigned char* digest, SHA_CTX* context)

cdef extern from "openssl/crypto.h" nogil:
    # Compares without leaving early: 0 when equal.
    int CRYPTO_memcmp(const void* a, const void* b, size_t size)
