"""Which sequence numbers are missing and when to ask for them (RFC 4585 section 6.2.1)."""
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef enum:
    NACK_LIST_MAX = 1000           # missing numbers; more is an outage that a key frame ends sooner than 1000 repairs

cdef struct NackEntry:
    int64_t due_us
    uint32_t seq32                 # low half of seq64
    uint16_t ripe_after            # asked for at once when `highest` is this far past seq32
    uint8_t tries

cdef struct NackList:              # fixed size, one allocation in its life; see nack.pyx for the constants and their reasons
    uint64_t highest               # 0 = nothing received
    uint64_t ripe_seq              # `highest` that makes the next entry ripe, UINT64_MAX = none waits for that
    int64_t next_us
    int head                       # the list is entries[head : head + count], ascending
    int count
    uint8_t gave_up
    NackEntry* entries             # NACK_LIST_MAX of them; NULL until the first gap: an idle track does not need the 16 KB

cdef size_t nack_list_bytes() noexcept nogil
# Starts anew; the memory must have been zeroed before the first time.
cdef void nack_list_init(NackList* list) noexcept nogil
cdef void nack_list_free(NackList* list) noexcept nogil
# Notes that `seq64` (> 0) arrived (also by retransmission): closes its gap or opens those before it. A key frame's first packet
# (`keyframe`) forgets everything older: no decoder needs it any more.
cdef void nack_note(NackList* list, uint64_t seq64, bint keyframe, int64_t now_us) noexcept nogil
# Takes the numbers due at `now_us` (at most `room`, ascending) and schedules their next try. `rtt_us`: 0 when unknown.
cdef int nack_due(NackList* list, int64_t now_us, int64_t rtt_us, uint16_t* seqs, int room) noexcept nogil
# When nack_due has something to do next, INT64_MAX when nothing is missing.
cdef int64_t nack_next_us(const NackList* list) noexcept nogil
cdef int nack_missing(const NackList* list) noexcept nogil
# 1 once after packets were given up (too many tries, too many missing): the caller asks for a key frame.
cdef bint nack_gave_up(NackList* list) noexcept nogil
