"""Test doors on `native.audio`: the mixer, and its limiter, encoder, automatic level and voice activity alone. For `tests/` and `bench/` only."""
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from native.audio.activity cimport VoiceActivity, activity_init, activity_judge, activity_note
from native.audio.level cimport AutomaticLevel, automatic_level_init, automatic_level_run, level_from_mean_square, level_mean_square
from native.audio.limiter cimport LIMITER_DELAY, Limiter, limiter_init, limiter_run
from native.audio.mixer cimport (
    MIXER_SAMPLES,
    Clip,
    MixerOptions,
    MixerStats,
    MixerTick,
    VoiceOptions,
    mixer_clip_open,
    mixer_complexity_limit,
    mixer_free,
    mixer_hear,
    mixer_listener_close,
    mixer_listener_gain,
    mixer_listener_open,
    mixer_listener_own,
    mixer_mix_samples,
    mixer_new,
    mixer_noise_library,
    mixer_set,
    mixer_stats,
    mixer_tick,
    mixer_voice_close,
    mixer_voice_gain,
    mixer_voice_open,
    mixer_voice_packet,
    mixer_voice_repair,
    mixer_voice_set,
    mixer_voice_stats,
)
from native.audio.mixer cimport Mixer as MixerState
from native.audio.opus cimport ENCODER_PACKET_BYTES, Encoder, EncoderSettings, encoder_copy, encoder_encode, encoder_free, encoder_init, encoder_join
from native.audio.playout cimport PlayoutStats

NOTICES = ("ended", "active", "inactive")
LOOK_AHEAD_SAMPLES = LIMITER_DELAY


def noise_library(path: str) -> bool:
    """Opens RNNoise's library for this process."""
    return mixer_noise_library(path.encode()) == 0


def level(samples: bytes) -> int:
    """RFC 6464 level of float32 samples."""
    cdef const float* data = <const float*><const char*>samples
    return level_from_mean_square(level_mean_square(data, <int>(len(samples) // sizeof(float))))


cdef VoiceOptions voice_options(dict given):
    cdef VoiceOptions options
    memset(&options, 0, sizeof(options))
    options.gain = given.pop("gain", 1.0)
    options.suppress_noise = given.pop("suppress_noise", False)
    options.detect_voice = given.pop("detect_voice", False)
    options.automatic_level = given.pop("automatic_level", False)
    options.playout.delay_min_ms = given.pop("delay_min_ms", 0)
    options.playout.delay_max_ms = given.pop("delay_max_ms", 0)
    if given:
        raise TypeError(f"no such voice option: {sorted(given)}")
    return options


cdef MixerOptions mixer_options(dict given):
    cdef MixerOptions options
    memset(&options, 0, sizeof(options))
    options.channels = given.pop("channels", 0)
    options.complexity = given.pop("complexity", 0)
    options.expected_loss_percent = given.pop("expected_loss_percent", 0)
    options.dtx = given.pop("dtx", False)
    options.bitrate_bps = given.pop("bitrate_bps", 0)
    options.speakers_most = given.pop("speakers_most", 0)
    if given:
        raise TypeError(f"no such mixer option: {sorted(given)}")
    return options


cdef class Mixer:
    """A mixing room. Times in microseconds; levels RFC 6464, below 0 = unknown; sound as bytes of float32."""
    cdef MixerState* mixer
    cdef int channels
    cdef dict clips                # what open clips play from

    def __cinit__(self, **options):
        cdef MixerOptions wanted = mixer_options(dict(options))
        self.channels = 2 if wanted.channels == 2 else 1
        self.clips = {}
        self.mixer = mixer_new(&wanted)
        if self.mixer == NULL:
            raise MemoryError

    def __dealloc__(self):
        mixer_free(self.mixer)

    def set(self, **options) -> None:
        cdef MixerOptions wanted = mixer_options(dict(options))
        mixer_set(self.mixer, &wanted)

    def complexity_limit(self, int complexity) -> None:
        mixer_complexity_limit(self.mixer, complexity)

    def voice_open(self, uint64_t voice, **options) -> bool:
        cdef VoiceOptions wanted = voice_options(dict(options))
        return mixer_voice_open(self.mixer, voice, &wanted) == 0

    def clip_open(self, uint64_t voice, bytes samples, bint loop=False, float gain=1) -> bool:
        cdef Clip clip
        # A block of its own with nothing behind it, freed as soon as the voice is closed: so a sanitizer sees who reads too far or too late.
        cdef void* own = malloc(max(len(samples), 1))
        if own == NULL:
            raise MemoryError
        memcpy(own, <const char*>samples, len(samples))
        clip.samples = <const float*>own
        clip.count = len(samples) // sizeof(float)
        if mixer_clip_open(self.mixer, voice, &clip, loop, gain) != 0:
            free(own)
            return False
        self.clips[voice] = <size_t>own
        return True

    def voice_close(self, uint64_t voice) -> None:
        mixer_voice_close(self.mixer, voice)
        free(<void*><size_t>self.clips.pop(voice, 0))

    def voice_set(self, uint64_t voice, **options) -> None:
        cdef VoiceOptions wanted = voice_options(dict(options))
        mixer_voice_set(self.mixer, voice, &wanted)

    def voice_gain(self, uint64_t voice, float gain) -> None:
        mixer_voice_gain(self.mixer, voice, gain)

    def voice_packet(self, uint64_t voice, bytes rtp, int level=-1, int64_t now_us=0) -> None:
        mixer_voice_packet(self.mixer, voice, <const uint8_t*><const char*>rtp, len(rtp), level, now_us)

    def voice_repair(self, uint64_t voice, int64_t repair_us) -> None:
        mixer_voice_repair(self.mixer, voice, repair_us)

    def voice_stats(self, uint64_t voice) -> dict | None:
        cdef PlayoutStats stats
        return dict(stats) if mixer_voice_stats(self.mixer, voice, &stats) == 0 else None

    def listener_open(self, uint64_t listener, uint64_t own_voice=0, float gain=1) -> bool:
        return mixer_listener_open(self.mixer, listener, own_voice, gain) == 0

    def listener_close(self, uint64_t listener) -> None:
        mixer_listener_close(self.mixer, listener)

    def listener_gain(self, uint64_t listener, float gain) -> None:
        mixer_listener_gain(self.mixer, listener, gain)

    def listener_own(self, uint64_t listener, uint64_t own_voice) -> None:
        mixer_listener_own(self.mixer, listener, own_voice)

    def hear(self, uint64_t listener, uint64_t voice, float gain) -> None:
        mixer_hear(self.mixer, listener, voice, gain)

    def tick(self, int64_t now_us) -> tuple[list, dict, list]:
        """(moves as (listener, mix), packets by mix, notices as (voice, what))."""
        cdef MixerTick made
        cdef int i
        with nogil:
            mixer_tick(self.mixer, now_us, &made)
        moves = [(made.moves[i].listener, made.moves[i].mix) for i in range(made.move_count)]
        packets = {}
        for i in range(made.packet_count):
            packets[made.packets[i].mix] = {
                "payload": <bytes>(<const char*>made.packets[i].payload)[:made.packets[i].size],
                "level": made.packets[i].level,
                "voice": made.packets[i].voice,
                "talkspurt": made.packets[i].talkspurt,
            }
        notices = [(made.notices[i].voice, NOTICES[made.notices[i].kind]) for i in range(made.notice_count)]
        return moves, packets, notices

    def ticks(self, int64_t now_us, int count) -> int64_t:
        """So many ticks for measuring what one costs; the time of the next."""
        cdef MixerTick made
        with nogil:
            for _ in range(count):
                mixer_tick(self.mixer, now_us, &made)
                now_us += 20000
        return now_us

    def samples(self, uint32_t mix) -> bytes | None:
        """What this mix encoded in the last tick."""
        cdef const float* found = mixer_mix_samples(self.mixer, mix)
        return <bytes>(<const char*>found)[:MIXER_SAMPLES * self.channels * sizeof(float)] if found != NULL else None

    def stats(self) -> dict:
        cdef MixerStats stats
        mixer_stats(self.mixer, &stats)
        return dict(stats)


cdef class SoftLimiter:
    """A Limiter; sound in and out as bytes of float32."""
    cdef Limiter limiter

    def __init__(self, int channels=1):
        limiter_init(&self.limiter, channels)

    def run(self, bytes samples) -> tuple[bytes, bool]:
        cdef bytearray out = bytearray(samples)
        acted = limiter_run(&self.limiter, <float*><char*>out, <int>(len(samples) // sizeof(float) // self.limiter.channels))
        return bytes(out), acted


cdef class LevelControl:
    """An AutomaticLevel and the VoiceActivity that tells it what is speech; 20 ms of mono float32 at a time."""
    cdef AutomaticLevel level
    cdef VoiceActivity activity

    def __init__(self):
        automatic_level_init(&self.level)
        activity_init(&self.activity)

    def run(self, bytes samples) -> tuple[bytes, bool]:
        """(the sound at the common level, whether somebody speaks)."""
        cdef bytearray out = bytearray(samples)
        cdef float* data = <float*><char*>out
        cdef int frames = <int>(len(samples) // sizeof(float))
        cdef float mean_square = level_mean_square(data, frames)
        activity_note(&self.activity, activity_judge(&self.activity, data, frames, 1, mean_square))
        automatic_level_run(&self.level, data, frames, 1, mean_square, self.activity.active)
        return bytes(out), self.activity.active


cdef class OpusCoder:
    """An Encoder."""
    cdef Encoder encoder

    def __cinit__(self, int channels=1, int complexity=9, int expected_loss_percent=0, bint dtx=False, uint32_t bitrate_bps=32000):
        cdef EncoderSettings settings
        settings.complexity = <uint8_t>complexity
        settings.expected_loss_percent = <uint8_t>expected_loss_percent
        settings.dtx = dtx
        settings.bitrate_bps = bitrate_bps
        if encoder_init(&self.encoder, channels, &settings) != 0:
            raise MemoryError

    def __dealloc__(self):
        encoder_free(&self.encoder)

    def copy_from(self, OpusCoder other) -> None:
        encoder_copy(&self.encoder, &other.encoder)

    def join(self) -> None:
        encoder_join(&self.encoder)

    def encode(self, bytes samples) -> bytes:
        cdef uint8_t[ENCODER_PACKET_BYTES] packet
        cdef const float* data = <const float*><const char*>samples
        size = encoder_encode(&self.encoder, data, <int>(len(samples) // sizeof(float) // self.encoder.channels), packet)
        return <bytes>(<const char*>packet)[:size]
