"""A packet stream played out evenly: RTP in as the network brings it, 48 kHz sound out whenever it is asked for.

Joins the jitter buffer (native.stream.jitter: order, target delay, what to do next), Opus, time scaling and concealment. A function of
(packets, now): no clock, no I/O, no Python object. The mixer has one for each participant it hears; `tresen bench jitter` drives one alone.
"""
from libc.stddef cimport size_t
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef struct Playout                # its body is playout.pyx's own business

cdef struct PlayoutOptions:        # zeroes mean the defaults
    uint8_t channels               # of the output: 1 (default) or 2
    uint8_t opus_payload_type      # 0: any payload type that is not one of the others
    uint8_t red_payload_type       # RFC 2198, 0 = none
    uint8_t comfort_payload_type   # RFC 3389, 0 = none
    uint16_t delay_min_ms
    uint16_t delay_max_ms

cdef enum PlayoutKind:             # what most of the samples of one call were
    PLAYOUT_SILENCE                # nothing to play yet, or the stream sleeps (DTX)
    PLAYOUT_NORMAL
    PLAYOUT_FEC                    # Opus in-band FEC or RED
    PLAYOUT_CONCEALED
    PLAYOUT_FASTER
    PLAYOUT_SLOWER

cdef struct PlayoutStats:          # totals since the start; samples at 48 kHz a channel
    uint64_t packets               # taken in
    uint64_t packets_late          # too late to be played
    uint64_t packets_duplicate
    uint64_t packets_malformed     # not RTP, or not to be decoded
    uint64_t packets_discarded     # thrown away to catch up, or for want of room
    uint64_t samples
    uint64_t samples_concealed
    uint64_t samples_fec
    uint64_t samples_silence
    uint64_t samples_removed       # by playing faster
    uint64_t samples_inserted      # by playing slower
    uint64_t delay_sum_us          # packet times spent waiting here, summed over packets_played
    uint64_t packets_played
    uint32_t target_delay_ms
    uint32_t delay_ms              # what is buffered now

# `options` NULL = defaults. NULL: no memory.
cdef Playout* playout_new(const PlayoutOptions* options) noexcept nogil
# The one allocation behind a Playout.
cdef size_t playout_bytes(const PlayoutOptions* options) noexcept nogil
cdef void playout_free(Playout* playout) noexcept nogil
# One RTP packet (header, extensions, padding and all: any bytes are safe) that came at now_us. 0 = taken, -1 = not (counted).
cdef int playout_put(Playout* playout, const uint8_t* rtp, size_t size, int64_t now_us) noexcept nogil
# The next `samples` a channel (480 or 960; interleaved) into out; the PlayoutKind. now_us grows by as much from call to call, roughly.
cdef int playout_get(Playout* playout, float* out, int samples, int64_t now_us) noexcept nogil
# The same step without decoding, for somebody nobody hears now: packets pass, delays are learned. The first playout_get after it starts
# from a decoder that has been warmed up on the last packets passed, without a click.
cdef void playout_skip(Playout* playout, int samples, int64_t now_us) noexcept nogil
# How long a retransmission takes to come (round trip and our own wait); 0 = none are asked for. A missing packet is waited for accordingly.
cdef void playout_repair(Playout* playout, int32_t repair_us) noexcept nogil
# RTP timestamp of the sample that the next playout_get begins with; *known = 0 before the first packet.
cdef uint32_t playout_timestamp(const Playout* playout, bint* known) noexcept nogil
cdef void playout_stats(const Playout* playout, PlayoutStats* out) noexcept nogil
