"""Telephone keys in RTP (RFC 4733): the four bytes of a telephone-event."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t

cdef enum:
    DTMF_BYTES = 4
    DTMF_KEY_COUNT = 16            # event codes 0 ... 15; the others are tones and line signals

cdef struct TelephoneEvent:
    uint8_t event
    bint end
    uint8_t volume                 # -dBm0, 0 ... 63
    uint16_t duration              # so far, in units of the payload type's clock

# 0, or -1 when the payload is too short. Only the first event of a payload is read (RFC 4733 section 2.5.1.5 sends one).
cdef int dtmf_parse(const uint8_t* payload, size_t size, TelephoneEvent* out) noexcept nogil
# DTMF_BYTES at `out`.
cdef void dtmf_write(uint8_t* out, const TelephoneEvent* event) noexcept nogil
# The key of an event code: one of 0-9 * # A-D, or 0.
cdef uint8_t dtmf_key(uint8_t event) noexcept nogil
