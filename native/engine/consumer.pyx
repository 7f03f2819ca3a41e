"""One producer forwarded to one transport.

A consumer is an outgoing RTP stream that lives as long as its m-line; the producer behind it may change. From a starting
point (a key frame, or any audio packet) numbers are the producer's plus a constant: `number = seq64 + seq_offset`,
`timestamp + timestamp_offset`, picture id likewise. So a packet can be found again from its number without a log per
subscriber, and holes stay holes: the subscriber sees the publisher's losses as its own, asks, and gets them when they are repaired.

Invariants: numbers only grow from start to start; nothing older than `first_source` is ever sent or sent again, since the
offset was another one then. SRTP index = number (RFC 3711: the roll-over counter starts at 0, so numbers start below 2^15).
"""
from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcpy, memset

from native.c.cache cimport cache_calloc
from native.engine.dtmf cimport dtmf_free
from native.engine.egress cimport core_random
from native.engine.event cimport EVENT_CONSUMER_STARTED, event_write
from native.engine.keyframe cimport keyframe_request
from native.engine.mixing_room cimport listener_end
from native.engine.producer cimport producer_payload_entry
from native.engine.state cimport (
    HEADER_TEMPLATE_BYTES, DROP_CONSUMER_CODEC, DROP_CONSUMER_KEYFRAME, DROP_CONSUMER_NOT_SECURE, DROP_CONSUMER_PAUSED, DROP_CONSUMER_STALE, KIND_AUDIO,
    KIND_VIDEO, PENDING_MOST, TRANSPORT_SECURE, CodecEntry,
)
from native.engine.table cimport id_table_put, id_table_remove
from native.engine.transport cimport drop_note, transport_mark_dirty
from native.stream.rtx cimport RtxAnswers, rtx_answer_allowed, rtx_history_get, stored_bytes
from native.stream.twcc cimport TwccSender, twcc_sender_bytes, twcc_sender_init, twcc_sent
from native.wire.bytes cimport be16_write, be24_write, be32_write
from native.wire.codec cimport CODEC_NONE, CODEC_TELEPHONE_EVENT, codec_patch
from native.wire.rtp cimport EXT_ABS_SEND_TIME, EXT_AUDIO_LEVEL, EXT_COUNT, EXT_MID, EXT_TRANSPORT_CC
from native.wire.seq cimport seq64_extend

cdef enum:
    FIRST_NUMBER_MASK = 0x3FFF     # first numbers stay far enough below 2^15 that a receiver never guesses the wrong roll-over
    PICTURE_ID_MASK = 0x7FFF
    # A publisher that went on with other numbers, or was away for long: the subscriber's stream stays gapless instead. A receiver
    # that sees a jump of 2^15 or more guesses the wrong roll-over counter and opens nothing any more.
    GAP_MOST = 3000


cdef Consumer* consumer_new(WorkerCore* core, uint64_t id, Transport* transport) noexcept nogil:
    cdef Consumer* consumer = <Consumer*>cache_calloc(sizeof(Consumer))
    if consumer == NULL:
        return NULL
    if id_table_put(&core.consumers, id, consumer) != 0:
        free(consumer)
        return NULL
    consumer.id = id
    consumer.transport = transport
    consumer.rtx_number = (core_random(core) & FIRST_NUMBER_MASK) + 1
    consumer.next = transport.consumers
    transport.consumers = consumer
    core.counters.consumers += 1
    return consumer


cdef void consumer_free(Consumer* consumer) noexcept nogil:
    cdef WorkerCore* core = consumer.transport.core
    cdef Consumer** link = &consumer.transport.consumers
    if consumer.listener != NULL:
        listener_end(consumer.listener)
    consumer_detach(consumer)
    dtmf_free(consumer)
    while link[0] != NULL and link[0] != consumer:
        link = &link[0].next
    if link[0] == consumer:
        link[0] = consumer.next
    id_table_remove(&core.consumers, consumer.id)
    core.counters.consumers -= 1
    free(consumer.answers)
    free(consumer)


cdef int consumer_attach(Consumer* consumer, Producer* producer, uint8_t payload_type) noexcept nogil:
    cdef Consumer** grown
    cdef int room
    if consumer.producer == producer:
        return 0
    consumer_detach(consumer)
    if producer.consumer_count == producer.consumer_room:
        room = producer.consumer_room * 2 if producer.consumer_room else 4
        grown = <Consumer**>realloc(producer.consumers, room * sizeof(Consumer*))
        if grown == NULL:
            return -1
        producer.consumers = grown
        producer.consumer_room = room
    producer.consumers[producer.consumer_count] = consumer
    producer.consumer_count += 1
    consumer.producer = producer
    consumer.wanted_payload_type = payload_type
    consumer.codec = CODEC_NONE
    keyframe_request(producer)
    return 0


cdef void consumer_detach(Consumer* consumer) noexcept nogil:
    cdef Producer* producer = consumer.producer
    cdef int i
    if producer == NULL:
        return
    for i in range(producer.consumer_count):
        if producer.consumers[i] == consumer:
            producer.consumer_count -= 1
            producer.consumers[i] = producer.consumers[producer.consumer_count]
            break
    consumer.producer = NULL
    consumer.started = False
    consumer.announced = False


cdef void consumer_pause(Consumer* consumer, bint paused) noexcept nogil:
    if consumer.paused and not paused:
        consumer.started = False
        if consumer.producer != NULL:
            keyframe_request(consumer.producer)
    consumer.paused = paused


cdef void header_prepare(Consumer* consumer) noexcept nogil:
    """Writes the header template, from what the peer negotiated and the codec chosen."""
    cdef const uint8_t* ids = consumer.transport.extensions.id_by_kind
    cdef size_t at = 16, size
    cdef bint wide
    cdef uint8_t zero[4]
    cdef int kind
    memset(zero, 0, sizeof(zero))
    memset(consumer.header, 0, sizeof(consumer.header))
    consumer.header_bytes = 0
    consumer.transport_cc_at = consumer.send_time_at = 0
    consumer.forward_mask = 0
    for kind in range(<int>EXT_AUDIO_LEVEL, <int>EXT_COUNT):
        if ids[kind]:
            consumer.forward_mask |= <uint16_t>(1 << kind)
    size = header_size(consumer, NULL, &wide)
    if size > HEADER_TEMPLATE_BYTES:
        return
    consumer.header_bytes = <uint16_t>size
    consumer.header[0] = 0x80
    consumer.header[1] = consumer.payload_type
    be32_write(consumer.header + 8, consumer.ssrc)
    if size == 12:
        return
    consumer.header[0] = 0x90
    be16_write(consumer.header + 12, 0x1000 if wide else 0xBEDE)
    be16_write(consumer.header + 14, <uint16_t>((size - 16) >> 2))
    if ids[<int>EXT_MID] and consumer.mid_bytes:
        at += extension_put(consumer.header + at, ids[<int>EXT_MID], <const uint8_t*>consumer.mid, consumer.mid_bytes, wide)
    if not consumer.repeatable:
        if ids[<int>EXT_TRANSPORT_CC]:
            consumer.transport_cc_at = <uint8_t>(at + (2 if wide else 1))
            at += extension_put(consumer.header + at, ids[<int>EXT_TRANSPORT_CC], zero, 2, wide)
        if ids[<int>EXT_ABS_SEND_TIME]:
            consumer.send_time_at = <uint8_t>(at + (2 if wide else 1))
            at += extension_put(consumer.header + at, ids[<int>EXT_ABS_SEND_TIME], zero, 3, wide)


cdef void consumer_renegotiated(Consumer* consumer) noexcept nogil:
    if consumer.codec == CODEC_NONE:
        return
    if consumer.repeatable and consumer.started:
        # Nothing sent so far may be sent again: it would come out with another header under the same number.
        consumer.first_source = consumer.highest - consumer.seq_offset + 1
    header_prepare(consumer)


cdef bint consumer_choose_codec(Consumer* consumer, uint8_t codec) noexcept nogil:
    """Finds the subscriber's payload types for this codec; False when it has none."""
    cdef const CodecEntry* found = NULL
    cdef const CodecEntry* entry
    cdef int i
    for i in range(consumer.codecs.count):
        entry = &consumer.codecs.entries[i]
        if entry.codec == codec and (found == NULL or entry.payload_type == consumer.wanted_payload_type):
            found = entry
    if found == NULL:
        return False
    consumer.codec = codec
    consumer.payload_type = found.payload_type
    consumer.rtx_payload_type = found.rtx_payload_type
    consumer.clock_rate = found.clock_rate
    consumer.repeatable = consumer.answer_nack and (consumer.rtx_ssrc == 0 or consumer.rtx_payload_type == 0)
    header_prepare(consumer)
    return True


cdef void consumer_start(Consumer* consumer, const StoredPacket* packet) noexcept nogil:
    """The stream goes on (or begins) with this packet: fixes the offsets."""
    cdef WorkerCore* core = consumer.transport.core
    cdef uint64_t number
    cdef int64_t elapsed_us
    if consumer.highest == 0:
        number = (core_random(core) & FIRST_NUMBER_MASK) + 1
        consumer.timestamp_offset = 0
    elif consumer.clock_group != 0 and consumer.clock_group == consumer.producer.clock_group:
        # Another mix of the same mixer: its timestamps go on where the former one's were.
        number = consumer.highest + 1
    else:
        number = consumer.highest + 1
        elapsed_us = core.now_us - consumer.last_sent_us
        consumer.timestamp_offset = (consumer.last_timestamp + <uint32_t>(elapsed_us * consumer.clock_rate // 1000000) + 1) - packet.timestamp
        consumer.picture_id_offset = <uint16_t>((consumer.last_picture_id + 1 - packet.info.picture_id) & PICTURE_ID_MASK)
        consumer.tl0_offset = <uint8_t>(consumer.last_tl0 + 1 - packet.info.tl0_picture_index)
    consumer.clock_group = consumer.producer.clock_group
    consumer.first_source = packet.seq64
    consumer.seq_offset = number - packet.seq64
    consumer.generation = consumer.producer.generation
    consumer.started = True
    if not consumer.announced:
        consumer.announced = True
        event_write(core, EVENT_CONSUMER_STARTED, consumer.id, 0, NULL, 0)


cdef uint16_t header_size(const Consumer* consumer, const StoredPacket* packet, bint* two_byte) noexcept nogil:
    """Bytes of the outgoing RTP header: what consumer_write_header will write. `packet` NULL: one without extensions to pass on."""
    cdef const uint8_t* ids = consumer.transport.extensions.id_by_kind
    cdef uint32_t waiting = packet.forwardable & consumer.forward_mask if packet != NULL else 0
    cdef size_t bytes = 0
    cdef int count = 0, kind
    cdef bint wide = False
    if ids[<int>EXT_MID] and consumer.mid_bytes:
        bytes += consumer.mid_bytes
        count += 1
        wide = ids[<int>EXT_MID] > 14 or consumer.mid_bytes > 16
    if not consumer.repeatable:
        if ids[<int>EXT_TRANSPORT_CC]:
            bytes += 2
            count += 1
            wide = wide or ids[<int>EXT_TRANSPORT_CC] > 14
        if ids[<int>EXT_ABS_SEND_TIME]:
            bytes += 3
            count += 1
            wide = wide or ids[<int>EXT_ABS_SEND_TIME] > 14
    for kind in range(<int>EXT_COUNT):
        if waiting >> kind == 0:
            break
        if waiting & (1 << kind):
            bytes += packet.extensions.values[kind].size
            count += 1
            wide = wide or ids[kind] > 14 or packet.extensions.values[kind].size > 16 or packet.extensions.values[kind].size == 0
    two_byte[0] = wide
    if count == 0:
        return 12
    bytes += <size_t>count * (2 if wide else 1)
    return <uint16_t>(16 + ((bytes + 3) & ~<size_t>3))


cdef inline uint16_t packet_header_bytes(const Consumer* consumer, const StoredPacket* packet) noexcept nogil:
    cdef bint two_byte
    if packet.forwardable & consumer.forward_mask or consumer.header_bytes == 0:
        return header_size(consumer, packet, &two_byte)
    return consumer.header_bytes


cdef Pending* pending_add(Consumer* consumer, StoredPacket* packet, bint small) noexcept nogil:
    """A slot at the end of the transport's list, NULL when none is free this turn."""
    cdef Transport* transport = consumer.transport
    cdef WorkerCore* core = transport.core
    cdef Pending* pending
    cdef uint32_t at = core.pending_count + 1
    cdef uint32_t* first = &transport.pending_small_first if small else &transport.pending_first
    cdef uint32_t* last = &transport.pending_small_last if small else &transport.pending_last
    if core.pending_count == PENDING_MOST:
        return NULL
    core.pending_count = at
    pending = &core.pending[at - 1]
    pending.consumer = consumer
    pending.packet = packet
    pending.next = 0
    if first[0] == 0:
        first[0] = at
        transport_mark_dirty(transport)
    else:
        core.pending[last[0] - 1].next = at
    last[0] = at
    return pending


cdef void consumer_forward(Consumer* consumer, StoredPacket* packet) noexcept nogil:
    cdef Transport* transport = consumer.transport
    cdef WorkerCore* core = transport.core
    cdef Pending* pending
    cdef uint64_t number
    if consumer.paused:
        drop_note(core, DROP_CONSUMER_PAUSED)
        return
    if transport.state != TRANSPORT_SECURE:
        drop_note(core, DROP_CONSUMER_NOT_SECURE)
        return
    if consumer.codec != packet.codec:
        if packet.codec == CODEC_TELEPHONE_EVENT:
            forward_event(consumer, packet)
            return
        consumer.started = False
        if not consumer_choose_codec(consumer, packet.codec):
            drop_note(core, DROP_CONSUMER_CODEC)
            return
    if consumer.started and packet.seq64 + consumer.seq_offset > consumer.highest + GAP_MOST:
        consumer.started = False
    if not consumer.started or consumer.generation != consumer.producer.generation:
        if packet.padding_only or (consumer.kind == KIND_VIDEO and not packet.info.keyframe):
            drop_note(core, DROP_CONSUMER_KEYFRAME)
            if not consumer.producer.keyframe_wanted:
                keyframe_request(consumer.producer)
            return
        consumer_start(consumer, packet)
    if packet.seq64 < consumer.first_source:
        drop_note(core, DROP_CONSUMER_STALE)
        return
    pending = pending_add(consumer, packet, consumer.kind == KIND_AUDIO)
    if pending == NULL:
        return
    number = packet.seq64 + consumer.seq_offset
    pending.number = number
    pending.timestamp = packet.timestamp + consumer.timestamp_offset
    pending.retransmission = 0
    pending.payload_type = consumer.payload_type
    pending.header_bytes = packet_header_bytes(consumer, packet)
    # A packet that was all padding stays one: its number must not become a hole, and it needs a byte to carry the count.
    pending.size = <uint16_t>(pending.header_bytes + packet.payload_bytes)
    if number > consumer.highest:
        consumer.highest = number
        consumer.last_timestamp = pending.timestamp
        consumer.last_sent_us = core.now_us
        if packet.info.picture_id_bits:
            consumer.last_picture_id = <uint16_t>((packet.info.picture_id + consumer.picture_id_offset) & PICTURE_ID_MASK)
            consumer.last_tl0 = <uint8_t>(packet.info.tl0_picture_index + consumer.tl0_offset)
    consumer.packets += 1
    consumer.bytes += packet.payload_bytes
    core.forwarded += 1


cdef const CodecEntry* consumer_event_entry(const Consumer* consumer, uint32_t clock_rate) noexcept nogil:
    cdef int i
    for i in range(consumer.codecs.count):
        if consumer.codecs.entries[i].codec == CODEC_TELEPHONE_EVENT and consumer.codecs.entries[i].clock_rate == clock_rate:
            return &consumer.codecs.entries[i]
    return NULL


cdef void forward_event(Consumer* consumer, StoredPacket* packet) noexcept nogil:
    """A key within the audio. Who does not know such packets gets none, and no hole where one was: holes are asked for again."""
    cdef const CodecEntry* source = producer_payload_entry(consumer.producer, packet.payload_type)
    cdef const CodecEntry* entry = consumer_event_entry(consumer, source.clock_rate) if source != NULL else NULL
    cdef Pending* pending
    cdef uint64_t number = packet.seq64 + consumer.seq_offset
    if not consumer.started or consumer.generation != consumer.producer.generation or packet.seq64 < consumer.first_source \
            or number > consumer.highest + GAP_MOST:
        drop_note(consumer.transport.core, DROP_CONSUMER_STALE)
        return
    if entry == NULL:
        drop_note(consumer.transport.core, DROP_CONSUMER_CODEC)
        if number > consumer.highest:
            consumer.first_source = packet.seq64 + 1
            consumer.seq_offset -= 1
        return
    pending = pending_add(consumer, packet, True)
    if pending == NULL:
        return
    pending.number = number
    pending.timestamp = packet.timestamp + consumer.timestamp_offset
    pending.retransmission = 0
    pending.payload_type = entry.payload_type
    pending.header_bytes = packet_header_bytes(consumer, packet)
    pending.size = <uint16_t>(pending.header_bytes + packet.payload_bytes)
    if number > consumer.highest:
        # `last_timestamp` stays that of the audio: a key's is the time at which it was pressed.
        consumer.highest = number
    consumer.packets += 1
    consumer.bytes += packet.payload_bytes
    consumer.transport.core.forwarded += 1


cdef int consumer_insert(Consumer* consumer, StoredPacket* packet, uint8_t payload_type, uint32_t timestamp) noexcept nogil:
    cdef WorkerCore* core = consumer.transport.core
    cdef Pending* pending = pending_add(consumer, packet, True) if consumer.transport.state == TRANSPORT_SECURE else NULL
    if pending == NULL:
        return -1
    if consumer.highest == 0:
        consumer.highest = core_random(core) & FIRST_NUMBER_MASK
        consumer.last_timestamp = timestamp
        consumer.last_sent_us = core.now_us
    elif consumer.started:
        # The producer's later packets move up by one; its earlier ones are not to be found under their numbers any more.
        consumer.first_source = consumer.highest - consumer.seq_offset + 1
        consumer.seq_offset += 1
    consumer.highest += 1
    pending.number = consumer.highest
    pending.timestamp = timestamp
    pending.retransmission = 0
    pending.payload_type = payload_type
    pending.header_bytes = packet_header_bytes(consumer, packet)
    pending.size = <uint16_t>(pending.header_bytes + packet.payload_bytes)
    consumer.packets += 1
    consumer.bytes += packet.payload_bytes
    return 0


cdef void consumer_retransmit(Consumer* consumer, uint16_t seq16) noexcept nogil:
    cdef WorkerCore* core = consumer.transport.core
    cdef uint64_t number = seq64_extend(consumer.highest, seq16)
    cdef uint64_t source = number - consumer.seq_offset
    cdef StoredPacket* packet
    cdef Pending* pending
    if consumer.producer == NULL or not consumer.started or source < consumer.first_source or not consumer.answer_nack \
            or consumer.generation != consumer.producer.generation:
        core.counters.nack_unanswered += 1
        return
    packet = rtx_history_get(&consumer.producer.history, source)
    if consumer.answers == NULL:
        # With the first NACK, not before: most subscribers never send one, and 2 KB each would spread the consumers over more pages.
        consumer.answers = <RtxAnswers*>calloc(1, sizeof(RtxAnswers))
    # A key repeats itself, and has no RTX payload type of its own.
    if packet == NULL or packet.codec != consumer.codec or consumer.answers == NULL or \
            not rtx_answer_allowed(consumer.answers, seq16, core.now_us):
        core.counters.nack_unanswered += 1
        return
    pending = pending_add(consumer, packet, consumer.kind == KIND_AUDIO)
    if pending == NULL:
        return
    pending.timestamp = packet.timestamp + consumer.timestamp_offset
    pending.header_bytes = packet_header_bytes(consumer, packet)
    pending.original_seq16 = seq16
    if consumer.repeatable:
        pending.retransmission = 2
        pending.payload_type = consumer.payload_type
        pending.number = number
        pending.size = <uint16_t>(pending.header_bytes + packet.payload_bytes)
    else:
        pending.retransmission = 1
        pending.payload_type = consumer.rtx_payload_type
        pending.number = consumer.rtx_number
        consumer.rtx_number += 1
        pending.size = <uint16_t>(pending.header_bytes + 2 + packet.payload_bytes)
    consumer.retransmissions += 1
    core.counters.packets_sent_rtx += 1


cdef inline size_t extension_put(uint8_t* out, uint8_t id, const uint8_t* value, size_t size, bint two_byte) noexcept nogil:
    """One element (RFC 8285 section 4.2 or 4.3); its bytes."""
    cdef size_t head = 2 if two_byte else 1
    if two_byte:
        out[0] = id
        out[1] = <uint8_t>size
    else:
        out[0] = <uint8_t>((id << 4) | (size - 1))
    memcpy(out + head, value, size)
    return head + size


cdef inline uint32_t send_time(const WorkerCore* core) noexcept nogil:
    """abs-send-time: 6.18 fixed-point seconds, any epoch."""
    return <uint32_t>((core.now_us << 18) // 1000000)


cdef inline uint16_t transport_number(Transport* transport, const Pending* pending) noexcept nogil:
    if transport.twcc_sender == NULL:
        # With the first packet, not before: a peer that only sends never needs it.
        transport.twcc_sender = <TwccSender*>malloc(twcc_sender_bytes())
        if transport.twcc_sender == NULL:
            return 0
        twcc_sender_init(transport.twcc_sender, transport.twcc_next)
    return twcc_sent(transport.twcc_sender, pending.size, transport.core.now_us)


cdef void consumer_write_header(Consumer* consumer, const Pending* pending, uint8_t* out, bint padded) noexcept nogil:
    cdef StoredPacket* packet = pending.packet
    cdef bint rtx = pending.retransmission == 1
    if packet.forwardable & consumer.forward_mask or consumer.header_bytes == 0:
        write_extensions(consumer, pending, out)
    else:
        memcpy(out, consumer.header, HEADER_TEMPLATE_BYTES)  # a fixed size copies fastest; what is too much the payload overwrites
        if consumer.transport_cc_at:
            be16_write(out + consumer.transport_cc_at, transport_number(consumer.transport, pending))
        if consumer.send_time_at:
            be24_write(out + consumer.send_time_at, send_time(consumer.transport.core))
    if padded:
        out[0] |= 0x20
    out[1] = <uint8_t>((packet.marker << 7) | pending.payload_type)
    be16_write(out + 2, <uint16_t>pending.number)
    be32_write(out + 4, pending.timestamp)
    if rtx:
        be32_write(out + 8, consumer.rtx_ssrc)


cdef void write_extensions(Consumer* consumer, const Pending* pending, uint8_t* out) noexcept nogil:
    """A header whose extensions are put together for this packet: the publisher's go on under the subscriber's ids."""
    cdef Transport* transport = consumer.transport
    cdef StoredPacket* packet = pending.packet
    cdef const uint8_t* source = stored_bytes(packet)
    cdef const uint8_t* ids = transport.extensions.id_by_kind
    cdef uint32_t waiting = packet.forwardable & consumer.forward_mask
    cdef bint two_byte = False
    cdef size_t at = 16
    cdef int kind
    cdef uint8_t value[4]
    header_size(consumer, packet, &two_byte)
    out[0] = 0x80
    be32_write(out + 8, consumer.ssrc)
    if pending.header_bytes == 12:
        return
    out[0] = 0x90
    be16_write(out + 12, 0x1000 if two_byte else 0xBEDE)
    be16_write(out + 14, <uint16_t>((pending.header_bytes - 16) >> 2))
    if ids[<int>EXT_MID] and consumer.mid_bytes:
        at += extension_put(out + at, ids[<int>EXT_MID], <const uint8_t*>consumer.mid, consumer.mid_bytes, two_byte)
    if not consumer.repeatable:
        if ids[<int>EXT_TRANSPORT_CC]:
            be16_write(value, transport_number(transport, pending))
            at += extension_put(out + at, ids[<int>EXT_TRANSPORT_CC], value, 2, two_byte)
        if ids[<int>EXT_ABS_SEND_TIME]:
            be24_write(value, send_time(transport.core))
            at += extension_put(out + at, ids[<int>EXT_ABS_SEND_TIME], value, 3, two_byte)
    for kind in range(<int>EXT_COUNT):
        if waiting >> kind == 0:
            break
        if waiting & (1 << kind):
            at += extension_put(out + at, ids[kind], source + packet.extensions.values[kind].offset,
                                packet.extensions.values[kind].size, two_byte)
    while at < pending.header_bytes:
        out[at] = 0
        at += 1


cdef bint consumer_patch_needed(const Consumer* consumer, const StoredPacket* packet) noexcept nogil:
    return packet.info.picture_id_bits != 0 and (consumer.picture_id_offset != 0 or consumer.tl0_offset != 0)


cdef void consumer_patch(const Consumer* consumer, const StoredPacket* packet, uint8_t* payload) noexcept nogil:
    codec_patch(payload, &packet.info, <uint16_t>((packet.info.picture_id + consumer.picture_id_offset) & PICTURE_ID_MASK),
                <uint8_t>(packet.info.tl0_picture_index + consumer.tl0_offset))
