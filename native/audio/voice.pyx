"""One thing that is heard: a participant's packet stream or a clip, as 20 ms of sound a tick.

Called by audio.mixer. A stream's sound passes: playout (jitter buffer, Opus) -> noise suppression -> automatic level, the last two where they
were asked for. Mixing and choosing who is heard are not its business.

Invariant: `samples` are finite and not absurdly loud, whatever came in packets or clips.
"""
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from native.audio.activity cimport activity_init, activity_judge
from native.audio.level cimport (
    LEVEL_SILENCE,
    automatic_level_init,
    automatic_level_leave,
    automatic_level_run,
    level_from_mean_square,
    level_mean_square,
)
from native.audio.noise cimport NOISE_FRAME, noise_free, noise_init, noise_run
from native.audio.playout cimport playout_free, playout_get, playout_new, playout_put, playout_skip
from native.audio.speakers cimport speaker_init, speaker_packet

cdef enum:
    TICK_MS = 20

# +18 dB: what lifts a whisper. More is a mistake of the caller.
cdef float GAIN_MOST = 8
# Mean square of +30 dBov: no decoder makes that from anybody's voice, so it is a broken frame and played as silence.
cdef float MEAN_SQUARE_MOST = 1000
cdef float SPEECH_PROBABLE = 0.6


cdef float gain_within(float gain) noexcept nogil:
    if not (gain > 0):
        return 0
    return gain if gain < GAIN_MOST else GAIN_MOST


cdef Voice* voice_new(uint64_t id, uint64_t serial, int channels) noexcept nogil:
    cdef Voice* voice = <Voice*>calloc(1, sizeof(Voice))
    if voice == NULL:
        return NULL
    voice.samples = <float*>calloc(VOICE_SAMPLES * channels, sizeof(float))
    if voice.samples == NULL:
        free(voice)
        return NULL
    voice.id = id
    voice.serial = serial
    voice.channels = <uint8_t>channels
    voice.sounding_level = LEVEL_SILENCE
    speaker_init(&voice.speaker)
    activity_init(&voice.activity)
    automatic_level_init(&voice.level)
    return voice


cdef Voice* voice_stream(uint64_t id, uint64_t serial, int channels, const PlayoutOptions* options) noexcept nogil:
    cdef Voice* voice = voice_new(id, serial, channels)
    cdef PlayoutOptions wanted = options[0]
    if voice == NULL:
        return NULL
    wanted.channels = <uint8_t>channels
    # A tick takes so much at once. With less in store the buffer would run dry and overflow in turns, at every tick.
    if wanted.delay_min_ms < TICK_MS:
        wanted.delay_min_ms = TICK_MS
    if 0 < wanted.delay_max_ms < wanted.delay_min_ms:
        wanted.delay_max_ms = wanted.delay_min_ms
    voice.playout = playout_new(&wanted)
    if voice.playout == NULL:
        voice_free(voice)
        return NULL
    return voice


cdef Voice* voice_clip(uint64_t id, uint64_t serial, int channels, const float* clip, uint64_t count, bint loop) noexcept nogil:
    cdef Voice* voice = voice_new(id, serial, channels)
    if voice == NULL:
        return NULL
    voice.clip = clip
    voice.clip_count = count if clip != NULL else 0
    voice.loop = loop and voice.clip_count > 0
    return voice


cdef void voice_free(Voice* voice) noexcept nogil:
    if voice == NULL:
        return
    if voice.playout != NULL:
        playout_free(voice.playout)
    noise_free(&voice.noise)
    free(voice.samples)
    free(voice)


cdef void voice_packet(Voice* voice, const uint8_t* rtp, size_t size, int level, int64_t now_us) noexcept nogil:
    if voice.playout == NULL or playout_put(voice.playout, rtp, size, now_us) != 0:
        return
    voice.started = 1
    speaker_packet(&voice.speaker, level)


cdef void clip_read(Voice* voice) noexcept nogil:
    """The next samples of the clip on all channels; zeros after its end."""
    cdef int filled = 0, i, channel, count
    cdef const float* source
    while filled < VOICE_SAMPLES:
        if voice.clip_at >= voice.clip_count:
            if not voice.loop:
                voice.ended = 1
                break
            voice.clip_at = 0
        count = VOICE_SAMPLES - filled
        if <uint64_t>count > voice.clip_count - voice.clip_at:
            count = <int>(voice.clip_count - voice.clip_at)
        source = voice.clip + voice.clip_at
        if voice.channels == 1:
            memcpy(voice.samples + filled, source, count * sizeof(float))
        else:
            for i in range(count):
                for channel in range(voice.channels):
                    voice.samples[(filled + i) * voice.channels + channel] = source[i]
        filled += count
        voice.clip_at += <uint64_t>count
    memset(voice.samples + filled * voice.channels, 0, (VOICE_SAMPLES - filled) * voice.channels * sizeof(float))


cdef float checked_mean_square(Voice* voice) noexcept nogil:
    """The frame's mean square; a frame that is not sound becomes silence."""
    cdef float mean_square = level_mean_square(voice.samples, VOICE_SAMPLES * voice.channels)
    if mean_square < MEAN_SQUARE_MOST:         # false for what is not a number
        return mean_square
    memset(voice.samples, 0, VOICE_SAMPLES * voice.channels * sizeof(float))
    return 0


cdef float suppress(Voice* voice) noexcept nogil:
    """Noise suppression on the channels' sum, since RNNoise knows one; the probability of speech. Where it begins or ends, the two cross over."""
    cdef float[VOICE_SAMPLES] clean
    cdef float sum_, speech, share
    cdef int i, channel, channels = voice.channels
    cdef bint begins = voice.noise.state == NULL
    cdef bint ends = not voice.suppress_noise
    if begins and noise_init(&voice.noise) != 0:
        voice.suppress_noise = 0
        return 0
    for i in range(VOICE_SAMPLES):
        sum_ = 0
        for channel in range(channels):
            sum_ += voice.samples[i * channels + channel]
        clean[i] = sum_ / <float>channels
    speech = noise_run(&voice.noise, clean, VOICE_SAMPLES)
    for i in range(VOICE_SAMPLES):
        share = 1
        if begins:             # its first frame is the silence before
            share = <float>(i - NOISE_FRAME) / (VOICE_SAMPLES - NOISE_FRAME) if i > NOISE_FRAME else 0
        elif ends:
            share = 1 - <float>i / VOICE_SAMPLES
        for channel in range(channels):
            voice.samples[i * channels + channel] += (clean[i] - voice.samples[i * channels + channel]) * share
    if ends:
        noise_free(&voice.noise)
    return speech


cdef void stream_render(Voice* voice, int64_t now_us) noexcept nogil:
    cdef float mean_square, clean_speech = -1
    playout_get(voice.playout, voice.samples, VOICE_SAMPLES, now_us)
    mean_square = checked_mean_square(voice)
    if voice.suppress_noise or voice.noise.state != NULL:
        clean_speech = suppress(voice)
        mean_square = checked_mean_square(voice)
    voice.sounding_level = level_from_mean_square(mean_square)
    voice.sound_speech = activity_judge(&voice.activity, voice.samples, VOICE_SAMPLES, voice.channels, mean_square) if voice.detect_voice else 0
    if clean_speech >= 0 and voice.detect_voice:
        # RNNoise has listened more closely than the judgement by level and pitch.
        voice.sound_speech = clean_speech > SPEECH_PROBABLE
    if voice.automatic_level:
        automatic_level_run(&voice.level, voice.samples, VOICE_SAMPLES, voice.channels, mean_square, voice.activity.active)
    elif voice.level.gain != 1:
        automatic_level_leave(&voice.level, voice.samples, VOICE_SAMPLES, voice.channels)


cdef void voice_render(Voice* voice, int64_t now_us) noexcept nogil:
    voice.rendered = 1
    if voice.playout != NULL:
        stream_render(voice, now_us)
        return
    clip_read(voice)
    voice.sounding_level = level_from_mean_square(checked_mean_square(voice))


cdef void voice_skip(Voice* voice, int64_t now_us) noexcept nogil:
    voice.rendered = 0
    voice.sound_speech = 0
    if voice.playout == NULL:
        # An ended clip fades out in the mixes like every voice that ends: on silence.
        memset(voice.samples, 0, VOICE_SAMPLES * voice.channels * sizeof(float))
        voice.sounding_level = LEVEL_SILENCE
    elif voice.started:
        playout_skip(voice.playout, VOICE_SAMPLES, now_us)
