"""The worker's side of mixing.

Each mix of a mixer is a producer without a transport: its packets go into a history and through the same fan-out as a publisher's, so
retransmission, reports, header extensions and keys work for a listener as for everyone. All mixes of a mixer share one RTP clock
(`clock_group`), so a listener that moves from one to the other goes on with the next number and the very timestamp.

A voice is a producer whose packets are copied down as they come. It may be forwarded at the same time; mixing takes nothing away.

A mix with a thousand listeners is a thousand packets to seal and to send: 3 ms of this thread, in which no other packet would go on. So
it is sent in slices, with a look at the socket between them.

Invariant: `mixes` are closed by room_sweep and room_close only, both when no packet waits to be sent.
"""
from libc.stdint cimport int64_t, uint8_t, uint16_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memcpy, memset

from native.audio.mixer cimport LEVEL_UNKNOWN
from native.engine.channel cimport channel_commit, channel_flush, channel_put, channel_ready, channel_reserve
from native.engine.command cimport (
    COMMAND_CLIP_FREE, COMMAND_CLIP_LOAD, COMMAND_HEAR, COMMAND_LISTENER_CLOSE, COMMAND_LISTENER_OPEN, COMMAND_LISTENER_SET,
    COMMAND_MIXER_CLOSE, COMMAND_MIXER_OPEN, COMMAND_MIXER_SET, COMMAND_MIXING_START, COMMAND_STATS, COMMAND_VOICE_CLOSE,
    COMMAND_VOICE_OPEN, COMMAND_VOICE_PACKET, COMMAND_VOICE_REPAIR, COMMAND_VOICE_SET, ClipCommand, CommandHead, ListenerCommand,
    MixerCommand, MixingCommand, VoiceCommand, VoicePacket,
)
from native.engine.consumer cimport consumer_attach, consumer_detach, consumer_forward
from native.engine.egress cimport core_random
from native.engine.event cimport EVENT_CLIP_RELEASED, EVENT_STATS, EVENT_VOICE_ACTIVE, EVENT_VOICE_ENDED, event_write
from native.engine.mixing cimport (
    REPORT_CLIP_RELEASED, REPORT_MIX, REPORT_MOVE, REPORT_STATS, REPORT_VOICE_ACTIVE, REPORT_VOICE_ENDED, MixReport, ReportHead, StatsReport,
)
from native.engine.producer cimport producer_free, producer_new
from native.engine.report cimport ntp_of
from native.engine.ring cimport ring_peek, ring_release
from native.engine.state cimport KIND_AUDIO, CodecEntry, CodecTable, MixClip, MixRoom, MixVoice
from native.engine.stats cimport STATS_MIXER, STATS_VOICE
from native.engine.table cimport id_table_get, id_table_put, id_table_remove
from native.stream.rtx cimport rtx_history_commit, rtx_history_expire, rtx_history_reserve, stored_bytes
from native.wire.codec cimport CODEC_OPUS, codec_clear
from native.wire.rtp cimport EXT_AUDIO_LEVEL, RtpExtensions
from native.wire.seq cimport seq64_start

cdef enum:
    # Packets a turn: 0.2 to 0.4 ms of sending, a fifth of what a forwarded packet may wait at all; a turn of its own costs 2 us.
    SLICE = 64
    SWEEP_US = 1_000_000
    IDLE_US = 2_000_000            # speakers come back to the mix they left; its history is forgotten by then
    MIXES_MOST = 65536
    # A mix's packet has no header until a consumer writes one; what stands there in the history is its level, as an extension would.
    LEVEL_OFFSET = 12
    MIX_HEADER_BYTES = 16
    REPAIR_OWN_US = 20_000         # nack.pyx asks after this


cdef const CodecEntry* opus_entry(const CodecTable* codecs) noexcept nogil:
    cdef int i
    for i in range(codecs.count):
        if codecs.entries[i].codec == CODEC_OPUS:
            return &codecs.entries[i]
    return NULL


cdef void send_down(WorkerCore* core, const void* record, size_t size) noexcept nogil:
    # Without memory it is lost, and what it was for goes on as before: the worker's own tables stay right.
    channel_put(&core.mixing.down, record, size)


cdef void send_head(WorkerCore* core, uint32_t kind, uint32_t detail, uint64_t id, uint64_t other) noexcept nogil:
    cdef CommandHead head
    head.kind = kind
    head.detail = detail
    head.id = id
    head.other = other
    send_down(core, &head, sizeof(head))


# Mixers

cdef int room_open(WorkerCore* core, MixerCommand* command) noexcept nogil:
    cdef MixRoom* room = <MixRoom*>calloc(1, sizeof(MixRoom))
    if room == NULL:
        return -1
    if id_table_put(&core.rooms, command.head.id, room) != 0:
        free(room)
        return -1
    room.id = command.head.id
    room.core = core
    room.next = core.room_list
    core.room_list = room
    core.counters.mixers += 1
    command.timestamp = <uint32_t>core_random(core)
    send_down(core, command, sizeof(MixerCommand))
    return 0


cdef void room_close(MixRoom* room) noexcept nogil:
    cdef WorkerCore* core = room.core
    cdef MixRoom** link = &core.room_list
    cdef uint32_t i
    while room.voices != NULL:
        voice_close(room.voices)
    while room.listeners != NULL:
        listener_end(room.listeners)
    for i in range(room.mix_room):
        if room.mixes[i] != NULL:
            mix_close(room, i)
    free(room.mixes)
    while link[0] != room:
        link = &link[0].next
    link[0] = room.next
    id_table_remove(&core.rooms, room.id)
    core.counters.mixers -= 1
    send_head(core, COMMAND_MIXER_CLOSE, 0, room.id, 0)
    free(room)


cdef void room_close_all(WorkerCore* core) noexcept nogil:
    cdef size_t i
    while core.room_list != NULL:
        room_close(core.room_list)
    if core.clips.slots != NULL:
        for i in range(core.clips.mask + 1):
            if core.clips.slots[i].id != 0:
                free(core.clips.slots[i].value)
                core.clips.slots[i].value = NULL


# Mixes

cdef Producer* mix_open(MixRoom* room, uint32_t index) noexcept nogil:
    """The producer of this mix, made when it is new; NULL without memory."""
    cdef Producer** grown
    cdef Producer* mix
    cdef uint32_t count = room.mix_room
    if index >= MIXES_MOST:
        return NULL
    if index >= count:
        while index >= count:
            count = count * 2 if count else 4
        grown = <Producer**>realloc(room.mixes, count * sizeof(Producer*))
        if grown == NULL:
            return NULL
        memset(grown + room.mix_room, 0, (count - room.mix_room) * sizeof(Producer*))
        room.mixes = grown
        room.mix_room = count
    if room.mixes[index] == NULL:
        mix = producer_new(room.core, 0, NULL, KIND_AUDIO, False)
        if mix == NULL:
            return NULL
        mix.codec = CODEC_OPUS
        mix.clock_group = room.id
        mix.stream.highest = seq64_start(0)
        mix.stream.arrived_us = room.core.now_us
        room.mixes[index] = mix
        room.core.counters.mixes += 1
    return room.mixes[index]


cdef void mix_close(MixRoom* room, uint32_t index) noexcept nogil:
    if room.core.fanout == room.mixes[index]:
        room.core.fanout = NULL
    producer_free(room.mixes[index])
    room.mixes[index] = NULL
    room.core.counters.mixes -= 1


cdef void mix_packet(MixRoom* room, const MixReport* told, const uint8_t* payload) noexcept nogil:
    """A mix's next packet into its history; room_take sends it to the listeners."""
    cdef WorkerCore* core = room.core
    cdef Producer* mix = room.mixes[told.head.detail] if told.head.detail < room.mix_room else NULL
    cdef StoredPacket* packet
    if mix == NULL or mix.consumer_count == 0:
        return
    packet = rtx_history_reserve(&mix.history, MIX_HEADER_BYTES + told.size)
    if packet == NULL:
        return
    memset(packet, 0, sizeof(StoredPacket))
    mix.stream.highest += 1
    mix.stream.arrived_us = core.now_us
    # The reports of the listeners' streams: RTP time against the clock by which the ticks are made.
    mix.stream.sr_ntp = ntp_of(told.due_us + core.realtime_offset_us)
    mix.stream.sr_timestamp = told.timestamp
    mix.stream.sr_arrived_us = told.due_us
    packet.seq64 = mix.stream.highest
    packet.arrived_us = core.now_us
    packet.timestamp = told.timestamp
    packet.header_bytes = MIX_HEADER_BYTES
    packet.payload_bytes = told.size
    packet.size = MIX_HEADER_BYTES + told.size
    packet.codec = CODEC_OPUS
    packet.marker = told.marker
    codec_clear(&packet.info)
    packet.extensions.values[<int>EXT_AUDIO_LEVEL].offset = LEVEL_OFFSET
    packet.extensions.values[<int>EXT_AUDIO_LEVEL].size = 1
    packet.forwardable = 1 << <int>EXT_AUDIO_LEVEL
    stored_bytes(packet)[LEVEL_OFFSET] = told.level
    memcpy(stored_bytes(packet) + MIX_HEADER_BYTES, payload, told.size)
    rtx_history_commit(&mix.history, packet)
    core.fanout = mix
    core.fanout_packet = packet
    core.fanout_at = mix.consumer_count


cdef void fanout_step(WorkerCore* core) noexcept nogil:
    """Sends the packet to as many of the mix's listeners as this turn has room for.

    From the last to the first: between two slices the last may take the place of one that left, so it is asked whether it has had the
    packet, and who came is behind.
    """
    cdef Producer* mix = core.fanout
    cdef StoredPacket* packet = core.fanout_packet
    cdef Consumer* consumer
    if core.fanout_at > mix.consumer_count:
        core.fanout_at = mix.consumer_count
    while core.fanout_at > 0 and core.pending_count < SLICE:
        core.fanout_at -= 1
        consumer = mix.consumers[core.fanout_at]
        if not consumer.started or consumer.generation != mix.generation or packet.seq64 + consumer.seq_offset > consumer.highest:
            consumer_forward(consumer, packet)
    if core.fanout_at == 0:
        core.fanout = NULL


# Voices

cdef int clip_load(WorkerCore* core, const ClipCommand* command) noexcept nogil:
    cdef MixClip* clip = <MixClip*>calloc(1, sizeof(MixClip))
    if clip == NULL:
        return -1
    clip.samples = command.samples
    clip.count = command.count
    if id_table_put(&core.clips, command.head.id, clip) != 0:
        free(clip)
        return -1
    return 0


cdef int clip_free(WorkerCore* core, uint64_t id) noexcept nogil:
    cdef MixClip* clip = <MixClip*>id_table_get(&core.clips, id)
    cdef MixRoom* room = core.room_list
    cdef MixVoice* voice
    cdef MixVoice* next
    if clip == NULL:
        return -1
    while room != NULL:
        voice = room.voices
        while voice != NULL:
            next = voice.next
            if voice.clip == id:
                voice_close(voice)
            voice = next
        room = room.next
    id_table_remove(&core.clips, id)
    free(clip)
    if core.mixing != NULL:
        # It comes back when the mixing thread has closed those voices.
        send_head(core, COMMAND_CLIP_FREE, 0, id, 0)
    else:
        event_write(core, EVENT_CLIP_RELEASED, id, 0, NULL, 0)
    return 0


cdef int voice_open(WorkerCore* core, VoiceCommand* command) noexcept nogil:
    cdef MixRoom* room = <MixRoom*>id_table_get(&core.rooms, command.head.other)
    cdef Producer* producer = <Producer*>id_table_get(&core.producers, command.producer)
    cdef MixClip* clip = <MixClip*>id_table_get(&core.clips, command.clip)
    cdef const CodecEntry* entry = opus_entry(&producer.codecs) if producer != NULL else NULL
    cdef MixVoice* voice
    if room == NULL or (clip == NULL and (entry == NULL or producer.kind != KIND_AUDIO)):
        return -1
    voice = <MixVoice*>calloc(1, sizeof(MixVoice))
    if voice == NULL:
        return -1
    if id_table_put(&core.voices, command.head.id, voice) != 0:
        free(voice)
        return -1
    voice.id = command.head.id
    voice.room = room
    voice.next = room.voices
    room.voices = voice
    if clip != NULL:
        voice.clip = command.clip
        command.sound.samples = clip.samples
        command.sound.count = clip.count
    else:
        voice.producer = producer
        voice.next_of_producer = producer.voices
        producer.voices = voice
        command.options.playout.opus_payload_type = entry.payload_type
    core.counters.voices += 1
    send_down(core, command, sizeof(VoiceCommand))
    voice_repair(voice)
    return 0


cdef void voice_close(MixVoice* voice) noexcept nogil:
    cdef WorkerCore* core = voice.room.core
    cdef MixVoice** link = &voice.room.voices
    while link[0] != voice:
        link = &link[0].next
    link[0] = voice.next
    if voice.producer != NULL:
        link = &voice.producer.voices
        while link[0] != voice:
            link = &link[0].next_of_producer
        link[0] = voice.next_of_producer
    id_table_remove(&core.voices, voice.id)
    core.counters.voices -= 1
    send_head(core, COMMAND_VOICE_CLOSE, 0, voice.id, voice.room.id)
    free(voice)


cdef void voices_end(Producer* producer) noexcept nogil:
    while producer.voices != NULL:
        voice_close(producer.voices)


cdef void voice_repair(MixVoice* voice) noexcept nogil:
    """Tells how long a retransmission takes to come, when that has changed by much."""
    cdef Producer* producer = voice.producer
    cdef int64_t repair_us = 0, change_us
    if producer != NULL and producer.transport != NULL and producer.nack != NULL and producer.transport.rtt_us:
        repair_us = producer.transport.rtt_us + REPAIR_OWN_US
    change_us = repair_us - voice.repair_us if repair_us > voice.repair_us else voice.repair_us - repair_us
    if change_us * 8 > voice.repair_us:
        voice.repair_us = repair_us
        send_head(voice.room.core, COMMAND_VOICE_REPAIR, <uint32_t>repair_us, voice.id, voice.room.id)


cdef void voices_feed(Producer* producer, StoredPacket* packet) noexcept nogil:
    cdef WorkerCore* core = producer.core
    cdef MixVoice* voice = producer.voices
    cdef size_t bytes = <size_t>packet.header_bytes + packet.payload_bytes
    cdef uint16_t level_at = packet.extensions.values[<int>EXT_AUDIO_LEVEL].offset
    cdef VoicePacket* fed
    cdef uint8_t* out
    if packet.codec != CODEC_OPUS or packet.padding_only:
        return
    while voice != NULL:
        out = channel_reserve(&core.mixing.down, sizeof(VoicePacket) + bytes)
        if out != NULL:
            fed = <VoicePacket*>out
            fed.head.kind = COMMAND_VOICE_PACKET
            fed.head.detail = <uint32_t>bytes
            fed.head.id = voice.id
            fed.head.other = voice.room.id
            fed.arrived_us = packet.arrived_us
            fed.level = stored_bytes(packet)[level_at] & 0x7F if level_at else LEVEL_UNKNOWN
            out += sizeof(VoicePacket)
            memcpy(out, stored_bytes(packet), bytes)
            out[0] &= 0xDF  # the padding is not copied
            channel_commit(&core.mixing.down, sizeof(VoicePacket) + bytes)
        voice = voice.next_of_producer


# Listeners

cdef int listener_open(WorkerCore* core, ListenerCommand* command) noexcept nogil:
    cdef MixRoom* room = <MixRoom*>id_table_get(&core.rooms, command.head.other)
    cdef Consumer* consumer = <Consumer*>id_table_get(&core.consumers, command.consumer)
    cdef MixListener* listener
    if room == NULL or consumer == NULL or consumer.kind != KIND_AUDIO or opus_entry(&consumer.codecs) == NULL:
        return -1
    listener = <MixListener*>calloc(1, sizeof(MixListener))
    if listener == NULL:
        return -1
    if id_table_put(&core.listeners, command.head.id, listener) != 0:
        free(listener)
        return -1
    if consumer.listener != NULL:
        listener_end(consumer.listener)
    consumer_detach(consumer)
    listener.id = command.head.id
    listener.room = room
    listener.consumer = consumer
    listener.next = room.listeners
    room.listeners = listener
    consumer.listener = listener
    core.counters.listeners += 1
    send_down(core, command, sizeof(ListenerCommand))
    return 0


cdef void listener_end(MixListener* listener) noexcept nogil:
    cdef WorkerCore* core = listener.room.core
    cdef MixListener** link = &listener.room.listeners
    while link[0] != listener:
        link = &link[0].next
    link[0] = listener.next
    listener.consumer.listener = NULL
    consumer_detach(listener.consumer)
    id_table_remove(&core.listeners, listener.id)
    core.counters.listeners -= 1
    send_head(core, COMMAND_LISTENER_CLOSE, 0, listener.id, listener.room.id)
    free(listener)


cdef void listener_move(MixListener* listener, uint32_t index) noexcept nogil:
    cdef Consumer* consumer = listener.consumer
    cdef Producer* mix = mix_open(listener.room, index)
    # It is one stream to Python: started when the consumer came to this mixer, not at every move.
    cdef bint announced = consumer.producer != NULL and consumer.announced
    if mix == NULL or consumer.producer == mix or consumer_attach(consumer, mix, 0) != 0:
        return
    consumer.announced = announced


# Commands

cdef int run_room(WorkerCore* core, void* record) noexcept nogil:
    cdef CommandHead* head = <CommandHead*>record
    cdef MixRoom* room = <MixRoom*>id_table_get(&core.rooms, head.id)
    if head.kind == COMMAND_MIXER_OPEN:
        return room_open(core, <MixerCommand*>record)
    if room == NULL:
        return -1
    if head.kind == COMMAND_MIXER_SET:
        send_down(core, record, sizeof(MixerCommand))
    else:
        room_close(room)
    return 0


cdef int run_voice(WorkerCore* core, void* record) noexcept nogil:
    cdef CommandHead* head = <CommandHead*>record
    cdef MixVoice* voice = <MixVoice*>id_table_get(&core.voices, head.id)
    if head.kind == COMMAND_VOICE_OPEN:
        return voice_open(core, <VoiceCommand*>record)
    if voice == NULL:
        return -1
    if head.kind == COMMAND_VOICE_SET:
        send_down(core, record, sizeof(VoiceCommand))
    else:
        voice_close(voice)
    return 0


cdef int run_listener(WorkerCore* core, void* record, size_t size) noexcept nogil:
    cdef CommandHead* head = <CommandHead*>record
    cdef MixListener* listener = <MixListener*>id_table_get(&core.listeners, head.id)
    if head.kind == COMMAND_LISTENER_OPEN:
        return listener_open(core, <ListenerCommand*>record)
    if listener == NULL:
        return -1
    if head.kind == COMMAND_LISTENER_CLOSE:
        listener_end(listener)
        return 0
    head.other = listener.room.id
    send_down(core, record, size)
    return 0


cdef int mixing_command(WorkerCore* core, void* record, size_t size) noexcept nogil:
    cdef CommandHead* head = <CommandHead*>record
    if head.kind == COMMAND_MIXING_START:
        core.mixing = (<MixingCommand*>record).mixing
        return 0
    if head.kind == COMMAND_CLIP_LOAD:
        return clip_load(core, <ClipCommand*>record)
    if head.kind == COMMAND_CLIP_FREE:
        return clip_free(core, head.id)
    if core.mixing == NULL:
        return -1
    if head.kind <= COMMAND_MIXER_CLOSE:
        return run_room(core, record)
    if head.kind <= COMMAND_VOICE_CLOSE:
        return run_voice(core, record)
    return run_listener(core, record, size)


cdef bint room_stats(WorkerCore* core, uint32_t kind, uint64_t id, uint64_t request_id) noexcept nogil:
    if kind == STATS_MIXER and id_table_get(&core.rooms, id) == NULL:
        return False
    if kind == STATS_VOICE and id_table_get(&core.voices, id) == NULL:
        return False
    if kind != STATS_MIXER and kind != STATS_VOICE:
        return False
    send_head(core, COMMAND_STATS, kind, id, request_id)
    return True


# What the mixing thread says

cdef void voice_ended(WorkerCore* core, const ReportHead* head) noexcept nogil:
    cdef MixVoice* voice = <MixVoice*>id_table_get(&core.voices, head.id)
    if voice == NULL:
        return  # Python closed it meanwhile
    voice_close(voice)
    event_write(core, EVENT_VOICE_ENDED, head.id, 0, NULL, 0)


cdef void report_take(WorkerCore* core, const void* record) noexcept nogil:
    cdef const ReportHead* head = <const ReportHead*>record
    cdef const StatsReport* stats = <const StatsReport*>record
    cdef MixRoom* room
    cdef void* found
    if head.kind == REPORT_MIX:
        room = <MixRoom*>id_table_get(&core.rooms, head.mixer)
        if room != NULL:
            mix_packet(room, <const MixReport*>record, <const uint8_t*>record + sizeof(MixReport))
    elif head.kind == REPORT_MOVE:
        found = id_table_get(&core.listeners, head.id)
        if found != NULL:
            listener_move(<MixListener*>found, head.detail)
    elif head.kind == REPORT_VOICE_ENDED:
        voice_ended(core, head)
    elif head.kind == REPORT_VOICE_ACTIVE:
        if id_table_get(&core.voices, head.id) != NULL:
            event_write(core, EVENT_VOICE_ACTIVE, head.id, head.detail, NULL, 0)
    elif head.kind == REPORT_STATS:
        event_write(core, EVENT_STATS, head.id, head.detail, stats.row, <size_t>stats.count * sizeof(int64_t))
    elif head.kind == REPORT_CLIP_RELEASED:
        event_write(core, EVENT_CLIP_RELEASED, head.id, 0, NULL, 0)


cdef bint room_waiting(WorkerCore* core) noexcept nogil:
    return core.mixing != NULL and (core.fanout != NULL or channel_ready(&core.mixing.up))


cdef void room_take(WorkerCore* core) noexcept nogil:
    cdef size_t size
    cdef uint8_t* record
    channel_flush(&core.mixing.down)
    while core.pending_count < SLICE:
        if core.fanout != NULL:
            fanout_step(core)
            continue
        record = ring_peek(&core.mixing.up.ring, &size)
        if record == NULL:
            return
        report_take(core, record)
        ring_release(&core.mixing.up.ring)


cdef void room_sweep(WorkerCore* core) noexcept nogil:
    cdef MixRoom* room = core.room_list
    cdef MixVoice* voice
    cdef Producer* mix
    cdef uint32_t i
    core.room_sweep_us = core.now_us + SWEEP_US
    while room != NULL:
        for i in range(room.mix_room):
            mix = room.mixes[i]
            if mix == NULL:
                continue
            if mix != core.fanout:
                rtx_history_expire(&mix.history, core.now_us)
            if mix.consumer_count == 0 and core.now_us - mix.stream.arrived_us > IDLE_US:
                mix_close(room, i)
        voice = room.voices
        while voice != NULL:
            voice_repair(voice)
            voice = voice.next
        room = room.next
