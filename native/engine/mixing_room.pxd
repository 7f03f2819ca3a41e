"""The worker's side of mixing: which producer is a voice, which consumer listens, and the mixes that come back as producers."""
from libc.stddef cimport size_t
from libc.stdint cimport uint32_t, uint64_t

from native.engine.state cimport Consumer, MixListener, Producer, WorkerCore
from native.stream.rtx cimport StoredPacket

# A mixing command (COMMAND_MIXING_START and later): carried out here and sent on. 0, or -1 when what it names is not there.
cdef int mixing_command(WorkerCore* core, void* record, size_t size) noexcept nogil
# Sends a copy of this audio packet to the mixers that hear its producer.
cdef void voices_feed(Producer* producer, StoredPacket* packet) noexcept nogil
# The producer ends, and all voices that it was.
cdef void voices_end(Producer* producer) noexcept nogil
# The consumer leaves its mixer; it stays open, detached.
cdef void listener_end(MixListener* listener) noexcept nogil
# Takes what the mixing thread has made, as much of it as one loop turn may send; the rest waits (room_waiting).
cdef void room_take(WorkerCore* core) noexcept nogil
cdef bint room_waiting(WorkerCore* core) noexcept nogil
# Once a second: mixes without listeners, old history, round trips. Never while packets wait to be sent.
cdef void room_sweep(WorkerCore* core) noexcept nogil
# Whether this stats request is the mixing thread's to answer; sends it there.
cdef bint room_stats(WorkerCore* core, uint32_t kind, uint64_t id, uint64_t request_id) noexcept nogil
# Everything, for the end of the worker.
cdef void room_close_all(WorkerCore* core) noexcept nogil
