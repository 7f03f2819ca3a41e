"""What a scrape shows."""

import random
import re

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from mediaserver.metrics import RESULTS, Metrics

COUNTERS = {
    "packets_received_audio": 10, "packets_sent_video": 20, "packets_received_stun": 3, "bytes_received_audio": 1000,
    "drop_rtp_replayed": 4, "drop_stun_unauthentic": 5, "nack_received": 6, "nack_unanswered": 1, "pli_sent": 7, "fir_received": 8,
    "trains_sent": 2, "train_packets_sent": 9, "commands": 11, "commands_stale": 1, "cpu_us": 1_500_000, "packets_lost": 2,
    "transports": 5, "transports_connected": 1, "transports_secure": 3, "producers": 4, "history_bytes": 4096, "something_new": 12,
    "mixer_ticks": 100, "mixer_ticks_late": 1, "mixer_encodes": 300, "mixer_lag_us": 90_000, "mixer_lag_le_500": 60,
    "mixer_lag_le_40000": 99, "mixer_cpu_us": 500_000, "mixer_complexity": 8, "voices": 3, "mixes": 2, "playout_packets": 50,
    "playout_samples": 96_000,
    "playout_samples_concealed": 4_800, "playout_delay_us": 2_500_000,
    "latency_le_50": 5, "latency_le_100": 8, "latency_le_20000": 9, "latency_sum_us": 900, "latency_count": 10,
}  # fmt: skip
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def samples(metrics: Metrics) -> dict[str, float]:
    """Every sample as `name{label=value}`, read back by Prometheus' own parser."""
    body, _ = metrics.render()
    return {
        sample.name + "".join(f"{{{key}={value}}}" for key, value in sorted(sample.labels.items())): sample.value
        for family in parse_text(body.decode())
        for sample in family.samples
    }


def test_workers_are_added_up() -> None:
    found = samples(Metrics(counters=lambda: [COUNTERS, COUNTERS], rooms=lambda: 3, participants=lambda: 6))
    assert {
        "tresen_packets_total{direction=received}{kind=audio}": 20,
        "tresen_packets_total{direction=sent}{kind=video}": 40,
        "tresen_packets_total{direction=received}{kind=stun}": 6,
        "tresen_bytes_total{direction=received}{kind=audio}": 2000,
        "tresen_drops_total{reason=rtp_replayed}": 8,
        "tresen_drops_total{reason=stun_unauthentic}": 10,
        "tresen_nacks_total{direction=received}": 12,
        "tresen_nacks_unanswered_total": 2,
        "tresen_plis_total{direction=sent}": 14,
        "tresen_firs_total{direction=received}": 16,
        "tresen_trains_total": 4,
        "tresen_train_packets_total": 18,
        "tresen_worker_commands_total": 22,
        "tresen_worker_commands_stale_total": 2,
        "tresen_packets_lost_total": 4,
        "tresen_worker_cpu_seconds_total{worker=0}": 1.5,
        "tresen_worker_cpu_seconds_total{worker=1}": 1.5,
        "tresen_transports{state=waiting}": 2,
        "tresen_transports{state=connected}": 2,
        "tresen_transports{state=secure}": 6,
        "tresen_producers": 8,
        "tresen_history_bytes": 8192,
        "tresen_worker_something_new": 24,
        "tresen_workers": 2,
        "tresen_mixer_ticks_total": 200,
        "tresen_mixer_ticks_late_total": 2,
        "tresen_mixer_encodes_total": 600,
        "tresen_mixer_voices": 6,
        "tresen_mixer_mixes": 4,
        "tresen_mixer_lag_seconds_bucket{le=0.0005}": 120,
        "tresen_mixer_lag_seconds_bucket{le=0.04}": 198,
        "tresen_mixer_lag_seconds_bucket{le=+Inf}": 200,
        "tresen_mixer_lag_seconds_count": 200,
        "tresen_mixer_lag_seconds_sum": 0.18,
        "tresen_mixer_cpu_seconds_total{worker=1}": 0.5,
        "tresen_mixer_complexity{worker=0}": 8,
        "tresen_playout_packets_total": 100,
        "tresen_playout_seconds_total": 4,
        "tresen_playout_concealed_seconds_total": 0.2,
        "tresen_playout_delay_seconds_total": 5,
        "tresen_rooms": 3,
        "tresen_participants": 6,
        "tresen_forward_latency_seconds_bucket{le=5e-05}": 10,
        "tresen_forward_latency_seconds_bucket{le=0.0001}": 16,
        "tresen_forward_latency_seconds_bucket{le=0.02}": 18,
        "tresen_forward_latency_seconds_bucket{le=+Inf}": 20,
        "tresen_forward_latency_seconds_sum": 0.0018,
        "tresen_forward_latency_seconds_count": 20,
    }.items() <= found.items()


def test_counters_are_read_at_each_scrape() -> None:
    live = {"packets_received_audio": 1}
    metrics = Metrics(counters=lambda: [live])
    assert samples(metrics)["tresen_packets_total{direction=received}{kind=audio}"] == 1
    live["packets_received_audio"] = 2
    assert samples(metrics)["tresen_packets_total{direction=received}{kind=audio}"] == 2


def test_what_only_python_knows() -> None:
    metrics = Metrics()
    before = samples(metrics)
    assert {f"tresen_dtls_handshakes_total{{result={result}}}": 0 for result in RESULTS}.items() <= before.items()
    metrics.observe_join(0.012)
    metrics.observe_first_media(0.3)
    metrics.count_handshake()
    metrics.count_handshake("fingerprint")
    after = samples(metrics)
    assert after["tresen_join_seconds_bucket{le=0.01}"] == 0 and after["tresen_join_seconds_bucket{le=0.02}"] == 1
    assert after["tresen_first_media_seconds_count"] == 1 and after["tresen_first_media_seconds_sum"] == 0.3
    assert after["tresen_dtls_handshakes_total{result=connected}"] == after["tresen_dtls_handshakes_total{result=fingerprint}"] == 1


def test_names_keep_to_the_conventions() -> None:
    body, _ = Metrics(counters=lambda: [COUNTERS], rooms=lambda: 0, participants=lambda: 0).render(OPENMETRICS)
    labels = set()
    for family in parse_openmetrics(body.decode()):
        assert family.name.startswith("tresen_") and family.documentation
        assert not re.search(r"_(us|ms|milliseconds|microseconds|kb|count|total)$", family.name)
        labels |= {label for sample in family.samples for label in sample.labels}
    assert labels <= {"direction", "kind", "reason", "worker", "state", "result", "le"}


def test_the_accept_header_chooses_the_format() -> None:
    metrics = Metrics(counters=lambda: [COUNTERS])
    text, text_type = metrics.render()
    assert text_type.startswith("text/plain; version=0.0.4") and not text.endswith(b"# EOF\n")
    for accept in ("*/*", "text/html", "text/plain;version=0.0.4"):
        assert metrics.render(accept) == (text, text_type)
    opened, opened_type = metrics.render(OPENMETRICS + ",text/plain;q=0.5")
    assert opened_type.startswith("application/openmetrics-text; version=1.0.0") and opened.endswith(b"# EOF\n")


@pytest.mark.parametrize("seed", range(200))
def test_any_accept_header_is_answered(seed: int) -> None:
    chance = random.Random(seed)
    parts = [
        "application/openmetrics-text",
        "text/plain",
        ";",
        ",",
        "=",
        "version",
        "escaping",
        "q",
        "1.0.0",
        "banana",
        "",
        " ",
        "\u00e9",
        "9" * 400,
        ".",
    ]
    body, content_type = Metrics().render("".join(chance.choice(parts) for _ in range(chance.randrange(12))))
    assert b"tresen_workers" in body and "version=" in content_type


def test_two_servers_in_one_process_do_not_meet() -> None:
    first, second = Metrics(), Metrics()
    first.count_handshake()
    assert samples(second)["tresen_dtls_handshakes_total{result=connected}"] == 0
