"""Intel ipsec-mb (>= 1.3): AES-GCM in one direct call, AES-CTR, and AES-CTR + HMAC-SHA1 over many packets at once.

The shim hides the library behind functions that exist in every build: where it is absent (TRESEN_IPSEC_MB=0, another
architecture, an older release) `mb_new` returns NULL and nothing else is ever called. A manager made by `mb_new` is read-only
for every function but `mb_submit` and `mb_flush`, so threads may share it for those; submit and flush need one of their own.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t


cdef extern from *:
    """
    #include <stddef.h>
    #include <stdint.h>
    #if TRESEN_IPSEC_MB
    #define NO_COMPAT_IMB_API_053 /* its old short names (SHA1, ...) collide with OpenSSL's */
    #include <intel-ipsec-mb.h>
    #if IMB_VERSION_NUM >= IMB_VERSION(1, 3, 0) /* the first with cipher bursts */
    #define MB_AVAILABLE 1
    #endif
    #endif
    #ifdef MB_AVAILABLE
    typedef IMB_MGR MbManager;

    static inline MbManager *mb_new(void)
    {
        const uint64_t needed = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ;
        IMB_ARCH arch = IMB_ARCH_NONE;
        MbManager *manager = alloc_mb_mgr(0);
        if (manager == NULL)
            return NULL;
        if ((manager->features & needed) == needed)
            init_mb_mgr_auto(manager, &arch);
        if (arch == IMB_ARCH_NONE || arch == IMB_ARCH_NOAESNI) {
            free_mb_mgr(manager);
            return NULL;
        }
        return manager;
    }

    static inline void mb_free(MbManager *manager) { free_mb_mgr(manager); }
    static inline const char *mb_version(void) { return imb_get_version_str(); }

    static inline const char *mb_arch(const MbManager *manager)
    {
        switch (manager->used_arch) {
        case IMB_ARCH_SSE: return "sse";
        case IMB_ARCH_AVX: return "avx";
        case IMB_ARCH_AVX2: return "avx2";
        case IMB_ARCH_AVX512: return "avx512";
        default: return "unknown";
        }
    }

    /* How many packets multi-buffer SHA-1 works on at once. */
    static inline size_t mb_lanes(const MbManager *manager)
    {
        return manager->used_arch == IMB_ARCH_AVX512 ? 16 : manager->used_arch == IMB_ARCH_AVX2 ? 8 : 4;
    }

    /* Room for one expanded key of any kind, to be aligned to MB_KEY_ALIGN. */
    enum { MB_KEY_BYTES = sizeof(struct gcm_key_data), MB_KEY_ALIGN = 64 };

    static inline void mb_gcm_expand(MbManager *manager, const uint8_t *key, size_t key_bytes, void *out)
    {
        if (key_bytes == 32)
            IMB_AES256_GCM_PRE(manager, key, (struct gcm_key_data *)out);
        else
            IMB_AES128_GCM_PRE(manager, key, (struct gcm_key_data *)out);
    }

    static inline void mb_gcm_seal(MbManager *manager, const void *key, size_t key_bytes, const uint8_t *iv, const uint8_t *aad,
                                   size_t aad_bytes, const uint8_t *src, uint8_t *dst, size_t size, uint8_t *tag)
    {
        struct gcm_context_data state;
        if (key_bytes == 32)
            IMB_AES256_GCM_ENC(manager, key, &state, dst, src, size, iv, aad, aad_bytes, tag, 16);
        else
            IMB_AES128_GCM_ENC(manager, key, &state, dst, src, size, iv, aad, aad_bytes, tag, 16);
    }

    static inline void mb_gcm_open(MbManager *manager, const void *key, size_t key_bytes, const uint8_t *iv, const uint8_t *aad,
                                   size_t aad_bytes, const uint8_t *src, uint8_t *dst, size_t size, uint8_t *tag)
    {
        struct gcm_context_data state;
        if (key_bytes == 32)
            IMB_AES256_GCM_DEC(manager, key, &state, dst, src, size, iv, aad, aad_bytes, tag, 16);
        else
            IMB_AES128_GCM_DEC(manager, key, &state, dst, src, size, iv, aad, aad_bytes, tag, 16);
    }

    /* `unused` takes the decryption schedule, which counter mode does not need: 240 bytes, 16-aligned. */
    static inline void mb_ctr_expand(MbManager *manager, const uint8_t *key, void *out, void *unused)
    {
        IMB_AES_KEYEXP_128(manager, key, out, unused);
    }

    static inline void mb_ctr(MbManager *manager, const void *key, const uint8_t *iv, const uint8_t *src, uint8_t *dst, size_t size)
    {
        IMB_JOB job = {
            .enc_keys = key, .dec_keys = key, .key_len_in_bytes = 16, .src = src, .dst = dst, .iv = iv, .iv_len_in_bytes = 16,
            .msg_len_to_cipher_in_bytes = size, .cipher_mode = IMB_CIPHER_CNTR, .hash_alg = IMB_AUTH_NULL,
            .cipher_direction = IMB_DIR_ENCRYPT, .chain_order = IMB_ORDER_CIPHER_HASH,
        };
        IMB_SUBMIT_CIPHER_BURST_NOCHECK(manager, &job, 1, IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT, IMB_KEY_128_BYTES);
    }

    /* AES-128-CTR over packet[skip, size), then HMAC-SHA1 over packet[0, size + more); 12 bytes of it to `tag`.
       Everything must stay until mb_flush. */
    static inline void mb_submit(MbManager *manager, const void *key, const uint8_t *iv, const void *inner, const void *outer,
                                 uint8_t *packet, size_t skip, size_t size, size_t more, uint8_t *tag)
    {
        IMB_JOB *job = IMB_GET_NEXT_JOB(manager);
        job->enc_keys = key;
        job->dec_keys = key;
        job->key_len_in_bytes = 16;
        job->src = packet;
        job->dst = packet + skip;
        job->iv = iv;
        job->iv_len_in_bytes = 16;
        job->cipher_start_src_offset_in_bytes = skip;
        job->msg_len_to_cipher_in_bytes = size - skip;
        job->hash_start_src_offset_in_bytes = 0;
        job->msg_len_to_hash_in_bytes = size + more;
        job->auth_tag_output = tag;
        job->auth_tag_output_len_in_bytes = 12;
        job->u.HMAC._hashed_auth_key_xor_ipad = inner;
        job->u.HMAC._hashed_auth_key_xor_opad = outer;
        job->cipher_mode = IMB_CIPHER_CNTR;
        job->cipher_direction = IMB_DIR_ENCRYPT;
        job->hash_alg = IMB_AUTH_HMAC_SHA_1;
        job->chain_order = IMB_ORDER_CIPHER_HASH;
        IMB_SUBMIT_JOB_NOCHECK(manager);
    }

    static inline void mb_flush(MbManager *manager)
    {
        while (IMB_FLUSH_JOB(manager) != NULL)
            ;
    }
    #else
    typedef struct MbManager MbManager;
    enum { MB_KEY_BYTES = 0, MB_KEY_ALIGN = 1 };
    static inline MbManager *mb_new(void) { return NULL; }
    static inline void mb_free(MbManager *manager) { (void)manager; }
    static inline const char *mb_version(void) { return ""; }
    static inline const char *mb_arch(const MbManager *manager) { (void)manager; return ""; }
    static inline size_t mb_lanes(const MbManager *manager) { (void)manager; return 1; }
    #define mb_gcm_expand(manager, key, key_bytes, out) ((void)0)
    #define mb_gcm_seal(manager, key, key_bytes, iv, aad, aad_bytes, src, dst, size, tag) ((void)0)
    #define mb_gcm_open(manager, key, key_bytes, iv, aad, aad_bytes, src, dst, size, tag) ((void)0)
    #define mb_ctr_expand(manager, key, out, unused) ((void)0)
    #define mb_ctr(manager, key, iv, src, dst, size) ((void)0)
    #define mb_submit(manager, key, iv, inner, outer, packet, skip, size, more, tag) ((void)0)
    #define mb_flush(manager) ((void)0)
    #endif
    """
    ctypedef struct MbManager:
        pass
    const size_t MB_KEY_BYTES
    const size_t MB_KEY_ALIGN
    MbManager* mb_new() noexcept nogil
    void mb_free(MbManager* manager) noexcept nogil
    const char* mb_version() noexcept nogil
    const char* mb_arch(const MbManager* manager) noexcept nogil
    size_t mb_lanes(const MbManager* manager) noexcept nogil
    void mb_gcm_expand(MbManager* manager, const uint8_t* key, size_t key_bytes, void* out) noexcept nogil
    void mb_gcm_seal(MbManager* manager, const void* key, size_t key_bytes, const uint8_t* iv, const uint8_t* aad, size_t aad_bytes,
                     const uint8_t* src, uint8_t* dst, size_t size, uint8_t* tag) noexcept nogil
    void mb_gcm_open(MbManager* manager, const void* key, size_t key_bytes, const uint8_t* iv, const uint8_t* aad, size_t aad_bytes,
                     const uint8_t* src, uint8_t* dst, size_t size, uint8_t* tag) noexcept nogil
    void mb_ctr_expand(MbManager* manager, const uint8_t* key, void* out, void* unused) noexcept nogil
    void mb_ctr(MbManager* manager, const void* key, const uint8_t* iv, const uint8_t* src, uint8_t* dst, size_t size) noexcept nogil
    void mb_submit(MbManager* manager, const void* key, const uint8_t* iv, const void* inner, const void* outer, uint8_t* packet,
                   size_t skip, size_t size, size_t more, uint8_t* tag) noexcept nogil
    void mb_flush(MbManager* manager) noexcept nogil
