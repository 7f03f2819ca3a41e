"""Where packets lie on the room's clock: delays, bursts, drift, sender reports, late ones; and their order."""

import random

import pytest

from mediaserver.recorder.clock import SETTLE_US, Publisher, TrackClock
from mediaserver.recorder.reorder import WAIT_US, Packet, Reorder

NONE = (0, 0)


def report(clock_us: int, timestamp: int, *, publisher: bool = True) -> tuple[int, int]:
    ntp = (clock_us // 1_000_000 << 32) + (clock_us % 1_000_000 << 32) // 1_000_000
    return (ntp | 1 if publisher else ntp & ~1), timestamp & 0xFFFFFFFF


class Stream:
    """Packets of a publisher whose clock stands `ahead_us` before the room's and runs `drift` too fast."""

    def __init__(self, clock: TrackClock, rate: int, base: int, *, ahead_us: int = 0, drift: float = 0.0) -> None:
        self.clock, self.rate, self.base, self.ahead_us, self.drift = clock, rate, base, ahead_us, drift

    def timestamp(self, media_us: int) -> int:
        return (self.base + round(media_us * (1 + self.drift)) * self.rate // 1_000_000) & 0xFFFFFFFF

    def report(self, media_us: int) -> tuple[int, int]:
        return report(round(media_us * (1 + self.drift)) + self.ahead_us, self.timestamp(media_us))

    def send(self, media_us: int, delay_us: int, told: tuple[int, int] = NONE) -> int:
        """The error of the packet's place, against the least delay there is."""
        self.clock.note(self.timestamp(media_us), media_us + delay_us, *told)
        return self.clock.room_us(self.timestamp(media_us)) - media_us


def test_the_least_delay_counts_not_the_present_one() -> None:
    rng = random.Random(1)
    stream = Stream(TrackClock(Publisher(), 48000, audio=True), 48000, 2**32 - 1000)
    errors = [stream.send(at, 30_000 + round(rng.expovariate(1 / 20_000))) for at in range(0, 20_000_000, 20_000)]
    settled = errors[SETTLE_US // 20_000 :]
    assert all(abs(error - 30_000) < 5_000 for error in settled)


def test_a_burst_at_the_beginning_is_known_for_one_when_it_has_settled() -> None:
    stream = Stream(TrackClock(Publisher(), 48000, audio=True), 48000, 5)
    for index in range(30):
        stream.send(index * 20_000, 600_000 - index * 20_000 + 1_000)
    assert not stream.clock.settled(610_000)
    for index in range(30, 60):
        stream.send(index * 20_000, 1_000)
    assert stream.clock.settled(1_200_000)
    assert abs(stream.clock.room_us(stream.timestamp(0)) - 1_000) < 1_000


@pytest.mark.parametrize("drift", [200e-6, -200e-6])
def test_a_drifting_clock_is_followed(drift: float) -> None:
    publisher = Publisher()
    stream = Stream(TrackClock(publisher, 48000, audio=True), 48000, 77, ahead_us=10**9, drift=drift)
    told, errors = NONE, []
    for at in range(0, 600_000_000, 20_000):
        if at % 5_000_000 == 0:
            told = stream.report(at)
        errors.append(stream.send(at, 20_000, told))
    assert max(map(abs, errors[50:])) < 30_000


def test_sound_and_picture_stand_together_by_the_reports_of_their_publisher() -> None:
    publisher = Publisher()
    sound = Stream(TrackClock(publisher, 48000, audio=True), 48000, 123, ahead_us=-(10**10))
    picture = Stream(TrackClock(publisher, 90000, audio=False), 90000, 2**31, ahead_us=-(10**10))
    heard = seen = 0
    before_sound = None
    for at in range(0, 8_000_000, 20_000):
        told = at >= 2_000_000
        heard = sound.send(at, 25_000, sound.report(at) if told else NONE)
        seen = picture.send(at, 145_000, picture.report(at) if told else NONE)  # the camera's pictures take 120 ms longer
        if at == 1_980_000:
            before_sound = heard
            assert seen - heard > 100_000
        if at == 2_000_000:
            assert before_sound is not None and abs(heard - before_sound) < 1_000, "sound goes on where it was"
    assert abs(seen - heard) < 1_000


def test_the_servers_own_clock_is_not_set_against_the_publishers() -> None:
    publisher = Publisher()
    sound = Stream(TrackClock(publisher, 48000, audio=True), 48000, 1, ahead_us=10**12)
    picture = Stream(TrackClock(publisher, 90000, audio=False), 90000, 2, ahead_us=10**12)
    for at in range(0, 3_000_000, 20_000):
        heard = sound.send(at, 25_000, report(at, sound.timestamp(at), publisher=False))
        seen = picture.send(at, 25_000, picture.report(at))
    assert abs(heard - 25_000) < 1_000 and abs(seen - 25_000) < 1_000


def test_a_publisher_who_sets_the_clock_moves_nothing() -> None:
    publisher = Publisher()
    sound = Stream(TrackClock(publisher, 48000, audio=True), 48000, 1)
    picture = Stream(TrackClock(publisher, 90000, audio=False), 90000, 2)
    places = []
    for at in range(0, 10_000_000, 20_000):
        if at == 5_000_000:
            sound.ahead_us = picture.ahead_us = 3_600_000_000
        places.append((sound.send(at, 20_000, sound.report(at)), picture.send(at, 20_000, picture.report(at))))
    assert all(abs(place - 20_000) < 2_000 for pair in places for place in pair)


def test_a_late_packet_keeps_the_time_at_which_it_was_sent() -> None:
    stream = Stream(TrackClock(Publisher(), 48000, audio=True), 48000, 9)
    for at in range(0, 2_000_000, 20_000):
        stream.send(at, 10_000)
    late = stream.timestamp(1_000_000)
    stream.clock.note(late, 3_000_000, *NONE)
    assert abs(stream.clock.room_us(late) - 1_010_000) < 2_000


def packet(seq64: int, arrived_us: int) -> Packet:
    return Packet(seq64, arrived_us, seq64 * 960, True, b"x")


def test_packets_come_out_in_order_and_holes_are_waited_for_just_as_long() -> None:
    queue = Reorder()
    for seq, at in ((10, 0), (11, 1), (13, 3), (14, 4)):
        queue.put(packet(seq, at))
    assert [each.seq64 for each in queue.take(5)] == [10, 11]
    assert queue.take(WAIT_US + 2) == []
    assert [(each.seq64, each.missed) for each in queue.take(WAIT_US + 3)] == [(13, 1), (14, 0)]
    queue.put(packet(12, WAIT_US + 4))
    assert queue.take(WAIT_US + 5) == [] and queue.take(1 << 60) == []


def test_a_repaired_packet_takes_its_place() -> None:
    queue = Reorder()
    for seq in (1, 2, 4, 5, 5, 2, 3):
        queue.put(packet(seq, seq))
    assert [(each.seq64, each.missed) for each in queue.take(10)] == [(seq, 0) for seq in range(1, 6)]


def test_order_against_a_plain_reference() -> None:
    rng = random.Random(3)
    for _ in range(200):
        kept = [seq for seq in range(1, 60) if seq == 1 or rng.random() < 0.9]
        arrivals = sorted((max(0, seq * 20_000 + (rng.randrange(400_000) if rng.random() < 0.2 and seq > 1 else 0)), seq) for seq in kept)
        queue, out = Reorder(), []
        for at, seq in arrivals:
            queue.put(packet(seq, at))
            out += queue.take(at)
        out += queue.flush()
        assert [each.seq64 for each in out] == kept
        assert sum(each.missed for each in out) == 59 - len(kept) - (59 - kept[-1])
