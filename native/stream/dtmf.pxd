"""Keys out of telephone-events, and telephone-events out of keys (RFC 4733 section 2.5): one stream's state, time as an argument."""
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from native.wire.dtmf cimport TelephoneEvent

cdef enum:
    DTMF_QUEUE_MOST = 64           # keys: a card number and a menu or two; a second of key presses takes ten

cdef struct DtmfKey:               # a key that was pressed and let go
    uint8_t event
    uint32_t duration              # in units of the clock

cdef struct DtmfReceiver:          # all zero: nothing received
    uint32_t timestamp             # of the key's newest segment
    uint32_t former                # duration of its segments before that
    uint16_t duration              # of the newest segment
    uint8_t event
    bint pressed
    bint known                     # a key has been there: what is not newer than `timestamp` repeats it
    int64_t heard_us

cdef struct DtmfQueued:
    uint8_t event
    uint16_t duration_ms
    uint16_t gap_ms

cdef struct DtmfSender:            # all zero: nothing to send
    DtmfQueued queue[64]
    int first
    int count                      # the one being sent included
    bint pressed
    int ends                       # end packets sent of the present key
    int64_t started_us
    int64_t free_us                # no key may start before
    int64_t due_us                 # when to call dtmf_sender_next again
    uint32_t timestamp
    uint32_t former                # units of the present key's earlier segments

cdef struct DtmfPacket:
    TelephoneEvent event
    uint32_t timestamp
    bint marker

# One event of a packet. How many keys it completes (0 ... 2: the end of the one before may have been lost), written to `out`.
cdef int dtmf_note(DtmfReceiver* receiver, const TelephoneEvent* event, uint32_t timestamp, int64_t now_us, DtmfKey* out) noexcept nogil
# Whether a key whose end never came is to be taken as let go.
cdef bint dtmf_expired(DtmfReceiver* receiver, int64_t now_us, DtmfKey* out) noexcept nogil
# When to ask dtmf_expired, INT64_MAX while no key is pressed.
cdef int64_t dtmf_due_us(const DtmfReceiver* receiver) noexcept nogil

# How many of `count` keys found room.
cdef int dtmf_sender_add(DtmfSender* sender, const uint8_t* events, int count, uint16_t duration_ms, uint16_t gap_ms,
                         int64_t now_us) noexcept nogil
# Whether a packet is to be sent now. `now_timestamp`: the stream's RTP time; `clock_rate`: the stream's, `event_rate`: the payload type's.
cdef bint dtmf_sender_next(DtmfSender* sender, int64_t now_us, uint32_t now_timestamp, uint32_t clock_rate, uint32_t event_rate,
                           DtmfPacket* out) noexcept nogil
