"""A playout's sound: what the jitter buffer decided, decoded, concealed and joined.

For `playout` alone. Not for: deciding (`stream.jitter`), how loud and how long (`playout`), likeness (`stretch`).

Invariants: sound that has been played is kept for HISTORY samples; what is decoded and not yet played lies behind it without a gap, its
kinds in `run_kind`; every step appends exactly its samples, and what a join puts before them.

Two decoder states are kept. While nothing comes, Opus extrapolates; if the packet then comes after all, it is decoded with the state from before
that, since it follows what was really sent, and joined to the extrapolation where both resemble each other.
"""
from libc.stdint cimport int32_t, uint8_t, uint16_t
from libc.string cimport memcpy, memmove, memset

from native.audio.playout cimport PLAYOUT_CONCEALED, PLAYOUT_FEC, PLAYOUT_NORMAL, PLAYOUT_SILENCE
from native.audio.playout_state cimport (
    HISTORY,
    PACKET_SAMPLES_MAX,
    RUNS,
    SLACK,
    WARM_BYTES_MAX,
    WARM_PACKETS,
    PlayoutState,
    decoded_to,
    played_to,
)
from native.audio.stretch cimport STRETCH_JOIN, STRETCH_TAIL, stretch_fade, stretch_join_at, stretch_loudness
from native.c.opus cimport OPUS_RESET_STATE, opus_decode_float, opus_decoder_ctl
from native.stream.jitter cimport (
    JITTER_COMFORT,
    JITTER_DECODE,
    JITTER_JOIN_AFTER_STALL,
    JITTER_JOIN_NEXT,
    JITTER_OPUS,
    JITTER_RESTORE,
    JITTER_SILENCE,
    JITTER_SLEEP,
    JITTER_STALL,
    JitterStep,
    jitter_asleep,
    jitter_done,
)
from native.stream.jitter_store cimport StoredPacket, store_at, store_payload

cdef enum:
    OPUS_STEP = 120                # concealment comes in multiples of 2.5 ms
    DTX_BYTES_MAX = 2              # a packet that says nothing but "silence goes on"
    QUIET_SHARE = 1000             # 30 dB below the speech: changes in it are not heard

# A packet's share: the level falls by 1 dB in a second, slow enough to outlast a pause between sentences; the floor rises by 2 dB in a second.
cdef float LEVEL_FALL = 0.995
cdef float FLOOR_RISE = 1.01
cdef float FLOOR_LEAST = 1e-10
# Noise is told from speech by this: twice its least power.
cdef float FLOOR_TIMES = 2


cdef void sound_note(PlayoutState* playout, int kind, int samples) noexcept nogil:
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


cdef int sound_taken(PlayoutState* playout, int samples) noexcept nogil:
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


cdef void sound_mark(PlayoutState* playout, int kind) noexcept nogil:
    """All that is pending is of this kind."""
    playout.run_head = 0
    playout.run_count = 1
    playout.run_kind[0] = <uint8_t>kind
    playout.run_samples[0] = playout.end - playout.begin


cdef void sound_compact(PlayoutState* playout) noexcept nogil:
    """Moves HISTORY and what is pending to the front, once it has gone SLACK from there."""
    cdef int from_sample = playout.begin - HISTORY
    if from_sample < SLACK:
        return
    memmove(playout.pcm, playout.pcm + from_sample * playout.channels, (playout.end - from_sample) * playout.channels * sizeof(float))
    playout.begin -= from_sample
    playout.end -= from_sample
    playout.bridge -= from_sample if playout.bridge > from_sample else playout.bridge


cdef void extrapolate(PlayoutState* playout, float* out, int samples) noexcept nogil:
    """Opus's concealment of what would come next."""
    cdef int whole = (samples + OPUS_STEP - 1) // OPUS_STEP * OPUS_STEP
    cdef float* to = out if whole == samples else playout.scratch
    if opus_decode_float(playout.decoder, NULL, 0, to, whole, 0) != whole:
        memset(to, 0, whole * playout.channels * sizeof(float))
    if to != out:
        memcpy(out, to, samples * playout.channels * sizeof(float))


cdef void make_noise(PlayoutState* playout, float* out, int samples) noexcept nogil:
    """White noise at the level that the comfort noise packet asked for."""
    cdef int i
    for i in range(samples * playout.channels):
        playout.noise = playout.noise * 1664525 + 1013904223
        out[i] = playout.comfort_gain * <float><int32_t>playout.noise * <float>8.065e-10   # uniform: sqrt(3) / 2^31
    return


cdef void take_comfort(PlayoutState* playout, int size) noexcept nogil:
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


cdef void join(PlayoutState* playout, int how, float* fresh, int samples) noexcept nogil:
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
        playout.counts.samples_concealed += at
        sound_note(playout, PLAYOUT_CONCEALED, at)


cdef void fade_out(float* x, int samples, int channels) noexcept nogil:
    cdef int i
    cdef int c
    for i in range(samples):
        for c in range(channels):
            x[i * channels + c] *= <float>(samples - i) / <float>(samples + 1)


cdef void prepare_join(PlayoutState* playout, int how) noexcept nogil:
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
        sound_mark(playout, PLAYOUT_CONCEALED)
        playout.counts.samples_concealed -= bridged
    if how == JITTER_JOIN_AFTER_STALL and playout.saved:
        memcpy(playout.decoder, playout.before, playout.decoder_bytes)
    if playout.anew:
        opus_decoder_ctl(playout.decoder, OPUS_RESET_STATE)
        playout.anew = 0


cdef void note_loudness(PlayoutState* playout, const float* fresh, int samples) noexcept nogil:
    cdef float loud = stretch_loudness(fresh, samples, playout.channels)
    playout.level = loud if loud > playout.level else playout.level * LEVEL_FALL
    playout.floor = loud + FLOOR_LEAST if loud < playout.floor or playout.floor == 0 else playout.floor * FLOOR_RISE
    playout.quiet_samples = playout.quiet_samples + samples if is_below(playout, loud) else 0


cdef inline bint is_below(const PlayoutState* playout, float loud) noexcept nogil:
    return loud * QUIET_SHARE < playout.level or loud < playout.floor * FLOOR_TIMES


cdef bint sound_quiet(const PlayoutState* playout, const float* x, int samples) noexcept nogil:
    return is_below(playout, stretch_loudness(x, samples, playout.channels))


cdef void keep_warm(PlayoutState* playout, int size) noexcept nogil:
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


cdef void sound_warm_up(PlayoutState* playout) noexcept nogil:
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
    sound_mark(playout, PLAYOUT_NORMAL)


cdef void sound_perform(PlayoutState* playout, JitterStep* step) noexcept nogil:
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
        sound_note(playout, PLAYOUT_SILENCE, samples)
        return
    fresh = decoded_to(playout)
    if step.action == JITTER_SILENCE:
        if playout.sounding:
            extrapolate(playout, fresh, samples)
            fade_out(fresh, samples, playout.channels)
            playout.sounding = 0
        else:
            memset(fresh, 0, samples * playout.channels * sizeof(float))
        sound_note(playout, PLAYOUT_SILENCE, samples)
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
                    playout.counts.packets_malformed += 1
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
    sound_note(playout, kind, samples)
    if kind == PLAYOUT_CONCEALED:
        playout.counts.samples_concealed += samples
    elif kind == PLAYOUT_FEC:
        playout.counts.samples_fec += samples
