"""The fan-out. Each consumer only notes the packet; sealing and sending come at the end of the turn, peer by peer (train.pyx)."""
from native.c.cache cimport cache_prefetch_bytes
from native.engine.consumer cimport consumer_forward
from native.engine.state cimport PENDING_MOST
from native.engine.train cimport train_flush_all, train_prefetch_keys

cdef enum:
    # Beyond this the first lines would be gone again before they are used; peers further on are fetched by the flush.
    WARM_MOST = 16
    CONSUMER_HOT_BYTES = 256
    TRANSPORT_HOT_BYTES = 192


cdef void router_warm(WorkerCore* core, Producer* producer) noexcept nogil:
    """With thousands of peers everything of a room is cold when its packet comes, and each pointer can only be followed when the line
    that holds it is there: consumers with the first packet of a train, their transports with the second, keys with the third.
    Opening a packet takes longer than a line takes from memory.
    """
    cdef int i, count = producer.consumer_count if producer.consumer_count < WARM_MOST else WARM_MOST
    if core.warmed != producer:
        core.warmed = producer
        core.warm_stage = 0
    if core.warm_stage == 0:
        for i in range(count):
            cache_prefetch_bytes(producer.consumers[i], CONSUMER_HOT_BYTES)
    elif core.warm_stage == 1:
        for i in range(count):
            cache_prefetch_bytes(producer.consumers[i].transport, TRANSPORT_HOT_BYTES)
    elif core.warm_stage == 2 and producer.consumer_count:
        # The peer that became dirty last is flushed first; the flush itself fetches the keys of the next ones.
        train_prefetch_keys(producer.consumers[producer.consumer_count - 1].transport)
    core.warm_stage += 1


cdef void router_forward(WorkerCore* core, Producer* producer, StoredPacket* packet) noexcept nogil:
    cdef int i
    for i in range(producer.consumer_count):
        if core.pending_count == PENDING_MOST:
            train_flush_all(core)
        consumer_forward(producer.consumers[i], packet)
