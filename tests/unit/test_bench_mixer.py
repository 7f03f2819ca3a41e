"""The mixer's bench: its plan, its speech, how it judges what was heard, its arithmetic, and what it does where Janus is not."""

import json
import os
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import bench.cli
import bench.mixer.cli
from bench.mixer.hearing import heard
from bench.mixer.janus import PLUGIN, TRANSPORT, configure
from bench.mixer.load import MixLoad, members, sampled
from bench.mixer.opus import FRAME, RATE, cost_us, decode, encode
from bench.mixer.report import HEARD, MixFigures, astray, bottleneck, figures, medians, ratio, summary, table, unsound
from bench.mixer.speech import comfort, pack, silence, speech
from bench.usage import process_ns

RUN = MixFigures(
    subject="media", participants=10, rooms=1, seconds=10, per_core=200, cpu_us_per_packet=100, cpu_share=0.05, delivered_share=1,
    worst_share=1, lost=0, astray="", loudness=0.1, memory_per_participant_bytes=1e5, client_cpu_share=0.1, client_late_share=0,
    client_drops=0,
)  # fmt: skip


def test_ids_addresses_and_ssrcs_are_each_ones_own() -> None:
    everybody = members(MixLoad(rooms=3, participants=7))
    ids = [number for each in everybody for number in (each.up, each.down, each.source, each.sink)]
    addresses = [each.address(transport) for each in everybody for transport in (each.up, each.down)]
    for values in (ids, addresses, [each.ssrc for each in everybody]):
        assert len(values) == len(set(values))
    assert min(ids) > 0


def test_each_room_has_its_speakers_and_a_speaker_and_a_listener_are_judged() -> None:
    load = MixLoad(rooms=2, participants=5, speakers=3)
    assert [each.speaker for each in members(load)] == [0, 1, 2, None, None] * 2
    assert [(each.number, each.speaker) for each in sampled(load)] == [(0, 0), (4, None)]


@pytest.mark.parametrize(
    "wrong",
    [{"rooms": 0}, {"participants": 1}, {"speakers": 0}, {"speakers": 11}, {"silent": "never"}, {"complexity": 11}, {"bitrate_bps": 5999}],
)
def test_a_room_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"participants|silent|Opus"):
        MixLoad(**wrong)


def test_speakers_say_different_things_fifty_times_a_second() -> None:
    loops = [speech(each) for each in range(3)]
    assert len({loop[20].payload for loop in loops}) == 3
    for loop in loops:
        assert {packet.wait_ms for packet in loop} == {20}
        loud = [packet.level & 0x7F for packet in loop if packet.level & 0x80]
        assert len(loop) / 2 < len(loud) < len(loop)
        assert 10 < statistics.median(loud) < 40


def test_the_silent_send_little_or_much_but_nothing_to_be_heard() -> None:
    waits = [packet.wait_ms for packet in comfort()]
    assert len(waits) / sum(waits) * 1000 < 6
    assert 380 <= max(waits) <= 440
    assert {packet.wait_ms for packet in silence()} == {20}
    for loop in (comfort(), silence()):
        assert {packet.level for packet in loop} == {127}
        assert np.abs(np.frombuffer(decode([packet.payload for packet in loop]), np.float32)).max() < 1e-3
        assert len(pack(loop)) == sum(6 + len(packet.payload) for packet in loop)


def test_opus_here_is_opus() -> None:
    tone = (0.3 * np.sin(np.arange(RATE) * 2 * np.pi * 440 / RATE)).astype(np.float32)
    packets = encode(tone.tobytes(), bitrate_bps=64_000)
    assert len(packets) == 50
    back = np.frombuffer(decode([*packets, None]), np.float32)
    assert len(back) == 51 * FRAME
    assert abs(np.sqrt(np.mean(back[: 50 * FRAME] ** 2)) - 0.3 / np.sqrt(2)) < 0.02
    assert min(cost_us(list(packets), tone.tobytes(), rounds=1, bitrate_bps=32_000, complexity=1, expected_loss_percent=0)) > 0
    with pytest.raises(ValueError, match="Opus"):
        decode([b"\xff\xff\xff"])


@pytest.mark.parametrize("who", [(0, 1, 2), (1, 2), (0,), ()], ids=str)
def test_it_is_found_who_speaks_in_a_mix(who: tuple[int, ...]) -> None:
    loops = [np.frombuffer(decode([packet.payload for packet in speech(each)]), np.float32) for each in range(3)]
    length = 5 * RATE
    mix = np.random.default_rng(1).normal(0, 1e-4, length).astype(np.float32)
    for each in who:
        mix += np.tile(np.roll(loops[each], 12345 * each + 777), 3)[:length]
    said = heard(encode(mix.tobytes(), complexity=4), 3)
    assert [presence >= HEARD for presence in said["presence"]] == [each in who for each in range(3)]
    assert said["seconds"] == 5


EARS = [
    {"member": 0, "speaker": 0, "loudness": 0.1, "presence": [0.0, 0.9, 0.8]},
    {"member": 9, "speaker": None, "loudness": 0.1, "presence": [0.5, 0.9, 0.8]},
]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({}, ""),
        ({"loudness": 0.001}, "member 0 heard nothing but silence"),
        ({"presence": [0.9, 0.9, 0.9]}, "member 0 heard their own voice"),
        ({"presence": [0.0, 0.9, 0.1]}, "member 0 did not hear speaker 2"),
    ],
)
def test_whoever_hears_the_wrong_people_is_named(change: dict[str, Any], sentence: str) -> None:
    assert astray([EARS[0] | change, EARS[1]]) == sentence


def test_figures_count_what_arrived() -> None:
    before = {"packets": [0, 100], "expected": [0, 100], "late": 0, "sent": 0, "counters": {"cpu_us": 0, "kernel_drops": 0}}
    after = {"packets": [500, 550], "expected": [500, 600], "late": 1, "sent": 100, "counters": {"cpu_us": 1_000_000, "kernel_drops": 0}}
    own = {"mixer_ticks": 0, "mixer_ticks_late": 0, "mixer_ticks_skipped": 0, "mixer_cpu_us": 0, "mixer_encodes": 0, "mixer_decodes": 0}
    then = {"mixer_ticks": 500, "mixer_ticks_late": 5, "mixer_ticks_skipped": 2, "mixer_cpu_us": 7_000_000, "mixer_encodes": 2000,
            "mixer_decodes": 1500, "mixer_complexity": 4}  # fmt: skip
    run = figures("media", MixLoad(participants=2, speakers=2), 10.0, 475_000_000, before, after, own, then, EARS, 2048)
    assert (run.per_core, run.cpu_us_per_packet) == (pytest.approx(40), pytest.approx(500))
    assert (run.delivered_share, run.worst_share, run.lost) == (0.95, 0.9, 50)
    assert (run.ticks, run.ticks_late_share, run.ticks_skipped, run.mixing_share) == (500, 0.01, 2, 0.7)
    assert (run.encodes_per_tick, run.decodes_per_tick, run.complexity) == (4, 3, 4)
    assert (run.client_cpu_share, run.client_late_share, run.memory_per_participant_bytes) == (0.1, 0.01, 1024)
    assert figures("janus", MixLoad(participants=2, speakers=2), 10.0, 1, before, after, {}, {}, EARS, 0).ticks is None


@pytest.mark.parametrize(
    ("change", "word"), [({"client_cpu_share": 0.9}, "90%"), ({"client_drops": 1}, "dropped")]
)
def test_figures_are_refused_when_the_clients_were_the_bottleneck(change: dict[str, Any], word: str) -> None:
    assert bottleneck(RUN) is None
    assert word in (unsound([RUN, replace(RUN, **change)]) or "")


def test_sending_something_else_does_not_win() -> None:
    silent = "member 0 heard nothing but silence"
    peer = replace(RUN, subject="janus")
    assert unsound([RUN, peer]) is None
    assert "nobody" in (unsound([RUN, replace(peer, delivered_share=0.0)]) or "")
    assert silent in (unsound([replace(RUN, astray=silent), peer]) or "")
    # A peer that cannot keep up is measured all the same, and the table says so.
    garbled = replace(peer, astray=silent)
    assert unsound([RUN, garbled]) is None
    assert "garbled" in list(table([summary({"media": [RUN], "janus": [garbled]})], "rooms").columns[-1].cells)


def test_the_comparison_is_by_the_run_and_its_table_shows_both() -> None:
    ours = [replace(RUN, per_core=cores, encodes_per_tick=4.0) for cores in (200, 300, 250)]
    theirs = [replace(RUN, subject="janus", per_core=cores, delivered_share=0.5) for cores in (50, 50, 50)]
    assert ratio(ours, theirs) == 5
    assert medians(ours)["per_core"] == 250
    assert medians([replace(RUN, lost=3), RUN, RUN])["lost"] == 3
    size = summary({"media": ours, "janus": theirs})
    assert size["ratio"] == {"janus": 5}
    assert json.loads(json.dumps(size))["median"]["janus"]["per_core"] == 50
    shown = list(table([size], "rooms").columns)
    assert "x 5.0" in list(shown[-1].cells)
    assert "overloaded" in list(shown[-1].cells)


def test_janus_is_given_one_plugin_one_transport_and_no_demo_room(tmp_path: Path) -> None:
    configure(tmp_path, Path("/somewhere/janus"), 4711)
    assert os.listdir(tmp_path / "plugins") == [PLUGIN] and os.listdir(tmp_path / "transports") == [TRANSPORT]
    assert sorted(os.listdir(tmp_path / "conf")) == ["janus.jcfg", "janus.plugin.audiobridge.jcfg", "janus.transport.http.jcfg"]
    text = {path.name: path.read_text() for path in (tmp_path / "conf").iterdir()}
    assert "port = 4711" in text["janus.transport.http.jcfg"] and "room-" not in text["janus.plugin.audiobridge.jcfg"]
    assert all(each.count("{") == each.count("}") for each in text.values())


def test_without_janus_it_says_how_to_get_it_and_measures_ours_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def compare(names: list[str], load: MixLoad, timing: object, repeats: int) -> dict[str, list[MixFigures]]:
        asked.append((names, load.participants, load.rooms))
        return {name: [RUN] * repeats for name in names}

    monkeypatch.setattr(bench.mixer.cli, "libraries", lambda: None)
    monkeypatch.setattr(bench.mixer.cli, "compare", compare)
    options = ["--part", "rooms", "--sizes", "3,10,1000", "--people", "12", "--repeats", "1", "--json", "-"]
    done = CliRunner().invoke(bench.cli.app, ["mixer", *options])
    assert done.exit_code == 0, done.output
    assert "apt-get install" in done.output
    assert asked == [(["media"], 3, 4), (["media"], 10, 1), (["direct"], 1000, 1)]


@pytest.mark.parametrize(
    ("argument", "value"),
    [("--part", "none"), ("--silent", "never"), ("--signalling", "smoke"), ("--against", "us"), ("--complexity", "11"), ("--sizes", "ten")],
)
def test_unknown_choices_are_named(argument: str, value: str) -> None:
    done = CliRunner().invoke(bench.cli.app, ["mixer", argument, value])
    assert done.exit_code == 2


def test_the_clock_of_a_process_is_its_cpu_time() -> None:
    before = time.process_time_ns()
    between = process_ns(os.getpid())
    assert before <= between <= time.process_time_ns()
