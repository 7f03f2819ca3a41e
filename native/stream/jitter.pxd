"""The jitter buffer of one stream: packets in as they come, and what to do next whenever sound is needed."""
from libc.stddef cimport size_t
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from native.stream.jitter_delay cimport JitterDelay
from native.stream.jitter_store cimport PacketStore

cdef enum JitterKind:              # of a packet's payload
    JITTER_OPUS
    JITTER_COMFORT                 # RFC 3389

cdef enum JitterAction:
    JITTER_SILENCE                 # nothing to play: `samples` of nothing, media time stands still
    JITTER_DECODE                  # play packet `index`
    JITTER_RESTORE                 # play `samples` from the FEC in packet `index`, which comes after them
    JITTER_CONCEAL                 # `samples` are lost
    JITTER_STALL                   # nothing has come: bridge `samples`, media time stands still
    JITTER_SLEEP                   # the sender is silent: comfort noise until it is not

cdef enum JitterJoin:              # how what is to be played now follows what was played last
    JITTER_JOIN_NEXT               # as the decoder has it
    JITTER_JOIN_AFTER_STALL        # the next of what was played before the stall
    JITTER_JOIN_ANEW               # something else

cdef struct JitterStep:
    int action
    int join
    int index                      # into the store; valid until `jitter_done`
    int samples

cdef enum JitterState:
    JITTER_IDLE                    # waits for enough to begin with
    JITTER_PLAYING
    JITTER_ASLEEP                  # discontinuous transmission

cdef struct Jitter:
    PacketStore store
    JitterDelay delay
    int state
    int stalled_samples            # bridged since the last packet played
    int scaling                    # 1 while playing faster, -1 slower, until the target is reached
    int taken                      # packets to drop at jitter_done
    uint32_t ssrc
    bint known                     # ssrc and the numbers below are of a stream
    bint suspect                   # the last packet's timestamp was far off
    uint32_t suspect_timestamp
    int64_t highest_seq64
    int64_t highest_ts64
    int64_t highest_us             # arrival of that packet
    int64_t next_ts64              # media time of what is to be decoded next; nothing older is taken
    int64_t slept_samples          # of comfort noise since
    int64_t last_seq64             # the highest number played, -1 = none
    uint64_t played_mask           # bit k: last_seq64 - k has been played
    int64_t scaled_us              # when time was last scaled in the midst of speech
    uint64_t late
    uint64_t duplicate
    uint64_t discarded
    uint64_t waited_us             # summed over `played`
    uint64_t played

# What a packet holds that came at now_us; `behind` timestamps before its RTP header's own (a redundant copy, which has no number).
cdef struct JitterInput:
    uint32_t ssrc
    uint32_t timestamp
    uint16_t seq16
    uint16_t size
    uint16_t samples
    uint16_t frame_samples
    uint16_t behind
    uint8_t redundant
    uint8_t kind

cdef void jitter_init(Jitter* jitter, int32_t min_us, int32_t max_us) noexcept nogil
# 0 = taken; 1 = another stream begins with it (an SSRC or a timestamp far off), taken; -1 = not (late, duplicate, no room).
cdef int jitter_put(Jitter* jitter, const JitterInput* input, const uint8_t* payload, int64_t now_us) noexcept nogil
# What to append to `pending` samples that are decoded but not played yet, in a call that takes `pull` samples.
cdef void jitter_next(Jitter* jitter, int64_t now_us, int pending, int pull, JitterStep* step) noexcept nogil
# After the step's payload has been read.
cdef void jitter_done(Jitter* jitter) noexcept nogil
# The decoder found that the packet just played was the sender's going to sleep, or not.
cdef void jitter_asleep(Jitter* jitter, bint asleep) noexcept nogil
# How many of the pending samples should go (negative: should be added), 0 = none; `quiet`: 0 = this is speech, 1 = nobody would hear it,
# 2 = in the midst of a pause.
cdef int jitter_scale(Jitter* jitter, int64_t now_us, int pending, int pull, int quiet) noexcept nogil
# Whether jitter_scale would say 0 for any `quiet`, which then need not be found out.
cdef bint jitter_content(const Jitter* jitter, int64_t now_us, int pending, int pull) noexcept nogil
# After scaling.
cdef void jitter_scaled(Jitter* jitter, bint quiet, int64_t now_us) noexcept nogil
# Whether the next packet in order is there.
cdef bint jitter_ready(const Jitter* jitter) noexcept nogil
# Media time of what is to be decoded next, also before the first and while asleep.
cdef int64_t jitter_media_ts64(const Jitter* jitter) noexcept nogil
# From the oldest undecoded to the newest sample here.
cdef int64_t jitter_span_samples(const Jitter* jitter) noexcept nogil
