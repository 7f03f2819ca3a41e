"""Test door on telephone keys: native.wire.dtmf and native.stream.dtmf. For tests only."""
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t
from libc.string cimport memset

from native.stream.dtmf cimport (
    DtmfKey, DtmfPacket, DtmfReceiver, DtmfSender, dtmf_due_us, dtmf_expired, dtmf_note, dtmf_sender_add, dtmf_sender_next,
)
from native.wire.dtmf cimport TelephoneEvent, dtmf_key, dtmf_parse, dtmf_write


def parse(bytes payload):
    """(event, end, volume, duration), None when it is none."""
    cdef TelephoneEvent event
    if dtmf_parse(<const uint8_t*><const char*>payload, len(payload), &event) != 0:
        return None
    return event.event, bool(event.end), event.volume, event.duration


def write(uint8_t event, bint end, uint8_t volume, uint16_t duration):
    cdef TelephoneEvent given
    cdef uint8_t out[4]
    given.event = event
    given.end = end
    given.volume = volume
    given.duration = duration
    dtmf_write(out, &given)
    return (<const char*>out)[:4]


def key(uint8_t event):
    return chr(dtmf_key(event)) if dtmf_key(event) else ""


cdef class Receiver:
    cdef DtmfReceiver state

    def note(self, bytes payload, uint32_t timestamp, int64_t now_us):
        """Keys completed by this packet: [(event, duration)]."""
        cdef TelephoneEvent event
        cdef DtmfKey keys[2]
        if dtmf_parse(<const uint8_t*><const char*>payload, len(payload), &event) != 0:
            return []
        count = dtmf_note(&self.state, &event, timestamp, now_us, keys)
        return [(keys[at].event, keys[at].duration) for at in range(count)]

    def expired(self, int64_t now_us):
        cdef DtmfKey key
        return (key.event, key.duration) if dtmf_expired(&self.state, now_us, &key) else None

    def due_us(self):
        return dtmf_due_us(&self.state)


cdef class Sender:
    cdef DtmfSender state

    def add(self, list events, uint16_t duration_ms, uint16_t gap_ms, int64_t now_us):
        cdef uint8_t codes[256]
        for at, event in enumerate(events[:256]):
            codes[at] = event
        return dtmf_sender_add(&self.state, codes, len(events), duration_ms, gap_ms, now_us)

    def next(self, int64_t now_us, uint32_t timestamp, uint32_t clock_rate=48000, uint32_t event_rate=48000):
        """(event, end, duration, timestamp, marker), None when nothing is due."""
        cdef DtmfPacket packet
        if not dtmf_sender_next(&self.state, now_us, timestamp, clock_rate, event_rate, &packet):
            return None
        return packet.event.event, bool(packet.event.end), packet.event.duration, packet.timestamp, bool(packet.marker)

    def due_us(self):
        return self.state.due_us
