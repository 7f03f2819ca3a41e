"""Listeners gathered by what they hear: all of one row hear the same sound from the same mix, and are never looked at one by one."""
from native.audio.index cimport Index
from native.audio.matrix cimport Listener, Matrix, Override, Row

cdef struct Rows:
    Index index                    # by hash; others of the same hash hang on `chain`
    Row* first
    int count
    Override* scratch
    int room

cdef int rows_init(Rows* rows) noexcept nogil
cdef void rows_free(Rows* rows) noexcept nogil
# Gives every marked listener the row it belongs to now. False: no memory; who is left stays marked.
cdef bint rows_refresh(Rows* rows, Matrix* matrix) noexcept nogil
# Takes a listener that leaves out of its row.
cdef void rows_leave(Rows* rows, Listener* listener) noexcept nogil
# All listeners of the row hear this mix from now on. The row may be merged into another: do not use it any more.
cdef void rows_move(Rows* rows, Row* row, int mix) noexcept nogil
