"""Test-only: throws mutated bytes at the parsers of `native.wire`, at the speed of C.

Each datagram ends at an unreadable page, so that a read past its end kills the process even without a sanitizer; after
each parse the invariants that readers rely on are asked for, and the first datagram that breaks one is given back.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memcpy, memset

from native.wire.codec cimport CODEC_AV1, CODEC_H264, CODEC_OPUS, CODEC_VP8, CODEC_VP9, Codec, CodecInfo, codec_parse, codec_patch
from native.wire.demux cimport PACKET_CLASS_COUNT, packet_classify
from native.wire.dtmf cimport TelephoneEvent, dtmf_parse, dtmf_write
from native.wire.rtp cimport (
    EXT_COUNT,
    RtpExtensionMap,
    RtpExtensions,
    RtpHeader,
    extension_map_clear,
    extension_map_set,
    rtp_parse_extensions,
    rtp_parse_header,
    rtp_parse_padding,
)
from native.wire.stun cimport StunMessage, stun_parse, stun_verify

cdef extern from "<sys/mman.h>" nogil:
    void* mmap(void* address, size_t size, int protection, int flags, int file, long offset)
    int mprotect(void* address, size_t size, int protection)
    int munmap(void* address, size_t size)
    int PROT_NONE
    int PROT_READ
    int PROT_WRITE
    int MAP_PRIVATE
    int MAP_ANONYMOUS
    void* MAP_FAILED

cdef enum:
    PAGE_BYTES = 65536  # the largest page of the platforms we build for
    DATAGRAM_BYTES_MAX = 2048
    REFUSED = 0
    ACCEPTED = 1
    BROKEN = 2

ctypedef int (*Check)(uint8_t* data, size_t size) noexcept nogil


cdef bint inside(size_t offset, size_t length, size_t size) noexcept nogil:
    return offset <= size and length <= size - offset


cdef int check_demux(uint8_t* data, size_t size) noexcept nogil:
    cdef int kind = <int>packet_classify(data, size)
    if kind < 0 or kind >= <int>PACKET_CLASS_COUNT:
        return BROKEN
    return ACCEPTED if kind else REFUSED


cdef int check_rtp(uint8_t* data, size_t size) noexcept nogil:
    cdef RtpHeader header
    cdef RtpExtensionMap negotiated
    cdef RtpExtensions found
    cdef int kind
    cdef size_t offset
    memset(&header, 0xEE, sizeof(header))
    if rtp_parse_header(data, size, &header) != 0:
        return REFUSED
    if header.header_bytes < 12 or header.header_bytes > size:
        return BROKEN
    if header.extension_offset and header.extension_offset + header.extension_bytes != header.header_bytes:
        return BROKEN
    extension_map_clear(&negotiated)
    for kind in range(EXT_COUNT):
        extension_map_set(&negotiated, kind, kind + 1 if kind < 8 else 13 + 2 * (kind - 8))
    rtp_parse_extensions(data, &header, &negotiated, &found)
    for kind in range(EXT_COUNT):
        offset = found.values[kind].offset
        if offset == 0:
            if found.values[kind].size != 0:
                return BROKEN
        elif offset < header.extension_offset or not inside(offset, found.values[kind].size, header.header_bytes):
            return BROKEN
    if rtp_parse_padding(data, size, &header) == 0:
        if <size_t>header.header_bytes + header.payload_bytes + header.padding_bytes != size:
            return BROKEN
        if header.has_padding != (header.padding_bytes > 0):
            return BROKEN
    return ACCEPTED


cdef int check_stun(uint8_t* data, size_t size) noexcept nogil:
    cdef StunMessage message
    memset(&message, 0xEE, sizeof(message))
    if stun_parse(data, size, &message) != 0:
        return REFUSED
    if message.username != NULL and not inside(<size_t>(message.username - data), message.username_bytes, size):
        return BROKEN
    if message.transaction_id != data + 8:
        return BROKEN
    if message.integrity_offset and not inside(message.integrity_offset, 24, size):
        return BROKEN
    # A key nobody used: it must never fit.
    if stun_verify(data, size, &message, data, 8):
        return BROKEN
    return ACCEPTED


cdef int check_codec(Codec codec, uint8_t* data, size_t size) noexcept nogil:
    cdef CodecInfo info
    cdef CodecInfo again
    cdef int code
    memset(&info, 0xEE, sizeof(info))
    code = codec_parse(codec, data, size, &info)
    if info.picture_id_offset >= 0 and not inside(info.picture_id_offset, 2 if info.picture_id_bits == 15 else 1, size):
        return BROKEN
    if info.tl0_offset >= 0 and not inside(info.tl0_offset, 1, size):
        return BROKEN
    if (info.picture_id_offset >= 0) != (info.picture_id_bits > 0) or (info.keyframe and not info.frame_start) \
            or (info.headless and not info.keyframe):
        return BROKEN
    if code != 0:
        return BROKEN if info.keyframe or info.picture_id_bits or info.tl0_offset >= 0 else REFUSED
    codec_patch(data, &info, 0x1234, 0x56)
    # A patched payload says the same, but for what was patched.
    if codec_parse(codec, data, size, &again) != 0 or again.keyframe != info.keyframe or again.frame_start != info.frame_start:
        return BROKEN
    if info.picture_id_bits and again.picture_id != (0x1234 if info.picture_id_bits == 15 else 0x34):
        return BROKEN
    if info.tl0_offset >= 0 and again.tl0_picture_index != 0x56:
        return BROKEN
    return ACCEPTED


cdef int check_dtmf(uint8_t* data, size_t size) noexcept nogil:
    cdef TelephoneEvent event
    cdef uint8_t again[4]
    if dtmf_parse(data, size, &event) != 0:
        return REFUSED
    dtmf_write(again, &event)
    # All but the reserved bit, which a receiver ignores.
    if again[0] != data[0] or again[1] != data[1] & 0xBF or again[2] != data[2] or again[3] != data[3]:
        return BROKEN
    return ACCEPTED


cdef int check_opus(uint8_t* data, size_t size) noexcept nogil:
    return check_codec(CODEC_OPUS, data, size)


cdef int check_vp8(uint8_t* data, size_t size) noexcept nogil:
    return check_codec(CODEC_VP8, data, size)


cdef int check_vp9(uint8_t* data, size_t size) noexcept nogil:
    return check_codec(CODEC_VP9, data, size)


cdef int check_h264(uint8_t* data, size_t size) noexcept nogil:
    return check_codec(CODEC_H264, data, size)


cdef int check_av1(uint8_t* data, size_t size) noexcept nogil:
    return check_codec(CODEC_AV1, data, size)


cdef inline uint64_t random_next(uint64_t* state) noexcept nogil:
    """splitmix64: any seed will do, zero too."""
    cdef uint64_t z
    state[0] += <uint64_t>0x9E3779B97F4A7C15
    z = state[0]
    z = (z ^ (z >> 30)) * <uint64_t>0xBF58476D1CE4E5B9
    z = (z ^ (z >> 27)) * <uint64_t>0x94D049BB133111EB
    return z ^ (z >> 31)


cdef size_t mutate(uint8_t* data, size_t size, uint64_t* state) noexcept nogil:
    """Flips bits, sets bytes, cuts or lengthens; returns the new size (at most DATAGRAM_BYTES_MAX)."""
    cdef int changes = 1 + <int>(random_next(state) % 4)
    cdef uint64_t dice
    cdef size_t grown
    while changes > 0:
        changes -= 1
        dice = random_next(state)
        if dice % 8 == 0:
            size = <size_t>((dice >> 8) % (size + 1))
        elif dice % 8 == 1:
            grown = size + <size_t>((dice >> 8) % 16)
            while size < grown and size < DATAGRAM_BYTES_MAX:
                data[size] = <uint8_t>random_next(state)
                size += 1
        elif size and dice % 8 < 5:
            data[(dice >> 8) % size] ^= <uint8_t>(1 << ((dice >> 40) & 7))
        elif size:
            # Towards the front, where the headers are.
            data[(dice >> 8) % (size if size < 32 else 32)] = <uint8_t>(dice >> 40)
    return size


cdef size_t noise(uint8_t* data, uint64_t* state) noexcept nogil:
    cdef size_t size = <size_t>(random_next(state) % 96)
    cdef size_t at
    for at in range(size):
        data[at] = <uint8_t>random_next(state)
    return size


cdef Check check_of(str name):
    if name == "demux":
        return check_demux
    if name == "rtp":
        return check_rtp
    if name == "stun":
        return check_stun
    if name == "dtmf":
        return check_dtmf
    if name == "opus":
        return check_opus
    if name == "vp8":
        return check_vp8
    if name == "vp9":
        return check_vp9
    if name == "h264":
        return check_h264
    if name == "av1":
        return check_av1
    raise ValueError(name)


def storm(parser: str, corpus: list[bytes], count: int, seed: int) -> tuple[int, int, bytes | None]:
    """Feeds `count` datagrams: a quarter noise, the rest mutated members of `corpus` (each <= 2048 bytes).

    Returns (accepted, refused, the datagram that broke an invariant or None); stops at the first such.
    """
    cdef Check check = check_of(parser)
    cdef uint64_t state = seed
    cdef long remaining = count
    cdef long accepted = 0
    cdef long refused = 0
    cdef int outcome = REFUSED
    cdef size_t size = 0
    cdef int members = len(corpus)
    cdef size_t sizes[64]
    cdef const uint8_t* starts[64]
    cdef uint8_t work[DATAGRAM_BYTES_MAX]
    cdef uint8_t* fence
    cdef uint8_t* pages
    cdef int pick
    cdef bytes member
    assert 0 < members <= 64
    for pick in range(members):
        member = corpus[pick]
        assert len(member) <= DATAGRAM_BYTES_MAX
        starts[pick] = member
        sizes[pick] = len(member)
    pages = <uint8_t*>mmap(NULL, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    if <void*>pages == MAP_FAILED:
        raise MemoryError
    fence = pages + PAGE_BYTES
    if mprotect(fence, PAGE_BYTES, PROT_NONE) != 0:
        munmap(pages, 2 * PAGE_BYTES)
        raise OSError("no guard page")
    with nogil:
        while remaining > 0 and outcome != BROKEN:
            remaining -= 1
            if random_next(&state) % 4 == 0:
                size = noise(work, &state)
            else:
                pick = <int>(random_next(&state) % <uint64_t>members)
                memcpy(work, starts[pick], sizes[pick])
                size = mutate(work, sizes[pick], &state)
            memcpy(fence - size, work, size)
            outcome = check(fence - size, size)
            if outcome == ACCEPTED:
                accepted += 1
            elif outcome == REFUSED:
                refused += 1
    munmap(pages, 2 * PAGE_BYTES)
    return accepted, refused, work[:size] if outcome == BROKEN else None
