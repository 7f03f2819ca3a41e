"""A mixing room: commands and packets in, one packet per distinct mix out, every 20 ms. The contract stands in mixer.pxd.

Here is the order of a tick and the lists of what is open; the work is done next door: audio.voice (a stream's or a clip's sound),
audio.speakers (who is heard), audio.matrix and audio.rows (who hears whom), audio.plan (which mixes there are), audio.mix (sum and encode).

A voice that is closed while it is heard stays one tick longer, with the sound it would have made, so that it fades out instead of breaking off.
"""
from libc.stdint cimport int32_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memset

from native.audio.activity cimport ACTIVITY_SAME, ACTIVITY_STARTED, activity_note
from native.audio.matrix cimport (
    Column,
    Listener,
    Matrix,
    matrix_column,
    matrix_free,
    matrix_hear,
    matrix_init,
    matrix_listener,
    matrix_listener_close,
    matrix_listener_gain,
    matrix_listener_open,
    matrix_listener_own,
    matrix_touch,
    matrix_voice_close,
    matrix_voice_open,
    matrix_wants,
)
from native.audio.mix cimport MIX_ENCODED, MIX_LIMITED, MIX_MEET_TICKS, Mix, mix_run, mix_settle
from native.audio.noise cimport noise_library
from native.audio.opus cimport EncoderSettings, encoder_set
from native.audio.plan cimport Plan, plan_free, plan_init, plan_make
from native.audio.playout cimport playout_repair, playout_stats
from native.audio.rows cimport Rows, rows_free, rows_init, rows_leave, rows_refresh
from native.audio.speakers cimport Speaker, speaker_needs_sound, speaker_speaks, speaker_tick, speakers_choose
from native.audio.voice cimport (
    Voice,
    gain_within,
    voice_clip,
    voice_free,
    voice_packet,
    voice_render,
    voice_skip,
    voice_stream,
)

cdef enum:
    VOICES_MOST = 4096
    SPEAKERS_DEFAULT = 8
    COMPLEXITY_DEFAULT = 9
    BITRATE_DEFAULT = 32000        # a channel: where speech is transparent to most
    BITRATE_LEAST = 6000           # RFC 6716 section 2.1.1
    BITRATE_MOST = 510000
    LOSS_MOST = 100
    REPAIR_MOST_US = 10000000
    TICK_US = 20000

cdef struct Mixer:
    uint8_t channels
    uint16_t speakers_most
    int complexity
    int complexity_limit           # 0 = none
    EncoderSettings settings
    Matrix matrix
    Rows rows
    Plan plan
    Column** columns               # of open voices, in the order of their serials
    Speaker** speakers             # of the streams among them
    Voice** playing
    int voice_count
    int voice_room
    int playing_count
    Voice* closing                 # closed since the last tick, fading out
    uint64_t serial
    bint replan                    # what is heard by whom may have changed
    int meet_ticks                 # until mixes whose gains have moved may have become one; 0 = none have
    bint choose_anew               # the list of what plays may have changed
    int64_t now_us                 # of the last tick
    MixerPacket* packets
    MixerNotice* notices
    int packet_room
    int notice_count
    MixerStats stats


cdef void settings_take(Mixer* mixer, const MixerOptions* options) noexcept nogil:
    cdef MixerOptions wanted
    cdef int complexity
    memset(&wanted, 0, sizeof(wanted))
    if options != NULL:
        wanted = options[0]
    complexity = wanted.complexity if wanted.complexity else COMPLEXITY_DEFAULT
    mixer.complexity = complexity if complexity < 10 else 10
    mixer.speakers_most = wanted.speakers_most if wanted.speakers_most else SPEAKERS_DEFAULT
    mixer.settings.bitrate_bps = wanted.bitrate_bps if wanted.bitrate_bps else <uint32_t>(BITRATE_DEFAULT * mixer.channels)
    if mixer.settings.bitrate_bps < BITRATE_LEAST:
        mixer.settings.bitrate_bps = BITRATE_LEAST
    elif mixer.settings.bitrate_bps > BITRATE_MOST:
        mixer.settings.bitrate_bps = BITRATE_MOST
    mixer.settings.expected_loss_percent = wanted.expected_loss_percent if wanted.expected_loss_percent < LOSS_MOST else LOSS_MOST
    mixer.settings.dtx = wanted.dtx


cdef void settings_apply(Mixer* mixer) noexcept nogil:
    cdef int complexity = mixer.complexity
    cdef int i
    if 0 < mixer.complexity_limit < complexity:
        complexity = mixer.complexity_limit
    mixer.settings.complexity = <uint8_t>complexity
    for i in range(mixer.plan.mix_room):
        if mixer.plan.mixes[i] != NULL:
            encoder_set(&mixer.plan.mixes[i].encoder, &mixer.settings)
    for i in range(mixer.plan.spare_count):
        encoder_set(&mixer.plan.spare[i].encoder, &mixer.settings)


cdef Mixer* mixer_new(const MixerOptions* options) noexcept nogil:
    cdef Mixer* mixer = <Mixer*>calloc(1, sizeof(Mixer))
    cdef bint failed
    if mixer == NULL:
        return NULL
    mixer.channels = 2 if options != NULL and options.channels == 2 else 1
    settings_take(mixer, options)
    # Each may be freed after it has failed: all are tried.
    failed = matrix_init(&mixer.matrix) != 0
    failed |= rows_init(&mixer.rows) != 0
    failed |= plan_init(&mixer.plan, mixer.channels) != 0
    if not failed:
        settings_apply(mixer)
    if failed:
        mixer_free(mixer)
        return NULL
    return mixer


cdef void closing_free(Mixer* mixer) noexcept nogil:
    cdef Voice* closed
    while mixer.closing != NULL:
        closed = mixer.closing
        mixer.closing = closed.next
        voice_free(closed)


cdef void mixer_free(Mixer* mixer) noexcept nogil:
    cdef int i
    if mixer == NULL:
        return
    closing_free(mixer)
    for i in range(mixer.voice_count):
        voice_free(mixer.columns[i].voice)
    plan_free(&mixer.plan)
    rows_free(&mixer.rows)
    matrix_free(&mixer.matrix)
    free(mixer.columns)
    free(mixer.speakers)
    free(mixer.playing)
    free(mixer.packets)
    free(mixer.notices)
    free(mixer)


cdef void mixer_set(Mixer* mixer, const MixerOptions* options) noexcept nogil:
    settings_take(mixer, options)
    settings_apply(mixer)


cdef void mixer_complexity_limit(Mixer* mixer, int complexity) noexcept nogil:
    if complexity != mixer.complexity_limit:
        mixer.complexity_limit = complexity if complexity > 0 else 0
        settings_apply(mixer)


cdef int mixer_noise_library(const char* path) noexcept nogil:
    return noise_library(path)


cdef bint voices_reserve(Mixer* mixer) noexcept nogil:
    """Room for one voice more in every list that holds one entry a voice."""
    cdef size_t room
    cdef void* grown
    if mixer.voice_count < mixer.voice_room:
        return 1
    room = <size_t>mixer.voice_room * 2 + 16
    grown = realloc(mixer.columns, room * sizeof(Column*))
    if grown == NULL:
        return 0
    mixer.columns = <Column**>grown
    grown = realloc(mixer.speakers, room * sizeof(Speaker*))
    if grown == NULL:
        return 0
    mixer.speakers = <Speaker**>grown
    grown = realloc(mixer.playing, room * sizeof(Voice*))
    if grown == NULL:
        return 0
    mixer.playing = <Voice**>grown
    grown = realloc(mixer.notices, room * sizeof(MixerNotice))     # a voice says one thing a tick at most
    if grown == NULL:
        return 0
    mixer.notices = <MixerNotice*>grown
    mixer.voice_room = <int>room
    return 1


cdef int voice_enter(Mixer* mixer, Voice* voice) noexcept nogil:
    cdef Column* column
    if voice == NULL:
        return -1
    column = matrix_voice_open(&mixer.matrix, voice)
    if column == NULL:
        voice_free(voice)
        return -1
    mixer.columns[mixer.voice_count] = column
    mixer.voice_count += 1
    mixer.choose_anew = 1
    return 0


cdef bint voice_may_open(Mixer* mixer, uint64_t voice) noexcept nogil:
    cdef Column* column = matrix_column(&mixer.matrix, voice)
    if voice == 0 or mixer.voice_count >= VOICES_MOST or (column != NULL and column.voice != NULL):
        return 0
    return voices_reserve(mixer)


cdef void voice_take(Voice* voice, const VoiceOptions* options) noexcept nogil:
    voice.gain = gain_within(options.gain)
    voice.suppress_noise = options.suppress_noise
    voice.detect_voice = options.detect_voice
    voice.automatic_level = options.automatic_level


cdef int mixer_voice_open(Mixer* mixer, uint64_t voice, const VoiceOptions* options) noexcept nogil:
    cdef Voice* made
    if not voice_may_open(mixer, voice):
        return -1
    mixer.serial += 1
    made = voice_stream(voice, mixer.serial, mixer.channels, &options.playout)
    if made != NULL:
        voice_take(made, options)
    return voice_enter(mixer, made)


cdef int mixer_clip_open(Mixer* mixer, uint64_t voice, const Clip* clip, bint loop, float gain) noexcept nogil:
    cdef Voice* made
    if not voice_may_open(mixer, voice):
        return -1
    mixer.serial += 1
    made = voice_clip(voice, mixer.serial, mixer.channels, clip.samples, clip.count, loop)
    if made != NULL:
        made.gain = gain_within(gain)
    return voice_enter(mixer, made)


cdef Column* open_column(const Mixer* mixer, uint64_t voice) noexcept nogil:
    cdef Column* column = matrix_column(&mixer.matrix, voice)
    return column if column != NULL and column.voice != NULL else NULL


cdef void mixer_voice_close(Mixer* mixer, uint64_t voice) noexcept nogil:
    cdef Column* column = open_column(mixer, voice)
    cdef Voice* closed
    cdef int at = 0, i
    if column == NULL:
        return
    closed = column.voice
    while mixer.columns[at] != column:
        at += 1
    mixer.voice_count -= 1
    for i in range(at, mixer.voice_count):
        mixer.columns[i] = mixer.columns[i + 1]
    matrix_voice_close(&mixer.matrix, column)
    mixer.choose_anew = 1
    if not closed.playing:
        voice_free(closed)
        return
    # The caller may free a clip as soon as this returns, so its last sound is made now.
    voice_render(closed, mixer.now_us + TICK_US)
    closed.playing = 0
    closed.next = mixer.closing
    mixer.closing = closed


cdef void mixer_voice_set(Mixer* mixer, uint64_t voice, const VoiceOptions* options) noexcept nogil:
    cdef Column* column = open_column(mixer, voice)
    if column == NULL or column.voice.playout == NULL:
        return
    mixer_voice_gain(mixer, voice, options.gain)
    voice_take(column.voice, options)


cdef void mixer_voice_gain(Mixer* mixer, uint64_t voice, float gain) noexcept nogil:
    cdef Column* column = open_column(mixer, voice)
    gain = gain_within(gain)
    if column == NULL or column.voice.gain == gain:
        return
    column.voice.gain = gain
    # An entry that equals the rule is no override, and the rule has changed.
    matrix_touch(&mixer.matrix, column)
    mixer.replan = 1


cdef void mixer_voice_packet(Mixer* mixer, uint64_t voice, const uint8_t* rtp, size_t size, int level, int64_t now_us) noexcept nogil:
    cdef Column* column = open_column(mixer, voice)
    if column != NULL:
        voice_packet(column.voice, rtp, size, level, now_us)


cdef void mixer_voice_repair(Mixer* mixer, uint64_t voice, int64_t repair_us) noexcept nogil:
    cdef Column* column = open_column(mixer, voice)
    repair_us = 0 if repair_us < 0 else (REPAIR_MOST_US if repair_us > REPAIR_MOST_US else repair_us)
    if column != NULL and column.voice.playout != NULL:
        playout_repair(column.voice.playout, <int32_t>repair_us)


cdef int mixer_voice_stats(const Mixer* mixer, uint64_t voice, PlayoutStats* out) noexcept nogil:
    cdef Column* column = open_column(mixer, voice)
    if column == NULL or column.voice.playout == NULL:
        return -1
    playout_stats(column.voice.playout, out)
    return 0


cdef int mixer_listener_open(Mixer* mixer, uint64_t listener, uint64_t own_voice, float gain) noexcept nogil:
    return matrix_listener_open(&mixer.matrix, listener, own_voice, gain)


cdef void mixer_listener_close(Mixer* mixer, uint64_t listener) noexcept nogil:
    cdef Listener* found = matrix_listener(&mixer.matrix, listener)
    if found == NULL:
        return
    rows_leave(&mixer.rows, found)
    matrix_listener_close(&mixer.matrix, found)
    mixer.replan = 1


cdef void mixer_listener_gain(Mixer* mixer, uint64_t listener, float gain) noexcept nogil:
    cdef Listener* found = matrix_listener(&mixer.matrix, listener)
    if found != NULL:
        matrix_listener_gain(&mixer.matrix, found, gain)


cdef void mixer_listener_own(Mixer* mixer, uint64_t listener, uint64_t own_voice) noexcept nogil:
    cdef Listener* found = matrix_listener(&mixer.matrix, listener)
    if found != NULL:
        matrix_listener_own(&mixer.matrix, found, own_voice)


cdef void mixer_hear(Mixer* mixer, uint64_t listener, uint64_t voice, float gain) noexcept nogil:
    cdef Listener* found = matrix_listener(&mixer.matrix, listener)
    if found != NULL:
        matrix_hear(&mixer.matrix, found, voice, gain)


cdef void note(Mixer* mixer, const Voice* voice, uint8_t kind) noexcept nogil:
    mixer.notices[mixer.notice_count].voice = voice.id
    mixer.notices[mixer.notice_count].kind = kind
    mixer.notice_count += 1


cdef void voice_decode(Mixer* mixer, Voice* voice) noexcept nogil:
    voice_render(voice, mixer.now_us)
    mixer.stats.decodes += 1


cdef int streams_hear(Mixer* mixer) noexcept nogil:
    """The streams that were chosen or have to be judged by their sound make it; all get their levels. How many streams there are."""
    cdef Column* column
    cdef Voice* voice
    cdef int i, count = 0
    for i in range(mixer.voice_count):
        column = mixer.columns[i]
        voice = column.voice
        if voice.playout == NULL or not voice.started:
            continue
        voice.rendered = 0
        voice.speaker.wanted = matrix_wants(&mixer.matrix, column)
        if voice.speaker.chosen or speaker_needs_sound(&voice.speaker):
            voice_decode(mixer, voice)
        speaker_tick(&voice.speaker, voice.sounding_level if voice.rendered else -1)
        mixer.speakers[count] = &voice.speaker
        count += 1
    return count


cdef void voices_finish(Mixer* mixer) noexcept nogil:
    """Everybody else's tick: the newly chosen make their sound, the others pass, clips play; and what there is to say of each."""
    cdef Voice* voice
    cdef int i, change
    for i in range(mixer.voice_count):
        voice = mixer.columns[i].voice
        if voice.playout == NULL:
            if not voice.ended:
                voice_render(voice, mixer.now_us)
                if voice.ended:
                    note(mixer, voice, NOTICE_VOICE_ENDED)
                    mixer.choose_anew = 1
            elif voice.rendered:
                voice_skip(voice, mixer.now_us)
        elif voice.started:
            if voice.speaker.chosen and not voice.rendered:
                voice_decode(mixer, voice)
            elif not voice.rendered:
                voice_skip(voice, mixer.now_us)
                mixer.stats.skips += 1
            change = activity_note(&voice.activity, voice.sound_speech if voice.detect_voice else speaker_speaks(&voice.speaker))
            if change != ACTIVITY_SAME:
                note(mixer, voice, NOTICE_VOICE_ACTIVE if change == ACTIVITY_STARTED else NOTICE_VOICE_INACTIVE)


cdef void playing_list(Mixer* mixer) noexcept nogil:
    """What plays from now on: the chosen streams, and the clips that have not ended. Whose state changes, changes what people hear."""
    cdef Column* column
    cdef Voice* voice
    cdef bint plays
    cdef int i
    mixer.playing_count = 0
    for i in range(mixer.voice_count):
        column = mixer.columns[i]
        voice = column.voice
        plays = voice.speaker.chosen if voice.playout != NULL else not voice.ended
        if plays != voice.playing:
            voice.playing = plays
            matrix_touch(&mixer.matrix, column)
        if plays:
            mixer.playing[mixer.playing_count] = voice
            mixer.playing_count += 1
    mixer.choose_anew = 0
    mixer.replan = 1


cdef bint packets_reserve(Mixer* mixer) noexcept nogil:
    cdef void* grown
    if mixer.plan.mix_count <= mixer.packet_room:
        return 1
    grown = realloc(mixer.packets, (<size_t>mixer.plan.mix_count + 16) * sizeof(MixerPacket))
    if grown == NULL:
        return 0
    mixer.packets = <MixerPacket*>grown
    mixer.packet_room = mixer.plan.mix_count + 16
    return 1


cdef void mix_tick(Mixer* mixer, Mix* mix, MixerPacket* packet) noexcept nogil:
    cdef int work = mix_run(mix, mixer.settings.dtx)
    mixer.stats.encodes += (work & MIX_ENCODED) != 0
    mixer.stats.limited += (work & MIX_LIMITED) != 0
    packet.mix = mix.index
    packet.size = mix.size
    packet.level = mix.level
    packet.voice = mix.voice
    packet.talkspurt = mix.talkspurt
    packet.payload = mix.payload


cdef void mixer_tick(Mixer* mixer, int64_t now_us, MixerTick* out) noexcept nogil:
    cdef bint planned = 0, failed = 0
    cdef int i
    memset(out, 0, sizeof(MixerTick))
    mixer.now_us = now_us
    mixer.notice_count = 0
    mixer.stats.ticks += 1
    if mixer.meet_ticks:
        mixer.meet_ticks -= 1
        # Sounds that have become one may meet now.
        mixer.replan |= mixer.meet_ticks == 0
    if speakers_choose(mixer.speakers, streams_hear(mixer), mixer.speakers_most) or mixer.choose_anew:
        playing_list(mixer)
    voices_finish(mixer)
    if mixer.matrix.dirty != NULL or mixer.replan:
        # Without memory everything stays as it is, the sound of closed voices too, and the next tick tries again.
        planned = rows_refresh(&mixer.rows, &mixer.matrix) and plan_make(
            &mixer.plan, &mixer.rows, mixer.playing, mixer.playing_count, mixer.matrix.listener_count, &mixer.settings
        )
        failed = not planned
        mixer.replan = failed
    if packets_reserve(mixer):
        for i in range(mixer.plan.mix_room):
            if mixer.plan.mixes[i] != NULL:
                mix_tick(mixer, mixer.plan.mixes[i], &mixer.packets[out.packet_count])
                if mix_settle(mixer.plan.mixes[i]):
                    mixer.meet_ticks = MIX_MEET_TICKS + 1
                out.packet_count += 1
    if not failed:
        closing_free(mixer)
    out.packets = mixer.packets
    out.moves = mixer.plan.moves
    out.move_count = mixer.plan.move_count if planned else 0
    out.notices = mixer.notices
    out.notice_count = mixer.notice_count


cdef void mixer_stats(const Mixer* mixer, MixerStats* out) noexcept nogil:
    out[0] = mixer.stats
    out.voices = <uint32_t>mixer.voice_count
    out.listeners = mixer.matrix.listener_count
    out.mixes = <uint32_t>mixer.plan.mix_count


cdef const float* mixer_mix_samples(const Mixer* mixer, uint32_t mix) noexcept nogil:
    if <int64_t>mix >= mixer.plan.mix_room or mixer.plan.mixes[mix] == NULL:
        return NULL
    return mixer.plan.mixes[mix].samples
