"""Numbers for Python: the worker's snapshot and the answers to *_stats commands."""
from libc.stdint cimport int64_t, uint32_t, uint64_t

from native.audio.mixer cimport MixerStats
from native.audio.playout cimport PlayoutStats
from native.engine.state cimport WorkerCore

cdef enum StatsKind:
    STATS_TRANSPORT = 1
    STATS_PRODUCER = 2
    STATS_CONSUMER = 3
    STATS_MIXER = 4
    STATS_VOICE = 5

cdef void latency_note(WorkerCore* core, int64_t latency_us, uint32_t packets) noexcept nogil
# Refreshes what Python reads.
cdef void snapshot_write(WorkerCore* core) noexcept nogil
# The mixing thread's half of an answer: numbers at `row` (room for 16); how many.
cdef int mixer_row(const MixerStats* mixer, int64_t* row) noexcept nogil
cdef int voice_row(const PlayoutStats* voice, int64_t* row) noexcept nogil
# Sends an EVENT_STATS with a row of int64 (names in stats.pyx); an empty one when the id is gone. Always 0.
cdef int stats_answer(WorkerCore* core, uint32_t kind, uint64_t id, uint64_t request_id) noexcept nogil
