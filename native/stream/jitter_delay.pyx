"""How long packets of one stream have to be held.

For the jitter buffer alone. A packet's *transit* is its arrival minus its media time. A forgetting histogram of transits tells, for each
delay one could play at, which share of the packets would come too late; the target is the delay with the least cost in the sense of
the E-model (ITU-T G.107): a little for each millisecond, much for each packet that is concealed, less for one that a later packet's
FEC restores, and for that the later packet must be there in time. So there is no quantile to choose: a stall that is rare enough is not
waited for, one that is frequent is, and loss is worth one packet of hold while it lasts.

A step of the route moves all transits at once, which is no jitter: it is recognised by the arrivals of the last WINDOW_US, all of which
lie on the other side of what was usual, and the histogram moves along. Clock drift is a slow step and needs nothing of its own: old
transits fade faster than clocks drift apart.

Invariants: integers only; weights sum to `total`; work per packet is linear in DELAY_BINS at most; any input leaves a target within
[base + min_us, base + max_us].
"""
from libc.stdint cimport INT64_MAX, INT64_MIN, int32_t, int64_t, uint32_t, uint64_t
from libc.string cimport memmove, memset

cdef enum:
    # Costs in thousandths of the E-model's R.
    COST_PER_MS = 24               # G.107: Id rises by 0.024 per ms
    COST_PER_MS_LONG = 100         # and about 0.11 more once a conversation feels it
    LONG_US = 80000                # which is at 177 ms end to end: network, packets and devices have their share of it
    COST_CONCEALED = 700000        # all packets concealed; 1 % = 7 R, Opus with its concealment (G.113 gives such codecs 4 to 9)
    COST_FEC = 200000              # all packets restored by FEC
    OVERTAKEN_PERCENT = 60
    MEMORY_US = 20000000           # arrivals fade with this time constant: shorter forgets a stall before the next, longer sticks to a bad minute
    UNIT_START = 16384
    # The weight of one memory full of the shortest packets, times the greatest cost, has to fit 63 bits.
    UNIT_MAX = 16777216
    UNIT_SHIFT = 10
    FIRST_BIN = 16                 # room for packets faster than the first one
    BASE_SHARE = 24                # the base is where 1/24 of the packets are faster: the fastest of the step window
    # Recognising a step
    WINDOW_US = 400000             # shorter takes a stall for a step, longer plays with the wrong delay for longer
    WINDOW_PACKETS = 6
    STEP_US = 12000                # smaller ones are jitter's business
    # Start
    PRIOR_US = 40000               # held at the start, when nothing is known: two packets
    PRIOR_FADE_US = 2000000        # fades by then
    LOSS_MEMORY_US = 8000000


cdef void delay_init(JitterDelay* delay, int32_t min_us, int32_t max_us) noexcept nogil:
    memset(delay, 0, sizeof(JitterDelay))
    delay.min_us = min_us
    delay.max_us = max_us
    delay.packet_us = 20000


cdef void delay_restart(JitterDelay* delay) noexcept nogil:
    cdef int32_t repair_us = delay.repair_us
    cdef int32_t packet_us = delay.packet_us
    cdef int32_t loss_q16 = delay.loss_q16
    delay_init(delay, delay.min_us, delay.max_us)
    delay.repair_us = repair_us
    delay.packet_us = packet_us
    delay.loss_q16 = loss_q16


cdef inline int bin_of(const JitterDelay* delay, int64_t transit_us) noexcept nogil:
    cdef int64_t above = transit_us - delay.reference_us
    if above < 0:
        return 0
    above = above // DELAY_BIN_US
    return <int>above if above < DELAY_BINS else DELAY_BINS - 1


cdef void shift_bins(JitterDelay* delay, int64_t by) noexcept nogil:
    """Moves the histogram's contents up by `by` bins (down where negative), with what falls off collected in the outermost bin."""
    cdef uint64_t off = 0
    cdef int count
    cdef int i
    if by == 0:
        return
    count = DELAY_BINS if by >= DELAY_BINS or by <= -DELAY_BINS else (<int>by if by > 0 else -<int>by)
    if by > 0:
        for i in range(DELAY_BINS - count, DELAY_BINS):
            off += delay.weights[i]
        memmove(&delay.weights[count % DELAY_BINS], delay.weights, (DELAY_BINS - count) * sizeof(uint64_t))
        memset(delay.weights, 0, count * sizeof(uint64_t))
        delay.weights[DELAY_BINS - 1] += off
    else:
        for i in range(count):
            off += delay.weights[i]
        memmove(delay.weights, &delay.weights[count % DELAY_BINS], (DELAY_BINS - count) * sizeof(uint64_t))
        memset(&delay.weights[DELAY_BINS - count], 0, count * sizeof(uint64_t))
        delay.weights[0] += off


cdef void sum_weights(JitterDelay* delay) noexcept nogil:
    cdef int i
    delay.total = 0
    for i in range(DELAY_BINS):
        delay.total += delay.weights[i]


cdef void scale_down(JitterDelay* delay) noexcept nogil:
    """Before the weights outgrow their integers: all of them smaller by the same factor."""
    cdef int i
    for i in range(DELAY_BINS):
        delay.weights[i] >>= UNIT_SHIFT
    for i in range(DELAY_RECENT):
        delay.recent[i].weight >>= UNIT_SHIFT
    delay.unit >>= UNIT_SHIFT
    sum_weights(delay)


cdef void histogram_add(JitterDelay* delay, int64_t transit_us, uint32_t weight) noexcept nogil:
    cdef int64_t below
    if transit_us < delay.reference_us:
        # A packet faster than all before: the floor moves down to make room for it.
        below = (delay.reference_us - transit_us) // DELAY_BIN_US + 1 + FIRST_BIN // 2
        shift_bins(delay, below)
        delay.reference_us -= below * DELAY_BIN_US
    delay.weights[bin_of(delay, transit_us)] += weight
    delay.total += weight


cdef void histogram_remove(JitterDelay* delay, int64_t transit_us, uint64_t weight) noexcept nogil:
    cdef int at = bin_of(delay, transit_us)
    # Scaling down and the outermost bins may have left less than was put in.
    if weight > delay.weights[at]:
        weight = delay.weights[at]
    delay.weights[at] -= weight
    delay.total -= weight


cdef int quantile_bin(const JitterDelay* delay, uint64_t below) noexcept nogil:
    """The first bin with more than `below` of the weight in or under it."""
    cdef uint64_t sum = 0
    cdef int i
    for i in range(DELAY_BINS):
        sum += delay.weights[i]
        if sum > below:
            return i
    return DELAY_BINS - 1


cdef int step_window(const JitterDelay* delay, int64_t* least, int64_t* most, uint64_t* weight) noexcept nogil:
    """How many of the latest arrivals make up a window (0 = not enough of them), their extreme transits and their weight.

    Long enough by media time and by arrival both: what a stalled link lets go all at once is old news, not a new route.
    """
    cdef int count = 0
    cdef int at = delay.recent_head
    cdef const RecentArrival* newest = &delay.recent[(at + DELAY_RECENT - 1) % DELAY_RECENT]
    cdef const RecentArrival* one
    least[0] = INT64_MAX
    most[0] = INT64_MIN
    weight[0] = 0
    while count < delay.recent_count:
        at = (at + DELAY_RECENT - 1) % DELAY_RECENT
        one = &delay.recent[at]
        count += 1
        weight[0] += one.weight
        if one.transit_us < least[0]:
            least[0] = one.transit_us
        if one.transit_us > most[0]:
            most[0] = one.transit_us
        if count >= WINDOW_PACKETS and newest.arrival_us - one.arrival_us >= WINDOW_US and (
            newest.arrival_us - newest.transit_us - one.arrival_us + one.transit_us >= WINDOW_US
        ):
            return count
    return 0


cdef int64_t recent_most(const JitterDelay* delay) noexcept nogil:
    """The slowest of all recent arrivals."""
    cdef int64_t most = INT64_MIN
    cdef int i
    for i in range(DELAY_RECENT):
        if delay.recent[i].transit_us > most:
            most = delay.recent[i].transit_us
    return most


cdef void take_step(JitterDelay* delay, int count, int64_t by_us) noexcept nogil:
    """The route is slower by `by_us` since the `count` latest arrivals: the histogram moves along, they are judged anew."""
    cdef RecentArrival* one
    cdef int i
    for i in range(count):
        one = &delay.recent[(delay.recent_head + 2 * DELAY_RECENT - 1 - i) % DELAY_RECENT]
        histogram_remove(delay, one.transit_us, one.weight)
    delay.reference_us += by_us
    for i in range(count):
        one = &delay.recent[(delay.recent_head + 2 * DELAY_RECENT - 1 - i) % DELAY_RECENT]
        histogram_add(delay, one.transit_us, one.weight)
    # What was before the window must not be taken for part of the next one.
    delay.recent_count = count
    one = &delay.recent[(delay.recent_head + 2 * DELAY_RECENT - count) % DELAY_RECENT]
    delay.step_ts64 = (one.arrival_us - one.transit_us) * 6 // 125


cdef inline int64_t quantile_us(const JitterDelay* delay, uint64_t below) noexcept nogil:
    return delay.reference_us + <int64_t>quantile_bin(delay, below) * DELAY_BIN_US


cdef void watch_step(JitterDelay* delay) noexcept nogil:
    """Compares the window with what was usual before it, so without its own weight."""
    cdef int64_t least
    cdef int64_t most
    cdef int64_t usual
    cdef uint64_t weight
    cdef uint64_t before
    cdef int count = step_window(delay, &least, &most, &weight)
    if count == 0 or delay.total <= weight:
        return
    before = delay.total - weight
    if least > quantile_us(delay, before // 2) + STEP_US:
        take_step(delay, count, least - quantile_us(delay, before // BASE_SHARE))
        return
    usual = quantile_us(delay, weight + before // BASE_SHARE)
    if most < usual - STEP_US:
        take_step(delay, count, least - usual)
    elif delay.recent_count == DELAY_RECENT:
        # A queue that drains is a step down in many small ones: none of the recent packets was as slow as half of those remembered.
        most = recent_most(delay)
        usual = quantile_us(delay, delay.total // 2)
        if most < usual - STEP_US:
            take_step(delay, count, most - usual)


cdef void choose_target(JitterDelay* delay) noexcept nogil:
    """The delay of least cost. Costs are multiplied by `total`, so that nothing has to be divided."""
    cdef int64_t total = <int64_t>delay.total
    cdef int64_t late = total
    cdef int64_t later_late = total            # the same, one packet earlier: what FEC has to wait for
    cdef int64_t best = INT64_MAX
    cdef int64_t cost
    cdef int64_t wait
    cdef int32_t loss = delay.loss_q16
    cdef int apart = (delay.packet_us + DELAY_BIN_US - 1) // DELAY_BIN_US
    cdef int best_bin = 0
    cdef int i
    delay.base_bin = quantile_bin(delay, delay.total // BASE_SHARE)
    # Bin i stands for the delay at its upper edge.
    for i in range(DELAY_BINS):
        late -= delay.weights[i]
        if i >= apart:
            later_late -= delay.weights[i - apart]
        if i < delay.base_bin:
            continue
        wait = <int64_t>(i + 1 - delay.base_bin) * (DELAY_BIN_US // 1000)
        cost = COST_PER_MS * wait
        if wait > LONG_US // 1000:
            cost += COST_PER_MS_LONG * (wait - LONG_US // 1000)
        cost = cost * total + COST_CONCEALED * late + (((COST_CONCEALED - COST_FEC) * <int64_t>loss) >> 16) * later_late
        if cost < best:
            best = cost
            best_bin = i
        if late == 0 and later_late == 0:
            break                  # from here on only the waiting costs
    delay.target_bin_us = (best_bin + 1) * DELAY_BIN_US


cdef void delay_note(JitterDelay* delay, int64_t ts64, int32_t samples, int64_t now_us) noexcept nogil:
    cdef int64_t transit_us = now_us - ts64 * 125 // 6
    cdef RecentArrival* one
    if not delay.started:
        delay.started = 1
        delay.first_us = now_us
        delay.unit = UNIT_START
        delay.reference_us = transit_us - FIRST_BIN * DELAY_BIN_US
        delay.newest_ts64 = ts64 - 1
        delay.step_ts64 = ts64 - 48000
    if ts64 < delay.step_ts64:
        return
    delay.packet_us = samples * 125 // 6
    if delay.unit >= UNIT_MAX:
        scale_down(delay)
    if ts64 <= delay.newest_ts64:
        # Overtaken: had it been too late, the one that overtook it could have restored it.
        histogram_add(delay, transit_us, delay.unit * OVERTAKEN_PERCENT // 100)
    else:
        histogram_add(delay, transit_us, delay.unit)
        delay.newest_ts64 = ts64
        one = &delay.recent[delay.recent_head]
        one.transit_us = transit_us
        one.arrival_us = now_us
        one.weight = delay.unit
        delay.recent_head = (delay.recent_head + 1) % DELAY_RECENT
        if delay.recent_count < DELAY_RECENT:
            delay.recent_count += 1
        watch_step(delay)
    delay.unit += <uint32_t>(<int64_t>delay.unit * delay.packet_us // MEMORY_US)
    choose_target(delay)


cdef void delay_turn(JitterDelay* delay, bint missing, int32_t samples) noexcept nogil:
    cdef int64_t share = <int64_t>samples * 65536 * 125 // 6 // LOSS_MEMORY_US
    delay.loss_q16 += <int32_t>(((65536 if missing else 0) - delay.loss_q16) * share >> 16)


cdef void delay_expect_repair(JitterDelay* delay) noexcept nogil:
    """A retransmission is but a late packet: it weighs as one, where it will be, so the target covers it if that pays."""
    if delay.repair_us > 0 and delay.started:
        histogram_add(delay, delay_base_us(delay) + delay.packet_us + delay.repair_us, delay.unit * OVERTAKEN_PERCENT // 100)
        choose_target(delay)


cdef int64_t delay_target_us(const JitterDelay* delay, int64_t now_us) noexcept nogil:
    cdef int64_t base_us = delay_base_us(delay)
    cdef int64_t target_us = delay.reference_us + delay.target_bin_us
    cdef int64_t age_us = now_us - delay.first_us
    cdef int64_t least = base_us + delay.min_us
    if 0 <= age_us < PRIOR_FADE_US and least < base_us + PRIOR_US * (PRIOR_FADE_US - age_us) // PRIOR_FADE_US:
        least = base_us + PRIOR_US * (PRIOR_FADE_US - age_us) // PRIOR_FADE_US
    if target_us < least:
        target_us = least
    if target_us > base_us + delay.max_us:
        target_us = base_us + delay.max_us
    return target_us
