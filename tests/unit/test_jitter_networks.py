"""Networks and arrival records of the jitter benchmark: always the same for a name and a seed, and what their names say."""

from pathlib import Path

import numpy as np
import pytest

from bench.jitter import arrivals, networks, speech
from bench.jitter.networks import KINDS, TWELVE
from tests.support.saying import spoken

PACKETS = 3000


def test_there_are_twelve_and_others_beside_them() -> None:
    assert len(TWELVE) == 12
    assert len(KINDS) > 25


@pytest.mark.parametrize("name", KINDS)
def test_a_name_is_always_the_same_network_and_another_seed_another(name: str) -> None:
    one, same, other = networks.make(name, PACKETS), networks.make(f"{name}@0", PACKETS), networks.make(f"{name}@1", PACKETS)
    assert np.array_equal(one.send_ms, same.send_ms) and np.array_equal(one.delay_ms, same.delay_ms, equal_nan=True)
    assert name in ("clean", "constant30") or not np.array_equal(one.delay_ms, other.delay_ms, equal_nan=True)
    came = ~np.isnan(one.delay_ms)
    assert came[0] and one.delay_ms[came].min() > 0
    assert len(one.send_ms) == PACKETS * KINDS[name].loops


@pytest.mark.parametrize(("name", "share"), [("loss1", 0.01), ("loss5", 0.05), ("burst10", 0.10), ("loss20", 0.20), ("mobile", 0.01)])
def test_so_many_are_lost_over_the_seeds(name: str, share: float) -> None:
    lost = np.concatenate([np.isnan(networks.make(f"{name}@{seed}", PACKETS).delay_ms) for seed in range(20)])
    assert lost.mean() == pytest.approx(share, rel=0.15)


def test_bursts_are_of_three_in_the_mean_and_single_losses_alone() -> None:
    def mean_run(name: str) -> float:
        lost = np.concatenate([[False], *(np.isnan(networks.make(f"{name}@{seed}", PACKETS).delay_ms) for seed in range(20))])
        return float(lost.sum() / (lost[1:] & ~lost[:-1]).sum())

    assert mean_run("burst10") == pytest.approx(3, rel=0.15)
    assert mean_run("loss5") == pytest.approx(1.05, rel=0.05)


@pytest.mark.parametrize(
    ("name", "overtaken"), [("jitter20-ordered", 0), ("wifi200", 0), ("mobile", 0), ("jitter20", 0.24), ("reorder3", 0.03)]
)
def test_packets_overtake_where_the_name_says_so(name: str, overtaken: float) -> None:
    network = networks.make(name, PACKETS)
    at = (network.send_ms + network.delay_ms)[~np.isnan(network.delay_ms)]
    assert (np.diff(at) < 0).mean() == pytest.approx(overtaken, rel=0.25)


@pytest.mark.parametrize(("name", "ppm"), [("fast200ppm", 200), ("slow200ppm", -200), ("clean", 0)])
def test_a_fast_clock_sends_more_often(name: str, ppm: int) -> None:
    assert np.diff(networks.make(name, 100).send_ms).mean() == pytest.approx(20 * (1 - ppm * 1e-6), abs=1e-9)


def test_an_unknown_kind_is_an_error() -> None:
    with pytest.raises(KeyError):
        networks.make("nowhere", 10)


def test_a_network_survives_its_file(tmp_path: Path) -> None:
    network = networks.make("mobile", PACKETS)
    networks.write_csv(tmp_path / "mobile.csv", network)
    again = networks.read_csv(tmp_path / "mobile.csv")
    assert again.name == "mobile" and again.lossy
    assert np.allclose(again.send_ms, network.send_ms, atol=0.001)
    assert np.allclose(again.delay_ms, network.delay_ms, atol=0.001, equal_nan=True)


def test_packets_arrive_sorted_numbered_and_without_the_lost() -> None:
    network = networks.make("reorder3", 1000)
    stream = network.carry([b"a", b"b", b"c"])
    assert [at for at, _ in stream] == sorted(at for at, _ in stream)
    by_seq = sorted(stream, key=lambda arrival: (int.from_bytes(arrival[1][2:4]) - arrivals.FIRST_SEQ) % 2**16)
    assert [rtp[12:] for _, rtp in by_seq[:4]] == [b"a", b"b", b"c", b"a"]
    assert [at for at, _ in by_seq] == list(np.round((network.send_ms + network.delay_ms) * 1000).astype(int))
    lossy = networks.make("loss5", 1000)
    assert len(lossy.carry([b"a"])) == 1000 - np.isnan(lossy.delay_ms).sum()


def test_a_packet_is_rtp_of_opus_that_wraps_early() -> None:
    assert arrivals.packet(0, b"opus").hex(" ") == "80 ef fd e8 ff f1 5a 00 5e ed c0 de 6f 70 75 73"
    assert arrivals.packet(536, b"")[2:4] == bytes(2)
    assert arrivals.packet(1000, b"")[4:8] == bytes(4)
    assert arrivals.payload_of(arrivals.packet(1001, b"opus")) == (960, b"opus")


def test_a_header_extension_and_contributors_are_skipped() -> None:
    plain = arrivals.packet(1, b"")
    with_both = bytes([plain[0] | 0x10 | 2]) + plain[1:] + bytes(8) + bytes.fromhex("bede0001") + bytes(4) + b"opus"
    assert arrivals.payload_of(with_both)[1] == b"opus"


def test_records_survive_their_file(tmp_path: Path) -> None:
    file = tmp_path / "in.arr"
    arrivals.write(file, [(30_000, b"second"), (20_000, b"first")])
    first, second = (20_000).to_bytes(8, "little") + b"\x05\0first", (30_000).to_bytes(8, "little") + b"\x06\0second"
    assert file.read_bytes() == b"RTPARR1\n" + first + second
    assert arrivals.read(file) == [(20_000, b"first"), (30_000, b"second")]


@pytest.mark.parametrize("data", [b"", b"RIFF....", b"RTPARR1\n" + bytes(9), b"RTPARR1\n" + bytes(8) + b"\x05\0four"])
def test_a_file_of_something_else_or_cut_off_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "in.arr").write_bytes(data)
    with pytest.raises(ValueError):
        arrivals.read(tmp_path / "in.arr")


def test_the_benchmarks_own_speech_is_always_the_same_minute() -> None:
    one = spoken()
    again, segments = speech.arrange([speech.loud(speech.read_wav(speech.SOUNDS / f"{name}.wav")) for name in speech.SPOKEN])
    assert np.array_equal(one.said, again) and one.segments == segments
    assert speech.encode(again[: 200 * 960]) == one.packets[:200]
    assert 58 < one.seconds < 66
    assert all(7.5 < end - start < 12 for start, end in one.segments)
    assert len(one.said) == len(one.heard) == len(one.packets) * 960
    assert 0.05 < np.sqrt(np.mean(one.said**2)) / speech.LEVEL < 1


def test_speech_of_a_folder_needs_its_package(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="apt-get install alsa-utils"):
        speech.recorded(tmp_path)
