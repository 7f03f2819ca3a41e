"""Telephone keys between the wire and Python. What a key is, `stream.dtmf` knows; here are the timer, the event, the packet.

Keys share the audio's SSRC and numbers. Their timestamps are the audio's too, whatever clock their payload type names: that clock
measures durations only (so libwebrtc does it, for Opus at 48 kHz with telephone-event at 8 kHz).
"""
from libc.stdint cimport INT64_MAX, uint64_t
from libc.stdlib cimport calloc, free

from native.engine.consumer cimport consumer_event_entry, consumer_insert
from native.engine.egress cimport core_random
from native.engine.event cimport EVENT_PRODUCER_DTMF, event_write
from native.engine.state cimport CodecEntry, DtmfOut, WorkerCore
from native.engine.timer cimport timer_arm, timer_arm_earlier, timer_cancel, timer_init
from native.engine.transport cimport TIMER_DTMF
from native.stream.dtmf cimport DtmfKey, DtmfPacket, dtmf_due_us, dtmf_expired, dtmf_note, dtmf_sender_add, dtmf_sender_next
from native.stream.rtx cimport stored_bytes
from native.wire.codec cimport CODEC_TELEPHONE_EVENT, codec_clear
from native.wire.dtmf cimport DTMF_BYTES, TelephoneEvent, dtmf_key, dtmf_parse, dtmf_write

cdef enum:
    OPUS_RATE = 48000              # RFC 7587 section 4.1; of a stream that has not begun
    HEADER_BYTES = 12


cdef void key_tell(Producer* producer, const DtmfKey* key) noexcept nogil:
    cdef uint8_t digit = dtmf_key(key.event)
    # The clock of the newest event: a stream does not change it within a key.
    cdef uint64_t duration_ms = <uint64_t>key.duration * 1000 // producer.dtmf_clock_rate
    event_write(producer.core, EVENT_PRODUCER_DTMF, producer.id, <uint32_t>duration_ms, &digit, 1)


cdef void dtmf_receive(Producer* producer, StoredPacket* packet, uint32_t clock_rate) noexcept nogil:
    cdef WorkerCore* core = producer.core
    cdef TelephoneEvent event
    cdef DtmfKey keys[2]
    cdef int i, count
    if clock_rate == 0 or dtmf_parse(stored_bytes(packet) + packet.header_bytes, packet.payload_bytes, &event) != 0:
        return
    producer.dtmf_clock_rate = clock_rate
    count = dtmf_note(&producer.dtmf, &event, packet.timestamp, core.now_us, keys)
    for i in range(count):
        key_tell(producer, &keys[i])
    if dtmf_due_us(&producer.dtmf) != INT64_MAX:
        timer_arm_earlier(&core.wheel, &producer.timer, dtmf_due_us(&producer.dtmf))


cdef int64_t dtmf_release(Producer* producer) noexcept nogil:
    cdef DtmfKey key
    if dtmf_expired(&producer.dtmf, producer.core.now_us, &key):
        key_tell(producer, &key)
    return dtmf_due_us(&producer.dtmf)


cdef inline uint32_t stream_rate(const Consumer* consumer) noexcept nogil:
    return consumer.clock_rate if consumer.clock_rate else OPUS_RATE


cdef const CodecEntry* event_entry(const Consumer* consumer) noexcept nogil:
    """The payload type at the audio's own clock, else any."""
    cdef const CodecEntry* found = consumer_event_entry(consumer, stream_rate(consumer))
    cdef int i
    for i in range(consumer.codecs.count):
        if found == NULL and consumer.codecs.entries[i].codec == CODEC_TELEPHONE_EVENT and consumer.codecs.entries[i].clock_rate:
            found = &consumer.codecs.entries[i]
    return found


cdef int dtmf_send(Consumer* consumer, const uint8_t* events, int count, uint16_t duration_ms, uint16_t gap_ms) noexcept nogil:
    cdef WorkerCore* core = consumer.transport.core
    cdef int taken
    if event_entry(consumer) == NULL:
        return -1
    if consumer.dtmf == NULL:
        consumer.dtmf = <DtmfOut*>calloc(1, sizeof(DtmfOut) + HEADER_BYTES + DTMF_BYTES)
        if consumer.dtmf == NULL:
            return -1
        timer_init(&consumer.dtmf.timer, TIMER_DTMF, consumer)
    taken = dtmf_sender_add(&consumer.dtmf.sender, events, count, duration_ms, gap_ms, core.now_us)
    if consumer.dtmf.sender.count:
        timer_arm(&core.wheel, &consumer.dtmf.timer, consumer.dtmf.sender.due_us)
    return 0 if taken == count else -1


cdef uint32_t stream_now(const Consumer* consumer) noexcept nogil:
    """The stream's RTP time: that of its newest packet, and what has passed since."""
    cdef WorkerCore* core = consumer.transport.core
    if consumer.highest == 0:
        return <uint32_t>core_random(core)
    return consumer.last_timestamp + <uint32_t>((core.now_us - consumer.last_sent_us) * stream_rate(consumer) // 1000000)


cdef int64_t dtmf_tick(Consumer* consumer) noexcept nogil:
    cdef DtmfOut* out = consumer.dtmf
    cdef const CodecEntry* entry = event_entry(consumer)
    cdef DtmfPacket next
    if not dtmf_sender_next(&out.sender, consumer.transport.core.now_us, stream_now(consumer), stream_rate(consumer), entry.clock_rate, &next):
        return out.sender.due_us
    out.packet.codec = CODEC_TELEPHONE_EVENT
    codec_clear(&out.packet.info)
    out.packet.header_bytes = HEADER_BYTES
    out.packet.payload_bytes = DTMF_BYTES
    out.packet.size = HEADER_BYTES + DTMF_BYTES
    out.packet.marker = next.marker
    dtmf_write(stored_bytes(&out.packet) + HEADER_BYTES, &next.event)
    # A peer that is not secure yet or any more loses the key, as it would the audio around it.
    consumer_insert(consumer, &out.packet, entry.payload_type, next.timestamp)
    return out.sender.due_us


cdef void dtmf_free(Consumer* consumer) noexcept nogil:
    if consumer.dtmf != NULL:
        timer_cancel(&consumer.dtmf.timer)
        free(consumer.dtmf)
        consumer.dtmf = NULL
