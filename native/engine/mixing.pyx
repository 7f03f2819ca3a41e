"""The mixing thread of a worker.

Decoding, mixing and encoding take milliseconds a tick, forwarding a packet takes microseconds and must not wait: so mixing has a thread
of its own, which shares nothing with the worker but two channels. Down come commands and copies of the packets of every producer that is
a voice, read at the next tick without a wake-up; up go packets and moves, with one wake-up a tick.

The clock is absolute: tick n is due at start + n * 20 ms however long the one before took, and every mix counts its RTP time by ticks.
A thread that was held up makes up a few ticks at once; what it missed beyond that is left out, and RTP time passes over it.

Invariant: between mixing_new and mixing_free everything but the channels, `stopping` and `published` belongs to this thread. The worker
has looked at every command (ids, kinds), so what is unknown here has just gone, and is ignored.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset
from posix.time cimport timespec

from native.audio.mixer cimport (
    LEVEL_UNKNOWN, MIXER_SAMPLES, NOTICE_VOICE_ACTIVE, NOTICE_VOICE_ENDED, MixerNotice, MixerPacket, MixerTick, mixer_clip_open,
    mixer_complexity_limit, mixer_free, mixer_hear, mixer_listener_close, mixer_listener_gain, mixer_listener_open, mixer_listener_own,
    mixer_new, mixer_set, mixer_stats, mixer_tick, mixer_voice_close, mixer_voice_open, mixer_voice_packet, mixer_voice_repair,
    mixer_voice_set, mixer_voice_stats,
)
from native.c.atomics cimport __ATOMIC_ACQUIRE, __ATOMIC_RELAXED, __ATOMIC_SEQ_CST, atomic_fence, atomic_load_u32, atomic_load_u64, atomic_store_u32, atomic_store_u64
from native.c.socket cimport CLOCK_MONOTONIC, CLOCK_THREAD_CPUTIME_ID, TIMER_ABSTIME, clock_nanosleep, clock_us, eventfd_write
from native.engine.channel cimport channel_commit, channel_free, channel_flush, channel_init, channel_put, channel_reserve, channel_sent
from native.engine.command cimport (
    COMMAND_CLIP_FREE, COMMAND_HEAR, COMMAND_LISTENER_CLOSE, COMMAND_LISTENER_OPEN, COMMAND_LISTENER_SET, COMMAND_MIXER_CLOSE,
    COMMAND_MIXER_OPEN, COMMAND_MIXER_SET, COMMAND_STATS, COMMAND_VOICE_CLOSE, COMMAND_VOICE_OPEN, COMMAND_VOICE_PACKET,
    COMMAND_VOICE_REPAIR, COMMAND_VOICE_SET, CommandHead, HearCommand, ListenerCommand, MixerCommand, VoiceCommand, VoicePacket,
)
from native.engine.mixing_load cimport COMPLEXITY_MOST, load_complexity, load_note
from native.engine.ring cimport ring_peek, ring_release
from native.engine.stats cimport STATS_MIXER, mixer_row, voice_row
from native.engine.table cimport id_table_free, id_table_get, id_table_init, id_table_put, id_table_remove

cdef enum:
    # A tick of 100 speakers is 25 kB down, one of 500 mixes 60 kB up: half of either ring holds more than ten ticks of that.
    CHANNEL_BYTES = 1 << 20
    # Longer than this and the listeners' own buffers have run dry anyway: more packets at once would only be thrown away there.
    CATCH_UP_MOST = 5
    COUNT_TICKS = 50               # playout is counted once a second: every tick would cost more than it tells

# Upper edges of the histogram of a tick's lag; the last bucket takes the rest. Names in stats.pyx.
cdef int64_t LAG_EDGES_US[7]
LAG_EDGES_US[:] = [500, 1000, 2000, 5000, 10000, 20000, 40000]


cdef Mixing* mixing_new(uint32_t* sleeping, int wake_fd) noexcept nogil:
    cdef Mixing* mixing = <Mixing*>calloc(1, sizeof(Mixing))
    if mixing == NULL:
        return NULL
    mixing.sleeping = sleeping
    mixing.wake_fd = wake_fd
    mixing.until_count = COUNT_TICKS
    mixing.totals.complexity = COMPLEXITY_MOST
    if channel_init(&mixing.down, CHANNEL_BYTES) | channel_init(&mixing.up, CHANNEL_BYTES) | id_table_init(&mixing.rooms) \
            | id_table_init(&mixing.voices):
        mixing_free(mixing)
        return NULL
    return mixing


cdef void mixing_free(Mixing* mixing) noexcept nogil:
    while mixing.room_list != NULL:
        room_close(mixing, mixing.room_list)
    channel_free(&mixing.down)
    channel_free(&mixing.up)
    id_table_free(&mixing.rooms)
    id_table_free(&mixing.voices)
    free(mixing)


cdef int room_open(Mixing* mixing, const MixerCommand* command) noexcept nogil:
    cdef Room* room = <Room*>calloc(1, sizeof(Room))
    if room == NULL:
        return -1
    room.mixer = mixer_new(&command.options)
    if room.mixer == NULL or id_table_put(&mixing.rooms, command.head.id, room) != 0:
        if room.mixer != NULL:
            mixer_free(room.mixer)
        free(room)
        return -1
    room.id = command.head.id
    room.timestamp = command.timestamp
    mixer_complexity_limit(room.mixer, complexity_limit(mixing))
    room.next = mixing.room_list
    mixing.room_list = room
    return 0


cdef void room_close(Mixing* mixing, Room* room) noexcept nogil:
    cdef Room** link = &mixing.room_list
    while room.voices != NULL:
        voice_close(mixing, room.voices)
    room_count(mixing, room)
    while link[0] != room:
        link = &link[0].next
    link[0] = room.next
    id_table_remove(&mixing.rooms, room.id)
    mixer_free(room.mixer)
    free(room)


cdef int voice_open(Mixing* mixing, Room* room, const VoiceCommand* command) noexcept nogil:
    cdef Voice* voice = <Voice*>calloc(1, sizeof(Voice))
    cdef int failed
    if voice == NULL:
        return -1
    voice.stream = command.sound.samples == NULL
    voice.clip = command.sound
    if voice.stream:
        failed = mixer_voice_open(room.mixer, command.head.id, &command.options)
    else:
        failed = mixer_clip_open(room.mixer, command.head.id, &voice.clip, command.loop, command.options.gain)
    if failed or id_table_put(&mixing.voices, command.head.id, voice) != 0:
        if not failed:
            mixer_voice_close(room.mixer, command.head.id)
        free(voice)
        return -1
    voice.id = command.head.id
    voice.room = room
    voice.next = room.voices
    room.voices = voice
    return 0


cdef void voice_close(Mixing* mixing, Voice* voice) noexcept nogil:
    cdef Voice** link = &voice.room.voices
    voice_count(mixing, voice)
    mixer_voice_close(voice.room.mixer, voice.id)
    while link[0] != voice:
        link = &link[0].next
    link[0] = voice.next
    id_table_remove(&mixing.voices, voice.id)
    free(voice)


cdef void voice_count(Mixing* mixing, Voice* voice) noexcept nogil:
    """Adds to the totals what the voice has played since it was counted last."""
    cdef PlayoutStats now
    if not voice.stream or mixer_voice_stats(voice.room.mixer, voice.id, &now) != 0:
        return
    mixing.totals.playout_packets += now.packets_played - voice.counted.packets_played
    mixing.totals.playout_packets_late += now.packets_late - voice.counted.packets_late
    mixing.totals.playout_samples += now.samples - voice.counted.samples
    mixing.totals.playout_samples_concealed += now.samples_concealed - voice.counted.samples_concealed
    mixing.totals.playout_delay_us += now.delay_sum_us - voice.counted.delay_sum_us
    voice.counted = now


cdef void room_count(Mixing* mixing, Room* room) noexcept nogil:
    cdef MixerStats now
    mixer_stats(room.mixer, &now)
    mixing.totals.decodes += now.decodes - room.counted.decodes
    mixing.totals.skips += now.skips - room.counted.skips
    mixing.totals.encodes += now.encodes - room.counted.encodes
    mixing.totals.limited += now.limited - room.counted.limited
    room.counted = now


cdef void stats_tell(Mixing* mixing, const CommandHead* head) noexcept nogil:
    cdef StatsReport report
    cdef Room* room
    cdef Voice* voice
    cdef MixerStats mixer
    cdef PlayoutStats playout
    memset(&report, 0, sizeof(report))
    report.head.kind = REPORT_STATS
    report.head.detail = head.detail
    report.head.id = head.other
    if head.detail == STATS_MIXER:
        room = <Room*>id_table_get(&mixing.rooms, head.id)
        if room != NULL:
            mixer_stats(room.mixer, &mixer)
            report.count = <uint32_t>mixer_row(&mixer, report.row)
    else:
        voice = <Voice*>id_table_get(&mixing.voices, head.id)
        if voice != NULL and voice.stream and mixer_voice_stats(voice.room.mixer, voice.id, &playout) == 0:
            report.count = <uint32_t>voice_row(&playout, report.row)
    channel_put(&mixing.up, &report, sizeof(report))


cdef void report(Mixing* mixing, ReportKind kind, uint32_t detail, uint64_t id, uint64_t mixer) noexcept nogil:
    cdef ReportHead head
    head.kind = kind
    head.detail = detail
    head.id = id
    head.mixer = mixer
    channel_put(&mixing.up, &head, sizeof(head))


cdef void run_room(Mixing* mixing, Room* room, const void* record) noexcept nogil:
    """A command about a mixer, or something in it."""
    cdef const CommandHead* head = <const CommandHead*>record
    cdef const ListenerCommand* listener = <const ListenerCommand*>record
    cdef const HearCommand* hear = <const HearCommand*>record
    if head.kind == COMMAND_MIXER_SET:
        mixer_set(room.mixer, &(<const MixerCommand*>record).options)
    elif head.kind == COMMAND_MIXER_CLOSE:
        room_close(mixing, room)
    elif head.kind == COMMAND_VOICE_OPEN:
        if voice_open(mixing, room, <const VoiceCommand*>record) != 0:
            # Without memory it has ended before it began; the worker forgets it then.
            report(mixing, REPORT_VOICE_ENDED, 0, head.id, room.id)
    elif head.kind == COMMAND_LISTENER_OPEN:
        mixer_listener_open(room.mixer, head.id, listener.own_voice, listener.gain)
    elif head.kind == COMMAND_LISTENER_SET:
        mixer_listener_own(room.mixer, head.id, listener.own_voice)
        mixer_listener_gain(room.mixer, head.id, listener.gain)
    elif head.kind == COMMAND_LISTENER_CLOSE:
        mixer_listener_close(room.mixer, head.id)
    else:
        mixer_hear(room.mixer, head.id, hear.voice, hear.gain)


cdef void run_voice(Mixing* mixing, Voice* voice, const void* record) noexcept nogil:
    cdef const CommandHead* head = <const CommandHead*>record
    cdef const VoicePacket* packet = <const VoicePacket*>record
    cdef Mixer* mixer = voice.room.mixer
    if head.kind == COMMAND_VOICE_PACKET:
        mixer_voice_packet(mixer, voice.id, <const uint8_t*>record + sizeof(VoicePacket), head.detail, packet.level, packet.arrived_us)
    elif head.kind == COMMAND_VOICE_REPAIR:
        mixer_voice_repair(mixer, voice.id, head.detail)
    elif head.kind == COMMAND_VOICE_SET:
        mixer_voice_set(mixer, voice.id, &(<const VoiceCommand*>record).options)
    else:
        voice_close(mixing, voice)


cdef void command_run(Mixing* mixing, const void* record) noexcept nogil:
    cdef const CommandHead* head = <const CommandHead*>record
    cdef bint of_mixer = head.kind == COMMAND_MIXER_SET or head.kind == COMMAND_MIXER_CLOSE
    cdef void* found
    if head.kind == COMMAND_MIXER_OPEN:
        room_open(mixing, <const MixerCommand*>record)
    elif head.kind == COMMAND_STATS:
        stats_tell(mixing, head)
    elif head.kind == COMMAND_CLIP_FREE:
        report(mixing, REPORT_CLIP_RELEASED, 0, head.id, 0)
    elif head.kind == COMMAND_VOICE_PACKET or head.kind == COMMAND_VOICE_REPAIR or head.kind == COMMAND_VOICE_SET \
            or head.kind == COMMAND_VOICE_CLOSE:
        found = id_table_get(&mixing.voices, head.id)
        if found != NULL:
            run_voice(mixing, <Voice*>found, record)
    else:
        found = id_table_get(&mixing.rooms, head.id if of_mixer else head.other)
        if found != NULL:
            run_room(mixing, <Room*>found, record)


cdef void commands_take(Mixing* mixing) noexcept nogil:
    cdef size_t size
    cdef uint8_t* record = ring_peek(&mixing.down.ring, &size)
    while record != NULL:
        command_run(mixing, record)
        ring_release(&mixing.down.ring)
        record = ring_peek(&mixing.down.ring, &size)


cdef void packet_tell(Mixing* mixing, const Room* room, const MixerPacket* packet, int64_t due_us) noexcept nogil:
    cdef uint8_t* out
    cdef MixReport* told
    if packet.size == 0:
        return
    out = channel_reserve(&mixing.up, sizeof(MixReport) + packet.size)
    if out == NULL:
        return
    told = <MixReport*>out
    told.head.kind = REPORT_MIX
    told.head.detail = packet.mix
    told.head.id = 0
    told.head.mixer = room.id
    told.due_us = due_us
    told.timestamp = room.timestamp
    told.size = packet.size
    told.level = <uint8_t>((0x80 if packet.voice else 0) | (packet.level & 0x7F))
    told.marker = packet.talkspurt
    memcpy(out + sizeof(MixReport), packet.payload, packet.size)
    channel_commit(&mixing.up, sizeof(MixReport) + packet.size)


cdef void notice_tell(Mixing* mixing, const Room* room, const MixerNotice* notice) noexcept nogil:
    if notice.kind == NOTICE_VOICE_ENDED:
        report(mixing, REPORT_VOICE_ENDED, 1, notice.voice, room.id)
    else:
        report(mixing, REPORT_VOICE_ACTIVE, notice.kind == NOTICE_VOICE_ACTIVE, notice.voice, room.id)


cdef void room_tick(Mixing* mixing, Room* room, int64_t due_us) noexcept nogil:
    cdef MixerTick tick
    cdef int i
    mixer_tick(room.mixer, due_us, &tick)
    for i in range(tick.move_count):
        report(mixing, REPORT_MOVE, tick.moves[i].mix, tick.moves[i].listener, room.id)
    for i in range(tick.packet_count):
        packet_tell(mixing, room, &tick.packets[i], due_us)
    for i in range(tick.notice_count):
        notice_tell(mixing, room, &tick.notices[i])
    room.timestamp += MIXER_SAMPLES
    room_count(mixing, room)


cdef void voices_count(Mixing* mixing) noexcept nogil:
    cdef Room* room = mixing.room_list
    cdef Voice* voice
    while room != NULL:
        voice = room.voices
        while voice != NULL:
            voice_count(mixing, voice)
            voice = voice.next
        room = room.next


cdef void tick_run(Mixing* mixing) noexcept nogil:
    """One tick, at its own time."""
    cdef Room* room
    commands_take(mixing)
    room = mixing.room_list
    if room != NULL:
        mixing.totals.ticks += 1
    while room != NULL:
        room_tick(mixing, room, mixing.due_us)
        room = room.next
    mixing.until_count -= 1
    if mixing.until_count == 0:
        mixing.until_count = COUNT_TICKS
        voices_count(mixing)
    channel_flush(&mixing.up)
    mixing.due_us += TICK_US


cdef void ticks_skip(Mixing* mixing, int64_t now_us) noexcept nogil:
    """Leaves out what nobody would wait for."""
    cdef int64_t behind
    cdef Room* room = mixing.room_list
    if mixing.due_us == 0:
        mixing.due_us = now_us
    behind = (now_us - mixing.due_us) // TICK_US
    if behind < CATCH_UP_MOST:
        return
    mixing.due_us += behind * TICK_US
    if room != NULL:
        mixing.totals.ticks_skipped += <uint64_t>behind
    while room != NULL:
        room.timestamp += <uint32_t>(behind * MIXER_SAMPLES)
        room = room.next


cdef int complexity_limit(const Mixing* mixing) noexcept nogil:
    return load_complexity(&mixing.load) if mixing.load.steps else 0


cdef void tick_note(Mixing* mixing, int64_t cpu_us, int64_t lag_us) noexcept nogil:
    """What the tick before took, and how late after its time it was ready."""
    cdef Room* room = mixing.room_list
    cdef bint late = lag_us > TICK_US
    cdef int bucket = 0
    mixing.totals.cpu_us += <uint64_t>cpu_us
    if room == NULL:
        return
    while bucket < LAG_BUCKETS - 1 and lag_us > LAG_EDGES_US[bucket]:
        bucket += 1
    mixing.totals.lag[bucket] += 1
    mixing.totals.lag_us += <uint64_t>(lag_us if lag_us > 0 else 0)
    mixing.totals.ticks_late += late
    if load_note(&mixing.load, cpu_us, late):
        mixing.totals.complexity = <uint64_t>load_complexity(&mixing.load)
        while room != NULL:
            mixer_complexity_limit(room.mixer, complexity_limit(mixing))
            room = room.next


cdef void totals_publish(Mixing* mixing) noexcept nogil:
    cdef const uint64_t* now = <const uint64_t*>&mixing.totals
    cdef uint64_t* out = <uint64_t*>&mixing.published
    cdef size_t i
    mixing.totals.packets_dropped = mixing.up.dropped
    for i in range(sizeof(MixingTotals) // sizeof(uint64_t)):
        atomic_store_u64(&out[i], now[i], __ATOMIC_RELAXED)


cdef void mixing_totals(const Mixing* mixing, MixingTotals* out) noexcept nogil:
    cdef const uint64_t* now = <const uint64_t*>&mixing.published
    cdef size_t i
    for i in range(sizeof(MixingTotals) // sizeof(uint64_t)):
        (<uint64_t*>out)[i] = atomic_load_u64(&now[i], __ATOMIC_RELAXED)


cdef int mixing_catch_up(Mixing* mixing, int64_t now_us) noexcept nogil:
    cdef int count = 0
    ticks_skip(mixing, now_us)
    while mixing.due_us <= now_us:
        tick_run(mixing)
        tick_note(mixing, 0, 0)
        count += 1
    totals_publish(mixing)
    return count


cdef void worker_wake(Mixing* mixing) noexcept nogil:
    if not channel_sent(&mixing.up):
        return
    # The ring first, then "sleeping": the worker says "sleeping" first, then looks at the ring.
    atomic_fence(__ATOMIC_SEQ_CST)
    if atomic_load_u32(mixing.sleeping, __ATOMIC_SEQ_CST):
        eventfd_write(mixing.wake_fd, 1)


cdef void mixing_loop(Mixing* mixing) noexcept nogil:
    cdef timespec until
    cdef int64_t cpu_us, before_us, due_us
    cdef int64_t spent_us = clock_us(CLOCK_THREAD_CPUTIME_ID)
    while not atomic_load_u32(&mixing.stopping, __ATOMIC_ACQUIRE):
        ticks_skip(mixing, clock_us(CLOCK_MONOTONIC))
        due_us = mixing.due_us
        until.tv_sec = due_us // 1000000
        until.tv_nsec = due_us % 1000000 * 1000
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL)
        if clock_us(CLOCK_MONOTONIC) < due_us:
            continue  # a signal woke it
        tick_run(mixing)
        worker_wake(mixing)
        before_us = spent_us
        spent_us = clock_us(CLOCK_THREAD_CPUTIME_ID)
        tick_note(mixing, spent_us - before_us, clock_us(CLOCK_MONOTONIC) - due_us)
        totals_publish(mixing)


cdef void mixing_stop(Mixing* mixing) noexcept nogil:
    atomic_store_u32(&mixing.stopping, 1, __ATOMIC_SEQ_CST)
