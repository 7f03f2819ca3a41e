"""Which packet index a receiver means and whether it has been seen (RFC 3711 sections 3.3.1, 3.3.2, appendix A).

Nothing here changes state but the two `_accept` functions, to be called once the packet's tag has been verified.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memset

cdef enum:
    SRTP_REPLAY_BITS = 1024        # a 4 Mb/s stream sends 400 packets/s: 2.5 s of reordering; 128 bytes an SSRC
    SRTCP_REPLAY_BITS = 64         # RFC 3711's least; RTCP is rare

cdef struct SrtpReplay:            # zeroed = nothing received yet
    uint64_t highest               # 48-bit index (ROC << 16 | SEQ) of the newest authenticated packet
    uint64_t window[16]            # 1024 bits; bit (index & 1023)
    uint8_t started

cdef struct SrtcpReplay:           # zeroed = nothing received yet; the last 64 indices
    uint32_t highest
    uint64_t window                # bit n: `highest - n` was received
    uint8_t started


cdef inline bint srtp_replay_estimate(const SrtpReplay* replay, uint16_t seq16, uint64_t* index) noexcept nogil:
    """The 48-bit index nearest to the newest packet; 0 when the roll-over counter is used up and the keys with it."""
    cdef uint64_t roc = replay.highest >> 16
    cdef uint16_t newest = <uint16_t>replay.highest
    if replay.started:
        if newest < 0x8000:
            # Before the first cycle there is nothing, so in ROC 0 a far number can only be ahead.
            if seq16 > newest and seq16 - newest > 0x8000 and roc > 0:
                roc -= 1
        elif newest - 0x8000 > seq16:
            if roc == <uint64_t>0xFFFFFFFF:
                return False
            roc += 1
    index[0] = (roc << 16) | seq16
    return True


cdef inline bint srtp_replay_fresh(const SrtpReplay* replay, uint64_t index) noexcept nogil:
    if not replay.started or index > replay.highest:
        return True
    if replay.highest - index >= SRTP_REPLAY_BITS:
        return False
    return not (replay.window[(index >> 6) & 15] >> (index & 63)) & 1


cdef inline void srtp_replay_accept(SrtpReplay* replay, uint64_t index) noexcept nogil:
    cdef uint64_t passed
    if not replay.started or (index > replay.highest and index - replay.highest >= SRTP_REPLAY_BITS):
        memset(replay.window, 0, sizeof(replay.window))
        replay.started = 1
        replay.highest = index
    # At most 1023 turns, one for each packet that was passed over; usually one.
    while replay.highest < index:
        replay.highest += 1
        passed = replay.highest
        replay.window[(passed >> 6) & 15] &= ~(<uint64_t>1 << (passed & 63))
    replay.window[(index >> 6) & 15] |= <uint64_t>1 << (index & 63)


cdef inline bint srtcp_replay_fresh(const SrtcpReplay* replay, uint32_t index) noexcept nogil:
    if not replay.started or index > replay.highest:
        return True
    if replay.highest - index >= SRTCP_REPLAY_BITS:
        return False
    return not (replay.window >> (replay.highest - index)) & 1


cdef inline void srtcp_replay_accept(SrtcpReplay* replay, uint32_t index) noexcept nogil:
    cdef uint32_t ahead
    if not replay.started:
        replay.started = 1
        replay.highest = index
        replay.window = 1
    elif index > replay.highest:
        ahead = index - replay.highest
        replay.window = 1 if ahead >= SRTCP_REPLAY_BITS else (replay.window << ahead) | 1
        replay.highest = index
    else:
        replay.window |= <uint64_t>1 << (replay.highest - index)
