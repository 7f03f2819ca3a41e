"""The jitter buffer of one stream: what comes in any order goes out in order, and not before it is worth it.

For `audio.playout`, which decodes and scales what is decided here. Not for: sound (there is none here), the store (`jitter_store`),
how long to hold (`jitter_delay`). A function of (state, packets, now); integers only.

Times. Media time is the extended RTP timestamp, 48 to the millisecond. The *playout transit*, now minus the media time of the sample about to
be played, is the same measure as a packet's transit, so "too late" is one comparison, and a route's step, drift and jitter are all in it.

A missing packet is *lost* when a later one is there at its turn: media time goes on, with the later one's FEC where it has some. When
nothing later is there, it may as well be late: what is bridged then costs no media time. If it turns out to have been lost, the bridged
time is taken for it, so that the delay stays; if it comes, it is played, and the delay has grown to what the network asks for.

Invariants: a packet is played once or never; media time never goes back except for another stream; every step has samples > 0.
"""
from libc.stdint cimport int16_t, int32_t, int64_t, uint32_t, uint64_t

from native.stream.jitter_delay cimport delay_base_us, delay_expect_repair, delay_init, delay_note, delay_restart, delay_target_us, delay_turn
from native.stream.jitter_store cimport STORE_PACKETS, StoredPacket, store_at, store_clear, store_drop, store_insert

cdef enum:
    TICK_SAMPLES = 480             # what is bridged at a time: one pull of 10 ms
    # A timestamp this far from where it should be belongs to another stream; what a stalled link does stays below.
    JUMP_SAMPLES = 240000
    GIVE_UP_SAMPLES = 96000        # bridged in vain: from here on the next packet is a new beginning
    EXCESS_DROP_US = 1500000       # more delay than that above the target is thrown away, not played faster
    PAUSE_OVER_US = 6000           # above the target: what is removed in the midst of a pause
    QUIET_OVER_US = 30000          # and in a short one
    OVER_SHARE = 6                 # and as much of the target itself: a long delay is known less exactly
    ENOUGH_US = 2500               # less is not worth a seam
    QUIET_UNDER_US = 4000
    SPEECH_OVER_US = 60000         # above the target that is worth touching speech for
    SPEECH_UNDER_US = 15000
    SPEECH_PAUSE_US = 60000        # between two touches
    HURRY_OVER_US = 120000         # no pause any more
    CHANGE_MAX_US = 1000000        # asked for at once; what is done at once is far less


cdef inline int64_t media_us(int64_t ts64) noexcept nogil:
    return ts64 * 125 // 6


cdef void jitter_init(Jitter* jitter, int32_t min_us, int32_t max_us) noexcept nogil:
    store_clear(&jitter.store)
    delay_init(&jitter.delay, min_us, max_us)
    jitter.state = JITTER_IDLE
    jitter.stalled_samples = 0
    jitter.taken = 0
    jitter.scaling = 0
    jitter.known = 0
    jitter.suspect = 0
    jitter.highest_ts64 = jitter.next_ts64 = jitter.slept_samples = 0
    jitter.last_seq64 = -1
    jitter.played_mask = 0
    jitter.scaled_us = 0
    jitter.late = jitter.duplicate = jitter.discarded = jitter.waited_us = jitter.played = 0


cdef void stream_begin(Jitter* jitter, const JitterInput* input, int64_t now_us) noexcept nogil:
    """Everything of the stream before is forgotten."""
    jitter.discarded += <uint64_t>jitter.store.count
    store_clear(&jitter.store)
    delay_restart(&jitter.delay)
    jitter.state = JITTER_IDLE
    jitter.stalled_samples = 0
    jitter.taken = 0
    jitter.ssrc = input.ssrc
    jitter.known = 1
    jitter.suspect = 0
    # Far enough from zero for every earlier packet of the stream.
    jitter.highest_ts64 = (<int64_t>1 << 33) + <int64_t>input.timestamp
    jitter.highest_seq64 = (<int64_t>1 << 17) + input.seq16
    jitter.highest_us = now_us
    jitter.next_ts64 = jitter.slept_samples = 0
    jitter.last_seq64 = -1
    jitter.played_mask = 0


cdef inline int64_t ts64_of(const Jitter* jitter, uint32_t timestamp) noexcept nogil:
    return jitter.highest_ts64 + <int32_t><uint32_t>(timestamp - <uint32_t>jitter.highest_ts64)


cdef inline int64_t seq64_of(const Jitter* jitter, const JitterInput* input) noexcept nogil:
    return jitter.highest_seq64 + <int16_t><uint16_t>(input.seq16 - <uint16_t>jitter.highest_seq64)


cdef bint far_off(const Jitter* jitter, const JitterInput* input, int64_t now_us) noexcept nogil:
    """Whether the timestamp is not one that this stream could have now."""
    cdef int64_t expected = jitter.highest_ts64 + (now_us - jitter.highest_us) * 6 // 125
    cdef int64_t off = <int32_t><uint32_t>(input.timestamp - <uint32_t>expected)
    return off > JUMP_SAMPLES or off < -JUMP_SAMPLES


cdef int jitter_put(Jitter* jitter, const JitterInput* input, const uint8_t* payload, int64_t now_us) noexcept nogil:
    cdef StoredPacket packet
    cdef bint begins = 0
    cdef int done
    if not jitter.known or input.ssrc != jitter.ssrc:
        if input.redundant:
            return -1
        stream_begin(jitter, input, now_us)
        begins = 1
    elif not input.redundant:
        if far_off(jitter, input, now_us):
            # One such packet may be a mistake; two that agree are another stream.
            if not jitter.suspect or <uint32_t>(input.timestamp - jitter.suspect_timestamp) > JUMP_SAMPLES:
                jitter.suspect = 1
                jitter.suspect_timestamp = input.timestamp
                jitter.discarded += 1
                return -1
            stream_begin(jitter, input, now_us)
            begins = 1
        jitter.suspect = 0
    packet.ts64 = ts64_of(jitter, input.timestamp) - input.behind
    packet.seq64 = -1 if input.redundant else seq64_of(jitter, input)
    packet.arrival_us = now_us
    packet.size = input.size
    packet.samples = input.samples
    packet.frame_samples = input.frame_samples
    packet.redundant = input.redundant
    packet.kind = input.kind
    if not input.redundant:
        if packet.seq64 > jitter.highest_seq64:
            jitter.highest_seq64 = packet.seq64
        if packet.ts64 > jitter.highest_ts64:
            jitter.highest_ts64 = packet.ts64
            jitter.highest_us = now_us
    if packet.ts64 < jitter.next_ts64:
        if not input.redundant:
            note_late(jitter, &packet)
        return -1
    done = store_insert(&jitter.store, &packet, payload)
    if done < 0:
        # No room: the oldest go, since what is newest will be wanted longest.
        make_room(jitter)
        done = store_insert(&jitter.store, &packet, payload)
    if done != 0:
        if not input.redundant:
            if done > 0:
                jitter.duplicate += 1
            else:
                jitter.discarded += 1
        return -1
    if not input.redundant:
        delay_note(&jitter.delay, packet.ts64, packet.samples, now_us)
    return 1 if begins else 0


cdef void note_late(Jitter* jitter, const StoredPacket* packet) noexcept nogil:
    """Its time has gone by: without it, or because it was here before."""
    cdef int64_t behind = jitter.last_seq64 - packet.seq64
    if 0 <= behind < 64 and jitter.played_mask >> behind & 1:
        jitter.duplicate += 1
        return
    jitter.late += 1
    # A repair has been reckoned with when the packet was missing.
    if jitter.delay.repair_us == 0:
        delay_note(&jitter.delay, packet.ts64, packet.samples, packet.arrival_us)


cdef void make_room(Jitter* jitter) noexcept nogil:
    cdef int count = jitter.store.count // 4
    jitter.discarded += <uint64_t>count
    store_drop(&jitter.store, count)
    if jitter.store.count > 0 and jitter.state != JITTER_IDLE:
        skip_to(jitter, store_at(&jitter.store, 0).ts64)


cdef void skip_to(Jitter* jitter, int64_t ts64) noexcept nogil:
    if ts64 > jitter.next_ts64:
        jitter.next_ts64 = ts64


cdef void drop_old(Jitter* jitter) noexcept nogil:
    """Packets whose time has gone by. One that is half played over is still played whole."""
    cdef int count = 0
    while count < jitter.store.count and (
        store_at(&jitter.store, count).ts64 + store_at(&jitter.store, count).samples <= jitter.next_ts64
    ):
        jitter.late += not store_at(&jitter.store, count).redundant
        count += 1
    store_drop(&jitter.store, count)


cdef bint drop_excess(Jitter* jitter, int64_t excess_us) noexcept nogil:
    """After an outage its packets come all at once: nobody wants to hear seconds of them, so the older ones are passed over."""
    cdef int64_t excess = excess_us * 6 // 125
    cdef int64_t span = jitter_span_samples(jitter)
    cdef uint64_t late = jitter.late
    if excess_us < EXCESS_DROP_US or span * 125 // 6 < EXCESS_DROP_US:
        return 0
    jitter.next_ts64 += excess if excess < span - TICK_SAMPLES else span - TICK_SAMPLES
    drop_old(jitter)
    jitter.discarded += jitter.late - late
    jitter.late = late
    return 1


cdef inline int64_t transit_us(const Jitter* jitter, int64_t now_us, int pending, int pull) noexcept nogil:
    """The playout transit at the turn of the next packet: at the pull that finds too little decoded."""
    return now_us - media_us(jitter.next_ts64 - pending + pending % pull)


cdef void take(Jitter* jitter, int64_t now_us, int pending, int join, JitterStep* step) noexcept nogil:
    """Plays the first packet."""
    cdef const StoredPacket* packet = store_at(&jitter.store, 0)
    step.action = JITTER_DECODE
    step.join = join
    step.index = 0
    step.samples = packet.samples
    jitter.taken = 1
    jitter.next_ts64 = packet.ts64 + packet.samples
    if packet.seq64 >= 0:
        note_played(jitter, packet.seq64)
    jitter.stalled_samples = 0
    jitter.slept_samples = 0
    jitter.state = JITTER_PLAYING
    jitter.played += 1
    if now_us > packet.arrival_us:
        jitter.waited_us += <uint64_t>(now_us - packet.arrival_us)
    jitter.waited_us += <uint64_t>media_us(pending)
    delay_turn(&jitter.delay, packet.redundant, packet.samples)


cdef void note_played(Jitter* jitter, int64_t seq64) noexcept nogil:
    cdef int64_t ahead = seq64 - jitter.last_seq64
    if ahead > 0:
        jitter.played_mask = 1 if jitter.last_seq64 < 0 or ahead >= 64 else (jitter.played_mask << ahead | 1)
        jitter.last_seq64 = seq64
    elif ahead > -64:
        jitter.played_mask |= <uint64_t>1 << -ahead


cdef void miss(Jitter* jitter, int samples) noexcept nogil:
    """`samples` are played without what they should have been made of."""
    delay_turn(&jitter.delay, 1, samples)
    delay_expect_repair(&jitter.delay)


cdef void jitter_next(Jitter* jitter, int64_t now_us, int pending, int pull, JitterStep* step) noexcept nogil:
    cdef const StoredPacket* first
    cdef int64_t target_us = delay_target_us(&jitter.delay, now_us)
    cdef int64_t gap
    cdef int join = JITTER_JOIN_AFTER_STALL if jitter.stalled_samples > 0 else JITTER_JOIN_NEXT
    step.index = 0
    step.join = JITTER_JOIN_NEXT
    step.samples = TICK_SAMPLES
    drop_old(jitter)
    if jitter.state == JITTER_IDLE:
        if jitter.store.count == 0 or now_us - media_us(store_at(&jitter.store, 0).ts64 - pending) < target_us:
            step.action = JITTER_SILENCE
            return
        jitter.next_ts64 = store_at(&jitter.store, 0).ts64
        join = JITTER_JOIN_ANEW
    elif drop_excess(jitter, transit_us(jitter, now_us, pending, pull) - target_us):
        join = JITTER_JOIN_ANEW
    if jitter.store.count == 0:
        nothing(jitter, step)
        return
    first = store_at(&jitter.store, 0)
    gap = first.ts64 - jitter.next_ts64
    if gap > 0 and (jitter.state == JITTER_ASLEEP or (first.seq64 >= 0 and first.seq64 == jitter.last_seq64 + 1)):
        # The sender paused, so this is a beginning, at whatever delay is right.
        if now_us - media_us(first.ts64 - pending) >= target_us:
            take(jitter, now_us, pending, JITTER_JOIN_ANEW, step)
            return
        sleep(jitter, step)
        return
    if gap > 0 and jitter.stalled_samples > 0:
        if gap > first.frame_samples or transit_us(jitter, now_us, pending, pull) > target_us - media_us(TICK_SAMPLES // 2):
            join = JITTER_JOIN_NEXT
            if jitter.stalled_samples < gap:
                jitter.next_ts64 += jitter.stalled_samples
                gap -= jitter.stalled_samples
                miss(jitter, jitter.stalled_samples)
                jitter.stalled_samples = 0
            else:
                miss(jitter, <int>gap)
                if jitter.stalled_samples > gap:
                    join = JITTER_JOIN_ANEW
                gap = 0
    if gap <= 0:
        take(jitter, now_us, pending, join, step)
        return
    step.join = join
    jitter.stalled_samples = 0
    if gap <= first.frame_samples:
        step.action = JITTER_RESTORE
        step.samples = <int>gap
    else:
        step.action = JITTER_CONCEAL
        # The last of the lost ones can still be restored.
        gap -= first.frame_samples
        if first.frame_samples > 0 and gap > first.frame_samples:
            gap = first.frame_samples
        step.samples = <int>gap if gap < 2 * TICK_SAMPLES else 2 * TICK_SAMPLES
    jitter.next_ts64 += step.samples
    miss(jitter, step.samples)


cdef void sleep(Jitter* jitter, JitterStep* step) noexcept nogil:
    """Media time stands still here, so that a packet on a slower route than the last is still taken."""
    jitter.state = JITTER_ASLEEP
    jitter.slept_samples += step.samples
    step.action = JITTER_SLEEP


cdef void nothing(Jitter* jitter, JitterStep* step) noexcept nogil:
    """There is no packet at all."""
    if jitter.state == JITTER_ASLEEP:
        sleep(jitter, step)
        return
    if jitter.stalled_samples >= GIVE_UP_SAMPLES:
        jitter.state = JITTER_IDLE
        jitter.stalled_samples = 0
        step.action = JITTER_SILENCE
        return
    step.action = JITTER_STALL
    jitter.stalled_samples += step.samples


cdef void jitter_done(Jitter* jitter) noexcept nogil:
    store_drop(&jitter.store, jitter.taken)
    jitter.taken = 0


cdef void jitter_asleep(Jitter* jitter, bint asleep) noexcept nogil:
    if jitter.state != JITTER_IDLE:
        jitter.state = JITTER_ASLEEP if asleep else JITTER_PLAYING


cdef bint jitter_content(const Jitter* jitter, int64_t now_us, int pending, int pull) noexcept nogil:
    cdef int64_t target_us = delay_target_us(&jitter.delay, now_us)
    return jitter.scaling == 0 and (
        now_us - media_us(jitter.next_ts64 - pending + pull) - target_us
        <= PAUSE_OVER_US + (target_us - delay_base_us(&jitter.delay)) // OVER_SHARE
        and target_us - transit_us(jitter, now_us, pending, pull) <= QUIET_UNDER_US
    )


cdef int jitter_scale(Jitter* jitter, int64_t now_us, int pending, int pull, int quiet) noexcept nogil:
    cdef int64_t target_us = delay_target_us(&jitter.delay, now_us)
    # A packet's turn comes with a pull, up to one pull before its sound: faster only if it were in time even so, slower only if it is not
    # as things are. Judging both by the same moment would take turns at removing and adding.
    cdef int64_t surplus_us = now_us - media_us(jitter.next_ts64 - pending + pull) - target_us
    cdef int64_t lack_us = target_us - transit_us(jitter, now_us, pending, pull)
    cdef int64_t over_us = PAUSE_OVER_US + (target_us - delay_base_us(&jitter.delay)) // OVER_SHARE
    cdef int64_t under_us = QUIET_UNDER_US
    if jitter.state != JITTER_PLAYING:
        return 0
    if not quiet:
        over_us = SPEECH_OVER_US if over_us < SPEECH_OVER_US else over_us
        under_us = SPEECH_UNDER_US
    elif quiet == 1:
        over_us += QUIET_OVER_US - PAUSE_OVER_US
    # Once begun it goes on to the target: one change in one pause instead of many small ones.
    if jitter.scaling > 0:
        over_us = ENOUGH_US if quiet else over_us // 2
    elif jitter.scaling < 0:
        under_us = 0
    jitter.scaling = 1 if surplus_us > over_us else (-1 if lack_us > under_us else 0)
    if jitter.scaling == 0:
        return 0
    if not quiet and surplus_us < HURRY_OVER_US and now_us - jitter.scaled_us < SPEECH_PAUSE_US:
        return 0
    if jitter.scaling > 0:
        return <int>((surplus_us if surplus_us < CHANGE_MAX_US else CHANGE_MAX_US) * 6 // 125)
    return -<int>((lack_us if lack_us < CHANGE_MAX_US else CHANGE_MAX_US) * 6 // 125)


cdef void jitter_scaled(Jitter* jitter, bint quiet, int64_t now_us) noexcept nogil:
    if not quiet:
        jitter.scaled_us = now_us


cdef bint jitter_ready(const Jitter* jitter) noexcept nogil:
    return jitter.store.count > 0 and store_at(&jitter.store, 0).ts64 <= jitter.next_ts64


cdef int64_t jitter_media_ts64(const Jitter* jitter) noexcept nogil:
    if jitter.store.count > 0 and jitter.state == JITTER_IDLE:
        return store_at(&jitter.store, 0).ts64
    return jitter.highest_ts64 if jitter.next_ts64 == 0 else jitter.next_ts64 + jitter.slept_samples


cdef int64_t jitter_span_samples(const Jitter* jitter) noexcept nogil:
    cdef const StoredPacket* last
    cdef int64_t span
    if jitter.store.count == 0:
        return 0
    last = store_at(&jitter.store, jitter.store.count - 1)
    span = last.ts64 + last.samples - (jitter.next_ts64 if jitter.state != JITTER_IDLE else store_at(&jitter.store, 0).ts64)
    return span if span > 0 else 0
