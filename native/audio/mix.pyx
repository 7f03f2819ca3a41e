"""One distinct mix: a sum of voices with gains, its limiter, its encoder, its packet.

Called by audio.mixer each tick and by audio.plan when mixes come, part and end. Which listeners hear it is not its business.

Gains move from `start` to `end` along a smooth curve over the first 10 ms of a tick and stand still for the rest, so a change is done when its
tick is. Silence is coded a few times and then its packet is repeated: Opus takes as long for silence as for speech, and the decoder cannot tell.
"""
from libc.stdint cimport int32_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memcpy, memset

from native.audio.index cimport hash_step
from native.audio.level cimport LEVEL_SILENCE, level_from_mean_square, level_mean_square
from native.audio.limiter cimport limiter_init, limiter_run
from native.audio.opus cimport encoder_copy, encoder_encode, encoder_free, encoder_init, encoder_join, encoder_reset
from native.audio.voice cimport VOICE_SAMPLES

cdef enum:
    RAMP_SAMPLES = 480             # 10 ms: shorter clicks, longer clips syllables
    # So many ticks of silence are coded before the packet is repeated: the encoder's look-ahead and its filters have run empty by then.
    SILENCE_CODED_TICKS = 10
    # DTX: one packet in 400 ms tells the receiver that the stream lives, as Opus' own DTX does.
    DTX_REFRESH_TICKS = 20

cdef float SILENCE_MEAN_SQUARE = 1e-10         # -100 dBov: below what 16 bits can say


cdef uint64_t mix_hash_step(uint64_t hash, const Voice* voice, float gain) noexcept nogil:
    cdef int32_t bits
    memcpy(&bits, &gain, sizeof(bits))
    return hash_step(hash_step(hash, voice.serial), <uint64_t>bits)


cdef Mix* mix_new(int channels, const EncoderSettings* settings) noexcept nogil:
    cdef Mix* mix = <Mix*>calloc(1, sizeof(Mix))
    if mix == NULL:
        return NULL
    mix.channels = <uint8_t>channels
    mix.samples = <float*>calloc(VOICE_SAMPLES * channels, sizeof(float))
    if mix.samples == NULL or encoder_init(&mix.encoder, channels, settings) != 0:
        mix_free(mix)
        return NULL
    mix_reset(mix)
    return mix


cdef void mix_free(Mix* mix) noexcept nogil:
    if mix == NULL:
        return
    encoder_free(&mix.encoder)
    free(mix.samples)
    free(mix.terms)
    free(mix)


cdef void mix_reset(Mix* mix) noexcept nogil:
    encoder_reset(&mix.encoder)
    limiter_init(&mix.limiter, mix.channels)
    mix.term_count = 0
    mix.hash = MIX_HASH_START
    mix.steady_ticks = 0
    mix.silent_ticks = 0
    mix.paused = 1                 # its first packet begins a talkspurt
    mix.size = mix.silence_size = 0
    mix.level = LEVEL_SILENCE


cdef bint mix_copy(Mix* mix, const Mix* source) noexcept nogil:
    if not mix_reserve(mix, source.term_count):
        return 0
    encoder_copy(&mix.encoder, &source.encoder)
    mix.limiter = source.limiter
    if source.term_count:
        memcpy(mix.terms, source.terms, <size_t>source.term_count * sizeof(Term))
    mix.term_count = source.term_count
    mix.hash = source.hash
    mix.steady_ticks = source.steady_ticks
    mix.silent_ticks = source.silent_ticks
    mix.paused = source.paused
    mix.silence_size = source.silence_size
    memcpy(mix.payload, source.payload, sizeof(mix.payload))
    return 1


cdef bint mix_reserve(Mix* mix, int terms) noexcept nogil:
    cdef Term* grown
    if terms <= mix.term_room:
        return 1
    grown = <Term*>realloc(mix.terms, (<size_t>terms + 8) * sizeof(Term))
    if grown == NULL:
        return 0
    mix.terms = grown
    mix.term_room = terms + 8
    return 1


cdef bint mix_sounds_like(const Mix* mix, const Mix* other) noexcept nogil:
    cdef int i
    if mix.hash != other.hash or mix.term_count != other.term_count or mix.steady_ticks < MIX_MEET_TICKS or other.steady_ticks < MIX_MEET_TICKS:
        return 0
    for i in range(mix.term_count):
        if mix.terms[i].voice != other.terms[i].voice or mix.terms[i].start != other.terms[i].start:
            return 0
    return 1


cdef void add(float* out, const float* samples, int count, float gain) noexcept nogil:
    cdef int i
    for i in range(count):
        out[i] += samples[i] * gain


cdef void add_ramp(float* out, const float* samples, int frames, int channels, float start, float end) noexcept nogil:
    cdef float at, gain
    cdef int i, channel
    for i in range(RAMP_SAMPLES):
        at = (<float>i + <float>0.5) / RAMP_SAMPLES
        gain = start + (end - start) * (at * at * (3 - 2 * at))
        for channel in range(channels):
            out[i * channels + channel] += samples[i * channels + channel] * gain
    if end != 0:
        add(out + RAMP_SAMPLES * channels, samples + RAMP_SAMPLES * channels, (frames - RAMP_SAMPLES) * channels, end)


cdef bint mix_sum(Mix* mix) noexcept nogil:
    """The limited sum into samples. True: the limiter acted."""
    cdef Term* term
    cdef int i
    memset(mix.samples, 0, VOICE_SAMPLES * mix.channels * sizeof(float))
    mix.voice = 0
    for i in range(mix.term_count):
        term = &mix.terms[i]
        if term.start == term.end:
            add(mix.samples, term.voice.samples, VOICE_SAMPLES * mix.channels, term.end)
        else:
            add_ramp(mix.samples, term.voice.samples, VOICE_SAMPLES, mix.channels, term.start, term.end)
        mix.voice |= term.voice.activity.active and term.end > 0
    return limiter_run(&mix.limiter, mix.samples, VOICE_SAMPLES)


cdef int mix_run(Mix* mix, bint dtx) noexcept nogil:
    cdef int work = MIX_LIMITED if mix_sum(mix) else 0
    cdef float mean_square = level_mean_square(mix.samples, VOICE_SAMPLES * mix.channels)
    cdef bint was_silent = mix.silent_ticks >= SILENCE_CODED_TICKS
    mix.level = level_from_mean_square(mean_square)
    mix.talkspurt = 0
    mix.silent_ticks = mix.silent_ticks + 1 if mean_square < SILENCE_MEAN_SQUARE else 0
    if mix.silent_ticks > SILENCE_CODED_TICKS and mix.silence_size:
        if mix.silent_ticks > (1 << 30):
            mix.silent_ticks -= 1 << 29
        mix.size = mix.silence_size
        if dtx and mix.silent_ticks % DTX_REFRESH_TICKS:
            mix.size = 0
            mix.paused = 1
        return work
    if was_silent:
        encoder_join(&mix.encoder)             # the decoder has heard more silence than the encoder has made
    mix.size = <uint16_t>encoder_encode(&mix.encoder, mix.samples, VOICE_SAMPLES, mix.payload)
    if mix.size:
        mix.talkspurt = mix.paused
        # What is coded in the first silent ticks still holds the end of the sound.
        mix.silence_size = mix.size if mix.silent_ticks > SILENCE_CODED_TICKS // 2 else 0
    mix.paused = mix.size == 0
    return work | MIX_ENCODED


cdef bint mix_settle(Mix* mix) noexcept nogil:
    cdef bint moved = 0
    cdef int i, kept = 0
    for i in range(mix.term_count):
        moved |= mix.terms[i].start != mix.terms[i].end
    if not moved:
        mix.steady_ticks += mix.steady_ticks < MIX_MEET_TICKS
        return 0
    mix.steady_ticks = 0
    mix.hash = MIX_HASH_START
    for i in range(mix.term_count):
        if mix.terms[i].end != 0:
            mix.terms[kept] = mix.terms[i]
            mix.terms[kept].start = mix.terms[kept].end
            mix.hash = mix_hash_step(mix.hash, mix.terms[kept].voice, mix.terms[kept].end)
            kept += 1
    mix.term_count = kept
    return 1
