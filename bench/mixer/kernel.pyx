"""The mixer alone: no socket, no thread, virtual time. What a tick of a room of so many costs, in the order the engine does it.

Each participant's loop (native/engine/loop.pxd) gives RTP packets when they are due; a tick follows every 20 ms. Everything runs in one call
without the GIL, on the thread's CPU clock.
"""
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from native.audio.mixer cimport (
    Mixer, MixerOptions, MixerStats, MixerTick, VoiceOptions, mixer_free, mixer_listener_open, mixer_new, mixer_stats, mixer_tick,
    mixer_voice_open, mixer_voice_packet,
)
from native.c.socket cimport CLOCK_THREAD_CPUTIME_ID, clock_us
from native.engine.loop cimport Loop, LoopPacket, loop_init, loop_next
from native.wire.bytes cimport be16_write, be32_write

cdef enum:
    TICK_US = 20000
    RTP_BYTES = 12
    PACKET_BYTES = 1500
    PAYLOAD_TYPE = 111
    LEVEL_MASK = 0x7F              # RFC 6464: without the V bit
    SSRC = 1000

cdef struct Participant:
    Loop loop
    int64_t due_us
    uint32_t timestamp
    uint16_t seq16

cdef struct Run:
    Mixer* mixer
    Participant* people
    int count
    uint64_t packets               # handed in
    uint64_t made                  # came out
    int64_t feeding_us


cdef void person_feed(Run* run, int number, int64_t now_us) noexcept nogil:
    """Hands in what this participant has sent until now."""
    cdef Participant* person = &run.people[number]
    cdef uint8_t bytes[PACKET_BYTES]
    cdef LoopPacket packet
    while person.due_us <= now_us:
        loop_next(&person.loop, &packet)
        bytes[0] = 0x80
        bytes[1] = <uint8_t>((packet.marker << 7) | PAYLOAD_TYPE)
        be16_write(bytes + 2, person.seq16)
        be32_write(bytes + 4, person.timestamp)
        be32_write(bytes + 8, <uint32_t>(SSRC + number))
        memcpy(bytes + RTP_BYTES, packet.payload, packet.size)
        mixer_voice_packet(run.mixer, <uint64_t>(number + 1), bytes, RTP_BYTES + <size_t>packet.size, packet.level & LEVEL_MASK, person.due_us)
        person.seq16 += 1
        person.timestamp += <uint32_t>packet.wait_ms * 48
        person.due_us += <int64_t>packet.wait_ms * 1000
        run.packets += 1


cdef int64_t run_tick(Run* run, int64_t now_us) noexcept nogil:
    """One tick; the microseconds it took, without the packets' arrival."""
    cdef MixerTick made
    cdef int64_t begun_us = clock_us(CLOCK_THREAD_CPUTIME_ID), fed_us
    cdef int i
    for i in range(run.count):
        person_feed(run, i, now_us)
    fed_us = clock_us(CLOCK_THREAD_CPUTIME_ID)
    mixer_tick(run.mixer, now_us, &made)
    for i in range(made.packet_count):
        run.made += made.packets[i].size > 0
    run.feeding_us += fed_us - begun_us
    return clock_us(CLOCK_THREAD_CPUTIME_ID) - fed_us


def run_room(list loops, *, ticks, warm_up, bitrate_bps, complexity, expected_loss_percent):
    """A room whose participants say these loops, everybody hearing everybody else. {"tick_us": each tick's, "feeding_us" and "packets" of all
    of them, "made": packets that came out, "encodes", "decodes", "skips", "mixes"}; the warm-up counts in none."""
    cdef Run run
    cdef MixerOptions options
    cdef VoiceOptions voice
    cdef MixerStats before, after
    cdef int64_t* took
    cdef int64_t now_us = 1000000
    cdef int i, measured = ticks, warm = warm_up
    cdef bytes loop
    memset(&run, 0, sizeof(run))
    memset(&options, 0, sizeof(options))
    memset(&voice, 0, sizeof(voice))
    options.bitrate_bps = bitrate_bps
    options.complexity = complexity
    options.expected_loss_percent = expected_loss_percent
    voice.gain = 1
    run.count = len(loops)
    took = <int64_t*>calloc(measured, sizeof(int64_t))
    try:
        run.people = <Participant*>calloc(run.count, sizeof(Participant))
        run.mixer = mixer_new(&options)
        if took == NULL or run.people == NULL or run.mixer == NULL:
            raise MemoryError()
        for i in range(run.count):
            loop = loops[i]
            # Seventeen is prime to every loop: nobody says the same at the same time, and arrivals spread over the tick.
            if loop_init(&run.people[i].loop, <const uint8_t*><const char*>loop, len(loop), <uint32_t>i * 17) != 0:
                raise ValueError("not a loop of packets")
            run.people[i].due_us = now_us + (<int64_t>i * 7919) % TICK_US
            if mixer_voice_open(run.mixer, <uint64_t>(i + 1), &voice) != 0 \
                    or mixer_listener_open(run.mixer, <uint64_t>(i + 1), <uint64_t>(i + 1), 1) != 0:
                raise MemoryError()
        with nogil:
            for i in range(warm):
                run_tick(&run, now_us)
                now_us += TICK_US
            run.packets = run.made = 0
            run.feeding_us = 0
            mixer_stats(run.mixer, &before)
            for i in range(measured):
                took[i] = run_tick(&run, now_us)
                now_us += TICK_US
            mixer_stats(run.mixer, &after)
        return {
            "tick_us": [took[i] for i in range(measured)],
            "feeding_us": run.feeding_us,
            "packets": run.packets,
            "made": run.made,
            "encodes": after.encodes - before.encodes,
            "decodes": after.decodes - before.decodes,
            "skips": after.skips - before.skips,
            "mixes": after.mixes,
        }
    finally:
        if run.mixer != NULL:
            mixer_free(run.mixer)
        free(run.people)
        free(took)
