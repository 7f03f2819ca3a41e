"""Events up. The eventfd is written once per event: events are rare (a call has a few dozen in its life)."""
from libc.string cimport memcpy

from native.c.socket cimport eventfd_write
from native.engine.ring cimport ring_commit, ring_reserve


cdef int event_write(WorkerCore* core, EventKind kind, uint64_t id, uint32_t detail, const void* payload, size_t size) noexcept nogil:
    cdef uint8_t* record = ring_reserve(&core.events, sizeof(EventHead) + size)
    cdef EventHead head
    if record == NULL:
        core.counters.events_dropped += 1
        return -1
    head.kind = kind
    head.detail = detail
    head.id = id
    memcpy(record, &head, sizeof(head))
    if size:
        memcpy(record + sizeof(head), payload, size)
    ring_commit(&core.events, sizeof(EventHead) + size)
    eventfd_write(core.event_fd, 1)
    return 0
