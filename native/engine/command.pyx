"""Commands down, carried out by the worker's thread. One that names an object which is gone is counted and ignored: Python may not
have heard of its end yet."""
from libc.stdlib cimport malloc
from libc.string cimport memcpy, memset

from native.engine.consumer cimport (
    consumer_attach, consumer_detach, consumer_free, consumer_new, consumer_pause, consumer_renegotiated,
)
from native.engine.dtmf cimport dtmf_send
from native.engine.keyframe cimport keyframe_request
from native.engine.mixing_room cimport listener_end, mixing_command, room_close_all
from native.engine.producer cimport producer_bind, producer_free, producer_new
from native.engine.ring cimport ring_peek, ring_release
from native.engine.state cimport KIND_AUDIO, Consumer, Producer, Transport
from native.engine.stats cimport stats_answer
from native.engine.table cimport id_table_get
from native.engine.traffic cimport sink_open, sink_open_capture, source_open, source_open_loop
from native.engine.transport cimport (
    transport_connect, transport_credentials, transport_free, transport_keys, transport_new, transport_select, transport_send_dtls,
)
from native.wire.rtp cimport EXT_TRANSPORT_CC


cdef void transport_close(Transport* transport) noexcept nogil:
    while transport.consumers != NULL:
        consumer_free(transport.consumers)
    while transport.producers != NULL:
        producer_free(transport.producers)
    transport_free(transport)


cdef void core_close_all(WorkerCore* core) noexcept nogil:
    cdef size_t i = 0
    room_close_all(core)
    while core.transport_list != NULL:
        transport_close(core.transport_list)
    # What is left are producers without a transport: traffic sources. Removal shifts slots, so a slot is looked at until it is empty.
    while i <= core.producers.mask:
        if core.producers.slots[i].id != 0:
            producer_free(<Producer*>core.producers.slots[i].value)
        else:
            i += 1


cdef int run_transport_open(WorkerCore* core, const CredentialsCommand* command) noexcept nogil:
    cdef Transport* transport = transport_new(core, command.head.id)
    if transport == NULL:
        return -1
    transport.controlling = command.head.detail != 0
    if transport_credentials(transport, command.local_ufrag, command.local_password, command.remote_ufrag, command.remote_password) != 0:
        transport_free(transport)
        return -1
    return 0


cdef int run_extensions(Transport* transport, const ExtensionsCommand* command) noexcept nogil:
    cdef Consumer* consumer = transport.consumers
    transport.extensions = command.extensions
    while consumer != NULL:
        consumer_renegotiated(consumer)
        consumer = consumer.next
    return 0


cdef int run_producer_open(WorkerCore* core, const ProducerCommand* command) noexcept nogil:
    cdef Transport* transport = <Transport*>id_table_get(&core.transports, command.head.other)
    cdef Producer* producer
    cdef int i
    if transport == NULL:
        return -1
    producer = producer_new(core, command.head.id, transport, command.kind, command.nack)
    if producer == NULL:
        return -1
    producer.want_pli = command.pli
    producer.want_fir = command.fir
    producer.codecs = command.codecs
    memcpy(producer.mid, command.mid, command.mid_bytes)
    producer.mid_bytes = command.mid_bytes
    for i in range(command.ssrc_count):
        # The first pair is the track; more would be layers, which are not offered.
        if i == 0:
            producer_bind(producer, command.ssrcs[i].primary, False)
            if command.ssrcs[i].retransmission:
                producer_bind(producer, command.ssrcs[i].retransmission, True)
    return 0


cdef int run_consumer_open(WorkerCore* core, const ConsumerCommand* command) noexcept nogil:
    cdef Transport* transport = <Transport*>id_table_get(&core.transports, command.head.other)
    cdef Consumer* consumer
    if transport == NULL:
        return -1
    consumer = consumer_new(core, command.head.id, transport)
    if consumer == NULL:
        return -1
    consumer.kind = command.kind
    consumer.answer_nack = command.nack
    consumer.ssrc = command.ssrc
    consumer.rtx_ssrc = command.rtx_ssrc
    consumer.codecs = command.codecs
    memcpy(consumer.mid, command.mid, command.mid_bytes)
    consumer.mid_bytes = command.mid_bytes
    memcpy(consumer.cname, command.cname, command.cname_bytes)
    consumer.cname_bytes = command.cname_bytes
    return 0


cdef int run_source_open(WorkerCore* core, const SourceCommand* command) noexcept nogil:
    cdef Producer* producer = producer_new(core, command.head.id, NULL, command.kind, False)
    if producer == NULL:
        return -1
    if source_open(producer, command.bitrate_bps, command.frames_per_s, command.seed) != 0:
        producer_free(producer)
        return -1
    return 0


cdef int run_loop_open(WorkerCore* core, const MemoryCommand* command) noexcept nogil:
    cdef Producer* producer = producer_new(core, command.head.id, NULL, KIND_AUDIO, False)
    if producer == NULL:
        return -1
    if source_open_loop(producer, command.bytes, command.size, command.head.detail) != 0:
        producer_free(producer)
        return -1
    return 0


cdef int run_capture_open(WorkerCore* core, const MemoryCommand* command) noexcept nogil:
    cdef Producer* producer = <Producer*>id_table_get(&core.producers, command.head.id)
    return sink_open_capture(producer, command.bytes, command.size) if producer != NULL else -1


cdef int run_transport(WorkerCore* core, const CommandHead* head, const void* record) noexcept nogil:
    cdef Transport* transport = <Transport*>id_table_get(&core.transports, head.id)
    cdef const CredentialsCommand* credentials
    cdef const KeysCommand* keys
    if transport == NULL:
        return -1
    if head.kind == COMMAND_TRANSPORT_RESTART:
        credentials = <const CredentialsCommand*>record
        return transport_credentials(transport, credentials.local_ufrag, credentials.local_password, credentials.remote_ufrag,
                                     credentials.remote_password)
    if head.kind == COMMAND_TRANSPORT_CONNECT:
        transport_connect(transport, &(<const PathCommand*>record).path)
    elif head.kind == COMMAND_TRANSPORT_SELECT:
        transport.consent = False
        transport_select(transport, &(<const PathCommand*>record).path)
    elif head.kind == COMMAND_TRANSPORT_EXTENSIONS:
        return run_extensions(transport, <const ExtensionsCommand*>record)
    elif head.kind == COMMAND_TRANSPORT_DTLS:
        transport_send_dtls(transport, (<const BytesCommand*>record).bytes, (<const BytesCommand*>record).size)
    elif head.kind == COMMAND_TRANSPORT_KEYS:
        keys = <const KeysCommand*>record
        return transport_keys(transport, keys.profile, keys.send_key, keys.send_bytes, keys.receive_key, keys.receive_bytes)
    else:
        transport_close(transport)
    return 0


cdef int run_producer(WorkerCore* core, const CommandHead* head) noexcept nogil:
    cdef Producer* producer = <Producer*>id_table_get(&core.producers, head.id)
    if producer == NULL:
        return -1
    if head.kind == COMMAND_PRODUCER_CLOSE:
        producer_free(producer)
    elif head.kind == COMMAND_PRODUCER_KEYFRAME:
        keyframe_request(producer)
    elif head.kind == COMMAND_PRODUCER_RECORD:
        producer.recorded = head.detail != 0
    else:
        return sink_open(producer)
    return 0


cdef int run_consumer(WorkerCore* core, const CommandHead* head, const void* record) noexcept nogil:
    cdef Consumer* consumer = <Consumer*>id_table_get(&core.consumers, head.id)
    cdef Producer* producer
    cdef const DtmfCommand* dtmf
    if consumer == NULL:
        return -1
    if head.kind == COMMAND_CONSUMER_ATTACH or head.kind == COMMAND_CONSUMER_DETACH:
        producer = <Producer*>id_table_get(&core.producers, head.other)
        if producer == NULL and head.kind == COMMAND_CONSUMER_ATTACH:
            return -1
        if consumer.listener != NULL:
            listener_end(consumer.listener)
        if producer != NULL:
            return consumer_attach(consumer, producer, <uint8_t>head.detail)
        consumer_detach(consumer)
    elif head.kind == COMMAND_CONSUMER_PAUSE:
        consumer_pause(consumer, head.detail != 0)
    elif head.kind == COMMAND_DTMF_SEND:
        dtmf = <const DtmfCommand*>record
        return dtmf_send(consumer, dtmf.events, dtmf.count, dtmf.duration_ms, dtmf.gap_ms)
    else:
        consumer_free(consumer)
    return 0


cdef int command_run(WorkerCore* core, void* record, size_t size) noexcept nogil:
    cdef const CommandHead* head = <const CommandHead*>record
    if head.kind == COMMAND_TRANSPORT_OPEN:
        return run_transport_open(core, <const CredentialsCommand*>record)
    if head.kind >= COMMAND_MIXING_START:
        return mixing_command(core, record, size)
    if head.kind <= COMMAND_TRANSPORT_CLOSE:
        return run_transport(core, head, record)
    if head.kind == COMMAND_PRODUCER_OPEN:
        return run_producer_open(core, <const ProducerCommand*>record)
    if head.kind == COMMAND_CONSUMER_OPEN:
        return run_consumer_open(core, <const ConsumerCommand*>record)
    if head.kind == COMMAND_SOURCE_OPEN:
        return run_source_open(core, <const SourceCommand*>record)
    if head.kind == COMMAND_LOOP_OPEN:
        return run_loop_open(core, <const MemoryCommand*>record)
    if head.kind == COMMAND_CAPTURE_OPEN:
        return run_capture_open(core, <const MemoryCommand*>record)
    if head.kind == COMMAND_STATS:
        return stats_answer(core, head.detail, head.id, head.other)
    if head.kind == COMMAND_PRODUCER_CLOSE or head.kind == COMMAND_PRODUCER_KEYFRAME or head.kind == COMMAND_SINK_OPEN \
            or head.kind == COMMAND_PRODUCER_RECORD:
        return run_producer(core, head)
    return run_consumer(core, head, record)


cdef void commands_run(WorkerCore* core) noexcept nogil:
    cdef size_t size
    cdef uint8_t* record = ring_peek(&core.commands, &size)
    while record != NULL:
        core.counters.commands += 1
        if command_run(core, record, size) != 0:
            core.counters.commands_stale += 1
        memset(record, 0, size)  # keys and passwords do not stay in the ring
        ring_release(&core.commands)
        record = ring_peek(&core.commands, &size)
