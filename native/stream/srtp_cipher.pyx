"""See srtp_cipher.pxd. Called by srtp.pyx for every packet; knows nothing of RTP, only keys, IVs and bytes.

Invariants: nothing is allocated after srtp_cipher_init; the shared ipsec-mb manager is only read after the module is loaded,
so ciphers of different threads may use it at once; multi-buffer work goes through a batch's own manager (srtp.pyx).
Sources: RFC 3711 section 4.1.1 (AES-CM), section 4.2.1 (HMAC-SHA1); RFC 7714; RFC 2104 (key blocks).
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uintptr_t
from libc.string cimport memcpy, memset

from native.c.ipsec_mb cimport (
    MB_KEY_ALIGN, MB_KEY_BYTES, MbManager, mb_arch, mb_ctr, mb_ctr_expand, mb_gcm_expand, mb_gcm_open, mb_gcm_seal, mb_new, mb_version,
)
from native.c.openssl cimport (
    CRYPTO_memcmp, EVP_CIPHER, EVP_CIPHER_CTX_ctrl, EVP_CIPHER_CTX_free, EVP_CIPHER_CTX_new, EVP_CTRL_AEAD_GET_TAG, EVP_CTRL_AEAD_SET_TAG,
    EVP_CipherFinal_ex, EVP_CipherInit_ex, EVP_CipherUpdate, EVP_aes_128_ctr, EVP_aes_128_gcm, EVP_aes_256_gcm, OPENSSL_VERSION_STRING,
    OPENSSL_cleanse, OpenSSL_version, SHA1_Final, SHA1_Init, SHA1_Update, SHA_CTX,
)
from native.wire.bytes cimport be64_read

cdef enum:
    GCM_TAG_BYTES = 16
    SHA1_BLOCK_BYTES = 64
    SHA1_DIGEST_BYTES = 20
    AUTH_KEY_BYTES = 20            # RFC 3711 section 5.2: n_a = 160 bits

# Made once at import, when only one thread can be here; never freed, it lives as long as the process.
cdef MbManager* shared_manager = mb_new()
cdef SrtpProvider selected = SRTP_PROVIDER_OPENSSL if shared_manager == NULL else SRTP_PROVIDER_IPSEC_MB


cdef SrtpProvider srtp_provider_select(int provider) noexcept nogil:
    global selected
    if provider == SRTP_PROVIDER_IPSEC_MB and shared_manager != NULL:
        selected = SRTP_PROVIDER_IPSEC_MB
    else:
        selected = SRTP_PROVIDER_OPENSSL
    return selected


cdef SrtpProvider srtp_provider_selected() noexcept nogil:
    return selected


cpdef str srtp_provider_name():
    if selected == SRTP_PROVIDER_IPSEC_MB:
        return f"ipsec-mb {mb_version().decode()} ({mb_arch(shared_manager).decode()})"
    return f"openssl {OpenSSL_version(OPENSSL_VERSION_STRING).decode()}"


cdef size_t srtp_cipher_room() noexcept nogil:
    return MB_KEY_BYTES + MB_KEY_ALIGN - 1


cdef void hmac_states(SrtpCipher* cipher, const uint8_t* auth_key) noexcept nogil:
    cdef uint8_t block[SHA1_BLOCK_BYTES]
    cdef int i
    memset(block, 0x36, sizeof(block))
    for i in range(AUTH_KEY_BYTES):
        block[i] ^= auth_key[i]
    SHA1_Init(&cipher.inner)
    SHA1_Update(&cipher.inner, block, sizeof(block))
    for i in range(SHA1_BLOCK_BYTES):
        block[i] ^= 0x36 ^ 0x5C
    SHA1_Init(&cipher.outer)
    SHA1_Update(&cipher.outer, block, sizeof(block))
    OPENSSL_cleanse(block, sizeof(block))


cdef void expand_keys(SrtpCipher* cipher, const uint8_t* key, uint8_t* room) noexcept nogil:
    # The decryption schedule that comes with expansion: 15 round keys, kept aligned by hand since the stack may not be.
    cdef uint8_t scratch[240 + 15]
    cipher.expanded = <uint8_t*>((<uintptr_t>room + MB_KEY_ALIGN - 1) & ~<uintptr_t>(MB_KEY_ALIGN - 1))
    if cipher.transform == SRTP_TRANSFORM_GCM:
        mb_gcm_expand(shared_manager, key, cipher.key_bytes, cipher.expanded)
    else:
        mb_ctr_expand(shared_manager, key, cipher.expanded, <void*>((<uintptr_t>scratch + 15) & ~<uintptr_t>15))
        OPENSSL_cleanse(scratch, sizeof(scratch))


cdef int srtp_cipher_init(SrtpCipher* cipher, SrtpTransform transform, const uint8_t* key, size_t key_bytes, const uint8_t* salt,
                          size_t salt_bytes, const uint8_t* auth_key, uint8_t* room) noexcept nogil:
    cdef const EVP_CIPHER* kind
    cdef uint8_t padded[16]
    memset(cipher, 0, sizeof(SrtpCipher))
    memset(padded, 0, sizeof(padded))
    cipher.provider = selected
    cipher.transform = transform
    cipher.key_bytes = <uint8_t>key_bytes
    memcpy(padded, salt, salt_bytes)
    cipher.salt[0] = be64_read(padded)
    cipher.salt[1] = be64_read(padded + 8)
    OPENSSL_cleanse(padded, sizeof(padded))
    if transform == SRTP_TRANSFORM_CM_SHA1:
        hmac_states(cipher, auth_key)
    if cipher.provider == SRTP_PROVIDER_IPSEC_MB:
        expand_keys(cipher, key, room)
        return 0
    if transform == SRTP_TRANSFORM_CM_SHA1:
        kind = EVP_aes_128_ctr()
    elif key_bytes == 32:
        kind = EVP_aes_256_gcm()
    else:
        kind = EVP_aes_128_gcm()
    cipher.evp = EVP_CIPHER_CTX_new()
    if cipher.evp == NULL or EVP_CipherInit_ex(cipher.evp, kind, NULL, key, NULL, 1) != 1:
        srtp_cipher_clear(cipher)
        return -1
    return 0


cdef void srtp_cipher_clear(SrtpCipher* cipher) noexcept nogil:
    if cipher.evp != NULL:
        EVP_CIPHER_CTX_free(cipher.evp)  # wipes the key schedule itself
    if cipher.expanded != NULL:
        OPENSSL_cleanse(cipher.expanded, MB_KEY_BYTES)
    OPENSSL_cleanse(cipher, sizeof(SrtpCipher))


cdef bint srtp_cipher_seal(SrtpCipher* cipher, const uint8_t* iv, const uint8_t* aad, size_t aad_bytes, const uint8_t* src,
                           uint8_t* dst, size_t size, uint8_t* tag) noexcept nogil:
    cdef int done = 0
    if cipher.provider == SRTP_PROVIDER_IPSEC_MB:
        mb_gcm_seal(shared_manager, cipher.expanded, cipher.key_bytes, iv, aad, aad_bytes, src, dst, size, tag)
        return True
    return (
        EVP_CipherInit_ex(cipher.evp, NULL, NULL, NULL, iv, 1) == 1
        and EVP_CipherUpdate(cipher.evp, NULL, &done, aad, <int>aad_bytes) == 1
        and (size == 0 or EVP_CipherUpdate(cipher.evp, dst, &done, src, <int>size) == 1)
        and EVP_CipherFinal_ex(cipher.evp, dst, &done) == 1
        and EVP_CIPHER_CTX_ctrl(cipher.evp, EVP_CTRL_AEAD_GET_TAG, GCM_TAG_BYTES, tag) == 1
    )


cdef bint srtp_cipher_open(SrtpCipher* cipher, const uint8_t* iv, const uint8_t* aad, size_t aad_bytes, const uint8_t* src,
                           uint8_t* dst, size_t size, const uint8_t* tag) noexcept nogil:
    cdef uint8_t expected[GCM_TAG_BYTES]
    cdef int done = 0
    cdef bint authentic
    memset(expected, 0, sizeof(expected))
    if cipher.provider == SRTP_PROVIDER_IPSEC_MB:
        mb_gcm_open(shared_manager, cipher.expanded, cipher.key_bytes, iv, aad, aad_bytes, src, dst, size, expected)
        authentic = CRYPTO_memcmp(expected, tag, GCM_TAG_BYTES) == 0
    else:
        authentic = (
            EVP_CipherInit_ex(cipher.evp, NULL, NULL, NULL, iv, 0) == 1
            and EVP_CIPHER_CTX_ctrl(cipher.evp, EVP_CTRL_AEAD_SET_TAG, GCM_TAG_BYTES, <void*>tag) == 1
            and EVP_CipherUpdate(cipher.evp, NULL, &done, aad, <int>aad_bytes) == 1
            and (size == 0 or EVP_CipherUpdate(cipher.evp, dst, &done, src, <int>size) == 1)
            and EVP_CipherFinal_ex(cipher.evp, dst, &done) == 1
        )
    if not authentic:
        memset(dst, 0, size)  # both libraries decrypt before they know: nobody may come to trust what they wrote
    return authentic


cdef bint srtp_cipher_counter(SrtpCipher* cipher, const uint8_t* iv, const uint8_t* src, uint8_t* dst, size_t size) noexcept nogil:
    cdef int done = 0
    if size == 0:
        return True
    if cipher.provider == SRTP_PROVIDER_IPSEC_MB:
        mb_ctr(shared_manager, cipher.expanded, iv, src, dst, size)
        return True
    return (
        EVP_CipherInit_ex(cipher.evp, NULL, NULL, NULL, iv, 1) == 1
        and EVP_CipherUpdate(cipher.evp, dst, &done, src, <int>size) == 1
    )


cdef void srtp_cipher_mac(const SrtpCipher* cipher, const uint8_t* data, size_t size, const uint8_t* suffix, size_t suffix_bytes,
                          uint8_t* digest) noexcept nogil:
    cdef SHA_CTX state = cipher.inner
    SHA1_Update(&state, data, size)
    SHA1_Update(&state, suffix, suffix_bytes)
    SHA1_Final(digest, &state)
    state = cipher.outer
    SHA1_Update(&state, digest, SHA1_DIGEST_BYTES)
    SHA1_Final(digest, &state)
