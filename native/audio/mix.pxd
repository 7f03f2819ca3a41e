"""One distinct mix: a sum of voices with gains, its limiter, its encoder, its packet."""
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from native.audio.limiter cimport Limiter
from native.audio.opus cimport Encoder, EncoderSettings
from native.audio.voice cimport Voice

cdef enum:
    MIX_PACKET_BYTES = 1275
    # 200 ms: so long two mixes must have made the same sound before they become one. By then their encoders predict alike, and a decoder that
    # changes over cannot tell; shorter: a faint bump of the sound that has just gone; longer: an encode too many for longer.
    MIX_MEET_TICKS = 10

cdef struct Term:
    Voice* voice
    float start                    # gain at the beginning of the tick
    float end                      # and at its end

cdef struct Mix:
    uint32_t index
    uint8_t channels
    bint taken                     # by a group of the plan being made
    bint fresh                     # made by it
    Term* terms                    # by the voice's serial
    int term_count
    int term_room
    uint64_t hash                  # of the gains now: equal sounds, equal hashes
    int steady_ticks               # since a gain last moved
    float* samples                 # of the last tick, as encoded
    Limiter limiter
    Encoder encoder
    int silent_ticks               # in a row
    bint paused                    # the last packet was not sent (DTX)
    uint16_t size                  # of the packet of this tick; 0 = none
    uint16_t silence_size          # of the packet to repeat while there is silence; 0 = none yet
    uint8_t level                  # RFC 6464
    bint voice                     # somebody speaks in it
    bint talkspurt
    uint8_t[MIX_PACKET_BYTES] payload

cdef enum MixWork:                 # what a tick took, as bits
    MIX_ENCODED = 1
    MIX_LIMITED = 2

# The hash of gains: begin with MIX_HASH_START and take one (voice, gain above 0) after the other, by serial.
cdef enum:
    MIX_HASH_START = 1
cdef uint64_t mix_hash_step(uint64_t hash, const Voice* voice, float gain) noexcept nogil

# NULL without memory.
cdef Mix* mix_new(int channels, const EncoderSettings* settings) noexcept nogil
cdef void mix_free(Mix* mix) noexcept nogil
# As new, for another use.
cdef void mix_reset(Mix* mix) noexcept nogil
# Goes on as `source` would, for listeners who part from it. False without memory.
cdef bint mix_copy(Mix* mix, const Mix* source) noexcept nogil
# Room for so many terms. False without memory.
cdef bint mix_reserve(Mix* mix, int terms) noexcept nogil
# Whether both have made the same sound for MIX_MEET_TICKS.
cdef bint mix_sounds_like(const Mix* mix, const Mix* other) noexcept nogil
# Sums, limits and encodes 20 ms; MixWork.
cdef int mix_run(Mix* mix, bint dtx) noexcept nogil
# The gains have arrived where they went. True when any had moved.
cdef bint mix_settle(Mix* mix) noexcept nogil
