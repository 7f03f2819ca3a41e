"""The worker's class, for the test door that runs a core in virtual time; everyone else uses worker.pyi."""
from libc.stdint cimport int64_t

from native.engine.packing_mixing cimport MixingCommands
from native.engine.state cimport WorkerCore

# Commands, timers, mixes and what they want sent, at `now_us`: a loop turn without the socket and without a clock.
cdef void core_turn_at(WorkerCore* core, int64_t now_us) noexcept nogil

cdef class Worker(MixingCommands):
    cdef object thread
    cdef object mixing_thread
    cdef str host
