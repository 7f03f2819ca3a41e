"""The fan-out: one producer's packet to each of its consumers."""
from native.engine.state cimport Producer, WorkerCore
from native.stream.rtx cimport StoredPacket

cdef void router_forward(WorkerCore* core, Producer* producer, StoredPacket* packet) noexcept nogil
