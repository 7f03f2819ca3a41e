"""The receiver's interface by files, and the buffers that are driven through it."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import bench.cli
from bench.jitter import arrivals, networks, peers, receiver
from tests.support.saying import spoken

TS0 = arrivals.FIRST_TIMESTAMP


class Counting:
    """A stand-in for a playout: what it gives out says which pull it was and how many packets had come."""

    def __init__(self) -> None:
        self.log: list[tuple[str, int]] = []
        self.pulls = self.packets = 0

    def put(self, rtp: bytes, now_us: int) -> int:
        self.log.append(("put", now_us))
        self.packets += 1
        return 0

    def get(self, samples: int, now_us: int) -> tuple[int, bytes]:
        self.log.append(("get", now_us))
        self.pulls += 1
        value = (self.pulls * 256 + self.packets) / 32768
        return (1 if self.packets else 0), np.full(samples, value, "<f4").tobytes()

    def timestamp(self) -> int | None:
        return (TS0 + 480 * self.pulls) % 2**32 if self.packets else None

    def stats(self) -> dict[str, int]:
        names = "packets_late packets_discarded samples_silence samples_fec"
        return dict.fromkeys(names.split(), 0) | {
            "packets": self.packets, "packets_played": 2, "samples": 480 * self.pulls, "samples_concealed": 960, "samples_removed": 100,
            "samples_inserted": 50, "delay_sum_us": 2 * 30_500, "target_delay_ms": 40, "delay_ms": 10 * self.packets,
        }  # fmt: skip


TINY = [(0, b"a"), (10_000, b"b"), (10_001, b"c"), (35_000, b"d")]


def test_what_has_come_by_a_pull_is_put_in_before_it() -> None:
    driven = Counting()
    receiver.receive(driven, [(at, arrivals.packet(n, b"")) for n, (at, _) in enumerate(TINY)])
    expected = [("put", 0), ("get", 0), ("put", 10_000), ("get", 10_000), ("put", 10_001), ("get", 20_000), ("get", 30_000)]
    assert driven.log == expected  # ends with the last arrival, 35 ms: the pull at 40 is not made


@pytest.mark.parametrize(("option", "pulls"), [([], 4), (["--dur-ms=20"], 3), (["--dur-ms", "29.9"], 3), (["--dur-ms=60"], 7)])
def test_a_receiver_writes_the_files_byte_for_byte(
    option: list[str], pulls: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver, "playout", lambda **options: Counting())
    arrivals.write(tmp_path / "in.arr", TINY)
    names = [str(tmp_path / name) for name in ("in.arr", "out.pcm", "stats.json", "frames.csv")]
    done = CliRunner().invoke(bench.cli.app, ["jitter", "--receiver", *names, *option])
    assert (done.exit_code, done.output) == (0, "")
    come = [1, 2, 3, 3, 4, 4, 4][:pulls]
    expected = b"".join(((n + 1) * 256 + packets).to_bytes(2, "little") * 480 for n, packets in enumerate(come))
    assert (tmp_path / "out.pcm").read_bytes() == expected
    lines = [f"{n * 10},{(TS0 + 480 * n) % 2**32},1,40,{packets * 10}" for n, packets in enumerate(come)]
    assert (tmp_path / "frames.csv").read_text().splitlines() == ["t_ms,playout_rtp_ts,op,target_ms,buffered_ms", *lines]
    stats = json.loads((tmp_path / "stats.json").read_text())
    assert stats.pop("cpu_s") >= 0
    assert stats == {
        "receiver": "tresen", "totalSamplesReceived": 480 * pulls, "concealedSamples": 960, "removedSamplesForAcceleration": 100,
        "insertedSamplesForDeceleration": 50, "jitterBufferDelay_ms_sum": 2 * 30.5 * 960, "jitterBufferEmittedCount": 2 * 960,
        "jitterBufferTargetDelay_ms_sum": 40 * 2 * 960, "fecSamples": 0, "silentSamples": 0, "packetsReceived": come[-1],
        "packetsDiscarded": 0,
    }  # fmt: skip


def test_before_there_is_sound_there_is_no_timestamp() -> None:
    frames = receiver.receive(Counting(), [(15_000, b"late")]).frames
    assert [frame.timestamp for frame in frames] == [-1, -1]


@pytest.mark.parametrize(("files", "sentence"), [(["in.arr", "out.pcm"], "takes IN.arr"), (["in.arr", "o", "s", "f"], "Error: ")])
def test_a_receiver_without_its_files_says_so(files: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(bench.cli.app, ["jitter", "--receiver", *files])
    assert done.exit_code != 0 and sentence in done.output


@pytest.mark.parametrize(
    ("given", "expected"), [(0.0, 0), (1.0, 32767), (-1.0, -32768), (2.0, 32767), (1 / 32768, 1), (-2 / 32768, -2)]
)
def test_samples_are_rounded_and_clipped(given: float, expected: int) -> None:
    assert receiver.to_int16(np.array([given], "<f4").tobytes())[0] == expected


SOME = 400  # packets, 8 s


def through(name: str, network: networks.Network) -> receiver.Reception:
    return receiver.receive(peers.PEERS[name](), network.carry(spoken().packets[:SOME]), SOME * 20 + 1000.0)


def drawn(name: str, lost: tuple[int, ...] = ()) -> networks.Network:
    network = networks.make(name, SOME)
    network.delay_ms[list(lost)] = np.nan
    return network


def as_int16(samples: np.ndarray) -> np.ndarray:
    return np.round(samples * 32768).astype(np.int16)


@pytest.mark.parametrize(("name", "behind_ms"), [("fixed", 90), ("aiortc", 100)])
def test_without_loss_the_peers_play_the_ideal_decode(name: str, behind_ms: int) -> None:
    found = through(name, drawn("clean"))
    behind = behind_ms * 48
    heard = found.pcm[behind : behind + (SOME - 10) * 960]
    difference = heard.astype(int) - as_int16(spoken().heard[: len(heard)])
    assert np.abs(difference).max() <= 64  # aiortc brings an Opus of its own
    assert not found.pcm[:behind].any()


def test_the_fixed_delay_repairs_from_the_next_packet_and_conceals_what_it_cannot() -> None:
    found = through("fixed", drawn("clean", lost=(100, 200, 201)))
    assert found.stats["fecSamples"] == 2 * 960  # 100, and 201 from 202
    # 200, and what would follow the last packet until the end
    assert found.stats["concealedSamples"] >= 960
    late = [frame.op for frame in found.frames if frame.timestamp == (TS0 + 200 * 960) % 2**32]
    assert late == [peers.CONCEALED]


def test_the_fixed_delay_ignores_what_comes_too_late() -> None:
    network = drawn("clean")
    network.delay_ms[50] = 150
    found = through("fixed", network)
    assert found.stats["packetsDiscarded"] == 1
    assert found.stats["fecSamples"] == 960


def test_aiortc_stands_still_until_a_gap_has_passed_its_buffer() -> None:
    whole, gap = through("aiortc", drawn("constant30")), through("aiortc", drawn("constant30", lost=(100,)))
    assert gap.stats["concealedSamples"] > whole.stats["concealedSamples"] + 5 * 960


@pytest.mark.parametrize(
    ("timestamp", "of", "expected"), [(960, 0, 960), (0, 960, -960), (480, 2**32 - 480, 960), (2**32 - 480, 480, -960)]
)
def test_timestamps_are_compared_round_their_wrap(timestamp: int, of: int, expected: int) -> None:
    assert peers.ahead(timestamp, of) == expected
