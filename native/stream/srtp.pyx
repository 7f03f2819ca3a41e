"""See srtp.pxd. The packet formats and the rules around a packet; srtp_cipher does the cryptography, srtp_replay the bookkeeping.

Called by engine/transport for every packet. Replay state moves only after a tag was verified. Sources: RFC 3711 sections 3.1, 3.3, 3.4,
4.1.1; RFC 7714 sections 8 (SRTP), 9 (SRTCP), 12; profiles of RFC 5764 section 4.1.2 and RFC 7714 section 14.2.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memmove, memset

from native.c.ipsec_mb cimport mb_flush, mb_free, mb_lanes, mb_new, mb_submit
from native.c.openssl cimport CRYPTO_memcmp, OPENSSL_cleanse
from native.stream.srtp_cipher cimport (
    SRTP_PROVIDER_IPSEC_MB, SRTP_TRANSFORM_CM_SHA1, SRTP_TRANSFORM_GCM, SrtpCipher, SrtpTransform, srtp_cipher_clear, srtp_cipher_counter,
    srtp_cipher_init, srtp_cipher_mac, srtp_cipher_open, srtp_cipher_room, srtp_cipher_seal, srtp_provider_selected,
)
from native.stream.srtp_kdf cimport (
    SRTCP_LABEL_AUTH, SRTCP_LABEL_KEY, SRTCP_LABEL_SALT, SRTP_LABEL_AUTH, SRTP_LABEL_KEY, SRTP_LABEL_SALT, SrtpLabel, srtp_derive,
)
from native.stream.srtp_replay cimport (
    SrtcpReplay, SrtpReplay, srtcp_replay_accept, srtcp_replay_fresh, srtp_replay_accept, srtp_replay_estimate, srtp_replay_fresh,
)
from native.wire.bytes cimport be16_read, be32_read, be32_write, be64_write

cdef enum:
    RTP_HEADER_BYTES = 12
    RTCP_HEADER_BYTES = 8          # what SRTCP leaves in the clear
    GCM_TAG_BYTES = 16
    CM_TAG_BYTES = 10              # 80 bits
    SHA1_DIGEST_BYTES = 20
    AUTH_KEY_BYTES = 20
    SRTCP_WORD_BYTES = 4           # E flag and index
    # Multi-buffer SHA-1 costs the same for one lane as for all: at 1200 bytes five packets of sixteen lanes break even with
    # one at a time, and a packet below this size is done sooner than it is queued.
    MULTI_BUFFER_MIN_JOBS = 5
    MULTI_BUFFER_MIN_BYTES = 300

cdef uint32_t ENCRYPTED_FLAG = 0x80000000


cdef size_t srtp_context_bytes() noexcept nogil:
    return sizeof(SrtpContext) + 2 * srtp_cipher_room()


cdef int profile_lengths(SrtpProfile profile, size_t* key_bytes, size_t* salt_bytes) noexcept nogil:
    if profile == SRTP_AES128_CM_SHA1_80:
        key_bytes[0], salt_bytes[0] = 16, 14
    elif profile == SRTP_AEAD_AES_128_GCM:
        key_bytes[0], salt_bytes[0] = 16, 12
    elif profile == SRTP_AEAD_AES_256_GCM:
        key_bytes[0], salt_bytes[0] = 32, 12
    else:
        return -1
    return 0


cdef int session_keys(const uint8_t* key, size_t key_bytes, size_t salt_bytes, SrtpLabel key_label, SrtpLabel auth_label,
                      SrtpLabel salt_label, SrtpSessionKeys* out) noexcept nogil:
    cdef const uint8_t* salt = key + key_bytes
    if srtp_derive(key, key_bytes, salt, salt_bytes, key_label, out.key, key_bytes) < 0:
        return -1
    if srtp_derive(key, key_bytes, salt, salt_bytes, auth_label, out.auth, AUTH_KEY_BYTES) < 0:
        return -1
    return srtp_derive(key, key_bytes, salt, salt_bytes, salt_label, out.salt, salt_bytes)


cdef int srtp_context_init(SrtpContext* context, SrtpProfile profile, const uint8_t* key, size_t key_bytes) noexcept nogil:
    cdef SrtpSessionKeys[2] keys
    cdef size_t master_bytes = 0
    cdef size_t salt_bytes = 0
    cdef int result = -1
    memset(context, 0, sizeof(SrtpContext))
    if profile_lengths(profile, &master_bytes, &salt_bytes) < 0 or key_bytes != master_bytes + salt_bytes:
        return -1
    if (
        session_keys(key, master_bytes, salt_bytes, SRTP_LABEL_KEY, SRTP_LABEL_AUTH, SRTP_LABEL_SALT, &keys[0]) == 0
        and session_keys(key, master_bytes, salt_bytes, SRTCP_LABEL_KEY, SRTCP_LABEL_AUTH, SRTCP_LABEL_SALT, &keys[1]) == 0
    ):
        result = srtp_context_init_session(context, profile, &keys[0], &keys[1])
    OPENSSL_cleanse(keys, sizeof(keys))
    return result


cdef int srtp_context_init_session(SrtpContext* context, SrtpProfile profile, const SrtpSessionKeys* rtp,
                                   const SrtpSessionKeys* rtcp) noexcept nogil:
    cdef uint8_t* room = <uint8_t*>context + sizeof(SrtpContext)
    cdef SrtpTransform transform = SRTP_TRANSFORM_CM_SHA1 if profile == SRTP_AES128_CM_SHA1_80 else SRTP_TRANSFORM_GCM
    cdef size_t key_bytes = 0
    cdef size_t salt_bytes = 0
    memset(context, 0, sizeof(SrtpContext))
    if profile_lengths(profile, &key_bytes, &salt_bytes) < 0:
        return -1
    if (
        srtp_cipher_init(&context.rtp, transform, rtp.key, key_bytes, rtp.salt, salt_bytes, rtp.auth, room) < 0
        or srtp_cipher_init(&context.rtcp, transform, rtcp.key, key_bytes, rtcp.salt, salt_bytes, rtcp.auth,
                            room + srtp_cipher_room()) < 0
    ):
        srtp_context_clear(context)
        return -1
    context.profile = <uint8_t>profile
    context.tag_bytes = CM_TAG_BYTES if transform == SRTP_TRANSFORM_CM_SHA1 else GCM_TAG_BYTES
    return 0


cdef void srtp_context_clear(SrtpContext* context) noexcept nogil:
    srtp_cipher_clear(&context.rtp)
    srtp_cipher_clear(&context.rtcp)
    OPENSSL_cleanse(context, sizeof(SrtpContext))


cdef inline void packet_iv(const SrtpCipher* cipher, uint32_t ssrc, uint64_t index, uint8_t* iv) noexcept nogil:
    """Salt xor SSRC xor 48-bit index: RFC 3711 section 4.1.1 (16 bytes), RFC 7714 sections 8.1 and 9.1 (12 bytes, two places earlier)."""
    if cipher.transform == SRTP_TRANSFORM_GCM:
        be64_write(iv, cipher.salt[0] ^ (<uint64_t>ssrc << 16) ^ (index >> 32))
        be64_write(iv + 8, cipher.salt[1] ^ (index << 32))
    else:
        be64_write(iv, cipher.salt[0] ^ ssrc)
        be64_write(iv + 8, cipher.salt[1] ^ (index << 16))


cdef int srtp_open(SrtpContext* context, SrtpReplay* replay, const uint8_t* data, size_t size, size_t header_bytes,
                   uint8_t* out, uint64_t* index) noexcept nogil:
    cdef uint8_t iv[16]
    cdef uint8_t roc[4]
    cdef uint8_t digest[SHA1_DIGEST_BYTES]
    cdef uint64_t estimate = 0
    cdef size_t plain_bytes
    if context.profile == 0:
        return SRTP_NO_KEYS
    if header_bytes < RTP_HEADER_BYTES or size < context.tag_bytes or size - context.tag_bytes < header_bytes:
        return SRTP_SHORT
    if not srtp_replay_estimate(replay, be16_read(data + 2), &estimate) or not srtp_replay_fresh(replay, estimate):
        return SRTP_REPLAYED
    plain_bytes = size - context.tag_bytes
    packet_iv(&context.rtp, be32_read(data + 8), estimate, iv)
    if context.rtp.transform == SRTP_TRANSFORM_GCM:
        if not srtp_cipher_open(&context.rtp, iv, data, header_bytes, data + header_bytes, out + header_bytes,
                                plain_bytes - header_bytes, data + plain_bytes):
            return SRTP_UNAUTHENTIC
    else:
        be32_write(roc, <uint32_t>(estimate >> 16))
        srtp_cipher_mac(&context.rtp, data, plain_bytes, roc, sizeof(roc), digest)
        if CRYPTO_memcmp(digest, data + plain_bytes, CM_TAG_BYTES) != 0:
            return SRTP_UNAUTHENTIC
        if not srtp_cipher_counter(&context.rtp, iv, data + header_bytes, out + header_bytes, plain_bytes - header_bytes):
            return SRTP_UNAUTHENTIC
    if out != data:
        memcpy(out, data, header_bytes)
    srtp_replay_accept(replay, estimate)
    index[0] = estimate
    return <int>plain_bytes


cdef size_t srtp_seal(SrtpContext* context, uint8_t* packet, size_t size, size_t header_bytes, uint64_t index) noexcept nogil:
    if size < header_bytes:
        return 0
    return srtp_seal_from(context, packet, header_bytes, packet + header_bytes, size - header_bytes, index)


cdef size_t srtp_seal_from(SrtpContext* context, uint8_t* packet, size_t header_bytes, const uint8_t* payload,
                           size_t payload_bytes, uint64_t index) noexcept nogil:
    cdef uint8_t iv[16]
    cdef uint8_t roc[4]
    cdef uint8_t digest[SHA1_DIGEST_BYTES]
    cdef size_t size = header_bytes + payload_bytes
    if context.profile == 0 or header_bytes < RTP_HEADER_BYTES:
        return 0
    packet_iv(&context.rtp, be32_read(packet + 8), index, iv)
    if context.rtp.transform == SRTP_TRANSFORM_GCM:
        if not srtp_cipher_seal(&context.rtp, iv, packet, header_bytes, payload, packet + header_bytes, payload_bytes, packet + size):
            return 0
        return size + GCM_TAG_BYTES
    if not srtp_cipher_counter(&context.rtp, iv, payload, packet + header_bytes, payload_bytes):
        return 0
    be32_write(roc, <uint32_t>(index >> 16))
    srtp_cipher_mac(&context.rtp, packet, size, roc, sizeof(roc), digest)
    memcpy(packet + size, digest, CM_TAG_BYTES)
    return size + CM_TAG_BYTES


cdef SrtpBatch* srtp_batch_new() noexcept nogil:
    cdef SrtpBatch* batch = <SrtpBatch*>calloc(1, sizeof(SrtpBatch))
    if batch != NULL and srtp_provider_selected() == SRTP_PROVIDER_IPSEC_MB:
        batch.manager = mb_new()
    return batch


cdef void srtp_batch_free(SrtpBatch* batch) noexcept nogil:
    if batch == NULL:
        return
    srtp_batch_flush(batch)
    if batch.manager != NULL:
        mb_free(batch.manager)
    free(batch)


cdef size_t srtp_seal_submit(SrtpBatch* batch, SrtpContext* context, uint8_t* packet, size_t size, size_t header_bytes,
                             uint64_t index) noexcept nogil:
    cdef SrtpSealJob* job
    if (
        batch.manager == NULL or context.profile != SRTP_AES128_CM_SHA1_80 or context.rtp.provider != SRTP_PROVIDER_IPSEC_MB
        or size < MULTI_BUFFER_MIN_BYTES or size <= header_bytes or header_bytes < RTP_HEADER_BYTES
    ):
        return srtp_seal(context, packet, size, header_bytes, index)
    if batch.count == SRTP_BATCH_JOBS:
        srtp_batch_flush(batch)
    job = &batch.jobs[batch.count]
    batch.count += 1
    job.context = context
    job.packet = packet
    job.size = size
    job.header_bytes = header_bytes
    job.index = index
    return size + CM_TAG_BYTES


cdef void srtp_batch_flush(SrtpBatch* batch) noexcept nogil:
    cdef size_t i
    cdef size_t together = batch.count
    cdef size_t rest
    cdef SrtpSealJob* job
    if batch.count == 0:
        return
    rest = batch.count % mb_lanes(batch.manager)
    if rest < MULTI_BUFFER_MIN_JOBS:
        together -= rest
    for i in range(together):
        job = &batch.jobs[i]
        packet_iv(&job.context.rtp, be32_read(job.packet + 8), job.index, job.iv)
        # The hash runs over the packet and the roll-over counter, which stands where the tag will.
        be32_write(job.packet + job.size, <uint32_t>(job.index >> 16))
        mb_submit(batch.manager, job.context.rtp.expanded, job.iv, &job.context.rtp.inner.h0, &job.context.rtp.outer.h0, job.packet,
                  job.header_bytes, job.size, 4, job.tag)
    if together > 0:
        mb_flush(batch.manager)
    for i in range(together):
        # By way of job.tag: the library writes 12 bytes, and behind these 10 the next packet of the train may begin.
        memcpy(batch.jobs[i].packet + batch.jobs[i].size, batch.jobs[i].tag, CM_TAG_BYTES)
    for i in range(together, batch.count):
        job = &batch.jobs[i]
        srtp_seal(job.context, job.packet, job.size, job.header_bytes, job.index)
    batch.count = 0


cdef int srtcp_open(SrtpContext* context, SrtcpReplay* replay, const uint8_t* data, size_t size, uint8_t* out) noexcept nogil:
    cdef size_t plain_bytes
    cdef uint32_t index
    cdef int result
    if context.profile == 0:
        return SRTP_NO_KEYS
    if size < <size_t>RTCP_HEADER_BYTES + SRTCP_WORD_BYTES + context.tag_bytes:
        return SRTP_SHORT
    plain_bytes = size - SRTCP_WORD_BYTES - context.tag_bytes
    # RFC 7714 puts the tag before the E flag and index, RFC 3711 behind them.
    if context.rtcp.transform == SRTP_TRANSFORM_GCM:
        index = be32_read(data + plain_bytes + GCM_TAG_BYTES)
    else:
        index = be32_read(data + plain_bytes)
    if not srtcp_replay_fresh(replay, index & ~ENCRYPTED_FLAG):
        return SRTP_REPLAYED
    if context.rtcp.transform == SRTP_TRANSFORM_GCM:
        result = srtcp_open_gcm(&context.rtcp, data, plain_bytes, index, out)
    else:
        result = srtcp_open_cm(&context.rtcp, data, plain_bytes, index, out)
    if result == 0:
        srtcp_replay_accept(replay, index & ~ENCRYPTED_FLAG)
        return <int>plain_bytes
    return result


cdef int srtcp_open_gcm(SrtpCipher* cipher, const uint8_t* data, size_t plain_bytes, uint32_t word, uint8_t* out) noexcept nogil:
    cdef uint8_t iv[16]
    cdef uint8_t aad[RTCP_HEADER_BYTES + SRTCP_WORD_BYTES]
    cdef uint8_t tag[GCM_TAG_BYTES]
    packet_iv(cipher, be32_read(data + 4), word & ~ENCRYPTED_FLAG, iv)
    if word & ENCRYPTED_FLAG:
        memcpy(aad, data, RTCP_HEADER_BYTES)
        be32_write(aad + RTCP_HEADER_BYTES, word)
        if not srtp_cipher_open(cipher, iv, aad, sizeof(aad), data + RTCP_HEADER_BYTES, out + RTCP_HEADER_BYTES,
                                plain_bytes - RTCP_HEADER_BYTES, data + plain_bytes):
            return SRTP_UNAUTHENTIC
        memcpy(out, aad, RTCP_HEADER_BYTES)
        return 0
    # Not encrypted: all of it is associated data, and `out` is where packet and word can stand in one piece.
    memcpy(tag, data + plain_bytes, GCM_TAG_BYTES)
    memmove(out, data, plain_bytes)
    be32_write(out + plain_bytes, word)
    if not srtp_cipher_open(cipher, iv, out, plain_bytes + SRTCP_WORD_BYTES, out, out, 0, tag):
        memset(out, 0, plain_bytes + SRTCP_WORD_BYTES)
        return SRTP_UNAUTHENTIC
    return 0


cdef int srtcp_open_cm(SrtpCipher* cipher, const uint8_t* data, size_t plain_bytes, uint32_t word, uint8_t* out) noexcept nogil:
    cdef uint8_t iv[16]
    cdef uint8_t digest[SHA1_DIGEST_BYTES]
    srtp_cipher_mac(cipher, data, plain_bytes, data + plain_bytes, SRTCP_WORD_BYTES, digest)
    if CRYPTO_memcmp(digest, data + plain_bytes + SRTCP_WORD_BYTES, CM_TAG_BYTES) != 0:
        return SRTP_UNAUTHENTIC
    if not word & ENCRYPTED_FLAG:
        memmove(out, data, plain_bytes)
        return 0
    packet_iv(cipher, be32_read(data + 4), word & ~ENCRYPTED_FLAG, iv)
    if not srtp_cipher_counter(cipher, iv, data + RTCP_HEADER_BYTES, out + RTCP_HEADER_BYTES, plain_bytes - RTCP_HEADER_BYTES):
        return SRTP_UNAUTHENTIC
    if out != data:
        memcpy(out, data, RTCP_HEADER_BYTES)
    return 0


cdef size_t srtcp_seal(SrtpContext* context, uint8_t* packet, size_t size, uint32_t index) noexcept nogil:
    cdef uint8_t iv[16]
    cdef uint8_t aad[RTCP_HEADER_BYTES + SRTCP_WORD_BYTES]
    cdef uint8_t digest[SHA1_DIGEST_BYTES]
    cdef SrtpCipher* cipher = &context.rtcp
    cdef uint32_t word = (index & ~ENCRYPTED_FLAG) | ENCRYPTED_FLAG
    cdef uint8_t* body = packet + RTCP_HEADER_BYTES
    if context.profile == 0 or size < RTCP_HEADER_BYTES:
        return 0
    packet_iv(cipher, be32_read(packet + 4), index & ~ENCRYPTED_FLAG, iv)
    if cipher.transform == SRTP_TRANSFORM_GCM:
        memcpy(aad, packet, RTCP_HEADER_BYTES)
        be32_write(aad + RTCP_HEADER_BYTES, word)
        if not srtp_cipher_seal(cipher, iv, aad, sizeof(aad), body, body, size - RTCP_HEADER_BYTES, packet + size):
            return 0
        be32_write(packet + size + GCM_TAG_BYTES, word)
        return size + GCM_TAG_BYTES + SRTCP_WORD_BYTES
    if not srtp_cipher_counter(cipher, iv, body, body, size - RTCP_HEADER_BYTES):
        return 0
    be32_write(packet + size, word)
    srtp_cipher_mac(cipher, packet, size, packet + size, SRTCP_WORD_BYTES, digest)
    memcpy(packet + size + SRTCP_WORD_BYTES, digest, CM_TAG_BYTES)
    return size + SRTCP_WORD_BYTES + CM_TAG_BYTES
