"""Synthetic media for the load generator.

A source makes frames like an encoder's: at its frame rate, split into nearly equal packets, a larger one after a key-frame request. Each
payload is a VP8 descriptor (any codec passes, no one decodes), the source's packet number, the time it was made, and bytes of
a fixed pattern that depend on the number, so that a sink finds loss, corruption and the time on the way without keeping anything.

Where a server works on the sound itself, a source says real packets over and over, and a sink keeps what came (loop.pxd).
"""
from libc.stdint cimport uint16_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy, memset

from native.engine.loop cimport Capture, Loop, LoopPacket, capture_init, capture_note, loop_init, loop_next
from native.engine.router cimport router_forward
from native.engine.state cimport KIND_AUDIO, KIND_VIDEO
from native.engine.timer cimport timer_arm, timer_cancel, timer_init
from native.engine.transport cimport TIMER_SOURCE
from native.stream.rtx cimport rtx_history_commit, rtx_history_reserve, stored_bytes
from native.wire.bytes cimport be32_read, be32_write, be64_read, be64_write
from native.wire.codec cimport CODEC_OPUS, CODEC_VP8
from native.wire.rtp cimport EXT_AUDIO_LEVEL

cdef enum:
    STAMP_BYTES = 14               # descriptor, frame tag, number, time
    PACKET_PAYLOAD_BYTES = 1160    # libwebrtc's video packets leave about this much for payload
    KEYFRAME_FACTOR = 3
    LATE_US = 5000
    PATTERN_BYTES = 4096
    FRAMES_MOST = 1000             # a second: the wheel's grain
    FRAME_BYTES_MOST = 1 << 20
    LOOP_FRAMES = 50               # a second, of Opus; sets only when a loop begins
    LOOP_HEADER_BYTES = 13         # RTP's and the level

cdef uint8_t PATTERN[4096]

cdef struct Source:
    Timer timer
    int64_t interval_us
    int64_t due_us
    uint32_t frame_bytes
    uint32_t random
    uint64_t number
    uint32_t timestamp
    uint32_t timestamp_step
    Loop loop                      # in place of frames of its own making

cdef struct Sink:
    uint64_t first
    uint64_t highest
    uint64_t received
    uint64_t corrupt
    Capture capture                # in place of checking


cdef void pattern_fill() noexcept nogil:
    cdef uint32_t x = 0x12345678
    cdef int i
    for i in range(PATTERN_BYTES):
        x = x * <uint32_t>1664525 + <uint32_t>1013904223
        PATTERN[i] = <uint8_t>(x >> 24)


pattern_fill()


cdef inline const uint8_t* pattern_at(uint64_t number) noexcept nogil:
    return PATTERN + ((number * 7) & 2047)


cdef Traffic* traffic_of(WorkerCore* core) noexcept nogil:
    if core.traffic == NULL:
        core.traffic = calloc(1, sizeof(Traffic))
    return <Traffic*>core.traffic


cdef int source_open(Producer* producer, uint32_t bitrate_bps, uint32_t frames_per_s, uint32_t seed) noexcept nogil:
    cdef WorkerCore* core = producer.core
    cdef Source* source = <Source*>calloc(1, sizeof(Source))
    if source == NULL or traffic_of(core) == NULL or not 1 <= frames_per_s <= FRAMES_MOST or \
            bitrate_bps // 8 // frames_per_s > <uint32_t>(PACKET_PAYLOAD_BYTES if producer.kind == KIND_AUDIO else FRAME_BYTES_MOST):
        free(source)
        return -1
    source.interval_us = 1000000 // frames_per_s
    source.frame_bytes = bitrate_bps // 8 // frames_per_s
    source.random = (seed + 1) * <uint32_t>0x9E3779B1
    source.number = 1000 + (seed & 1023)
    source.timestamp_step = (48000 if producer.kind == KIND_AUDIO else 90000) // frames_per_s
    producer.codec = CODEC_OPUS if producer.kind == KIND_AUDIO else CODEC_VP8
    producer.keyframe_wanted = producer.kind == KIND_VIDEO
    producer.source = source
    timer_init(&source.timer, TIMER_SOURCE, producer)
    # Sources must not all fire in the same millisecond: a seeded phase within the frame interval.
    source.due_us = core.now_us + <int64_t>(source.random % <uint32_t>source.interval_us)
    timer_arm(&core.wheel, &source.timer, source.due_us)
    return 0


cdef int source_open_loop(Producer* producer, const uint8_t* bytes, size_t size, uint32_t seed) noexcept nogil:
    cdef Loop loop
    if loop_init(&loop, bytes, size, (seed * <uint32_t>0x9E3779B1) >> 8) != 0 or source_open(producer, 0, LOOP_FRAMES, seed) != 0:
        return -1
    (<Source*>producer.source).loop = loop
    return 0


cdef void source_free(Producer* producer) noexcept nogil:
    cdef Source* source = <Source*>producer.source
    if source != NULL:
        timer_cancel(&source.timer)
        free(source)
        producer.source = NULL


cdef void source_packet(Producer* producer, uint32_t payload_bytes, bint first, bint last, bint keyframe) noexcept nogil:
    cdef WorkerCore* core = producer.core
    cdef Source* source = <Source*>producer.source
    cdef StoredPacket* packet = rtx_history_reserve(&producer.history, 12 + payload_bytes)
    cdef uint8_t* bytes
    if packet == NULL:
        return
    memset(packet, 0, sizeof(StoredPacket))
    bytes = stored_bytes(packet) + 12
    packet.seq64 = source.number
    packet.arrived_us = core.now_us
    packet.timestamp = source.timestamp
    packet.header_bytes = 12
    packet.payload_bytes = <uint16_t>payload_bytes
    packet.size = <uint16_t>(12 + payload_bytes)
    packet.codec = producer.codec
    packet.marker = last
    packet.info.keyframe = keyframe and first
    packet.info.picture_id_offset = -1
    packet.info.tl0_offset = -1
    bytes[0] = 0x10 if first else 0x00
    bytes[1] = 0x00 if keyframe else 0x01
    be32_write(bytes + 2, <uint32_t>source.number)
    be64_write(bytes + 6, <uint64_t>core.now_us)
    memcpy(bytes + STAMP_BYTES, pattern_at(source.number), payload_bytes - STAMP_BYTES)
    source.number += 1
    producer.stream.highest = packet.seq64
    producer.stream.arrived_us = core.now_us
    (<Traffic*>core.traffic).sent += 1
    rtx_history_commit(&producer.history, packet)
    router_forward(core, producer, packet)


cdef void source_say(Producer* producer) noexcept nogil:
    """The loop's next packet, with its level for subscribers that negotiated RFC 6464."""
    cdef WorkerCore* core = producer.core
    cdef Source* source = <Source*>producer.source
    cdef LoopPacket next
    cdef StoredPacket* packet
    cdef uint8_t* bytes
    loop_next(&source.loop, &next)
    source.interval_us = <int64_t>next.wait_ms * 1000
    packet = rtx_history_reserve(&producer.history, LOOP_HEADER_BYTES + next.size)
    if packet == NULL:
        return
    memset(packet, 0, sizeof(StoredPacket))
    bytes = stored_bytes(packet)
    packet.seq64 = source.number
    packet.arrived_us = core.now_us
    packet.timestamp = source.timestamp
    packet.header_bytes = LOOP_HEADER_BYTES
    packet.payload_bytes = next.size
    packet.size = <uint16_t>(LOOP_HEADER_BYTES + next.size)
    packet.codec = producer.codec
    packet.marker = next.marker
    packet.info.picture_id_offset = -1
    packet.info.tl0_offset = -1
    packet.forwardable = <uint16_t>(1 << <int>EXT_AUDIO_LEVEL)
    packet.extensions.values[<int>EXT_AUDIO_LEVEL].offset = LOOP_HEADER_BYTES - 1
    packet.extensions.values[<int>EXT_AUDIO_LEVEL].size = 1
    bytes[LOOP_HEADER_BYTES - 1] = next.level
    memcpy(bytes + LOOP_HEADER_BYTES, next.payload, next.size)
    source.number += 1
    source.timestamp += <uint32_t>next.wait_ms * 48
    producer.stream.highest = packet.seq64
    producer.stream.arrived_us = core.now_us
    (<Traffic*>core.traffic).sent += 1
    rtx_history_commit(&producer.history, packet)
    router_forward(core, producer, packet)


cdef void source_frame(Producer* producer) noexcept nogil:
    cdef Source* source = <Source*>producer.source
    cdef bint keyframe = producer.keyframe_wanted
    cdef uint32_t bytes = source.frame_bytes
    cdef uint32_t packets, i, share, rest
    # Frames of a real encoder differ: +-12 %.
    source.random = source.random * <uint32_t>1664525 + <uint32_t>1013904223
    bytes = bytes * (88 + (source.random >> 16) % 25) // 100
    if keyframe:
        bytes *= KEYFRAME_FACTOR
        producer.keyframe_wanted = False
        producer.keyframes += 1
    if bytes < STAMP_BYTES + 2:
        bytes = STAMP_BYTES + 2
    packets = (bytes + PACKET_PAYLOAD_BYTES - 1) // PACKET_PAYLOAD_BYTES if producer.kind == KIND_VIDEO else 1
    share = bytes // packets
    rest = bytes % packets
    for i in range(packets):
        source_packet(producer, share + (1 if i < rest else 0), i == 0, i == packets - 1, keyframe)
    source.timestamp += source.timestamp_step


cdef int64_t source_tick(Producer* producer) noexcept nogil:
    cdef WorkerCore* core = producer.core
    cdef Source* source = <Source*>producer.source
    cdef Traffic* traffic = <Traffic*>core.traffic
    cdef int64_t late_us = core.now_us - source.due_us
    if late_us > LATE_US:
        traffic.late_frames += 1
    if late_us > <int64_t>traffic.latest_us:
        traffic.latest_us = <uint64_t>late_us
    if producer.consumer_count and source.loop.bytes != NULL:
        source_say(producer)
    elif producer.consumer_count:
        source_frame(producer)
    source.due_us += source.interval_us
    return source.due_us


cdef int sink_open(Producer* producer) noexcept nogil:
    if producer.sink != NULL or traffic_of(producer.core) == NULL:
        return -1
    producer.sink = calloc(1, sizeof(Sink))
    return 0 if producer.sink != NULL else -1


cdef int sink_open_capture(Producer* producer, uint8_t* bytes, size_t room) noexcept nogil:
    return capture_init(&(<Sink*>producer.sink).capture, bytes, room) if sink_open(producer) == 0 else -1


cdef void sink_free(Producer* producer) noexcept nogil:
    free(producer.sink)
    producer.sink = NULL


cdef void sink_check(Producer* producer, StoredPacket* packet) noexcept nogil:
    cdef Sink* sink = <Sink*>producer.sink
    cdef Traffic* traffic = <Traffic*>producer.core.traffic
    cdef const uint8_t* payload = stored_bytes(packet) + packet.header_bytes
    cdef uint64_t number, late_us
    traffic.received += 1
    if sink.capture.bytes != NULL:
        capture_note(&sink.capture, packet.timestamp, payload, packet.payload_bytes)
        return
    if packet.payload_bytes < STAMP_BYTES:
        traffic.corrupt += 1
        sink.corrupt += 1
        return
    number = be32_read(payload + 2)
    if memcmp(payload + STAMP_BYTES, pattern_at(number), packet.payload_bytes - STAMP_BYTES) != 0:
        traffic.corrupt += 1
        sink.corrupt += 1
        return
    late_us = <uint64_t>packet.arrived_us - be64_read(payload + 6)
    if late_us > <uint64_t>1 << 62:
        late_us = 0
    if late_us > traffic.latency_max_us:
        traffic.latency_max_us = late_us
    late_us //= LATENCY_STEP_US
    traffic.latency[late_us if late_us < LATENCY_STEPS else LATENCY_STEPS - 1] += 1
    if sink.received == 0:
        sink.first = number
    sink.received += 1
    if number > sink.highest:
        sink.highest = number


cdef uint64_t sink_lost(const Producer* producer) noexcept nogil:
    cdef const Sink* sink = <const Sink*>producer.sink
    cdef uint64_t expected
    if sink == NULL or sink.received == 0:
        return 0
    expected = sink.highest - sink.first + 1
    return expected - sink.received if expected > sink.received else 0


cdef uint64_t sink_highest(const Producer* producer) noexcept nogil:
    return (<const Sink*>producer.sink).highest if producer.sink != NULL else 0


cdef uint64_t source_next(const Producer* producer) noexcept nogil:
    return (<const Source*>producer.source).number if producer.source != NULL else 0
