"""Which mixes there are and who hears which, made anew when something changed."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from native.audio.index cimport Index
from native.audio.matrix cimport Row
from native.audio.mix cimport Mix
from native.audio.mixer cimport MixerMove
from native.audio.opus cimport EncoderSettings
from native.audio.rows cimport Rows
from native.audio.voice cimport Voice

cdef struct Target:                # a voice in what a group is to hear
    Voice* voice
    float gain

cdef struct Group:                 # rows that hear the same now and shall hear the same next
    uint64_t hash
    int chain                      # the next group of the same hash; -1 = none
    int source                     # mix whose sound they hear now; MIX_NONE = none yet
    int mix                        # theirs from now on
    size_t first                   # of its targets
    int count

cdef struct Plan:
    uint8_t channels
    Index index                    # of groups by hash; the value is the group's number + 1
    Group* groups
    int group_count
    int group_room
    Target* targets                # of all groups, one after the other
    size_t target_count
    size_t target_room
    Row** rows                     # in the order of their claims
    int row_room
    Mix** mixes                    # by index; NULL = free
    int mix_room
    int mix_count
    Mix** spare                    # mixes for another use
    int spare_count
    MixerMove* moves
    int move_count
    int move_room

cdef int plan_init(Plan* plan, int channels) noexcept nogil
cdef void plan_free(Plan* plan) noexcept nogil
# `playing` by serial. False: no memory, and nothing was changed.
cdef bint plan_make(Plan* plan, Rows* rows, Voice** playing, int playing_count, uint32_t listeners, const EncoderSettings* settings) noexcept nogil
