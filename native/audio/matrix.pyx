"""Who hears whom at what gain, kept sparse: a rule (listener's gain times voice's gain), and entries only where it is broken.

Called by audio.mixer on commands, never per tick. A change marks the listeners it concerns, and audio.rows looks at those and no others.

Entries name voices by id, so they may come before the voice and stay when it leaves; a column lives as long as its voice or an entry.
Invariants: an entry is in its listener's list and in its column's; a column without voice and entries does not exist; a listener is in the
dirty list exactly when it is marked.
"""
from libc.stdlib cimport calloc, free

from native.audio.index cimport index_free, index_get, index_init, index_put, index_remove
from native.audio.voice cimport gain_within


cdef int matrix_init(Matrix* matrix) noexcept nogil:
    matrix.column_count = matrix.entry_count = matrix.listener_count = 0
    matrix.dirty = NULL
    matrix.columns.slots = matrix.listeners.slots = NULL
    if index_init(&matrix.columns) != 0 or index_init(&matrix.listeners) != 0:
        matrix_free(matrix)
        return -1
    return 0


cdef void matrix_free(Matrix* matrix) noexcept nogil:
    """Listeners, entries and columns; rows and voices are others' own."""
    cdef size_t i
    cdef Listener* listener
    if matrix.listeners.slots != NULL and matrix.columns.slots != NULL:
        for i in range(matrix.listeners.mask + 1):
            listener = <Listener*>matrix.listeners.slots[i].value
            if listener != NULL:
                while listener.entries != NULL:
                    entry_remove(matrix, listener.entries)
                free(listener)
        for i in range(matrix.columns.mask + 1):
            free(matrix.columns.slots[i].value)
    index_free(&matrix.columns)
    index_free(&matrix.listeners)


cdef Listener* matrix_listener(const Matrix* matrix, uint64_t id) noexcept nogil:
    return <Listener*>index_get(&matrix.listeners, id)


cdef Column* matrix_column(const Matrix* matrix, uint64_t id) noexcept nogil:
    return <Column*>index_get(&matrix.columns, id)


cdef void mark(Matrix* matrix, Listener* listener) noexcept nogil:
    if listener.dirty:
        return
    listener.dirty = 1
    listener.dirty_previous = NULL
    listener.dirty_next = matrix.dirty
    if matrix.dirty != NULL:
        matrix.dirty.dirty_previous = listener
    matrix.dirty = listener


cdef void matrix_clean(Matrix* matrix, Listener* listener) noexcept nogil:
    if not listener.dirty:
        return
    listener.dirty = 0
    if listener.dirty_next != NULL:
        listener.dirty_next.dirty_previous = listener.dirty_previous
    if listener.dirty_previous != NULL:
        listener.dirty_previous.dirty_next = listener.dirty_next
    else:
        matrix.dirty = listener.dirty_next


cdef Column* column_need(Matrix* matrix, uint64_t id) noexcept nogil:
    cdef Column* column = matrix_column(matrix, id)
    if column != NULL or id == 0 or matrix.column_count >= COLUMNS_MOST:
        return column
    column = <Column*>calloc(1, sizeof(Column))
    if column == NULL:
        return NULL
    column.id = id
    if index_put(&matrix.columns, id, column) != 0:
        free(column)
        return NULL
    matrix.column_count += 1
    return column


cdef void column_drop(Matrix* matrix, Column* column) noexcept nogil:
    if column.voice == NULL and column.entries == NULL:
        index_remove(&matrix.columns, column.id)
        matrix.column_count -= 1
        free(column)


cdef Entry* entry_find(const Listener* listener, uint64_t voice) noexcept nogil:
    cdef Entry* entry = listener.entries
    while entry != NULL and entry.column.id != voice:
        entry = entry.listener_next
    return entry


cdef Entry* entry_need(Matrix* matrix, Listener* listener, uint64_t voice) noexcept nogil:
    cdef Entry* entry = entry_find(listener, voice)
    cdef Column* column
    if entry != NULL or matrix.entry_count >= ENTRIES_MOST:
        return entry
    column = column_need(matrix, voice)
    if column == NULL:
        return NULL
    entry = <Entry*>calloc(1, sizeof(Entry))
    if entry == NULL:
        column_drop(matrix, column)
        return NULL
    entry.listener = listener
    entry.column = column
    entry.gain = -1
    entry.listener_next = listener.entries
    if listener.entries != NULL:
        listener.entries.listener_previous = entry
    listener.entries = entry
    entry.column_next = column.entries
    if column.entries != NULL:
        column.entries.column_previous = entry
    column.entries = entry
    column.entry_count += 1
    matrix.entry_count += 1
    return entry


cdef void entry_remove(Matrix* matrix, Entry* entry) noexcept nogil:
    cdef Listener* listener = entry.listener
    cdef Column* column = entry.column
    if entry.listener_next != NULL:
        entry.listener_next.listener_previous = entry.listener_previous
    if entry.listener_previous != NULL:
        entry.listener_previous.listener_next = entry.listener_next
    else:
        listener.entries = entry.listener_next
    if entry.column_next != NULL:
        entry.column_next.column_previous = entry.column_previous
    if entry.column_previous != NULL:
        entry.column_previous.column_next = entry.column_next
    else:
        column.entries = entry.column_next
    if listener.own == entry:
        listener.own = NULL
    column.entry_count -= 1
    column.audible -= entry_gain(entry) > 0
    matrix.entry_count -= 1
    free(entry)
    column_drop(matrix, column)


cdef void entry_set(Matrix* matrix, Entry* entry, float gain, bint own) noexcept nogil:
    """Changes what an entry says; one that says nothing any more goes."""
    entry.column.audible -= entry_gain(entry) > 0
    entry.gain = gain
    entry.own = own
    entry.column.audible += entry_gain(entry) > 0
    mark(matrix, entry.listener)
    if gain < 0 and not own:
        entry_remove(matrix, entry)


cdef int matrix_listener_open(Matrix* matrix, uint64_t id, uint64_t own_voice, float gain) noexcept nogil:
    cdef Listener* listener
    if id == 0 or matrix_listener(matrix, id) != NULL or matrix.listener_count >= LISTENERS_MOST:
        return -1
    listener = <Listener*>calloc(1, sizeof(Listener))
    if listener == NULL:
        return -1
    listener.id = id
    listener.gain = gain_within(gain)
    if index_put(&matrix.listeners, id, listener) != 0:
        free(listener)
        return -1
    matrix.listener_count += 1
    mark(matrix, listener)
    matrix_listener_own(matrix, listener, own_voice)
    if own_voice != 0 and listener.own == NULL:    # never may one hear oneself for want of an entry
        matrix_listener_close(matrix, listener)
        return -1
    return 0


cdef void matrix_listener_close(Matrix* matrix, Listener* listener) noexcept nogil:
    while listener.entries != NULL:
        entry_remove(matrix, listener.entries)
    matrix_clean(matrix, listener)
    index_remove(&matrix.listeners, listener.id)
    matrix.listener_count -= 1
    free(listener)


cdef void matrix_listener_gain(Matrix* matrix, Listener* listener, float gain) noexcept nogil:
    gain = gain_within(gain)
    if gain != listener.gain:
        listener.gain = gain
        mark(matrix, listener)


cdef void matrix_listener_own(Matrix* matrix, Listener* listener, uint64_t own_voice) noexcept nogil:
    cdef Entry* entry
    if listener.own != NULL:
        if listener.own.column.id == own_voice:
            return
        entry = listener.own
        listener.own = NULL
        entry_set(matrix, entry, entry.gain, 0)
    if own_voice != 0:
        entry = entry_need(matrix, listener, own_voice)
        if entry != NULL:
            entry_set(matrix, entry, entry.gain, 1)
            listener.own = entry


cdef void matrix_hear(Matrix* matrix, Listener* listener, uint64_t voice, float gain) noexcept nogil:
    cdef Entry* entry
    if gain < 0:
        entry = entry_find(listener, voice)
        gain = -1
    else:
        entry = entry_need(matrix, listener, voice)
        gain = gain_within(gain)
    if entry != NULL and entry.gain != gain:
        entry_set(matrix, entry, gain, entry.own)


cdef Column* matrix_voice_open(Matrix* matrix, Voice* voice) noexcept nogil:
    cdef Column* column = column_need(matrix, voice.id)
    if column == NULL or column.voice != NULL:
        return NULL
    column.voice = voice
    return column


cdef void matrix_voice_close(Matrix* matrix, Column* column) noexcept nogil:
    matrix_touch(matrix, column)
    column.voice = NULL
    column_drop(matrix, column)


cdef void matrix_touch(Matrix* matrix, Column* column) noexcept nogil:
    cdef Entry* entry = column.entries
    while entry != NULL:
        mark(matrix, entry.listener)
        entry = entry.column_next


cdef bint matrix_wants(const Matrix* matrix, const Column* column) noexcept nogil:
    return column.audible > 0 or (column.voice.gain > 0 and matrix.listener_count > column.entry_count)
