"""The judge of a receiver's output: known delays are found, known damage is seen, steps are timed. PESQ itself is somebody else's."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.jitter import networks, score
from bench.jitter.networks import Network
from bench.jitter.resample import decimate
from bench.jitter.score import Delays, route_changes, settle
from bench.jitter.speech import Speech
from tests.support.saying import murmur

SAID = murmur()
PACKETS = len(SAID.packets)


def constant(delay_ms: float, packets: int = PACKETS) -> Network:
    return Network("test", np.arange(packets) * 20.0, np.full(packets, delay_ms))


def likeness(said: NDArray[np.float32], heard: NDArray[np.float32]) -> float:
    """In the place of PESQ: the correlation where the cut, which begins 20 ms early, should have it."""
    return max(float(np.corrcoef(said[1000:-1000], heard[1000 + shift : len(said) - 1000 + shift])[0, 1]) for shift in range(310, 330))


def late(samples: NDArray[np.float32], ms: float) -> NDArray[np.int16]:
    """What a receiver plays that is this much behind the sender's clock."""
    return np.round(np.concatenate([np.zeros(round(ms * 48), np.float32), samples]) * 32767).astype(np.int16)


def judge(pcm: NDArray[np.int16], network: Network, said: Speech = SAID, quality: Any = likeness) -> score.Score:
    return score.judge(pcm, said, network, quality)


@pytest.mark.parametrize("ms", [0, 45, 130.5, 650, 1250])
def test_a_delayed_signal_has_that_delay(ms: float) -> None:
    found = judge(late(SAID.heard, ms), constant(0))
    assert found.delay_mean_ms == pytest.approx(ms, abs=0.2)
    assert found.delay_p95_ms == pytest.approx(ms, abs=0.2)
    assert found.windows > 60
    assert found.pesq > 0.99


def test_the_buffers_part_is_what_the_network_did_not_cause() -> None:
    found = judge(late(SAID.heard, 110), constant(30))
    assert found.buffer_mean_ms == pytest.approx(80, abs=0.2)
    assert found.network_mean_ms == 30


@pytest.mark.parametrize(("change_ms", "after_ms"), [(-150, 50), (200, 400)])
def test_a_part_cut_out_or_put_in_moves_the_delay_from_there_on(change_ms: int, after_ms: int) -> None:
    middle = round(3.9 * 48_000)
    rest = SAID.heard[middle - min(0, change_ms) * 48 :]
    pcm = late(np.concatenate([SAID.heard[:middle], np.zeros(max(0, change_ms) * 48, np.float32), rest]), 200)
    found = dict(judge(pcm, constant(0)).curve)
    assert {round(ms) for at, ms in found.items() if at < 3.5} == {200}
    assert {round(ms) for at, ms in found.items() if at > 5.0} == {after_ms}


def test_the_delay_follows_a_sender_whose_clock_is_fast() -> None:
    slow = Network("test", np.arange(PACKETS) * 20.0 * (1 - 0.01), np.zeros(PACKETS))
    found = judge(late(SAID.heard, 100), slow).curve
    assert found[-1][1] - found[0][1] == pytest.approx(0.01 * 1000 * (found[-1][0] - found[0][0]), rel=0.05)


def test_what_is_not_the_speech_has_no_delay() -> None:
    noise = np.random.default_rng(3).standard_normal(len(SAID.heard)).astype(np.float32) * 0.05
    found = judge(late(noise, 0), constant(0))
    assert found.windows == 0
    assert np.isnan(found.delay_mean_ms)
    assert found.pesq < 0.3


def test_each_segment_is_judged_on_what_was_heard_of_it() -> None:
    spoilt = SAID.heard.copy()
    spoilt[5 * 48_000 : 7 * 48_000] = 0
    first, second = judge(late(spoilt, 300), constant(0)).segments
    assert first > 0.99
    assert second < 0.9


def test_of_many_loops_only_the_last_is_judged() -> None:
    heard = np.tile(SAID.heard, 3)
    heard[: len(SAID.heard) * 2] = 0
    assert min(judge(late(heard, 100), constant(0, PACKETS * 3)).segments) > 0.99


@pytest.mark.parametrize(
    ("hertz", "factor", "kept"), [(300, 3, 1.0), (6000, 3, 1.0), (12_000, 3, 0.0), (3000, 6, 1.0), (6000, 6, 0.0)]
)
def test_decimation_keeps_what_fits_and_nothing_else_without_delay(hertz: int, factor: int, kept: float) -> None:
    at = np.arange(48_000) / 48_000
    wave = np.sin(2 * np.pi * hertz * at).astype(np.float32)
    middle = slice(2000, 6000)
    assert decimate(wave, factor)[middle] == pytest.approx(kept * wave[::factor][middle], abs=0.005)


def test_only_lasting_steps_are_changes_of_route() -> None:
    names = [name for name in networks.KINDS if route_changes(networks.make(name, 3000))]
    assert names == ["route500", "route150", "route300", "detours"]
    (up, before, after), (down, *_) = route_changes(networks.make("route500", 3000))
    assert (up, down) == (20.0, 42.0)
    assert (round(before, -1), round(after, -1)) == (30, 530)


def measured(pieces: list[tuple[float, float, float]]) -> Delays:
    """Windows every 50 ms with these (from_s, to_s, delay_ms)."""
    rows = [(at, ms) for start, end, ms in pieces for at in np.arange(start, end, 0.05)]
    at, ms = np.array(rows).T
    return Delays(at, ms, np.ones(len(at)), at)


@pytest.mark.parametrize(
    ("pieces", "settled", "later"),
    [
        ([(0, 22, 60), (22, 40, 600)], 0.0, 600),  # never more than 650
        ([(0, 20.5, 60), (20.5, 22, 900), (22, 40, 640)], 2.0, 640),
        ([(0, 20.5, 60), (20.5, 40, 980)], None, 980),
        ([(0, 20.5, 60), (20.5, 22, 900)], None, None),  # nothing heard any more
        ([(0, 20, 60), (20, 21, 700), (21, 30, 600), (30, 30.2, 990), (30.2, 40, 600)], 1.0, 600),  # a single hiccup later on
    ],
)  # fmt: skip
def test_settled_is_when_the_delay_stays_near_the_networks(
    pieces: list[tuple[float, float, float]], settled: float | None, later: float | None
) -> None:
    (step,) = settle([(20.0, 30.0, 530.0)], measured(pieces), 40.0)
    assert step.settled_s == (None if settled is None else pytest.approx(settled, abs=0.06))
    assert step.later_p95_ms == later


def test_a_step_is_followed_until_the_next() -> None:
    up, down = settle([(20.0, 30.0, 530.0), (30.0, 530.0, 30.0)], measured([(0, 20, 60), (20, 32, 580), (32, 50, 100)]), 50.0)
    assert (up.settled_s, down.settled_s) == (pytest.approx(0, abs=0.06), pytest.approx(2, abs=0.06))
    assert (up.later_p95_ms, down.later_p95_ms) == (580, 100)


def test_counts_of_the_receiver_become_percent() -> None:
    found = judge(late(SAID.heard, 100), constant(0))
    account = {
        "totalSamplesReceived": 1000, "concealedSamples": 50, "removedSamplesForAcceleration": 10, "insertedSamplesForDeceleration": 5,
        "jitterBufferEmittedCount": 960, "jitterBufferDelay_ms_sum": 960 * 40, "jitterBufferTargetDelay_ms_sum": 960 * 30,
    }  # fmt: skip
    record = score.numbers(found, account)
    assert [record[f"{name}_percent"] for name in ("concealed", "accelerated", "decelerated")] == [5, 1, 0.5]
    assert (record["reported_buffer_ms"], record["target_ms"]) == (40, 30)
