"""Numbers for Python. The orders of the names below are those of the structs in state.pxd; `tests/laws` holds them together."""
from libc.stddef cimport size_t
from libc.string cimport memcpy

from native.c.atomics cimport __ATOMIC_RELEASE, atomic_fence, atomic_store_u64
from native.c.socket cimport CLOCK_THREAD_CPUTIME_ID, clock_us
from native.engine.event cimport EVENT_STATS, event_write
from native.engine.mixing cimport MixingTotals, mixing_totals
from native.engine.mixing_room cimport room_stats
from native.engine.state cimport LATENCY_BUCKETS, Consumer, Counters, Producer, Transport
from native.engine.table cimport id_table_get
from native.engine.traffic cimport sink_highest, sink_lost, source_next
from native.stream.rtx cimport Chunk

COUNTER_NAMES = (
    "packets_received_audio", "packets_received_video", "packets_received_rtcp", "packets_received_rtx", "packets_received_stun",
    "packets_received_dtls", "bytes_received_audio", "bytes_received_video", "packets_sent_audio", "packets_sent_video",
    "packets_sent_rtcp", "packets_sent_rtx", "packets_sent_stun", "packets_sent_dtls", "bytes_sent_audio", "bytes_sent_video",
    "padding_bytes_sent", "nack_sent", "nack_received", "nack_unanswered", "pli_sent", "pli_received", "fir_received", "remb_received",
    "transport_cc_sent", "transport_cc_received", "packets_lost", "packets_recovered", "trains_sent", "train_packets_sent",
    "datagrams_received", "messages_received", "loop_turns", "commands", "commands_stale", "events_dropped", "records_dropped", "cpu_us", "transports",
    "transports_connected", "transports_secure", "producers", "consumers", "history_bytes", "kernel_drops", "send_errors",
    "send_retries", "latency_sum_us", "latency_count", "mixers", "voices", "listeners", "mixes", "mixer_ticks", "mixer_ticks_late",
    "mixer_ticks_skipped", "mixer_lag_us", "mixer_cpu_us", "mixer_complexity", "mixer_decodes", "mixer_skips", "mixer_encodes",
    "mixer_limited", "mixer_packets_dropped", "playout_packets", "playout_packets_late", "playout_samples", "playout_samples_concealed",
    "playout_delay_us",
)
DROP_NAMES = (
    "unknown_class", "stun_malformed", "stun_unknown_user", "stun_unauthentic", "stun_unexpected", "dtls_unvalidated", "dtls_crowded",
    "rtp_unvalidated", "rtp_no_keys", "rtp_malformed", "rtp_unauthentic", "rtp_replayed", "rtp_unknown_ssrc", "rtp_unknown_payload",
    "rtp_too_large", "rtp_duplicate", "rtp_out_of_place", "rtp_ssrc_limit", "rtcp_unvalidated", "rtcp_no_keys", "rtcp_malformed", "rtcp_unauthentic",
    "rtcp_replayed", "rtcp_ssrc_limit", "lost_consent", "history_full", "consumer_paused", "consumer_codec", "consumer_keyframe",
    "consumer_stale", "consumer_not_secure", "send_no_path",
)
# Upper edges of the forward latency histogram (interfaces.md: 50 us ... 20 ms); the last bucket takes the rest.
LATENCY_EDGES_US = (50, 100, 200, 300, 500, 1000, 2000, 3000, 5000, 10000, 20000)
# Those of the mixing thread's lag (mixing.pyx); a tick that is later than 20 ms is heard.
MIXER_LAG_EDGES_US = (500, 1000, 2000, 5000, 10000, 20000, 40000)
TRANSPORT_STATS = (
    "state", "packets_received", "bytes_received", "packets_sent", "bytes_sent", "rtt_us", "remb_bps", "acknowledged", "reported_lost",
)
PRODUCER_STATS = (
    "codec", "ssrc", "packets", "bytes", "packets_recovered", "duplicates", "keyframes", "nacks_sent", "plis_sent", "jitter",
    "consumers", "expected", "sink_lost", "sink_highest", "source_next",
)
CONSUMER_STATS = (
    "codec", "ssrc", "packets", "bytes", "retransmissions", "nacks", "plis", "fraction_lost", "lost", "jitter", "paused", "started",
)
MIXER_STATS = ("ticks", "decodes", "skips", "encodes", "limited", "voices", "listeners", "mixes")
VOICE_STATS = (
    "packets", "packets_late", "packets_duplicate", "packets_malformed", "packets_discarded", "samples", "samples_concealed",
    "samples_fec", "samples_silence", "samples_removed", "samples_inserted", "delay_sum_us", "packets_played", "target_delay_ms", "delay_ms",
)

cdef int64_t EDGES[11]
EDGES[:] = LATENCY_EDGES_US


cdef void latency_note(WorkerCore* core, int64_t latency_us, uint32_t packets) noexcept nogil:
    cdef int bucket = 0
    while bucket < LATENCY_BUCKETS - 1 and latency_us > EDGES[bucket]:
        bucket += 1
    core.latency[bucket] += packets
    core.counters.latency_sum_us += <uint64_t>(latency_us if latency_us > 0 else 0) * packets
    core.counters.latency_count += packets


cdef void mixing_count(WorkerCore* core) noexcept nogil:
    cdef MixingTotals totals
    cdef Counters* out = &core.counters
    if core.mixing == NULL:
        return
    mixing_totals(core.mixing, &totals)
    out.mixer_ticks = totals.ticks
    out.mixer_ticks_late = totals.ticks_late
    out.mixer_ticks_skipped = totals.ticks_skipped
    out.mixer_lag_us = totals.lag_us
    out.mixer_cpu_us = totals.cpu_us
    out.mixer_complexity = totals.complexity
    out.mixer_decodes = totals.decodes
    out.mixer_skips = totals.skips
    out.mixer_encodes = totals.encodes
    out.mixer_limited = totals.limited
    out.mixer_packets_dropped = totals.packets_dropped + core.mixing.down.dropped
    out.playout_packets = totals.playout_packets
    out.playout_packets_late = totals.playout_packets_late
    out.playout_samples = totals.playout_samples
    out.playout_samples_concealed = totals.playout_samples_concealed
    out.playout_delay_us = totals.playout_delay_us
    memcpy(core.mixer_lag, totals.lag, sizeof(core.mixer_lag))


cdef void snapshot_write(WorkerCore* core) noexcept nogil:
    core.counters.cpu_us = <uint64_t>clock_us(CLOCK_THREAD_CPUTIME_ID)
    core.counters.history_bytes = (core.chunks.total - core.chunks.free_count) * sizeof(Chunk)
    core.counters.kernel_drops = core.udp.kernel_drops
    core.counters.send_errors = core.udp.send_errors
    core.counters.send_retries = core.udp.send_retries
    mixing_count(core)
    # A seqlock: odd while being written; a reader who sees it change reads again.
    atomic_store_u64(&core.snapshot.version, core.snapshot.version + 1, __ATOMIC_RELEASE)
    atomic_fence(__ATOMIC_RELEASE)
    memcpy(&core.snapshot.counters, &core.counters, sizeof(core.counters))
    memcpy(core.snapshot.drops, core.drops, sizeof(core.drops))
    memcpy(core.snapshot.latency, core.latency, sizeof(core.latency))
    memcpy(core.snapshot.mixer_lag, core.mixer_lag, sizeof(core.mixer_lag))
    atomic_fence(__ATOMIC_RELEASE)
    atomic_store_u64(&core.snapshot.version, core.snapshot.version + 1, __ATOMIC_RELEASE)


cdef int transport_row(const Transport* transport, int64_t* row) noexcept nogil:
    row[0] = transport.state
    row[1] = <int64_t>transport.packets_received
    row[2] = <int64_t>transport.bytes_received
    row[3] = <int64_t>transport.packets_sent
    row[4] = <int64_t>transport.bytes_sent
    row[5] = transport.rtt_us
    row[6] = <int64_t>transport.remb_bps
    row[7] = <int64_t>transport.acknowledged
    row[8] = <int64_t>transport.reported_lost
    return 9


cdef int producer_row(const Producer* producer, int64_t* row) noexcept nogil:
    row[0] = producer.codec
    row[1] = producer.stream.ssrc
    row[2] = <int64_t>producer.stream.packets
    row[3] = <int64_t>producer.stream.bytes
    row[4] = <int64_t>producer.packets_recovered
    row[5] = <int64_t>producer.duplicates
    row[6] = <int64_t>producer.keyframes
    row[7] = <int64_t>producer.nacks_sent
    row[8] = <int64_t>producer.plis_sent
    row[9] = <int64_t>producer.stream.jitter
    row[10] = producer.consumer_count
    row[11] = <int64_t>(producer.stream.highest - producer.stream.first + 1) if producer.stream.highest else 0
    row[12] = <int64_t>sink_lost(producer)
    row[13] = <int64_t>sink_highest(producer)
    row[14] = <int64_t>source_next(producer)
    return 15


cdef int consumer_row(const Consumer* consumer, int64_t* row) noexcept nogil:
    row[0] = consumer.codec
    row[1] = consumer.ssrc
    row[2] = <int64_t>consumer.packets
    row[3] = <int64_t>consumer.bytes
    row[4] = <int64_t>consumer.retransmissions
    row[5] = <int64_t>consumer.nacks
    row[6] = <int64_t>consumer.plis
    row[7] = consumer.fraction_lost
    row[8] = consumer.lost
    row[9] = consumer.jitter
    row[10] = consumer.paused
    row[11] = consumer.started
    return 12


cdef int mixer_row(const MixerStats* mixer, int64_t* row) noexcept nogil:
    row[0] = <int64_t>mixer.ticks
    row[1] = <int64_t>mixer.decodes
    row[2] = <int64_t>mixer.skips
    row[3] = <int64_t>mixer.encodes
    row[4] = <int64_t>mixer.limited
    row[5] = mixer.voices
    row[6] = mixer.listeners
    row[7] = mixer.mixes
    return 8


cdef int voice_row(const PlayoutStats* voice, int64_t* row) noexcept nogil:
    row[0] = <int64_t>voice.packets
    row[1] = <int64_t>voice.packets_late
    row[2] = <int64_t>voice.packets_duplicate
    row[3] = <int64_t>voice.packets_malformed
    row[4] = <int64_t>voice.packets_discarded
    row[5] = <int64_t>voice.samples
    row[6] = <int64_t>voice.samples_concealed
    row[7] = <int64_t>voice.samples_fec
    row[8] = <int64_t>voice.samples_silence
    row[9] = <int64_t>voice.samples_removed
    row[10] = <int64_t>voice.samples_inserted
    row[11] = <int64_t>voice.delay_sum_us
    row[12] = <int64_t>voice.packets_played
    row[13] = voice.target_delay_ms
    row[14] = voice.delay_ms
    return 15


cdef int stats_answer(WorkerCore* core, uint32_t kind, uint64_t id, uint64_t request_id) noexcept nogil:
    cdef int64_t row[16]
    cdef int count = 0
    cdef void* found
    if room_stats(core, kind, id, request_id):
        return 0
    if kind == STATS_TRANSPORT:
        found = id_table_get(&core.transports, id)
        if found != NULL:
            count = transport_row(<const Transport*>found, row)
    elif kind == STATS_PRODUCER:
        found = id_table_get(&core.producers, id)
        if found != NULL:
            count = producer_row(<const Producer*>found, row)
    elif kind == STATS_CONSUMER:
        found = id_table_get(&core.consumers, id)
        if found != NULL:
            count = consumer_row(<const Consumer*>found, row)
    event_write(core, EVENT_STATS, request_id, kind, row, <size_t>count * sizeof(int64_t))
    return 0
