"""Keys out of telephone-events, and telephone-events out of keys.

Receiving: every packet of a key repeats the whole key (same timestamp, duration so far), the last three say that it has ended, any of
them may be lost. So a key is told by its timestamp, and told once: at its first end packet, at the first packet of another key, or when
nothing has been heard of it for a while. A key longer than 65535 units goes on in segments, each with the timestamp at which the one
before is full (RFC 4733 section 2.5.1.3).

Sending: a packet when the key goes down, one every 50 ms, three when it is let go. Audio goes on beside it, which RFC 4733 section 2.1
leaves to the sender: nothing has to be held back, and a receiver that does not know these events just hears what it heard.
"""
from libc.stdint cimport INT64_MAX, int32_t

from native.wire.dtmf cimport DTMF_KEY_COUNT

cdef enum:
    # Senders repeat a key every 20 to 50 ms: four lost in a row, or the sender has gone.
    SILENCE_US = 250_000
    UPDATE_US = 50_000             # RFC 4733 section 2.5.1.2
    # A packet speaks for the audio frame that begins with it, so a key is known in full one frame before its end.
    AHEAD_US = 20_000
    ENDS = 3                       # RFC 4733 section 2.5.1.4
    END_GAP_US = 20_000            # further apart than a usual loss is long; nearer where the gap between keys is short
    SEGMENT_UNITS = 65535
    # A packet older than the newest key by less than this (10 s at 48 kHz) came late; by more, the sender's clock has jumped.
    LATE_UNITS = 480000
    VOLUME = 10                    # -dBm0: what libwebrtc sends


cdef void key_take(DtmfReceiver* receiver, DtmfKey* out) noexcept nogil:
    out.event = receiver.event
    out.duration = receiver.former + receiver.duration
    receiver.pressed = False


cdef int dtmf_note(DtmfReceiver* receiver, const TelephoneEvent* event, uint32_t timestamp, int64_t now_us, DtmfKey* out) noexcept nogil:
    cdef int count = 0
    cdef int32_t newer = <int32_t>(timestamp - receiver.timestamp)
    if event.event >= DTMF_KEY_COUNT or (receiver.known and (-LATE_UNITS < newer < 0 or (newer == 0 and not receiver.pressed))):
        return 0
    if receiver.pressed and newer == SEGMENT_UNITS and event.event == receiver.event:
        receiver.former += SEGMENT_UNITS
        receiver.timestamp = timestamp
        receiver.duration = 0
    elif not receiver.known or newer != 0:
        if receiver.pressed:
            key_take(receiver, out)
            count = 1
        receiver.known = True
        receiver.pressed = True
        receiver.event = event.event
        receiver.timestamp = timestamp
        receiver.former = 0
        receiver.duration = 0
    receiver.heard_us = now_us
    if event.duration > receiver.duration:
        receiver.duration = event.duration
    if event.end:
        key_take(receiver, &out[count])
        count += 1
    return count


cdef bint dtmf_expired(DtmfReceiver* receiver, int64_t now_us, DtmfKey* out) noexcept nogil:
    if now_us < dtmf_due_us(receiver):
        return False
    key_take(receiver, out)
    return True


cdef int64_t dtmf_due_us(const DtmfReceiver* receiver) noexcept nogil:
    return receiver.heard_us + SILENCE_US if receiver.pressed else INT64_MAX


cdef int dtmf_sender_add(DtmfSender* sender, const uint8_t* events, int count, uint16_t duration_ms, uint16_t gap_ms,
                         int64_t now_us) noexcept nogil:
    cdef DtmfQueued* key
    cdef int i, room = DTMF_QUEUE_MOST - sender.count
    if count > room:
        count = room
    for i in range(count):
        key = &sender.queue[(sender.first + sender.count) % DTMF_QUEUE_MOST]
        key.event = events[i]
        key.duration_ms = duration_ms
        key.gap_ms = gap_ms
        sender.count += 1
    if not sender.pressed:
        sender.due_us = now_us if now_us > sender.free_us else sender.free_us
    return count


cdef void key_done(DtmfSender* sender) noexcept nogil:
    cdef const DtmfQueued* key = &sender.queue[sender.first]
    sender.free_us = sender.started_us + (<int64_t>key.duration_ms + key.gap_ms) * 1000
    sender.first = (sender.first + 1) % DTMF_QUEUE_MOST
    sender.count -= 1
    sender.pressed = False
    sender.due_us = sender.free_us if sender.count else INT64_MAX


cdef bint dtmf_sender_next(DtmfSender* sender, int64_t now_us, uint32_t now_timestamp, uint32_t clock_rate, uint32_t event_rate,
                           DtmfPacket* out) noexcept nogil:
    cdef const DtmfQueued* key = &sender.queue[sender.first]
    cdef int64_t length_us, reached_us, end_gap_us
    cdef uint32_t units
    if sender.count == 0:
        sender.due_us = INT64_MAX
    if now_us < sender.due_us or sender.count == 0:
        return False
    out.marker = False
    if not sender.pressed:
        sender.pressed = True
        sender.ends = 0
        sender.started_us = now_us
        sender.timestamp = now_timestamp
        sender.former = 0
        out.marker = True
    length_us = <int64_t>key.duration_ms * 1000
    reached_us = now_us - sender.started_us + AHEAD_US
    if reached_us > length_us:
        reached_us = length_us
    units = <uint32_t>(reached_us * event_rate // 1000000) - sender.former
    while units > SEGMENT_UNITS:
        sender.former += SEGMENT_UNITS
        sender.timestamp += <uint32_t>(<int64_t>SEGMENT_UNITS * clock_rate // event_rate)
        units -= SEGMENT_UNITS
    out.event.event = key.event
    out.event.volume = VOLUME
    out.event.duration = <uint16_t>units
    out.event.end = reached_us == length_us
    out.timestamp = sender.timestamp
    if not out.event.end:
        sender.due_us = now_us + UPDATE_US
        if sender.due_us > sender.started_us + length_us - AHEAD_US:
            sender.due_us = sender.started_us + length_us - AHEAD_US
        return True
    sender.ends += 1
    if sender.ends == ENDS:
        key_done(sender)
        return True
    end_gap_us = <int64_t>key.gap_ms * 1000 // ENDS
    sender.due_us = now_us + (end_gap_us if end_gap_us < END_GAP_US else END_GAP_US)
    return True
