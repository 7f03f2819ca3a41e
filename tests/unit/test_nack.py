"""When a missing packet is asked for, asked again, given up and forgotten."""

import pytest

from native.testing import stream

MS = 1000
NEVER = 2**63 - 1
BASE = 1 << 16


def started(*numbers: int, now_us: int = 0) -> stream.Nack:
    nack = stream.Nack()
    for number in numbers:
        nack.note(BASE + number, now_us)
    return nack


def test_the_list_stays_within_16_kib() -> None:
    assert stream.Nack.size() <= 16 * 1024


def test_an_unbroken_stream_never_has_anything_to_do() -> None:
    nack = started(*range(5000))
    assert nack.missing() == 0 and nack.next_us() == NEVER and nack.due(10**12) == []


@pytest.mark.parametrize("displacement", [1, 2, 3])
def test_a_packet_overtaken_by_up_to_three_is_not_asked_for(displacement: int) -> None:
    nack = started(0)
    for number in range(2, 2 + displacement):
        nack.note(BASE + number, MS)
        assert nack.due(MS) == []
    nack.note(BASE + 1, MS)
    nack.note(BASE + 10, MS)
    assert 1 not in nack.due(10 * MS) + nack.due(30 * MS)


def test_the_fourth_newer_arrival_asks_at_once() -> None:
    nack = started(0, 2, 3, 4, now_us=MS)
    assert nack.next_us() == 21 * MS
    nack.note(BASE + 5, MS)
    assert nack.next_us() == MS and nack.due(MS) == [1]


def test_newer_arrivals_count_not_newer_numbers() -> None:
    nack = started(0, 9)
    assert nack.due(0) == []
    for number in (10, 11, 12):
        nack.note(BASE + number)
    assert nack.due(0) == list(range(1, 9))


def test_a_later_gap_does_not_hold_an_earlier_one_back() -> None:
    nack = started(0, 2, 3, 4, 6)
    assert nack.next_us() == 0 and nack.due(0) == [1]


def test_without_newer_packets_the_first_request_comes_after_20_ms() -> None:
    nack = started(0, 2)
    assert nack.next_us() == 20 * MS and nack.due(20 * MS - 1) == [] and nack.due(20 * MS) == [1]


@pytest.mark.parametrize(
    ("rtt_us", "waits_ms"),
    [
        (1 * MS, [20, 20, 20, 20]),
        (40 * MS, [50, 62.5, 78.125, 97.656]),
        (0, [125, 156.25, 195.312, 244.14]),
        (300 * MS, [375, 400, 400, 400]),
        (600 * MS, [750, 750, 750, 750]),
        (3600 * 1000 * MS, [1250, 1250, 1250, 1250]),
    ],
)
def test_each_further_request_waits_a_quarter_longer_and_five_are_the_end(rtt_us: int, waits_ms: list[float]) -> None:
    nack = started(0, 2)
    now_us = 20 * MS
    assert nack.due(now_us, rtt_us) == [1]
    for wait_ms in waits_ms:
        assert nack.next_us() - now_us == pytest.approx(wait_ms * MS, abs=2)
        now_us = nack.next_us()
        assert nack.due(now_us - 1, rtt_us) == [] and nack.due(now_us, rtt_us) == [1]
    assert not nack.gave_up()
    assert nack.due(nack.next_us(), rtt_us) == []
    assert nack.gave_up() and not nack.gave_up()
    assert nack.missing() == 0 and nack.next_us() == NEVER


def test_an_arrival_closes_its_gap_wherever_it_lies() -> None:
    for order in ([1, 2, 3, 4, 5], [5, 4, 3, 2, 1], [3, 1, 5, 2, 4]):
        nack = started(0, 6)
        left = {1, 2, 3, 4, 5}
        for number in order:
            nack.note(BASE + number)
            nack.note(BASE + number)
            left.remove(number)
            assert nack.missing() == len(left)
        assert nack.next_us() == NEVER


def test_what_finds_no_room_comes_next_time_in_order() -> None:
    nack = started(0, 101)
    assert nack.due(20 * MS, room=40) == list(range(1, 41))
    assert nack.next_us() <= 20 * MS
    assert nack.due(20 * MS, room=40) == list(range(41, 81))
    assert nack.due(20 * MS, room=0) == []
    assert nack.due(20 * MS, room=40) == list(range(81, 101))
    assert nack.due(20 * MS) == []


def test_a_key_frame_forgets_everything_before_it() -> None:
    nack = started(0, 5)
    nack.note(BASE + 9, 0, True)
    assert nack.missing() == 0 and nack.next_us() == NEVER
    nack.note(BASE + 11)
    assert nack.due(20 * MS) == [10]


def test_a_late_key_frame_forgets_only_what_is_older() -> None:
    nack = started(0, 10)
    nack.note(BASE + 5, 0, True)
    assert nack.due(20 * MS) == [6, 7, 8, 9]


@pytest.mark.parametrize(("gap", "kept"), [(1000, True), (1001, False), (1 << 40, False)])
def test_more_than_a_thousand_missing_is_given_up_at_once(gap: int, kept: bool) -> None:
    nack = started(0, gap + 1)
    assert nack.gave_up() == (not kept)
    assert nack.missing() == (1000 if kept else 0)
    assert len(nack.due(20 * MS)) == (1000 if kept else 0)


def test_a_key_frame_makes_a_give_up_void() -> None:
    nack = started(0, 2000)
    nack.note(BASE + 2001, 0, True)
    assert not nack.gave_up()


def test_a_full_list_keeps_working_as_it_slides() -> None:
    nack = started(0)
    number = 0
    for _ in range(3000):  # every second number lost, the losses repaired 500 packets later
        number += 2
        nack.note(BASE + number)
        if number > 1000:
            nack.note(BASE + number - 1001)
    assert nack.missing() == 500 and not nack.gave_up()
    assert nack.due(20 * MS) == [(BASE + n) & 0xFFFF for n in range(number - 999, number, 2)]
    assert nack.due(10**9) == [(BASE + n) & 0xFFFF for n in range(number - 999, number, 2)]
