"""SRTP and SRTCP (RFC 3711, RFC 7714) on a kept cipher context: one SrtpContext is one direction of one peer.

Sealing is a function of (context, packet, index): the caller keeps 64-bit sequence numbers, so there is no roll-over
guess on the way out. Opening keeps one SrtpReplay per SSRC (roll-over counter and window), changed only after the tag
has been verified.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from native.c.ipsec_mb cimport MbManager
from native.stream.srtp_cipher cimport SrtpCipher
from native.stream.srtp_replay cimport SrtcpReplay, SrtpReplay

cdef enum SrtpProfile:             # DTLS-SRTP protection profile numbers (RFC 5764, RFC 7714)
    SRTP_AES128_CM_SHA1_80 = 0x0001
    SRTP_AEAD_AES_128_GCM = 0x0007
    SRTP_AEAD_AES_256_GCM = 0x0008

cdef enum SrtpError:
    SRTP_SHORT = -1                # too short to hold a header and a tag
    SRTP_REPLAYED = -2             # index seen before, or older than the window
    SRTP_UNAUTHENTIC = -3          # tag does not match
    SRTP_NO_KEYS = -4

cdef enum:
    SRTP_MAX_OVERHEAD = 32         # room to leave behind a packet: tag, SRTCP index

cdef struct SrtpContext:           # expanded keys lie behind it: allocate with srtp_context_bytes(), do not copy or move it
    uint8_t profile                # SrtpProfile; 0 = no keys
    uint8_t tag_bytes
    SrtpCipher rtp
    SrtpCipher rtcp

cdef struct SrtpSessionKeys:       # what key derivation yields for one packet kind
    uint8_t key[32]
    uint8_t salt[14]
    uint8_t auth[20]               # AES-CM only

cdef size_t srtp_context_bytes() noexcept nogil
# `key`: master key followed by master salt, as DTLS exports them (30, 28 or 44 bytes). 0, or -1 (unknown profile, wrong length, no
# memory): the context then has no keys. A context in use is cleared first.
cdef int srtp_context_init(SrtpContext* context, SrtpProfile profile, const uint8_t* key, size_t key_bytes) noexcept nogil
# The same from session keys: for published vectors, which start there.
cdef int srtp_context_init_session(SrtpContext* context, SrtpProfile profile, const SrtpSessionKeys* rtp,
                                   const SrtpSessionKeys* rtcp) noexcept nogil
# Wipes the keys and frees what the provider holds. Harmless on zeroed memory and on a cleared context.
cdef void srtp_context_clear(SrtpContext* context) noexcept nogil

# Opens `data` (RTP header of `header_bytes`, already parsed) into `out` (room >= size; equal to data or apart from it).
# Returns the plain packet's bytes, or an SrtpError with no state changed; `out` then holds no plaintext (its payload may be
# zeroed, also in place). *index is the packet's 48-bit index, set on success. `size` is a datagram's, below 64 KiB.
cdef int srtp_open(SrtpContext* context, SrtpReplay* replay, const uint8_t* data, size_t size, size_t header_bytes,
                   uint8_t* out, uint64_t* index) noexcept nogil
# Seals the packet of `size` bytes in place; room for SRTP_MAX_OVERHEAD behind it. `index`'s low 16 bits are the header's sequence
# number; an index is never used twice for different packets (GCM would give its key away). Returns the new size, or 0 when there
# are no keys or the library failed: nothing is to be sent then.
cdef size_t srtp_seal(SrtpContext* context, uint8_t* packet, size_t size, size_t header_bytes, uint64_t index) noexcept nogil
# As srtp_seal, the payload taken from elsewhere: `packet` holds only the header, the ciphertext is written behind it.
cdef size_t srtp_seal_from(SrtpContext* context, uint8_t* packet, size_t header_bytes, const uint8_t* payload,
                           size_t payload_bytes, uint64_t index) noexcept nogil

# Seals as srtp_seal does, but may finish only at srtp_batch_flush (multi-buffer AES-CM); `packet` and `context` must stay
# until then, and srtp_batch_flush comes before srtp_context_clear. The new size is known at once. One batch belongs to one
# thread. For GCM it seals at once. Never touches a byte behind the sealed packet.
cdef enum:
    SRTP_BATCH_JOBS = 64           # packets in flight; a full batch flushes itself

cdef struct SrtpSealJob:
    SrtpContext* context
    uint8_t* packet
    size_t size
    size_t header_bytes
    uint64_t index
    uint8_t iv[16]
    uint8_t tag[16]

cdef struct SrtpBatch:
    MbManager* manager             # NULL: nothing is gained by waiting, every packet is sealed at once
    size_t count
    SrtpSealJob jobs[64]

cdef SrtpBatch* srtp_batch_new() noexcept nogil          # NULL without memory
cdef void srtp_batch_free(SrtpBatch* batch) noexcept nogil
cdef size_t srtp_seal_submit(SrtpBatch* batch, SrtpContext* context, uint8_t* packet, size_t size, size_t header_bytes,
                             uint64_t index) noexcept nogil
cdef void srtp_batch_flush(SrtpBatch* batch) noexcept nogil

# As srtp_open; a packet whose E flag is clear is authenticated and taken as plain (RFC 3711 section 3.4, RFC 7714 section 9.3).
cdef int srtcp_open(SrtpContext* context, SrtcpReplay* replay, const uint8_t* data, size_t size, uint8_t* out) noexcept nogil
# Seals and encrypts the compound packet in place, `index` below 2^31. Returns the new size, 0 as srtp_seal does.
cdef size_t srtcp_seal(SrtpContext* context, uint8_t* packet, size_t size, uint32_t index) noexcept nogil
