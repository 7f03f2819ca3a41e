"""How long packets of one stream have to be held: what delays they had, how far the route moved, what waiting costs and saves."""
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

cdef enum:
    DELAY_BINS = 256
    DELAY_BIN_US = 5000            # 1.28 s in all; wider bins make the delay coarser, narrower ones its estimate noisier
    DELAY_RECENT = 64

cdef struct RecentArrival:
    int64_t transit_us
    int64_t arrival_us
    uint32_t weight                # what it put into the histogram

cdef struct JitterDelay:
    # Transits are arrival minus media time: their origin is unknown, only differences mean anything.
    int64_t reference_us           # transit at the lower edge of bin 0
    int64_t newest_ts64
    int64_t step_ts64              # packets older than that went another route and are not judged
    int64_t first_us
    uint64_t total                 # sum of weights
    uint32_t unit                  # weight of the next arrival; grows, which is how older ones fade
    int32_t loss_q16               # share of packets missing when their turn came, in 1/65536
    int32_t min_us                 # limits of the target above the base
    int32_t max_us
    int32_t packet_us              # how long the latest packet lasts
    int32_t repair_us              # see playout_repair
    int32_t base_bin               # where the fastest packets are
    int32_t target_bin_us          # the cheapest delay above reference_us
    int started
    int recent_head
    int recent_count
    uint64_t weights[256]
    RecentArrival recent[64]       # in order of sending

cdef inline int64_t delay_base_us(const JitterDelay* delay) noexcept nogil:
    """The transit of the fastest packets."""
    return delay.reference_us + <int64_t>delay.base_bin * DELAY_BIN_US

cdef void delay_init(JitterDelay* delay, int32_t min_us, int32_t max_us) noexcept nogil
# Forgets where the base is, and with it all arrivals.
cdef void delay_restart(JitterDelay* delay) noexcept nogil
# A packet of `samples` came.
cdef void delay_note(JitterDelay* delay, int64_t ts64, int32_t samples, int64_t now_us) noexcept nogil
# A packet's turn to be played came: was it there?
cdef void delay_turn(JitterDelay* delay, bint missing, int32_t samples) noexcept nogil
# A packet was missing for which a retransmission is asked, if any are.
cdef void delay_expect_repair(JitterDelay* delay) noexcept nogil
# The transit at which to play: a sample of media time m is to be decoded at m + this.
cdef int64_t delay_target_us(const JitterDelay* delay, int64_t now_us) noexcept nogil
