"""What a playout is made of, for the three modules that work on it: packets in, sound, and both together. Nobody else's business."""
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from native.audio.stretch cimport STRETCH_AHEAD, STRETCH_TAIL
from native.c.opus cimport OpusDecoder
from native.stream.jitter cimport Jitter

cdef enum:
    RATE = 48000
    PACKET_SAMPLES_MAX = 5760      # 120 ms: the longest Opus packet
    HISTORY = 1440                 # kept of what was played: two of the longest periods
    SLACK = 1920                   # played before the rest is moved to the front: less moves more often
    # A call's samples, what scaling looks at, a packet, what a join and a repetition add.
    ROOM = HISTORY + SLACK + 960 + STRETCH_AHEAD + PACKET_SAMPLES_MAX + 2 * STRETCH_TAIL + 960
    WARM_PACKETS = 4               # decoded in advance after a pause in decoding: Opus has converged after 80 ms
    WARM_BYTES_MAX = 1536
    RUNS = 64

cdef struct PlayoutCounts:         # see PlayoutStats
    uint64_t packets
    uint64_t packets_malformed
    uint64_t samples
    uint64_t samples_concealed
    uint64_t samples_fec
    uint64_t samples_silence
    uint64_t samples_removed
    uint64_t samples_inserted

cdef struct PlayoutState:
    Jitter jitter
    uint8_t opus_payload_type      # see PlayoutOptions
    uint8_t red_payload_type
    uint8_t comfort_payload_type
    int channels
    int begin                      # what is played next, in samples a channel from the start of `pcm`
    int end                        # what is decoded ends here
    bint anew                      # the decoder has to forget what it knew
    bint saved                     # `before` is the state before the bridging began
    int quiet_samples              # how long it has been quiet
    int bridge                     # which was here
    bint skipping
    bint sounding                  # what was appended last was not silence made here
    int asleep                     # 0, or the kind of comfort noise
    float comfort_gain
    uint32_t noise
    float level                    # of the loudest recent 5 ms, mean square
    float floor                    # of the quietest
    int run_head
    int run_count
    uint8_t run_kind[64]
    int run_samples[64]
    int decoder_bytes
    int warm_count
    uint16_t warm_size[4]
    uint8_t warm[4][1536]
    uint8_t payload[7680]
    PlayoutCounts counts
    # The rest of the allocation:
    float* pcm                     # ROOM samples a channel
    float* scratch                 # PACKET_SAMPLES_MAX
    float* tail                    # STRETCH_TAIL
    OpusDecoder* decoder
    uint8_t* before                # the decoder's state as it was when the bridging began


cdef inline float* played_to(PlayoutState* playout) noexcept nogil:
    return playout.pcm + playout.begin * playout.channels


cdef inline float* decoded_to(PlayoutState* playout) noexcept nogil:
    return playout.pcm + playout.end * playout.channels
