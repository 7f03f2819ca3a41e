"""The arithmetic of the benchmarks: percentiles, medians, ratios, and when figures are refused."""

import math
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner

import bench.cli
from bench.forward import Sample, figures
from bench.growth import rows
from bench.report import (
    Figures,
    bottleneck,
    difference,
    histogram_percentile,
    medians,
    percentile,
    ratio,
    summary,
    table,
    unsound,
)
from bench.scenarios import Load
from bench.setups import result

RUN = Figures(
    subject="worker", seconds=10, packets=1000, cpu_ns=900, user_ns=200, kernel_ns=700, control_ns=1, packets_per_cpu_s=1e6, cpu_share=0.4,
    waited_share=0, ticks=400, lost=0, corrupt=0, silent_sinks=0, repeated=0, train=5, packets_per_turn=10, latency_p50_us=100,
    latency_p95_us=200, latency_p99_us=300, latency_max_us=900, rss_per_participant_bytes=1e5, kernel_drops=0, send_errors=0,
    generator_cpu_share=0.5, generator_late_share=0, generator_kernel_drops=0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([5], 0.5, 5), ([1, 2, 3, 4], 0.5, 2), ([4, 3, 2, 1], 0.95, 4), (range(1, 101), 0.95, 95), (range(1, 1001), 0.99, 990)],
)
def test_percentile_is_the_smallest_value_that_so_many_do_not_exceed(values: Any, share: float, expected: float) -> None:
    assert percentile(list(values), share) == expected


def test_nothing_has_no_percentile() -> None:
    assert math.isnan(percentile([], 0.5))
    assert math.isnan(histogram_percentile({}, 0.5, 10))


@pytest.mark.parametrize(("share", "expected"), [(0.5, 20), (0.9, 30), (0.91, 1000), (1.0, 1000)])
def test_histogram_percentile_is_the_upper_edge_of_its_step(share: float, expected: float) -> None:
    assert histogram_percentile({1: 50, 2: 40, 99: 10}, share, 10) == expected


def test_difference_keeps_what_came_between() -> None:
    assert difference({"1": 5, "2": 3, "9": 1}, {"1": 5, "2": 1}) == {2: 2, 9: 1}


@pytest.mark.parametrize(
    ("change", "word"),
    [({"generator_cpu_share": 0.86}, "86%"), ({"generator_late_share": 0.011}, "late"), ({"generator_kernel_drops": 1}, "dropped")],
)
def test_figures_are_refused_when_the_generator_was_the_bottleneck(change: dict[str, Any], word: str) -> None:
    assert bottleneck(RUN) is None
    assert word in (bottleneck(replace(RUN, **change)) or "")
    assert word in (unsound([RUN, replace(RUN, **change)]) or "")


def test_a_reflector_that_loses_voids_the_comparison_and_a_server_that_loses_is_reported() -> None:
    assert unsound([RUN, replace(RUN, lost=3)]) is None
    assert "void" in (unsound([RUN, replace(RUN, subject="reflector", corrupt=1)]) or "")
    assert "void" in (unsound([RUN, replace(RUN, subject="reflector", lost=1)]) or "")


@pytest.mark.parametrize("change", [{"packets": 0}, {"silent_sinks": 2}])
def test_streams_that_never_arrived_are_no_basis_for_figures(change: dict[str, Any]) -> None:
    assert "never arrived" in (unsound([replace(RUN, **change)]) or "")


def test_medians_take_the_worst_of_what_must_not_happen() -> None:
    runs = [replace(RUN, cpu_ns=cost, lost=lost) for cost, lost in ((900, 0), (100, 7), (800, 0))]
    assert medians(runs)["cpu_ns"] == 800
    assert medians(runs)["lost"] == 7
    assert "setup_p50_ms" not in medians(runs)


def test_ratio_is_of_neighbouring_runs() -> None:
    ours = [replace(RUN, cpu_ns=cost) for cost in (1000, 4000, 1500)]
    theirs = [replace(RUN, cpu_ns=cost) for cost in (1000, 2000, 1000)]
    assert ratio(ours, theirs, "cpu_ns") == 1.5


def test_summary_compares_and_the_table_shows_it() -> None:
    peer = replace(RUN, subject="reflector", cpu_ns=600, latency_p99_us=100)
    whole = summary([RUN], [peer])
    assert whole["ratio"]["cpu_ns"] == 1.5
    assert whole["added"]["latency_p99_us"] == 200
    assert [column.header for column in table(whole, "t").columns] == ["", "worker", "reflector", "compared"]
    assert [column.header for column in table(summary([RUN], []), "t").columns] == ["", "worker"]


def test_one_runs_figures_come_from_the_difference_of_its_samples() -> None:
    def sample(scale: int) -> Sample:
        names = ("packets", "repeated", "trains", "train_packets", "turns", "kernel_drops", "send_errors")
        server = {**dict.fromkeys(names, 0), "packets": 1000 * scale, "cpu_us": 2000 * scale, "trains": 100 * scale, "turns": 50 * scale}
        server["train_packets"] = 500 * scale
        client = {"latency": {"3": 10 * scale}, "latency_step_us": 10, "latency_max_us": 99, "late_frames": scale}
        client |= {"monotonic_s": 2.0 * scale, "counters": {"cpu_us": 10**6 * scale, "kernel_drops": 0}}
        return Sample(server, client, {7: 10**7 * scale, 8: 10**6 * scale}, (30 * scale, 70 * scale), 0)

    load = Load(rooms=2, subscribers=4, audio=False)
    run = figures("worker", load, 7, sample(1), sample(2), {"lost": 1, "corrupt": 0, "silent": 0}, 10 * 4096, [1.0, 2.0, 3.0])
    assert (run.packets, run.cpu_ns, run.control_ns) == (1000, 3000, 1000)
    assert (run.user_ns, run.kernel_ns, run.ticks) == (600, 1400, 100)
    assert run.packets_per_cpu_s == pytest.approx(1e9 / 3000)
    assert (run.train, run.packets_per_turn, run.lost) == (5, 20, 1)
    assert (run.latency_p50_us, run.latency_max_us) == (40, 40)
    assert run.rss_per_participant_bytes == 4096
    assert run.generator_cpu_share == 0.5
    assert run.generator_late_share == 1 / (2.0 * 2 * 30)
    assert (run.setup_p50_ms, run.setup_p95_ms) == (2.0, 3.0)


def test_growth_measures_the_distance_from_the_middle() -> None:
    table = rows({10: [replace(RUN, cpu_ns=900)] * 3, 2000: [replace(RUN, cpu_ns=1100, lost=2)] * 3})
    assert [(row["transports"], round(row["deviation"], 3), row["lost"]) for row in table] == [(10, -0.1, 0), (2000, 0.1, 2)]


def test_setups_count_both_sessions_of_a_call() -> None:
    state = {"rss_bytes": 100, "open_files": 9, "sessions": 0, "rooms": 0, "transports": 0}
    done = {"publish_ms": [1.0] * 10, "media_ms": [2.0] * 10, "seconds": 2.0}
    out = result(10, 1, done, 0.1, state, state | {"rss_bytes": 160})
    assert (out["setups_per_s"], out["setups_per_cpu_s"], out["rss_growth_bytes"]) == (10, 200, 60)


@pytest.mark.parametrize(("late", "code", "words"), [(0.5, 3, "50.0% of the generator's frames were late"), (0.0, 0, "fanout3")])
def test_the_program_refuses_with_its_own_exit_code(monkeypatch: pytest.MonkeyPatch, late: float, code: int, words: str) -> None:
    monkeypatch.setattr(bench.cli, "compare", lambda *_: ([replace(RUN, generator_late_share=late)], []))
    done = CliRunner().invoke(bench.cli.app, ["forward", "--repeats", "1"])
    assert done.exit_code == code
    assert words in done.output


@pytest.mark.parametrize(
    "wrong",
    [
        ["--scenario", "none"],
        ["--against", "janus"],
        ["--signalling", "x"],
        ["--profile", "x"],
        ["--signalling", "whip", "--profile", "cm80"],
    ],
)
def test_options_that_mean_nothing_are_an_error(wrong: list[str]) -> None:
    done = CliRunner().invoke(bench.cli.app, ["forward", *wrong])
    assert done.exit_code == 2
    assert wrong[-2].removeprefix("--") in done.output
