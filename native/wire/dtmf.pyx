"""Telephone keys in RTP: a telephone-event's four bytes, read and written.

For: `stream.dtmf`, which makes keys out of events and events out of keys. Not for: the timing, and not for the sound of keys: who
hears them, hears them from his own device. Source: RFC 4733 sections 2.3 and 3.2.

Invariant: nothing behind the first four bytes is read; a written event reads back as it was.
"""
from libc.stddef cimport size_t

from native.wire.bytes cimport be16_read, be16_write

cdef const char* KEYS = "0123456789*#ABCD"


cdef int dtmf_parse(const uint8_t* payload, size_t size, TelephoneEvent* out) noexcept nogil:
    if size < DTMF_BYTES:
        return -1
    out.event = payload[0]
    out.end = payload[1] >> 7
    out.volume = payload[1] & 0x3F
    out.duration = be16_read(payload + 2)
    return 0


cdef void dtmf_write(uint8_t* out, const TelephoneEvent* event) noexcept nogil:
    out[0] = event.event
    out[1] = <uint8_t>((0x80 if event.end else 0) | (event.volume & 0x3F))
    be16_write(out + 2, event.duration)


cdef uint8_t dtmf_key(uint8_t event) noexcept nogil:
    return <uint8_t>KEYS[event] if event < DTMF_KEY_COUNT else 0
