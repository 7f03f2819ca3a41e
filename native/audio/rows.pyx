"""Listeners gathered by what they hear.

A row is (listener's gain, what the playing voices get instead of the rule's gain, mix heard now). In a room where three of a thousand speak
there are four: one for each speaker, who does not hear himself, and one for all others. Called by audio.mixer and audio.plan.

Overrides of voices that do not play do not count, nor those that equal the rule: so rows are as few as what is to be heard.
Invariant: no two rows are equal; a row has at least one listener.
"""
from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy

from native.audio.index cimport hash_step, index_free, index_get, index_init, index_put, index_remove, index_reserve
from native.audio.matrix cimport MIX_NONE, Entry, entry_gain, matrix_clean
from native.audio.voice cimport Voice


cdef int rows_init(Rows* rows) noexcept nogil:
    rows.first = NULL
    rows.count = 0
    rows.scratch = NULL
    rows.room = 0
    return index_init(&rows.index)


cdef void rows_free(Rows* rows) noexcept nogil:
    cdef Row* row
    while rows.first != NULL:
        row = rows.first
        rows.first = row.next
        free(row)
    free(rows.scratch)
    rows.scratch = NULL
    index_free(&rows.index)


cdef inline uint64_t float_bits(float value) noexcept nogil:
    cdef uint32_t bits
    memcpy(&bits, &value, sizeof(bits))
    return bits


cdef uint64_t row_hash(float gain, int mix, const Override* overrides, int count) noexcept nogil:
    cdef uint64_t hash = hash_step(float_bits(gain) + 1, <uint64_t><uint32_t>mix)
    cdef int i
    for i in range(count):
        hash = hash_step(hash_step(hash, overrides[i].voice.serial), float_bits(overrides[i].gain))
    return hash


cdef bint row_is(const Row* row, float gain, int mix, const Override* overrides, int count) noexcept nogil:
    cdef int i
    if row.gain != gain or row.mix != mix or row.override_count != count:
        return 0
    for i in range(count):
        if row.overrides[i].voice != overrides[i].voice or row.overrides[i].gain != overrides[i].gain:
            return 0
    return 1


cdef Row* row_find(const Rows* rows, uint64_t hash, float gain, int mix, const Override* overrides, int count) noexcept nogil:
    cdef Row* row = <Row*>index_get(&rows.index, hash)
    while row != NULL and not row_is(row, gain, mix, overrides, count):
        row = row.chain
    return row


cdef void row_hang(Rows* rows, Row* row) noexcept nogil:
    """Into the index, where room is reserved."""
    row.chain = <Row*>index_get(&rows.index, row.hash)
    index_put(&rows.index, row.hash, row)


cdef void row_unhang(Rows* rows, Row* row) noexcept nogil:
    cdef Row* at = <Row*>index_get(&rows.index, row.hash)
    if at == row:
        if row.chain != NULL:
            index_put(&rows.index, row.hash, row.chain)
        else:
            index_remove(&rows.index, row.hash)
        return
    while at.chain != row:
        at = at.chain
    at.chain = row.chain


cdef Row* row_new(Rows* rows, uint64_t hash, float gain, int mix, const Override* overrides, int count) noexcept nogil:
    cdef Row* row
    if index_reserve(&rows.index, <size_t>rows.count + 1) != 0:
        return NULL
    row = <Row*>malloc(sizeof(Row) + <size_t>count * sizeof(Override))
    if row == NULL:
        return NULL
    row.hash = hash
    row.gain = gain
    row.mix = mix
    row.group = -1
    row.count = 0
    row.listeners = NULL
    row.override_count = count
    row.overrides = <Override*>(row + 1)
    if count:
        memcpy(row.overrides, overrides, <size_t>count * sizeof(Override))
    row.previous = NULL
    row.next = rows.first
    if rows.first != NULL:
        rows.first.previous = row
    rows.first = row
    rows.count += 1
    row_hang(rows, row)
    return row


cdef void row_free(Rows* rows, Row* row) noexcept nogil:
    row_unhang(rows, row)
    if row.next != NULL:
        row.next.previous = row.previous
    if row.previous != NULL:
        row.previous.next = row.next
    else:
        rows.first = row.next
    rows.count -= 1
    free(row)


cdef void row_join(Row* row, Listener* listener) noexcept nogil:
    listener.row = row
    listener.row_previous = NULL
    listener.row_next = row.listeners
    if row.listeners != NULL:
        row.listeners.row_previous = listener
    row.listeners = listener
    row.count += 1


cdef void rows_leave(Rows* rows, Listener* listener) noexcept nogil:
    cdef Row* row = listener.row
    if row == NULL:
        return
    if listener.row_next != NULL:
        listener.row_next.row_previous = listener.row_previous
    if listener.row_previous != NULL:
        listener.row_previous.row_next = listener.row_next
    else:
        row.listeners = listener.row_next
    listener.row = NULL
    row.count -= 1
    if row.count == 0:
        row_free(rows, row)


cdef int gather(Rows* rows, const Listener* listener) noexcept nogil:
    """The listener's overrides among the playing voices into scratch, by serial; how many, or -1 without memory."""
    cdef Entry* entry = listener.entries
    cdef Override* grown
    cdef Voice* voice
    cdef float gain
    cdef int count = 0, at
    while entry != NULL:
        voice = entry.column.voice
        gain = entry_gain(entry)
        if voice != NULL and voice.playing and gain >= 0 and gain != listener.gain * voice.gain:
            if count == rows.room:
                grown = <Override*>realloc(rows.scratch, (<size_t>rows.room * 2 + 16) * sizeof(Override))
                if grown == NULL:
                    return -1
                rows.scratch = grown
                rows.room = rows.room * 2 + 16
            at = count
            while at > 0 and rows.scratch[at - 1].voice.serial > voice.serial:
                rows.scratch[at] = rows.scratch[at - 1]
                at -= 1
            rows.scratch[at].voice = voice
            rows.scratch[at].gain = gain
            count += 1
        entry = entry.listener_next
    return count


cdef bint rows_refresh(Rows* rows, Matrix* matrix) noexcept nogil:
    cdef Listener* listener
    cdef Row* row
    cdef uint64_t hash
    cdef int count, mix
    while matrix.dirty != NULL:
        listener = matrix.dirty
        count = gather(rows, listener)
        if count < 0:
            return 0
        mix = listener.row.mix if listener.row != NULL else MIX_NONE
        hash = row_hash(listener.gain, mix, rows.scratch, count)
        row = row_find(rows, hash, listener.gain, mix, rows.scratch, count)
        if row == NULL:
            row = row_new(rows, hash, listener.gain, mix, rows.scratch, count)
        if row == NULL:
            return 0
        if row != listener.row:
            rows_leave(rows, listener)
            row_join(row, listener)
        matrix_clean(matrix, listener)
    return 1


cdef void rows_move(Rows* rows, Row* row, int mix) noexcept nogil:
    cdef uint64_t hash = row_hash(row.gain, mix, row.overrides, row.override_count)
    cdef Row* there = row_find(rows, hash, row.gain, mix, row.overrides, row.override_count)
    cdef Listener* listener
    if there == NULL:
        row_unhang(rows, row)
        row.hash = hash
        row.mix = mix
        row_hang(rows, row)
        return
    while row.count > 1:
        listener = row.listeners
        rows_leave(rows, listener)
        row_join(there, listener)
    listener = row.listeners
    rows_leave(rows, listener)     # frees the row
    row_join(there, listener)
