"""Which mixes there are and who hears which.

Called by audio.mixer in ticks before which a gain, a voice, a listener or the choice of speakers changed; its cost is that of the rows (distinct
listeners), not of the listeners.

Rows that hear the same sound now and shall hear the same next form a group, and a group has one mix. Both matter: gains are ramped from what
is heard now, so two who come from different sounds share only when they have arrived and been alike for a while. A mix goes to the group
with the most of its listeners, so that as few as possible move:

- who parts from a mix gets a copy of it, encoder and all: the decoder at the other end cannot tell, there is nothing to hear;
- who joins another mix (the same sound, another encoder's past) has its next packet coded without prediction (audio.opus, encoder_join).

Invariant: a listener's present gains are those at which its mix of the last tick ended.
"""
from libc.stdlib cimport calloc, free, malloc, qsort, realloc
from libc.string cimport memcpy, memset

from native.audio.index cimport index_clear, index_free, index_get, index_init, index_put, index_reserve
from native.audio.matrix cimport MIX_NONE, Listener
from native.audio.mix cimport (
    MIX_HASH_START,
    Term,
    mix_copy,
    mix_free,
    mix_hash_step,
    mix_new,
    mix_reserve,
    mix_reset,
    mix_sounds_like,
)
from native.audio.mixer cimport MixerMove
from native.audio.opus cimport encoder_join
from native.audio.rows cimport rows_move

cdef enum:
    # Encoders kept for the next that parts: as many as come and go in a lively conversation (45 KB each); more are freed.
    SPARE_MOST = 16


cdef int plan_init(Plan* plan, int channels) noexcept nogil:
    memset(plan, 0, sizeof(Plan))
    plan.channels = <uint8_t>channels
    plan.spare = <Mix**>calloc(SPARE_MOST, sizeof(Mix*))
    if plan.spare == NULL or index_init(&plan.index) != 0:
        plan_free(plan)
        return -1
    return 0


cdef void plan_free(Plan* plan) noexcept nogil:
    cdef int i
    for i in range(plan.mix_room):
        mix_free(plan.mixes[i])
    for i in range(plan.spare_count):
        mix_free(plan.spare[i])
    free(plan.mixes)
    free(plan.spare)
    free(plan.groups)
    free(plan.targets)
    free(plan.rows)
    free(plan.moves)
    index_free(&plan.index)
    memset(plan, 0, sizeof(Plan))


cdef bint room_for(void** array, int* room, int count, size_t size) noexcept nogil:
    cdef void* grown
    if count <= room[0]:
        return 1
    grown = realloc(array[0], (<size_t>count + 16) * size)
    if grown == NULL:
        return 0
    array[0] = grown
    room[0] = count + 16
    return 1


cdef bint prepare(Plan* plan, int rows, uint32_t listeners) noexcept nogil:
    """Room for everything whose size is known beforehand, so that what follows cannot stop half-way. Mixes: one more per row may come."""
    cdef int before = plan.mix_room
    if not (
        room_for(<void**>&plan.groups, &plan.group_room, rows, sizeof(Group))
        and room_for(<void**>&plan.rows, &plan.row_room, rows, sizeof(Row*))
        and room_for(<void**>&plan.moves, &plan.move_room, <int>listeners, sizeof(MixerMove))
        and room_for(<void**>&plan.mixes, &plan.mix_room, plan.mix_count + rows, sizeof(Mix*))
        and index_reserve(&plan.index, <size_t>rows) == 0
    ):
        # The room for mixes comes last but one: it may have grown, and what is new in it has to say that it is free.
        if plan.mix_room > before:
            memset(plan.mixes + before, 0, <size_t>(plan.mix_room - before) * sizeof(Mix*))
        return 0
    if plan.mix_room > before:
        memset(plan.mixes + before, 0, <size_t>(plan.mix_room - before) * sizeof(Mix*))
    return 1


cdef int targets_write(Plan* plan, const Row* row, Voice** playing, int playing_count, uint64_t* hash) noexcept nogil:
    """What the row shall hear, behind the last group's targets; how many voices, or -1 without memory."""
    cdef Target* grown
    cdef Target* target
    cdef int i, at = 0, count = 0
    cdef float gain
    if plan.target_count + <size_t>playing_count > plan.target_room:
        grown = <Target*>realloc(plan.targets, (plan.target_count + <size_t>playing_count) * 2 * sizeof(Target))
        if grown == NULL:
            return -1
        plan.targets = grown
        plan.target_room = (plan.target_count + <size_t>playing_count) * 2
    hash[0] = MIX_HASH_START
    for i in range(playing_count):
        gain = row.gain * playing[i].gain
        if at < row.override_count and row.overrides[at].voice == playing[i]:
            gain = row.overrides[at].gain
            at += 1
        if gain > 0:
            target = &plan.targets[plan.target_count + <size_t>count]
            target.voice = playing[i]
            target.gain = gain
            hash[0] = mix_hash_step(hash[0], playing[i], gain)
            count += 1
    return count


cdef bint group_fits(const Plan* plan, const Group* group, const Row* row, int count) noexcept nogil:
    """Whether the row, whose targets stand behind the last group's, belongs to this group."""
    cdef const Target* mine = &plan.targets[plan.target_count]
    cdef const Target* theirs = &plan.targets[group.first]
    cdef int i
    if group.count != count:
        return 0
    for i in range(count):
        if mine[i].voice != theirs[i].voice or mine[i].gain != theirs[i].gain:
            return 0
    # Who hears nothing yet may join anybody in the middle.
    if row.mix == MIX_NONE or row.mix == group.source:
        return 1
    return group.source != MIX_NONE and mix_sounds_like(plan.mixes[row.mix], plan.mixes[group.source])


cdef bint row_group(Plan* plan, Row* row, Voice** playing, int playing_count) noexcept nogil:
    cdef uint64_t hash
    cdef int count = targets_write(plan, row, playing, playing_count, &hash)
    cdef int at
    cdef Group* group
    if count < 0:
        return 0
    at = <int><size_t>index_get(&plan.index, hash) - 1
    while at >= 0:
        if group_fits(plan, &plan.groups[at], row, count):
            row.group = at
            return 1
        at = plan.groups[at].chain
    row.group = plan.group_count
    group = &plan.groups[plan.group_count]
    group.hash = hash
    group.chain = <int><size_t>index_get(&plan.index, hash) - 1
    group.source = row.mix
    group.mix = MIX_NONE
    group.first = plan.target_count
    group.count = count
    plan.target_count += <size_t>count
    plan.group_count += 1
    index_put(&plan.index, hash, <void*><size_t>plan.group_count)
    return 1


cdef int compare_rows(const void* a, const void* b) noexcept nogil:
    """Those with more listeners first; where they are equal, those who came first to their mix."""
    cdef const Row* one = (<const Row**>a)[0]
    cdef const Row* two = (<const Row**>b)[0]
    if one.count != two.count:
        return -1 if one.count > two.count else 1
    if one.mix != two.mix:
        return -1 if one.mix < two.mix else 1
    return -1 if one.group < two.group else (1 if one.group > two.group else 0)


cdef int mix_place(Plan* plan) noexcept nogil:
    """The lowest free index; prepare has made sure that there is one."""
    cdef int index = 0
    while plan.mixes[index] != NULL:
        index += 1
    return index


cdef Mix* mix_take(Plan* plan, const EncoderSettings* settings) noexcept nogil:
    cdef Mix* mix
    if plan.spare_count == 0:
        return mix_new(plan.channels, settings)
    plan.spare_count -= 1
    mix = plan.spare[plan.spare_count]
    mix_reset(mix)
    return mix


cdef void mix_give_back(Plan* plan, Mix* mix) noexcept nogil:
    if plan.spare_count == SPARE_MOST:
        mix_free(mix)
        return
    plan.spare[plan.spare_count] = mix
    plan.spare_count += 1


cdef bint mixes_make(Plan* plan, int rows, const EncoderSettings* settings) noexcept nogil:
    """Gives each group its mix: one of those its rows hear, as long as nobody with more listeners wants it, or a copy of that."""
    cdef Row* row
    cdef Group* group
    cdef Mix* mix
    cdef int i, index
    for i in range(plan.mix_room):
        if plan.mixes[i] != NULL:
            plan.mixes[i].taken = plan.mixes[i].fresh = 0
    for i in range(rows):
        row = plan.rows[i]
        group = &plan.groups[row.group]
        if row.mix != MIX_NONE and group.mix == MIX_NONE and not plan.mixes[row.mix].taken:
            group.mix = row.mix
            plan.mixes[row.mix].taken = 1
    for i in range(plan.group_count):
        group = &plan.groups[i]
        if group.mix != MIX_NONE:
            continue
        mix = mix_take(plan, settings)
        if mix == NULL:
            return 0
        mix.taken = mix.fresh = 1
        index = mix_place(plan)
        mix.index = <uint32_t>index
        plan.mixes[index] = mix
        plan.mix_count += 1
        group.mix = index
        if group.source != MIX_NONE and not mix_copy(mix, plan.mixes[group.source]):
            return 0
    # Room for the terms: what is heard now and what shall be.
    for i in range(plan.group_count):
        mix = plan.mixes[plan.groups[i].mix]
        if not mix_reserve(mix, mix.term_count + plan.groups[i].count):
            return 0
    return 1


cdef void mixes_unmake(Plan* plan) noexcept nogil:
    """Takes back what a plan made that could not be finished."""
    cdef int i
    for i in range(plan.mix_room):
        if plan.mixes[i] != NULL and plan.mixes[i].fresh:
            mix_give_back(plan, plan.mixes[i])
            plan.mixes[i] = NULL
            plan.mix_count -= 1


cdef void terms_merge(Mix* mix, const Target* targets, int count) noexcept nogil:
    """Every voice heard now or next with its two gains, by serial. From the back, so that it works in place."""
    cdef int now = mix.term_count - 1, next = count - 1
    cdef int both = 0, at, i, j
    # How many stand in both lists: so long is the merged one shorter than the sum.
    i = j = 0
    while i < mix.term_count and j < count:
        if mix.terms[i].voice == targets[j].voice:
            both += 1
            i += 1
            j += 1
        elif mix.terms[i].voice.serial < targets[j].voice.serial:
            i += 1
        else:
            j += 1
    at = mix.term_count + count - both - 1
    mix.term_count = at + 1
    while at >= 0:
        if next < 0 or (now >= 0 and mix.terms[now].voice.serial > targets[next].voice.serial):
            mix.terms[at] = mix.terms[now]
            mix.terms[at].end = 0
            now -= 1
        elif now < 0 or mix.terms[now].voice != targets[next].voice:
            mix.terms[at].voice = targets[next].voice
            mix.terms[at].start = 0
            mix.terms[at].end = targets[next].gain
            next -= 1
        else:
            mix.terms[at] = mix.terms[now]
            mix.terms[at].end = targets[next].gain
            now -= 1
            next -= 1
        at -= 1


cdef void listeners_move(Plan* plan, Rows* rows, int count) noexcept nogil:
    cdef Row* row
    cdef Group* group
    cdef Listener* listener
    cdef Mix* mix
    cdef int i
    for i in range(count):
        row = plan.rows[i]
        group = &plan.groups[row.group]
        if row.mix == group.mix:
            continue
        mix = plan.mixes[group.mix]
        if not (mix.fresh and row.mix == group.source):
            encoder_join(&mix.encoder)
        listener = row.listeners
        while listener != NULL:
            plan.moves[plan.move_count].listener = listener.id
            plan.moves[plan.move_count].mix = <uint32_t>group.mix
            plan.move_count += 1
            listener = listener.row_next
        rows_move(rows, row, group.mix)


cdef bint plan_make(Plan* plan, Rows* rows, Voice** playing, int playing_count, uint32_t listeners, const EncoderSettings* settings) noexcept nogil:
    cdef Row* row = rows.first
    cdef Group* group
    cdef int i, count = rows.count, front = 0, back = rows.count
    plan.move_count = plan.group_count = 0
    plan.target_count = 0
    index_clear(&plan.index)
    if not prepare(plan, count, listeners):
        return 0
    # Those who hear nothing yet come last: they may join any group, but no group can be judged by them.
    while row != NULL:
        if row.mix == MIX_NONE:
            back -= 1
            plan.rows[back] = row
        else:
            plan.rows[front] = row
            front += 1
        row = row.next
    for i in range(count):
        if not row_group(plan, plan.rows[i], playing, playing_count):
            return 0
    if count > 1:
        qsort(plan.rows, <size_t>count, sizeof(Row*), compare_rows)
    if not mixes_make(plan, count, settings):
        mixes_unmake(plan)
        return 0
    for i in range(plan.group_count):
        group = &plan.groups[i]
        terms_merge(plan.mixes[group.mix], &plan.targets[group.first], group.count)
    listeners_move(plan, rows, count)
    for i in range(plan.mix_room):
        if plan.mixes[i] != NULL and not plan.mixes[i].taken:
            mix_give_back(plan, plan.mixes[i])
            plan.mixes[i] = NULL
            plan.mix_count -= 1
    return 1
