"""A mixing room: voices in, one Opus packet per distinct mix out, every 20 ms.

A voice is something heard: a participant's packet stream, or a clip (hold music, an announcement). A listener is somebody who hears: each has
its own row of gains over the voices. Listeners whose rows come to the same sound this tick share one encode, and nobody hears their own voice.

    gain(listener, voice) = 0                                    when the voice is the listener's own
                          = the entry set for the pair           when there is one (mixer_hear)
                          = listener's gain * voice's gain       else

Every change of a gain is ramped. A function of (packets, commands, now): no clock, no I/O, no Python object; memory is taken when voices,
listeners and mixes come, not in a tick that has the same ones. Called by engine.mixing, `bench` and the test door.
"""
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from native.audio.playout cimport PlayoutOptions, PlayoutStats

cdef enum:
    MIXER_SAMPLES = 960            # of one tick: 20 ms at 48 kHz
    MIXER_PACKET_BYTES = 1275      # RFC 6716 section 3.2: the largest Opus frame
    LEVEL_UNKNOWN = -1             # a packet without the RFC 6464 extension

cdef struct Mixer                  # its body is mixer.pyx's own business

cdef struct MixerOptions:          # zeroes mean the defaults
    uint8_t channels               # 1 (default) or 2, of what is encoded
    uint8_t complexity             # 1 ... 10, default 9
    uint8_t expected_loss_percent  # above 0: in-band FEC for that much loss
    bint dtx                       # silence is hardly sent
    uint32_t bitrate_bps           # default 32000 a channel
    uint16_t speakers_most         # how many streams are decoded and heard at once, the loudest ones; default 8

cdef struct VoiceOptions:
    float gain                     # for listeners without an entry of their own; 1 = as it is
    bint suppress_noise            # RNNoise, where its library was found (mixer_noise_library)
    bint detect_voice              # voice activity by sound rather than by the sender's RFC 6464 level
    bint automatic_level           # brings this speaker to the common loudness
    PlayoutOptions playout

cdef struct Clip:                  # sound that is all there; the caller keeps it until no voice plays it
    const float* samples           # mono, 48 kHz
    uint64_t count

cdef struct MixerPacket:           # what one mix sends in this tick
    uint32_t mix                   # index of the mix; the same from tick to tick while anybody hears it
    uint16_t size                  # of the Opus packet; 0 = nothing to send now (DTX)
    uint8_t level                  # RFC 6464, -dBov, 127 = silence
    bint voice                     # somebody speaks in it
    bint talkspurt                 # first after nothing was sent: the RTP marker bit (RFC 7587 section 4)
    const uint8_t* payload         # valid until the next tick

cdef struct MixerMove:             # a listener hears another mix from this tick on
    uint64_t listener
    uint32_t mix

cdef enum MixerNoticeKind:
    NOTICE_VOICE_ENDED             # a clip was played to its end
    NOTICE_VOICE_ACTIVE            # somebody started to speak
    NOTICE_VOICE_INACTIVE

cdef struct MixerNotice:
    uint64_t voice
    uint8_t kind

cdef struct MixerStats:            # totals since the start, or the present where it says so
    uint64_t ticks
    uint64_t decodes               # streams decoded
    uint64_t skips                 # streams passed by without decoding
    uint64_t encodes
    uint64_t limited               # mixes in which the limiter had to act
    uint32_t voices                # now
    uint32_t listeners             # now
    uint32_t mixes                 # now

cdef struct MixerTick:             # what one tick made; all valid until the next call
    const MixerMove* moves         # to be carried out before the packets are sent
    int move_count
    const MixerPacket* packets
    int packet_count
    const MixerNotice* notices
    int notice_count

# NULL: no memory. `options` NULL = defaults.
cdef Mixer* mixer_new(const MixerOptions* options) noexcept nogil
cdef void mixer_free(Mixer* mixer) noexcept nogil
# Settings that may change while it runs (all but channels).
cdef void mixer_set(Mixer* mixer, const MixerOptions* options) noexcept nogil
# Below what the options say, for a machine under load; 0 = as the options say.
cdef void mixer_complexity_limit(Mixer* mixer, int complexity) noexcept nogil

# Ids are the caller's, > 0, voices and listeners apart. 0 = done, -1 = id in use or no memory.
cdef int mixer_voice_open(Mixer* mixer, uint64_t voice, const VoiceOptions* options) noexcept nogil
cdef int mixer_clip_open(Mixer* mixer, uint64_t voice, const Clip* clip, bint loop, float gain) noexcept nogil
cdef void mixer_voice_close(Mixer* mixer, uint64_t voice) noexcept nogil          # unknown ids are ignored, here and below
cdef void mixer_voice_set(Mixer* mixer, uint64_t voice, const VoiceOptions* options) noexcept nogil
cdef void mixer_voice_gain(Mixer* mixer, uint64_t voice, float gain) noexcept nogil
# One RTP packet of a stream; level: RFC 6464 -dBov 0 ... 127 or LEVEL_UNKNOWN.
cdef void mixer_voice_packet(Mixer* mixer, uint64_t voice, const uint8_t* rtp, size_t size, int level, int64_t now_us) noexcept nogil
cdef void mixer_voice_repair(Mixer* mixer, uint64_t voice, int64_t repair_us) noexcept nogil
cdef int mixer_voice_stats(const Mixer* mixer, uint64_t voice, PlayoutStats* out) noexcept nogil

cdef int mixer_listener_open(Mixer* mixer, uint64_t listener, uint64_t own_voice, float gain) noexcept nogil
cdef void mixer_listener_close(Mixer* mixer, uint64_t listener) noexcept nogil
cdef void mixer_listener_gain(Mixer* mixer, uint64_t listener, float gain) noexcept nogil
cdef void mixer_listener_own(Mixer* mixer, uint64_t listener, uint64_t own_voice) noexcept nogil
# The entry of the matrix for this pair; a negative gain removes it. The voice may come later.
cdef void mixer_hear(Mixer* mixer, uint64_t listener, uint64_t voice, float gain) noexcept nogil

# The next 20 ms: plays out, picks speakers, mixes, limits, encodes.
cdef void mixer_tick(Mixer* mixer, int64_t now_us, MixerTick* out) noexcept nogil
cdef void mixer_stats(const Mixer* mixer, MixerStats* out) noexcept nogil
# What this mix sent in the last tick, before Opus: MIXER_SAMPLES a channel, interleaved, valid until the next call. NULL: no such mix.
cdef const float* mixer_mix_samples(const Mixer* mixer, uint32_t mix) noexcept nogil

# Where RNNoise's library is (librnnoise.so); for the whole process, before any mixer runs; the first that is found stays. 0, or -1 when it is
# not that. Without it suppress_noise has no effect.
cdef int mixer_noise_library(const char* path) noexcept nogil
