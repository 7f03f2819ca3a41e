"""Transport-wide congestion control: what arrived when (recorder), and what became of what we sent (sender).

For the engine's transports: one recorder per peer that sends with the extension, fed by every packet that carries a transport
sequence number; one sender per peer we send to. Not for estimating bandwidth (`stream.bwe`), nor for when feedback is sent.

draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1. Invariants of the feedback: an arrival is reported once; a number
is called missing only while it is; every packet ends in a reported arrival unless the room cut it.

A number reported missing that arrives after all is reported in a feedback packet of its own, as far as late arrivals are contiguous.
libwebrtc accepts that: it takes received packets out of its send history and leaves lost ones in for a later report. It also
repeats reported packets after a late one; here they are left out, because a receiver that keeps no such history (ours does)
would count them twice.

Arrival times are kept in ticks of 250 us modulo 2^32, which is the wire's own range: reference time is 24 bits of 256 ticks.
"""
from libc.stdint cimport UINT64_MAX, int16_t, int32_t
from libc.string cimport memset

from native.wire.bytes cimport be16_write, be24_write, be32_write
from native.wire.rtcp cimport RTCP_RTPFB, RTPFB_TRANSPORT_CC, TransportCcReader, TransportCcStatus, transport_cc_open, transport_cc_read
from native.wire.seq cimport seq16_distance, seq64_extend, seq64_start

cdef enum:
    # 8 Mb/s in 1200-byte packets is 830 a second, feedback goes out every 50-100 ms: the window outlives ten lost turns. Half would
    # be too little for one stalled second, double costs every idle peer 5 KB more.
    WINDOW = 1024
    MISSING = 0
    PENDING = 1
    REPORTED = 2
    NO_RESTART = 0x10000
    HEADER_BYTES = 20              # RTCP header, two SSRCs, base, status count, reference time, feedback count
    TICK_US = 250
    RUN_MAX = 8191
    UNKNOWN = 0                    # TwccSent.state: not sent yet
    IN_FLIGHT = 1
    LOST = 2
    ACKNOWLEDGED = 3
    # Entries read of one feedback packet: the log holds half as many, so more is a gap no stream of ours can show, and a hostile
    # peer would get 65535 steps out of us for 36 bytes.
    STATUSES_MAX = 2048


# --------------------------------------------------------------------------------------------------------------- recorder

cdef size_t twcc_recorder_bytes() noexcept nogil:
    """About 5 KB."""
    return sizeof(TwccRecorder)


cdef void twcc_recorder_init(TwccRecorder* recorder) noexcept nogil:
    """Nothing received yet."""
    memset(recorder, 0, sizeof(TwccRecorder))
    recorder.restart_seq = NO_RESTART


cdef void start_at(TwccRecorder* recorder, uint16_t seq16) noexcept nogil:
    memset(recorder.states, MISSING, sizeof(recorder.states))
    recorder.highest = seq64_start(seq16)
    recorder.next = recorder.highest
    recorder.late_from = UINT64_MAX
    recorder.pending = 0
    recorder.late = 0
    recorder.restart_seq = NO_RESTART


cdef void advance_to(TwccRecorder* recorder, uint64_t seq64) noexcept nogil:
    """Moves the window on; what falls out of it unreported is forgotten (the peer's own history is no longer)."""
    cdef uint64_t number
    if seq64 - recorder.highest >= WINDOW:
        memset(recorder.states, MISSING, sizeof(recorder.states))
        recorder.pending = 0
        recorder.late = 0
    else:
        number = recorder.highest + 1
        while number <= seq64:
            if recorder.states[number & (WINDOW - 1)] == PENDING:
                recorder.pending -= 1
                if number - WINDOW < recorder.next:
                    recorder.late -= 1
            recorder.states[number & (WINDOW - 1)] = MISSING
            number += 1
    recorder.highest = seq64
    if recorder.next < seq64 - (WINDOW - 1):
        recorder.next = seq64 - (WINDOW - 1)
    if recorder.late_from < seq64 - (WINDOW - 1):
        recorder.late_from = seq64 - (WINDOW - 1)
    recorder.restart_seq = NO_RESTART


cdef void twcc_note(TwccRecorder* recorder, uint16_t seq16, int64_t arrived_us) noexcept nogil:
    """Duplicates and numbers behind the window change nothing, but two consecutive ones behind it are a restarted counter."""
    cdef uint64_t seq64
    cdef int distance
    cdef int slot
    if recorder.highest == 0:
        start_at(recorder, seq16)
    distance = seq16_distance(seq16, <uint16_t>recorder.highest)
    if seq16 == recorder.restart_seq:
        start_at(recorder, seq16)
    elif distance <= -WINDOW:
        recorder.restart_seq = <uint16_t>(seq16 + 1)
        return
    seq64 = seq64_extend(recorder.highest, seq16)
    if seq64 > recorder.highest:
        advance_to(recorder, seq64)
    slot = <int>(seq64 & (WINDOW - 1))
    if recorder.states[slot] != MISSING:
        return
    recorder.states[slot] = PENDING
    recorder.ticks[slot] = <uint32_t>(arrived_us // TICK_US)
    recorder.pending += 1
    if seq64 < recorder.next:
        recorder.late += 1
        if seq64 < recorder.late_from:
            recorder.late_from = seq64


cdef int twcc_pending(const TwccRecorder* recorder) noexcept nogil:
    """See the pxd."""
    return recorder.pending


cdef uint64_t first_to_report(TwccRecorder* recorder) noexcept nogil:
    cdef uint64_t number
    if recorder.late == 0:
        return recorder.next
    number = recorder.late_from
    while recorder.states[number & (WINDOW - 1)] != PENDING:     # ends: a late one waits between here and `next`
        number += 1
    return number


cdef int collect(const TwccRecorder* recorder, uint64_t base, uint8_t* symbols, int16_t* deltas, uint32_t* reference) noexcept nogil:
    """One symbol per number from `base`, one delta per received one; up to the last arrival a single packet can express. > 0."""
    cdef uint64_t number = base
    cdef uint32_t tick = 0
    cdef int32_t delta
    cdef int received = 0
    cdef int count = 0
    cdef int slot
    while number <= recorder.highest:
        slot = <int>(number & (WINDOW - 1))
        if recorder.states[slot] == PENDING:
            if received == 0:
                reference[0] = recorder.ticks[slot] >> 8
                tick = recorder.ticks[slot] & 0xFFFFFF00U
            delta = <int32_t>(recorder.ticks[slot] - tick)
            if delta != <int16_t>delta:
                break
            tick = recorder.ticks[slot]
            symbols[number - base] = 1 if 0 <= delta <= 255 else 2
            deltas[received] = <int16_t>delta
            received += 1
            count = <int>(number - base) + 1
        elif number < recorder.next:            # after late arrivals: these numbers have been told
            break
        else:
            symbols[number - base] = 0
        number += 1
    return count


cdef int best_chunk(const uint8_t* symbols, int left, int* kind) noexcept nogil:
    """How many of the next symbols one chunk can cover at most; *kind 0 run, 1 one-bit, 2 two-bit. A vector cannot stop early: it covers
    fourteen or seven, or all that are left. Longest first came out 0.3 % above the fewest chunks possible (random loss and jitter)."""
    cdef int run = 1
    cdef int bits = 0
    cdef int pairs = 7 if left >= 7 else left
    while run < left and run < RUN_MAX and symbols[run] == symbols[0]:
        run += 1
    while bits < left and bits < 14 and symbols[bits] != 2:
        bits += 1
    if bits < 14 and bits < left:
        bits = 0
    if run >= bits and run >= pairs:
        kind[0] = 0
        return run
    if bits >= pairs:
        kind[0] = 1
        return bits
    kind[0] = 2
    return pairs


cdef int encode(const uint8_t* symbols, int count, uint8_t* chunks, int avail, int* chunk_bytes, int* delta_bytes) noexcept nogil:
    """Writes chunks as long as they and the deltas behind them fit `avail` bytes. Returns how many symbols are covered; the chunk
    that meets the limit is cut to what fits."""
    cdef int covered = 0
    cdef int used = 0
    cdef int kind = 0
    cdef int length, fit, index, chunk, needed
    while covered < count and used + 2 <= avail:
        length = best_chunk(symbols + covered, count - covered, &kind)
        needed = 0
        fit = 0
        chunk = 0
        while fit < length and used + 2 + needed + symbols[covered + fit] <= avail:
            needed += symbols[covered + fit]
            fit += 1
        if fit == 0:
            break
        if kind == 0:
            chunk = symbols[covered] << 13 | fit
        elif kind == 1:
            chunk = 0x8000
            for index in range(fit):
                chunk |= symbols[covered + index] << (13 - index)
        else:
            chunk = 0xC000
            for index in range(fit):
                chunk |= symbols[covered + index] << (12 - 2 * index)
        be16_write(chunks + chunk_bytes[0], <uint16_t>chunk)
        chunk_bytes[0] += 2
        used += 2 + needed
        delta_bytes[0] += needed
        covered += fit
        if fit < length:
            break
    return covered


cdef size_t twcc_feedback(TwccRecorder* recorder, uint8_t* out, size_t room, uint32_t sender_ssrc, uint32_t media_ssrc) noexcept nogil:
    """Late arrivals first, then everything from the first number not covered yet to the newest arrival."""
    cdef uint8_t symbols[1024]
    cdef int16_t deltas[1024]
    cdef uint8_t* at
    cdef uint64_t base, number
    cdef uint32_t reference = 0
    cdef int count, covered, index
    cdef int chunk_bytes = 0
    cdef int delta_bytes = 0
    cdef int received = 0
    cdef size_t size
    if recorder.pending == 0 or room < HEADER_BYTES + 4:
        return 0
    if room > 65536:
        room = 65536
    base = first_to_report(recorder)
    count = collect(recorder, base, symbols, deltas, &reference)
    covered = encode(symbols, count, out + HEADER_BYTES, (<int>room - HEADER_BYTES) & ~3, &chunk_bytes, &delta_bytes)
    if delta_bytes == 0:
        return 0
    at = out + HEADER_BYTES + chunk_bytes
    for index in range(covered):
        number = base + <uint64_t>index
        if symbols[index] == 0:
            continue
        if symbols[index] == 1:
            at[0] = <uint8_t>deltas[received]
        else:
            be16_write(at, <uint16_t>deltas[received])
        at += symbols[index]
        received += 1
        recorder.states[number & (WINDOW - 1)] = REPORTED
        recorder.pending -= 1
        if number < recorder.next:
            recorder.late -= 1
    size = <size_t>(at - out)
    while size % 4 != 0:
        out[size] = 0
        size += 1
    out[0] = 0x80 | RTPFB_TRANSPORT_CC
    out[1] = RTCP_RTPFB
    be16_write(out + 2, <uint16_t>(size // 4 - 1))
    be32_write(out + 4, sender_ssrc)
    be32_write(out + 8, media_ssrc)
    be16_write(out + 12, <uint16_t>base)
    be16_write(out + 14, <uint16_t>covered)
    be24_write(out + 16, reference)
    out[19] = recorder.feedback_count
    recorder.feedback_count += 1
    base += <uint64_t>covered
    if recorder.next < base:
        recorder.next = base
    recorder.late_from = base if recorder.late > 0 else UINT64_MAX
    return size


# ----------------------------------------------------------------------------------------------------------------- sender

cdef size_t twcc_sender_bytes() noexcept nogil:
    """About 8 KB."""
    return sizeof(TwccSender)


cdef void twcc_sender_init(TwccSender* sender, uint64_t next) noexcept nogil:
    """See the pxd."""
    memset(sender, 0, sizeof(TwccSender))
    sender.next = next if next != 0 else seq64_start(0)


cdef uint16_t twcc_sent(TwccSender* sender, size_t bytes, int64_t sent_us) noexcept nogil:
    """See the pxd."""
    cdef uint64_t number = sender.next
    cdef TwccSent* sent = sender.log + (number & (WINDOW - 1))
    sent.sent_us = <uint32_t>sent_us
    sent.bytes = 65535 if bytes > 65535 else <uint16_t>bytes
    sent.state = IN_FLIGHT
    sender.next = number + 1
    return <uint16_t>number


cdef int twcc_acknowledge(TwccSender* sender, const RtcpPacket* feedback, int64_t now_us, TwccSummary* out) noexcept nogil:
    """Numbers never sent or no longer in the log are passed over; a repeated report changes nothing and yields no round trip."""
    cdef TransportCcReader reader
    cdef TransportCcStatus status
    cdef TwccSent* sent
    cdef uint64_t number
    cdef int read = 0
    memset(out, 0, sizeof(TwccSummary))
    if transport_cc_open(feedback, &reader) < 0:
        return -1
    number = seq64_extend(sender.next - 1, reader.seq16)
    while number < sender.next and read < STATUSES_MAX and transport_cc_read(&reader, &status):
        read += 1
        number += 1
        if sender.next - number >= WINDOW:
            continue
        sent = sender.log + ((number - 1) & (WINDOW - 1))
        if status.received and (sent.state == IN_FLIGHT or sent.state == LOST):
            sent.state = ACKNOWLEDGED
            out.acknowledged += 1
            out.acknowledged_bytes += sent.bytes
            out.rtt_us = <uint32_t>(<uint32_t>now_us - sent.sent_us)
            if out.rtt_us == 0:
                out.rtt_us = 1                  # sent and told within a clock tick; 0 would say "none"
        elif not status.received and sent.state == IN_FLIGHT:
            sent.state = LOST
            out.lost += 1
    return 0
