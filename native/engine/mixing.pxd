"""The mixing thread of a worker: owns its mixers, wakes every 20 ms, talks to the worker by two channels."""
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from native.audio.mixer cimport Clip, Mixer, MixerStats
from native.audio.playout cimport PlayoutStats
from native.engine.channel cimport Channel
from native.engine.mixing_load cimport MixingLoad
from native.engine.table cimport IdTable

cdef enum:
    TICK_US = 20_000
    LAG_BUCKETS = 8

cdef enum ReportKind:              # what the mixing thread tells the worker
    REPORT_MOVE                    # listener `id` hears mix `detail` from now on
    REPORT_MIX                     # a packet of mix `detail`: MixReport, its Opus bytes follow
    REPORT_VOICE_ENDED
    REPORT_VOICE_ACTIVE            # detail: whether
    REPORT_STATS                   # answer to request `id`: StatsReport
    REPORT_CLIP_RELEASED           # nobody plays clip `id` any more

cdef struct ReportHead:
    uint32_t kind
    uint32_t detail
    uint64_t id
    uint64_t mixer

cdef struct MixReport:
    ReportHead head
    int64_t due_us                 # the tick's time: when the first sample of the packet was due
    uint32_t timestamp             # RTP time of the same
    uint16_t size
    uint8_t level                  # RFC 6464, with its voice bit
    uint8_t marker

cdef struct StatsReport:
    ReportHead head                # detail: StatsKind
    uint32_t count
    int64_t row[16]

cdef struct MixingTotals:          # since start; each is a uint64_t of its own: written by the mixing thread, read by the worker's
    uint64_t ticks
    uint64_t ticks_late
    uint64_t ticks_skipped
    uint64_t lag_us
    uint64_t cpu_us
    uint64_t complexity            # now
    uint64_t decodes
    uint64_t skips
    uint64_t encodes
    uint64_t limited
    uint64_t packets_dropped
    uint64_t playout_packets
    uint64_t playout_packets_late
    uint64_t playout_samples
    uint64_t playout_samples_concealed
    uint64_t playout_delay_us
    uint64_t lag[8]

cdef struct Voice:
    uint64_t id
    Room* room
    bint stream                    # else a clip
    Clip clip
    PlayoutStats counted           # what the totals have of it
    Voice* next                    # of the room

cdef struct Room:
    uint64_t id
    Mixer* mixer
    uint32_t timestamp             # of the tick to come
    MixerStats counted
    Voice* voices
    Room* next

cdef struct Mixing:
    Channel down                   # worker -> mixing thread
    Channel up                     # mixing thread -> worker
    uint32_t stopping
    uint32_t* sleeping             # the worker's: it waits and must be woken
    int wake_fd
    MixingTotals published         # read by the worker
    # The mixing thread's own
    int64_t due_us                 # of the next tick, 0 before the first
    MixingLoad load
    MixingTotals totals
    IdTable rooms
    IdTable voices
    Room* room_list
    uint32_t until_count           # ticks until the voices are counted again

# NULL: no memory. `sleeping` and `wake_fd` are the worker's.
cdef Mixing* mixing_new(uint32_t* sleeping, int wake_fd) noexcept nogil
# When both threads have ended.
cdef void mixing_free(Mixing* mixing) noexcept nogil
# The thread: until mixing_stop.
cdef void mixing_loop(Mixing* mixing) noexcept nogil
cdef void mixing_stop(Mixing* mixing) noexcept nogil
# Instead of the thread, in virtual time: the commands that wait and all ticks due by `now_us`; how many.
cdef int mixing_catch_up(Mixing* mixing, int64_t now_us) noexcept nogil
# Any thread: the totals, each as it was at some moment lately.
cdef void mixing_totals(const Mixing* mixing, MixingTotals* out) noexcept nogil
