"""SRTP and SRTCP (RFC 3711, RFC 7714) on a kept cipher context: one SrtpContext is one direction of one peer.

Sealing is a function of (context, packet, index): the caller keeps 64-bit sequence numbers, so there is no roll-over
guess on the way out. Opening keeps one SrtpReplay per SSRC (roll-over counter and window), changed only after the tag
has been verified.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

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

cdef struct SrtpReplay:            # zeroed = nothing received yet
    uint64_t highest               # 48-bit index (ROC << 16 | SEQ) of the newest authenticated packet
    uint64_t window[16]            # 1024 bits; bit (index & 1023)
    uint8_t started

cdef struct SrtcpReplay:           # zeroed = nothing received yet; the last 64 indices
    uint32_t highest
    uint64_t window
    uint8_t started

cdef struct SrtpContext            # size differs by provider: allocate with srtp_context_bytes()

cdef size_t srtp_context_bytes() noexcept nogil
# `key`: master key followed by master salt, as DTLS exports them (30, 28 or 44 bytes). 0, or -1 (unknown profile, wrong length).
cdef int srtp_context_init(SrtpContext* context, SrtpProfile profile, const uint8_t* key, size_t key_bytes) noexcept nogil
cdef void srtp_context_clear(SrtpContext* context) noexcept nogil

# Opens `data` (RTP header of `header_bytes`, already parsed) into `out` (room >= size; may equal data).
# Returns the plain packet's bytes, or an SrtpError with nothing changed. *index is the packet's 48-bit index.
cdef int srtp_open(SrtpContext* context, SrtpReplay* replay, const uint8_t* data, size_t size, size_t header_bytes,
                   uint8_t* out, uint64_t* index) noexcept nogil
# Seals the packet of `size` bytes in place; room for SRTP_MAX_OVERHEAD behind it. Returns the new size.
cdef size_t srtp_seal(SrtpContext* context, uint8_t* packet, size_t size, size_t header_bytes, uint64_t index) noexcept nogil
# As srtp_seal, the payload taken from elsewhere: `packet` holds only the header, the ciphertext is written behind it.
cdef size_t srtp_seal_from(SrtpContext* context, uint8_t* packet, size_t header_bytes, const uint8_t* payload,
                           size_t payload_bytes, uint64_t index) noexcept nogil

# Seals as srtp_seal does, but may finish only at srtp_batch_flush (multi-buffer AES-CM); `packet` and `context` must stay
# until then. The new size is known at once. One batch belongs to one thread. For GCM it seals at once.
cdef struct SrtpBatch
cdef SrtpBatch* srtp_batch_new() noexcept nogil          # NULL without memory
cdef void srtp_batch_free(SrtpBatch* batch) noexcept nogil
cdef size_t srtp_seal_submit(SrtpBatch* batch, SrtpContext* context, uint8_t* packet, size_t size, size_t header_bytes,
                             uint64_t index) noexcept nogil
cdef void srtp_batch_flush(SrtpBatch* batch) noexcept nogil

cdef int srtcp_open(SrtpContext* context, SrtcpReplay* replay, const uint8_t* data, size_t size, uint8_t* out) noexcept nogil
cdef size_t srtcp_seal(SrtpContext* context, uint8_t* packet, size_t size, uint32_t index) noexcept nogil
