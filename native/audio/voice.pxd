"""One thing that is heard: a participant's packet stream or a clip, as 20 ms of sound a tick."""
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint64_t

from native.audio.activity cimport VoiceActivity
from native.audio.level cimport AutomaticLevel
from native.audio.noise cimport NoiseSuppressor
from native.audio.playout cimport Playout, PlayoutOptions
from native.audio.speakers cimport Speaker

cdef enum:
    VOICE_SAMPLES = 960            # a channel and tick

cdef struct Voice:
    uint64_t id
    uint64_t serial                # counts up from voice to voice: the order of all lists of voices
    uint8_t channels
    float gain                     # for listeners without an entry of their own
    bint suppress_noise
    bint detect_voice
    bint automatic_level
    Playout* playout               # NULL: a clip
    const float* clip
    uint64_t clip_count
    uint64_t clip_at
    bint loop
    bint ended                     # a clip that has been played
    bint started                   # a stream of which a packet has come
    bint playing                   # in the sound that is to be heard
    bint rendered                  # `samples` are this tick's
    Speaker speaker
    VoiceActivity activity
    AutomaticLevel level
    NoiseSuppressor noise
    bint sound_speech              # the sound rendered last was like speech (with detect_voice)
    int sounding_level             # RFC 6464, of the sound rendered last
    float* samples                 # VOICE_SAMPLES, interleaved
    Voice* next                    # of those that are closed and fade out

# Gains that came from outside: not a number and below 0 become 0, above GAIN_MOST that.
cdef float gain_within(float gain) noexcept nogil
# NULL without memory.
cdef Voice* voice_stream(uint64_t id, uint64_t serial, int channels, const PlayoutOptions* options) noexcept nogil
cdef Voice* voice_clip(uint64_t id, uint64_t serial, int channels, const float* clip, uint64_t count, bint loop) noexcept nogil
cdef void voice_free(Voice* voice) noexcept nogil
cdef void voice_packet(Voice* voice, const uint8_t* rtp, size_t size, int level, int64_t now_us) noexcept nogil
# This tick's sound. A clip that ends in it gets `ended`.
cdef void voice_render(Voice* voice, int64_t now_us) noexcept nogil
# The tick passes without it.
cdef void voice_skip(Voice* voice, int64_t now_us) noexcept nogil
