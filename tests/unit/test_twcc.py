"""Transport-wide feedback: what the recorder reports and what the sender makes of it."""

import pytest

from native.testing import rtcp, stream

MS = 1000


def read(data: bytes) -> dict[int, int | None]:
    """{number: arrival in 250 us ticks, or None}, by the native parser (checked against a plain one elsewhere)."""
    code, packets = rtcp.parse_compound(data)
    assert code == 0 and len(packets) == 1
    reference, _, statuses = packets[0]["transport_cc"]
    tick, out = reference << 8, {}
    for number, received, delta in statuses:
        tick += delta
        out[number] = tick & 0xFFFFFFFF if received else None
    return out


def test_the_state_fits_its_budget() -> None:
    assert stream.Recorder.size() <= 8192 and stream.Sender.size() <= 8448


def test_nothing_received_is_nothing_to_report() -> None:
    recorder = stream.Recorder()
    assert recorder.feedback() == b"" and recorder.pending() == 0


def test_the_first_bytes_are_as_the_draft_draws_them() -> None:
    recorder = stream.Recorder()
    recorder.note(5, 64_000 + 1000)
    recorder.note(7, 64_000 + 3000)
    # 1-bit vector received, missing, received; ticks 4 and 8 after one 64 ms unit
    assert recorder.feedback(sender_ssrc=1, media_ssrc=2) == bytes.fromhex("8fcd0005 00000001 00000002 00050003 00000100 a8000408")
    recorder.note(8, 80_000)
    assert recorder.feedback()[19] == 1


def test_each_arrival_is_reported_once_and_each_loss_shows() -> None:
    recorder = stream.Recorder()
    for number in (65534, 65535, 1):
        recorder.note(number, number)
        recorder.note(number, 10**9)  # a duplicate: the first arrival counts
    assert recorder.pending() == 3
    assert read(recorder.feedback()) == {65534: 262, 65535: 262, 0: None, 1: 0}
    assert recorder.pending() == 0 and recorder.feedback() == b""
    recorder.note(3, 0)
    assert read(recorder.feedback()) == {2: None, 3: 0}


def test_a_late_arrival_is_reported_alone_before_the_rest() -> None:
    recorder = stream.Recorder()
    for number in (10, 14, 20):
        recorder.note(number, 0)
    recorder.feedback()
    for number in (12, 13, 18, 21, 14):
        recorder.note(number, MS)
    assert [read(recorder.feedback()) for _ in range(3)] == [{12: 4, 13: 4}, {18: 4}, {21: 4}]
    assert recorder.feedback() == b""


def test_a_late_arrival_next_to_unreported_ones_joins_them() -> None:
    recorder = stream.Recorder()
    recorder.note(10, 0)
    recorder.feedback()
    for number in (9, 11):  # 9 came before the first number seen
        recorder.note(number, 0)
    assert [read(recorder.feedback()) for _ in range(2)] == [{9: 0}, {11: 0}]


@pytest.mark.parametrize(("gap_us", "packets"), [(8_191_000, 1), (8_300_000, 2)])
def test_a_pause_beyond_the_delta_range_starts_a_new_packet(gap_us: int, packets: int) -> None:
    recorder = stream.Recorder()
    recorder.note(0, 0)
    recorder.note(2, gap_us)
    seen: dict[int, int | None] = {}
    for _ in range(packets):
        seen |= read(recorder.feedback())
    assert recorder.feedback() == b"" and seen == {0: 0, 1: None, 2: gap_us // 250}


def test_reordering_gives_negative_deltas() -> None:
    recorder = stream.Recorder()
    for number, arrived_us in ((1, 100 * MS), (3, 101 * MS), (2, 150 * MS), (4, 102 * MS)):
        recorder.note(number, arrived_us)
    assert read(recorder.feedback()) == {1: 400, 2: 600, 3: 404, 4: 408}


def test_reference_time_wraps_with_its_24_bits() -> None:
    recorder = stream.Recorder()
    wrap_us = 2**32 * 250
    recorder.note(1, wrap_us - 250)
    recorder.note(2, wrap_us)
    assert read(recorder.feedback()) == {1: 2**32 - 1, 2: 0}


@pytest.mark.parametrize("room", [64, 65, 67, 100, 300])
def test_small_rooms_split_the_report_without_losing_any(room: int) -> None:
    recorder = stream.Recorder()
    for number in range(1000):
        if number % 7 and not 300 < number < 700:
            recorder.note(number, number * 1300)
    pending, seen = recorder.pending(), {}
    while data := recorder.feedback(room):
        assert len(data) <= room and len(data) % 4 == 0
        part = read(data)
        assert not part.keys() & seen.keys()
        seen |= part
    assert sum(tick is not None for tick in seen.values()) == pending
    assert seen == {n: n * 1300 // 250 if n % 7 and not 300 < n < 700 else None for n in range(1, 1000)}


def test_a_room_that_cannot_hold_one_arrival_changes_nothing() -> None:
    recorder = stream.Recorder()
    recorder.note(1, 0)
    assert all(recorder.feedback(room) == b"" for room in range(24))
    assert recorder.pending() == 1 and read(recorder.feedback(24)) == {1: 0}


def test_a_second_of_full_rate_costs_one_bit_a_packet_and_one_byte() -> None:
    recorder = stream.Recorder()
    for number in range(1000):
        recorder.note(number, number * 1000)
    assert len(recorder.feedback(1200)) <= 20 + 2 + 1000 + 2


def test_what_falls_out_of_the_window_is_forgotten() -> None:
    recorder = stream.Recorder()
    for number in range(3000):
        recorder.note(number, 0)
    assert recorder.pending() == 1024
    assert list(read(recorder.feedback(4096))) == list(range(3000 - 1024, 3000))
    recorder.note(30000, 0)
    assert recorder.pending() == 1
    assert list(read(recorder.feedback(4096)))[-1] == 30000


@pytest.mark.parametrize("jump", [-1024, -5000, -32768])
def test_a_restarted_counter_is_followed_from_its_second_packet(jump: int) -> None:
    recorder = stream.Recorder()
    for number in range(40000, 40010):
        recorder.note(number, 0)
    recorder.feedback()
    new = (40009 + jump) & 0xFFFF
    recorder.note(new, 0)
    assert recorder.pending() == 0
    recorder.note(new + 1 & 0xFFFF, 0)
    assert list(read(recorder.feedback())) == [new + 1 & 0xFFFF]


def test_the_sender_learns_bytes_losses_and_the_round_trip_of_the_newest() -> None:
    sender, recorder = stream.Sender(), stream.Recorder()
    for index in range(10):
        number = sender.sent(100 + index, index * MS)
        assert number == index
        if index not in (3, 4, 9):
            recorder.note(number, 50 * MS)
    summary = sender.acknowledge(recorder.feedback(), 60 * MS)
    assert summary == {"acknowledged": 7, "lost": 2, "acknowledged_bytes": sum(100 + i for i in (0, 1, 2, 5, 6, 7, 8)), "rtt_us": 52 * MS}
    recorder.note(4, 70 * MS)
    assert sender.acknowledge(recorder.feedback(), 80 * MS) == {"acknowledged": 1, "lost": 0, "acknowledged_bytes": 104, "rtt_us": 76 * MS}


def test_repeated_and_invented_feedback_changes_nothing() -> None:
    nothing = {"acknowledged": 0, "lost": 0, "acknowledged_bytes": 0, "rtt_us": 0}
    sender, recorder = stream.Sender(), stream.Recorder()
    for number in (65535, 0, 1, 30000):
        recorder.note(number, 0)
    invented = recorder.feedback(4096)
    assert sender.acknowledge(invented, 0) == nothing
    sender.sent(100, 0)
    assert sender.acknowledge(invented, 5)["acknowledged"] == 0  # numbers from 28977 on
    recorder = stream.Recorder()
    recorder.note(0, 0)
    told = recorder.feedback()
    assert sender.acknowledge(told, 5)["acknowledged"] == 1
    assert sender.acknowledge(told, 6) == nothing
    assert sender.acknowledge(b"\x8f\xcd\x00\x04" + bytes(16), 0) is None
    assert sender.acknowledge(rtcp.write("pli"), 0) is None


def test_the_log_forgets_after_1024_packets_and_survives_the_wrap() -> None:
    sender, recorder = stream.Sender(), stream.Recorder()
    for index in range(70000):
        number = sender.sent(1, index)
        if index in (68975, 68976, 69999):
            recorder.note(number, index)
    summary = sender.acknowledge(recorder.feedback(4096), 70010)
    assert summary == {"acknowledged": 2, "lost": 1022, "acknowledged_bytes": 2, "rtt_us": 11}
