"""Records in memory that Python's side prepared: read round and round, or written until it is full. loop.pxd has their layout."""
from libc.string cimport memcpy

from native.c.atomics cimport __ATOMIC_RELEASE, atomic_store_u64
from native.wire.bytes cimport be16_read, be16_write, be32_write

cdef enum:
    PAYLOAD_MOST = 1275            # RFC 6716 section 3.2: no Opus packet of one frame is larger


cdef int loop_init(Loop* loop, const uint8_t* bytes, size_t size, uint32_t skip) noexcept nogil:
    cdef size_t at = 0
    cdef uint32_t count = 0
    cdef LoopPacket passed
    while at + LOOP_HEAD_BYTES <= size:
        if be16_read(bytes + at) == 0 or be16_read(bytes + at) > PAYLOAD_MOST or be16_read(bytes + at + 2) == 0:
            return -1
        at += LOOP_HEAD_BYTES + be16_read(bytes + at)
        count += 1
    if at != size or count == 0:
        return -1
    loop.bytes = bytes
    loop.size = size
    loop.at = 0
    skip %= count
    while skip:
        loop_next(loop, &passed)
        skip -= 1
    return 0


cdef void loop_next(Loop* loop, LoopPacket* out) noexcept nogil:
    cdef const uint8_t* record = loop.bytes + loop.at
    out.size = be16_read(record)
    out.wait_ms = be16_read(record + 2)
    out.level = record[4]
    out.marker = record[5]
    out.payload = record + LOOP_HEAD_BYTES
    loop.at += LOOP_HEAD_BYTES + <size_t>out.size
    if loop.at == loop.size:
        loop.at = 0


cdef int capture_init(Capture* capture, uint8_t* bytes, size_t room) noexcept nogil:
    cdef uint64_t used = sizeof(uint64_t)
    if room < sizeof(uint64_t):
        return -1
    memcpy(bytes, &used, sizeof(used))
    capture.bytes = bytes
    capture.room = room
    return 0


cdef void capture_note(Capture* capture, uint32_t timestamp, const uint8_t* payload, uint16_t size) noexcept nogil:
    cdef uint64_t used
    cdef uint8_t* record
    memcpy(&used, capture.bytes, sizeof(used))
    if used + CAPTURE_HEAD_BYTES + size > capture.room:
        return
    record = capture.bytes + used
    be16_write(record, size)
    be32_write(record + 2, timestamp)
    memcpy(record + CAPTURE_HEAD_BYTES, payload, size)
    # Last: whoever reads the count finds everything before it.
    atomic_store_u64(<uint64_t*>capture.bytes, used + CAPTURE_HEAD_BYTES + size, __ATOMIC_RELEASE)
