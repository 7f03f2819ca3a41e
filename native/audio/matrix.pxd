"""Who hears whom at what gain: listeners, the ids of voices they know, and the entries where the two differ from the rule."""
from libc.stdint cimport uint32_t, uint64_t

from native.audio.index cimport Index
from native.audio.voice cimport Voice

cdef enum:
    LISTENERS_MOST = 4096
    COLUMNS_MOST = 8192            # ids of voices, open or only named
    ENTRIES_MOST = 65536
    MIX_NONE = -1

cdef struct Column:                # a voice's id: open, or only named by an entry
    uint64_t id
    Voice* voice                   # NULL: not open
    Entry* entries
    uint32_t entry_count
    uint32_t audible               # entries that let it be heard

cdef struct Entry:                 # one listener's own rule about one voice
    Listener* listener
    Column* column
    float gain                     # below 0: none, only `own`
    bint own                       # the listener's own voice: never heard
    Entry* listener_next
    Entry* listener_previous
    Entry* column_next
    Entry* column_previous

cdef struct Listener:
    uint64_t id
    float gain
    Entry* entries
    Entry* own                     # NULL: has no voice
    Row* row                       # NULL: not placed yet
    Listener* row_next
    Listener* row_previous
    Listener* dirty_next           # its row has to be looked at again
    Listener* dirty_previous
    bint dirty

cdef struct Override:              # in a row: what one playing voice gets instead of the rule's gain
    Voice* voice
    float gain

cdef struct Row:                   # what all listeners of one kind hear; its key is (gain, overrides, mix)
    uint64_t hash
    float gain
    int mix                        # the mix they all hear now
    int group                      # of the plan being made
    uint32_t count                 # listeners
    Listener* listeners
    Row* chain                     # others of the same hash
    Row* next
    Row* previous
    int override_count
    Override* overrides            # by the voice's serial

cdef struct Matrix:
    Index columns
    Index listeners
    uint32_t column_count
    uint32_t entry_count
    uint32_t listener_count
    Listener* dirty

cdef int matrix_init(Matrix* matrix) noexcept nogil
cdef void matrix_free(Matrix* matrix) noexcept nogil
cdef Listener* matrix_listener(const Matrix* matrix, uint64_t id) noexcept nogil
cdef Column* matrix_column(const Matrix* matrix, uint64_t id) noexcept nogil

# 0, or -1: the id is 0 or taken, there are LISTENERS_MOST, no memory.
cdef int matrix_listener_open(Matrix* matrix, uint64_t id, uint64_t own_voice, float gain) noexcept nogil
# The caller has taken it out of its row.
cdef void matrix_listener_close(Matrix* matrix, Listener* listener) noexcept nogil
cdef void matrix_listener_gain(Matrix* matrix, Listener* listener, float gain) noexcept nogil
cdef void matrix_listener_own(Matrix* matrix, Listener* listener, uint64_t own_voice) noexcept nogil
# The entry for this pair; a negative gain removes it.
cdef void matrix_hear(Matrix* matrix, Listener* listener, uint64_t voice, float gain) noexcept nogil

# A voice gets its column (the same as those gave who named it before). NULL: id 0 or taken, no room, no memory.
cdef Column* matrix_voice_open(Matrix* matrix, Voice* voice) noexcept nogil
cdef void matrix_voice_close(Matrix* matrix, Column* column) noexcept nogil
# Everybody with an entry about this voice has to be looked at again.
cdef void matrix_touch(Matrix* matrix, Column* column) noexcept nogil
# Whether somebody may hear it: an entry says so, or the rule does for somebody without an entry.
cdef bint matrix_wants(const Matrix* matrix, const Column* column) noexcept nogil
cdef void matrix_clean(Matrix* matrix, Listener* listener) noexcept nogil

# What an entry comes to: 0 for one's own voice, below 0 when the rule holds.
cdef inline float entry_gain(const Entry* entry) noexcept nogil:
    return 0 if entry.own else entry.gain
