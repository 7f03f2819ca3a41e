"""An incoming track.

A packet is opened straight into the history, so that nothing is copied between the socket and the last subscriber. Only after
the tag was right does it change any state. Retransmissions (RFC 4588) are opened aside, get their first life's header back and
join the track as if they had never been lost.
"""
from libc.stdint cimport INT64_MAX, uint16_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

from native.engine.consumer cimport consumer_detach
from native.engine.dtmf cimport dtmf_receive, dtmf_release
from native.engine.event cimport EVENT_PRODUCER_STALLED, EVENT_PRODUCER_STARTED, event_write
from native.engine.keyframe cimport keyframe_arrived, keyframe_request, keyframe_tick
from native.engine.mixing_room cimport voices_end, voices_feed
from native.engine.record cimport record_packet
from native.engine.router cimport router_forward, router_warm
from native.engine.state cimport (
    DROP_HISTORY_FULL, DROP_RTP_DUPLICATE, DROP_RTP_MALFORMED, DROP_RTP_OUT_OF_PLACE, DROP_RTP_REPLAYED, DROP_RTP_SSRC_LIMIT, DROP_RTP_UNAUTHENTIC,
    DROP_RTP_UNKNOWN_PAYLOAD, KIND_AUDIO, KIND_VIDEO, CodecEntry,
)
from native.engine.table cimport id_table_put, id_table_remove
from native.engine.timer cimport timer_arm, timer_arm_earlier, timer_cancel, timer_init
from native.engine.traffic cimport sink_check, sink_free, source_free
from native.engine.train cimport train_flush_all
from native.engine.transport cimport (
    TIMER_PRODUCER, drop_note, transport_heard, transport_rtcp_commit, transport_rtcp_reserve, transport_stream_add, transport_stream_remove,
    transport_stream_replay,
)
from native.stream.nack cimport NackList, nack_due, nack_gave_up, nack_list_bytes, nack_list_free, nack_list_init, nack_next_us, nack_note
from native.stream.recv cimport recv_stream_init, recv_stream_note
from native.stream.rtx cimport (
    HISTORY_AUDIO, HISTORY_VIDEO, StoredPacket, rtx_history_clear, rtx_history_commit, rtx_history_expire, rtx_history_free,
    rtx_history_get, rtx_history_init, rtx_history_reserve, stored_bytes,
)
from native.stream.srtp cimport SRTP_REPLAYED, srtp_open
from native.stream.srtp_replay cimport srtp_replay_accept, srtp_replay_fresh
from native.stream.twcc cimport TwccRecorder, twcc_note, twcc_recorder_bytes, twcc_recorder_init
from native.wire.bytes cimport be16_read, be16_write, be32_write
from native.wire.codec cimport CODEC_OPUS, CODEC_TELEPHONE_EVENT, Codec, codec_parse
from native.wire.rtcp cimport rtcp_write_nack
from native.wire.rtp cimport (
    EXT_ABS_CAPTURE_TIME, EXT_AUDIO_LEVEL, EXT_COUNT, EXT_DEPENDENCY_DESCRIPTOR, EXT_PLAYOUT_DELAY, EXT_TRANSPORT_CC, EXT_VIDEO_ORIENTATION,
    rtp_parse_extensions, rtp_parse_padding,
)
from native.wire.seq cimport seq64_extend

cdef enum:
    STALL_US = 5_000_000
    HOUSEKEEPING_US = 200_000      # history chunks are given back within this
    NACKS_AT_ONCE = 128
    TAKEOVER_US = 500_000          # another SSRC replaces a stream only when that has been silent: two live ones must not alternate
    # Delimiter, SEI messages and parameter sets before a first slice; more would be walked for nothing at every key frame.
    KEYFRAME_HEAD_MOST = 16
    # libwebrtc's own default: enough for a sender's estimator, 10 packets/s for us.
    TWCC_INTERVAL_US = 100_000


cdef Producer* producer_new(WorkerCore* core, uint64_t id, Transport* transport, int kind, bint nack) noexcept nogil:
    cdef Producer* producer = <Producer*>calloc(1, sizeof(Producer))
    if producer == NULL:
        return NULL
    rtx_history_init(&producer.history, &core.chunks, HISTORY_VIDEO if kind == KIND_VIDEO else HISTORY_AUDIO)
    if id != 0 and id_table_put(&core.producers, id, producer) != 0:
        rtx_history_free(&producer.history)
        free(producer)
        return NULL
    producer.id = id
    producer.core = core
    producer.transport = transport
    producer.kind = <uint8_t>kind
    producer.want_nack = nack
    # Long ago, so that the first request is sent at once.
    producer.keyframe_asked_us = core.now_us - STALL_US
    if nack:
        producer.nack = <NackList*>calloc(1, nack_list_bytes())
        if producer.nack != NULL:
            nack_list_init(producer.nack)
    timer_init(&producer.timer, TIMER_PRODUCER, producer)
    if id == 0:
        return producer
    timer_arm(&core.wheel, &producer.timer, core.now_us + HOUSEKEEPING_US)
    if transport != NULL:
        producer.next = transport.producers
        transport.producers = producer
    core.counters.producers += 1
    return producer


cdef void producer_free(Producer* producer) noexcept nogil:
    cdef WorkerCore* core = producer.core
    cdef Producer** link
    voices_end(producer)
    while producer.consumer_count:
        consumer_detach(producer.consumers[0])
    if producer.transport != NULL:
        transport_stream_remove(producer.transport, producer, -1)
        link = &producer.transport.producers
        while link[0] != NULL and link[0] != producer:
            link = &link[0].next
        if link[0] == producer:
            link[0] = producer.next
    core.warmed = NULL
    timer_cancel(&producer.timer)
    id_table_remove(&core.producers, producer.id)
    rtx_history_free(&producer.history)
    source_free(producer)
    sink_free(producer)
    free(producer.consumers)
    if producer.nack != NULL:
        nack_list_free(producer.nack)
        free(producer.nack)
    core.counters.producers -= <uint64_t>(producer.id != 0)
    free(producer)


cdef const CodecEntry* producer_payload_entry(const Producer* producer, uint8_t payload_type) noexcept nogil:
    cdef int i
    for i in range(producer.codecs.count):
        if producer.codecs.entries[i].payload_type == payload_type:
            return &producer.codecs.entries[i]
    return NULL


cdef const CodecEntry* repaired_entry(const Producer* producer, uint8_t payload_type) noexcept nogil:
    """The codec that this RTX payload type repairs."""
    cdef int i
    for i in range(producer.codecs.count):
        if payload_type != 0 and producer.codecs.entries[i].rtx_payload_type == payload_type:
            return &producer.codecs.entries[i]
    return NULL


cdef int producer_payload(const Producer* producer, uint8_t payload_type) noexcept nogil:
    if producer_payload_entry(producer, payload_type) != NULL:
        return 1
    return 2 if repaired_entry(producer, payload_type) != NULL else 0


cdef int producer_bind(Producer* producer, uint32_t ssrc, bint retransmission) noexcept nogil:
    cdef WorkerCore* core = producer.core
    if not retransmission and producer.stream.highest != 0 and core.now_us - producer.stream.arrived_us < TAKEOVER_US:
        return -1
    transport_stream_remove(producer.transport, producer, 1 if retransmission else 0)
    if transport_stream_add(producer.transport, ssrc, producer, retransmission) != 0:
        drop_note(core, DROP_RTP_SSRC_LIMIT)
        return -1
    if retransmission:
        recv_stream_init(&producer.rtx_stream, ssrc, 90000)
        transport_stream_replay(producer.transport, ssrc, &producer.rtx_replay)
        return 0
    recv_stream_init(&producer.stream, ssrc, producer.codecs.entries[0].clock_rate if producer.codecs.count else 90000)
    transport_stream_replay(producer.transport, ssrc, &producer.replay)
    # Numbers start anew: a packet of the former stream must not be found under one of this one's. What waits still points to it.
    train_flush_all(core)
    rtx_history_clear(&producer.history)
    producer.joined.started = 0
    producer.generation += 1
    producer.codec = 0
    memset(&producer.dtmf, 0, sizeof(producer.dtmf))
    if producer.nack != NULL:
        nack_list_init(producer.nack)
    return 0


cdef void history_mark_extensions(StoredPacket* packet) noexcept nogil:
    cdef int kind
    packet.forwardable = 0
    for kind in range(<int>EXT_AUDIO_LEVEL, <int>EXT_COUNT):
        if packet.extensions.values[kind].offset != 0:
            packet.forwardable |= <uint16_t>(1 << kind)


cdef void codec_changed(Producer* producer, uint8_t codec) noexcept nogil:
    cdef uint8_t detail = codec
    producer.codec = codec
    producer.stalled = False
    event_write(producer.core, EVENT_PRODUCER_STARTED, producer.id, producer.stream.ssrc, &detail, 1)


cdef bint keyframe_begins(const Producer* producer, const StoredPacket* packet) noexcept nogil:
    """Whether a key frame without parameter sets in this packet begins here: what came before is known to be none of its frame's.

    Otherwise subscribers would start, and lost packets be forgotten, behind parameter sets that are still to be repaired.
    """
    cdef const StoredPacket* before
    cdef uint64_t seq64 = packet.seq64
    cdef int i
    for i in range(KEYFRAME_HEAD_MOST):
        seq64 -= 1
        before = rtx_history_get(&producer.history, seq64)
        if before == NULL:
            # Received, but too long ago to be kept: another frame's. Never received: it may have been the parameter sets.
            return not srtp_replay_fresh(&producer.joined, seq64)
        if before.timestamp != packet.timestamp:
            return True
        if before.info.keyframe:
            return False
    return False


cdef void packet_accept(Producer* producer, StoredPacket* packet, const CodecEntry* entry, const RtpHeader* header,
                        uint64_t seq64, int64_t arrived_us) noexcept nogil:
    """A plain packet in its history slot: reads what the SFU must know, keeps it, and sends it on."""
    cdef WorkerCore* core = producer.core
    srtp_replay_accept(&producer.joined, seq64)
    packet.seq64 = seq64
    packet.arrived_us = arrived_us
    packet.timestamp = header.timestamp
    packet.size = header.header_bytes + header.payload_bytes
    packet.header_bytes = header.header_bytes
    packet.payload_bytes = header.payload_bytes
    packet.payload_type = header.payload_type
    packet.codec = entry.codec
    packet.marker = header.marker
    packet.padding_only = header.payload_bytes == 0
    packet.info.keyframe = 0
    packet.info.headless = 0
    packet.info.picture_id_bits = 0
    if entry.codec != CODEC_OPUS:
        codec_parse(<Codec>entry.codec, stored_bytes(packet) + header.header_bytes, header.payload_bytes, &packet.info)
        if packet.info.headless:
            packet.info.keyframe = keyframe_begins(producer, packet)
        if packet.info.keyframe:
            keyframe_arrived(producer)
    history_mark_extensions(packet)
    if producer.nack != NULL:
        nack_note(producer.nack, seq64, packet.info.keyframe, core.now_us)
        if nack_next_us(producer.nack) != INT64_MAX:
            timer_arm_earlier(&core.wheel, &producer.timer, nack_next_us(producer.nack))
    if entry.codec != producer.codec or producer.stalled:
        if entry.codec == CODEC_TELEPHONE_EVENT:
            dtmf_receive(producer, packet, entry.clock_rate)
        else:
            codec_changed(producer, entry.codec)
    rtx_history_commit(&producer.history, packet)
    if producer.voices != NULL:
        voices_feed(producer, packet)
    if producer.sink != NULL:
        sink_check(producer, packet)
    if producer.recorded:
        record_packet(producer, packet)
    router_forward(core, producer, packet)


cdef void note_arrival(Transport* transport, const uint8_t* packet, const StoredPacket* slot, int64_t arrived_us) noexcept nogil:
    cdef uint16_t offset = slot.extensions.values[<int>EXT_TRANSPORT_CC].offset
    if offset == 0:
        return
    if transport.twcc_recorder == NULL:
        # With the first packet, not before: a peer that only receives never needs it.
        transport.twcc_recorder = <TwccRecorder*>malloc(twcc_recorder_bytes())
        if transport.twcc_recorder == NULL:
            return
        twcc_recorder_init(transport.twcc_recorder)
        transport.twcc_recorder.feedback_count = transport.twcc_feedback_count
    twcc_note(transport.twcc_recorder, be16_read(packet + offset), arrived_us)
    if transport.twcc_due_us == 0:
        transport.twcc_due_us = transport.core.now_us + TWCC_INTERVAL_US
        timer_arm_earlier(&transport.core.wheel, &transport.timer, transport.twcc_due_us)


cdef void receive_media(Producer* producer, const uint8_t* data, size_t size, RtpHeader* header, int64_t arrived_us) noexcept nogil:
    cdef Transport* transport = producer.transport
    cdef WorkerCore* core = producer.core
    cdef const CodecEntry* entry = producer_payload_entry(producer, header.payload_type)
    cdef StoredPacket* packet
    cdef uint8_t* plain
    cdef uint64_t index, seq64
    cdef int opened
    if entry == NULL:
        drop_note(core, DROP_RTP_UNKNOWN_PAYLOAD)
        return
    packet = rtx_history_reserve(&producer.history, size)
    if packet == NULL:
        drop_note(core, DROP_HISTORY_FULL)
        return
    router_warm(core, producer)
    plain = stored_bytes(packet)
    opened = srtp_open(transport.receive_keys, &producer.replay, data, size, header.header_bytes, plain, &index)
    if opened < 0:
        drop_note(core, DROP_RTP_REPLAYED if opened == SRTP_REPLAYED else DROP_RTP_UNAUTHENTIC)
        return
    transport_heard(transport)
    if rtp_parse_padding(plain, <size_t>opened, header) != 0:
        drop_note(core, DROP_RTP_MALFORMED)
        return
    rtp_parse_extensions(plain, header, &transport.extensions, &packet.extensions)
    note_arrival(transport, plain, packet, arrived_us)
    transport.packets_received += 1
    transport.bytes_received += size
    if producer.kind == KIND_AUDIO:
        core.counters.packets_received_audio += 1
        core.counters.bytes_received_audio += header.payload_bytes
    else:
        core.counters.packets_received_video += 1
        core.counters.bytes_received_video += header.payload_bytes
    seq64 = recv_stream_note(&producer.stream, header.seq16, header.timestamp, header.payload_bytes, arrived_us)
    if seq64 == 0:
        drop_note(core, DROP_RTP_OUT_OF_PLACE)
        return
    if not srtp_replay_fresh(&producer.joined, seq64):
        producer.duplicates += 1
        drop_note(core, DROP_RTP_DUPLICATE)
        return
    if transport.twcc_ssrc == 0:
        transport.twcc_ssrc = producer.stream.ssrc
    packet_accept(producer, packet, entry, header, seq64, arrived_us)


cdef void receive_retransmission(Producer* producer, const uint8_t* data, size_t size, RtpHeader* header, int64_t arrived_us) noexcept nogil:
    cdef Transport* transport = producer.transport
    cdef WorkerCore* core = producer.core
    cdef const CodecEntry* entry = repaired_entry(producer, header.payload_type)
    cdef StoredPacket* packet
    cdef uint8_t* plain
    cdef uint64_t index, seq64
    cdef int opened
    if entry == NULL:
        drop_note(core, DROP_RTP_UNKNOWN_PAYLOAD)
        return
    packet = rtx_history_reserve(&producer.history, size)
    if packet == NULL:
        drop_note(core, DROP_HISTORY_FULL)
        return
    opened = srtp_open(transport.receive_keys, &producer.rtx_replay, data, size, header.header_bytes, core.scratch, &index)
    if opened < 0:
        drop_note(core, DROP_RTP_REPLAYED if opened == SRTP_REPLAYED else DROP_RTP_UNAUTHENTIC)
        return
    transport_heard(transport)
    if rtp_parse_padding(core.scratch, <size_t>opened, header) != 0:
        drop_note(core, DROP_RTP_MALFORMED)
        return
    rtp_parse_extensions(core.scratch, header, &transport.extensions, &packet.extensions)
    note_arrival(transport, core.scratch, packet, arrived_us)
    transport.packets_received += 1
    transport.bytes_received += size
    core.counters.packets_received_rtx += 1
    recv_stream_note(&producer.rtx_stream, header.seq16, header.timestamp, header.payload_bytes, arrived_us)
    # A probe: padding on the RTX stream, which nobody downstream needs.
    if header.payload_bytes < 2 or producer.stream.highest == 0:
        return
    seq64 = seq64_extend(producer.stream.highest, be16_read(core.scratch + header.header_bytes))
    # What has never been announced cannot be missing, and what has joined the track (or is too old to tell) must not do so again:
    # subscribers got that number with other bytes.
    if seq64 > producer.stream.highest or not srtp_replay_fresh(&producer.joined, seq64):
        producer.duplicates += 1
        drop_note(core, DROP_RTP_DUPLICATE)
        return
    plain = stored_bytes(packet)
    memcpy(plain, core.scratch, header.header_bytes)
    memcpy(plain + header.header_bytes, core.scratch + header.header_bytes + 2, header.payload_bytes - 2)
    plain[0] &= 0xDF
    plain[1] = <uint8_t>((plain[1] & 0x80) | entry.payload_type)
    be16_write(plain + 2, <uint16_t>seq64)
    be32_write(plain + 8, producer.stream.ssrc)
    header.payload_type = entry.payload_type
    header.seq16 = <uint16_t>seq64
    header.ssrc = producer.stream.ssrc
    header.payload_bytes -= 2
    header.has_padding = 0
    producer.packets_recovered += 1
    core.counters.packets_recovered += 1
    packet_accept(producer, packet, entry, header, seq64, arrived_us)


cdef void producer_receive(Producer* producer, bint retransmission, const uint8_t* data, size_t size, RtpHeader* header, int64_t arrived_us) noexcept nogil:
    if retransmission:
        receive_retransmission(producer, data, size, header, arrived_us)
    else:
        receive_media(producer, data, size, header, arrived_us)


cdef void nack_send(Producer* producer) noexcept nogil:
    cdef Transport* transport = producer.transport
    cdef uint16_t seqs[128]
    cdef uint8_t* out
    cdef int count = nack_due(producer.nack, producer.core.now_us, transport.rtt_us, seqs, NACKS_AT_ONCE)
    # Each pair of a NACK is 4 bytes and names at least one number.
    cdef size_t room = 12 + 4 * <size_t>count
    if count > 0:
        out = transport_rtcp_reserve(transport, room, False)
        if out != NULL:
            transport_rtcp_commit(transport, rtcp_write_nack(out, room, transport.rtcp_ssrc, producer.stream.ssrc, seqs, count))
            producer.nacks_sent += <uint64_t>count
            producer.core.counters.nack_sent += <uint64_t>count
    if nack_gave_up(producer.nack):
        keyframe_request(producer)


cdef int64_t producer_tick(Producer* producer) noexcept nogil:
    cdef WorkerCore* core = producer.core
    cdef int64_t due_us = core.now_us + HOUSEKEEPING_US
    cdef int64_t next_us
    rtx_history_expire(&producer.history, core.now_us)
    if producer.nack != NULL and producer.transport != NULL:
        if nack_next_us(producer.nack) <= core.now_us:
            nack_send(producer)
        next_us = nack_next_us(producer.nack)
        due_us = next_us if next_us < due_us else due_us
    next_us = dtmf_release(producer)
    due_us = next_us if next_us < due_us else due_us
    next_us = keyframe_tick(producer)
    due_us = next_us if next_us < due_us else due_us
    if producer.stream.highest != 0 and not producer.stalled and core.now_us - producer.stream.arrived_us > STALL_US:
        producer.stalled = True
        # A muted track needs neither: its history has expired, and nothing is missing that anyone will still send.
        rtx_history_free(&producer.history)
        if producer.nack != NULL:
            nack_list_init(producer.nack)
            nack_list_free(producer.nack)
        event_write(core, EVENT_PRODUCER_STALLED, producer.id, 0, NULL, 0)
    return due_us
