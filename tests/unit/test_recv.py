"""Extended sequence numbers, restarts, loss, jitter and the sender report's echo of one received SSRC."""

import pytest

from native.testing import stream

CYCLE = 1 << 16


def test_numbers_extend_over_wraps_and_late_packets_keep_their_place() -> None:
    recv = stream.Recv()
    seqs = [65533, 65535, 65534, 0, 2, 1, 65535 - 10]
    assert [recv.note(seq) for seq in seqs] == [CYCLE + n for n in (65533, 65535, 65534, 65536, 65538, 65537, 65525)]
    assert recv.report()["highest_seq"] == CYCLE + 2


def test_a_packet_reordered_before_the_first_counts_as_expected() -> None:
    recv = stream.Recv()
    for seq in (10, 8, 9, 11):
        recv.note(seq)
    assert recv.state()["first"] == CYCLE + 8
    assert recv.report()["lost"] == 0


@pytest.mark.parametrize(
    ("jump", "accepted"), [(3000, True), (3001, False), (-1000, True), (-1001, False), (32767, False), (-32768, False)]
)
def test_a_jump_is_accepted_up_to_the_dropout_and_misorder_limits(jump: int, accepted: bool) -> None:
    recv = stream.Recv()
    recv.note(40000)
    assert (recv.note((40000 + jump) & 0xFFFF) != 0) == accepted


@pytest.mark.parametrize("jump", [3001, 30000, -1001, -20000, -32768])
def test_two_consecutive_packets_elsewhere_are_a_restart_that_moves_forward_and_is_no_loss(jump: int) -> None:
    recv = stream.Recv()
    for seq in range(40000, 40100):
        recv.note(seq)
    before = recv.state()
    new = (40099 + jump) & 0xFFFF
    assert recv.note(new) == 0
    second = recv.note(new + 1 & 0xFFFF)
    assert second > before["highest"] and second & 0xFFFF == (new + 1) & 0xFFFF
    assert recv.note(new + 2 & 0xFFFF) == second + 1
    report = recv.report()
    assert report["lost"] == 0 and report["fraction_lost"] == 0
    assert recv.state()["packets"] == before["packets"] + 3


def test_single_strays_change_nothing() -> None:
    recv = stream.Recv()
    highest = 0
    for index in range(500):
        highest = recv.note(index)
        if index % 3 == 0:
            assert recv.note(index + 20000 + index % 7 * 100) == 0
    assert highest == CYCLE + 499
    assert recv.report()["lost"] == 0


def test_loss_is_told_per_interval_and_in_total() -> None:
    recv = stream.Recv()
    for seq in range(100):
        if seq % 4 != 1:
            recv.note(seq)
    assert {key: recv.report()[key] for key in ("fraction_lost", "lost")} == {"fraction_lost": 64, "lost": 25}
    recv.note(100)
    assert {key: recv.report()[key] for key in ("fraction_lost", "lost")} == {"fraction_lost": 0, "lost": 25}


def test_all_but_one_lost_is_255_and_late_arrivals_lower_the_total() -> None:
    recv = stream.Recv()
    recv.note(0)
    recv.report()
    recv.note(1000)
    first = recv.report()
    assert first["fraction_lost"] == 999 * 256 // 1000 and first["lost"] == 999
    for seq in range(1, 1000):
        recv.note(seq)
    assert recv.report()["lost"] == 0


def test_more_received_than_expected_is_a_negative_total() -> None:
    recv = stream.Recv()
    for _ in range(5):
        recv.note(7)
    report = recv.report()
    assert report["lost"] == -4 and report["fraction_lost"] == 0


def test_jitter_follows_rfc_3550_and_ignores_late_packets_and_new_time_bases() -> None:
    recv = stream.Recv(clock_rate=90000)
    recv.note(0, 0, 100, 1_000_000)
    recv.note(1, 3000, 100, 1_000_000 + 33_333 + 1000)  # 1 ms late: 90 units, the clock's rounding aside
    first = recv.state()["jitter"]
    assert first == pytest.approx(90 / 16, abs=0.1)
    recv.note(0, 0, 100, 9_000_000)
    assert recv.state()["jitter"] == first
    recv.note(2, 0x80000000, 100, 1_067_000)
    assert recv.state()["jitter"] == first


@pytest.mark.parametrize("now_us", [0, 10**12, 1_760_000_000_000_000, 2**62])
def test_jitter_stays_zero_for_a_steady_stream_whatever_the_clock_reads(now_us: int) -> None:
    recv = stream.Recv(clock_rate=48000)
    for index in range(50):
        recv.note(index, (0xFFFFF000 + index * 960) & 0xFFFFFFFF, 100, now_us + index * 20_000)
    assert recv.state()["jitter"] < 1


def test_the_report_echoes_the_last_sender_report() -> None:
    recv = stream.Recv()
    zero = dict.fromkeys(["fraction_lost", "lost", "highest_seq", "jitter", "last_sr", "delay_since_sr"], 0)
    assert recv.report(5_000_000) == zero | {"ssrc": 1}
    recv.sender_report(0x1122334455667788, 0, 5_000_000)
    report = recv.report(6_500_000)
    assert report["last_sr"] == 0x33445566 and report["delay_since_sr"] == 98304
    assert recv.report(4_000_000)["delay_since_sr"] == 0
    assert recv.report(2**61)["delay_since_sr"] == 65535 << 16
