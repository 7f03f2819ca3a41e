"""A packet stream played out evenly: the jitter buffer's decisions carried out on sound.

For the mixer, one for each participant it hears, and `tresen bench jitter`. Not for: deciding (`stream.jitter`), scaling (`stretch`).

Invariants: one allocation in its life; everything a packet can say is checked before it is believed; sound that has been played is kept
for HISTORY samples, sound decoded and not yet played lies behind it without a gap.

Two decoder states are kept. While nothing comes, Opus extrapolates; if the packet then comes after all, it is decoded with the state from before
that, since it follows what was really sent, and joined to the extrapolation where both resemble each other.
"""
from libc.stddef cimport size_t
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memmove, memset

from native.audio.stretch cimport (
    STRETCH_AHEAD,
    STRETCH_JOIN,
    STRETCH_LAG_MAX,
    STRETCH_TAIL,
    stretch_fade,
    stretch_join_at,
    stretch_lengthen,
    stretch_loudness,
    stretch_shorten,
)
from native.c.opus cimport (
    OPUS_OK,
    OPUS_RESET_STATE,
    OpusDecoder,
    opus_decode_float,
    opus_decoder_ctl,
    opus_decoder_get_size,
    opus_decoder_init,
    opus_packet_get_nb_frames,
    opus_packet_get_samples_per_frame,
)
from native.stream.jitter cimport (
    JITTER_ASLEEP,
    JITTER_COMFORT,
    JITTER_CONCEAL,
    JITTER_DECODE,
    JITTER_JOIN_AFTER_STALL,
    JITTER_JOIN_ANEW,
    JITTER_JOIN_NEXT,
    JITTER_OPUS,
    JITTER_RESTORE,
    JITTER_SILENCE,
    JITTER_SLEEP,
    JITTER_STALL,
    Jitter,
    JitterInput,
    JitterStep,
    jitter_asleep,
    jitter_content,
    jitter_done,
    jitter_init,
    jitter_media_ts64,
    jitter_next,
    jitter_put,
    jitter_ready,
    jitter_scale,
    jitter_scaled,
    jitter_span_samples,
)
from native.stream.jitter_delay cimport delay_base_us, delay_target_us
from native.stream.jitter_store cimport STORE_PACKET_BYTES_MAX, StoredPacket, store_at, store_payload
from native.wire.red cimport RED_BLOCKS_MAX, RedBlock, red_parse
from native.wire.rtp cimport RtpHeader, rtp_parse_header, rtp_parse_padding

cdef enum:
    RATE = 48000
    PACKET_SAMPLES_MAX = 5760      # 120 ms: the longest Opus packet
    HISTORY = 1440                 # kept of what was played: two of the longest periods
    SLACK = 1920                   # played before the rest is moved to the front: less moves more often
    # A call's samples, what scaling looks at, a packet, what a join and a repetition add.
    ROOM = HISTORY + SLACK + 960 + STRETCH_AHEAD + PACKET_SAMPLES_MAX + 2 * STRETCH_TAIL + 960
    OPUS_STEP = 120                # concealment comes in multiples of 2.5 ms
    WARM_PACKETS = 4               # decoded in advance after a pause in decoding: Opus has converged after 80 ms
    WARM_BYTES_MAX = 1536
    DTX_BYTES_MAX = 2              # a packet that says nothing but "silence goes on"
    RUNS = 64
    DELAY_MAX_DEFAULT_MS = 1000
    STEPS_MAX = 64                 # per call; each appends 2.5 ms at least
    PAUSE_SAMPLES = 8640           # quiet for 180 ms: between words, not within one
    QUIET_SHARE = 1000             # 30 dB below the speech: changes in it are not heard

# A packet's share: the level falls by 1 dB in a second, slow enough to outlast a pause between sentences; the floor rises by 2 dB in a second.
cdef float LEVEL_FALL = 0.995
cdef float FLOOR_RISE = 1.01
cdef float FLOOR_LEAST = 1e-10
# Noise is told from speech by this: twice its least power.
cdef float FLOOR_TIMES = 2


cdef struct Playout:
    Jitter jitter
    PlayoutOptions options
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
    PlayoutStats stats
    # The rest of the allocation:
    float* pcm                     # ROOM samples a channel
    float* scratch                 # PACKET_SAMPLES_MAX
    float* tail                    # STRETCH_TAIL
    OpusDecoder* decoder
    uint8_t* before                # the decoder's state as it was when the bridging began


cdef inline size_t aligned(size_t bytes) noexcept nogil:
    return (bytes + 63) & ~<size_t>63


cdef size_t playout_bytes(const PlayoutOptions* options) noexcept nogil:
    cdef int channels = 2 if options != NULL and options.channels == 2 else 1
    return (aligned(sizeof(Playout)) + 2 * aligned(opus_decoder_get_size(channels))
            + (ROOM + PACKET_SAMPLES_MAX + STRETCH_TAIL) * channels * sizeof(float))


cdef Playout* playout_new(const PlayoutOptions* options) noexcept nogil:
    cdef Playout* playout
    cdef int channels = 2 if options != NULL and options.channels == 2 else 1
    cdef size_t decoder_bytes = aligned(opus_decoder_get_size(channels))
    cdef size_t at = aligned(sizeof(Playout))
    cdef int32_t least = 0
    cdef int32_t most = DELAY_MAX_DEFAULT_MS
    playout = <Playout*>calloc(1, playout_bytes(options))
    if playout == NULL:
        return NULL
    if options != NULL:
        playout.options = options[0]
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
    return playout


cdef void playout_free(Playout* playout) noexcept nogil:
    free(playout)


cdef int opus_samples(const uint8_t* payload, size_t size) noexcept nogil:
    """How long an Opus packet lasts at 48 kHz; 0 when it is none."""
    cdef int frames
    cdef int samples
    if size == 0 or size > STORE_PACKET_BYTES_MAX:
        return 0
    frames = opus_packet_get_nb_frames(payload, <int32_t>size)
    if frames <= 0:
        return 0
    samples = frames * opus_packet_get_samples_per_frame(payload, RATE)
    return samples if samples <= PACKET_SAMPLES_MAX else 0


cdef int fec_samples(const uint8_t* payload, size_t size) noexcept nogil:
    """What in-band FEC in this packet restores of the one before it (RFC 6716 section 4.2.4); 0 = it has none.

    The LBRR flag follows the voice activity flags of the first SILK frame's 20 ms parts, one bit each, at the beginning of the range coder's
    bytes, which stand there as they are (bits of probability one half).
    """
    cdef int samples = opus_packet_get_samples_per_frame(payload, RATE)
    cdef int parts = samples // 960 if samples > 960 else 1
    cdef bint side
    if payload[0] & 0x80 or payload[0] & 3 != 0 or size < 2:
        # CELT alone has none; of packets with several frames only the first one's would count.
        return 0
    side = payload[0] & 4 != 0 and payload[1] >> (6 - 2 * parts) & 1 != 0
    return samples if payload[1] >> (7 - parts) & 1 or side else 0


cdef int payload_put(Playout* playout, JitterInput* input, const uint8_t* payload, size_t size, int64_t now_us) noexcept nogil:
    """One payload that is not RED: -1 when it can not be played."""
    cdef int samples
    cdef int done
    if input.kind == JITTER_COMFORT:
        samples = 0
        input.frame_samples = 0
        # Comfort noise has no length of its own: it ends where the next packet begins.
        input.samples = OPUS_STEP
    else:
        samples = opus_samples(payload, size)
        if samples == 0:
            playout.stats.packets_malformed += not input.redundant
            return -1
        input.samples = <uint16_t>samples
        input.frame_samples = <uint16_t>fec_samples(payload, size)
    input.size = <uint16_t>size
    done = jitter_put(&playout.jitter, input, payload, now_us)
    if done == 1:
        playout.anew = 1
    return -1 if done < 0 else 0


cdef int kind_of(const Playout* playout, uint8_t payload_type) noexcept nogil:
    """JITTER_OPUS, JITTER_COMFORT, or -1 for what is neither."""
    if playout.options.comfort_payload_type != 0 and payload_type == playout.options.comfort_payload_type:
        return JITTER_COMFORT
    if playout.options.opus_payload_type != 0 and payload_type != playout.options.opus_payload_type:
        return -1
    return JITTER_OPUS


cdef int playout_put(Playout* playout, const uint8_t* rtp, size_t size, int64_t now_us) noexcept nogil:
    cdef RtpHeader header
    cdef RedBlock blocks[16]
    cdef JitterInput input
    cdef const uint8_t* payload
    cdef int count
    cdef int kind
    cdef int done
    cdef int i
    now_us = sane(now_us)
    if rtp_parse_header(rtp, size, &header) < 0 or rtp_parse_padding(rtp, size, &header) < 0:
        playout.stats.packets_malformed += 1
        return -1
    if header.payload_bytes == 0:
        # A probe of padding alone.
        return -1
    payload = rtp + header.header_bytes
    memset(&input, 0, sizeof(input))
    input.ssrc = header.ssrc
    input.timestamp = header.timestamp
    input.seq16 = header.seq16
    if playout.options.red_payload_type == 0 or header.payload_type != playout.options.red_payload_type:
        kind = kind_of(playout, header.payload_type)
        if kind < 0:
            playout.stats.packets_malformed += 1
            return -1
        input.kind = <uint8_t>kind
        done = payload_put(playout, &input, payload, header.payload_bytes, now_us)
    else:
        count = red_parse(payload, header.payload_bytes, blocks)
        kind = kind_of(playout, blocks[count - 1].payload_type) if count > 0 else -1
        if kind < 0 or blocks[count - 1].size == 0:
            playout.stats.packets_malformed += 1
            return -1
        # The packet itself first: it may begin a stream, which its copies of older ones do not.
        input.kind = <uint8_t>kind
        done = payload_put(playout, &input, payload + blocks[count - 1].offset, blocks[count - 1].size, now_us)
        for i in range(count - 1):
            kind = kind_of(playout, blocks[i].payload_type)
            if kind < 0 or blocks[i].size == 0 or blocks[i].behind == 0:
                continue
            input.kind = <uint8_t>kind
            input.redundant = 1
            input.behind = blocks[i].behind
            payload_put(playout, &input, payload + blocks[i].offset, blocks[i].size, now_us)
    if done == 0:
        playout.stats.packets += 1
    return done


cdef inline int64_t sane(int64_t now_us) noexcept nogil:
    """A time that arithmetic can take: 285 years either way are enough."""
    return 0 if now_us < 0 else (now_us if now_us < <int64_t>1 << 53 else <int64_t>1 << 53)


cdef inline float* played_to(Playout* playout) noexcept nogil:
    return playout.pcm + playout.begin * playout.channels


cdef inline float* decoded_to(Playout* playout) noexcept nogil:
    return playout.pcm + playout.end * playout.channels


cdef void note_run(Playout* playout, int kind, int samples) noexcept nogil:
    """`samples` of that kind have been appended."""
    cdef int at = (playout.run_head + playout.run_count - 1) % RUNS
    playout.end += samples
    if playout.run_count > 0 and (playout.run_kind[at] == kind or playout.run_count == RUNS):
        playout.run_samples[at] += samples
        return
    at = (playout.run_head + playout.run_count) % RUNS
    playout.run_kind[at] = <uint8_t>kind
    playout.run_samples[at] = samples
    playout.run_count += 1


cdef int take_runs(Playout* playout, int samples) noexcept nogil:
    """Of the next `samples`: the kind of most of them."""
    cdef int of_kind[8]
    cdef int kind
    cdef int part
    cdef int best = PLAYOUT_SILENCE
    memset(of_kind, 0, sizeof(of_kind))
    while samples > 0 and playout.run_count > 0:
        part = playout.run_samples[playout.run_head]
        if part > samples:
            part = samples
        of_kind[playout.run_kind[playout.run_head] & 7] += part
        playout.run_samples[playout.run_head] -= part
        samples -= part
        if playout.run_samples[playout.run_head] <= 0:
            playout.run_head = (playout.run_head + 1) % RUNS
            playout.run_count -= 1
    for kind in range(8):
        if of_kind[kind] > of_kind[best]:
            best = kind
    return best


cdef void compact(Playout* playout) noexcept nogil:
    """Moves HISTORY and what is pending to the front, once it has gone SLACK from there."""
    cdef int from_sample = playout.begin - HISTORY
    if from_sample < SLACK:
        return
    memmove(playout.pcm, playout.pcm + from_sample * playout.channels, (playout.end - from_sample) * playout.channels * sizeof(float))
    playout.begin -= from_sample
    playout.end -= from_sample
    playout.bridge -= from_sample if playout.bridge > from_sample else playout.bridge


cdef void extrapolate(Playout* playout, float* out, int samples) noexcept nogil:
    """Opus's concealment of what would come next."""
    cdef int whole = (samples + OPUS_STEP - 1) // OPUS_STEP * OPUS_STEP
    cdef float* to = out if whole == samples else playout.scratch
    if opus_decode_float(playout.decoder, NULL, 0, to, whole, 0) != whole:
        memset(to, 0, whole * playout.channels * sizeof(float))
    if to != out:
        memcpy(out, to, samples * playout.channels * sizeof(float))


cdef void make_noise(Playout* playout, float* out, int samples) noexcept nogil:
    """White noise at the level that the comfort noise packet asked for."""
    cdef int i
    for i in range(samples * playout.channels):
        playout.noise = playout.noise * 1664525 + 1013904223
        out[i] = playout.comfort_gain * <float><int32_t>playout.noise * <float>8.065e-10   # uniform: sqrt(3) / 2^31
    return


cdef void take_comfort(Playout* playout, int size) noexcept nogil:
    """RFC 3389 section 3.1: the level in -dBov."""
    cdef int level = playout.payload[0] & 0x7F if size > 0 else 127
    cdef float gain = 1
    while level >= 6:
        gain *= <float>0.5012
        level -= 6
    while level > 0:
        gain *= <float>0.8913
        level -= 1
    playout.comfort_gain = gain
    playout.asleep = 2


cdef void join(Playout* playout, int how, float* fresh, int samples) noexcept nogil:
    """The `samples` decoded to `fresh` (the end of pcm) follow `tail`: puts as much of the tail before them as suits."""
    cdef int channels = playout.channels
    cdef int at
    if samples < STRETCH_JOIN:
        return
    at = stretch_join_at(playout.tail, fresh, samples, channels) if playout.sounding else 0
    memmove(fresh + at * channels, fresh, samples * channels * sizeof(float))
    memcpy(fresh, playout.tail, at * channels * sizeof(float))
    stretch_fade(playout.tail + at * channels, fresh + at * channels, STRETCH_JOIN, channels)
    if at > 0:
        playout.stats.samples_concealed += at
        note_run(playout, PLAYOUT_CONCEALED, at)


cdef void fade_out(float* x, int samples, int channels) noexcept nogil:
    cdef int i
    cdef int c
    for i in range(samples):
        for c in range(channels):
            x[i * channels + c] *= <float>(samples - i) / <float>(samples + 1)


cdef void prepare_join(Playout* playout, int how) noexcept nogil:
    """Before decoding what does not simply follow: the tail of the old sound, and the decoder's state as it has to be."""
    cdef int channels = playout.channels
    cdef int bridged = playout.end - (playout.bridge if playout.bridge > playout.begin else playout.begin)
    if not playout.saved:
        bridged = 0
    elif bridged > STRETCH_TAIL - STRETCH_JOIN:
        bridged = STRETCH_TAIL - STRETCH_JOIN
    # Bridging that nobody has heard yet need not be heard.
    playout.end -= bridged
    memcpy(playout.tail, decoded_to(playout), bridged * channels * sizeof(float))
    if playout.sounding:
        extrapolate(playout, playout.tail + bridged * channels, STRETCH_TAIL - bridged)
    else:
        memset(playout.tail, 0, STRETCH_TAIL * channels * sizeof(float))
    if bridged > 0:
        mark_runs(playout, PLAYOUT_CONCEALED)
        playout.stats.samples_concealed -= bridged
    if how == JITTER_JOIN_AFTER_STALL and playout.saved:
        memcpy(playout.decoder, playout.before, playout.decoder_bytes)
    if playout.anew:
        opus_decoder_ctl(playout.decoder, OPUS_RESET_STATE)
        playout.anew = 0


cdef void note_loudness(Playout* playout, const float* fresh, int samples) noexcept nogil:
    cdef float loud = stretch_loudness(fresh, samples, playout.channels)
    playout.level = loud if loud > playout.level else playout.level * LEVEL_FALL
    playout.floor = loud + FLOOR_LEAST if loud < playout.floor or playout.floor == 0 else playout.floor * FLOOR_RISE
    playout.quiet_samples = playout.quiet_samples + samples if is_below(playout, loud) else 0


cdef inline bint is_below(const Playout* playout, float loud) noexcept nogil:
    return loud * QUIET_SHARE < playout.level or loud < playout.floor * FLOOR_TIMES


cdef bint is_quiet(const Playout* playout, const float* x, int samples) noexcept nogil:
    return is_below(playout, stretch_loudness(x, samples, playout.channels))


cdef inline int pause_kind(const Playout* playout, bint quiet) noexcept nogil:
    return 0 if not quiet else (2 if playout.quiet_samples >= PAUSE_SAMPLES else 1)


cdef void scale(Playout* playout, int64_t now_us, int pull) noexcept nogil:
    """Plays faster or slower, where the jitter buffer wants it and the sound allows it."""
    cdef int pending = playout.end - playout.begin
    cdef bint quiet
    cdef int wanted
    cdef JitterStep step
    cdef int done
    if jitter_content(&playout.jitter, now_us, pending, pull):
        return
    quiet = is_quiet(playout, played_to(playout), pending)
    wanted = jitter_scale(&playout.jitter, now_us, pending, pull, pause_kind(playout, quiet))
    if wanted > 0:
        while pending < STRETCH_AHEAD and jitter_ready(&playout.jitter):
            jitter_next(&playout.jitter, now_us, pending, pull, &step)
            perform(playout, &step)
            pending = playout.end - playout.begin
        if pending < STRETCH_AHEAD:
            return
        quiet = is_quiet(playout, played_to(playout), pending)
        wanted = jitter_scale(&playout.jitter, now_us, pending, pull, pause_kind(playout, quiet))
        if wanted <= 0:
            return
        if quiet:
            wanted = wanted if wanted < pending // 2 else pending // 2
            done = stretch_shorten(played_to(playout), pending, playout.channels, wanted, 0)
        else:
            # Most of a period too much is still better than most of a period too late.
            done = stretch_shorten(played_to(playout), pending, playout.channels, wanted, 80)
        if done > 0:
            playout.end -= done
            playout.stats.samples_removed += done
            jitter_scaled(&playout.jitter, quiet, now_us)
            mark_runs(playout, PLAYOUT_FASTER)
    elif wanted < 0:
        if pending < STRETCH_LAG_MAX:
            return
        done = stretch_lengthen(played_to(playout), pending, playout.channels, -wanted, 0 if quiet else 80)
        if done > 0:
            note_run(playout, PLAYOUT_SLOWER, done)
            playout.stats.samples_inserted += done
            jitter_scaled(&playout.jitter, quiet, now_us)
            mark_runs(playout, PLAYOUT_SLOWER)


cdef void mark_runs(Playout* playout, int kind) noexcept nogil:
    """All that is pending is of this kind."""
    playout.run_head = 0
    playout.run_count = 1
    playout.run_kind[0] = <uint8_t>kind
    playout.run_samples[0] = playout.end - playout.begin


cdef void keep_warm(Playout* playout, int size) noexcept nogil:
    """Keeps a payload that is passed over, for the decoder to start from."""
    if size > WARM_BYTES_MAX:
        playout.warm_count = 0
        return
    if playout.warm_count == WARM_PACKETS:
        memmove(playout.warm, &playout.warm[1], (WARM_PACKETS - 1) * WARM_BYTES_MAX)
        memmove(playout.warm_size, &playout.warm_size[1], (WARM_PACKETS - 1) * sizeof(uint16_t))
        playout.warm_count -= 1
    memcpy(playout.warm[playout.warm_count], playout.payload, size)
    playout.warm_size[playout.warm_count] = <uint16_t>size
    playout.warm_count += 1


cdef void perform(Playout* playout, JitterStep* step) noexcept nogil:
    """Appends what the jitter buffer decided."""
    cdef const StoredPacket* packet = NULL
    cdef float* fresh
    cdef int samples = step.samples
    cdef int size = 0
    cdef int kind = PLAYOUT_NORMAL
    cdef int got
    cdef bint joined = 0
    if step.action == JITTER_DECODE or step.action == JITTER_RESTORE:
        packet = store_at(&playout.jitter.store, step.index)
        size = store_payload(&playout.jitter.store, step.index, playout.payload)
        if packet.redundant or step.action == JITTER_RESTORE:
            kind = PLAYOUT_FEC
        if packet.kind == JITTER_COMFORT:
            take_comfort(playout, size)
            jitter_asleep(&playout.jitter, 1)
    if playout.skipping:
        if step.action == JITTER_DECODE and packet.kind == JITTER_OPUS:
            keep_warm(playout, size)
            playout.asleep = size <= DTX_BYTES_MAX
            jitter_asleep(&playout.jitter, playout.asleep)
        jitter_done(&playout.jitter)
        memset(decoded_to(playout), 0, samples * playout.channels * sizeof(float))
        note_run(playout, PLAYOUT_SILENCE, samples)
        return
    fresh = decoded_to(playout)
    if step.action == JITTER_SILENCE:
        if playout.sounding:
            extrapolate(playout, fresh, samples)
            fade_out(fresh, samples, playout.channels)
            playout.sounding = 0
        else:
            memset(fresh, 0, samples * playout.channels * sizeof(float))
        note_run(playout, PLAYOUT_SILENCE, samples)
        return
    if step.action == JITTER_STALL and not playout.saved:
        memcpy(playout.before, playout.decoder, playout.decoder_bytes)
        playout.saved = 1
        playout.bridge = playout.end
    if step.action == JITTER_DECODE or step.action == JITTER_RESTORE:
        if packet.kind == JITTER_COMFORT:
            make_noise(playout, fresh, samples)
            kind = PLAYOUT_SILENCE
        else:
            joined = step.join != JITTER_JOIN_NEXT or playout.anew
            if joined:
                prepare_join(playout, step.join)
                fresh = decoded_to(playout)
            got = -1
            if step.action == JITTER_DECODE:
                got = opus_decode_float(playout.decoder, playout.payload, size, fresh, samples, 0)
            elif samples % OPUS_STEP == 0:
                got = opus_decode_float(playout.decoder, playout.payload, size, fresh, samples, 1)
            if got != samples:
                if step.action == JITTER_DECODE:
                    playout.stats.packets_malformed += 1
                extrapolate(playout, fresh, samples)
                kind = PLAYOUT_CONCEALED
            if step.action == JITTER_DECODE:
                playout.asleep = size <= DTX_BYTES_MAX
                jitter_asleep(&playout.jitter, playout.asleep)
                if playout.asleep:
                    kind = PLAYOUT_SILENCE
            if joined:
                join(playout, step.join, fresh, samples)
                fresh = decoded_to(playout)
            playout.saved = 0
            note_loudness(playout, fresh, samples)
    elif step.action == JITTER_SLEEP and playout.asleep == 2:
        make_noise(playout, fresh, samples)
        kind = PLAYOUT_SILENCE
    else:
        extrapolate(playout, fresh, samples)
        kind = PLAYOUT_SILENCE if step.action == JITTER_SLEEP else PLAYOUT_CONCEALED
        if step.action != JITTER_STALL:
            playout.saved = 0
    playout.sounding = 1
    jitter_done(&playout.jitter)
    note_run(playout, kind, samples)
    if kind == PLAYOUT_CONCEALED:
        playout.stats.samples_concealed += samples
    elif kind == PLAYOUT_FEC:
        playout.stats.samples_fec += samples


cdef void advance(Playout* playout, int samples, int64_t now_us) noexcept nogil:
    """Sees to it that `samples` are pending."""
    cdef JitterStep step
    cdef int steps = 0
    now_us = sane(now_us)
    compact(playout)
    while playout.end - playout.begin < samples and steps < STEPS_MAX:
        steps += 1
        jitter_next(&playout.jitter, now_us, playout.end - playout.begin, samples, &step)
        perform(playout, &step)
        if step.action == JITTER_DECODE and not playout.skipping:
            scale(playout, now_us, samples)
        elif step.action == JITTER_DECODE:
            scale_unheard(playout, now_us, samples)
    if playout.end - playout.begin < samples:
        # Only timestamps that overlap in absurd ways lead here.
        memset(decoded_to(playout), 0, (samples - playout.end + playout.begin) * playout.channels * sizeof(float))
        note_run(playout, PLAYOUT_SILENCE, samples - playout.end + playout.begin)


cdef void scale_unheard(Playout* playout, int64_t now_us, int pull) noexcept nogil:
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


cdef int playout_get(Playout* playout, float* out, int samples, int64_t now_us) noexcept nogil:
    cdef int kind
    cdef int left
    if samples <= 0 or samples > 960:
        return PLAYOUT_SILENCE
    if playout.skipping:
        warm_up(playout)
    advance(playout, samples, now_us)
    memcpy(out, played_to(playout), samples * playout.channels * sizeof(float))
    kind = take_runs(playout, samples)
    playout.begin += samples
    playout.stats.samples += samples
    if kind == PLAYOUT_SILENCE:
        playout.stats.samples_silence += samples
    return kind


cdef void warm_up(Playout* playout) noexcept nogil:
    """Ends skipping: decodes the last packets passed, the end of which is what is pending."""
    cdef int channels = playout.channels
    cdef int pending = playout.end - playout.begin
    cdef int samples
    cdef int part
    cdef int i
    playout.skipping = 0
    playout.saved = 0
    playout.sounding = playout.warm_count > 0
    opus_decoder_ctl(playout.decoder, OPUS_RESET_STATE)
    memset(playout.pcm, 0, playout.end * channels * sizeof(float))
    for i in range(playout.warm_count):
        samples = opus_decode_float(playout.decoder, playout.warm[i], playout.warm_size[i], playout.scratch, PACKET_SAMPLES_MAX, 0)
        if samples <= 0:
            continue
        # What was decoded before moves back; the newest ends where the pending ends.
        part = samples if samples < playout.end else playout.end
        memmove(playout.pcm, playout.pcm + part * channels, (playout.end - part) * channels * sizeof(float))
        memcpy(playout.pcm + (playout.end - part) * channels, playout.scratch + (samples - part) * channels,
               part * channels * sizeof(float))
    playout.warm_count = 0
    memset(playout.tail, 0, STRETCH_JOIN * channels * sizeof(float))
    if pending >= STRETCH_JOIN:
        stretch_fade(playout.tail, played_to(playout), STRETCH_JOIN, channels)
    mark_runs(playout, PLAYOUT_NORMAL)


cdef void playout_skip(Playout* playout, int samples, int64_t now_us) noexcept nogil:
    if samples <= 0 or samples > 960:
        return
    if not playout.skipping:
        playout.skipping = 1
        playout.warm_count = 0
    advance(playout, samples, now_us)
    take_runs(playout, samples)
    playout.begin += samples
    playout.stats.samples += samples
    playout.stats.samples_silence += samples


cdef void playout_repair(Playout* playout, int32_t repair_us) noexcept nogil:
    playout.jitter.delay.repair_us = repair_us if repair_us > 0 else 0


cdef uint32_t playout_timestamp(const Playout* playout, bint* known) noexcept nogil:
    known[0] = playout.jitter.known
    return <uint32_t>(jitter_media_ts64(&playout.jitter) - (playout.end - playout.begin))


cdef void playout_stats(const Playout* playout, PlayoutStats* out) noexcept nogil:
    cdef const Jitter* jitter = &playout.jitter
    cdef int64_t target_us
    out[0] = playout.stats
    out.packets_late = jitter.late
    out.packets_duplicate = jitter.duplicate
    out.packets_discarded = jitter.discarded
    out.delay_sum_us = jitter.waited_us
    out.packets_played = jitter.played
    target_us = delay_target_us(&jitter.delay, jitter.highest_us) - delay_base_us(&jitter.delay)
    out.target_delay_ms = <uint32_t>(target_us // 1000) if jitter.known and target_us > 0 else 0
    out.delay_ms = <uint32_t>((jitter_span_samples(jitter) + playout.end - playout.begin) // 48)
