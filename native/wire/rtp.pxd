"""RTP packets and their header extensions (RFC 3550 section 5, RFC 8285): offsets into the packet, nothing copied."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t

# The kinds of header extension. Unnamed, because Cython lets only plain ints index C arrays: `found.values[EXT_MID]`.
cdef enum:
    EXT_MID = 0                    # RFC 8843
    EXT_RID = 1                    # RFC 8852
    EXT_REPAIRED_RID = 2           # RFC 8852
    EXT_ABS_SEND_TIME = 3          # 24-bit 6.18 fixed-point seconds
    EXT_TRANSPORT_CC = 4           # draft-holmer-rmcat-transport-wide-cc-extensions-01
    EXT_AUDIO_LEVEL = 5            # RFC 6464
    EXT_VIDEO_ORIENTATION = 6      # 3GPP TS 26.114
    EXT_PLAYOUT_DELAY = 7
    EXT_ABS_CAPTURE_TIME = 8
    EXT_DEPENDENCY_DESCRIPTOR = 9  # AV1 RTP specification, appendix A
    EXT_COUNT = 10

cdef struct RtpExtensionMap:
    # What a peer negotiated in SDP (a=extmap). Id 0 means "not negotiated"; kind 255 means "id not known".
    uint8_t id_by_kind[10]
    uint8_t kind_by_id[256]

cdef struct RtpHeader:
    uint8_t payload_type
    uint8_t marker
    uint8_t has_padding            # the P bit; how many is only known after decryption
    uint8_t padding_bytes          # set by rtp_parse_padding
    uint16_t seq16
    uint16_t header_bytes          # fixed part + CSRCs + extension block; where the payload starts
    uint16_t payload_bytes         # set by rtp_parse_padding: payload without padding
    uint16_t extension_profile     # as on the wire: 0xBEDE one-byte, 0x1000..0x100F two-byte; 0 none
    uint16_t extension_offset      # first byte after the 4-byte extension header
    uint16_t extension_bytes       # length of the extension block, without its 4-byte header
    uint32_t timestamp
    uint32_t ssrc

cdef struct RtpExtensionValue:
    uint16_t offset                # into the packet; 0 = absent
    uint16_t size

cdef struct RtpExtensions:
    RtpExtensionValue values[10]   # by EXT_ kind

# 0, or -1 when this is no RTP packet or its CSRCs and extension block do not fit. Reads nothing behind the header, so it
# is right on a still encrypted SRTP packet too; padding_bytes and payload_bytes are 0 until rtp_parse_padding.
cdef int rtp_parse_header(const uint8_t* packet, size_t size, RtpHeader* out) noexcept nogil
# For the decrypted packet (`size` without the authentication tag): 0, or -1 when the padding count is 0 or more than there is.
cdef int rtp_parse_padding(const uint8_t* packet, size_t size, RtpHeader* header) noexcept nogil
# The negotiated elements; of a repeated one the last counts, one too short for its kind stays absent. 0, or -1 when the
# block is malformed: what stood before the fault is valid and the rest absent, so a caller may ignore the code.
cdef int rtp_parse_extensions(const uint8_t* packet, const RtpHeader* header, const RtpExtensionMap* negotiated,
                              RtpExtensions* out) noexcept nogil
cdef void extension_map_clear(RtpExtensionMap* map) noexcept nogil
# Binds `kind` to `id`, undoing what either was bound to before: 0, or -1 (map unchanged) unless 0 <= kind < EXT_COUNT and
# 1 <= id <= 255. Ids from 15 up can only be received in the two-byte form.
cdef int extension_map_set(RtpExtensionMap* map, int kind, int id) noexcept nogil
