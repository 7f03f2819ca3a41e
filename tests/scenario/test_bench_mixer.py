"""The mixer's bench in small: real participants in processes of their own hear each other's speech and not themselves. Nothing of speed."""

import pytest

from bench.mixer.kernel import run_room
from bench.mixer.load import MixLoad
from bench.mixer.measure import Timing, measure
from bench.mixer.speech import comfort, pack, silence, speech

# Two seconds are four windows of hearing.py: enough to find a voice that speaks all the time.
SHORT = Timing(warmup_s=1.0, duration_s=2.0, pin=False)


@pytest.mark.parametrize(("subject", "silent"), [("direct", "full"), ("media", "comfort")])
def test_everybody_hears_the_others_and_not_themselves(subject: str, silent: str) -> None:
    run = measure(subject, MixLoad(participants=3, speakers=2, silent=silent), SHORT)
    assert run.astray == ""
    # How many came in time depends on the machine; that they come, and are counted, does not.
    assert run.delivered_share > 0.5
    assert run.lost == 0
    assert run.per_core > 0 and run.memory_per_participant_bytes > 0
    assert run.ticks and run.encodes_per_tick and run.decodes_per_tick


@pytest.mark.parametrize("silent", [comfort, silence])
def test_a_tick_decodes_the_speakers_and_encodes_each_mix_once(silent: object) -> None:
    loops = [pack(speech(each)) for each in range(3)] + [pack(silent())] * 17  # type: ignore[operator]  # both are functions of nothing
    made = run_room(loops, ticks=100, warm_up=100, bitrate_bps=32_000, complexity=1, expected_loss_percent=0)
    assert len(made["tick_us"]) == 100
    # Three mixes without oneself, and one for everybody who says nothing; silence may be sent without encoding it anew.
    assert (made["mixes"], made["made"]) == (4, 400)
    assert 350 < made["encodes"] <= 400
    assert 250 < made["decodes"] <= 300
    assert made["packets"] > 300
