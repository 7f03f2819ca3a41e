"""What Prometheus sees of the media server.

For `/metrics` (`Metrics.render`) and the server, which tells it what only Python knows (joins, handshakes). Not for per-call detail: no
label holds a room, a participant or an address, so the number of series does not grow with use. The workers' counters are read
when scraped, nothing is kept twice. Prometheus' naming rules and exposition formats, OpenMetrics 1.0.

Invariants: names begin with `tresen_`, units are seconds and bytes, totals never fall while the workers live. A counter of a
worker that this table does not know is exported all the same, untyped.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import choose_encoder, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric, UnknownMetricFamily
from prometheus_client.registry import Collector

__all__ = ["Metrics"]

HandshakeResult = Literal["connected", "fingerprint", "profile", "protocol", "oversize", "timeout", "internal"]
RESULTS: tuple[HandshakeResult, ...] = ("connected", "fingerprint", "profile", "protocol", "oversize", "timeout", "internal")

TEXT_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# From loopback (a few ms) to a phone behind TURN that needs several tries.
SETUP_BUCKETS_S = (0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)

# Worker counter -> metric and labels. The first pattern that fits decides; groups fill the labels in order.
FAMILIES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    (r"packets_(received|sent)_(\w+)", "packets", "Packets of media and of the protocols beside it", ("direction", "kind")),
    (r"bytes_(received|sent)_(\w+)", "bytes", "Payload bytes of media", ("direction", "kind")),
    (r"drop_(\w+)", "drops", "Packets not served, by reason", ("reason",)),
    (r"nack_(received|sent)", "nacks", "Packets asked for again (NACK)", ("direction",)),
    (r"pli_(received|sent)", "plis", "Key frames asked for (PLI)", ("direction",)),
    (r"fir_(received|sent)", "firs", "Key frames asked for (FIR)", ("direction",)),
    (r"remb_(received|sent)", "rembs", "Receiver estimates of the bandwidth (REMB)", ("direction",)),
    (r"transport_cc_(received|sent)", "transport_cc_reports", "Transport-wide congestion control reports", ("direction",)),
    (r"nack_unanswered", "nacks_unanswered", "Packets asked for again that were not in the history", ()),
    (r"packets_lost", "packets_lost", "Packets of publishers that got lost on the way, whether they came when asked for again or not", ()),
    (r"packets_recovered", "packets_recovered", "Packets of publishers that came when asked for again", ()),
    (r"padding_bytes_sent", "padding_bytes", "RTP padding sent to keep trains whole", ()),
    (r"trains_sent", "trains", "Messages given to the kernel, each one or more packets to one peer", ()),
    (r"train_packets_sent", "train_packets", "Packets in these messages; over tresen_trains_total: mean train length", ()),
    (r"datagrams_received", "datagrams_received", "Datagrams received of any kind", ()),
    (r"messages_received", "messages_received", "Messages taken from the kernel, each one or more datagrams (GRO)", ()),
    (r"kernel_drops", "kernel_drops", "Datagrams the kernel dropped because the receive buffer was full", ()),
    (r"send_errors", "send_errors", "Messages the kernel refused to send", ()),
    (r"send_retries", "send_retries", "Messages sent again because the send buffer was full", ()),
    (r"loop_turns", "worker_loop_turns", "Turns of the workers' loops", ()),
    (r"commands", "worker_commands", "Commands taken by the workers", ()),
    (r"commands_stale", "worker_commands_stale", "Commands for something that had gone", ()),
    (r"mixer_ticks", "mixer_ticks", "Ticks of 20 ms that the mixing threads made", ()),
    (r"mixer_ticks_late", "mixer_ticks_late", "Ticks that were ready only after the next was due", ()),
    (r"mixer_ticks_skipped", "mixer_ticks_skipped", "Ticks left out because the mixing thread had been held up for too long", ()),
    (r"mixer_decodes", "mixer_decodes", "Streams decoded, one a tick each", ()),
    (r"mixer_skips", "mixer_skips", "Streams passed by without decoding: silent, or not among the loudest", ()),
    (r"mixer_encodes", "mixer_encodes", "Mixes encoded; over tresen_mixer_ticks_total: distinct mixes", ()),
    (r"mixer_limited", "mixer_limited", "Mixes in which the limiter had to act", ()),
    (r"mixer_packets_dropped", "mixer_packets_dropped", "Packets lost between a worker and its mixing thread because one was behind", ()),
    (r"playout_packets", "playout_packets", "Packets of participants played out by mixers", ()),
    (r"playout_packets_late", "playout_packets_late", "Packets that came too late to be played", ()),
    (r"records_dropped", "worker_records_dropped", "Packets for a recorder lost because it did not take them", ()),
    (r"events_dropped", "worker_events_dropped", "Events lost because nobody took them in time", ()),
)
GAUGES = {
    "producers": ("producers", "Incoming tracks"),
    "consumers": ("consumers", "Outgoing streams"),
    "history_bytes": ("history_bytes", "Memory held for retransmissions"),
    "mixers": ("mixers", "Mixing rooms"),
    "voices": ("mixer_voices", "Participants and clips that mixers hear"),
    "listeners": ("mixer_listeners", "Outgoing streams that mixers feed"),
    "mixes": ("mixer_mixes", "Distinct mixes that somebody hears"),
}
# Worker counter -> metric, text, units a second: exported as seconds.
SECONDS = {
    "playout_samples": ("playout", "Sound of participants played out by mixers", 48000),
    "playout_samples_concealed": ("playout_concealed", "Of that, sound made up for packets that were missing", 48000),
    "playout_delay_us": ("playout_delay", "Time packets waited to be played; over tresen_playout_packets_total: mean delay", 1_000_000),
}
# Cumulative buckets as the worker keeps them; the last is +Inf whether it names it or not.
LATENCY = re.compile(r"latency_le_(\d+|inf)")
LAG = re.compile(r"mixer_lag_le_(\d+|inf)")
# `RoomRecorder.counters` -> metric: how many of what.
RECORDER_TOTALS = {
    "packets": ("recorder_packets", "Packets that recorders took"),
    "lost": ("recorder_packets_lost", "Packets missing in recordings, lost on the way from the publisher or to the recorder"),
    "dropped": ("recorder_packets_dropped", "Packets a recorder had no room for, because the disk was too slow"),
    "bytes": ("recorder_bytes", "Bytes that recorders wrote"),
    "restarts": ("recorder_restarts", "Recorder processes that took the place of one that died"),
}
# Exported on their own below.
OWN = frozenset(
    {
        "latency_sum_us",
        "latency_count",
        "cpu_us",
        "transports",
        "transports_connected",
        "transports_secure",
        "mixer_lag_us",
        "mixer_cpu_us",
        "mixer_complexity",
    }
)

Counters = Mapping[str, int]


def buckets(totals: Counters, names: re.Pattern[str]) -> list[tuple[str, float]]:
    """The finite buckets of a histogram, from counters whose names end with their upper edge in microseconds."""
    bounds = sorted((int(found[1]), value) for name, value in totals.items() if (found := names.fullmatch(name)) and found[1] != "inf")
    return [(str(bound / 1e6), float(value)) for bound, value in bounds]


class WorkerCollector(Collector):
    """Turns the workers' counters into metrics, freshly at each scrape."""

    def __init__(
        self,
        counters: Callable[[], Sequence[Counters]],
        gauges: Mapping[str, tuple[str, Callable[[], float]]],
        recorder: Callable[[], Counters] | None,
    ) -> None:
        self._counters = counters
        self._recorder = recorder
        self._gauges = gauges

    def describe(self) -> Iterable[Metric]:
        """Nothing, so that registering does not scrape workers that are not there yet."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """One scrape: the sums over all workers, and each worker's CPU time."""
        workers = list(self._counters())
        totals: dict[str, int] = {}
        for counters in workers:
            for name, value in counters.items():
                totals[name] = totals.get(name, 0) + value
        yield from self._families(totals)
        yield self._transports(totals)
        if any(LATENCY.fullmatch(name) for name in totals):
            yield self._latency(totals)
        if any(LAG.fullmatch(name) for name in totals):
            yield self._lag(totals)
        yield from self._threads(workers)
        yield GaugeMetricFamily("tresen_workers", "Worker threads", value=len(workers))
        for name, (text, read) in self._gauges.items():
            yield GaugeMetricFamily(f"tresen_{name}", text, value=read())
        if self._recorder is not None:
            yield from self._recordings(self._recorder())

    @staticmethod
    def _recordings(counters: Counters) -> Iterable[Metric]:
        states = GaugeMetricFamily("tresen_recordings", "Recordings under way by state", labels=["state"])
        ended = CounterMetricFamily("tresen_recordings_ended", "Recordings by whether anything is missing at their end", labels=["state"])
        for name, value in counters.items():
            if name.startswith("state_"):
                states.add_metric([name.removeprefix("state_")], value)
            elif name.startswith("ended_"):
                ended.add_metric([name.removeprefix("ended_")], value)
        yield states
        yield ended
        for name, (metric, text) in RECORDER_TOTALS.items():
            yield CounterMetricFamily(f"tresen_{metric}", text, value=counters[name])

    @staticmethod
    def _threads(workers: Sequence[Counters]) -> Iterable[Metric]:
        """What each worker's two threads have used, and what the load lets the second one do."""
        load = CounterMetricFamily(
            "tresen_worker_cpu_seconds", "CPU time of each worker's thread; its rate is the worker's load", labels=["worker"]
        )
        mixing = CounterMetricFamily("tresen_mixer_cpu_seconds", "CPU time of each worker's mixing thread", labels=["worker"])
        complexity = GaugeMetricFamily("tresen_mixer_complexity", "The most that Opus may use under the present load", labels=["worker"])
        for index, counters in enumerate(workers):
            load.add_metric([str(index)], counters.get("cpu_us", 0) / 1e6)
            if counters.get("mixer_ticks", 0):
                mixing.add_metric([str(index)], counters.get("mixer_cpu_us", 0) / 1e6)
                complexity.add_metric([str(index)], counters.get("mixer_complexity", 0))
        yield from (load, mixing, complexity)

    @staticmethod
    def _families(totals: Counters) -> Iterable[Metric]:
        families: dict[str, Metric] = {}
        for name, value in totals.items():
            if name in OWN or LATENCY.fullmatch(name) or LAG.fullmatch(name):
                continue
            if name in SECONDS:
                metric, text, per_second = SECONDS[name]
                families[metric] = CounterMetricFamily(f"tresen_{metric}_seconds", text, value=value / per_second)
                continue
            if name in GAUGES:
                metric, text = GAUGES[name]
                families[metric] = GaugeMetricFamily(f"tresen_{metric}", text, value=value)
                continue
            for pattern, metric, text, labels in FAMILIES:
                found = re.fullmatch(pattern, name)
                if found:
                    family = families.setdefault(metric, CounterMetricFamily(f"tresen_{metric}", text, labels=labels))
                    family.add_sample(f"tresen_{metric}_total", dict(zip(labels, found.groups(), strict=True)), value)
                    break
            else:
                families[name] = UnknownMetricFamily(f"tresen_worker_{name}", "A worker's counter", value=value)
        return families.values()

    @staticmethod
    def _transports(totals: Counters) -> Metric:
        """A transport is in one state: waiting for ICE (or lost), connected (no keys yet), secure."""
        connected, secure = totals.get("transports_connected", 0), totals.get("transports_secure", 0)
        states = {"waiting": totals.get("transports", 0) - connected - secure, "connected": connected, "secure": secure}
        family = GaugeMetricFamily("tresen_transports", "Peer connections by state", labels=["state"])
        for state, count in states.items():
            family.add_metric([state], count)
        return family

    @staticmethod
    def _latency(totals: Counters) -> Metric:
        return HistogramMetricFamily(
            "tresen_forward_latency_seconds",
            "From a packet's arrival to the last of its copies given to the kernel",
            buckets=[*buckets(totals, LATENCY), ("+Inf", totals.get("latency_count", totals.get("latency_le_inf", 0)))],
            sum_value=totals.get("latency_sum_us", 0) / 1e6,
        )

    @staticmethod
    def _lag(totals: Counters) -> Metric:
        return HistogramMetricFamily(
            "tresen_mixer_lag_seconds",
            "From the time a tick of the mixers was due to its packets being ready",
            buckets=[*buckets(totals, LAG), ("+Inf", totals.get("mixer_ticks", 0))],
            sum_value=totals.get("mixer_lag_us", 0) / 1e6,
        )


class Metrics:
    """A registry of its own: an embedding program's metrics are not touched."""

    def __init__(
        self,
        *,
        counters: Callable[[], Sequence[Counters]] = tuple,
        rooms: Callable[[], int] | None = None,
        participants: Callable[[], int] | None = None,
        recorder: Callable[[], Counters] | None = None,
    ) -> None:
        """Each argument is called at every scrape: one `Worker.counters()` per worker, how many rooms and participants there are, and
        `RoomRecorder.counters`.
        """
        self.registry = CollectorRegistry()
        gauges: dict[str, tuple[str, Callable[[], float]]] = {}
        if rooms is not None:
            gauges["rooms"] = ("Rooms that are open", rooms)
        if participants is not None:
            gauges["participants"] = ("Participants in all rooms", participants)
        self.registry.register(WorkerCollector(counters, gauges, recorder))
        self.join_seconds = Histogram(
            "tresen_join_seconds",
            "From a session's offer to the peer's first verified packet",
            buckets=SETUP_BUCKETS_S,
            registry=self.registry,
        )
        self.first_media_seconds = Histogram(
            "tresen_first_media_seconds",
            "From a session's offer to its first media packet",
            buckets=SETUP_BUCKETS_S,
            registry=self.registry,
        )
        self._handshakes = Counter("tresen_dtls_handshakes", "DTLS handshakes by result", ["result"], registry=self.registry)
        for result in RESULTS:
            self._handshakes.labels(result)  # present from the start, so that a first failure shows as an increase

    def observe_join(self, seconds: float) -> None:
        """From offer to the peer's first verified packet."""
        self.join_seconds.observe(seconds)

    def observe_first_media(self, seconds: float) -> None:
        """From offer to the first media packet received from or sent to the peer."""
        self.first_media_seconds.observe(seconds)

    def count_handshake(self, result: HandshakeResult = "connected") -> None:
        """A DTLS handshake ended: "connected", or `DtlsFailed.reason`."""
        self._handshakes.labels(result).inc()

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """The exposition in the format the `Accept` header prefers (OpenMetrics, else Prometheus text) and its content type."""
        try:
            encode, content_type = choose_encoder(accept)
        except (TypeError, ValueError):  # a header it cannot read, such as version=banana
            encode, content_type = generate_latest, TEXT_CONTENT_TYPE
        return encode(self.registry), content_type
