"""The benchmarks in small: every packet arrives unhurt through each subject, in processes of their own. Asserts nothing of speed."""

import pytest

from bench.forward import Timing, measure
from bench.scenarios import PROFILES, Load
from bench.setups import measure as measure_setups

SHORT = Timing(warmup_s=0.2, duration_s=0.7, pin=False)
SMALL = Load(rooms=2, participants=2, publishers=1, subscribers=2, video_bps=1_000_000)


@pytest.mark.parametrize("subject", ["worker", "reflector", "media"])
def test_every_packet_arrives_unhurt(subject: str) -> None:
    run = measure(subject, SMALL, SHORT)
    assert (run.lost, run.corrupt, run.silent_sinks) == (0, 0, 0)
    # Two rooms; each of three publishers' packets to three or four others.
    assert run.packets > 500
    assert run.train > 1
    assert run.latency_p50_us > 0
    assert (run.setup_p50_ms is None) == (subject != "media")


@pytest.mark.parametrize("profile", PROFILES)
def test_the_reflector_serves_every_profile(profile: str) -> None:
    run = measure("reflector", Load(rooms=1, profile=profile), SHORT)
    assert (run.lost, run.corrupt, run.silent_sinks) == (0, 0, 0)
    assert run.packets > 200


def test_calls_leave_nothing_behind() -> None:
    done = measure_setups(calls=5, warm_up=2, at_once=2)
    assert done["left"]["sessions"] == done["left"]["rooms"] == done["left"]["transports"] == 0
    assert done["open_files_after"] <= done["open_files_before"]
    assert 0 < done["publish_p50_ms"] < done["publish_p95_ms"] * 1.001
    assert done["media_p50_ms"] > 0
