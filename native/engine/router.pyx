"""The fan-out. Each consumer only notes the packet; sealing and sending come at the end of the turn, peer by peer (train.pyx)."""
from native.engine.consumer cimport consumer_forward
from native.engine.state cimport PENDING_MOST
from native.engine.train cimport train_flush_all


cdef void router_forward(WorkerCore* core, Producer* producer, StoredPacket* packet) noexcept nogil:
    cdef int i
    for i in range(producer.consumer_count):
        if core.pending_count == PENDING_MOST:
            train_flush_all(core)
        consumer_forward(producer.consumers[i], packet)
