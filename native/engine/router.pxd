"""The fan-out: one producer's packet to each of its consumers."""
from native.engine.state cimport Producer, WorkerCore
from native.stream.rtx cimport StoredPacket

# Fetches what the fan-out will touch, a step further with each packet of a train: call it before the packet is opened.
cdef void router_warm(WorkerCore* core, Producer* producer) noexcept nogil
cdef void router_forward(WorkerCore* core, Producer* producer, StoredPacket* packet) noexcept nogil
