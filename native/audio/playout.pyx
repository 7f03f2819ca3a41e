"""A packet stream played out evenly: the jitter buffer's decisions carried out on sound.

For the mixer, one for each participant it hears, and `tresen bench jitter`. What is in a packet is `playout_packet`'s, decoding and joining
`playout_sound`'s, deciding `stream.jitter`'s; here is the call that brings them together, and when time is scaled.

Invariants: one allocation in its life; a call's work is bounded, whatever the packets say.
"""
from libc.stddef cimport size_t
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from native.audio.playout_packet cimport playout_packet_put
from native.audio.playout_sound cimport (
    sound_compact,
    sound_mark,
    sound_note,
    sound_perform,
    sound_quiet,
    sound_taken,
    sound_warm_up,
)
from native.audio.playout_state cimport HISTORY, PACKET_SAMPLES_MAX, RATE, ROOM, PlayoutState, decoded_to, played_to
from native.audio.stretch cimport STRETCH_AHEAD, STRETCH_LAG_MAX, STRETCH_TAIL, stretch_lengthen, stretch_shorten
from native.c.opus cimport OPUS_OK, OpusDecoder, opus_decoder_get_size, opus_decoder_init
from native.stream.jitter cimport (
    JITTER_DECODE,
    Jitter,
    JitterStep,
    jitter_content,
    jitter_init,
    jitter_media_ts64,
    jitter_next,
    jitter_ready,
    jitter_scale,
    jitter_scaled,
    jitter_span_samples,
)
from native.stream.jitter_delay cimport delay_base_us, delay_target_us

cdef enum:
    DELAY_MAX_DEFAULT_MS = 1000
    STEPS_MAX = 64                 # per call; each appends 2.5 ms at least
    PAUSE_SAMPLES = 8640           # quiet for 180 ms: between words, not within one
    LIKENESS_PERCENT = 80          # of two periods of speech: what is less alike is left as it is


cdef inline size_t aligned(size_t bytes) noexcept nogil:
    return (bytes + 63) & ~<size_t>63


cdef size_t playout_bytes(const PlayoutOptions* options) noexcept nogil:
    cdef int channels = 2 if options != NULL and options.channels == 2 else 1
    return (aligned(sizeof(PlayoutState)) + 2 * aligned(opus_decoder_get_size(channels))
            + (ROOM + PACKET_SAMPLES_MAX + STRETCH_TAIL) * channels * sizeof(float))


cdef Playout* playout_new(const PlayoutOptions* options) noexcept nogil:
    cdef PlayoutState* playout
    cdef int channels = 2 if options != NULL and options.channels == 2 else 1
    cdef size_t decoder_bytes = aligned(opus_decoder_get_size(channels))
    cdef size_t at = aligned(sizeof(PlayoutState))
    cdef int32_t least = 0
    cdef int32_t most = DELAY_MAX_DEFAULT_MS
    playout = <PlayoutState*>calloc(1, playout_bytes(options))
    if playout == NULL:
        return NULL
    if options != NULL:
        playout.opus_payload_type = options.opus_payload_type
        playout.red_payload_type = options.red_payload_type
        playout.comfort_payload_type = options.comfort_payload_type
        least = options.delay_min_ms
        if options.delay_max_ms > 0:
            most = options.delay_max_ms
    playout.channels = channels
    playout.decoder_bytes = opus_decoder_get_size(channels)
    playout.decoder = <OpusDecoder*>(<uint8_t*>playout + at)
    playout.before = <uint8_t*>playout + at + decoder_bytes
    playout.pcm = <float*>(<uint8_t*>playout + at + 2 * decoder_bytes)
    playout.scratch = playout.pcm + ROOM * channels
    playout.tail = playout.scratch + PACKET_SAMPLES_MAX * channels
    if opus_decoder_init(playout.decoder, RATE, channels) != OPUS_OK:
        free(playout)
        return NULL
    jitter_init(&playout.jitter, least * 1000, (most if most > least else least) * 1000)
    playout.begin = playout.end = HISTORY
    playout.noise = 1
    return <Playout*>playout


cdef void playout_free(Playout* playout) noexcept nogil:
    free(playout)


cdef inline int64_t sane(int64_t now_us) noexcept nogil:
    """A time that arithmetic can take: 285 years either way are enough."""
    return 0 if now_us < 0 else (now_us if now_us < <int64_t>1 << 53 else <int64_t>1 << 53)


cdef int playout_put(Playout* playout, const uint8_t* rtp, size_t size, int64_t now_us) noexcept nogil:
    return playout_packet_put(<PlayoutState*>playout, rtp, size, sane(now_us))


cdef inline int pause_kind(const PlayoutState* playout, bint quiet) noexcept nogil:
    return 0 if not quiet else (2 if playout.quiet_samples >= PAUSE_SAMPLES else 1)


cdef void scale(PlayoutState* playout, int64_t now_us, int pull) noexcept nogil:
    """Plays faster or slower, where the jitter buffer wants it and the sound allows it."""
    cdef int pending = playout.end - playout.begin
    cdef bint quiet
    cdef int wanted
    cdef JitterStep step
    cdef int done
    if jitter_content(&playout.jitter, now_us, pending, pull):
        return
    quiet = sound_quiet(playout, played_to(playout), pending)
    wanted = jitter_scale(&playout.jitter, now_us, pending, pull, pause_kind(playout, quiet))
    if wanted > 0:
        while pending < STRETCH_AHEAD and jitter_ready(&playout.jitter):
            jitter_next(&playout.jitter, now_us, pending, pull, &step)
            sound_perform(playout, &step)
            pending = playout.end - playout.begin
        if pending < STRETCH_AHEAD:
            return
        quiet = sound_quiet(playout, played_to(playout), pending)
        wanted = jitter_scale(&playout.jitter, now_us, pending, pull, pause_kind(playout, quiet))
        if wanted <= 0:
            return
        if quiet:
            wanted = wanted if wanted < pending // 2 else pending // 2
            done = stretch_shorten(played_to(playout), pending, playout.channels, wanted, 0)
        else:
            done = stretch_shorten(played_to(playout), pending, playout.channels, wanted, LIKENESS_PERCENT)
        if done > 0:
            playout.end -= done
            playout.counts.samples_removed += done
            jitter_scaled(&playout.jitter, quiet, now_us)
            sound_mark(playout, PLAYOUT_FASTER)
    elif wanted < 0:
        if pending < STRETCH_LAG_MAX:
            return
        done = stretch_lengthen(played_to(playout), pending, playout.channels, -wanted, 0 if quiet else LIKENESS_PERCENT)
        if done > 0:
            sound_note(playout, PLAYOUT_SLOWER, done)
            playout.counts.samples_inserted += done
            jitter_scaled(&playout.jitter, quiet, now_us)
            sound_mark(playout, PLAYOUT_SLOWER)


cdef void scale_unheard(PlayoutState* playout, int64_t now_us, int pull) noexcept nogil:
    """As `scale`, where there is no sound to be careful with."""
    cdef int pending = playout.end - playout.begin
    cdef int wanted = jitter_scale(&playout.jitter, now_us, pending, pull, 1)
    if wanted > pending // 2:
        wanted = pending // 2
    if wanted < -STRETCH_LAG_MAX:
        wanted = -STRETCH_LAG_MAX
    if wanted < 0:
        memset(decoded_to(playout), 0, -wanted * playout.channels * sizeof(float))
    playout.end -= wanted


cdef void advance(PlayoutState* playout, int samples, int64_t now_us) noexcept nogil:
    """Sees to it that `samples` are pending."""
    cdef JitterStep step
    cdef int steps = 0
    now_us = sane(now_us)
    sound_compact(playout)
    while playout.end - playout.begin < samples and steps < STEPS_MAX:
        steps += 1
        jitter_next(&playout.jitter, now_us, playout.end - playout.begin, samples, &step)
        sound_perform(playout, &step)
        if step.action == JITTER_DECODE and not playout.skipping:
            scale(playout, now_us, samples)
        elif step.action == JITTER_DECODE:
            scale_unheard(playout, now_us, samples)
    if playout.end - playout.begin < samples:
        # Only timestamps that overlap in absurd ways lead here.
        memset(decoded_to(playout), 0, (samples - playout.end + playout.begin) * playout.channels * sizeof(float))
        sound_note(playout, PLAYOUT_SILENCE, samples - playout.end + playout.begin)


cdef int playout_get(Playout* handle, float* out, int samples, int64_t now_us) noexcept nogil:
    cdef PlayoutState* playout = <PlayoutState*>handle
    cdef int kind
    cdef int left
    if samples <= 0 or samples > 960:
        return PLAYOUT_SILENCE
    if playout.skipping:
        sound_warm_up(playout)
    advance(playout, samples, now_us)
    memcpy(out, played_to(playout), samples * playout.channels * sizeof(float))
    kind = sound_taken(playout, samples)
    playout.begin += samples
    playout.counts.samples += samples
    if kind == PLAYOUT_SILENCE:
        playout.counts.samples_silence += samples
    return kind


cdef void playout_skip(Playout* handle, int samples, int64_t now_us) noexcept nogil:
    cdef PlayoutState* playout = <PlayoutState*>handle
    if samples <= 0 or samples > 960:
        return
    if not playout.skipping:
        playout.skipping = 1
        playout.warm_count = 0
    advance(playout, samples, now_us)
    sound_taken(playout, samples)
    playout.begin += samples
    playout.counts.samples += samples
    playout.counts.samples_silence += samples


cdef void playout_repair(Playout* handle, int32_t repair_us) noexcept nogil:
    cdef PlayoutState* playout = <PlayoutState*>handle
    playout.jitter.delay.repair_us = repair_us if repair_us > 0 else 0


cdef uint32_t playout_timestamp(const Playout* handle, bint* known) noexcept nogil:
    cdef const PlayoutState* playout = <const PlayoutState*>handle
    known[0] = playout.jitter.known
    return <uint32_t>(jitter_media_ts64(&playout.jitter) - (playout.end - playout.begin))


cdef void playout_stats(const Playout* handle, PlayoutStats* out) noexcept nogil:
    cdef const PlayoutState* playout = <const PlayoutState*>handle
    cdef const Jitter* jitter = &playout.jitter
    cdef int64_t target_us
    out.packets = playout.counts.packets
    out.packets_malformed = playout.counts.packets_malformed
    out.samples = playout.counts.samples
    out.samples_concealed = playout.counts.samples_concealed
    out.samples_fec = playout.counts.samples_fec
    out.samples_silence = playout.counts.samples_silence
    out.samples_removed = playout.counts.samples_removed
    out.samples_inserted = playout.counts.samples_inserted
    out.packets_late = jitter.late
    out.packets_duplicate = jitter.duplicate
    out.packets_discarded = jitter.discarded
    out.delay_sum_us = jitter.waited_us
    out.packets_played = jitter.played
    target_us = delay_target_us(&jitter.delay, jitter.highest_us) - delay_base_us(&jitter.delay)
    out.target_delay_ms = <uint32_t>(target_us // 1000) if jitter.known and target_us > 0 else 0
    out.delay_ms = <uint32_t>((jitter_span_samples(jitter) + playout.end - playout.begin) // 48)
