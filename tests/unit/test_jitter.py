"""What the jitter buffer decides: order, waiting, loss, silence, steps of the route; and RFC 2198's headers. Times in microseconds."""

import pytest

from native.testing import jitter

FRAME_US = 20_000


class Stream:
    """A buffer fed with 20 ms packets; its clock goes by pulls of 10 ms."""

    def __init__(self, fec: bool = True, **limits: int) -> None:
        self.buffer = jitter.Buffer(**limits)
        self.frame = 960 if fec else 0
        self.now_us = 0
        self.pending = 0
        self.did: list[tuple[int, bytes | None]] = []

    def put(self, number: int, delay_ms: float = 20.0, sent_ms: float | None = None, **other: int) -> int:
        came_us = int(((number * 20 if sent_ms is None else sent_ms) + delay_ms) * 1000)
        stamp = (2**32 - 5 * 960 + number * 960) & 0xFFFFFFFF
        given = {"frame_samples": self.frame, **other}
        return self.buffer.put((65533 + number) & 0xFFFF, stamp, came_us, b"%d" % number, **given)

    def pull(self) -> list[tuple[int, bytes | None]]:
        done = []
        while self.pending < 480:
            action, _, samples, payload = self.buffer.next(self.now_us, self.pending)
            done.append((action, payload))
            self.pending += samples
        self.pending -= 480
        self.now_us += 10_000
        self.did += done
        return done

    def run(self, delays_ms: dict[int, float], until_ms: int) -> None:
        """Packets by number with their delays; a number left out is lost."""
        coming = sorted((number * 20 + delay, number) for number, delay in delays_ms.items())
        while self.now_us < until_ms * 1000:
            while coming and coming[0][0] * 1000 <= self.now_us:
                number = coming.pop(0)[1]
                self.put(number, delays_ms[number])
            self.pull()

    def played(self) -> list[int]:
        return [int(payload) for action, payload in self.did if action == jitter.DECODE and payload]

    def actions(self) -> set[int]:
        return {action for action, _ in self.did}

    def held_ms(self) -> float:
        return (self.buffer.target_us(self.now_us) - self.buffer.base_us()) / 1000


def test_packets_play_in_order_once_whatever_order_they_come_in() -> None:
    stream = Stream()
    stream.run({number: 20.0 + (25 if number % 7 == 3 else 0) for number in range(100)}, 2100)
    assert stream.played() == list(range(100))
    assert jitter.CONCEAL not in stream.actions()


def test_numbers_and_timestamps_wrap_unnoticed() -> None:
    stream = Stream()
    stream.run(dict.fromkeys(range(20), 20.0), 460)                # the timestamp wraps at packet 5, the number at packet 3
    assert stream.played() == list(range(20))


def test_a_second_copy_is_counted_and_not_played() -> None:
    stream = Stream()
    for number in range(10):
        assert stream.put(number) == (1 if number == 0 else 0)
        assert stream.put(number) == -1
    stream.now_us = 60_000
    for _ in range(20):
        stream.pull()
    assert stream.put(9, 80) == -1                                 # also after it was played
    assert stream.played() == list(range(10))
    assert stream.buffer.state()["duplicate"] == 11 and stream.buffer.state()["late"] == 0


def test_a_packet_whose_turn_has_passed_is_late() -> None:
    stream = Stream()
    stream.run({number: 20.0 if number != 50 else 300.0 for number in range(100)}, 2100)
    assert stream.played() == [number for number in range(100) if number != 50]
    assert stream.buffer.state()["late"] == 1


def test_a_lost_packet_is_restored_from_the_next_one_when_that_is_there() -> None:
    stream = Stream()
    stream.run({number: 20.0 for number in range(100) if number % 10 != 5}, 2100)
    restored = [payload for action, payload in stream.did if action == jitter.RESTORE]
    assert restored[-5:] == [b"%d" % number for number in (56, 66, 76, 86, 96)]


def test_of_a_burst_the_last_is_restored_and_the_others_are_concealed() -> None:
    stream = Stream()
    stream.run({number: 20.0 for number in range(60) if number not in (40, 41, 42)}, 1250)
    around = [action for action, _ in stream.did if action in (jitter.CONCEAL, jitter.RESTORE)]
    assert around == [jitter.CONCEAL, jitter.CONCEAL, jitter.RESTORE] or jitter.STALL in stream.actions()
    assert stream.played() == [number for number in range(60) if number not in (40, 41, 42)]


def test_loss_is_worth_waiting_for_one_packet_more() -> None:
    clean, lossy = Stream(), Stream()
    clean.run(dict.fromkeys(range(500), 20.0), 9900)
    lossy.run({number: 20.0 for number in range(500) if number % 20 != 7}, 9900)
    assert clean.held_ms() <= 10
    assert clean.held_ms() + 20 <= lossy.held_ms() <= clean.held_ms() + 25


def test_a_retransmission_is_waited_for_where_loss_is_frequent() -> None:
    stream = Stream()
    stream.buffer.repair(60_000)
    stream.run({number: 20.0 if number % 10 != 7 else 105.0 for number in range(400)}, 7900)
    assert 80 <= stream.held_ms() <= 110


@pytest.mark.parametrize("limits, held_ms", [({"min_us": 150_000}, 150), ({"max_us": 30_000}, 30)])
def test_the_delay_stays_within_its_limits(limits: dict[str, int], held_ms: int) -> None:
    stream = Stream(**limits)
    stream.run({number: 20.0 + 100 * (number % 10 == 9) for number in range(300)}, 5900)
    assert stream.held_ms() == held_ms


@pytest.mark.parametrize("by_ms", [500, 120, 40])
def test_a_step_of_the_route_is_no_jitter(by_ms: int) -> None:
    stream = Stream()
    stream.run({number: 20.0 + by_ms * (250 <= number < 600) for number in range(900)}, 5500 + by_ms)
    before = stream.held_ms()
    base_us = stream.buffer.base_us()
    stream.run({number: 20.0 + by_ms for number in range(300, 600)}, 11_900)
    assert stream.held_ms() <= before + 25                          # it follows the new route: what is held is as short as before
    stream.run({number: 20.0 for number in range(600, 900)}, 12_000 + by_ms + 600)
    assert stream.held_ms() <= 30 and stream.buffer.base_us() <= base_us + 5000


def test_what_a_stalled_link_lets_go_at_once_is_no_step() -> None:
    stream = Stream()
    delays = {number: max(20.0, 20 + 5800 - number * 20) if 250 <= number < 290 else 20.0 for number in range(350)}
    stream.run(dict.fromkeys(range(250), 20.0), 5000)
    base_us = stream.buffer.base_us()
    stream.run({number: delay for number, delay in delays.items() if number >= 250}, 6900)
    assert abs(stream.buffer.base_us() - base_us) <= 5000


def test_nothing_there_stops_media_time_and_a_late_packet_follows_the_bridge() -> None:
    stream = Stream()
    delays = {number: 20.0 if number < 50 else 220.0 - (number - 50) * 20 if number < 60 else 20.0 for number in range(100)}
    stream.run(delays, 2300)
    assert stream.played() == list(range(100))
    assert jitter.STALL in stream.actions() and jitter.CONCEAL not in stream.actions()


def test_after_a_long_silence_the_next_packet_is_a_beginning() -> None:
    stream = Stream()
    stream.run(dict.fromkeys(range(50), 20.0), 4000)
    assert stream.did[-1][0] == jitter.SILENCE
    stream.run({number: 20.0 for number in range(200, 250)}, 5100)
    assert stream.played() == [*range(50), *range(200, 250)]


def test_a_sender_that_sleeps_is_waited_for_without_a_loss() -> None:
    stream = Stream()
    for number in range(10):
        stream.put(number)
    stream.now_us = 60_000
    while len(stream.played()) < 10:
        stream.pull()
    stream.buffer.asleep(True)
    for _ in range(50):
        assert {action for action, _ in stream.pull()} <= {jitter.SLEEP}
    stamp = (2**32 - 5 * 960 + 45 * 960) & 0xFFFFFFFF                # 35 packets later, but the next number
    stream.buffer.put((65533 + 10) & 0xFFFF, stamp, stream.now_us, b"45")
    for _ in range(30):
        stream.pull()
    assert stream.played() == [*range(10), 45]
    assert stream.buffer.state()["late"] == 0 and jitter.CONCEAL not in stream.actions()


def test_another_ssrc_begins_anew_and_the_old_ones_packets_go() -> None:
    stream = Stream()
    for number in range(5):
        stream.put(number)
    assert stream.put(5, ssrc=2) == 1
    assert stream.buffer.state()["count"] == 1 and stream.buffer.state()["discarded"] == 5


def test_one_timestamp_far_off_is_a_mistake_and_two_are_another_stream() -> None:
    stream = Stream()
    for number in range(5):
        stream.put(number)
    assert stream.put(5_000_000, sent_ms=100) == -1
    assert stream.put(5) == 0
    assert stream.put(5_000_000, sent_ms=120) == -1
    assert stream.put(5_000_001, sent_ms=140) == 1


def test_seconds_of_backlog_are_thrown_away_not_played() -> None:
    stream = Stream()
    stream.run(dict.fromkeys(range(100), 20.0), 2000)
    stream.run({number: 5000.0 - (number - 100) * 20 for number in range(100, 340)}, 7600)
    assert stream.buffer.state()["discarded"] > 50
    assert stream.buffer.state()["span_samples"] < 48000


def test_a_redundant_copy_plays_for_the_lost_one_and_gives_way_to_the_packet_itself() -> None:
    stream = Stream(fec=False)
    for number in (0, 1, 3):
        stream.put(number)
    stamp = (2**32 - 5 * 960 + 3 * 960) & 0xFFFFFFFF
    assert stream.buffer.put(0, stamp, 80_000, b"102", behind=960) == 0
    assert stream.buffer.put(0, stamp, 80_000, b"101", behind=1920) == -1
    stream.now_us = 80_000
    for _ in range(8):
        stream.pull()
    assert stream.played() == [0, 1, 102, 3]


@pytest.mark.parametrize(
    "held_us, quiet, change",
    [(500_000, 2, 1), (500_000, 1, 1), (500_000, 0, 1), (60_000, 2, 1), (60_000, 0, 0), (-20_000, 2, -1), (-20_000, 0, -1), (0, 2, 0)],
)
def test_time_is_scaled_towards_the_target_sooner_where_nobody_hears_it(held_us: int, quiet: int, change: int) -> None:
    stream = Stream()
    stream.run(dict.fromkeys(range(300), 20.0), 6000)
    late_us = stream.buffer.target_us(stream.now_us) + (stream.buffer.state()["next_ts64"] * 125 // 6) + held_us
    wanted = stream.buffer.scale(late_us, 0, 480, quiet)
    assert (wanted > 0) - (wanted < 0) == change
    assert abs(wanted) <= abs(held_us) * 6 // 125 + 1


@pytest.mark.parametrize(
    "payload, found",
    [
        (b"\x60abc", [(96, 0, b"abc")]),
        (b"\x60", [(96, 0, b"")]),
        (b"\xe0\x0f\x00\x02\x60xyabc", [(96, 960, b"xy"), (96, 0, b"abc")]),
        (b"\xe0\x0f\x00\x04\x60xyz", None),
        (b"\xe0\x0f\x00", None),
        (b"\xe0\x0f\x00\x00", None),
        (b"", None),
        (b"\xe0\x0f\x00\x00" * 16 + b"\x60", None),
    ],
)
def test_red_blocks_are_told_apart(payload: bytes, found: list[tuple[int, int, bytes]] | None) -> None:
    assert jitter.red(payload) == found
