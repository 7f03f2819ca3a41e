"""Which sequence numbers of one incoming stream are missing, and when to ask for each.

For the engine's producers: note every authenticated packet (RTX unwrapped), send what is due as one NACK, ask for a key frame
when something was given up. Not for answering NACKs (`stream.rtx`).

RFC 4585 sections 3.5 and 6.2.1. Invariants: the list is ascending, without duplicates, below `highest`; one number is asked for
at most TRIES_MAX times, never twice within a round trip; an in-order packet costs a few compares.

When to ask first. A number is due once it is RIPE (three newer packets followed the one that showed the gap) or FIRST_DELAY_US
old. A packet that k others overtook returns as the k-th newer arrival, so a displacement of 1-3 inside a burst is never asked
for, while a real loss inside a video burst is asked for within the same burst, far sooner than any timer. Sparse streams (audio
every 20 ms) are served by the delay. Displacement counted in numbers instead of arrivals would ask at once for the head of a
burst loss, which is where reordering and loss look most alike.
"""
from libc.stdint cimport INT64_MAX, UINT64_MAX
from libc.stdlib cimport free, malloc
from libc.string cimport memmove

cdef enum:
    RIPE_ARRIVALS = 3              # more: later repair on real loss; fewer: requests for what is only out of order
    FIRST_DELAY_US = 20000         # one audio packet; jitter below it causes no request, a repair starts that much later
    TRIES_MAX = 5                  # at 20 % loss each way 0.6 % of the lost packets stay lost; more tries outlive the decoder's patience
    INTERVAL_MIN_US = 20000
    INTERVAL_MAX_US = 400000       # unless the round trip itself is longer: asking before an answer can be here only adds load
    RTT_UNKNOWN_US = 100000        # too low duplicates retransmissions of far peers, too high delays the second try of near ones
    RTT_MAX_US = 1000000           # beyond that repair is hopeless for a conversation, and a wrong report must not stop it


cdef size_t nack_list_bytes() noexcept nogil:
    """Without the entries."""
    return sizeof(NackList)


cdef void nack_list_init(NackList* list) noexcept nogil:
    """Nothing received yet. The entries themselves need no zeroing."""
    list.highest = 0
    list.gave_up = 0
    forget_all(list)


cdef void nack_list_free(NackList* list) noexcept nogil:
    free(list.entries)
    list.entries = NULL


cdef inline void forget_all(NackList* list) noexcept nogil:
    list.head = 0
    list.count = 0
    list.ripe_seq = UINT64_MAX
    list.next_us = INT64_MAX


cdef inline uint32_t entry_age(const NackList* list, int index) noexcept nogil:
    """How far entry `index` (counted from the head) lies behind `highest`; falls with the index."""
    return <uint32_t>list.highest - list.entries[list.head + index].seq32


cdef int entries_before(const NackList* list, uint64_t seq64) noexcept nogil:
    """How many entries are below `seq64` (<= highest)."""
    cdef uint64_t age = list.highest - seq64
    cdef int low = 0
    cdef int high = list.count
    cdef int middle
    while low < high:
        middle = (low + high) // 2
        if entry_age(list, middle) > age:
            low = middle + 1
        else:
            high = middle
    return low


cdef void drop_first(NackList* list, int count) noexcept nogil:
    list.head += count
    list.count -= count
    if list.count == 0:
        forget_all(list)


cdef void close_gap(NackList* list, uint64_t seq64) noexcept nogil:
    cdef NackEntry* first = list.entries + list.head
    cdef int index = entries_before(list, seq64)
    if index == list.count or entry_age(list, index) != list.highest - seq64:
        return
    # Repairs come in ascending order, mostly at the head: move the shorter side.
    if index < list.count // 2:
        memmove(first + 1, first, index * sizeof(NackEntry))
        drop_first(list, 1)
    else:
        memmove(first + index, first + index + 1, (list.count - index - 1) * sizeof(NackEntry))
        list.count -= 1
        if list.count == 0:
            forget_all(list)


cdef void open_gap(NackList* list, uint64_t gap, int64_t now_us) noexcept nogil:
    """The `gap` numbers before `highest` are missing."""
    cdef NackEntry* entry
    cdef uint64_t behind
    if list.entries == NULL:
        list.entries = <NackEntry*>malloc(NACK_LIST_MAX * sizeof(NackEntry))
    if list.entries == NULL or gap > <uint64_t>(NACK_LIST_MAX - list.count):
        forget_all(list)
        list.gave_up = 1
        return
    if list.head + list.count + <int>gap > NACK_LIST_MAX:
        memmove(list.entries, list.entries + list.head, list.count * sizeof(NackEntry))
        list.head = 0
    entry = list.entries + list.head + list.count
    list.count += <int>gap
    behind = gap
    while behind > 0:
        entry.due_us = now_us + FIRST_DELAY_US
        entry.seq32 = <uint32_t>(list.highest - behind)
        entry.ripe_after = <uint16_t>(behind + RIPE_ARRIVALS)
        entry.tries = 0
        entry += 1
        behind -= 1
    if list.ripe_seq > list.highest + RIPE_ARRIVALS:
        list.ripe_seq = list.highest + RIPE_ARRIVALS
    if list.next_us > now_us + FIRST_DELAY_US:
        list.next_us = now_us + FIRST_DELAY_US


cdef void nack_note(NackList* list, uint64_t seq64, bint keyframe, int64_t now_us) noexcept nogil:
    """See the pxd. A key frame makes a pending give-up void: the cure has come."""
    cdef uint64_t gap
    if seq64 > list.highest:
        gap = seq64 - list.highest - 1
        if list.highest == 0:
            gap = 0
        list.highest = seq64
        if keyframe:
            forget_all(list)
            list.gave_up = 0
            return
        if gap > 0:
            open_gap(list, gap, now_us)
        if seq64 >= list.ripe_seq and list.next_us > now_us:
            list.next_us = now_us
        return
    if list.count == 0:
        return
    close_gap(list, seq64)
    if keyframe and list.count > 0:
        drop_first(list, entries_before(list, seq64))


cdef inline int64_t interval_us(int tries, int64_t rtt_us) noexcept nogil:
    """Wait after the `tries`-th request: RTT x 1.25^tries, within the limits."""
    cdef int64_t longest = rtt_us * 5 // 4
    cdef int64_t interval = rtt_us
    cdef int step
    for step in range(tries):
        interval = interval * 5 // 4
    if longest < INTERVAL_MAX_US:
        longest = INTERVAL_MAX_US
    if interval > longest:
        return longest
    return interval if interval > INTERVAL_MIN_US else INTERVAL_MIN_US


cdef int nack_due(NackList* list, int64_t now_us, int64_t rtt_us, uint16_t* seqs, int room) noexcept nogil:
    """One pass over the list, only when `now_us` has reached nack_next_us. What finds no room stays due."""
    cdef NackEntry* entry = list.entries + list.head
    cdef NackEntry* kept = entry
    cdef NackEntry* end = entry + list.count
    cdef int taken = 0
    cdef uint64_t ripe_seq
    cdef bint due
    if now_us < list.next_us:
        return 0
    if rtt_us <= 0:
        rtt_us = RTT_UNKNOWN_US
    elif rtt_us > RTT_MAX_US:
        rtt_us = RTT_MAX_US
    list.next_us = INT64_MAX
    list.ripe_seq = UINT64_MAX
    while entry < end:
        due = entry.due_us <= now_us
        if entry.tries == 0 and <uint32_t>list.highest - entry.seq32 >= entry.ripe_after:
            due = 1
        if due and entry.tries == TRIES_MAX:
            list.gave_up = 1
            entry += 1
            continue
        if due and taken < room:
            seqs[taken] = <uint16_t>entry.seq32
            taken += 1
            entry.tries += 1
            entry.due_us = now_us + interval_us(entry.tries, rtt_us)
        elif due:
            entry.due_us = now_us              # the next call must find it due although it is only ripe
        if entry.due_us < list.next_us:
            list.next_us = entry.due_us
        if entry.tries == 0:
            ripe_seq = list.highest - (<uint32_t>list.highest - entry.seq32) + entry.ripe_after
            if ripe_seq < list.ripe_seq:
                list.ripe_seq = ripe_seq
        if kept != entry:
            kept[0] = entry[0]
        kept += 1
        entry += 1
    list.count = <int>(kept - (list.entries + list.head))
    if list.count == 0:
        forget_all(list)
    return taken


cdef int64_t nack_next_us(const NackList* list) noexcept nogil:
    """May be earlier than needed after an arrival closed the entry it was set for; nack_due then only sets it right."""
    return list.next_us


cdef int nack_missing(const NackList* list) noexcept nogil:
    """Numbers asked for or about to be."""
    return list.count


cdef bint nack_gave_up(NackList* list) noexcept nogil:
    """Reads and clears the mark."""
    cdef bint gave_up = list.gave_up
    list.gave_up = 0
    return gave_up
