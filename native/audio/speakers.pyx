"""Who is heard: the loudest few of all streams, by the levels their senders tell (RFC 6464), chosen steadily.

A stream that is quiet or not among them is never decoded. Where a sender tells no level, its sound is decoded and judged. What a sender
claims is believed only until its sound is there: one that claims to shout and sends silence loses its place and is judged by sound for a while.

Hysteresis three ways: a higher level to come in than to stay; a hangover over pauses; and a challenger must be clearly louder than the one it
replaces. Called by audio.mixer. O(speakers) a tick, without memory of its own.
"""

cdef enum:
    # Loudness 127 - level: -58 dBov comes in (a quiet room with an open microphone is at -65 and below), -64 stays.
    LOUDNESS_ENTER = 69
    LOUDNESS_STAY = 63
    HANGOVER_TICKS = 40            # 800 ms: over the pauses within a sentence
    STALE_TICKS = 4                # a claim counts until the next packet is overdue: packets of 60 ms, and a little jitter
    FLOWING_TICKS = 100            # 2 s: that long after its last packet there may be sound in the buffer
    SILENT_TICKS = 200             # 4 s, more than any playout delay: loud claims, no sound
    DISTRUST_TICKS = 500           # 10 s
    BELIEF_TICKS = 50              # 1 s after it was chosen its sound is there to be ranked by
    REPLACE_TICKS = 15             # 300 ms: nobody loses a place he has just got

cdef float REPLACE_MARGIN = 6      # dB a challenger must be louder
cdef float ATTACK = 0.5            # of the difference a tick: a syllable lifts it
cdef float DECAY = 0.04            # time constant 500 ms: a pause between words does not lower it much


cdef void speaker_init(Speaker* speaker) noexcept nogil:
    speaker.claimed = -1
    speaker.last = 0
    speaker.stale = FLOWING_TICKS
    speaker.measured = 0
    speaker.loudness = 0
    speaker.quiet = HANGOVER_TICKS
    speaker.silent = 0
    speaker.held = 0
    speaker.distrusted = 0
    speaker.by_sound = 0
    speaker.wanted = 0
    speaker.chosen = 0


cdef void speaker_packet(Speaker* speaker, int level) noexcept nogil:
    cdef int loudness
    speaker.stale = 0
    if level < 0 or level > LOUDNESS_FULL:
        speaker.by_sound = 1
        return
    speaker.by_sound = 0
    loudness = LOUDNESS_FULL - level
    if loudness > speaker.claimed:
        speaker.claimed = loudness


cdef bint speaker_needs_sound(const Speaker* speaker) noexcept nogil:
    return speaker.wanted and (speaker.by_sound or speaker.distrusted > 0) and speaker.stale < FLOWING_TICKS


cdef void speaker_tick(Speaker* speaker, int level) noexcept nogil:
    cdef float here, claim
    if speaker.claimed >= 0:
        speaker.last = speaker.claimed
        speaker.claimed = -1
    elif speaker.stale >= STALE_TICKS:
        speaker.last = 0
    if speaker.stale < FLOWING_TICKS:
        speaker.stale += 1
    speaker.measured = LOUDNESS_FULL - level if 0 <= level <= LOUDNESS_FULL else 0
    claim = 0 if speaker.by_sound or speaker.distrusted > 0 else speaker.last
    if speaker.distrusted > 0:
        speaker.distrusted -= 1
    here = speaker.measured if speaker.measured > claim or (speaker.chosen and speaker.held > BELIEF_TICKS) else claim
    speaker.loudness += (here - speaker.loudness) * (ATTACK if here > speaker.loudness else DECAY)
    if claim >= LOUDNESS_STAY or speaker.measured >= LOUDNESS_STAY:
        speaker.quiet = 0
    elif speaker.quiet < HANGOVER_TICKS:
        speaker.quiet += 1
    speaker.silent = 0 if not speaker.chosen or speaker.measured >= LOUDNESS_STAY else speaker.silent + 1
    speaker.held = speaker.held + 1 if speaker.chosen else 0
    if speaker.silent >= SILENT_TICKS and speaker.quiet < HANGOVER_TICKS:
        speaker.distrusted = DISTRUST_TICKS
        speaker.quiet = HANGOVER_TICKS


cdef bint speaker_speaks(const Speaker* speaker) noexcept nogil:
    if speaker.by_sound or speaker.distrusted > 0:
        return speaker.measured >= LOUDNESS_ENTER
    return speaker.last >= LOUDNESS_ENTER


cdef inline bint challenges(const Speaker* speaker) noexcept nogil:
    return not speaker.chosen and speaker.wanted and (
        speaker.measured >= LOUDNESS_ENTER
        or (not speaker.by_sound and speaker.distrusted == 0 and speaker.last >= LOUDNESS_ENTER)
    )


cdef inline void choose(Speaker* speaker) noexcept nogil:
    speaker.chosen = 1
    speaker.held = 0
    speaker.silent = 0


cdef bint speakers_choose(Speaker** speakers, int count, int most) noexcept nogil:
    cdef int i, chosen = 0
    cdef bint changed = 0
    cdef Speaker* best
    cdef Speaker* worst
    for i in range(count):
        if speakers[i].chosen and (not speakers[i].wanted or speakers[i].quiet >= HANGOVER_TICKS):
            speakers[i].chosen = 0
            changed = 1
        chosen += speakers[i].chosen
    # Every turn but the last chooses somebody who was not chosen, and nobody chosen in this tick can be replaced: it ends.
    while True:
        best = NULL
        worst = NULL
        for i in range(count):
            if challenges(speakers[i]) and (best == NULL or speakers[i].loudness > best.loudness):
                best = speakers[i]
            if speakers[i].chosen and (worst == NULL or speakers[i].loudness < worst.loudness):
                worst = speakers[i]
        if chosen > most and worst != NULL:    # fewer are heard than were: the setting has changed
            worst.chosen = 0
            chosen -= 1
        elif best == NULL:
            return changed
        elif chosen < most:
            choose(best)
            chosen += 1
        elif worst != NULL and worst.held >= REPLACE_TICKS and best.loudness > worst.loudness + REPLACE_MARGIN:
            worst.chosen = 0
            choose(best)
        else:
            return changed
        changed = 1
