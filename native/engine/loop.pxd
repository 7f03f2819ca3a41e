"""For bench/ only: an encoder's packets said over and over, and a memory of what a receiver gets.

Both lie in memory of Python's side, which outlives the worker's thread. A loop is a row of records, each

    size u16 | wait_ms u16 | level u8 | marker u8 | payload

all big-endian: `wait_ms` until the next packet is due, `level` as RFC 6464 has it on the wire, `marker` for the RTP header. A memory is a
u64 (the machine's own order) that says how many bytes are used, itself included, and then records

    size u16 | timestamp u32 | payload

Invariant: loop_init has walked the whole loop, so loop_next needs no bounds.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

cdef enum:
    LOOP_HEAD_BYTES = 6
    CAPTURE_HEAD_BYTES = 6

cdef struct Loop:
    const uint8_t* bytes           # NULL: none
    size_t size
    size_t at

cdef struct LoopPacket:
    const uint8_t* payload
    uint16_t size
    uint16_t wait_ms
    uint8_t level
    uint8_t marker

cdef struct Capture:
    uint8_t* bytes                 # NULL: none
    size_t room

# 0, or -1 when the records do not end where the loop does, or one could never be sent. Begins with record `skip` (modulo how many there are).
cdef int loop_init(Loop* loop, const uint8_t* bytes, size_t size, uint32_t skip) noexcept nogil
# The next packet, the first again after the last.
cdef void loop_next(Loop* loop, LoopPacket* out) noexcept nogil
# 0, or -1 when there is not even room for the count.
cdef int capture_init(Capture* capture, uint8_t* bytes, size_t room) noexcept nogil
# Keeps it as long as there is room.
cdef void capture_note(Capture* capture, uint32_t timestamp, const uint8_t* payload, uint16_t size) noexcept nogil
